from __future__ import annotations

import random
from typing import Any

import pytest

from helpline.crisis.taxonomy import Detection, RuleHit, Tier
from helpline.fit_check import dialogue
from helpline.fit_check.dialogue import State, Turn
from helpline.fit_check.questions import BY_RISK, UNKNOWN, VALUES, next_question
from helpline.fit_check.rules import decide
from helpline.fit_check.words import title_of

ADULT = {"who": "me", "age": "adult", "safety": "no"}
MILD = {**ADULT, "focus": "substance", "daily_use": "none", "health": "no", "around_the_clock": "yes", "impact": "some"}
MILD |= {"care_so_far": "none", "home": "yes", "time": "yes"}


def after(*texts: str, state: State | None = None, digression: bool = False) -> Turn:
    """The last turn of a check in which `texts` are said one after the other."""
    turn = Turn(state, []) if state else dialogue.begin(State(), "take the fit check")
    for text in texts:
        turn = dialogue.answer(turn.state, text, digression)
    return turn


def at(question: str, **answers: str) -> State:
    """Where everything before `question` has a mild answer or the given one."""
    names = list(VALUES)
    before = {name: value for name, value in {**MILD, **answers}.items() if names.index(name) < names.index(question)}
    return State(before, question)


def kinds(turn: Turn) -> list[str]:
    return [message["custom"]["kind"] for message in turn.messages]


def result(turn: Turn) -> dict[str, Any]:
    return next(message["custom"] for message in turn.messages if message["custom"]["kind"] == "fit_result")


def test_it_opens_with_what_it_is_and_asks_one_question() -> None:
    turn = dialogue.begin(State(), "take the fit check")
    assert kinds(turn) == ["info", "question"] and "isn't a diagnosis" in turn.messages[0]["text"]
    assert turn.state.current == "who"


def test_what_the_first_message_tells_is_not_asked_again() -> None:
    turn = dialogue.begin(State(), "my son is 15, does he need a program?")
    assert turn.state.answers == {"who": "loved_one", "age": "13_17"} and turn.state.current == "safety"


def test_every_button_is_understood() -> None:
    for question, values in VALUES.items():
        for value in values:
            turn = after(title_of(question, value), state=at(question))
            assert turn.taken
            if question not in ("paying", "safety") and value not in ("professional", "under_13"):
                assert turn.state.answers.get(question) == value, (question, value)


def test_what_was_understood_of_free_text_is_said_so_that_it_can_be_put_right() -> None:
    turn = after("every night, vodka", state=at("daily_use"))
    assert "Alcohol".lower() in turn.messages[0]["text"] and turn.state.answers["daily_use"] == "alcohol"
    assert kinds(after("nope", state=at("health"))) == ["question"]


def test_a_skipped_question_is_unknown_which_is_not_no() -> None:
    assert after("skip", state=at("health")).state.answers["health"] == "unknown"
    assert after("i don't know", state=at("health")).state.answers["health"] == "unknown"


def test_back_takes_the_answer_away_and_asks_again() -> None:
    state = State({**ADULT, "focus": "mental"}, "health")
    turn = after("back", state=state)
    assert turn.state.current == "focus" and "focus" not in turn.state.answers
    assert after("go back two questions", state=state).state.current == "safety"


def test_at_the_first_question_back_says_so() -> None:
    turn = after("back", state=State({}, "who"))
    assert "first question" in turn.messages[0]["text"] and turn.state.current == "who"


def test_danger_that_is_not_ruled_out_is_asked_once_more_then_urgent() -> None:
    once = after("Not sure", state=State({"who": "me", "age": "adult"}, "safety"))
    assert once.state.current == "safety" and "safety" not in once.state.answers
    assert after("No", state=once.state).state.current == "focus"
    twice = after("Not sure", state=once.state)
    assert result(twice)["outcome"] == "urgent" and twice.state.current is None and twice.danger


