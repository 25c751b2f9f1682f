"""Serving over stdio: beginning anew for a client that only probed, and ending at once when asked to."""

import os
import signal
import threading
from typing import Any

import anyio
from anyio.streams.memory import MemoryObjectSendStream
from mcp.server.stdio import stdio_server
from mcp.shared.message import SessionMessage
from mcp.types import JSONRPCRequest

from bytenite_mcp.server.app import ByteNiteServer

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
    """Serve what is read, with a session for each era a client tries.

    The SDK settles on the era of the first request. Some clients probe with `server/discover` and then
    open with `initialize`: what came before only asked what we are, so they are given a new session.
    """
    inbox: MemoryObjectSendStream[Item] | None = None
    only_probed = True
    async with write, anyio.create_task_group() as group:
        async for item in read:
            method = _method(item)
            if inbox is None or (method == "initialize" and only_probed):
                if inbox:
                    await inbox.aclose()
                inbox, outlet = anyio.create_memory_object_stream[Item]()
                group.start_soon(server.serve_session, outlet, write.clone())
            only_probed = only_probed and method in (None, "server/discover")
            await inbox.send(item)
        if inbox:
            await inbox.aclose()


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
