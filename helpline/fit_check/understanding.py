"""What a message answers in the fit check, in people's own words. Pure functions over `data/fit_check/answers.yml`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterable, Mapping

from helpline.crisis.normalise import END, QUESTION
from helpline.fit_check.answering import (
    AGES,
    CORRECTS,
    UNCLEAR,
    answer_to,
    before_aside,
    contradicts,
    plain_words,
)
from helpline.fit_check.lines import DATA, ENDS, FILLERS, Line, phrases, read_line
from helpline.fit_check.phrasing import BENIGN, QUESTIONS, Question, of_other_questions, says
from helpline.fit_check.questions import UNKNOWN, VALUES
from helpline.nlu.text import has_letters

# A question of so many words may be an answer said with hesitation.
_SHORT_QUESTION = 4
_SHORT_LAUGH = 30
# The questions at which what opens a message counts too, where not at the first two.
_EARLY = {"who": (), "focus": ("who", "age", "safety")}


@dataclass(frozen=True)
class Heard:
    """What was heard in a message.

    Attributes:
        answers: values by question id, only those that are clear.
        command: ``back``, ``skip``, ``why``, ``stop``, ``resume``, ``start_over``, ``delete``, or "" for none.
        steps: how many questions to go back.
        unclear: whether an answer seems to be meant that is not clear; the question is then asked in other words.
        corrects: whether the message says that it puts something right ("actually ...", "no wait, ...").
        back_to: the question to go back to, where it is named ("go back to the drinking question"), or "".
        about: what it asks of the check itself or of the question ("explain", "wait", "how_long" ...), or "".
    """

    answers: dict[str, str]
    command: str = ""
    steps: int = 1
    unclear: bool = False
    corrects: bool = False
    back_to: str = ""
    about: str = ""


def understand(text: str, current: str | None, who: str | None = None) -> Heard:
    """Return what `text` answers.

    Args:
        text: the message as typed.
        current: id of the question just asked; None for the message that starts the check.
        who: whom the check is for, as far as it is known: ``me``, ``loved_one``.
    """
    whole = read_line(text)
    about = next((name for name, forms in _ABOUT if says(whole, forms)), "") if current else ""
    if current and not whole.words and len(text) <= _SHORT_LAUGH and has_letters(text):
        # "Lol" and "haha" are left out where words are spelled out.
        about = "wait"
    if about:
        return Heard({}, about=about)
    back_to = next((name for name, forms in _GOES_TO if says(whole, forms)), "")
    # "Change my age to 17", "change safety to yes" give the answer too.
    if current and back_to and not any(AGES.numbers(whole.words)) and "yes" not in whole.known:
        return Heard({}, "back", back_to=back_to)
    command = next((name for name, forms in _COMMANDS if says(whole, forms)), "")
    if command:
        return Heard({}, command, _steps(whole) if command == "back" else 1)
    line = whole.without(_ASKS, to_comma=current is None)
    asking = line
    if current:
        line = _told(line)
    told = _told_in_asking(whole) if current is None else {}
    if not line.words or says(line, _IGNORED):
        return Heard(told)
    answers: dict[str, str] = {}
    unclear = False
    for name, question in QUESTIONS.items():
        own = name == current
        opening = current is None or current in _EARLY.get(name, ("who", "age"))
        if name == "focus" and current in _IN_PASSING and not says(line, CORRECTS):
            continue
        # "My stepdad, I'm 16": the age is that of the writer.
        whom = answers.get("who", who) if name == "age" else who
        value = answer_to(name, question, line, own, opening, whom)
        if own and value not in ("", UNCLEAR) and contradicts(name, question, line, value):
            value = UNCLEAR
        if own and question.careful == "all" and value == question.rank[0] and len(line.words) < len(whole.words):
            value = UNCLEAR
        # "no. is seeing bugs a withdrawal?"
        if own and value == question.rank[0] and len(line.words) < len(asking.words):
            value = value if answer_to(name, question, asking, own, opening, who) in ("", value) else UNCLEAR
        if value == UNCLEAR:
            unclear = unclear or own
        elif value or name in told:
            answers[name] = value or told[name]
    asked = QUESTIONS.get(current or "")
    aside = len(answers) == 1 and len(before_aside(line).words) < len(line.words)
    if asked and asked.careful and aside and answers.get(current or "") == asked.rank[0]:
        answers, unclear = {}, True
    corrects = says(line, CORRECTS)
    if asked and _puts_right(current or "", asked, line, answers, corrects, who):
        unclear = len(answers) == 1
        del answers[current or ""]
    if answers.get(current or "") == UNKNOWN and len(answers) > 1:
        del answers[current or ""]
    return Heard(answers, unclear=unclear and not answers, corrects=corrects and bool(answers))


def _told_in_asking(line: Line) -> dict[str, str]:
    """Return for whom the check is, and how old they are, where the very question tells: "is it right for my son?"."""
    told = {name: answer_to(name, QUESTIONS[name], line, False, True, None) for name in ("who", "age")}
    # "Is it right for me?" is asked by people who have not thought about for whom it is.
    return {name: value for name, value in told.items() if value not in ("", UNCLEAR, "me")}


def _puts_right(
    name: str, question: Question, line: Line, answers: Mapping[str, str], corrects: bool, who: str | None
) -> bool:
    """Tell whether what seems to answer the question only puts something else right: "no wait, i'm 16", "wait no"."""
    value, others = answers.get(name), [other for other in answers if other != name]
    if not value or name in ("who", "age") or (name, value) == ("safety", "yes"):
        return False
    if len(before_aside(line).words) < len(line.words):
        return False
    if not others:
        # "No wait, yes" has a second word for it.
        return (
            corrects and len(plain_words(line)) == 1 and all(word in _LEADING or word in FILLERS for word in line.words)
        )
    if not corrects and not (line.words[0] in _LEADING and set(others) <= {"who", "age"}):
        return False
    spans = of_other_questions(line, *others)
    spans += [(line.begins[first], line.begins[after - 1] + 1) for first, after, _ in _ages(line) if "age" in others]
    gone = {at for begin, end in spans for at in range(line.place(begin), line.place(end - 1) + 1)}
    lead = next((at for at, word in enumerate(line.words) if word not in _LEADING), len(line.words))
    rest = line.keep(at for at in range(lead, len(line.words)) if at not in gone)
    return answer_to(name, question, rest, own=True, opening=True, who=who) != value


def _ages(line: Line) -> Iterable[tuple[int, int, str]]:
    """Yield begin, end and value of the ages in a line, wherever they may be meant."""
    return AGES.find(line.words, line.commas, own=True, opening=True)


def is_whole(text: str, current: str) -> bool:
    """Tell whether a message is made of known forms of an answer to `current` alone, light words and fillers aside."""
    line = read_line(text)
    spans = [span for phrase, _, _ in QUESTIONS[current].phrases(own=True, opening=True) for span in line.find(phrase)]
    if current == "age":
        spans += [(line.begins[first], line.begins[after - 1] + 1) for first, after, _ in _ages(line)]
    spans += [(item.begin, item.end) for item in plain_words(line)]
    # A gap in a form is no place for a word that no form knows: "sister blows meth smoke at her newborn".
    return line.unread(spans + of_other_questions(line), BENIGN) == 0 and line.is_known()


def takes_back(text: str) -> bool:
    """Tell whether a message says that an answer was a slip: "oops, i meant no", "i pressed the wrong button"."""
    return says(read_line(text), _SLIPS)


def is_yes_or_no(text: str) -> bool:
    """Tell whether a message is nothing but a plain yes or no."""
    line = read_line(text)
    plain = [(item.begin, item.end) for item in plain_words(line) if item.value in ("yes", "no")]
    return bool(plain) and line.unread(plain) == 0


def _told(line: Line) -> Line:
    """Return a line without the sentences that ask something.

    Those of a few words ("a little?") stay, and those that begin with somebody ("i'm 12, is that too young?").
    """
    asks = [line.place(begin) for phrase in _ASKS_WITHIN for begin, _ in line.find(phrase)]
    gone: set[int] = set()
    begin = 0
    for at, word in enumerate((*line.words, END)):
        if word in ENDS:
            long = word == QUESTION and at - begin >= _SHORT_QUESTION
            personal = begin < len(line.words) and line.words[begin] in _PEOPLE
            if not personal and (long or any(begin <= ask < at for ask in asks)):
                gone.update(range(begin, at + 1))
            begin = at + 1
    return line.keep(at for at in range(len(line.words)) if at not in gone) if gone else line


def _steps(line: Line) -> int:
    """Return how many questions to go back."""
    if "before the last" in line.text or "before last" in line.text:
        return 2
    return next((number for _, _, number in AGES.numbers(line.words) if 0 < number <= len(VALUES)), 1)


# Words with which people begin to put something right.
_LEADING = frozenset(
    ("no", "nope", "nah", "yes", "yeah", "wait", "actually", "oh", "sorry", "oops", "hang", "hold", "on")
)
_IN_PASSING = ("care_so_far", "impact", "home")
_PEOPLE = ("i", "he", "she", "they", "we", "my", "our")
_ASKS, _ASKS_WITHIN, _IGNORED, _SLIPS = (phrases(DATA[name]) for name in ("asks", "asks_within", "ignored", "slips"))
_ABOUT = [(name, phrases(written)) for name, written in DATA["about"].items()]
_GOES_TO = [(name, phrases(DATA["goes_to"], topic=words)) for name, words in DATA["topics"].items()]
_COMMANDS = [(name, phrases(written)) for name, written in DATA["commands"].items()]
