"""What people type into the fit check, and what is heard; the data file that says so."""

from __future__ import annotations

from datetime import date
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpline.fit_check.lines import DATA, phrases
from helpline.fit_check.questions import BY_RISK, UNKNOWN, VALUES
from helpline.fit_check.understanding import UNCLEAR, Heard, understand
from helpline.fit_check.words import title_of

# The question just asked, what is typed, and what is heard: answers, a command, or that it is unclear, or nothing.
CASES = [
    (None, "for my son, he's 15, mostly weed", "who loved_one, age 13_17, focus substance"),
    (None, "just got out of detox", "care_so_far leaving_higher"),
    (None, "my mom is 62 and needs help with drinking", "who loved_one, age adult"),
    (None, "is an iop right for me?", "nothing"),
    (None, "yes", "nothing"),
    ("who", "me", "who me"),
    ("who", "it's for my brother", "who loved_one"),
    ("who", "my wife, she drinks", "who loved_one"),
    ("who", "im a social worker with a client", "who professional"),
    ("who", "my therapist said i should", "unclear"),
    ("who", "hubby", "who loved_one"),
    ("who", "a patient of mine", "who professional"),
    ("who", "i need help", "who me"),
    ("who", "my teenage daughter", "who loved_one"),
    ("who", "are you a bot?", "nothing"),
    ("age", "15", "age 13_17"),
    ("age", "fifteen", "age 13_17"),
    ("age", "turning 40", "age adult"),
    ("age", "62 yo", "age adult"),
    ("age", "born in 2011", "age 13_17"),
    ("age", "born in 1961", "age adult"),
    ("age", "9th grade", "age 13_17"),
    ("age", "she's a second grader", "age under_13"),
    ("age", "in college", "age adult"),
    ("age", "retired", "age adult"),
    ("age", "he just turned 13", "age 13_17"),
    ("age", "almost 18", "age 13_17"),
    ("age", "sober 15 years", "nothing"),
    ("age", "15 beers", "nothing"),
    ("age", "18 months clean", "nothing"),
    ("age", "i drink 15 beers a day", "nothing"),
    ("age", "17, 18 next week", "age 13_17"),
    ("age", "he's twelve", "age under_13"),
    ("age", "mid forties", "age adult"),
    ("age", "i'm 33 and my kid is 4", "unclear"),
    ("age", "i have been drinking for 20 years", "nothing"),
    ("age", "38 years old, sober for 2 years", "age adult"),
    ("age", "old enough", "unclear"),
    ("age", "why do you ask", "why"),
    ("age", "rather not say", "age unknown"),
    ("home", "actually i'm 16", "age 13_17"),
    ("home", "i have been clean 18 months", "nothing"),
    ("impact", "15 days sober", "nothing"),
    ("safety", "no", "safety no"),
    ("safety", "nobody is", "safety no"),
    ("safety", "nah we're ok", "safety no"),
    ("safety", "not really", "unclear"),
    ("safety", "yes", "safety yes"),
    ("safety", "i think so, yes", "safety yes"),
    ("safety", "not sure", "safety not_sure"),
    ("safety", "everyone's safe here", "safety no"),
    ("safety", "yeah he's in danger", "safety yes"),
    ("safety", "define danger", "nothing"),
    ("safety", "no wait, yes", "safety yes"),
    ("safety", "yes wait no", "safety no"),
    ("safety", "can you see my name", "nothing"),
    ("focus", "drinking", "focus substance"),
    ("focus", "depression and pills", "focus both"),
    ("focus", "both I guess", "focus both"),
    ("focus", "kinda both", "focus both"),
    ("focus", "not drugs, just anxiety", "focus mental"),
    ("focus", "no idea", "focus not_sure"),
    ("focus", "her mood swings", "focus mental"),
    ("focus", "what's CBT?", "nothing"),
    ("focus", "do you treat ptsd", "nothing"),
    ("focus", "it depends", "unclear"),
    ("daily_use", "every night, vodka", "daily_use alcohol"),
    ("daily_use", "a few beers on weekends", "daily_use none"),
    ("daily_use", "fentanyl daily", "daily_use other_drugs"),
    ("daily_use", "only as prescribed ambien each night", "daily_use benzos"),
    ("daily_use", "wine every night and klonopin", "daily_use both"),
    ("daily_use", "weed every day, and beer every day", "daily_use alcohol"),
    ("daily_use", "weed daily, beers on weekends", "daily_use other_drugs"),
    ("daily_use", "i don't drink", "daily_use none"),
    ("daily_use", "no alcohol, but xanax every night", "daily_use benzos"),
    ("daily_use", "never touch the stuff", "daily_use none"),
    ("daily_use", "does weed count?", "nothing"),
    ("daily_use", "used to drink every day", "unclear"),
    ("daily_use", "3 or 4 times a week", "unclear"),
    ("daily_use", "i quit drinking 2 years ago", "daily_use none"),
    ("daily_use", "percocet, all day", "daily_use other_drugs"),
    ("daily_use", "yes", "unclear"),
    ("withdrawal_history", "never had a seizure", "withdrawal_history no"),
    ("withdrawal_history", "no seizures, no hospital", "withdrawal_history no"),
    ("withdrawal_history", "yes once in 2019", "withdrawal_history past"),
    ("withdrawal_history", "he had a seizure last time he quit", "withdrawal_history past"),
    ("withdrawal_history", "it's happening right now", "withdrawal_history now"),
    ("withdrawal_history", "just the shakes", "unclear"),
    ("withdrawal_history", "nope", "withdrawal_history no"),
    ("withdrawal_history", "what counts as confused?", "nothing"),
    ("withdrawal_history", "i saw bugs on the wall", "withdrawal_history past"),
    ("health", "nope, healthy as a horse", "health no"),
    ("health", "i'm 7 months pregnant and they check me daily", "health yes"),
    ("health", "not really", "health no"),
    ("health", "diabetes but under control", "health no"),
    ("health", "he needs a nurse every day", "health yes"),
    ("health", "pregnant", "unclear"),
    ("health", "no, no health problems", "health no"),
    ("around_the_clock", "i'd be fine on my own", "around_the_clock yes"),
    ("around_the_clock", "no i need someone with me", "around_the_clock no"),
    ("around_the_clock", "I can't be left alone", "around_the_clock no"),
    ("around_the_clock", "mostly, unless I'm drinking", "around_the_clock mostly"),
    ("around_the_clock", "yeah i live alone and do fine", "around_the_clock yes"),
    ("around_the_clock", "he can't be trusted alone", "around_the_clock no"),
    ("around_the_clock", "i don't need anyone watching me", "around_the_clock yes"),
    ("around_the_clock", "most days yes, nights are hard", "around_the_clock mostly"),
    ("around_the_clock", "not really", "unclear"),
    ("impact", "i can't get out of bed", "impact cant"),
    ("impact", "most days", "impact most"),
    ("impact", "a lot", "impact most"),
    ("impact", "some days are ok", "impact some"),
    ("impact", "not much", "impact little"),
    ("impact", "missed a couple days of work", "impact some"),
    ("impact", "hardly at all", "impact little"),
    ("impact", "every single day", "impact most"),
    ("impact", "hm", "unclear"),
    ("care_so_far", "tried a therapist once a week, didn't do much", "care_so_far outpatient_not_enough"),
    ("care_so_far", "just got out of detox tuesday", "care_so_far leaving_higher"),
    ("care_so_far", "weekly therapy and it helps", "care_so_far outpatient_helping"),
    ("care_so_far", "nothing yet", "care_so_far none"),
    ("care_so_far", "never been to therapy", "care_so_far none"),
    ("care_so_far", "did an iop two years ago", "care_so_far iop_before"),
    ("care_so_far", "does weekly therapy count?", "nothing"),
    ("care_so_far", "i see a counselor", "unclear"),
    ("care_so_far", "she's in the hospital, comes home friday", "care_so_far leaving_higher"),
    ("care_so_far", "how long is each session", "nothing"),
    ("care_so_far", "rehab ten years ago", "unclear"),
    ("home", "not really", "home partly"),
    ("home", "between jobs and couch surfing", "home no"),
    ("home", "with my parents, they're great", "home yes"),
    ("home", "yes but my roommates drink", "home partly"),
    ("home", "my ex drinks there", "unclear"),
    ("home", "it's not safe", "home no"),
    ("home", "living in my car", "home no"),
    ("home", "sort of", "unclear"),
    ("time", "if somebody drives me", "time with_help"),
    ("time", "yes evenings work", "time yes"),
    ("time", "no way, i work doubles", "time no"),
    ("time", "i can't get off work", "time no"),
    ("time", "is it expensive", "nothing"),
    ("time", "need a babysitter", "time with_help"),
    ("time", "i could make that work", "time yes"),
    ("time", "maybe", "unclear"),
    ("paying", "no thanks", "paying no_thanks"),
    ("paying", "i have blue cross", "paying private"),
    ("paying", "uninsured", "paying none"),
    ("paying", "medi-cal", "paying medicaid"),
    ("paying", "no insurance", "paying none"),
    ("paying", "we're all set", "paying no_thanks"),
    ("paying", "do you take medicaid?", "nothing"),
    ("health", "go back two questions", "back 2"),
    ("health", "back 3", "back 3"),
    ("health", "the one before the last", "back 2"),
    ("health", "go back", "back 1"),
    ("time", "stop", "stop"),
    ("time", "i want to stop drinking", "nothing"),
    ("time", "start over", "start_over"),
    ("time", "delete my answers", "delete"),
    ("time", "skip", "skip"),
    ("time", "continue", "resume"),
    ("time", "pass", "time unknown"),
    ("time", "idk", "time unknown"),
    ("time", "what a nice day", "nothing"),
    ("time", "asdfgh", "nothing"),
    ("time", "", "nothing"),
    ("time", "🙂", "nothing"),
    (None, "i drink too much and need help", "who me, focus substance"),
    (None, "my dad just got out of the hospital", "who loved_one, care_so_far leaving_higher"),
    (None, "hi, i'm 24 and depressed", "age adult"),
    ("who", "my boyfriend told me to do this but it's for me", "who me"),
    ("who", "a loved one", "who loved_one"),
    ("who", "not me, my cousin", "who loved_one"),
    ("who", "i'm his probation officer", "who professional"),
    ("who", "what do you mean", "nothing"),
    ("age", "she's 7 months", "nothing"),
    ("age", "he'll be 18 in may", "age 13_17"),
    ("age", "my daughter is sixteen", "age 13_17"),
    ("age", "21", "age adult"),
    ("age", "seventy-two", "age adult"),
    ("age", "over 18", "age adult"),
    ("age", "12 and a half", "age under_13"),
    ("age", "how old do you have to be", "nothing"),
    ("age", "i was 14 when i started, 29 now", "nothing"),
    ("age", "i started at 14", "nothing"),
    ("safety", "no one is in danger", "safety no"),
    ("safety", "no but my kids are scared of him", "unclear"),
    ("safety", "what happens if i say yes", "nothing"),
    ("safety", "kids are safe, just me drinking", "unclear"),
    ("safety", "no thanks", "safety no"),
    ("safety", "i hope not", "unclear"),
    ("safety", "he threatened me yesterday", "unclear"),
    ("focus", "mostly alcohol", "focus substance"),
    ("focus", "she won't eat and cries all day", "focus mental"),
    ("focus", "pills", "focus substance"),
    ("focus", "my marriage", "unclear"),
    ("focus", "i'm not sure", "focus not_sure"),
    ("focus", "bipolar and meth", "focus both"),
    ("focus", "is gambling covered", "nothing"),
    ("daily_use", "no, just weed daily", "daily_use other_drugs"),
    ("daily_use", "nope sober since june", "daily_use none"),
    ("daily_use", "couple glasses of wine with dinner each night", "daily_use alcohol"),
    ("daily_use", "xanax when i fly", "daily_use none"),
    ("daily_use", "i take suboxone every day", "daily_use other_drugs"),
    ("daily_use", "he drinks a fifth a day", "daily_use alcohol"),
    ("daily_use", "she takes klonopin and drinks wine every night", "daily_use both"),
    ("daily_use", "not every day", "daily_use none"),
    ("daily_use", "no more than a beer a week", "daily_use none"),
    ("daily_use", "i don't drink anymore but i smoke weed daily", "daily_use other_drugs"),
    ("daily_use", "is one beer a lot", "nothing"),
    ("daily_use", "i used to take xanax", "unclear"),
    ("daily_use", "both", "daily_use both"),
    ("withdrawal_history", "not that i remember", "withdrawal_history no"),
    ("withdrawal_history", "i ended up in the er", "withdrawal_history past"),
    ("withdrawal_history", "he's seeing things right now", "withdrawal_history now"),
    ("withdrawal_history", "no i've never tried to cut down", "withdrawal_history no"),
    ("withdrawal_history", "yes", "unclear"),
    ("withdrawal_history", "i don't think so", "unclear"),
    ("withdrawal_history", "never been hospitalized", "withdrawal_history no"),
    ("withdrawal_history", "bad hangovers only", "withdrawal_history no"),
    ("health", "no", "health no"),
    ("health", "yes, high risk pregnancy", "health yes"),
    ("health", "bad back", "unclear"),
    ("health", "i'm a dude", "health no"),
    ("health", "she has cancer", "unclear"),
    ("health", "he's on oxygen and a nurse comes daily", "health yes"),
    ("around_the_clock", "sure", "around_the_clock yes"),
    ("around_the_clock", "i'm independent", "around_the_clock yes"),
    ("around_the_clock", "no problem", "around_the_clock yes"),
    ("around_the_clock", "someone has to be with her at all times", "around_the_clock no"),
    ("around_the_clock", "i guess", "unclear"),
    ("around_the_clock", "i don't feel safe alone", "around_the_clock no"),
    ("around_the_clock", "as long as someone checks on me", "around_the_clock mostly"),
    ("impact", "i lost my job", "unclear"),
    ("impact", "not at all", "impact little"),
    ("impact", "it's ruining everything", "impact most"),
    ("impact", "he's failing school", "impact most"),
    ("impact", "can't even shower", "impact cant"),
    ("impact", "i can still work fine", "impact little"),
    ("impact", "4 or 5 days", "impact some"),
    ("impact", "haven't missed a day of work", "impact little"),
    ("care_so_far", "none", "care_so_far none"),
    ("care_so_far", "i've seen a therapist weekly, it's helping", "care_so_far outpatient_helping"),
    ("care_so_far", "my therapist says i need more", "care_so_far outpatient_not_enough"),
    ("care_so_far", "leaving php next week", "care_so_far leaving_higher"),
    ("care_so_far", "AA meetings", "unclear"),
    ("care_so_far", "psych ward last month", "care_so_far leaving_higher"),
    ("care_so_far", "nothing helped", "care_so_far outpatient_not_enough"),
    ("care_so_far", "not yet", "care_so_far none"),
    ("care_so_far", "therapy isn't helping", "care_so_far outpatient_not_enough"),
    ("home", "yeah it's fine", "home yes"),
    ("home", "i live with my abusive husband", "home no"),
    ("home", "homeless right now", "home no"),
    ("home", "mostly", "home partly"),
    ("home", "no, my dad hits me", "home no"),
    ("home", "not homeless", "unclear"),
    ("home", "it's safe but no one gets it", "home partly"),
    ("home", "getting evicted friday", "home no"),
    ("home", "my husband is supportive", "home yes"),
    ("time", "i don't drive", "unclear"),
    ("time", "sure, i'm retired", "time yes"),
    ("time", "only on weekends", "unclear"),
    ("time", "if it's on zoom", "time with_help"),
    ("time", "what time are sessions", "nothing"),
    ("time", "no problem", "time yes"),
    ("time", "depends on the bus", "time with_help"),
    ("time", "i can't", "time no"),
    ("paying", "not right now", "paying no_thanks"),
    ("paying", "yes please", "paying not_sure"),
    ("paying", "aetna through work", "paying private"),
    ("paying", "i'm on my parents plan", "paying private"),
    ("paying", "no idea", "paying not_sure"),
    ("paying", "medicare", "unclear"),
    ("health", "i am healthy but he isn't", "unclear"),
    ("around_the_clock", "no i can", "unclear"),
    ("daily_use", "i never drink alone", "unclear"),
    ("daily_use", "i wish i could stop drinking", "unclear"),
    ("withdrawal_history", "i'm scared of having a seizure", "unclear"),
    ("safety", "yes we are safe", "unclear"),
    ("safety", "i'm safe but my sister isn't", "unclear"),
    ("age", "he is 5 feet tall", "nothing"),
    ("time", "my cat is 13", "nothing"),
    # What was and what is; two people; a denial denied.
    ("home", "it used to be rough, but now it's safe", "home yes"),
    ("around_the_clock", "two months ago not at all, these days i'm fine on my own", "around_the_clock yes"),
    ("time", "i couldn't before but now i can", "time yes"),
    ("daily_use", "used to drink every night", "unclear"),
    ("health", "my sister needs a nurse every day, not me", "unclear"),
    ("withdrawal_history", "my cousin had a seizure, i never did", "unclear"),
    ("around_the_clock", "it's not that i can't be alone", "unclear"),
    ("around_the_clock", "he says he can", "unclear"),
    # An answer, and then another one put right or given ahead.
    ("safety", "no. oh and i said 30 before, i'm 13", "age 13_17, safety no"),
    ("home", "i clicked wrong", "back 1"),
    ("around_the_clock", "yes, and my sister can drive me to the sessions", "around_the_clock yes, time with_help"),
    ("time", "yes i can, and we have no insurance", "time yes, paying none"),
    # A loose phrase counts alone, not within something else; a firm one outweighs the rest.
    ("impact", "every day", "impact most"),
    ("impact", "every day the dog waits by the old garden gate", "unclear"),
    ("impact", "a few bad nights, the rest was ok", "impact some"),
    ("home", "safe", "home yes"),
    ("home", "safe but lonely", "home partly"),
    ("home", "nobody there drinks", "home yes"),
    ("home", "motel for now", "home no"),
    ("who", "my husband is typing, but i'm the one who drinks", "who me"),
    ("who", "i'm a nurse but it's for my brother", "who loved_one"),
    ("withdrawal_history", "hospital yes, but for my knee", "unclear"),
    ("withdrawal_history", "they took me to the er when i stopped", "withdrawal_history past"),
    ("time", "once a week at most", "time no"),
    ("time", "yes but i have no car", "unclear"),
    ("health", "i'd rather not discuss my health", "health unknown"),
    ("focus", "i don't know whether it's the pills or her nerves", "focus not_sure"),
    # What is safe is taken only where nothing is left that may undo it.
    ("safety", "i never feel safe around here", "safety yes"),
    ("safety", "we do not feel safe", "safety yes"),
    ("safety", "no one is safe", "safety yes"),
    ("safety", "not everyone is ok", "safety yes"),
    ("safety", "no danger apart from my uncle", "unclear"),
    ("safety", "all good besides the baby", "unclear"),
    ("safety", "nope, only her", "unclear"),
    ("safety", "no, just the kids", "unclear"),
    ("safety", "ok? nope", "unclear"),
    ("safety", "no until he gets back", "unclear"),
    ("safety", "no but tonight maybe", "unclear"),
    ("safety", "nah, kidding", "unclear"),
    ("safety", "no. by the way there's a rifle", "unclear"),
    ("safety", "no. what if he comes back drunk", "unclear"),
    ("safety", "nope, we're all fine", "safety no"),
    ("safety", "no one's in danger right now", "safety no"),
    ("withdrawal_history", "nope, except one convulsion in the spring", "withdrawal_history past"),
    ("withdrawal_history", "never, only heard voices once", "withdrawal_history past"),
    ("withdrawal_history", "she had a seizure two hours ago", "withdrawal_history now"),
    ("withdrawal_history", "yes, a convulsion, she had a seizure this evening", "withdrawal_history now"),
    ("withdrawal_history", "did the fit check already", "nothing"),
    ("withdrawal_history", "he was having fits", "withdrawal_history past"),
    ("health", "nope just 8 months along", "unclear"),
    ("health", "no. there's a tumor, radiation next", "unclear"),
    ("around_the_clock", "sure as long as my aunt is there", "unclear"),
    ("around_the_clock", "yes but somebody has to hide the keys", "unclear"),
    ("daily_use", "not any longer", "unclear"),
    ("daily_use", "gave up booze two weeks ago", "unclear"),
    ("daily_use", "i gave up booze nine years ago", "daily_use none"),
    ("time", "he can't be left alone overnight", "around_the_clock no"),
    ("paying", "she is on dialysis", "health yes"),
    ("time", "been drinking daily for decades", "daily_use alcohol"),
    ("care_so_far", "a counselor for my depression", "unclear"),
    ("home", "it is the depression really", "nothing"),
    ("who", "i've been using, my sister is worried", "unclear"),
    ("who", "i'm a 51 yr old woman", "who me, age adult"),
    (None, "i'm a 38 year old man, no danger", "who me, age adult, safety no"),
    (None, "no danger, except when he drinks", "nothing"),
    ("impact", "called out 9 times, barely slept", "impact most"),
    ("impact", "most nights were fine", "impact some"),
    ("impact", "just two good days", "impact most"),
    ("time", "i hate evenings", "unclear"),
    ("paying", "sure", "paying not_sure"),
    ("care_so_far", "nothing ever worked", "unclear"),
    ("care_so_far", "i have a counselor, he's amazing", "care_so_far outpatient_helping"),
    ("care_so_far", "weekly counseling, not that it does much", "care_so_far outpatient_not_enough"),
    ("home", "a family shelter", "home no"),
    ("home", "my housemates are both drinking", "home no"),
    ("home", "yes except my sister uses", "home partly"),
    ("age", "3\ufe0f\u20e31\ufe0f\u20e3", "age adult"),
    ("age", "1978", "age adult"),
    ("age", "1919", "nothing"),
    ("time", "hey stop please", "stop"),
    ("impact", "too many questions about my life", "nothing"),
    ("time", "there are too many questions", "stop"),
    ("time", "i'll finish this tomorrow", "stop"),
    ("time", "made an error on the previous question", "back 1"),
    ("time", "it was wrong, go back", "back 1"),
    ("time", "ok restart please", "start_over"),
    ("time", "can i change my age", "nothing"),
    ("home", "stop please, gotta run", "stop"),
    ("time", "stop for now", "stop"),
    ("impact", "what was the last one, back up", "back 1"),
    # An age of another year, or of somebody else.
    ("paying", "on my dads aetna till im 26", "paying private"),
    ("paying", "when she turned 26 she got on medicaid", "paying medicaid"),
    ("age", "it began when i was 14", "nothing"),
    ("age", "13 next month", "unclear"),
    ("age", "twice my daughters age, she is 14", "unclear"),
    ("age", "room 12", "nothing"),
    # A contrast of which one side was not understood, and things that are told apart.
    ("impact", "most days, except that he juggles flamingos", "unclear"),
    ("who", "i'm a nurse but that's not why i'm here", "unclear"),
    ("focus", "the anxiety i can live with. it's the meth", "unclear"),
    ("focus", "anxiety and meth", "focus both"),
    ("focus", "mental. no, hang on, put both", "unclear"),
    ("safety", "yes, he is safe and so is everybody", "unclear"),
    ("safety", "yes. no. well, no", "unclear"),
    ("impact", "terrible days and hardly noticed ones, most days i mean little", "unclear"),
    ("time", "i can't get away, no job though so i'm free", "unclear"),
    # A long story of which little was understood.
    ("home", "safe. purple zebras juggled seven burning torches beneath copper bridges", "unclear"),
    ("home", "safe", "home yes"),
    # What is asked tells nothing.
    ("home", "im in a halfway house can i still come", "home yes"),
    ("daily_use", "you think a glass of wine every day is bad?", "nothing"),
    ("home", "mostly?", "home partly"),
    # Nearly so, or only feared.
    ("withdrawal_history", "almost went to the hospital once", "unclear"),
    ("withdrawal_history", "the doctor warned me about seizures", "unclear"),
    ("paying", "i no have seguro", "nothing"),
]
# What a clause says of somebody else than whom the check is for does not count.
OF_WHOM = [
    ("loved_one", "time", "i can't get away but she can", "time yes"),
    ("loved_one", "withdrawal_history", "it was me that had seizures. she never had one", "withdrawal_history no"),
    ("loved_one", "paying", "i'm on medicaid, he isn't on anything", "unclear"),
    ("loved_one", "daily_use", "i drink every night", "unclear"),
    ("me", "daily_use", "i drink every night", "daily_use alcohol"),
    ("loved_one", "daily_use", "i think he drinks every night", "daily_use alcohol"),
    ("loved_one", "age", "i'm 44, my son is fifteen", "age 13_17"),
    ("loved_one", "focus", "i'm the one with anxiety, his thing is whisky", "focus substance"),
    ("loved_one", "withdrawal_history", "his mother had seizures", "unclear"),
    ("me", "time", "my wife says she can't, with her shifts. me i can", "time yes"),
    ("me", "withdrawal_history", "she had a seizure", "unclear"),
    ("loved_one", "withdrawal_history", "she had a seizure", "withdrawal_history past"),
    ("professional", "withdrawal_history", "she had a seizure", "withdrawal_history past"),
    (None, "withdrawal_history", "she had a seizure", "withdrawal_history past"),
]


