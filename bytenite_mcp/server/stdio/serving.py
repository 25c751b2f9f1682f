"""Serves MCP over stdio: each request, valid or not, is answered with one line."""

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO, Self

import anyio
from anyio import CapacityLimiter, to_thread
from mcp.shared.message import SessionMessage
from mcp.types import JSONRPCError, JSONRPCMessage, JSONRPCNotification, JSONRPCRequest, JSONRPCResponse

from bytenite_mcp.server.mcp_server import ByteNiteServer
from bytenite_mcp.server.messages import Refused
from bytenite_mcp.server.sdk import serve_session
from bytenite_mcp.server.stdio.in_flight import InFlight
from bytenite_mcp.server.stdio.messages import read_message

GRACE = 0.7
"""Seconds after a signal in which connections can be closed."""

LINGER = 1.5
"""Seconds after the end of the input in which calls in flight can end; clients send a signal after two seconds."""


async def serve_stdio(server: ByteNiteServer) -> None:
    """Serve until the input ends or a signal comes."""
    lines, wire = _take_standard_streams()
    with anyio.CancelScope() as serving, _on_signal(serving.cancel):
        await serve_lines(server, lines, wire)
    if serving.cancelled_caught:
        # The thread that reads standard input cannot be cancelled, so the process cannot exit normally.
        os._exit(0)


async def serve_lines(server: ByteNiteServer, lines: BinaryIO, wire: BinaryIO) -> None:
    """Serve the lines of a client over an unbuffered wire, with a session for each protocol era that it tries."""
    outgoing = Outgoing(wire)
    incoming = Incoming(lines, outgoing)
    await serve_session(server, incoming, outgoing)
    while incoming.opening:
        await serve_session(server, incoming, outgoing)


class Outgoing:
    """Writes messages to the client, one a line, for one session of the SDK after the other.

    Attributes:
        in_flight: The requests that have no answer yet.
    """

    def __init__(self, wire: BinaryIO) -> None:
        self.in_flight = InFlight()
        self._wire = wire
        self._turn = CapacityLimiter(1)

    async def send(self, item: SessionMessage) -> None:
        """Send a message of a session, and note which request it answers.

        Raises:
            anyio.ClosedResourceError: The client has closed its end.
        """
        if isinstance(item.message, JSONRPCResponse | JSONRPCError):
            self.in_flight.settle(item.message.id)
        await self.write(item.message)

    async def write(self, message: JSONRPCMessage) -> None:
        """Write one line completely, even if the writing task is cancelled.

        Raises:
            anyio.ClosedResourceError: The client has closed its end.
        """
        line = message.model_dump_json(by_alias=True, exclude_unset=True).encode() + b"\n"
        with anyio.CancelScope(shield=True):
            try:
                await to_thread.run_sync(_write, self._wire, line, limiter=self._turn)
            except OSError:
                raise anyio.ClosedResourceError from None

    async def aclose(self) -> None:
        """Leave the wire open for the next session."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


class Incoming:
    """The messages of a client. Iteration ends when the client needs a new session, and continues in that session.

    The first request of a session fixes its protocol era in the SDK. Some clients probe with `server/discover` and then
    send `initialize`, which needs a new session.

    Attributes:
        opening: The first message of the next session; None if there is none.
    """

    def __init__(self, lines: BinaryIO, outgoing: Outgoing) -> None:
        self.opening: JSONRPCMessage | None = None
        self._lines = lines
        self._outgoing = outgoing
        self._in_flight = outgoing.in_flight
        self._reader = CapacityLimiter(1)
        self._only_probed: bool | None = None

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> SessionMessage:
        message, self.opening = self.opening or await self._receive(), None
        if message is None:
            with anyio.move_on_after(LINGER):
                await self._in_flight.drain()
            raise StopAsyncIteration
        if isinstance(message, JSONRPCRequest) and self._needs_new_session(message.method):
            self.opening = message
            raise StopAsyncIteration
        return SessionMessage(message)

    async def aclose(self) -> None:
        """Leave the input open for the next session."""

    async def _receive(self) -> JSONRPCMessage | None:
        """Read the next message to serve, and answer those that cannot be served; None at the end of the input."""
        while True:
            try:
                message = await to_thread.run_sync(
                    read_message, self._lines, abandon_on_cancel=True, limiter=self._reader
                )
                if message is None or self._admits(message):
                    return message
            except Refused as refused:
                await self._outgoing.write(refused.answer)

    def _admits(self, message: JSONRPCMessage) -> bool:
        match message:
            case JSONRPCRequest():
                self._in_flight.open(message.id)
            case JSONRPCNotification(method="notifications/cancelled"):
                return self._in_flight.cancel(message.params)
        return True

    def _needs_new_session(self, method: str) -> bool:
        if method == "initialize" and self._only_probed:
            self._only_probed = False
            return True
        self._only_probed = method == "server/discover" and self._only_probed is not False
        return False


def _take_standard_streams() -> tuple[BinaryIO, BinaryIO]:
    """Reserve standard input and output for the protocol; whatever else is printed goes to standard error."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    # Never closed: a thread may still be reading, and the client should see the process end first.
    lines = os.fdopen(os.dup(0), "rb", closefd=False)
    wire = os.fdopen(os.dup(1), "wb", buffering=0, closefd=False)
    os.dup2(nowhere, 0)
    os.dup2(nowhere if sys.stderr is None else 2, 1)
    return lines, wire


def _write(wire: BinaryIO, line: bytes) -> None:
    """Write all of a line; a pipe may accept only a part at a time."""
    while line:
        line = line[wire.write(line) :]


@contextmanager
def _on_signal(end: Callable[[], None]) -> Iterator[None]:
    """Call `end` on SIGINT and SIGTERM, with Python's handlers because Windows' event loop has none."""
    loop = asyncio.get_running_loop()

    def handle(*_: object) -> None:
        threading.Timer(GRACE, os._exit, (0,)).start()
        loop.call_soon_threadsafe(end)

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
