"""A pool with a client for each caller: opened at its first call, limited in number, closed when idle."""

import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import anyio
from mcp import MCPError

from bytenite_mcp.jobs.find import Finder
from bytenite_mcp.server.http.admission import BUSY, SERVER_BUSY
from bytenite_mcp.server.http.caller import Caller

MOST_CALLERS = 100
"""The most callers whose clients are kept."""

IDLE_TIMEOUT = 600.0
"""Seconds after its last call until a caller's client is closed, and its key and token are forgotten."""


@dataclass(slots=True)
class _Kept:
    finder: Finder
    calls: int = 0
    idle_since: float = 0.0


class ClientPool:
    """Lends each caller its own client, so that no caller uses the token or sees the jobs of another.

    Args:
        connect: Makes the client and the finder of a caller.
        idle: Seconds after its last call for which a client is kept.
        clock: A monotonic clock in seconds.
    """

    def __init__(
        self,
        connect: Callable[[Caller], Finder],
        *,
        idle: float = IDLE_TIMEOUT,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._connect = connect
        self._idle = idle
        self._clock = clock
        self._kept: dict[Caller, _Kept] = {}

    @asynccontextmanager
    async def lend(self, caller: Caller) -> AsyncIterator[Finder]:
        """Lend a caller its finder, which stays open until it is returned.

        Raises:
            MCPError: Too many callers have calls in flight.
        """
        # Nothing may be awaited before the call is counted, or another call could close the client.
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
        """Remove the clients that were idle too long or, if the pool is full, the one that was idle longest."""
        idle = {idler: kept.idle_since for idler, kept in self._kept.items() if not kept.calls}
        leaving = [idler for idler, since in idle.items() if since + self._idle < self._clock()]
        if not leaving and idle and caller not in self._kept and len(self._kept) >= MOST_CALLERS:
            leaving = [min(idle, key=idle.__getitem__)]
        return [self._kept.pop(idler) for idler in leaving]

    def _keep(self, caller: Caller) -> _Kept:
        if len(self._kept) >= MOST_CALLERS:
            raise MCPError(code=BUSY, message=SERVER_BUSY)
        kept = self._kept[caller] = _Kept(self._connect(caller))
        return kept


async def _close(clients: Iterable[_Kept]) -> None:
    with anyio.CancelScope(shield=True):
        for kept in clients:
            await kept.finder.reader.aclose()
            await kept.finder.client.aclose()