def shown(heard: Heard) -> str:
    """Return what was heard as the table writes it."""
    if heard.command:
        return f"back {heard.steps}" if heard.command == "back" else heard.command
    answers = ", ".join(f"{name} {value}" for name, value in heard.answers.items())
    return answers or ("unclear" if heard.unclear else "nothing")


@pytest.mark.parametrize(("current", "text", "expected"), CASES)
def test_hears_what_people_say(current: str | None, text: str, expected: str) -> None:
    assert shown(understand(text, current)) == expected


@pytest.mark.parametrize(("who", "current", "text", "expected"), OF_WHOM)
def test_hears_of_whom_something_is_said(who: str | None, current: str, text: str, expected: str) -> None:
    assert shown(understand(text, current, who)) == expected


@pytest.mark.parametrize("question", VALUES)
@pytest.mark.parametrize("text", ["how long is each session?", "what's CBT?", "is it expensive"])
def test_a_question_answers_nothing(question: str, text: str) -> None:
    assert understand(text, question) == Heard({})


@pytest.mark.parametrize("question", VALUES)
def test_every_question_can_be_left_open(question: str) -> None:
    assert understand("rather not say", question).answers == {question: UNKNOWN}


@pytest.mark.parametrize(("years", "expected"), [(12, "nothing"), (15, "age 13_17"), (40, "age adult")])
def test_years_of_birth_are_counted_from_today(years: int, expected: str) -> None:
    heard = understand(f"born in {date.today().year - years}", "age")
    # Twelve this year may be eleven still: under 13 either way.
    assert shown(heard) == ("age under_13" if years == 12 else expected)


