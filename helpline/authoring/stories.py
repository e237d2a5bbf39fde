"""A conversation as a story: which topics followed each other, checked against the rules, without a person's words.

Rules decide every reply, so that a story changes none by itself. What it teaches are the messages that were understood
wrongly in it, also those that only make sense after the turn before; and it stays as a check of the rules.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping, Sequence

from helpline.authoring import tested
from helpline.authoring.annotate import add_to, checked, danger_in
from helpline.authoring.answers import quoted
from helpline.authoring.catalogue import GUARDED_GROUPS, TOPIC_GROUPS, Catalogue, current
from helpline.authoring.errors import FiledElsewhereError, NeedlessError, RefusedError
from helpline.authoring.repository import Change, Commit, Repository
from helpline.authoring.rules import intent_of, rules_of, stories_of
from helpline.authoring.tested import TESTS
from helpline.authoring.texts import LONGEST_TITLE, bare, tidy, title_of
from helpline.crisis.taxonomy import Tier

STORIES = "data/stories/from_review.yml"
_STORIES_HEADER = '# Courses of conversations, filed by staff without anybody\'s words.\nversion: "3.1"\nstories:\n'
_TESTS_HEADER = (
    '# Messages from conversations that staff filed as stories, each read by itself.\nversion: "3.1"\nstories:\n'
)
# What ends a story: the check asks questions of its own from here on, or nothing is left.
_LAST_INTENTS = ("fit_check", "fit_check_and_question", "delete_conversation")
_MOST_TURNS = 12


@dataclass(frozen=True)
class Turn:
    """What a person wrote, and what it means.

    Attributes:
        text: redacted.
        label: what it means, such as ``faq/medicaid``, or an intent without topic such as ``two_questions``.
        heard: what the assistant took it for.
        tier: how urgent it sounded to the assistant; "" for no danger.
        leans: whether it only makes sense after the topic of the turn before.
    """

    text: str
    label: str
    heard: str = ""
    tier: str = ""
    leans: bool = False


@dataclass(frozen=True)
class Step:
    """One step of a preview: who (``person`` or ``assistant``), what in plain words, and Rasa's name for it."""

    who: str
    what: str
    name: str


@dataclass(frozen=True)
class Story:
    """A story before it is saved.

    Attributes:
        title: its name.
        turns: what the person wrote.
        steps: its course for people.
        problems: what must be put right.
        lessons: which messages are filed, and where.
        asks: whether a message stands elsewhere, so that somebody must say whether it moves.
    """

    title: str
    turns: tuple[Turn, ...]
    steps: tuple[Step, ...]
    problems: tuple[str, ...] = ()
    lessons: tuple[str, ...] = ()
    asks: bool = False


def turns_of(events: Sequence[Mapping[str, Any]]) -> list[Turn]:
    """Return the turns of a stored conversation from its latest session on; slots and forms are left out.

    Args:
        events: as the tracker store has them, in order.
    """
    turns: list[Turn] = []
    in_form = False
    for event in events:
        kind = event.get("event")
        if kind == "session_started":
            turns, in_form = [], False
        elif kind == "active_loop":
            in_form = event.get("name") is not None
        elif kind == "user" and not in_form and str(event.get("text") or "").strip(" /"):
            data = event.get("parse_data") or {}
            heard = _label(data)
            tier = (data.get("crisis") or {}).get("tier", "")
            turns.append(Turn(str(event["text"]), heard, heard, tier if tier != Tier.T0.code else ""))
    return turns


