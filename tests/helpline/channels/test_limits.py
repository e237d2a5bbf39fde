from __future__ import annotations

import pytest

from helpline.channels import limits
from helpline.channels.limits import Buckets


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_bucket_gives_its_tokens_and_fills_within_a_minute() -> None:
    clock = Clock()
    buckets = Buckets(30, clock)
    for _ in range(30):
        assert buckets.wait("a") == 0
        buckets.take("a")
    assert buckets.wait("a") == pytest.approx(2)
    assert buckets.wait("b") == 0
    clock.now += 1
    assert buckets.wait("a") == pytest.approx(1)
    clock.now += 1
    assert buckets.wait("a") == 0
    buckets.take("a")
    assert buckets.wait("a") == pytest.approx(2)
    clock.now += 3600
    for _ in range(30):
        buckets.take("a")
    assert buckets.wait("a") > 0


def test_a_dropped_key_begins_anew() -> None:
    buckets = Buckets(1, Clock())
    buckets.take("a")
    buckets.drop("a")
    buckets.drop("unknown")
    assert buckets.wait("a") == 0


def test_the_oldest_keys_are_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_MOST_KEYS", 2)
    buckets = Buckets(1, Clock())
    for key in "abc":
        buckets.take(key)
    assert [buckets.wait(key) > 0 for key in "abc"] == [False, True, True]
