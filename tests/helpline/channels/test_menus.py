from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest

from helpline.channels.menus import OPEN_SECONDS, Menus, menu_data, menu_from
from helpline.channels.rendering import Menu, Option
from helpline.storage import messages
from helpline.storage.database import delete_conversation, open_engine
from helpline.storage.worker import Worker

PERSON = "sms-1"
SECOND = 1_000_000


def menu(at: float, *titles: str, numbered: bool = True, counted: bool = False, hidden: bool = False) -> Menu:
    options = tuple(Option(title, f"about {title}") for title in titles)
    return Menu(int(at * SECOND), options, numbered, "Which?", counted, hidden)


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def database(database_url: str) -> Worker:
    return Worker(partial(open_engine, database_url), messages.store)


async def with_menus(database: Worker, clock: Clock, *menus: Menu) -> Menus:
    known = Menus(database, clock)
    await known.learn(PERSON)
    for one in menus:
        known.show(PERSON, one)
    return known


@pytest.mark.asyncio
async def test_without_a_menu_a_number_is_a_text(database: Worker, clock: Clock) -> None:
    known = await with_menus(database, clock)
    assert known.meaning(PERSON, "2", None).text == "2"


@pytest.mark.asyncio
async def test_number_and_title_mean_the_payload(database: Worker, clock: Clock) -> None:
    known = await with_menus(database, clock, menu(1000, "cost", "place"))
    for text in ("2", "#2", "two", "Place", "plcae"):
        assert known.meaning(PERSON, text, None).text == "about place"
    assert known.meaning("sms-2", "2", None).text == "2"


@pytest.mark.asyncio
async def test_a_number_outside_the_menu_is_asked_again(database: Worker, clock: Clock) -> None:
    shown = menu(1000, "cost", "place")
    known = await with_menus(database, clock, shown)
    assert known.meaning(PERSON, "3", None).again is shown
    assert known.meaning(PERSON, "what about 3", None).again is None
    assert known.meaning(PERSON, "911", None).again is None


@pytest.mark.asyncio
async def test_a_number_may_be_an_age_or_what_nobody_was_shown(database: Worker, clock: Clock) -> None:
    for shown in (menu(1000, "young", "old", counted=True), menu(1000, "young", "old", numbered=False)):
        known = await with_menus(database, clock, shown)
        meaning = known.meaning(PERSON, "45", None)
        assert (meaning.text, meaning.again) == ("45", None)


@pytest.mark.asyncio
async def test_a_number_in_a_crisis_chooses_nothing(database: Worker, clock: Clock) -> None:
    hidden = menu(1001, "Yes", "No", numbered=False, hidden=True)
    known = await with_menus(database, clock, menu(1000, "cost", "place"), hidden)
    for number in ("2", "two", "7"):
        meaning = known.meaning(PERSON, number, None)
        assert (meaning.text, meaning.again) == (number, None)
    assert known.meaning(PERSON, "yes", None).text == "about Yes"
    known = await with_menus(database, clock, menu(1000, "cost"), menu(1001, numbered=False, hidden=True))
    assert known.meaning(PERSON, "1", None).text == "1"


@pytest.mark.asyncio
async def test_a_menu_dies_with_the_next_one_and_after_half_an_hour(database: Worker, clock: Clock) -> None:
    known = await with_menus(database, clock, menu(1000, "cost", "place"), menu(1001, "when", "where"))
    assert known.meaning(PERSON, "2", None).text == "about where"
    clock.now = 1001 + OPEN_SECONDS + 1
    meaning = known.meaning(PERSON, "2", None)
    assert (meaning.text, meaning.again) == ("2", None)


@pytest.mark.asyncio
async def test_a_tap_means_the_payload_while_the_menu_is_stored(database: Worker, clock: Clock) -> None:
    first, second = menu(1000, "cost", "place"), menu(1001, "when", "where")
    known = await with_menus(database, clock, first, second)
    assert known.meaning(PERSON, "", f"m:{second.id}:1").text == "about when"
    assert known.meaning(PERSON, "", f"m:{first.id}:2").text == "about place"
    clock.now += OPEN_SECONDS + 5
    assert known.meaning(PERSON, "", f"m:{second.id}:1").text == "about when"


