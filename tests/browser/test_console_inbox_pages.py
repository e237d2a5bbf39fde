"""The inbox and the insight page in a real browser: no fault in any mode, by single keys, without JavaScript."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from staff import MODES, Console, Member

from helpline.review.turns import kinds_of, sighting, turns_of
from helpline.storage import database, review
from helpline.storage.review import CRISIS, INBOX

LONG = "can my cousin who lives with us and drives me there sit in the waiting room " * 4
MakeContext = Callable[..., BrowserContext]


@pytest.fixture(scope="module", autouse=True)
def some_messages(console: Console) -> None:
    engine = database.open_engine(console.database_url)
    now = time.time()
    for number, (text, tier) in enumerate(
        [
            (LONG, ""),
            ("something odd", ""),
            ("something odd", ""),
            ("i want to die", "T2"),
            *[(f"thing {n}", "") for n in range(30)],
        ]
    ):
        danger = {"crisis": {"tier": tier, "category": "suicide_active"}} if tier else {}
        ranking = [{"name": "faq/medicaid", "confidence": 0.31}, {"name": "faq/insurance", "confidence": 0.2}]
        data = {
            "intent": {"name": "crisis" if tier else "unclear", "confidence": 0.2},
            "intent_ranking": ranking,
            **danger,
        }
        at = now - 9000 + number
        said = {"event": "user", "text": text, "timestamp": at, "input_channel": "web", "parse_data": data}
        custom = {"kind": "crisis"} if tier else {"kind": "fallback", "reason": "unclear"}
        buttons = [{"title": "Cost", "payload": "Cost?"}]
        reply = {
            "event": "bot",
            "text": "A reply.\n\nTwo parts.",
            "timestamp": at,
            "data": {"custom": custom, "buttons": buttons},
        }
        database.append_events(engine, f"s{number}", [said, reply])
        turns = turns_of(database.read_events(engine, f"s{number}"))
        database.file_for_review(engine, [sighting(turns, at, [kind], f"s{number}") for at, kind in kinds_of(turns)])
    today = datetime.now(timezone.utc).date()
    counts: dict[tuple[str, str, str], int] = {}
    for back in range(30):
        day = (today - timedelta(days=back)).isoformat()
        counts |= {(day, "messages", "web"): 400 - 9 * back, (day, "conversations", "web"): 90 - back}
        counts |= {(day, "replies", "web unclear"): 30 + back, (day, "replies", "web not_covered"): 60 - back}
        counts |= {(day, "topics", f"faq/{name}"): 50 - back for name in ("medicaid", "insurance", "what_is_iop")}
        counts[day, "speed", "web 0.5"] = 300
    review.add_counts(engine, counts)


def test_no_page_has_a_fault_in_any_mode(
    console: Console, context: MakeContext, page_shot: Callable[[Page, str], None]
) -> None:
    member = Member(console, context(), "edda")
    engine = database.open_engine(console.database_url)
    long = next(item for item in review.items(engine, INBOX, most=99) if item.text.startswith("can my cousin"))
    danger = review.items(engine, CRISIS)[0]
    faults: list[str] = []
    for name, path in {
        "inbox": "/inbox",
        "inbox-danger": "/inbox?queue=crisis",
        "inbox-one": f"/inbox/{long.id}",
        "inbox-one-danger": f"/inbox/{danger.id}",
        "inbox-annotate": f"/annotate?item={long.id}",
        "insight": "/insight",
    }.items():
        member.visit(path)
        for summary in member.page.locator("main section summary").all():
            summary.click()
        faults += member.look(page_shot, name, tuple(MODES))
    assert faults == []


def test_messages_are_gone_through_by_single_keys(console: Console, context: MakeContext) -> None:
    member = Member(console, context(), "rita")
    page = member.visit("/inbox")
    page.keyboard.press("j")
    expect(page.locator("h1")).to_have_text("“something odd”")
    page.keyboard.press("d")
    expect(page.get_by_role("status")).to_have_text("Done. Here is the next one.")
    expect(page.locator("h1")).not_to_have_text("“something odd”")
    text = page.locator("h1").inner_text().strip("“”")
    page.keyboard.press("m")
    expect(page.locator("h1")).to_have_text("What does it mean?")
    expect(page.get_by_label("Message", exact=True)).to_have_value(text)
    assert member.errors == []


def test_it_works_without_javascript(console: Console, context: MakeContext) -> None:
    member = Member(console, context(java_script_enabled=False), "rita")
    page = member.visit("/inbox")
    page.get_by_label("Why it is here").select_option("fallback")
    page.get_by_role("button", name="Show").click()
    before = page.locator("tbody th a").first.inner_text()
    page.get_by_role("link", name=before).first.click()
    page.get_by_role("button", name="Done, next").click()
    expect(page.get_by_role("status")).to_contain_text("Done.")
    page.get_by_role("link", name="Insight").first.click()
    expect(page.locator("svg.chart").first).to_be_visible()
    page.locator("summary").first.click()
    expect(page.locator("table").first).to_be_visible()
