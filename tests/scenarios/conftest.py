"""One running assistant for all scenarios."""

from collections.abc import Iterator

import pytest
from assistant import Assistant, start, stop


@pytest.fixture(scope="session")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    """Both servers as `helpline run` starts them, with a database of their own."""
    running = start(tmp_path_factory.mktemp("assistant"))
    yield running
    stop(running)