@pytest.mark.asyncio
async def test_a_title_that_is_written_later_means_the_payload_too(database: Worker, clock: Clock) -> None:
    known = await with_menus(database, clock, menu(1000, "cost", "place", "Yes"), menu(1001, "where"))
    assert known.meaning(PERSON, "Place!", None).text == "about place"
    # A slip may mean anything by now, and "yes" answers what was asked last.
    for text in ("plcae", "yes", "2"):
        assert known.meaning(PERSON, text, None).text == text
    clock.now += OPEN_SECONDS + 5
    assert known.meaning(PERSON, "WHERE", None).text == "about where"


@pytest.mark.asyncio
async def test_a_title_of_two_meanings_is_itself(database: Worker, clock: Clock) -> None:
    first = menu(1000, "place")
    other = replace(menu(1001, "place"), options=(replace(first.options[0], payload="something else"),))
    known = await with_menus(database, clock, first, other, menu(1002, "where"))
    assert known.meaning(PERSON, "place", None).text == "place"


@pytest.mark.parametrize("choice", ["m:1:1", "m:1000000000:9", "m:1000000000:0", "m::1", "", "x", "m:1000000000:1 "])
@pytest.mark.asyncio
async def test_a_tap_that_names_nothing_is_the_text_that_came_with_it(
    database: Worker, clock: Clock, choice: str
) -> None:
    known = await with_menus(database, clock, menu(1000, "cost", "place"))
    assert known.meaning(PERSON, "title", choice).text == "title"


@pytest.mark.asyncio
async def test_menus_come_back_from_the_database(database: Worker, clock: Clock) -> None:
    first, second = menu(1000, "cost", "place"), menu(1001, "when", "where")
    for shown in (first, second):
        await database.write(messages.Answered("key", (), PERSON, (shown.id, menu_data(shown))))
    known = await with_menus(database, clock)
    assert known.meaning(PERSON, "1", None).text == "about when"
    assert known.meaning(PERSON, "", f"m:{first.id}:2").text == "about place"


@pytest.mark.asyncio
async def test_a_menu_that_goes_out_late_is_open_from_then_on(database: Worker, clock: Clock) -> None:
    late = menu(1000, "cost", "place")
    await database.write(messages.Answered("key", (), PERSON, (late.id, menu_data(late))))
    clock.now = 1000 + 5 * OPEN_SECONDS
    known = await with_menus(database, clock)
    shown = known.show(PERSON, late)
    await database.write(messages.Shown(PERSON, shown.id, menu_data(shown)))
    for one in (known, await with_menus(database, clock)):
        clock.now = 1000 + 6 * OPEN_SECONDS - 1
        assert one.meaning(PERSON, "2", None).text == "about place"
        clock.now += 2
        assert one.meaning(PERSON, "2", None).text == "2"


@pytest.mark.asyncio
async def test_menus_of_a_deleted_chat_are_forgotten(database: Worker, clock: Clock, database_url: str) -> None:
    first = menu(1000, "cost", "place")
    known = await with_menus(database, clock, first)
    # Not in the database yet.
    await known.learn(PERSON)
    assert known.meaning(PERSON, "1", None).text == "about cost"
    await database.write(messages.Answered("key", (), PERSON, (first.id, menu_data(first))))
    await known.learn(PERSON)
    assert known.meaning(PERSON, "1", None).text == "about cost"
    delete_conversation(open_engine(database_url), PERSON)
    await known.learn(PERSON)
    assert known.meaning(PERSON, "1", None).text == "1"
    assert known.meaning(PERSON, "-", f"m:{first.id}:1").text == "-"


@pytest.mark.asyncio
async def test_a_person_keeps_ten_menus(database: Worker, clock: Clock) -> None:
    menus = [menu(1000 + number, f"option {number}") for number in range(12)]
    known = await with_menus(database, clock, *menus)
    for shown in menus:
        await database.write(messages.Answered("key", (), PERSON, (shown.id, menu_data(shown))))
    again = await with_menus(database, clock)
    for one in (known, again):
        assert one.meaning(PERSON, "-", f"m:{menus[1].id}:1").text == "-"
        assert one.meaning(PERSON, "-", f"m:{menus[2].id}:1").text == "about option 2"


@pytest.mark.asyncio
async def test_a_broken_database_costs_only_the_menus(clock: Clock) -> None:
    def broken() -> None:
        raise OSError("no disk")

    known = await with_menus(Worker(broken, messages.store), clock, menu(1000, "cost"))
    assert known.meaning(PERSON, "1", None).text == "about cost"


def test_a_menu_is_the_same_after_json() -> None:
    one = menu(1000, "cost", "place", counted=True)
    assert menu_from(menu_data(one)) == one