def test_a_skipped_question_of_danger_is_asked_once_more_too() -> None:
    once = after("skip", state=State({"who": "me", "age": "adult"}, "safety"))
    assert once.state.current == "safety"
    assert result(after("skip", state=once.state))["outcome"] == "urgent"


def test_of_a_child_nothing_is_kept() -> None:
    turn = after("i am 9", state=State({"who": "me"}, "age"))
    assert result(turn)["outcome"] == "stop_child" and turn.state == State() and turn.forget


def test_a_professional_is_not_scored() -> None:
    turn = after("I'm a professional", state=State({}, "who"))
    assert kinds(turn) == ["info"] and turn.state == State({"who": "professional"})


@pytest.mark.parametrize(
    "text",
    ["actually it's for my brother", "no, it is for my own son", "wait, it's for my mom", "sorry, this is for my wife"],
)
def test_a_professional_who_corrects_goes_on_for_a_loved_one(text: str) -> None:
    state = after("I'm a professional", state=State({}, "who")).state
    assert state.waits
    turn = after(text, state=state)
    assert turn.taken and turn.state.answers == {"who": "loved_one"} and turn.state.current == "age"


def test_a_professional_may_ask_other_things_and_may_begin_the_check_for_themselves() -> None:
    state = after("I'm a professional", state=State({}, "who")).state
    assert not after("what is an iop", state=state, digression=True).taken
    assert dialogue.begin(state, "take the fit check").state == State({}, "who")


def test_a_correction_counts_at_any_question() -> None:
    turn = after("actually i'm 16", state=at("health"))
    assert turn.state.answers["age"] == "13_17" and turn.state.current == "health"
    assert "13 to 17" in turn.messages[0]["text"]


def test_of_two_that_contradict_each_other_the_riskier_one_counts() -> None:
    state = at("impact", around_the_clock="no")
    kept = dialogue._merged(state.answers, dialogue.Heard({"around_the_clock": "yes"}))
    assert kept["around_the_clock"] == "no"
    corrected = dialogue._merged(state.answers, dialogue.Heard({"around_the_clock": "yes"}, corrects=True))
    assert corrected["around_the_clock"] == "yes"


def test_something_else_is_left_to_others_and_fills_nothing() -> None:
    state = at("health")
    turn = after("what is group therapy?", state=state, digression=True)
    assert not turn.taken and turn.state == state
    assert kinds(dialogue.ask_again(state)) == ["question"]


def test_after_many_other_questions_in_a_row_it_is_put_aside_with_all_answers() -> None:
    state = at("health")
    for _ in range(5):
        turn = dialogue.ask_again(state)
        assert kinds(turn) == ["question"]
        state = turn.state
    aside = dialogue.ask_again(state)
    assert "continue my check" in aside.messages[0]["text"] and aside.state.current is None
    assert dialogue.begin(aside.state, "continue my check", go_on=True).state.current == "health"
    assert after("nope", state=state).state.asides == 0


def test_an_unclear_answer_is_asked_once_in_other_words_then_left_open() -> None:
    once = after("it depends", state=at("around_the_clock"))
    assert once.state.again
    assert once.messages[-1]["text"] != dialogue.ask_again(at("around_the_clock")).messages[0]["text"]
    twice = after("it depends", state=once.state)
    assert twice.state.answers["around_the_clock"] == "unknown" and twice.state.current == "impact"


def test_stop_keeps_the_answers_and_delete_does_not() -> None:
    state = at("health")
    stopped = after("stop", state=state)
    assert stopped.state.current is None and stopped.state.answers == state.answers
    resumed = dialogue.begin(stopped.state, "continue my check", go_on=True)
    assert resumed.state.current == next_question(state.answers) == "health"
    deleted = after("delete my answers", state=at("health"))
    assert deleted.state == State() and deleted.forget


