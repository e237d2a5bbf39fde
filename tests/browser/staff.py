"""The staff console as its own process, and members of staff who use it in a real Chromium."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from chat import COLOURS, axe
from playwright.sync_api import BrowserContext, Page

from helpline.console import accounts, sessions
from helpline.console.database import open_staff
from helpline.settings import ROOT

PASSWORD = "correct horse battery"
READY_WITHIN = 60.0
MODES: dict[str, dict[str, Any]] = {
    "plain": {"viewport": {"width": 1280, "height": 800}, "color_scheme": "light", "forced_colors": "none"},
    "dark": {"color_scheme": "dark"},
    "forced-colors": {"forced_colors": "active"},
    "320px": {"viewport": {"width": 320, "height": 568}},
}
# What axe looks at in a mode that changes only colours, or only places, where it has seen the page in the plain one.
RULES = {"dark": COLOURS, "forced-colors": COLOURS, "320px": ("target-size", "scrollable-region-focusable")}
# An account for each role, and an admin.
PEOPLE = {
    "rita": ("Rita Reviewer", "reviewer", False),
    "edda": ("Edda Editor", "editor", False),
    "paul": ("Paul Publisher", "publisher", False),
    "aude": ("Aude Auditor", "auditor", False),
    "anna": ("Anna Admin", "publisher", True),
}


@dataclass
class Console:
    """A running console: its address, its databases, its process and the file with what it printed."""

    url: str
    staff_url: str
    database_url: str
    process: subprocess.Popen[bytes] = field(repr=False)
    output: Path

    def token(self, name: str) -> str:
        """Return the cookie of a new session of this person."""
        staff = open_staff(self.staff_url)
        return sessions.begin(staff, accounts.find(staff, name))


def start_console(folder: Path, people: bool = True, **environment: str) -> Console:
    """Start `helpline staff` on a free port with the accounts of `PEOPLE` and wait until it answers."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    staff_url, database_url = (f"sqlite:///{folder / name}.db" for name in ("staff", "conversations"))
    if people:
        staff = open_staff(staff_url)
        for name, (full_name, role, admin) in PEOPLE.items():
            accounts.set_password(staff, accounts.add(staff, name, full_name, role, admin), PASSWORD)
    variables = {
        "STAFF_PORT": str(port),
        "STAFF_DATABASE_URL": staff_url,
        "DATABASE_URL": database_url,
        "PYTHONPATH": str(ROOT),
        **environment,
    }
    output = folder / "console.log"
    with output.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "helpline", "staff"],
            cwd=ROOT,
            env={**os.environ, **variables},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    console = Console(f"http://localhost:{port}", staff_url, database_url, process, output)
    deadline = time.monotonic() + READY_WITHIN
    while "Staff console:" not in output.read_text():
        if process.poll() is not None or time.monotonic() > deadline:
            stop_console(console)
            raise RuntimeError(f"The console did not start:\n{output.read_text()}")
        time.sleep(0.05)
    assert requests.get(f"{console.url}/sign-in", timeout=10).status_code == 200
    return console


def stop_console(console: Console) -> None:
    console.process.send_signal(signal.SIGTERM)
    try:
        console.process.wait(10)
    except subprocess.TimeoutExpired:
        console.process.kill()
        console.process.wait()


class Member:
    """A member of staff at a browser; `requests` are the hosts that it asked, `errors` what it complained of."""

    def __init__(self, console: Console, context: BrowserContext, name: str = "") -> None:
        self.console = console
        if name:
            context.add_cookies([{"name": "helpline_staff", "value": console.token(name), "url": console.url}])
        self.page: Page = context.new_page()
        self.requests: set[str] = set()
        self.errors: list[str] = []
        self.page.on("request", lambda request: self.requests.add(urlsplit(request.url).netloc))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", self._note)

    def _note(self, message: Any) -> None:
        # A refused password or page is an answer like others; the browser notes each.
        if message.type == "error" and "status of 4" not in message.text:
            self.errors.append(message.text)

    def visit(self, path: str = "/") -> Page:
        self.page.goto(self.console.url + path)
        return self.page

    @property
    def heading(self) -> str:
        return self.page.locator("h1").inner_text()

    def look(
        self, shot: Callable[[Page, str], None], name: str, modes: tuple[str, ...] = ("plain", "320px")
    ) -> list[str]:
        """Return what is wrong with the page in some modes, with a picture of each; the plain one must be the first."""
        faults: list[str] = []
        for mode in modes:
            options = MODES["plain"] | MODES[mode]
            self.page.set_viewport_size(options["viewport"])
            self.page.emulate_media(color_scheme=options["color_scheme"], forced_colors=options["forced_colors"])
            shot(self.page, f"{mode}-{name}")
            faults += [f"{mode}, {name}: {fault}" for fault in self.faults(RULES.get(mode, ()))]
        self.page.set_viewport_size(MODES["plain"]["viewport"])
        return faults

    def faults(self, rules: tuple[str, ...] = ()) -> list[str]:
        """Return what is wrong with the page as it is: axe's findings, what is too wide, what the policy stopped."""
        return [*axe(self.page, rules), *self.page.evaluate(_OTHER_FAULTS), *self.errors]


# What reaches out of the window to the side; within a region that scrolls it is in order. And broken policies.
_OTHER_FAULTS = """() => {
  const all = [...document.querySelectorAll("main *, header *")];
  const wide = document.documentElement.scrollWidth <= innerWidth ? [] : all.filter((element) =>
    element.getBoundingClientRect().right > innerWidth + 1 && !element.closest(".wide, pre"));
  const name = (one) => `${one.localName}.${one.className} ${one.textContent.trim().slice(0, 40)}`;
  return [...wide.map((one) => `wider than its window: ${name(one)}`), ...(window.violations ?? [])];
}"""
