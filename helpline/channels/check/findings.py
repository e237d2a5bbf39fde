"""What a check of a channel finds and says, and how it asks: vendors about the account, our webhook without a message.

Nothing is sent to anybody.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict, dataclass
from typing import Any, Iterable, Mapping, Sequence
from urllib.parse import urlsplit

import aiohttp

from helpline.channels.vendor_events import read_object
from helpline.settings import Settings

OK, NOTE, TROUBLE = "ok", "note", "trouble"
# Of an answer, in bytes.
_MOST_READ = 1_000_000


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        level: `ok`, `note` (to know, or what cannot be asked) or `trouble`.
        text: what was found, a sentence.
        fix: what to do about it; "" where nothing is.
    """

    level: str
    text: str
    fix: str = ""


@dataclass(frozen=True)
class Report:
    """What was found on a channel."""

    channel: str
    findings: tuple[Finding, ...]

    @property
    def is_fine(self) -> bool:
        """Whether there is no trouble."""
        return all(finding.level != TROUBLE for finding in self.findings)


@dataclass(frozen=True)
class Answer:
    """An answer to a request: status (0 where none came), headers, the JSON object of the body or {}, and the body."""

    status: int
    headers: Mapping[str, str]
    content: dict[str, Any]
    body: bytes = b""


class Asker:
    """Asks over HTTP; no failure is raised and none tells an address, which may hold a token."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        """Take the session to ask with."""
        self._session = session

    async def ask(self, method: str, url: str, **options: Any) -> Answer:
        """Return the answer; options as for aiohttp."""
        try:
            async with self._session.request(method, url, allow_redirects=False, **options) as answer:
                body = await answer.content.read(_MOST_READ)
                return Answer(answer.status, answer.headers, read_object(body), body)
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError, ValueError):
            return Answer(0, {}, {})


@dataclass(frozen=True)
class Context:
    """What a check has: the settings, who asks, and whether it may set the webhook's address at the vendor."""

    settings: Settings
    asker: Asker
    register: bool = False


def webhook_url(settings: Settings, channel: str) -> str:
    """Return the address at which a vendor reaches us; "" without PUBLIC_URL."""
    return f"{settings.public_url.rstrip('/')}/webhooks/{channel}/webhook" if settings.public_url else ""


def about_public_url(settings: Settings) -> list[Finding]:
    """Return what is wrong with PUBLIC_URL."""
    fix = "Set PUBLIC_URL to the address of your server as the world sees it, such as https://help.example.org."
    if not settings.public_url:
        return [Finding(TROUBLE, "PUBLIC_URL is not set, so nobody knows where messages should go.", fix)]
    parts = urlsplit(settings.public_url)
    if parts.scheme == "https" or parts.hostname in ("localhost", "127.0.0.1", "::1"):
        return []
    return [Finding(TROUBLE, "PUBLIC_URL does not begin with https://; vendors post to nothing else.", fix)]


def about_pasting(names: Iterable[str], settings: Settings) -> list[Finding]:
    """Return which credentials (names of settings) have something around them that came along with copying."""
    found = []
    for name in names:
        value = getattr(settings, name)
        if value != value.strip().strip("\"'<>") or not value.isprintable() or " " in value:
            fix = f"Paste {name.upper()} again, without blanks, quotes or line ends."
            found.append(Finding(TROUBLE, f"{name.upper()} has blanks, quotes or brackets in it.", fix))
    return found


def unreachable(vendor: str, status: int) -> Finding:
    """Return what an answer means that is none of the vendor's usual ones (0: no answer)."""
    if status == 0:
        text = f"{vendor} could not be reached from this machine."
        return Finding(TROUBLE, text, "Check this machine's network, DNS and firewall (outgoing HTTPS), and try again.")
    text = f"{vendor} answered with an error of its own ({status})."
    return Finding(TROUBLE, text, f"Try again in some minutes; look at {vendor}'s status page.")


def about_webhook(signed: Answer, forged: Answer, url: str, credential: str, confirmed: bool = True) -> Finding:
    """Return what our webhook's answers mean.

    Args:
        signed: to a request signed with our settings.
        forged: to one that is not signed.
        url: the webhook's address.
        credential: name of the variable that signs.
        confirmed: whether the signed one's content is as it should be.
    """
    if signed.status == 0:
        fix = (
            "Start the assistant, and see that the web server in front of it passes /webhooks/ on. If this machine "
            "cannot reach its own public address, open it in a browser elsewhere: it must answer at all."
        )
        return Finding(TROUBLE, f"Nothing answers at {url} (asked from this machine).", fix)
    if signed.status == 403:
        text = f"The assistant at {url} refuses a request signed with this {credential}."
        fix = (
            "It runs with other settings, or PUBLIC_URL is not exactly the address: start it again with the same ones."
        )
        return Finding(TROUBLE, text, fix)
    if signed.status == 404:
        text = f"Something answers at {url}, but this channel is not there."
        return Finding(TROUBLE, text, "Start the assistant again with these settings; see what it says at start.")
    if not 200 <= signed.status < 300 or not confirmed:
        fix = "Look at the assistant's log and at the web server in front of it (redirects, log-in pages)."
        return Finding(TROUBLE, f"{url} answers in an unexpected way ({signed.status}).", fix)
    if forged.status != 403:
        text = f"{url} took a request without a signature ({forged.status}); it must refuse it."
        return Finding(TROUBLE, text, "Is that really this assistant? Do not use the channel until it is clear.")
    return Finding(OK, f"The assistant answers at {url} and refuses what is not signed.")


def shown(reports: Sequence[Report]) -> str:
    """Return the reports for people."""
    lines = []
    for report in reports:
        lines.append(report.channel)
        for finding in report.findings:
            lines.append(f"  {finding.level:<8} {finding.text}")
            if finding.fix:
                lines.append(f"  {'':<8} -> {finding.fix}")
    return "\n".join(lines)


def as_json(reports: Sequence[Report]) -> str:
    """Return the reports for programs: a list of `channel`, `ok` and `findings` (`level`, `text`, `fix`)."""
    content = [
        {"channel": report.channel, "ok": report.is_fine, "findings": [asdict(found) for found in report.findings]}
        for report in reports
    ]
    return json.dumps(content, indent=2)