def preview(repository: Repository, title: str, turns: Sequence[Turn], move: bool = False) -> Story:
    """Return a story as it would be, with its course in plain words and everything that stands against it.

    Args:
        repository: the project.
        title: its name; personal data are taken out of it.
        turns: what the person wrote.
        move: whether messages are taken from where they are filed now.
    """
    catalogue, rules = current(repository.root), rules_of(current(repository.root))
    problems = []
    try:
        title = title_of(title)
    except RefusedError as error:
        title, problems = " ".join(title.split())[:LONGEST_TITLE], [str(error)]
    if not title:
        problems.append("Give the story a name.")
    if title in {name for name, _ in stories_of(catalogue)}:
        problems.append(f"There is a story “{title}” already.")
    if not 1 <= len(turns) <= _MOST_TURNS:
        problems.append(f"A story has 1 to {_MOST_TURNS} messages; this one has {len(turns)}.")
    steps = []
    for place, turn in enumerate(turns):
        intent = intent_of(turn.label)
        problems += _faults(turn, place, turns, catalogue, rules)
        steps.append(Step("person", _meaning(turn.label, catalogue), _step_name(turn.label, rules)))
        steps += [Step("assistant", _doing(action, turn.label, catalogue), action) for action in rules.get(intent, ())]
    problems += _contradicted(repository.read(TESTS), turns)
    lessons: list[str] = []
    asks = False
    if not problems:
        lessons, problems, asks = _lessons(repository, {}, turns, move)
    return Story(title, tuple(turns), tuple(steps), tuple(dict.fromkeys(problems)), tuple(lessons), asks)


def create(
    repository: Repository, author: str, reason: str, title: str, turns: Sequence[Turn], move: bool = False
) -> Commit:
    """Add a story, the messages in it that were understood wrongly, and a test of those that stand alone.

    Args:
        repository: the project.
        author, reason: who and why.
        title, turns, move: see `preview`.

    Raises:
        RefusedError: with everything that must be put right; nothing was written.
    """

    def make() -> Change:
        story = preview(repository, title, turns, move)
        if story.problems:
            raise RefusedError("\n".join(story.problems))
        catalogue = current(repository.root)
        rules = rules_of(catalogue)
        written = _written(story, rules)
        if _courses(written)[0] in _courses(repository.read(STORIES) or ""):
            raise NeedlessError("There is a story with the same course already.")
        files: dict[str, str | None] = {}
        files[STORIES] = _joined(repository.read(STORIES), _STORIES_HEADER, written)
        alone = [turn for turn in turns if _stands_alone(turn)]
        if alone:
            files[TESTS] = _joined(repository.read(TESTS), _TESTS_HEADER, _test(story.title, alone))
        _lessons(repository, files, turns, move)
        return checked(repository, Change("story", f"Add a story: {story.title}", files))

    return repository.apply(author, reason, make)


def _faults(
    turn: Turn, place: int, turns: Sequence[Turn], catalogue: Catalogue, rules: Mapping[str, tuple[str, ...]]
) -> list[str]:
    intent, what = intent_of(turn.label), f"Message {place + 1}"
    if intent not in rules:
        return [f"{what}: nothing is answered to {turn.label}. Choose a topic."]
    faults = []
    topic = turn.label.split("/", 1)[0] in TOPIC_GROUPS
    if topic and turn.label not in catalogue.answers:
        faults.append(f"{what}: there is no topic {turn.label}.")
    hit = danger_in(turn.text)
    if (hit is not None or (turn.tier and Tier.of(turn.tier) >= Tier.T2S)) and turn.label != turn.heard:
        faults.append(f"{what} sounds like danger. A story cannot make something else of it; propose a near miss.")
    if turn.label != turn.heard and turn.label.split("/", 1)[0] in GUARDED_GROUPS:
        faults.append(f"{what}: danger and distress are proposed on their own page and need two people.")
    if turn.leans and (place == 0 or turns[place - 1].label not in catalogue.answers):
        faults.append(f"{what} can only lean on a topic in the message before.")
    if intent in _LAST_INTENTS and place < len(turns) - 1:
        faults.append(f"{what} starts the fit check or ends the conversation: end the story there.")
    return faults


def _stands_alone(turn: Turn) -> bool:
    """Tell whether a message becomes a test by itself."""
    return not turn.leans and turn.label.split("/", 1)[0] in TOPIC_GROUPS


def _contradicted(source: str | None, turns: Sequence[Turn]) -> list[str]:
    """Return which messages would be tested as two things: the gate would then stop every model."""
    held = tested.topics_of(source)
    problems = []
    for place, turn in enumerate(turns, 1):
        label, test = held.setdefault(bare(turn.text), (turn.label, "")) if _stands_alone(turn) else (turn.label, "")
        if label != turn.label:
            where = f"The story “{test}”" if test else "This story"
            problems.append(
                f"Message {place}: {where} has the same words as {label}. One of the two is wrong: take that story "
                "back, or file the message by itself first."
            )
    return problems


