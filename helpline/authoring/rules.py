"""What follows what: the rules and stories of data/, and where they contradict each other."""

from __future__ import annotations

from typing import Any, Callable, Mapping, Sequence

from helpline.authoring.catalogue import Catalogue
from helpline.authoring.errors import BrokenFileError

# Without a rule for each of these, danger and distress would go unanswered.
_NEEDED = ("crisis", "crisis_follow_up", "support", "support_and_question")


def conflicts(catalogue: Catalogue) -> list[str]:
    """Return in plain words where stories and rules contradict each other, or two rules do.

    A story may only do what the rules say; danger has one rule, without conditions.
    """
    lines = []
    seen: dict[str, str] = {}
    for name, course, conditions in _rules(catalogue):
        for intent, actions in course:
            if intent in seen and not conditions:
                lines.append(f"The rules “{seen[intent]}” and “{name}” both say what follows {intent}.")
            if intent_of(intent).startswith("crisis") and (conditions or actions[:1] != (f"utter_{intent}",)):
                lines.append(f"The rule “{name}” changes what follows danger. It must stay as it is.")
            if not conditions:
                seen.setdefault(intent, name)
    rules = rules_of(catalogue)
    lines += [f"There is no rule for {intent}. It must stay." for intent in _NEEDED if intent not in rules]
    for name, course in stories_of(catalogue):
        for label, actions in course:
            intent = intent_of(label)
            if intent not in rules:
                lines.append(f"The story “{name}” has {intent}, for which there is no rule.")
            elif actions != rules[intent]:
                said = ", ".join(actions) or "nothing"
                lines.append(
                    f"The story “{name}” lets {said} follow {intent}; the rule says {', '.join(rules[intent])}."
                )
    return list(dict.fromkeys(lines))


def rules_of(catalogue: Catalogue) -> dict[str, tuple[str, ...]]:
    """Return for each intent the actions that its rule names."""
    return {
        intent: actions for _, course, conditions in _rules(catalogue) if not conditions for intent, actions in course
    }


def stories_of(catalogue: Catalogue) -> list[tuple[str, list[tuple[str, tuple[str, ...]]]]]:
    """Return the stories of data/ by name: each label with the actions that follow it."""
    return _told(
        catalogue,
        lambda content: [(story["story"], _course(story["steps"])) for story in content.get("stories") or []],
    )


def _rules(catalogue: Catalogue) -> list[tuple[str, list[tuple[str, tuple[str, ...]]], bool]]:
    return _told(
        catalogue,
        lambda content: [
            (rule["rule"], _course(rule["steps"]), bool(rule.get("condition"))) for rule in content.get("rules") or []
        ],
    )


def _told(catalogue: Catalogue, tell: Callable[[dict[str, Any]], list[Any]]) -> list[Any]:
    """Return what all files tell together."""
    found = []
    for path, file in catalogue.files.items():
        try:
            found += tell(file.content)
        except (AttributeError, KeyError, TypeError) as error:
            raise BrokenFileError(path, error) from error
    return found


def _course(steps: Sequence[Mapping[str, Any]]) -> list[tuple[str, tuple[str, ...]]]:
    course: list[tuple[str, list[str]]] = []
    # Of `or` each branch goes on alike.
    open_ends: list[list[str]] = []
    for step in steps:
        said = [branch["intent"] for branch in step.get("or", [step]) if "intent" in branch]
        if said:
            open_ends = [[] for _ in said]
            course += zip(said, open_ends, strict=True)
        elif "action" in step:
            for actions in open_ends:
                actions.append(step["action"])
    return [(intent, tuple(actions)) for intent, actions in course]


def intent_of(label: str) -> str:
    """Return the intent of a label, as rules and stories know it: ``faq`` of ``faq/medicaid``."""
    return label.split("/", 1)[0]
