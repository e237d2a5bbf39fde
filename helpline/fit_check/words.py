"""What the fit check says: questions, results and the words around them as messages, from data/fit_check/."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Iterable, Mapping

from helpline.answers.numbers import load_numbers
from helpline.files import read_yaml
from helpline.fit_check.questions import PAYING, asked_answers
from helpline.fit_check.rules import HIGHER_LEVEL, STOP_CHILD, URGENT, Decision
from helpline.settings import ROOT

FOLDER = ROOT / "data" / "fit_check"
# What the reply contract calls the form.
_FORM = "fit_check"
_REASONS = 3
# A message as Rasa's custom actions send it: ``text``, ``buttons`` (title, payload) and ``custom``.
Message = dict[str, Any]


@lru_cache(maxsize=2)
def load_words(name: str) -> dict[str, Any]:
    """Return the words of ``questions`` or ``results``, read once."""
    words: dict[str, Any] = read_yaml(FOLDER / f"{name}.yml")
    return words


def say(name: str, **parts: str) -> Message:
    """Return a plain message of the words around the questions."""
    return {"text": load_words("questions")["words"][name].format(**parts), "custom": {"kind": "info"}}


def resume_or_not() -> Message:
    """Return the question whether to go on with earlier answers."""
    return {**say("resume_or_not"), "buttons": [{"title": t, "payload": t} for t in ("Go on", "Start over")]}


def opening() -> Message:
    """Return what is said before the first question."""
    return {"text": load_words("questions")["opening"], "custom": {"kind": "info"}}


def question(name: str, answers: Mapping[str, str], again: bool = False) -> Message:
    """Return a question with its buttons.

    Args:
        name: its id.
        answers: the answers so far; they tell whom the check is for.
        again: ask in other words, as the first were not understood.
    """
    entry = load_words("questions")["questions"][name]
    text = entry["again"] if again else entry["ask"]["me" if answers.get("who") != "loved_one" else "other"]
    options = [{"value": value, "title": title} for value, title in entry["options"].items()]
    titles = [option["title"] for option in options]
    if name == PAYING:
        # Of several messages a page shows the buttons of the last one; those of the result would be lost.
        titles += load_words("results")["buttons"]
    return {
        "text": text,
        "buttons": [{"title": title, "payload": title} for title in titles],
        "custom": {"kind": "question", "form": _FORM, "id": name, "options": options},
    }


def why(name: str) -> Message:
    """Return why a question is asked."""
    return {"text": load_words("questions")["questions"][name]["why"], "custom": {"kind": "info"}}


def title_of(name: str, value: str) -> str:
    """Return an answer in words, as its button has it."""
    return str(load_words("questions")["questions"][name]["options"].get(value, "left open"))


def chosen(name: str, text: str) -> str | None:
    """Return the value of the button whose title is typed or pressed, or None."""
    options = load_words("questions")["questions"][name]["options"]
    typed = text.strip().casefold()
    return next((value for value, title in options.items() if title.casefold() == typed), None)


def noted(answers: Mapping[str, str]) -> Message:
    """Return an echo of answers."""
    return say("understood", answers="; ".join(_short(name, value) for name, value in answers.items()))


def result(decision: Decision, answers: Mapping[str, str]) -> Message:
    """Return the outcome in hedged words, with the person's own answers as reasons and the document's criterion."""
    words = load_words("results")
    custom: dict[str, Any] = {
        "kind": "fit_result",
        "outcome": decision.outcome,
        "because": [{"id": name, "value": answers[name]} for name in decision.because][:_REASONS],
    }
    if decision.outcome in (URGENT, STOP_CHILD):
        keys = ["emergency", "suicide_crisis", "national_helpline"]
        if decision.outcome == STOP_CHILD:
            keys.insert(2, "child_abuse")
        numbers = load_numbers()
        text = words["outcomes"][decision.outcome]
        return {
            # Whoever did not say that there is danger is told why it is taken for granted.
            "text": f"{text}\n\n{words['notes']['open']}" if decision.rule == "R2" else text,
            "custom": {**custom, "numbers": [numbers[key].as_custom() for key in keys]},
        }
    outcome, rule, notes = words["outcomes"][decision.outcome], words["reasons"][decision.rule], words["notes"]
    reasons = "; ".join(_short(reason["id"], reason["value"]) for reason in custom["because"])
    about = [outcome["title"], rule["text"], *([notes["because"].format(answers=reasons)] if reasons else [])]
    also = [notes["change"].format(change=rule["change"]), *_notes(decision, answers), outcome["next"]]
    paragraphs = [" ".join(about), " ".join(also), notes["disclaimer"], notes["numbers"], f"Source: {rule['source']}"]
    custom["citations"] = [{"section": rule["source"]}]
    # With buttons it stays one message on every channel; Rasa would send each paragraph by itself.
    buttons = [{"title": title, "payload": title} for title in words["buttons"]]
    return {"text": "\n\n".join(paragraphs), "buttons": buttons, "custom": custom}


def paying(value: str) -> Message:
    """Return the pointers on paying."""
    entry = load_words("results")["paying"][value]
    if "source" not in entry:
        return {"text": entry["text"], "custom": {"kind": "info"}}
    custom = {"kind": "answer", "topics": ["cost_help"], "citations": [{"section": entry["source"]}]}
    more = load_words("results")["more_on_paying"]
    return {"text": f"{entry['text']}\n\nSource: {entry['source']}", "buttons": [more], "custom": custom}


def _notes(decision: Decision, answers: Mapping[str, str]) -> Iterable[str]:
    notes, a = load_words("results")["notes"], asked_answers(answers)
    if decision.outcome == HIGHER_LEVEL and a.get("daily_use") in ("alcohol", "benzos", "both", "unknown"):
        yield notes["do_not_stop"]
    if a.get("daily_use") == "other_drugs":
        yield notes["other_drugs"]
    if a.get("age") == "13_17":
        yield notes["teen"]
    if a.get("time") == "no":
        yield notes["no_time"]


def _short(name: str, value: str) -> str:
    """Return an answer with what it was about, for an echo or a reason: "age: 18 or older"."""
    title = title_of(name, value)
    # "I'm a professional" keeps its capital.
    title = title if title.startswith("I'") else title[:1].lower() + title[1:]
    return f"{load_words('questions')['questions'][name]['label']}: {title}"