def test_a_year_of_birth_between_two_answers_is_unclear() -> None:
    assert understand(f"born in {date.today().year - 18}", "age").unclear


@given(st.text(max_size=300), st.sampled_from([None, *VALUES]), st.sampled_from([None, "me", "loved_one"]))
def test_no_text_raises_and_every_answer_is_known(text: str, current: str | None, who: str | None) -> None:
    heard = understand(text, current, who)
    assert all(value in (*VALUES[name], UNKNOWN) for name, value in heard.answers.items())


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "🙂" * 50,
        "a" * 10_000,
        "no " * 3_333,
        "vodka and xanax, " * 600,
        "i am 15 not " * 900,
        "\ud800",
        "9" * 5_000,
        "?!.",
    ],
)
def test_odd_text_does_not_raise_and_takes_no_time(text: str) -> None:
    begin = perf_counter()
    for current in (None, *VALUES):
        understand(text, current)
    assert perf_counter() - begin < 5


def test_the_data_file_knows_every_question_and_its_values() -> None:
    assert list(DATA["questions"]) == list(VALUES)
    for name, data in DATA["questions"].items():
        assert sorted(data["risk"]) == sorted(VALUES[name]), name
        assert set(data["plain"].values()) <= set(VALUES[name]), name
        assert set(data["says"]) - {UNCLEAR} == set(VALUES[name]), name
        for block in ("firm", "loose", "opening", "anywhere"):
            assert set(data.get(block, {})) <= {*VALUES[name], UNCLEAR}, name
        assert data.get("denied", VALUES[name][0]) in VALUES[name], name


