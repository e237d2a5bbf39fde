from __future__ import annotations

from pathlib import Path

import pytest

from helpline.publishing import project_checks
from helpline.settings import ROOT


def answers(tmp_path: Path, kind: str, steps: str) -> project_checks.Check:
    (tmp_path / "data" / "rules").mkdir(parents=True)
    one = {"rules": "rule", "stories": "story"}[kind]
    (tmp_path / "data" / "rules" / "a.yml").write_text(f"{kind}:\n- {one}: Calm\n  steps:\n{steps}")
    return project_checks.danger_goes_first(tmp_path)


def test_our_rules_put_danger_first() -> None:
    assert project_checks.danger_goes_first(ROOT).passed


@pytest.mark.parametrize("kind", ["rules", "stories"])
@pytest.mark.parametrize(
    "steps",
    [
        "  - intent: crisis\n  - action: utter_smalltalk\n",
        "  - intent: greet\n  - action: utter_greet\n  - intent: crisis/self_harm\n  - action: action_listen\n",
        "  - intent: crisis\n",
        "  - intent: support\n  - action: utter_faq\n",
    ],
)
def test_whatever_overrides_the_crisis_rule_is_named(tmp_path: Path, kind: str, steps: str) -> None:
    check = answers(tmp_path, kind, steps)
    assert not check.passed
    assert "data/rules/a.yml: 'Calm' answers danger with" in check.named[0]


def test_the_numbers_after_danger_are_right(tmp_path: Path) -> None:
    steps = "  - intent: crisis/self_harm\n  - action: utter_crisis/self_harm\n  - action: action_escalate_crisis\n"
    assert answers(tmp_path, "stories", steps).passed