def test_on_a_shared_device_old_answers_are_not_used_unasked() -> None:
    asked = dialogue.begin(State(ADULT), "take the fit check", shared=True)
    assert asked.state.current == dialogue.RESUME and kinds(asked) == ["info"]
    for no in ("start over", "no thanks", "Start over", "not mine"):
        assert after(no, state=asked.state).state == State({}, "who")
    for yes in ("yes please", "y", "Go on", "continue my check"):
        assert after(yes, state=asked.state).state.current == "focus"
    once = after("hm", state=asked.state)
    assert once.state.current == dialogue.RESUME and after("hm", state=once.state).state == State({}, "who")
    aside = after("what is cbt?", state=asked.state, digression=True)
    assert not aside.taken and dialogue.ask_again(aside.state).state.current == dialogue.RESUME


def test_a_new_person_does_not_overwrite_a_stopped_check_unasked() -> None:
    asked = dialogue.begin(State(ADULT), "my son is 15, would an iop fit?")
    assert asked.state.current == dialogue.RESUME and asked.state.answers == ADULT


def test_what_the_writer_tells_of_themselves_does_not_answer_for_a_loved_one() -> None:
    own = dialogue.answer(at("withdrawal_history", who="me"), "i had a seizure in 2019", is_digression=False)
    other = dialogue.answer(at("withdrawal_history", who="loved_one"), "i had a seizure in 2019", is_digression=False)
    assert own.state.answers["withdrawal_history"] == "past"
    assert other.state.current == "withdrawal_history" and other.state.again


def test_the_wish_to_be_checked_is_no_answer_and_no_dead_end() -> None:
    for question in VALUES:
        state = at(question)
        turn = dialogue.answer(state, "do i qualify", is_digression=False, asks_for_check=True)
        assert turn.messages and UNKNOWN not in turn.state.answers.values()
        assert turn.state.current == ("who" if question == "paying" else question)


def test_a_mention_of_drinking_or_of_therapy_makes_nothing_milder() -> None:
    drinks = at("care_so_far", daily_use="alcohol", withdrawal_history="past")
    kept = dialogue._merged(drinks.answers, dialogue.Heard({"focus": "mental"}))
    assert kept["focus"] == "both" and decide(kept).outcome == "higher_level"
    mental = dialogue._merged({**ADULT, "focus": "mental"}, dialogue.Heard({"daily_use": "alcohol"}))
    assert mental["focus"] == "both"
    assert dialogue._merged({"daily_use": "alcohol"}, dialogue.Heard({"daily_use": "benzos"}))["daily_use"] == "both"


def test_without_a_correction_no_message_makes_the_outcome_milder() -> None:
    levels = ("outpatient_may_be_enough", "iop_may_fit", "higher_level", "urgent")
    draw = random.Random(5)
    for _ in range(4000):
        answers = {name: draw.choice(VALUES[name]) for name in VALUES if name not in ("paying", "age")}
        name = draw.choice([name for name in BY_RISK if name != "time"])
        before = decide(answers).outcome
        after_it = decide(dialogue._merged(answers, dialogue.Heard({name: draw.choice(VALUES[name])}))).outcome
        assert levels.index(after_it) >= levels.index(before)


def test_in_other_words_stays_so_over_a_digression_or_a_pause() -> None:
    once = after("Not sure", state=State({"who": "me", "age": "adult"}, "safety"))
    words_again = once.messages[-1]["text"]
    assert dialogue.ask_again(once.state).messages[-1]["text"] == words_again
    stopped = after("stop", state=once.state)
    resumed = dialogue.begin(stopped.state, "continue my check", go_on=True)
    assert resumed.messages[-1]["text"] == words_again
    assert result(after("skip", state=resumed.state))["outcome"] == "urgent"


def test_an_answer_beside_the_money_question_changes_the_result() -> None:
    state = State({**MILD, "impact": "most"}, "paying", done=True)
    turn = after("no insurance, and i can't be left alone", state=state)
    assert result(turn)["outcome"] == "higher_level"


