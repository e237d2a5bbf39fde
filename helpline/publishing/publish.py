"""Publishes a model and goes back to an earlier one: through the running server, or by itself where none runs."""

from __future__ import annotations

import asyncio
import fcntl
from contextlib import contextmanager
from typing import Any, Callable, Collection, Iterator

import aiohttp

from helpline import training
from helpline.publishing import cases, play
from helpline.publishing.beside import publish_beside
from helpline.publishing.models import ModelError, archive, digest_of, published, record_of
from helpline.publishing.publish_route import KEY_HEADER, PATH, key
from helpline.publishing.rules import Order, check_way_back, own_work
from helpline.settings import Settings
from helpline.training import LiveModel, live_model

# Loading takes some seconds, on a busy machine half a minute.
_PATIENCE = aiohttp.ClientTimeout(total=180)
_LOCK = ".publishing.lock"


class PublishError(RuntimeError):
    """The model was not published; the message says why. The live model is unchanged."""


def publish(settings: Settings, model: str, by: str, why: str, names: Collection[str] | None) -> LiveModel:
    """Publish a model that the gate has passed and return what is live then.

    Args:
        settings: for the server's address.
        model: which one.
        by: who does it.
        why: their reason.
        names: how git may call who does it: nobody publishes their own change; None where no person does it.

    Raises:
        PublishError: if it may not or cannot be published.
    """
    return _carry_out(settings, lambda: _order(model, by, why), names)


def roll_back(settings: Settings, by: str, why: str, model: str | None = None) -> LiveModel:
    """Go back to a model that was live before, or to the last one of them, and return what is live then.

    Everybody who publishes may, also from another's change to what was there before their own.

    Args:
        settings: for the server's address.
        by: who does it.
        why: their reason.
        model: which one.

    Raises:
        PublishError: if that is not possible, or messages of danger that the live model hears would be missed.
    """

    def order() -> Order:
        live = live_model()
        wanted = _order(model or way_back(), by, why, back=True)
        if live is not None:
            check_way_back(record_of(wanted.model), live)
            compare(wanted.model, live.model)
        return wanted

    return _carry_out(settings, order)


def way_back() -> str:
    """Return the model that was live before the live one.

    Raises:
        ModelError: if there is none.
    """
    earlier = published(live_model())[1:]
    if not earlier:
        raise ModelError("No earlier model is kept.")
    return earlier[0]


def compare(model: str, live: str) -> None:
    """Play the test cases that one of two models has not been tried on yet.

    Raises:
        ModelError: if one cannot be played.
        OSError: if a test set is missing, or the outcome cannot be written.
    """
    every = cases.all_cases()
    for name in (live, model):
        known = cases.stored(name)
        missing = [case for case in every if case.key not in known]
        if missing:
            try:
                cases.store(name, {**known, **play.play(archive(name), missing)})
            except play.PlayError as error:
                raise ModelError(str(error)) from error


def publish_first(by: str, model: str) -> LiveModel:
    """Publish the first model of a machine, where there is no live one to compare it with.

    Raises:
        PublishError: if it cannot be loaded or does not answer as it must.
    """
    with _alone():
        try:
            return publish_beside(_order(model, by, "The first model."))
        except ModelError as error:
            raise PublishError(str(error)) from error


def _order(model: str, by: str, why: str, back: bool = False) -> Order:
    if not why.strip():
        raise ModelError("Say why, in a few words.")
    return Order(model, digest_of(archive(model)), by, " ".join(why.split()), back)


def _carry_out(settings: Settings, order_of: Callable[[], Order], names: Collection[str] | None = None) -> LiveModel:
    with _alone():
        try:
            order = order_of()
            if names is not None and (refusal := own_work(record_of(order.model), live_model(), names)):
                raise ModelError(refusal)
            # The reason for a refusal is the same with and without a server, and here it comes at once.
            if not asyncio.run(_by_the_server(settings, order)):
                return publish_beside(order)
        except (ModelError, OSError) as error:
            raise PublishError(str(error)) from error
        live = live_model()
        if live is None or live.model != order.model:
            raise PublishError(f"The server says that {order.model} is live, but models/live.json does not.")
        return live


@contextmanager
def _alone() -> Iterator[None]:
    """Hold the lock that one publisher at a time has; it ends with the process.

    Raises:
        PublishError: if another has it.
    """
    training.MODELS.mkdir(exist_ok=True)
    with (training.MODELS / _LOCK).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise PublishError("Another model is being published. Try again in a minute.") from error
        yield


async def _by_the_server(settings: Settings, order: Order) -> bool:
    """Let the running server publish; return False where none runs.

    Raises:
        ModelError: if it refuses.
    """
    address = f"http://127.0.0.1:{settings.port}{PATH}"
    async with aiohttp.ClientSession(timeout=_PATIENCE, headers={KEY_HEADER: key().decode()}) as session:
        try:
            async with session.post(address, json=vars(order)) as answer:
                content: Any = await answer.json(content_type=None)
                if answer.status == 200:
                    return True
                error = content.get("error") if isinstance(content, dict) else None
                raise ModelError(error or f"What listens on port {settings.port} is no server of this folder.")
        except aiohttp.ClientConnectorError:
            return False
        except (aiohttp.ClientError, asyncio.TimeoutError, ValueError) as error:
            live = live_model()
            if live is not None and live.sha256 == order.sha256:
                # It was written before the switch, so that the server comes back with it.
                return True
            raise ModelError(f"The server on port {settings.port} did not answer. Look at its messages.") from error
