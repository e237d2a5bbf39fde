from __future__ import annotations

import asyncio
import random
import time

import pytest
from waiting import until

from helpline.channels.delivery import Delivery, Patience, Posted
from helpline.channels.rendering import Button, Menu, Option, Part
from helpline.channels.vendor import Outcome
from helpline.storage.messages import DEAD, DROPPED, SENT

QUICK = Patience(pause=0.002, rounds=(0.004, 0.004), urgent=(0.002,) * 6, longest=0.05, longest_urgent=0.01)
RETRY, REFUSED, BLOCKED, OK = (Outcome(status) for status in ("retry", "refused", "blocked", "sent"))


class Vendor:
    """Takes parts and remembers them; `outcomes` gives what it answers, by text."""

    def __init__(self, patience: Patience = QUICK) -> None:
        self.taken: list[str] = []
        self.tried: list[str] = []
        self.ended: dict[str, tuple[str, int]] = {}
        self.shown: list[str] = []
        self.blocked: list[str] = []
        self.outcomes: dict[str, list[Outcome | Exception | float]] = {}
        self.delivery = Delivery(self.send, self._ended, self._blocked, self._shown, patience)

    async def send(self, address: str, part: Part) -> Outcome:
        self.tried.append(part.text)
        queue = self.outcomes.get(part.text, [])
        outcome = queue.pop(0) if queue else OK
        if isinstance(outcome, float):
            await asyncio.sleep(outcome)
            outcome = OK
        if isinstance(outcome, Exception):
            raise outcome
        if outcome.status == "sent":
            self.taken.append(part.text)
        return outcome

    def _ended(self, posted: Posted, status: str, tries: int) -> None:
        self.ended[posted.part.text] = (status, tries)

    def _blocked(self, posted: Posted) -> None:
        self.blocked.append(posted.conversation)
        self.delivery.drop(posted.conversation)

    def _shown(self, posted: Posted) -> None:
        self.shown.append(posted.part.text)

    def put(self, *texts: str, person: str = "a", urgent: bool = False) -> None:
        self.delivery.put([posted(text, person) for text in texts], urgent)


def posted(text: str, person: str = "a", **more: object) -> Posted:
    return Posted(f"key {text}", 1, person, person, Part(text), 100, **more)


@pytest.mark.asyncio
async def test_parts_go_out_in_order_one_at_a_time() -> None:
    vendor = Vendor()
    vendor.outcomes = {"1": [0.02], "2": [RETRY, RETRY], "3": [0.01]}
    vendor.put("1", "2")
    vendor.put("3")
    vendor.put("4")
    await until(lambda: len(vendor.taken) == 4)
    assert vendor.taken == ["1", "2", "3", "4"]
    assert vendor.ended == {"1": (SENT, 1), "2": (SENT, 3), "3": (SENT, 1), "4": (SENT, 1)}
    assert vendor.tried.count("1") == vendor.tried.count("3") == 1


@pytest.mark.asyncio
async def test_nobody_waits_for_another_person() -> None:
    vendor = Vendor()
    vendor.outcomes = {"slow": [10.0]}
    vendor.put("slow", person="a")
    vendor.put("quick", person="b")
    await until(lambda: vendor.taken == ["quick"], 0.5)
    await vendor.delivery.settle(0)


@pytest.mark.asyncio
async def test_an_exception_is_a_failed_try() -> None:
    vendor = Vendor()
    vendor.outcomes = {"1": [OSError("reset"), asyncio.TimeoutError()]}
    vendor.put("1", "2")
    await until(lambda: vendor.taken == ["1", "2"])
    assert vendor.ended["1"] == (SENT, 3)


@pytest.mark.asyncio
async def test_after_all_rounds_a_part_is_a_dead_letter_and_the_next_goes_on() -> None:
    vendor = Vendor()
    vendor.outcomes = {"1": [RETRY] * 50}
    vendor.put("1", "2")
    await until(lambda: vendor.taken == ["2"])
    # Three in a row, and three in each of the two rounds after.
    assert vendor.ended["1"] == (DEAD, 9)