def test_the_result_gives_reasons_a_source_and_numbers() -> None:
    answers = {**ADULT, "focus": "mental", "health": "no", "around_the_clock": "yes", "impact": "most"}
    turn = after("Yes", state=State({**answers, "care_so_far": "none", "home": "yes"}, "time"))
    shown = result(turn)
    assert shown["outcome"] == "iop_may_fit" and shown["because"][0] == {"id": "impact", "value": "most"}
    text = turn.messages[0]["text"]
    assert all(part in text for part in ("may", "most days", "1-800-662-HELP (4357)", "911", "988", "not a diagnosis"))
    assert text.endswith("Source: Evaluating Treatment Needs")
    assert turn.state.current == "paying"


def test_after_the_result_other_talk_ends_the_check() -> None:
    state = at("paying")
    turn = after("what is an iop", state=state, digression=True)
    assert not turn.taken
    assert dialogue.ask_again(state).state.current is None


@pytest.mark.parametrize(
    ("question", "text", "tier", "rule", "merely"),
    [
        ("daily_use", "every night, vodka", Tier.T2, False, True),
        ("home", "living in my car", Tier.T2, False, True),
        ("age", "she is seven", Tier.T3, False, True),
        ("daily_use", "vodka, but i ran out yesterday and i shake", Tier.T2, False, False),
        ("home", "living in my car", Tier.T3, False, False),
        ("impact", "every day since my wife left me", Tier.T2, False, False),
        ("daily_use", "every night, vodka", Tier.T2, True, False),
        ("safety", "no", Tier.T2, False, False),
        ("health", "the letters are on the table", Tier.T2, False, False),
        ("", "every night, vodka", Tier.T2, False, False),
    ],
)
def test_only_a_short_answer_outweighs_a_score(question: str, text: str, tier: Tier, rule: bool, merely: bool) -> None:
    hits = (RuleHit("any", "suicide_active", tier, "self", 0, 1),) if rule else ()
    heard = Detection(tier, "suicide_active", score=0.9, hits=hits)
    assert dialogue.merely_answers(State({}, question or None), text, heard) is merely


@pytest.mark.parametrize(
    ("text", "answers"),
    [
        ("im 12 do i qualify", {"age": "under_13"}),
        ("is an iop right for my son?", {"who": "loved_one"}),
        ("do i qualify, im 45 and drink a fifth of vodka every day", {"age": "adult", "daily_use": "alcohol"}),
        ("is an IOP right for my 16 year old daughter who drinks?", {"who": "loved_one", "age": "13_17"}),
    ],
)
def test_what_the_opening_question_tells_is_kept(text: str, answers: dict[str, str]) -> None:
    turn = dialogue.begin(State(), text)
    assert turn.state.answers == ({} if "under_13" in answers.values() else answers)
    assert turn.forget is ("under_13" in answers.values())


def test_who_asks_for_a_child_does_not_go_on_with_their_own_answers() -> None:
    asked = dialogue.begin(State({"who": "me", "age": "adult"}), "is an iop right for my son?")
    assert asked.state.current == dialogue.RESUME


def test_a_professional_who_asks_for_a_patient_is_known() -> None:
    assert kinds(dialogue.begin(State(), "my patient needs an IOP, does he qualify")) == ["info", "info", "info"]


@pytest.mark.parametrize(
    "text",
    ["go back to the drinking question", "change my answer about drinking to no", "can i change my drinking answer"],
)
def test_back_to_a_question_by_its_name_leaves_the_others(text: str) -> None:
    state = at("impact", daily_use="alcohol", withdrawal_history="no")
    turn = after(text, state=state)
    assert turn.state.current == "daily_use" and set(state.answers) - set(turn.state.answers) == {"daily_use"}


@pytest.mark.parametrize(
    ("text", "name", "value"), [("I meant 17, not 18", "age", "13_17"), ("para mi hijo", "who", "loved_one")]
)
def test_corrections_in_few_words(text: str, name: str, value: str) -> None:
    assert after(text, state=at("health")).state.answers[name] == value


