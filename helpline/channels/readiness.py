"""Whether the server has a model, for every channel: the health check, and the detector that the guard asks."""

from __future__ import annotations

from http import HTTPStatus

from sanic import Sanic, response
from sanic.response import HTTPResponse

from helpline.channels.guard import Detect


def is_ready(app: Sanic) -> bool:
    """Tell whether there is an agent with a model."""
    agent = getattr(app.ctx, "agent", None)
    return agent is not None and agent.is_ready()


def detector(app: Sanic) -> Detect | None:
    """Return the detector of the agent's model, None where there is no model."""
    return app.ctx.agent.detect if is_ready(app) else None


def health(app: Sanic) -> HTTPResponse:
    """Return the answer to a health check: without a model it says so, and that the service is unavailable."""
    if is_ready(app):
        return response.json({"status": "ok"})
    return response.json({"status": "no model"}, status=HTTPStatus.SERVICE_UNAVAILABLE)
