"""Reading the project's YAML files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

# libyaml where it is there: the plain loader takes ten times as long, and memory that is not given back.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(path: Path) -> Any:
    """Return what a YAML file holds.

    Raises:
        OSError: if it cannot be read.
        yaml.YAMLError: if it is not YAML.
    """
    return yaml.load(path.read_text(encoding="utf-8"), Loader=LOADER)
