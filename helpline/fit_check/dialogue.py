"""One turn of the fit check: from what was answered before and a message to what is said and kept. Pure; no Rasa."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Mapping

from helpline.fit_check import words

# For the topic classifier, which asks it of the dialogue.
from helpline.fit_check.danger import merely_answers as merely_answers
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
from helpline.fit_check.state import State, Turn
from helpline.fit_check.understanding import Heard, is_yes_or_no, takes_back, understand
from helpline.fit_check.words import Message
from helpline.nlu.decision import FAQ, NOT_COVERED, OFF_TOPIC, SUPPORT, SUPPORT_AND_QUESTION, TWO_QUESTIONS
from helpline.nlu.text import is_question, normalise

# Rasa's form, its slot for `State.as_slot`, and Rasa's own slot for what a form waits for.
FORM = "fit_check_form"
SLOT = "fit_check"
REQUESTED_SLOT = "requested_slot"
# Asks whether answers found from an earlier check are to be gone on with; no question of the check.
RESUME = "resume_or_not"
# What is asked about the check itself, as `understand` names it; any other name is one of the words in questions.yml.
EXPLAIN, ANSWERS_SO_FAR, RESULT, NOT_NOW = "explain", "answers_so_far", "result", "not_now"
# Commands, as `understand` names them.
BACK, SKIP, WHY, STOP = "back", "skip", "why", "stop"
CONTINUE, START_OVER, DELETE = "resume", "start_over", "delete"

_TOPICS = (FAQ, NOT_COVERED, TWO_QUESTIONS)
_SMALLTALK = "smalltalk"
_REMARKS = ("delete_conversation", SUPPORT, SUPPORT_AND_QUESTION)
# A topic of this confidence is no answer, even where it is not asked for in so many words.
_SURE = 0.6
# Talk about something else needs less: no question of the check is about the weather.
_OFF_TOPIC = 0.4
# Whoever asks so many other things in a row has other things to ask.
_MOST_ASIDES = 6
_YES = re.compile(r"\s*(y|yes|yeah|yep|yup|sure|ok|okay|go on|continue|please do|si|sí)\b", re.IGNORECASE)
_NO = re.compile(r"\s*(n|no|nope|nah|new|not mine|they are not|they're not)\b", re.IGNORECASE)
# Words by which people name the check itself, and by which they wish for one.
_CHECK = re.compile(r"\b(check|quiz|assessment)\b|^\W*(do|would|could|can|will) i (even )?qualify\W*$", re.IGNORECASE)
_WISH = re.compile(r"\b(check|quiz|assessment|qualify|iop|test)\b", re.IGNORECASE)
# Two answers to a question that are one together.
_BOTH = {"focus": ({"substance", "mental"},), "daily_use": ({"alcohol", "benzos"},)}


def begin(state: State, text: str, go_on: bool = False, shared: bool = False) -> Turn:
    """Start the check, or go on with one that was stopped.

    Args:
        state: what is kept of an earlier check.
        text: the message that asked for it; what it tells already is not asked again.
        go_on: whether it asked to go on rather than for a check.
        shared: whether others may read on the same device (messaging channels): it is asked then before earlier
            answers are used.
    """
    heard = understand(text, None)
    if heard.command in (STOP, DELETE):
        return _obey(state, heard)
    if state.answers.get("who") == "professional":
        state = State()
    if state.answers and not state.done and heard.command != START_OVER:
        contradicts = any(state.answers.get(name, value) != value for name, value in heard.answers.items())
        if contradicts or (shared and not go_on):
            return ask_whether_to_go_on(state)
        return _ask(State(_merged(state.answers, heard), again=state.again), [words.say("resumed")])
    said = [words.opening()]
    if heard.answers:
        said.append(words.noted(heard.answers))
    return _ask(State(_merged({}, heard)), said)


def answer(state: State, text: str, is_digression: bool, asks_for_check: bool = False) -> Turn:
    """Take a message during the check, or soon after its result or a stop.

    Args:
        state: with its `current` question, or with none once the result is out or the check is stopped.
        text: the message as typed.
        is_digression: whether the classifier knows it as a question or remark about something else.
        asks_for_check: whether the classifier takes it for the wish to be checked.
    """
    if state.current == RESUME:
        return _resume(state, text, is_digression)
    if state.in_danger:
        return _after_danger(state, text)
    if state.current is None:
        return _afterwards(state, text, is_digression)
    button = words.chosen(state.current, text)
    heard = Heard({state.current: button}) if button else understand(text, state.current, _who(state))
    if heard.command:
        return _obey(state, heard)
    if heard.about:
        return _told_about(state, heard.about)
    if asks_for_check and state.current not in heard.answers:
        return _asked_for(state, text)
    if heard.answers:
        return _take(state, heard, echo=not button and not is_plain(text, heard))
    if state.current == PAYING and heard.unclear:
        return Turn(replace(state, current=None, asides=0), [words.paying("no_thanks")])
    if state.current == PAYING or (is_digression and not heard.unclear):
        return Turn(state, [], taken=False)
    return _not_understood(state)


def ask_again(state: State) -> Turn:
    """Put the question that waits once more, after something else was answered.

    Once the result is out nothing is insisted on: the check is over then. Nor is it after many asides in a row, but
    the question about danger: whoever says yes to it at last is to be heard.
    """
    if state.current in (None, PAYING):
        return Turn(replace(state, current=None, asides=state.asides + 1 if state.current is None else 0), [])
    if state.current == RESUME:
        return ask_whether_to_go_on(state)
    if state.asides + 1 >= _MOST_ASIDES and state.current != "safety":
        return Turn(replace(state, current=None, asides=0), [words.say("paused")])
    return Turn(replace(state, asides=state.asides + 1), [_question(state)] if state.current else [])


def cannot_wait(turn: Turn) -> bool:
    """Tell whether what a message led to is said even without the action server: danger, its question, or the end."""
    state = turn.state
    over = bool(turn.messages) and state.current is None and not state.done
    return turn.danger or turn.forget or (turn.taken and ((state.current == "safety" and state.again) or over))


def is_digression(text: str, intent: str, confidence: float) -> bool:
    """Tell whether a message in which no answer was found is about something else, as the classifier sees it."""
    if intent == _SMALLTALK:
        return confidence >= _SURE
    if intent in _REMARKS:
        return True
    asks = is_question(normalise(text))
    return (intent in _TOPICS and (asks or confidence >= _SURE)) or (
        intent == OFF_TOPIC and (asks or confidence >= _OFF_TOPIC)
    )


def is_plain(text: str, heard: Heard) -> bool:
    """Tell whether an answer is a mere yes or no in other words ("nope", "for sure"): it is not said back."""
    return set(heard.answers.values()) <= {"yes", "no"} and is_yes_or_no(text)


def _who(state: State) -> str | None:
    """Return whom the check is for, as far as it is known."""
    return state.answers.get("who")


def _asked_for(state: State, text: str) -> Turn:
    """Take the wish to be checked from somebody who is in the check: nothing new, unless the result is out.

    What only sounds like that wish ("would i qualify with depression") is no answer either, and is not asked forever.
    """
    if state.current == PAYING:
        return begin(State(), text) if _WISH.search(text) else _result_again(state)
    if _CHECK.search(text) or state.current == "safety":
        return Turn(state, [_question(state)])
    return _not_understood(state)


def _result_again(state: State) -> Turn:
    shown = words.result(decide(state.answers), asked_answers(state.answers))
    return Turn(state, [shown, *([_question(state)] if state.current else [])])


def _after_danger(state: State, text: str) -> Turn:
    """Take a message after the urgent reply: a slip is asked about once more; a mere yes or no gets the reply again."""
    cause = decide(state.answers).because[0]
    heard = understand(text, cause, _who(state))
    if heard.command == DELETE:
        return _obey(state, heard)
    if is_yes_or_no(text):
        return Turn(state, [words.result(decide(state.answers), asked_answers(state.answers))], danger=True)
    if heard.command == BACK or takes_back(text) or heard.answers.get(cause) == "no":
        answers = {name: value for name, value in state.answers.items() if name != cause}
        state = State(answers, cause, again=True)
        return Turn(state, [words.say("back"), _question(state)])
    return Turn(state, [], taken=False)


def _afterwards(state: State, text: str, is_digression: bool) -> Turn:
    """Take a message after the result or a stop: what puts an answer right, and what is asked about the result."""
    heard = understand(text, PAYING, _who(state))
    if state.done and (heard.command in (CONTINUE, WHY) or heard.about == RESULT):
        return _result_again(state)
    if heard.command == CONTINUE:
        return _ask(State(state.answers, again=state.again), [words.say("resumed")])
    if heard.command in (BACK, START_OVER, DELETE, STOP):
        return _obey(state, heard)
    if heard.about == ANSWERS_SO_FAR:
        return Turn(state, [words.noted(state.answers)])
    said = replace(heard, answers={name: value for name, value in heard.answers.items() if name != PAYING})
    if not said.answers or (is_digression and not said.corrects and "safety" not in said.answers):
        return Turn(state, [], taken=False)
    not_for_work = (
        state.answers.get("who") == "professional" and said.answers.get("who", "professional") != "professional"
    )
    if state.done or not_for_work or "safety" in said.answers:
        return _take(state, said)
    return Turn(replace(state, answers=_merged(state.answers, said), asides=0), [words.noted(said.answers)])


def _told_about(state: State, about: str) -> Turn:
    """Say what was asked about the check or its question, and put the question again; nothing is filled by it."""
    if about == RESULT and state.done:
        return _result_again(state)
    if about == EXPLAIN:
        said = [words.why(state.current), words.question(state.current or "", state.answers, again=True)]
        return Turn(replace(state, asides=state.asides + 1), said)
    if about == NOT_NOW and state.current != "safety":
        return Turn(replace(state, current=None, asides=0), [words.say(about)])
    said = words.noted(state.answers) if about == ANSWERS_SO_FAR and state.answers else words.say(about)
    follows = ask_again(state)
    return Turn(follows.state, [said, *follows.messages])


def _question(state: State) -> Message:
    return words.question(state.current or "", state.answers, state.again)


def ask_whether_to_go_on(state: State) -> Turn:
    """Ask before answers of an earlier time are used: somebody else may sit there now."""
    return Turn(replace(state, current=RESUME, again=False), [words.resume_or_not()])


def _resume(state: State, text: str, is_digression: bool) -> Turn:
    """Take the answer to whether earlier answers are to be gone on with; in doubt they are not."""
    heard = understand(text, None)
    if heard.command in (STOP, DELETE):
        return _obey(state, heard)
    if heard.command == CONTINUE or _YES.match(text):
        return _ask(replace(state, current=None), [words.say("resumed")])
    if is_digression:
        return Turn(state, [], taken=False)
    if heard.command == START_OVER or _NO.match(text) or state.again:
        return _ask(State(), [words.say("started_over")])
    return Turn(replace(state, again=True), [words.resume_or_not()])


def _obey(state: State, heard: Heard) -> Turn:
    name = heard.command
    if name == STOP:
        return Turn(replace(state, current=None, asides=0), [words.say("stopped")])
    if name == DELETE:
        return Turn(State(), [words.say("deleted")], forget=True)
    if name == START_OVER:
        return _ask(State(), [words.say("started_over")])
    if name == BACK:
        return _back_to(state, heard.back_to) if heard.back_to else _back(state, heard.steps)
    if name == WHY:
        return Turn(state, [words.why(state.current), _question(state)])
    if name == SKIP:
        return _take(state, Heard({state.current: UNKNOWN}))
    # Going on at the last question puts it again; a question about something else would end it.
    return Turn(state, [_question(state)]) if state.current == PAYING else ask_again(state)


def _back(state: State, steps: int) -> Turn:
    answers, place = dict(state.answers), state.current
    for _ in range(max(1, steps)):
        before = previous_question(place, answers)
        if before is None:
            break
        place = before
        answers.pop(before)
    if place == state.current:
        return Turn(state, [words.say("back_at_first"), _question(state)])
    state = State(answers, place)
    return Turn(state, [words.say("back"), _question(state)])


def _back_to(state: State, question: str) -> Turn:
    """Go back to one question by its name; all other answers stay."""
    if question not in asked_answers(state.answers):
        return ask_again(state)
    state = State({name: value for name, value in state.answers.items() if name != question}, question)
    return Turn(state, [words.say("back"), _question(state)])


def _take(state: State, heard: Heard, echo: bool = False) -> Turn:
    """Keep answers, and go on or give the result; `echo` says what was understood, so that it can be put right."""
    current, said = state.current, heard.answers
    if current == PAYING and set(said) == {PAYING}:
        value = said[PAYING] if said[PAYING] != UNKNOWN else "no_thanks"
        return Turn(replace(state, current=None, asides=0), [words.paying(value)])
    kept = _merged(state.answers, heard)
    if said.get("safety") in ("not_sure", UNKNOWN) and not (current == "safety" and state.again):
        # One direct question; only a clear "no" leads on.
        kept.pop("safety", None)
        state = State(kept, "safety", again=True)
        return Turn(state, [_question(state)])
    before = []
    if said == {current: UNKNOWN}:
        before.append(words.say("unknown"))
    elif echo or set(said) != {current}:
        before.append(words.noted({name: kept[name] for name in said}))
    return _ask(State(kept), before)


def _not_understood(state: State) -> Turn:
    if state.again:
        return _take(state, Heard({state.current: UNKNOWN}))
    state = replace(state, again=True)
    return Turn(state, [words.say("unclear"), _question(state)])


def _ask(state: State, said: list[Message]) -> Turn:
    """Put the next question, or give the result where there is none."""
    following = next_question(state.answers)
    if following:
        state = replace(state, current=following)
        return Turn(state, [*said, _question(state)])
    if state.answers.get("who") == "professional":
        # "Actually it's for my brother" is listened for.
        return Turn(State({"who": "professional"}), [*said, words.say("professional")])
    decision = decide(state.answers)
    shown = words.result(decision, asked_answers(state.answers))
    if decision.outcome == STOP_CHILD:
        return Turn(State(), [shown], forget=True)
    if decision.outcome == URGENT:
        return Turn(State(state.answers, done=True), [shown], danger=True)
    state = State(state.answers, PAYING, done=True)
    return Turn(state, [*said, shown, _question(state)])


def _merged(answers: Mapping[str, str], heard: Heard) -> dict[str, str]:
    """Return the answers with what was heard, in the order of the questions.

    What contradicts an earlier answer counts if it is riskier or said as a correction.
    """
    merged = dict(answers)
    for name, value in heard.answers.items():
        order = BY_RISK.get(name, ())
        before = merged.get(name)
        if {before, value} in _BOTH.get(name, ()) and (name == "daily_use" or not heard.corrects):
            value = "both"
        elif not heard.corrects and before in order and value in order:
            value = max(before, value, key=order.index)
        merged[name] = value
    if merged.get("focus") == "mental" and merged.get("daily_use", "none") not in ("none", UNKNOWN):
        # Whoever drinks daily is asked about it, whatever the main concern.
        merged["focus"] = "both"
    return {name: merged[name] for name in VALUES if name in merged}