@pytest.mark.asyncio
async def test_a_vendor_that_answers_too_late_gets_few_copies() -> None:
    vendor = Vendor()
    late = [asyncio.TimeoutError()]
    vendor.outcomes = {"1": late * 50, "911": late * 50, "2": [late[0], *[OSError("refused")] * 6, RETRY]}
    vendor.put("1", "2")
    vendor.put("911", person="b", urgent=True)
    await until(lambda: len(vendor.ended) == 3)
    assert vendor.ended == {"1": (DEAD, 3), "911": (DEAD, 5), "2": (SENT, 9)}


@pytest.mark.asyncio
async def test_all_else_waits_only_so_long_for_a_crisis_of_many_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("helpline.channels.delivery._LONGEST_URGENT", 0.1)
    vendor = Vendor(Patience(pause=0.001, rounds=(), urgent=(0.01,) * 1000))
    vendor.outcomes = {"911": [RETRY] * 1000}
    vendor.put("911", urgent=True)
    vendor.outcomes |= {name: [RETRY] for name in "123"}
    begun = time.monotonic()
    vendor.put("1", "2", "3")
    await until(lambda: vendor.taken == ["1", "2", "3"])
    assert 0.08 < time.monotonic() - begun < 0.3
    await vendor.delivery.settle(0)


@pytest.mark.asyncio
async def test_a_refused_part_is_a_dead_letter_at_once() -> None:
    vendor = Vendor()
    vendor.outcomes = {"1": [REFUSED]}
    vendor.put("1", "2")
    await until(lambda: vendor.taken == ["2"])
    assert vendor.ended["1"] == (DEAD, 1)


@pytest.mark.asyncio
async def test_the_pause_that_a_vendor_asks_for_is_kept_and_counts_as_no_try() -> None:
    vendor = Vendor()
    vendor.outcomes = {"1": [Outcome("retry", 0.03)] * 4}
    begun = time.monotonic()
    vendor.put("1")
    await until(lambda: vendor.taken == ["1"])
    assert time.monotonic() - begun >= 0.12
    # It asks for more than anyone would wait.
    vendor.outcomes = {"2": [Outcome("retry", 3600.0)]}
    vendor.put("2")
    await until(lambda: vendor.taken == ["1", "2"], 1)


@pytest.mark.asyncio
async def test_a_vendor_that_only_asks_for_pauses_gets_no_more_tries_than_others_in_the_end() -> None:
    vendor = Vendor(Patience(tries=2, pause=0.001, rounds=(), asked=5))
    vendor.outcomes = {"1": [Outcome("retry", 0.0)] * 100}
    vendor.put("1", "2")
    await until(lambda: vendor.taken == ["2"])
    assert vendor.ended["1"] == (DEAD, 7)


@pytest.mark.asyncio
async def test_a_crisis_passes_what_waits_and_what_waits_follows() -> None:
    vendor = Vendor(Patience(pause=0.05, rounds=(0.05,), urgent=(0.01,) * 5))
    vendor.outcomes = {"1": [RETRY], "911": [RETRY, RETRY], "care": [0.02]}
    vendor.put("1", "2")
    await until(lambda: vendor.tried == ["1"])
    vendor.put("911", "care", urgent=True)
    vendor.put("3")
    await until(lambda: len(vendor.taken) == 5)
    assert vendor.taken == ["911", "care", "1", "2", "3"]


@pytest.mark.asyncio
async def test_a_crisis_does_not_wait_for_a_request_under_way_nor_for_another_crisis() -> None:
    vendor = Vendor()
    vendor.outcomes = {"slow": [10.0], "first": [10.0]}
    vendor.put("slow")
    vendor.put("first", urgent=True)
    vendor.put("second", urgent=True)
    await until(lambda: vendor.taken == ["second"], 0.5)
    await vendor.delivery.settle(0)


@pytest.mark.asyncio
async def test_a_crisis_waits_only_briefly_where_the_vendor_asks_for_long() -> None:
    vendor = Vendor(Patience(longest_urgent=0.02))
    vendor.outcomes = {"911": [Outcome("retry", 300.0)]}
    vendor.put("911", urgent=True)
    await until(lambda: vendor.taken == ["911"], 0.5)


@pytest.mark.asyncio
async def test_who_blocked_us_gets_no_more() -> None:
    vendor = Vendor()
    vendor.outcomes = {"1": [0.01], "2": [BLOCKED]}
    vendor.put("1", "2", "3")
    await until(lambda: vendor.blocked == ["a"])
    await asyncio.sleep(0.02)
    assert vendor.tried == ["1", "2"]
    assert (vendor.ended["2"], vendor.ended["3"]) == ((DROPPED, 1), (DROPPED, 0))
    vendor.put("later")
    await until(lambda: vendor.taken == ["1", "later"])


