"""The widget as a person uses it, in a real Chromium."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

# A site elsewhere that embeds the widget; its pages come from the tests.
SITE = "http://site.test"
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# The rules whose findings hang on colours.
COLOURS = ("color-contrast", "link-in-text-block")
# Tells of violations of the page's policy, Trusted Types among them.
WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) =>
  window.violations.push(`${event.effectiveDirective} ${event.blockedURI} ${event.sample}`));
"""
# Makes `keyboard(height)` do to the visual viewport what a phone's keyboard does.
KEYBOARD = """
let visible = null;
Object.defineProperty(visualViewport, "height", { get: () => visible ?? innerHeight });
window.keyboard = (height) => {
  visible = height;
  visualViewport.dispatchEvent(new Event("resize"));
};
"""
REPLY_MS = 15_000


@dataclass
class Chat:
    """A page with the widget; `requests` are the origins that it asked, `errors` what its console complained of."""

    page: Page
    url: str
    requests: set[str] = field(default_factory=set)
    errors: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("request", lambda request: self.requests.add(urlsplit(request.url).netloc))
        self.page.on("websocket", lambda socket: self.requests.add(urlsplit(socket.url).netloc))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    @property
    def launcher(self) -> Locator:
        return self.page.locator("iop-chat .launcher")

    @property
    def panel(self) -> Locator:
        return self.page.locator("iop-chat .panel")

    @property
    def field(self) -> Locator:
        return self.page.get_by_label("Your message")

    @property
    def log(self) -> Locator:
        return self.page.get_by_role("log")

    @property
    def bubbles(self) -> Locator:
        """All replies."""
        return self.page.locator("iop-chat .bot")

    @property
    def mine(self) -> Locator:
        return self.page.locator("iop-chat .mine")

    @property
    def status(self) -> Locator:
        return self.page.locator("iop-chat .status")

    @property
    def polite(self) -> Locator:
        return self.page.locator("iop-chat #polite")

    @property
    def urgent(self) -> Locator:
        return self.page.locator("iop-chat #urgent")

    @property
    def question(self) -> Locator:
        return self.page.locator("iop-chat .question")

    def visit(self, path: str = "/") -> Chat:
        self.page.goto(self.url + path)
        expect(self.page.locator("iop-chat:defined")).to_have_count(1)
        return self

    def open(self) -> Chat:
        self.launcher.click()
        expect(self.panel).to_be_visible()
        return self

    def keyboard(self, height: int | None) -> None:
        """Have a phone's keyboard leave so many pixels of the window; None takes it away. Needs `KEYBOARD`."""
        self.page.evaluate("(height) => keyboard(height)", height)
        self.drawn()

    def drawn(self) -> None:
        """Wait until what was changed is drawn, and what the widget does then has been done."""
        self.page.evaluate("() => new Promise((then) => requestAnimationFrame(() => requestAnimationFrame(then)))")

    def in_view(self, locator: Locator) -> float:
        """Return how many pixels of an element stand where the conversation can be seen."""
        return locator.evaluate(
            """(element) => {
              const root = element.getRootNode();
              const boxes = [root.querySelector(".panel"), root.querySelector(".log"), element]
                .map((each) => each.getBoundingClientRect());
              const top = Math.max(...boxes.map((box) => box.top));
              const bottom = Math.min(...boxes.map((box) => box.bottom));
              return Math.max(0, bottom - top);
            }"""
        )

    def send(self, text: str) -> None:
        self.field.fill(text)
        self.field.press("Enter")

    def say(self, text: str) -> str:
        """Send a message, wait for the replies of its turn and return what they say."""
        self.send(text)
        return self.replies()

    def replies(self) -> str:
        """Wait until the latest message is answered in full; return the replies to it."""
        # The acknowledgement comes behind the last reply of a turn.
        self.page.wait_for_function(
            """() => {
              const kept = Object.entries(sessionStorage).find(([key]) => key.startsWith("iop-chat"))?.[1] ?? "{}";
              const { items = [] } = JSON.parse(kept);
              const all = [...document.querySelector("iop-chat").shadowRoot.querySelectorAll(".msg")];
              const last = all.map((item) => item.classList.contains("mine")).lastIndexOf(true);
              return last >= 0 && items.findLast((item) => "state" in item)?.state === "sent"
                && all.slice(last + 1).some((item) => item.classList.contains("bot"));
            }""",
            timeout=REPLY_MS,
        )
        return self.page.evaluate(
            """() => {
              const all = [...document.querySelector("iop-chat").shadowRoot.querySelectorAll(".msg")];
              const last = all.map((item) => item.classList.contains("mine")).lastIndexOf(true);
              return all.slice(last + 1).map((item) => item.innerText).join("\\n");
            }"""
        )

    def show(self, *replies: dict[str, Any]) -> Chat:
        """Open a conversation that has these replies, whoever gave them, each to a message of its own."""
        # A page of the same origin without the widget, which might keep something of its own.
        self.page.goto(f"{self.url}/embed")
        items: list[dict[str, Any]] = []
        for number, reply in enumerate(replies, 1):
            mid = f"message-{number}"
            items.append({"mid": mid, "ts": 1, "message": "hello", "state": "sent"})
            items.append({"id": number, "ts": 1, "mid": mid, **reply})
        kept = json.dumps({"items": items})
        self.page.evaluate("([key, kept]) => sessionStorage.setItem(key, kept)", [f"iop-chat {self.url}", kept])
        return self.visit().open()

    def stored(self) -> dict[str, Any]:
        """Return what the tab keeps of the conversation; {} if nothing."""
        raw = self.page.evaluate(
            """() => Object.entries(sessionStorage).filter(([key]) => key.startsWith("iop-chat"))[0]?.[1] ?? "{}" """
        )
        return json.loads(raw)

    def said(self) -> list[str]:
        """Return the texts of all replies, in order."""
        return [re.sub(r"\s+", " ", text).strip() for text in self.bubbles.all_inner_texts()]

    def focused(self) -> str:
        """Return tag, class and text of what has the focus, also within the shadow root."""
        return self.page.evaluate(
            """() => {
              let at = document.activeElement;
              while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
              return at ? `${at.localName}.${at.className} ${at.textContent.trim().slice(0, 60)}` : "";
            }"""
        )

    def box(self) -> dict[str, float] | None:
        """Return where the panel is (pixels from the left and top, its width and height), once nothing moves."""
        self.page.evaluate(f"async () => {{{_STILL}}}")
        return self.panel.bounding_box()

    def violations(self) -> list[str]:
        return self.page.evaluate("window.violations")


