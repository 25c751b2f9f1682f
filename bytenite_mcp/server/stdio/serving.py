"""Serving over stdio: each line that asks gets one line of answer, whatever it is."""

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
from bytenite_mcp.server.stdio.in_flight import InFlight
from bytenite_mcp.server.stdio.messages import Refused, read_message

GRACE = 0.7
"""Seconds to close connections in after a signal, at the most."""

LINGER = 1.5
"""Seconds that calls under way have after the input has ended; a client waits two before it sends a signal."""


async def serve_stdio(server: ByteNiteServer) -> None:
    """Serve until the input ends or a signal comes."""
    lines, wire = _take_standard_streams()
    with anyio.CancelScope() as serving, _on_signal(serving.cancel):
        await serve_lines(server, lines, wire)
    if serving.cancelled_caught:
        # The thread that reads standard input cannot be cancelled, so there is no orderly way out.
        os._exit(0)


async def serve_lines(server: ByteNiteServer, lines: BinaryIO, wire: BinaryIO) -> None:
    """Serve what is read, with a session for each era a client tries.

    Args:
        server: What answers.
        lines: What the client sends.
        wire: Where answers go; written to without a buffer.
    """
    outgoing = Outgoing(wire)
    incoming = Incoming(lines, outgoing)
    await server.serve_session(incoming, outgoing)
    while incoming.opening:
        await server.serve_session(incoming, outgoing)


class Outgoing:
    """What is sent to the client, each message on one line; the SDK's sessions write to it, one after the other.

    Attributes:
        in_flight: The requests that are owed an answer.
    """

    def __init__(self, wire: BinaryIO) -> None:
        self.in_flight = InFlight()
        self._wire = wire
        self._turn = CapacityLimiter(1)

    async def send(self, item: SessionMessage) -> None:
        """Send what a session says; what is an answer settles its request.

        Raises:
            anyio.ClosedResourceError: The client reads no more.
        """
        if isinstance(item.message, JSONRPCResponse | JSONRPCError):
            self.in_flight.settle(item.message.id)
        await self.write(item.message)

    async def write(self, message: JSONRPCMessage) -> None:
        """Write one line, whole, even if who writes it is cancelled.

        Raises:
            anyio.ClosedResourceError: The client reads no more.
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
    """What a client sends, ending where it begins a session anew, and going on for the next.

    The SDK settles on the era of the first request. Some clients probe with `server/discover` and then
    open with `initialize`: what came before only asked what we are, so they are given a new session.

    Attributes:
        opening: What the next session opens with; None if there is to be none.
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
        if isinstance(message, JSONRPCRequest) and self._begins_anew(message.method):
            self.opening = message
            raise StopAsyncIteration
        return SessionMessage(message)

    async def aclose(self) -> None:
        """Leave what is read open for the next session."""

    async def _receive(self) -> JSONRPCMessage | None:
        """Read on to what can be served, and answer what cannot; None at the end of the input."""
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

    def _begins_anew(self, method: str) -> bool:
        if method == "initialize" and self._only_probed:
            self._only_probed = False
            return True
        self._only_probed = method == "server/discover" and self._only_probed is not False
        return False


def _take_standard_streams() -> tuple[BinaryIO, BinaryIO]:
    """Keep standard input and output for the protocol alone; what else would be printed goes to standard error."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    # They are never closed: a thread may be reading, and the other end is to see the process end.
    lines = os.fdopen(os.dup(0), "rb", closefd=False)
    wire = os.fdopen(os.dup(1), "wb", buffering=0, closefd=False)
    os.dup2(nowhere, 0)
    os.dup2(nowhere if sys.stderr is None else 2, 1)
    return lines, wire


def _write(wire: BinaryIO, line: bytes) -> None:
    """Write all of a line; a pipe may take a part at a time."""
    while line:
        line = line[wire.write(line) :]


@contextmanager
def _on_signal(end: Callable[[], None]) -> Iterator[None]:
    """End on SIGINT and SIGTERM; by Python's handlers, as event loops have none of their own on Windows."""
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
