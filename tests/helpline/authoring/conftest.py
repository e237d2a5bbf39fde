"""A small project under git for each test, with nobody else's changes in it."""

from pathlib import Path

import pytest
from small_project import make_project

from helpline.authoring.repository import Repository


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_project(tmp_path / "project")


@pytest.fixture
def repository(root: Path) -> Repository:
    return Repository(root, patience=0.3)
