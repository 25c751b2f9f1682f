"""A pool with a client for each caller: opened at its first call, limited in number, closed when idle."""

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from operator import itemgetter

import anyio
from mcp import MCPError

from bytenite_mcp.jobs.find import Finder
from bytenite_mcp.server.http.admission import BUSY, SERVER_BUSY
from bytenite_mcp.server.http.caller import Caller

MOST_CALLERS = 100
"""The most callers whose clients are kept."""

IDLE_TIMEOUT = 600.0
"""Seconds after its last call until a caller's client is closed, and its key and token are forgotten."""

SWEEP = 10.0
"""Seconds between two searches for idle clients."""


@dataclass(slots=True)
class _Kept:
    finder: Finder
    calls: int = 0
    idle_since: float = 0.0


class ClientPool:
    """Lends each caller its own client, so that no caller uses the token or sees the jobs of another.

    Args:
        connect: Makes the client and the finder of a caller.
    """

    def __init__(self, connect: Callable[[Caller], Finder]) -> None:
        self._connect = connect
        self._kept: dict[Caller, _Kept] = {}

    @asynccontextmanager
    async def lend(self, caller: Caller) -> AsyncIterator[Finder]:
        """Lend a caller its finder, which stays open until it is returned.

        Raises:
            MCPError: Too many callers have calls in flight.
        """
        # Nothing may be awaited before the call is counted, or another call could close the client.
        crowded_out = []
        if caller not in self._kept:
            crowded_out = self._choose_crowded_out()
            self._kept[caller] = _Kept(self._connect(caller))
        kept = self._kept[caller]
        kept.calls += 1
        try:
            await self._close(crowded_out)
            yield kept.finder
        finally:
            kept.calls -= 1
            kept.idle_since = anyio.current_time()

    async def forget_idle(self) -> None:
        """Close the clients that were idle too long, again and again."""
        while True:
            await anyio.sleep(SWEEP)
            limit = anyio.current_time() - IDLE_TIMEOUT
            await self._close([caller for caller, since in self._list_idle() if since <= limit])

    async def aclose(self) -> None:
        """Close every client."""
        await self._close(list(self._kept))

    def _choose_crowded_out(self) -> list[Caller]:
        """Return the caller whose client was idle longest if the pool is full."""
        if len(self._kept) < MOST_CALLERS:
            return []
        if idle := self._list_idle():
            return [min(idle, key=itemgetter(1))[0]]
        raise MCPError(code=BUSY, message=SERVER_BUSY)

    def _list_idle(self) -> list[tuple[Caller, float]]:
        return [(caller, kept.idle_since) for caller, kept in self._kept.items() if not kept.calls]

    async def _close(self, callers: Iterable[Caller]) -> None:
        leaving = [self._kept.pop(caller).finder for caller in callers]
        with anyio.CancelScope(shield=True):
            for finder in leaving:
                await finder.reader.aclose()
                await finder.client.aclose()
