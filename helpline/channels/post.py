"""Posts requests to one vendor: a pool of connections of its own, each request with a limit of time."""

from __future__ import annotations

import asyncio
from typing import Mapping

import aiohttp

from helpline.channels.vendor import Call

# Seconds that one request may take.
TIMEOUT = 10.0
# The part of it for the connection: what comes to nothing here was surely not taken.
_TO_CONNECT = 0.5
# Of an answer; the rest of a longer one is not read.
_MOST_BYTES = 100_000


class Post:
    """The connections to a vendor. There is no limit of their number: a slow vendor must not hold up anyone."""

    def __init__(self, timeout: float = TIMEOUT) -> None:
        """Take the seconds that a request may take."""
        self._timeout = aiohttp.ClientTimeout(total=timeout, connect=timeout * _TO_CONNECT)
        self._session: aiohttp.ClientSession | None = None

    async def post(self, call: Call) -> tuple[int, Mapping[str, str], bytes]:
        """Make a request and return the answer's status, headers and body.

        Raises:
            aiohttp.ClientError, OSError: if the vendor cannot be reached or hangs up.
            asyncio.TimeoutError: if it does not answer in time.
        """
        if self._session is None:
            # No cookies: one person's must not come with another's message. No proxy of the environment's either.
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, limit_per_host=0, ttl_dns_cache=300),
                timeout=self._timeout,
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        content = {"json": call.json} if call.json is not None else {"data": dict(call.form or {})}
        options = {"headers": dict(call.headers), "allow_redirects": False, **content}
        try:
            async with self._session.post(call.url, **options) as answer:
                return answer.status, answer.headers, await answer.content.read(_MOST_BYTES)
        except aiohttp.ServerTimeoutError:
            # There is no other limit of time of this kind than that of the connection.
            raise ConnectionError("The vendor could not be connected to in time.") from None

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            # The connections close in the loop's next turns.
            await asyncio.sleep(0)
            self._session = None