def test_whoever_is_not_safe_gets_the_urgent_reply() -> None:
    for question in ("impact", "home"):
        assert after("i lied earlier, i am not safe", state=at(question)).danger


def test_a_drug_that_is_added_does_not_replace_the_other() -> None:
    state = at("health", daily_use="alcohol", withdrawal_history="no")
    assert after("wait i do take xanax every night", state=state).state.answers["daily_use"] == "both"


def test_most_days_is_not_none() -> None:
    assert "daily_use" not in after("not every day but most", state=at("daily_use")).state.answers


def test_a_halfway_house_is_said_back() -> None:
    assert "home" in after("halfway house", state=at("home")).messages[0]["text"]


@pytest.mark.parametrize(
    "text", ["yes", "Y", "yes.", "actually yes", "yes 😢", "si", "me", "my son is", "we are", "true"]
)
@pytest.mark.parametrize("who", ["me", "loved_one"])
def test_a_yes_to_danger_is_urgent_whatever_the_classifier_says(text: str, who: str) -> None:
    for again in (False, True):
        state = State({"who": who, "age": "adult"}, "safety", again)
        assert dialogue.answer(state, text, is_digression=True, asks_for_check=True).danger


@pytest.mark.parametrize("text", ["no yes", "yes no", "probably", "i think so", "maybe yes", "yes but i'm ok"])
def test_half_a_yes_to_danger_is_asked_about_once_more(text: str) -> None:
    once = dialogue.answer(at("safety"), text, is_digression=True)
    assert once.state.current == "safety" and once.state.again
    assert dialogue.answer(once.state, text, is_digression=True).danger


def test_the_question_about_danger_is_never_put_aside() -> None:
    state = at("safety")
    for _ in range(8):
        state = dialogue.ask_again(state).state
    assert after("yes", state=state).danger


@pytest.mark.parametrize("question", ["focus", "health", "impact", "paying"])
@pytest.mark.parametrize("text", ["actually someone is in danger", "change safety to yes", "wait, we are in danger"])
def test_danger_is_heard_at_any_question(question: str, text: str) -> None:
    assert after(text, state=at(question)).danger


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("around_the_clock", "i wouldn't make it through the night"),
        ("around_the_clock", "no i'd end up dead"),
        ("around_the_clock", "no, i won't be here"),
        ("around_the_clock", "not really, i might do something stupid"),
        ("impact", "every day is hell i want out"),
        ("impact", "i havent eaten in 6 days"),
        ("age", "i wont live to 20"),
        ("time", "no time left for me"),
        ("time", "no, i'll be gone by then"),
        ("focus", "cutting"),
        ("focus", "he said he wants to end it"),
        ("home", "i want to end it"),
        ("impact", "she wants to end everything"),
    ],
)
def test_what_may_mean_danger_is_no_mere_answer(question: str, text: str) -> None:
    assert not dialogue.merely_answers(at(question), text, Detection(Tier.T2S, "suicide_passive", score=0.1))
    asked = after(text, state=at(question))
    assert asked.state.current == "safety" and "safety" not in asked.state.answers and asked.state.again


def test_a_seizure_of_this_hour_is_no_seizure_of_the_past() -> None:
    assert after("seizure an hour ago", state=at("withdrawal_history", daily_use="alcohol")).danger


@pytest.mark.parametrize(
    ("question", "text", "category"),
    [
        ("who", "id rather not say who", "suicide_active"),
        ("home", "id like to keep that to myself", "suicide_active"),
        ("home", "motel", "exploitation"),
        ("home", "dads house is good, moms isnt", "child_danger"),
        ("health", "cancer", "suicide_passive"),
        ("health", "I don't see her enough to say", "suicide_passive"),
        ("daily_use", "fent and xans", "overdose_self"),
        ("daily_use", "i stopped drinking last month", "withdrawal_danger"),
        ("withdrawal_history", "couldn't tell you, i wasnt around then", "sexual_assault"),
    ],
)
def test_an_answer_that_is_known_as_a_whole_is_no_danger(question: str, text: str, category: str) -> None:
    tier = Tier.T3 if category in ("exploitation", "child_danger", "overdose_self") else Tier.T2
    assert dialogue.merely_answers(at(question), text, Detection(tier, category, score=0.9))


