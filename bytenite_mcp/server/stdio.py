"""Serving over stdio: beginning anew for a client that only probed, and ending at once when asked to."""

import os
import signal
import threading
from typing import Any, Self

import anyio
from mcp.server.stdio import stdio_server
from mcp.shared.message import SessionMessage
from mcp.types import JSONRPCRequest

from bytenite_mcp.server.mcp_server import ByteNiteServer

GRACE = 0.7
"""Seconds to close connections in after a signal, at the most."""

Item = SessionMessage | Exception


async def serve_stdio(server: ByteNiteServer) -> None:
    """Serve until the input ends or a signal comes."""
    async with anyio.create_task_group() as group, stdio_server() as (read, write):
        group.start_soon(_end_on_signal, serving := anyio.CancelScope())
        with serving:
            await serve_streams(server, read, write)
        if serving.cancelled_caught:
            # The thread that reads standard input cannot be cancelled, so there is no orderly way out.
            os._exit(0)
        group.cancel_scope.cancel()


async def serve_streams(server: ByteNiteServer, read: Any, write: Any) -> None:
    """Serve what is read, with a session for each era a client tries."""
    sessions = Sessions(read)
    async with write:
        await server.serve_session(sessions, write.clone())
        while sessions.opening:
            await server.serve_session(sessions, write.clone())


class Sessions:
    """What a client sends, ending where it begins a session anew, and going on for the next.

    The SDK settles on the era of the first request. Some clients probe with `server/discover` and then
    open with `initialize`: what came before only asked what we are, so they are given a new session.

    Attributes:
        opening: What the next session opens with; None if there is to be none.
    """

    def __init__(self, read: Any) -> None:
        self.opening: Item | None = None
        self._read = read
        self._only_probed: bool | None = None

    @property
    def last_context(self) -> Any:
        """The context that the item given last was sent in."""
        return self._read.last_context

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Item:
        item: Item = await anext(self._read) if self.opening is None else self.opening
        self.opening = None
        method = _method(item)
        if method == "initialize" and self._only_probed:
            self.opening, self._only_probed = item, False
            raise StopAsyncIteration
        if method:
            self._only_probed = method == "server/discover" and self._only_probed is not False
        return item

    async def aclose(self) -> None:
        """Leave what is read open for the next session."""


def _method(item: Item) -> str | None:
    """Name the request; None for anything else."""
    message = item.message if isinstance(item, SessionMessage) else None
    return message.method if isinstance(message, JSONRPCRequest) else None


async def _end_on_signal(scope: anyio.CancelScope) -> None:
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async for _ in signals:
            threading.Timer(GRACE, os._exit, (0,)).start()
            scope.cancel()
            return