def _lessons(
    repository: Repository, files: dict[str, str | None], turns: Sequence[Turn], move: bool
) -> tuple[list[str], list[str], bool]:
    """File the messages that were understood wrongly.

    Args:
        repository: the project.
        files: of the change; gets what becomes different.
        turns: of the story.
        move: whether messages are taken from where they are filed now.

    Returns:
        What that does and what stands against it, in words, and whether somebody must say that a message moves.
    """
    lessons, problems, asks = [], [], False
    for place, (before, turn) in enumerate(zip((None, *turns), turns, strict=False), 1):
        if turn.label == turn.heard and not turn.leans:
            continue
        after = before.label if turn.leans and before else None
        where = f"under {turn.label}" + (f", after {after}" if after else "")
        try:
            verb = add_to(repository, files, turn.text, turn.label, after=after, move=move, heard=turn.tier)
            asks = asks or verb == "Move"
            lessons.append(f"Message {place} is {'moved' if verb == 'Move' else 'filed'} {where}.")
        except NeedlessError:
            lessons.append(f"Message {place} is filed {where} already.")
        except FiledElsewhereError as error:
            asks = True
            problems.append(f"Message {place}: {error}")
        except RefusedError as error:
            problems.append(f"Message {place}: {error}")
    return lessons, problems, asks


def _courses(source: str) -> list[str]:
    """Return the stories of a file without their names."""
    return [story.partition("\n")[2].strip() for story in f"\n{source}".split("\n- story: ")[1:]]


def _joined(source: str | None, header: str, block: str) -> str:
    """Return a file with one more block, an empty line before it."""
    return f"{source.rstrip()}\n\n{block}" if source else header + block


def _written(story: Story, rules: Mapping[str, tuple[str, ...]]) -> str:
    lines = [f"- story: {quoted(story.title)}", "  steps:"]
    for turn in story.turns:
        # Rasa's stories know intents without their topic.
        intent = intent_of(turn.label)
        lines.append(f"  - intent: {intent}" + (f"  # {turn.label}" if turn.label != intent else ""))
        lines += [f"  - action: {action}" for action in rules[intent]]
        if intent.startswith("fit_check"):
            lines.append("  - active_loop: fit_check_form")
    return "\n".join(lines) + "\n"


def _test(title: str, turns: Sequence[Turn]) -> str:
    lines = [f"- story: {quoted(title)}", "  steps:"]
    for turn in turns:
        lines += ["  - user: |", f"      {tidy(turn.text)}", f"    intent: {turn.label}"]
        lines.append(f"  - action: utter_{turn.label}")
    return "\n".join(lines) + "\n"


def _label(data: Mapping[str, Any]) -> str:
    intent = str((data.get("intent") or {}).get("name") or "")
    topics = data.get("topics") or []
    selected = ((data.get("response_selector") or {}).get(intent) or {}).get("response") or {}
    return str(selected.get("intent_response_key") or (topics[0] if len(topics) == 1 else intent))


def _step_name(label: str, rules: Mapping[str, tuple[str, ...]]) -> str:
    return label if intent_of(label) in rules else "?"


def _meaning(label: str, catalogue: Catalogue) -> str:
    answer = catalogue.answers.get(label)
    return answer.title if answer else catalogue.labels.get(label, label.replace("_", " ").replace("/", ": "))


def _doing(action: str, label: str, catalogue: Catalogue) -> str:
    if action == f"utter_{intent_of(label)}" and label in catalogue.answers:
        return catalogue.answers[label].text
    return {
        "utter_crisis": "Crisis reply with the numbers, the first one for this kind of danger",
        "action_escalate_crisis": "Notes it in the ledger and tells staff, where that is switched on",
        "utter_support": "Kind words with 1-800-662-HELP (4357) first",
        "utter_first_answer": "The first answer",
        "utter_second_answer": "The second answer",
        "fit_check_form": "Starts the fit check",
    }.get(action, action.removeprefix("utter_").removeprefix("action_").replace("_", " ").capitalize())