def test_what_may_be_of_the_past_or_of_now_is_asked() -> None:
    for text in ("dts", "sweats and shakes"):
        assert after(text, state=at("withdrawal_history", daily_use="alcohol")).state.again


@pytest.mark.parametrize("text", ["lol", "haha", "i don't understand", "what do you mean", "i need a minute"])
def test_what_is_no_answer_fills_none_however_often(text: str) -> None:
    for question in ("safety", "impact"):
        state = at(question)
        for _ in range(4):
            turn = after(text, state=state)
            assert turn.messages and not turn.danger and turn.state.current == question
            state = turn.state


def test_who_does_not_understand_gets_other_words_and_the_reason() -> None:
    why, question = after("i don't understand", state=at("home")).messages
    assert "IOP" in why["text"] and question["text"].startswith("Would you call home")


def test_talk_about_something_else_is_a_digression() -> None:
    assert dialogue.is_digression("tell me a joke", "off_topic", 0.5)
    assert dialogue.is_digression("i like pizza", "off_topic", 0.8)
    assert not dialogue.is_digression("something", "off_topic", 0.2)


def test_urgent_for_want_of_a_clear_answer_says_so() -> None:
    unclear = State({"who": "me", "age": "adult"}, "safety", again=True)
    text = after("it depends", state=unclear).messages[-1]["text"]
    assert text.startswith("Please get help") and "take no chances" in text
    assert "take no chances" not in after("Yes", state=unclear).messages[-1]["text"]


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("care_so_far", "yes, an iop"),
        ("around_the_clock", "i'd drink"),
        ("withdrawal_history", "he had a fit"),
        ("focus", "would i qualify with depression"),
    ],
)
def test_what_sounds_like_the_wish_to_be_checked_is_no_endless_loop(question: str, text: str) -> None:
    state = at(question, daily_use="alcohol")
    for _ in range(2):
        turn = dialogue.answer(state, text, is_digression=False, asks_for_check=True)
        state = turn.state
    assert state.current != question


def test_who_asks_for_the_check_over_and_over_is_never_put_aside() -> None:
    state = at("impact")
    for _ in range(9):
        turn = dialogue.answer(state, "take the fit check", is_digression=False, asks_for_check=True)
        state = turn.state
        assert state.current == "impact" and kinds(turn) == ["question"]


@pytest.mark.parametrize("text", ["wait no", "actually no"])
def test_no_that_takes_something_back_answers_nothing(text: str) -> None:
    turn = after(text, state=at("impact"))
    assert turn.state.current == "impact" and "impact" not in turn.state.answers


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("no wait, i'm 16", "age", "13_17"),
        ("no, it's for my son", "who", "loved_one"),
        ("no wait, i'm the loved one, it's for my dad", "who", "loved_one"),
        ("actually i had a seizure once when i quit", "withdrawal_history", "past"),
    ],
)
def test_a_correction_that_begins_with_no_answers_nothing_else(text: str, name: str, value: str) -> None:
    for question in ("impact", "time"):
        turn = after(text, state=at(question, daily_use="alcohol", withdrawal_history="no"))
        assert turn.state.answers[name] == value
        assert turn.state.current == question and question not in turn.state.answers


FINISHED = State({**MILD, "impact": "most"}, done=True)


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("I lied, I can't be left alone", "higher_level"),
        ("actually someone is in danger", "urgent"),
        ("actually i'm 16", "iop_may_fit"),
    ],
)
def test_the_result_can_be_put_right_after_the_last_question(text: str, outcome: str) -> None:
    assert FINISHED.waits and result(after(text, state=FINISHED))["outcome"] == outcome


