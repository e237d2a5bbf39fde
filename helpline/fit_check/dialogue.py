"""One turn of the fit check: from what was answered before and a message to what is said and kept. Pure; no Rasa."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Mapping

from helpline.crisis.taxonomy import Detection
from helpline.fit_check import words
from helpline.fit_check.questions import (
    BY_RISK,
    PAYING,
    UNKNOWN,
    VALUES,
    asked_answers,
    next_question,
    previous_question,
)
from helpline.fit_check.rules import STOP_CHILD, URGENT, decide
from helpline.fit_check.understanding import Heard, understand
from helpline.fit_check.words import Message
from helpline.nlu.decision import FAQ, NOT_COVERED, OFF_TOPIC, SUPPORT, SUPPORT_AND_QUESTION, TWO_QUESTIONS
from helpline.nlu.text import is_question, normalise

# Rasa's slot for `State.as_slot`, and Rasa's own for what the form waits for.
SLOT = "fit_check"
REQUESTED_SLOT = "requested_slot"
# Asks whether answers found from an earlier check are to be gone on with; no question of the check.
RESUME = "resume"
# Commands, as `understand` names them.
BACK, SKIP, WHY, STOP = "back", "skip", "why", "stop"
CONTINUE, START_OVER, DELETE = "resume", "start_over", "delete"


_TOPICS = (FAQ, NOT_COVERED, TWO_QUESTIONS)
_REMARKS = ("smalltalk", "delete_conversation", SUPPORT, SUPPORT_AND_QUESTION)
# What an answer to these questions may sound like.
_ASKED_FOR = {
    "daily_use": ("withdrawal_danger",),
    "withdrawal_history": ("withdrawal_danger", "medical_emergency", "psychosis"),
    "health": ("medical_emergency",),
}
# A topic of this confidence is no answer, even where it is not asked for in so many words.
_SURE = 0.6
_FEW_WORDS = 2


@dataclass(frozen=True)
class State:
    """Where a person stands in the check.

    Attributes:
        answers: by question id.
        current: the question that waits for an answer; None outside the check.
        again: whether it was put in other words already: it is never put a third time.
        done: whether a result was given for these answers.
    """

    answers: Mapping[str, str] = field(default_factory=dict)
    current: str | None = None
    again: bool = False
    done: bool = False

    def as_slot(self) -> dict[str, Any]:
        """Return plain values for Rasa's slot."""
        return {"answers": dict(self.answers), "current": self.current, "again": self.again, "done": self.done}

    @classmethod
    def of_slot(cls, value: Mapping[str, Any] | None) -> State:
        """Read what `as_slot` gave; nothing is an empty check."""
        return cls(**value) if value else cls()


@dataclass(frozen=True)
class Turn:
    """What a message led to.

    Attributes:
        state: where the person stands now; the check waits if its `current` is set.
        messages: what is said, in order.
        taken: False where the message was not for the check: others answer it, and `ask_again` follows.
    """

    state: State
    messages: list[Message]
    taken: bool = True


def begin(state: State, text: str, go_on: bool = False, shared: bool = False) -> Turn:
    """Start the check, or go on with one that was stopped.

    Args:
        state: what is kept of an earlier check.
        text: the message that asked for it; what it tells already is not asked again.
        go_on: whether it asked to go on rather than for a check.
        shared: whether others may read on the same device (messaging channels): it is asked then before earlier
            answers are used.
    """
    unfinished = bool(state.answers) and not state.done
    heard = understand(text, None)
    if unfinished and heard.command != START_OVER and not heard.answers:
        if shared and not go_on:
            return Turn(replace(state, current=RESUME, again=False), [words.say("resume_or_not")])
        return _ask(replace(state, current=None), [words.say("resumed")])
    said = [words.opening()]
    if heard.answers:
        said.append(words.noted(heard.answers))
    return _ask(State(_merged({}, heard)), said)


def answer(state: State, text: str, is_digression: bool) -> Turn:
    """Take a message during the check.

    Args:
        state: with its `current` question.
        text: the message as typed.
        is_digression: whether the classifier knows it as a question or remark about something else.
    """
    if state.current == RESUME:
        return _resume(state, text)
    button = words.chosen(state.current, text)
    heard = Heard({state.current: button}) if button else understand(text, state.current)
    if heard.command:
        return _obey(state, heard)
    if heard.answers:
        return _take(state, heard, echo=not button and not _is_plain(text, heard))
    if state.current == PAYING and heard.unclear:
        return Turn(replace(state, current=None), [words.paying("no_thanks")])
    if state.current == PAYING or (is_digression and not heard.unclear):
        return Turn(state, [], taken=False)
    return _not_understood(state)


def ask_again(state: State) -> Turn:
    """Put the question that waits once more, after something else was answered.

    Once the result is out nothing is insisted on: the check is over then.
    """
    if state.current == PAYING:
        return Turn(replace(state, current=None), [])
    return Turn(state, [words.question(state.current, state.answers)] if state.current in VALUES else [])


