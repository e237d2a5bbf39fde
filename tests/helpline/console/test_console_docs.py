"""The pictures of docs/staff.md are there, each is shown, and all together are small."""

import re

from helpline.settings import ROOT

FOLDER = ROOT / "docs" / "staff"


def test_every_picture_of_the_walk_through_is_there_and_shown() -> None:
    shown = re.findall(r"!\[[^\]]+\]\(staff/([^)]+)\)", (ROOT / "docs" / "staff.md").read_text(encoding="utf-8"))
    there = sorted(FOLDER.iterdir())
    assert shown == [path.name for path in there]
    assert len(there) == 6
    assert sum(path.stat().st_size for path in there) <= 400_000
