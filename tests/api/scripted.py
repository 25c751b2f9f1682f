"""A ByteNite on a socket that answers with given bytes, for failures that no transport in memory has."""

import asyncio
import json
import re
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

TOKEN = "hunter2-token-that-is-long-enough"
JOB_ID = "an-id-of-mine"
JOB = {"job": {"id": JOB_ID, "name": "a job"}}


@dataclass(frozen=True)
class Sent:
    """The bytes of an answer, and what happens to the connection after them."""

    data: bytes
    then: Literal["keep", "close", "reset", "hang"] = "keep"


def answer(
    body: bytes | dict[str, Any] = b"",
    status: str = "200 OK",
    *headers: str,
    missing: int = 0,
    then: Literal["keep", "close", "reset", "hang"] = "keep",
) -> Sent:
    """Write an answer; its declared length is `missing` bytes more than are sent."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status}", f"content-length: {len(data) + missing}", *headers]
    return Sent("\r\n".join(lines).encode() + b"\r\n\r\n" + data, then)


GOOD = answer(JOB)
TOKEN_GIVEN = answer({"token": TOKEN, "expiresIn": "3600"})


@dataclass
class Scripted:
    """What is answered in turn, the last again and again, and what was asked.

    Attributes:
        reads: Answers to all but the exchange.
        exchanges: Answers to the exchange of the key.
        asked: How many reads there were.
        exchanged: How many exchanges there were.
        url: Where it is.
    """

    reads: list[Sent]
    exchanges: list[Sent]
    asked: int = 0
    exchanged: int = 0
    url: str = ""

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection."""
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while await self._answer(reader, writer):
                pass
        writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        if length := re.search(r"content-length: (\d+)", head, re.I):
            await reader.readexactly(int(length[1]))
        if "access_token" in head.partition("\r\n")[0]:
            self.exchanged += 1
            turn = self.exchanges
        else:
            self.asked += 1
            turn = self.reads
        sent = turn.pop(0) if len(turn) > 1 else turn[0]
        writer.write(sent.data)
        await writer.drain()
        if sent.then == "hang":
            await reader.read()
        if sent.then == "reset":
            linger = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            writer.transport.abort()
        return sent.then == "keep"


@asynccontextmanager
async def scripted(
    reads: Sequence[Sent] = (GOOD,),
    exchanges: Sequence[Sent] = (TOKEN_GIVEN,),
    certificate: Path | None = None,
) -> AsyncIterator[Scripted]:
    """Serve on a free port of this machine; with TLS, as `localhost`, if there is a certificate."""
    context = None
    if certificate:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate)
    api = Scripted(list(reads), list(exchanges))
    server = await asyncio.start_server(api.handle, "127.0.0.1", 0, ssl=context)
    scheme = "https://localhost" if certificate else "http://127.0.0.1"
    api.url = f"{scheme}:{server.sockets[0].getsockname()[1]}/v1"
    async with server:
        yield api
