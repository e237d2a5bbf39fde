"""One running assistant for all scenarios, and one with the messaging channels and the vendors around it."""

import re
from collections.abc import AsyncIterator, Callable, Iterator

import pytest
import pytest_asyncio
from assistant import Assistant, start, stop
from messaging_people import Person, Town, new_person, town


@pytest.fixture(scope="session")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    """Both servers as `helpline run` starts them, with a database of their own."""
    running = start(tmp_path_factory.mktemp("assistant"))
    yield running
    stop(running)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def place(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    """A server with all messaging channels; tests that use it run in its event loop and leave nothing waiting."""
    async with town(tmp_path_factory.mktemp("messaging"), actions=True) as made:
        yield made
        printed = made.running.printed
    # `kept` says that the database was locked, `delivery` that a vendor refused, `guard` that the machine was busy.
    assert not re.search(r"ERROR helpline\.channels\.(?!kept|delivery|guard: No reply)", printed), printed
    # Who wrote, and with what the vendors are paid, is nobody's business.
    said = ("+1555", *(value for name, value in made.variables.items() if name.endswith(("TOKEN", "SECRET"))))
    assert [secret for secret in said if secret in printed] == []


@pytest_asyncio.fixture(loop_scope="session")
async def meet(place: Town) -> AsyncIterator[Callable[[str], Person]]:
    """Return a maker of people whom nobody knows yet; no fault outlives a test."""
    yield lambda channel: new_person(place, channel)
    place.vendors.well_again()
