"""The list of the test cases that came with the assistant, by hash: one that is gone or changed stops the gate.

A developer who changes the test sets on purpose writes the list anew (`helpline gate --freeze`) and commits both.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import asdict
from typing import Iterable

from helpline.files import write_whole
from helpline.publishing.cases import Case, Outcome
from helpline.publishing.verdict import DANGER, Check
from helpline.settings import ROOT

LIST = ROOT / "tests" / "frozen_cases.txt"
_NAME = "Frozen test cases"
_ABOUT = "# The test cases of the gate by hash. `helpline gate --freeze` writes this; a developer reads the change."


def check(cases: Iterable[Case], live: Iterable[Outcome] = ()) -> Check:
    """Return whether the test sets still hold all that the list names.

    Args:
        cases: those of the test sets as they are now.
        live: what became of them with the live model: names those that are gone.
    """
    try:
        listed = _listed()
    except (OSError, ValueError):
        listed = {}
    if not listed:
        return Check(_NAME, False, f"tests/{LIST.name} is missing or damaged: take it back from git")
    cases = list(cases)
    there = {_hash(case) for case in cases}
    lost = Counter(of for digest, of in listed.items() if digest not in there)
    if not lost:
        return Check(_NAME, True, f"all {len(listed)} there")
    texts = {case.text for case in cases}
    named = sorted(repr(ran.text) for ran in live if ran.of in DANGER and ran.text not in texts)
    found = ", ".join(f"{number} of {of}" for of, number in lost.items())
    return Check(_NAME, False, f"{found} are gone or changed: take them back from git", tuple(named))


def renew(cases: Iterable[Case]) -> tuple[int, int]:
    """Write the list anew and return how many cases are new on it and how many are gone from it.

    Raises:
        OSError: if it cannot be written.
    """
    try:
        before = _listed()
    except (OSError, ValueError):
        before = {}
    now = {_hash(case): case.of for case in cases}
    lines = [_ABOUT]
    for of in dict.fromkeys(now.values()):
        lines += [f"## {of}", *sorted(digest for digest, name in now.items() if name == of)]
    write_whole(LIST, "\n".join(lines) + "\n")
    return len(now.keys() - before.keys()), len(before.keys() - now.keys())


def _listed() -> dict[str, str]:
    """Return the hashes with the set of each.

    Raises:
        OSError: if the list cannot be read.
        ValueError: if it is damaged.
    """
    found, of = {}, ""
    for line in LIST.read_text(encoding="ascii").splitlines():
        if line.startswith("## "):
            of = line[3:]
        elif line and not line.startswith("#"):
            found[bytes.fromhex(line).hex()] = of
    return found


def _hash(case: Case) -> str:
    # With what is expected of it: a case that expects less is another one.
    content = json.dumps(asdict(case), sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:16]
