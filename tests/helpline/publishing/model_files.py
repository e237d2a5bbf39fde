"""Small archives that look like models, in a folder of their own."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import Any

DOMAIN = {
    "slots": {"crisis_seen": {"type": "bool"}, "fit_check": {"type": "any"}},
    "forms": {"fit_check_form": {}},
    "actions": ["utter_faq", "action_escalate_crisis"],
    "responses": {"utter_faq/cost": [], "utter_not_covered/price": [], "utter_crisis/self_harm": []},
}


def write_model(path: Path, domain: dict[str, Any] | None = None, content: bytes = b"weights") -> Path:
    metadata = json.dumps({"domain": DOMAIN if domain is None else domain}).encode()
    with tarfile.open(path, "w:gz") as tar:
        for name, data in (("components/topics/topics.joblib", content), ("metadata.json", metadata)):
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return path
