"""A request's head has to come in time, or whoever opens connections and asks nothing shuts all others out."""

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_TIME = 10.0
"""Seconds from a connection's start, or from the first byte of a further request, to the end of that request's head."""


class ImpatientProtocol(H11Protocol):
    """uvicorn's HTTP, which closes a connection whose request's head does not come in time."""

    _patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Wait for the first head."""
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Wait for what is left of a head; no longer where it is whole."""
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing."""
        super().connection_lost(exc)
        self._stop_watching()

    @property
    def _answers(self) -> bool:
        cycle: Any = self.cycle
        return cycle is not None and not cycle.response_complete

    def _watch(self) -> None:
        if self._answers:
            self._stop_watching()
        elif self._patience is None:
            self._patience = self.loop.call_later(HEAD_TIME, self._give_up)

    def _give_up(self) -> None:
        self._patience = None
        if not self._answers:
            self.transport.abort()

    def _stop_watching(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None
