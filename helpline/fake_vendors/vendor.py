"""What the fake vendors have in common: the assistant's requests, their answers, signed posts of what people do."""

from __future__ import annotations

import itertools
import json
import secrets
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any, Mapping
from urllib.parse import parse_qsl

from helpline.fake_vendors.credentials import Credentials
from helpline.fake_vendors.faults import Faults
from helpline.fake_vendors.outbox import Message, Outbox

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class ApiCall:
    """A request of the assistant; `path` begins behind the vendor's own part of the address."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        """The object in the body, {} where there is none."""
        try:
            content = json.loads(self.body)
        except ValueError:
            return {}
        return content if isinstance(content, dict) else {}

    @property
    def form(self) -> dict[str, str]:
        """The fields of the form in the body."""
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))


@dataclass(frozen=True)
class Answer:
    """What the vendor says to it."""

    status: int
    content: Any
    headers: Mapping[str, str] = field(default_factory=dict)
    # What was wrong, for those who look at the outbox.
    error: str = ""


@dataclass(frozen=True)
class Post:
    """A request to the assistant as the vendor makes it: `path` on the assistant's server, signed."""

    path: str
    headers: dict[str, str]
    body: bytes


class FakeVendor(ABC):
    """One vendor. A person is a number from 1; the vendor makes its kind of address of it."""

    name: str
    channels: tuple[str, ...]

    def __init__(self, outbox: Outbox, credentials: Credentials) -> None:
        """Take where messages go, and what is known to both sides."""
        self.outbox = outbox
        self.credentials = credentials
        self.faults = Faults()
        # People who have blocked the bot, and people who have written: most vendors let a bot only answer.
        self.blocked: set[str] = set()
        self.known: set[str] = set()
        # Ids count up from somewhere, so that those of a second start are others.
        self.ids = itertools.count(secrets.randbelow(10**8) + 1)

    @property
    def path(self) -> str:
        """The webhook's address on the assistant's server."""
        return f"/webhooks/{self.name}/webhook"

    @abstractmethod
    def address(self, channel: str, person: int) -> str:
        """Return the address to which a person's replies go."""

    @abstractmethod
    def answer(self, call: ApiCall) -> Answer:
        """Return the answer to a request, once no fault was drawn."""

    @abstractmethod
    def too_many(self, retry_after_s: float) -> Answer:
        """Return the vendor's way to say "not so many"."""

    @abstractmethod
    def trouble(self) -> Answer:
        """Return the vendor's way to say that it has a problem of its own."""

    @abstractmethod
    def sign(self, body: bytes, content_type: str = JSON) -> Post:
        """Return a post with any body at all, signed as the vendor signs."""

    @abstractmethod
    def wrote(self, channel: str, person: int, text: str) -> Post:
        """Return the post of a message that a person wrote."""

    @abstractmethod
    def sent_picture(self, channel: str, person: int) -> Post:
        """Return the post of a picture without words."""

    def tapped(self, channel: str, person: int, message: Message, number: int) -> Post:
        """Return the post of a tap on a native button, counted from 0; typing its title where there are none."""
        return self.wrote(channel, person, message.buttons[number].title)

    def again(self, post: Post) -> Post:
        """Return a post as the vendor repeats it when it believes that the first was lost."""
        return post

    def _post(self, content: Any) -> Post:
        return self.sign(json.dumps(content, ensure_ascii=False).encode())
