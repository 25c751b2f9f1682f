"""Closes connections on which no request's head arrives in time, so that they cannot exhaust the limit."""

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_TIMEOUT = 10.0
"""Seconds for a request's head, from the start of the connection or the first byte of a further request."""


class HeadTimeoutProtocol(H11Protocol):
    """uvicorn's HTTP protocol with a timeout for the heads of requests."""

    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Start the timeout for the first head."""
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Start the timeout at the first byte of a head, and stop it once the head is complete."""
        super().data_received(data)
        self._watch()

    def _watch(self) -> None:
        if self._is_answering():
            if self._timer:
                self._timer.cancel()
            self._timer = None
        elif self._timer is None:
            self._timer = self.loop.call_later(HEAD_TIMEOUT, self._give_up)

    def _give_up(self) -> None:
        self._timer = None
        if not self._is_answering():
            self.transport.abort()

    def _is_answering(self) -> bool:
        cycle: Any = self.cycle  # None until the first request
        return cycle is not None and not cycle.response_complete
