"""Starts the Rasa server with our channels and the page, without loading TensorFlow."""

from __future__ import annotations

import gc
import importlib.machinery
import importlib.util
import logging
import resource
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, Sequence

from helpline import memory
from helpline.settings import ROOT, Settings, export

if TYPE_CHECKING:
    from sanic import Sanic

# Sockets and files: a socket needs one, and the usual limit of 1,024 would be a limit of conversations.
_OPEN_FILES = 65_536
# Connections that wait to be taken in: after a restart all clients come back at once.
_BACKLOG = 1024
# Of a request's body. A message is read up to 10,000 characters, of six bytes each where JSON escapes them.
_MOST_BYTES = 1_000_000


class _LazyFinder(importlib.machinery.PathFinder):
    """Loads two modules of Rasa when they are first used instead of when they are imported.

    Rasa's server imports `train_utils` through a featurizer, and it imports TensorFlow: 6 s and 350 MB that no message
    needs; `plotting` imports matplotlib, 10 MB. `importlib.util.LazyLoader` is the standard library's way to put that
    off; training still gets the real modules.
    """

    _LATER = ("rasa.utils.train_utils", "rasa.utils.plotting")

    @classmethod
    def find_spec(cls, fullname: str, path: Sequence[str] | None = None, target: Any = None) -> Any:
        if fullname not in cls._LATER:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = importlib.util.LazyLoader(spec.loader)
        return spec


def put_off_tensorflow() -> None:
    """Make TensorFlow load on first use; call before the first `import rasa.core`."""
    if _LazyFinder not in sys.meta_path:
        sys.meta_path.insert(0, _LazyFinder)


def serve(settings: Settings, model: Path) -> None:
    """Run the Rasa server with `model` until it is told to stop."""
    export(settings)
    put_off_tensorflow()
    # Deprecation notes of Rasa's pinned dependencies; nothing that an operator could act on.
    warnings.simplefilter("ignore")
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")

    from rasa.utils.log_utils import configure_structlog

    configure_structlog(logging.WARNING)
    from rasa.core.run import configure_app, create_http_input_channels
    from rasa.core.utils import AvailableEndpoints
    from threadpoolctl import threadpool_limits

    from helpline.channels import pages, plain_page
    from helpline.channels.registry import messaging_channels
    from helpline.channels.sockets import MAX_BYTES
    from helpline.channels.web import WebChannel
    from helpline.engine import load_agent
    from helpline.publishing import publish_route
    from helpline.publishing.switch import Switch
    from helpline.storage.database import data_folder

    # The products of a message are too small to share: a second thread only makes the first one wait.
    threadpool_limits(1)
    # A turn that gave way, to read or write, goes on after half a millisecond at most, also beside the inbox's thread:
    # the usual five are a whole turn.
    sys.setswitchinterval(0.0005)
    # A turn makes thousands of short-lived objects; looking for cycles after every 700 costs more than it frees.
    # A closed socket leaves cycles of 10 KB behind, which with the usual 10, 10 would wait for 100,000 others;
    # with 50,000 in place of 10,000 the turns of long conversations keep 15 MB more.
    gc.set_threshold(10_000, 3, 3)
    endpoints = AvailableEndpoints.read_endpoints(str(ROOT / "endpoints.yml"))
    endpoints.tracker_store.kwargs["retention_hours"] = settings.retention_hours
    offered = create_http_input_channels(None, str(ROOT / "credentials.yml"))
    channels = [*offered, *messaging_channels(settings)]
    # Rasa's own HTTP API shows every transcript to anyone who can reach it: off.
    app: Sanic = configure_app(channels, enable_api=False, port=settings.port, endpoints=endpoints)

    switch = Switch(model.name)

    @app.listener("before_server_start")
    async def load(app: Sanic, _: Any) -> None:
        _drop_cross_origin_headers(app)
        app.ctx.agent = await load_agent(model, endpoints)
        switch.agent = app.ctx.agent

    @app.listener("after_server_start")
    async def begin(*_: Any) -> None:
        memory.settle()
        switch.follow()

    app.blueprint(publish_route.blueprint(switch))
    web = next((channel for channel in channels if isinstance(channel, WebChannel)), None)
    app.blueprint(pages.blueprint(data_folder(settings.database_url) / "widget"))
    if web is not None:
        app.blueprint(plain_page.blueprint(web))
    # Rasa has a route for "/" of its own, so the page comes in before routing.
    app.register_middleware(pages.home, "request")
    app.exception(*pages.REFUSALS)(pages.refused)
    # More than a message needs is not even read.
    app.config.REQUEST_MAX_SIZE = _MOST_BYTES
    app.config.WEBSOCKET_MAX_SIZE = MAX_BYTES
    # engine.io has a heartbeat of its own.
    app.config.WEBSOCKET_PING_INTERVAL = None
    allow_open_files(_OPEN_FILES)
    app.run(host=settings.host, port=settings.port, backlog=_BACKLOG, access_log=False, motd=False)


def _drop_cross_origin_headers(app: Sanic) -> None:
    """Take out what Rasa does for other sites that call its HTTP API: it is off, and a turn is a twentieth quicker."""
    for steps in (app.request_middleware, app.response_middleware):
        for step in [step for step in steps if step.__module__.startswith("sanic_cors")]:
            steps.remove(step)


def allow_open_files(wanted: int) -> int:
    """Raise the number of files that this process may open, as far as the system lets it, and return it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < limit:
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
        return limit
    return soft
