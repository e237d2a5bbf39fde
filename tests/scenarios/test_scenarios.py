"""Plays the conversations of the YAML files in this folder with the running assistant.

A file is a list of scenarios: `name` and `turns`. A turn has `say` and `expect`: `kind`, `topics`, `sections` and
`reason` must be those of the reply, in order where there are several; every string of `text_contains`, one of
`any_text` and none of `not_text` must be in the text, whatever the case; `buttons: false` means that there are none.
`every_kind` is that of each part where their number is free: a doubtful question may get two answers.
For an escalation `tier`, `category` (one or a list of them), `subject` and `language` are what was heard, `first` is
the number that comes first, and `new_words` means that no earlier reply of the conversation said the same.
Of the fit check `question` is the id of the question that waits, and `outcome` that of the result.
Whatever is expected, every turn must keep the reply contract.
"""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from assistant import Assistant, Reply, new_sender

FOLDER = Path(__file__).parent
EXPECTATIONS = {"kind", "topics", "sections", "reason", "text_contains", "not_text", "any_text", "buttons"}
HEARD = ("tier", "category", "subject", "language")
EXPECTATIONS |= {*HEARD, "first", "new_words", "every_kind", "question", "outcome"}
KINDS = {"answer", "crisis", "support", "fallback", "info", "question", "fit_result"}


def scenarios() -> list[Any]:
    return [
        pytest.param(scenario, id=f"{path.stem}: {scenario['name']}")
        for path in sorted(FOLDER.glob("*.yml"))
        for scenario in yaml.safe_load(path.read_text(encoding="utf-8"))
    ]


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def problems(reply: Reply, expected: dict[str, Any]) -> list[str]:
    """Return what is wrong with a reply."""
    unknown = set(expected) - EXPECTATIONS
    assert not unknown, f"The scenario expects something unknown: {unknown}"
    text = reply.text.lower()
    found = []
    for name, actual in (
        ("kind", reply.kinds),
        ("topics", reply.topics),
        ("sections", reply.sections),
        ("reason", reply.reasons),
    ):
        if name in expected and as_list(expected[name]) != actual:
            found.append(f"{name} is {actual}, not {expected[name]}")
    found += [f"{part!r} is missing" for part in expected.get("text_contains", []) if part.lower() not in text]
    found += [f"{part!r} is said" for part in expected.get("not_text", []) if part.lower() in text]
    if "any_text" in expected and not any(part.lower() in text for part in expected["any_text"]):
        found.append(f"none of {expected['any_text']} is said")
    heard = next((custom for custom in reply.customs if custom["kind"] in ("crisis", "support")), {})
    for name in HEARD:
        if name in expected and heard.get(name) not in as_list(expected[name]):
            found.append(f"{name} is {heard.get(name)}, not {expected[name]}")
    if "every_kind" in expected and set(reply.kinds) != {expected["every_kind"]}:
        found.append(f"kinds are {reply.kinds}, not only {expected['every_kind']}")
    if "first" in expected:
        first = (heard.get("numbers") or [{}])[0]
        if str(expected["first"]) not in (first.get("tel"), first.get("sms")):
            found.append(f"the first number is {first}, not {expected['first']}")
    for name, key in (("question", "id"), ("outcome", "outcome")):
        shown = next((custom[key] for custom in reversed(reply.customs) if key in custom), None)
        if name in expected and shown != expected[name]:
            found.append(f"{name} is {shown}, not {expected[name]}")
    if "buttons" in expected and bool(reply.buttons) != expected["buttons"]:
        found.append(f"buttons are {reply.buttons}")
    return found


def breaches(reply: Reply) -> list[str]:
    """Return where a reply breaks the contract that holds for every turn."""
    found = []
    if not reply.text.strip():
        found.append("the turn is silent")
    if not reply.kinds or set(reply.kinds) - KINDS:
        found.append(f"kinds are {reply.kinds}")
    texts = [message["text"] for message in reply.messages if "text" in message]
    for custom in reply.customs:
        sections = [cited["section"] for cited in custom.get("citations", [])]
        if custom["kind"] == "answer" and not sections:
            found.append("an answer cites nothing")
        if sections and not any(text.endswith(f"\n\nSource: {'; '.join(sections)}") for text in texts):
            found.append(f"no source line names {sections}")
    found += [f"a button shows a command: {button}" for button in reply.buttons if button["payload"].startswith("/")]
    if re.search(r"\{\w*\}|utter_|action_", reply.text):
        found.append("the text shows how it is made")
    return found


@pytest.mark.parametrize("scenario", scenarios())
def test_scenario(scenario: dict[str, Any], assistant: Assistant) -> None:
    sender, said = new_sender(), set()
    for turn in scenario["turns"]:
        reply = assistant.say(sender, turn["say"])
        wrong = breaches(reply) + problems(reply, turn["expect"])
        if turn["expect"].get("new_words") and reply.text in said:
            wrong.append("the reply was given before")
        said.add(reply.text)
        assert not wrong, f"{turn['say']!r}: {wrong}\n{reply.text}"
