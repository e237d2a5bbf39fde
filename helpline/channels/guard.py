"""The guard stands between every channel and Rasa: each message gets a reply in time, whatever is down."""

from __future__ import annotations

import asyncio
import logging
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import Any, AsyncIterator, Awaitable, Callable, Iterator
from weakref import WeakValueDictionary

from rasa.core.channels.channel import CollectingOutputChannel, UserMessage

from helpline.answers.crisis import crisis_message
from helpline.answers.numbers import key_of, load_numbers
from helpline.crisis.detector import as_parse_data, by_rules, load_rules
from helpline.crisis.taxonomy import Detection
from helpline.files import read_yaml
from helpline.settings import ROOT
from helpline.storage import ledger
from helpline.storage.database import open_engine

logger = logging.getLogger(__name__)

OnNewMessage = Callable[[UserMessage], Awaitable[Any]]
Detect = Callable[[str], Awaitable[Detection]]
Record = Callable[[Detection, dict[str, Any]], None]

# A message is stored and read up to this length; see `helpline.nlu.text.MAX_CHARACTERS` for what is classified.
MAX_STORED_CHARACTERS = 10_000
# The detector takes some milliseconds; a model that does not answer in this time will not.
_DETECTOR_SECONDS = 0.15
# Seconds that Rasa has for plain words of danger, to which its own reply takes some 0.1 s; the guard has one as well.
_DANGER_SECONDS = 0.7
# How many people's rescue replies are counted before counting starts anew.
_REMEMBERED = 10_000
_COMMAND = re.compile(r"^[\s/]+")
_TROUBLE = (
    "I can't answer right now because of a technical problem. Please try again in a moment. "
    "In danger call {emergency}. "
    "In a crisis call or text {suicide_crisis}. For treatment help call {national_helpline}, free, 24/7."
)


class Guard:
    """Passes messages to Rasa one at a time per person, and speaks itself where no reply or no number comes.

    It reads every message by the reviewed rules before Rasa does, so that plain words of danger get their number
    without a model, and asks the detector where Rasa is late or the person's turn before still runs.
    """

    def __init__(self, on_new_message: OnNewMessage, timeout: float, record: Record | None = None) -> None:
        """Take Rasa's handler, the seconds after which the guard answers in its place, and who records that."""
        self._on_new_message = on_new_message
        self._timeout = timeout
        self._record = record
        # Rasa's ticket lock polls once a second; queueing here keeps quick messages in order without that wait.
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        load_rules()
        self._rescue = Rescue()

    async def answer(
        self,
        text: str,
        sender_id: str,
        channel: str,
        metadata: dict[str, Any] | None = None,
        detect: Detect | None = None,
    ) -> list[dict[str, Any]]:
        """Return the replies to a message in REST form (`text`, `buttons`, `custom`): never none; never raises.

        Args:
            text: the message as it came.
            sender_id: who wrote; the conversation's id.
            channel: the channel's name.
            metadata: what else came with the message; danger is looked for there too.
            detect: the model's detector; None where there is no model.
        """
        admitted = admit(text)
        heard = by_rules(" \n".join([admitted, *_strings(metadata)]))
        output = CollectingOutputChannel()
        message = UserMessage(admitted, output, sender_id, input_channel=channel, metadata=metadata)
        turn = self._turns.setdefault(sender_id, asyncio.Lock())
        busy = turn.locked()
        task = asyncio.ensure_future(self._in_turn(message, turn))
        if busy:
            heard = await _detected(detect, admitted, heard)
        # A person in danger does not wait for their turn before; that message still reaches the conversation in order.
        if not (busy and heard.is_crisis):
            timeout = min(self._timeout, _DANGER_SECONDS) if heard.is_crisis else self._timeout
            done, _ = await asyncio.wait({task}, timeout=timeout)
            if done:
                _log_failure(task)
            else:
                logger.error("No reply within %.1f s; the guard answers.", timeout)
        if not task.done():
            task.add_done_callback(_log_failure)
        # A copy: a turn that is late may still add to the channel's list.
        replies = list(output.messages)
        if not replies:
            heard = await _detected(detect, admitted, heard)
        if heard.is_crisis and not any(escalates(reply) for reply in replies):
            rescue = self._rescue.reply(sender_id, heard)
            if self._record:
                self._record(heard, rescue)
            return [rescue, *replies]
        return replies or [trouble(sender_id)]

    @staticmethod
    async def hears_danger(text: str, detect: Detect | None = None, patience: float = _DETECTOR_SECONDS) -> bool | None:
        """Tell whether a message that a channel would refuse holds a crisis.

        Args:
            text: the message as it came.
            detect: the model's detector; without it the rules are asked alone.
            patience: seconds that the detector has.

        Returns:
            None where the rules hear nothing and the detector did not answer.
        """
        admitted = admit(text)
        plain = by_rules(admitted)
        if detect is None or plain.is_crisis:
            return plain.is_crisis
        found = await _asked(detect, admitted, patience)
        return found.is_crisis if found else None

    @asynccontextmanager
    async def between_turns(self, sender_id: str, patience: float) -> AsyncIterator[None]:
        """Hold up a person's next turn, once the one that runs is over or `patience` seconds have passed."""
        turn = self._turns.setdefault(sender_id, asyncio.Lock())
        try:
            await asyncio.wait_for(turn.acquire(), patience)
        except asyncio.TimeoutError:
            logger.error("A turn still runs after %.1f s.", patience)
            yield
            return
        try:
            yield
        finally:
            turn.release()

    def forget(self, sender_id: str) -> None:
        """Drop what is remembered of a person."""
        self._rescue.forget(sender_id)

    async def _in_turn(self, message: UserMessage, turn: asyncio.Lock) -> None:
        async with turn:
            await self._on_new_message(message)


