"""The server's own route for publishing, `/internal/model`: for programs on this machine that can read the key."""

from __future__ import annotations

import hmac
import ipaddress
import json
import logging
from http import HTTPStatus
from typing import Any

from sanic import Blueprint, response
from sanic.exceptions import NotFound
from sanic.request import Request
from sanic.response import HTTPResponse

from helpline import training
from helpline.channels.tokens import kept_secret
from helpline.publishing.models import ModelError
from helpline.publishing.rules import Order
from helpline.publishing.switch import BusyError, Switch

logger = logging.getLogger(__name__)

PATH = "/internal/model"
KEY_HEADER = "x-publish-key"
_KEY_FILE = "publish.key"
# What a web server in front puts to a request: then it does not come from this machine.
_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip")


def key() -> bytes:
    """Return the key that publishers show, from a file in models/ that is made when it is first needed.

    Raises:
        OSError: if it can be neither read nor made.
    """
    return kept_secret(training.MODELS / _KEY_FILE)


def blueprint(switch: Switch) -> Blueprint:
    """Return the route: GET tells which model is served, POST publishes one."""
    routes = Blueprint("publishing")

    @routes.get(PATH)
    async def serving(request: Request) -> HTTPResponse:
        _admit(request)
        return response.json({"model": switch.serving})

    @routes.post(PATH)
    async def publish(request: Request) -> HTTPResponse:
        _admit(request)
        try:
            order = read_order(request.body)
        except ValueError as error:
            return _refusal(str(error), HTTPStatus.BAD_REQUEST)
        try:
            live = await switch.publish(order)
        except ModelError as error:
            logger.warning("Not published: %s", error)
            return _refusal(str(error), HTTPStatus.CONFLICT)
        except BusyError as error:
            return _refusal(str(error), HTTPStatus.SERVICE_UNAVAILABLE)
        return response.json({"model": live.model})

    return routes


def read_order(body: bytes) -> Order:
    """Return what a request asks for.

    Raises:
        ValueError: if it is not as `Order` says.
    """
    try:
        content: Any = json.loads(body)
        order = Order(**content)
    except (ValueError, TypeError, RecursionError) as error:
        raise ValueError("Send model, sha256, by and why as JSON.") from error
    for name, value in vars(order).items():
        if not isinstance(value, bool if name == "back" else str):
            raise ValueError(f"{name} is not of its kind.")
    return order


def _admit(request: Request) -> None:
    """Let only programs of this machine with the key in; to all others there is no such page."""
    try:
        here = ipaddress.ip_address(request.ip).is_loopback and not any(name in request.headers for name in _FORWARDED)
        shown = request.headers.get(KEY_HEADER, "").encode()
        if here and shown and hmac.compare_digest(shown, key()):
            return
    except (ValueError, OSError) as error:
        logger.error("The publishing route is closed: %s", error)
    raise NotFound("There is no such page.")


def _refusal(why: str, status: HTTPStatus) -> HTTPResponse:
    return response.json({"error": why}, status=status)