def merely_answers(state: State, text: str, heard: Detection) -> bool:
    """Tell whether what the score takes for danger is the answer to a question that asks for just that.

    "Every night, vodka" to the question of daily use is no emergency by itself, and the result says to see a doctor.
    What a rule hears in plain words, and what is happening now, stays danger.
    """
    if heard.hits or heard.category not in _ASKED_FOR.get(state.current or "", ()):
        return False
    value = understand(text, state.current).answers.get(state.current or "")
    return value is not None and value != "now"


def is_digression(text: str, intent: str, confidence: float) -> bool:
    """Tell whether a message in which no answer was found is about something else, as the classifier sees it."""
    if intent in _REMARKS:
        return True
    asks = is_question(normalise(text))
    return (intent in _TOPICS and (asks or confidence >= _SURE)) or (intent == OFF_TOPIC and asks)


def _resume(state: State, text: str) -> Turn:
    heard = understand(text, None)
    wanted = text.strip().lower().rstrip(".!")
    if heard.command == START_OVER or wanted in ("no", "nope"):
        return _ask(State(), [words.say("started_over")])
    if heard.command == CONTINUE or wanted in ("yes", "yeah", "ok", "go on"):
        return _ask(replace(state, current=None), [words.say("resumed")])
    if heard.command in (STOP, DELETE):
        return _obey(state, heard)
    return Turn(replace(state, current=None), [], taken=False)


def _obey(state: State, heard: Heard) -> Turn:
    name = heard.command
    if name == STOP:
        return Turn(replace(state, current=None, again=False), [words.say("stopped")])
    if name == DELETE:
        return Turn(State(), [words.say("deleted")])
    if name == START_OVER:
        return _ask(State(), [words.say("started_over")])
    if name == BACK:
        return _back(state, heard.steps)
    if name == WHY:
        return Turn(state, [words.why(state.current), words.question(state.current, state.answers)])
    if name == SKIP:
        return _take(state, Heard({state.current: UNKNOWN}))
    return ask_again(state)


def _back(state: State, steps: int) -> Turn:
    answers, place = dict(state.answers), state.current
    for _ in range(max(1, steps)):
        before = previous_question(place, answers)
        if before is None:
            break
        place = before
        answers.pop(before)
    if place == state.current:
        return Turn(state, [words.say("back_at_first"), words.question(state.current, state.answers)])
    return Turn(State(answers, place), [words.say("back"), words.question(place, answers)])


def _is_plain(text: str, heard: Heard) -> bool:
    """Tell whether an answer is a mere yes or no in other words ("nope", "for sure")."""
    return set(heard.answers.values()) <= {"yes", "no"} and len(text.split()) <= _FEW_WORDS


def _take(state: State, heard: Heard, echo: bool = False) -> Turn:
    """Keep answers, and go on or give the result; `echo` says what was understood, so that it can be put right."""
    current, said = state.current, heard.answers
    if current == PAYING and PAYING in said:
        value = said[PAYING] if said[PAYING] != UNKNOWN else "no_thanks"
        return Turn(replace(state, current=None), [words.paying(value)])
    kept = _merged(state.answers, heard)
    if said.get("safety") in ("not_sure", UNKNOWN) and not (current == "safety" and state.again):
        # One direct question; only a clear "no" leads on.
        kept.pop("safety", None)
        return Turn(State(kept, "safety", again=True), [words.question("safety", kept, again=True)])
    before = []
    if said == {current: UNKNOWN}:
        before.append(words.say("unknown"))
    elif echo or set(said) != {current}:
        before.append(words.noted({name: kept[name] for name in said}))
    return _ask(State(kept), before)


def _not_understood(state: State) -> Turn:
    if state.again:
        return _take(state, Heard({state.current: UNKNOWN}))
    said = [words.say("unclear"), words.question(state.current, state.answers, again=True)]
    return Turn(replace(state, again=True), said)


def _ask(state: State, said: list[Message]) -> Turn:
    """Put the next question, or give the result where there is none."""
    following = next_question(state.answers)
    if following:
        return Turn(replace(state, current=following), [*said, words.question(following, state.answers)])
    if state.answers.get("who") == "professional":
        return Turn(State(), [*said, words.say("professional")])
    decision = decide(state.answers)
    shown = words.result(decision, asked_answers(state.answers))
    if decision.outcome == STOP_CHILD:
        return Turn(State(), [shown])
    if decision.outcome == URGENT:
        return Turn(replace(state, current=None, done=True), [shown])
    asked = words.question(PAYING, state.answers)
    return Turn(replace(state, current=PAYING, done=True), [*said, shown, asked])


def _merged(answers: Mapping[str, str], heard: Heard) -> dict[str, str]:
    """Return the answers with what was heard, in the order of the questions.

    What contradicts an earlier answer counts if it is riskier or said as a correction.
    """
    merged = dict(answers)
    for name, value in heard.answers.items():
        order = BY_RISK.get(name, ())
        before = merged.get(name)
        if before in order and value in order and not heard.corrects and order.index(value) < order.index(before):
            continue
        merged[name] = value
    return {name: merged[name] for name in VALUES if name in merged}