def test_the_order_of_risk_is_that_of_the_rules() -> None:
    assert all(tuple(DATA["questions"][name]["risk"]) == values for name, values in BY_RISK.items())


@pytest.mark.parametrize(("question", "value"), [(name, value) for name, values in VALUES.items() for value in values])
def test_every_button_is_understood(question: str, value: str) -> None:
    assert understand(title_of(question, value), question).answers == {question: value}


@pytest.mark.parametrize(
    ("text", "corrects"), [("actually i'm 16", True), ("i'm 16", False), ("earlier i said no, but yes he does", True)]
)
def test_a_correction_says_so(text: str, corrects: bool) -> None:
    assert understand(text, "home").corrects is corrects


def test_every_phrase_compiles_and_matches_words() -> None:
    blocks = [DATA[name] for name in ("corrects", "asks", "ignored", "unclear", "hedges", "unsure", UNKNOWN)]
    blocks += [*DATA["plain"].values(), *DATA["commands"].values()]
    blocks += [
        b
        for data in DATA["questions"].values()
        for part in ("firm", "says", "loose", "opening", "anywhere")
        for b in data.get(part, {}).values()
    ]
    for phrase in (phrase for block in blocks for phrase in phrases(block)):
        assert phrase.written == phrase.written.lower() or "QUESTION" in phrase.written or "END" in phrase.written
        assert not phrase.compiled.fullmatch(""), phrase.written


def test_spelling_is_text() -> None:
    assert all(isinstance(slip, str) and isinstance(word, str) for slip, word in DATA["spelling"].items())


def test_no_phrase_stands_twice_for_different_answers() -> None:
    for name, data in DATA["questions"].items():
        seen: dict[str, str] = {}
        for value, written in data["says"].items():
            for line in written.split("\n"):
                if line.strip():
                    assert seen.setdefault(line.strip(), value) == value, f"{name}: {line}"
