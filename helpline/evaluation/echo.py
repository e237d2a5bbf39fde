"""A bare Sanic server that echoes: the floor under every measurement of `helpline bench`."""

from __future__ import annotations

import sys

from sanic import Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse

app = Sanic("echo", configure_logging=False)


@app.get("/")
async def health(request: Request) -> HTTPResponse:
    """Tell that the server is up."""
    return response.json({"status": "ok"})


@app.post("/webhooks/rest/webhook")
async def echo(request: Request) -> HTTPResponse:
    """Send the message back as the REST contract would."""
    return response.json([{"recipient_id": request.json["sender"], "text": request.json["message"]}])


if __name__ == "__main__":
    app.run(host="127.0.0.1", port=int(sys.argv[1]), access_log=False, motd=False)
