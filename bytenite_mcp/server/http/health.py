"""Health checks for load balancers: whether this server runs, and whether ByteNite answers."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
from mcp.server import MCPServer
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bytenite_mcp.api.errors import ByteNiteError

CACHED_FOR = 5.0
"""Seconds for which the result of a check is cached."""

_log = logging.getLogger(__name__)


class Readiness:
    """Checks whether ByteNite answers, at most once every few seconds.

    Args:
        reach: Raises `ByteNiteError` if ByteNite does not answer.
    """

    def __init__(self, reach: Callable[[], Awaitable[None]]) -> None:
        self._reach = reach
        self._lock = anyio.Lock()
        self._ready = False
        self._check_at = 0.0

    async def check(self) -> bool:
        """Return the cached result, or check again."""
        async with self._lock:
            if anyio.current_time() >= self._check_at:
                try:
                    await self._reach()
                    self._ready = True
                except ByteNiteError as error:
                    _log.warning("not ready: %s", error)
                    self._ready = False
                self._check_at = anyio.current_time() + CACHED_FOR
            return self._ready


def add_health(server: MCPServer[Any], readiness: Readiness) -> None:
    """Add the routes `/health` and `/ready`, which need no authentication and reveal only a status."""

    async def health(_: Request) -> Response:
        return JSONResponse({"status": "alive"})

    async def ready(_: Request) -> Response:
        found = await readiness.check()
        return JSONResponse(
            {"status": "ready" if found else "ByteNite does not answer"}, 200 if found else 503
        )

    server.custom_route("/health", methods=["GET"])(health)
    server.custom_route("/ready", methods=["GET"])(ready)