class Rescue:
    """What the guard can say without Rasa: the crisis replies of domain.yml."""

    def __init__(self) -> None:
        """Read them once, at start."""
        self._responses = _responses()
        self._used: Counter[str] = Counter()

    def reply(self, recipient_id: str, heard: Detection) -> dict[str, Any]:
        """Return the crisis reply for what was heard; the next one to the same person has other words."""
        variants = self._responses[f"utter_crisis/{heard.category}"]
        message = crisis_message(variants, as_parse_data(heard), self._used[recipient_id], load_numbers())
        self._used[recipient_id] += 1
        if len(self._used) > _REMEMBERED:
            self._used.clear()
        return {"recipient_id": recipient_id, **message}

    def forget(self, recipient_id: str) -> None:
        """Drop how many replies a person had."""
        self._used.pop(recipient_id, None)


def entry_of(heard: Detection, rescue: dict[str, Any]) -> ledger.Entry:
    """Return the ledger's entry for a reply of `Rescue`."""
    return ledger.Entry(
        time=ledger.now(),
        rules=tuple(hit.rule for hit in heard.hits),
        score=heard.score,
        tier=heard.tier.code,
        category=heard.category,
        subject=heard.subject,
        language=heard.language,
        model="",
        reply=f"utter_crisis/{heard.category}",
        numbers=tuple(key for number in rescue["custom"]["numbers"] if (key := key_of(number))),
        ms=0.0,
        kind=ledger.RESCUE,
    )


def recorder(database_url: str) -> Record:
    """Return what writes a rescue reply to the ledger in a thread of its own; it never raises and nothing waits for it.

    A turn of Rasa that ends late writes a record of its own, so that one message may have two.
    """
    writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ledger")
    database = lru_cache(maxsize=1)(open_engine)

    def write(heard: Detection, rescue: dict[str, Any]) -> None:
        try:
            ledger.append(database(database_url), entry_of(heard, rescue))
        except Exception:
            logger.exception("Not in the ledger: %s", heard)

    def record(heard: Detection, rescue: dict[str, Any]) -> None:
        try:
            writer.submit(write, heard, rescue)
        except RuntimeError:
            logger.error("Not in the ledger, as the server is stopping: %s", heard)

    return record


@lru_cache(maxsize=1)
def _responses() -> dict[str, list[dict[str, Any]]]:
    return dict(read_yaml(ROOT / "domain.yml")["responses"])


async def _detected(detect: Detect | None, text: str, plain: Detection) -> Detection:
    """Return what the model hears, or the rules where they hear more or the model does not answer."""
    if detect is None or plain.is_crisis:
        return plain
    found = await _asked(detect, text, _DETECTOR_SECONDS)
    return max(plain, found, key=lambda heard: heard.tier) if found else plain


async def _asked(detect: Detect, text: str, seconds: float) -> Detection | None:
    """Return what the model hears, None where it does not answer in time or fails."""
    try:
        return await asyncio.wait_for(detect(text), seconds)
    except asyncio.TimeoutError:
        logger.error("No word from the crisis detector within %.2f s; the rules stand alone.", seconds)
    except Exception:
        logger.exception("The crisis detector failed; the rules stand alone.")
    return None


def escalates(reply: dict[str, Any]) -> bool:
    """Tell whether a reply says that it is one to a crisis."""
    return (reply.get("custom") or {}).get("kind") == "crisis"


def _strings(value: Any) -> Iterator[str]:
    """Yield the texts within nested metadata."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _strings(part)
    elif isinstance(value, list):
        for part in value:
            yield from _strings(part)


def admit(text: str) -> str:
    """Return what of a message reaches Rasa: no payload commands ("/restart"), at most 10,000 characters.

    Rasa takes a leading slash for a command that triggers any intent and skips the classifier (`/intent{...}`). It
    drops spaces at the end; so do we, that both ask the rules for the same text.
    """
    return _COMMAND.sub("", text.replace("\x00", "")[:MAX_STORED_CHARACTERS]).rstrip()


def trouble(recipient_id: str) -> dict[str, Any]:
    """Return the reply for a turn in which Rasa gave none, with the numbers."""
    shown = {key: number.text or number.tel for key, number in load_numbers().items()}
    return {"recipient_id": recipient_id, "text": _TROUBLE.format(**shown)}


def _log_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception() is not None:
        logger.error("A turn failed.", exc_info=task.exception())
