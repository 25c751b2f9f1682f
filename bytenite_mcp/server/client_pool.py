"""A client for each caller: opened at its first call, bounded in number, closed when it idles."""

import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import anyio
from mcp import MCPError

from bytenite_mcp.jobs.find import Finder
from bytenite_mcp.server.http.admission import BUSY, SERVER_BUSY
from bytenite_mcp.server.http.caller import Caller

MOST = 100
"""Callers whose clients are kept."""

IDLE = 600.0
"""Seconds without a call after which a caller's client, and with it its key and token, is forgotten."""


@dataclass(slots=True)
class _Kept:
    finder: Finder
    calls: int = 0
    idle_since: float = 0.0


class ClientPool:
    """Lends each caller a client of its own, so that nobody sees the token, let alone the jobs, of another.

    Args:
        connect: Makes the client, and what finds jobs with it, for a caller.
        idle: Seconds a client is kept without a call.
        clock: Seconds that only go up.
    """

    def __init__(
        self,
        connect: Callable[[Caller], Finder],
        *,
        idle: float = IDLE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._connect = connect
        self._idle = idle
        self._clock = clock
        self._kept: dict[Caller, _Kept] = {}

    @asynccontextmanager
    async def lend(self, caller: Caller) -> AsyncIterator[Finder]:
        """Give a caller what finds its jobs; it is not closed before it is given back.

        Raises:
            MCPError: Too many callers have a call under way.
        """
        # Nothing is awaited before the call is counted: no other can come between.
        forgotten = self._forget(caller)
        kept = self._kept.get(caller) or self._keep(caller)
        kept.calls += 1
        try:
            await _close(forgotten)
            yield kept.finder
        finally:
            kept.calls -= 1
            kept.idle_since = self._clock()

    async def aclose(self) -> None:
        """Close every client."""
        await _close(self._kept.values())
        self._kept.clear()

    def _forget(self, caller: Caller) -> list[_Kept]:
        """Take out whoever has idled long or, where a new caller needs the place, longest."""
        idle = {who: kept.idle_since for who, kept in self._kept.items() if not kept.calls}
        leaving = [who for who, since in idle.items() if since + self._idle < self._clock()]
        if not leaving and idle and caller not in self._kept and len(self._kept) >= MOST:
            leaving = [min(idle, key=idle.__getitem__)]
        return [self._kept.pop(who) for who in leaving]

    def _keep(self, caller: Caller) -> _Kept:
        if len(self._kept) >= MOST:
            raise MCPError(code=BUSY, message=SERVER_BUSY)
        kept = self._kept[caller] = _Kept(self._connect(caller))
        return kept


async def _close(clients: Iterable[_Kept]) -> None:
    with anyio.CancelScope(shield=True):
        for kept in clients:
            await kept.finder.reader.aclose()
            await kept.finder.client.aclose()
