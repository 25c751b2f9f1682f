"""Health checks for load balancers: whether this server runs, and whether ByteNite answers."""

import logging
import time
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
        clock: A monotonic clock in seconds.
    """

    def __init__(
        self, reach: Callable[[], Awaitable[None]], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._reach = reach
        self._clock = clock
        self._lock = anyio.Lock()
        self._ready = False
        self._check_at = -1.0

    async def check(self) -> bool:
        """Return the cached result, or check again."""
        async with self._lock:
            if self._clock() >= self._check_at:
                self._ready = await self._is_reachable()
                self._check_at = self._clock() + CACHED_FOR
            return self._ready

    async def _is_reachable(self) -> bool:
        try:
            await self._reach()
        except ByteNiteError as error:
            _log.warning("not ready: %s", error)
            return False
        return True


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