def test_what_is_put_right_after_the_last_question_may_lead_to_another() -> None:
    turn = after("wait, I also drink vodka every night", state=FINISHED)
    assert turn.state.answers["daily_use"] == "alcohol" and turn.state.current == "withdrawal_history"


def test_back_after_the_last_question_keeps_the_other_answers() -> None:
    turn = after("back", state=FINISHED)
    assert turn.state.current == "time" and turn.state.answers["impact"] == "most"


def test_a_question_about_the_result_does_not_wipe_it() -> None:
    turn = dialogue.answer(at("paying", impact="most"), "why did you say i need more care?", False, asks_for_check=True)
    assert turn.state.answers["impact"] == "most" and turn.messages
    assert result(after("why did you say i need more care?", state=FINISHED))["outcome"] == "iop_may_fit"
    assert "most days" in after("can i get a summary of my answers?", state=FINISHED).messages[0]["text"]
    assert after("continue my check", state=at("paying")).messages[0]["custom"]["id"] == "paying"


def test_after_a_stop_an_answer_can_be_put_right() -> None:
    stopped = after("stop", state=at("impact")).state
    turn = after("actually I'm 16", state=stopped)
    assert turn.state.answers["age"] == "13_17" and turn.state.current is None
    assert after("back", state=stopped).state.current == "around_the_clock"


def test_after_the_result_other_talk_is_left_to_others_and_then_it_is_over() -> None:
    state = FINISHED
    for text in ("what is an iop", "yes", "no"):
        assert not after(text, state=state).taken
        state = dialogue.ask_again(state).state
    assert not state.waits


def test_the_last_message_offers_to_start_over_and_to_delete() -> None:
    turn = after("Yes", state=at("time"))
    titles = [button["title"] for button in turn.messages[-1]["buttons"]]
    assert turn.messages[-1]["custom"]["id"] == "paying" and {"Start over", "Delete my answers"} <= set(titles)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("how long will this take", "3 minutes"),
        ("how many questions are left", "10 to 12"),
        ("what are my answers so far?", "18 or older"),
        ("is this private?", "name"),
        ("how do i delete my data", "Nothing is deleted yet"),
        ("no hablo inglés", "911"),
    ],
)
def test_questions_about_the_check_are_answered_and_its_question_put_again(text: str, part: str) -> None:
    turn = after(text, state=at("impact"))
    assert part in turn.messages[0]["text"] and turn.messages[-1]["custom"]["id"] == "impact" and not turn.forget


@pytest.mark.parametrize("text", ["i'm drunk right now", "im high rn lol", "im driving home can we do this later"])
def test_who_is_drunk_or_drives_is_told_to_take_care_and_goes_on_later(text: str) -> None:
    turn = after(text, state=at("impact"))
    assert (
        "don't drive" in turn.messages[0]["text"] and "911" in turn.messages[0]["text"] and turn.state.current is None
    )
    later = after("continue my check", state=turn.state)
    assert later.state.current == "impact" and later.state.answers == at("impact").answers
    # The question about danger is not put off.
    assert after(text, state=at("safety")).messages[-1]["custom"]["id"] == "safety"


@pytest.mark.parametrize(
    "text", ["i drink when im driving to work", "i'm high all day", "i am driving my family crazy"]
)
def test_a_habit_is_no_state(text: str) -> None:
    assert "don't drive" not in after(text, state=at("daily_use")).messages[0]["text"]


def test_never_mind_stops() -> None:
    assert "stopped" in after("never mind", state=at("impact")).messages[0]["text"]


@pytest.mark.parametrize("text", ["", "   ", "🙂🙂", "x" * 10_000, "\u200b"])
def test_odd_input_is_no_dead_end(text: str) -> None:
    once = after(text, state=at("health"))
    assert once.messages and after(text, state=once.state).state.current == "around_the_clock"