@pytest.mark.asyncio
async def test_what_is_dropped_while_it_is_under_way_is_not_tried_again() -> None:
    vendor = Vendor()
    vendor.outcomes = {"1": [RETRY] * 9}
    vendor.put("1", "2")
    await until(lambda: vendor.tried)
    vendor.delivery.drop("a")
    vendor.put("3")
    await until(lambda: vendor.taken == ["3"])
    assert vendor.tried.count("1") <= 2
    assert vendor.ended["1"][0] == vendor.ended["2"][0] == DROPPED


@pytest.mark.asyncio
async def test_refused_buttons_go_out_as_a_list_before_what_follows() -> None:
    vendor = Vendor()
    menu = Menu(7, (Option("Yes", "Yes"), Option("No", "No")), numbered=False)
    part = Part("Shall we?", (Button("m:7:1", "Yes"), Button("m:7:2", "No")))
    plain = "Shall we?\n\n1. Yes\n2. No\nReply with a number."
    vendor.outcomes = {"Shall we?": [REFUSED]}
    vendor.delivery.put([Posted("key", 1, "a", "a", part, 100, menu), posted("next")])
    await until(lambda: len(vendor.taken) == 2)
    assert vendor.taken == [plain, "next"]
    assert vendor.ended[plain] == (SENT, 2)
    # A crisis reply has no buttons; should one have some, they cost nothing either.
    vendor.outcomes = {"Shall we?": [REFUSED]}
    vendor.delivery.put([Posted("key", 1, "a", "a", part, 20, menu)], urgent=True)
    await until(lambda: len(vendor.taken) > 3)
    assert "".join(vendor.taken[2:]).startswith("Shall we?")


@pytest.mark.asyncio
async def test_a_menu_is_told_of_before_it_goes_out() -> None:
    vendor = Vendor()
    vendor.outcomes = {"1": [0.02]}
    vendor.put("1", "2")
    await until(lambda: vendor.tried == ["1"])
    assert vendor.shown == ["1"]
    await until(lambda: vendor.shown == ["1", "2"])


@pytest.mark.asyncio
async def test_the_end_waits_for_what_is_under_way_and_begins_nothing() -> None:
    vendor = Vendor(Patience(pause=60.0, rounds=()))
    vendor.outcomes = {"a1": [0.05], "b1": [RETRY], "c1": [60.0]}
    vendor.put("a1", "a2", person="a")
    vendor.put("b1", person="b")
    vendor.put("c1", person="c")
    await until(lambda: len(vendor.tried) == 3)
    begun = time.monotonic()
    await vendor.delivery.settle(0.3)
    assert time.monotonic() - begun < 1
    assert vendor.taken == ["a1"]
    # Of the others nothing is said: they wait in the database.
    assert vendor.ended == {"a1": (SENT, 1)}


@pytest.mark.asyncio
async def test_an_error_of_our_own_costs_one_part_and_not_the_lane() -> None:
    vendor = Vendor()
    vendor.delivery._shown = lambda one: 1 / 0 if one.part.text == "1" else None
    vendor.put("1", "2")
    await until(lambda: vendor.taken == ["2"])
    vendor.put("3")
    await until(lambda: vendor.taken == ["2", "3"])


@pytest.mark.asyncio
async def test_with_a_fifth_of_all_requests_failing_nothing_is_lost_doubled_or_out_of_order() -> None:
    vendor = Vendor()
    chance = random.Random(1)
    people = [f"p{number}" for number in range(20)]
    for count in range(50):
        for person in people:
            text = f"{person} {count:02}"
            faults = [RETRY, Outcome("retry", 0.001), OSError("reset")]
            vendor.outcomes[text] = [chance.choice(faults) for _ in range(12) if chance.random() < 0.2]
            vendor.put(text, person=person)
    await until(lambda: len(vendor.taken) >= 1000, 20)
    await asyncio.sleep(0.05)
    for person in people:
        assert [text for text in vendor.taken if text.startswith(f"{person} ")] == [
            f"{person} {count:02}" for count in range(50)
        ]
    assert not vendor.delivery._lanes