# Waits until nothing moves: what fades in has little contrast, and what slides in is not yet in its place.
_STILL = """
  const moves = () => [document, ...[...document.querySelectorAll("*")].map((element) => element.shadowRoot)]
    .filter((root) => root)
    .flatMap((root) => root.getAnimations())
    .some((each) => each.playState === "running" && each.effect.getTiming().iterations !== Infinity);
  while (moves()) await new Promise(requestAnimationFrame);
"""
_AXE = f"""async (options) => {{
  if (!("axe" in window)) return null;
  {_STILL}
  return (await axe.run(options)).violations;
}}"""


def axe(page: Page, rules: tuple[str, ...] = ()) -> list[str]:
    """Return what axe finds wrong with the page as it is now, once nothing moves.

    Args:
        page: any page of ours.
        rules: ids of the only rules that count, where the rest was checked on the same page; all of AXE_TAGS if empty.
    """
    only = {"type": "rule", "values": list(rules)} if rules else {"type": "tag", "values": AXE_TAGS}
    options = {"runOnly": only, "resultTypes": ["violations"]}
    found = page.evaluate(_AXE, options)
    if found is None:
        page.evaluate(Axe().axe_script)
        found = page.evaluate(_AXE, options)
    return [
        f"{violation['id']} ({violation['impact']}): {node['html'][:160]} {node.get('failureSummary', '')[:300]}"
        for violation in found
        for node in violation["nodes"]
    ]
