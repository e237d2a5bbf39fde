from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from helpline.files import read_yaml


def test_reads_yaml(tmp_path: Path) -> None:
    file = tmp_path / "words.yml"
    file.write_text("hello: [wörld, 1]\n", encoding="utf-8")
    assert read_yaml(file) == {"hello": ["wörld", 1]}


def test_what_is_no_yaml_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "words.yml"
    file.write_text("hello: [", encoding="utf-8")
    with pytest.raises(yaml.YAMLError):
        read_yaml(file)
