"""The server as a process over stdio, as hosts run it: what ends it, and what does not."""

import json
import os
import signal
import sys
import threading
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import anyio
import anyio.to_thread
import pytest
from anyio.abc import Process
from anyio.streams.buffered import BufferedByteReceiveStream
from mcp import Client, StdioServerParameters

from bytenite_mcp.server.stdio import serving
from tests.server.conftest import ERAS, Era
from tests.server.stdio.exchanging import OPENING, request
from tests.server.test_definitions import TOOLS

pytestmark = pytest.mark.anyio

COMMAND = [sys.executable, "-m", "bytenite_mcp", "serve", "--demo"]
AS_ON_WINDOWS = """
import asyncio, os
from bytenite_mcp.cli import main

class Loop(asyncio.SelectorEventLoop):
    def add_signal_handler(self, *_):
        raise NotImplementedError

    remove_signal_handler = add_signal_handler

    def call_soon_threadsafe(self, *arguments, **options):
        os.write(1, b"noise")
        print("noise")
        return super().call_soon_threadsafe(*arguments, **options)

asyncio.events.new_event_loop = Loop
raise SystemExit(main(["serve", "--demo"]))
"""
"""A server whose loop has no signal handlers, as on Windows, and which prints while it serves."""

BARE = [sys.executable, "-c", AS_ON_WINDOWS]
LONG_WAIT = {"job_id": "f4ce2ca0-bf49-4fb7-a32f-da899167678e", "timeout_seconds": 45}
MEGABYTE = 1024 * 1024
LONGEST = 120
"""The seconds that a test may take on a busy machine."""


@dataclass
class Server:
    """A server process, with an interface by lines."""

    process: Process
    received: BufferedByteReceiveStream

    async def send(self, *lines: bytes) -> None:
        assert self.process.stdin
        await self.process.stdin.send(b"".join(line + b"\n" for line in lines))

    async def send_and_end(self, *lines: bytes) -> None:
        assert self.process.stdin
        await self.send(*lines)
        await self.process.stdin.aclose()

    async def receive(self) -> dict[str, Any]:
        line = await self.received.receive_until(b"\n", 4 * MEGABYTE)
        message = json.loads(line)
        assert message["jsonrpc"] == "2.0"
        return dict(message)

    async def answer(self, request_id: int | str) -> dict[str, Any]:
        """Read until the answer to a request."""
        while (message := await self.receive()).get("id") != request_id:
            pass
        return message

    async def log(self) -> str:
        """Read its standard error after its end."""
        assert self.process.stderr
        return b"".join([part async for part in self.process.stderr]).decode()

    async def initialize(self) -> dict[str, Any]:
        await self.send(*OPENING["legacy"])
        return await self.answer("handshake")


@asynccontextmanager
async def started(command: Sequence[str] = COMMAND, **environment: str) -> AsyncIterator[Server]:
    with anyio.fail_after(LONGEST):
        process = await anyio.open_process(command, env={**os.environ, **environment})
        assert process.stdout
        try:
            yield Server(process, BufferedByteReceiveStream(process.stdout))
        finally:
            if process.returncode is None:
                process.kill()
            await process.aclose()


@pytest.mark.parametrize("era", ERAS)
async def test_a_real_client_lists_the_tools_and_calls_one(era: Era) -> None:
    server = StdioServerParameters(command=COMMAND[0], args=COMMAND[1:])
    with anyio.fail_after(LONGEST):
        async with Client(server, mode=era) as client:
            assert [tool.name for tool in (await client.list_tools()).tools] == TOOLS
            result = await client.call_tool("list_jobs", {"limit": 2})
            assert "SIMULATED" in (client.instructions or "")
    assert result.structured_content
    assert result.structured_content["count"] == 2
    assert result.structured_content["simulated"] is True


@pytest.mark.parametrize(
    ("number", "command"),
    [(signal.SIGINT, COMMAND), (signal.SIGINT, BARE), (signal.SIGTERM, BARE)],
    ids=["SIGINT", "SIGINT as on Windows", "SIGTERM as on Windows"],
)
async def test_a_signal_ends_it_within_a_second(number: signal.Signals, command: list[str]) -> None:
    async with started(command) as server:
        await server.initialize()
        began = time.monotonic()
        server.process.send_signal(number)
        assert await server.process.wait() == 0
        assert time.monotonic() - began < 1
        assert "Traceback" not in await server.log()


@pytest.mark.parametrize(
    ("command", "told"), [(COMMAND, "DEBUG"), (BARE, "noise")], ids=["here", "as on Windows"]
)
async def test_the_end_of_its_input_ends_it_once_all_is_answered(command: list[str], told: str) -> None:
    """Everything else, such as the log and printed text, goes to standard error."""
    async with started(command, BYTENITE_LOG_LEVEL="DEBUG") as server:
        assert server.process.stdin
        await server.initialize()
        await server.send(*(request(n, "tools/call", name="list_jobs", arguments={}) for n in range(1, 9)))
        await server.process.stdin.aclose()
        answered = [await server.receive() for _ in range(8)]
        assert {message["id"] for message in answered} == set(range(1, 9))
        assert all("result" in message for message in answered)
        with pytest.raises(anyio.IncompleteRead):
            await server.receive()
        assert await server.process.wait() == 0
        log = await server.log()
        assert told in log
        assert "Traceback" not in log


async def test_a_signal_ends_it_in_the_middle_of_a_call_too() -> None:
    async with started() as server:
        await server.initialize()
        await server.send(request(1, "tools/call", name="list_jobs", arguments={"limit": 50}))
        listed = json.loads(
            (await server.answer(1))["result"]["content"][0]["text"].split("\n")[1].split(": ")[1]
        )
        assert listed == 200
        await server.send(
            request(2, "tools/call", name="wait_for_job", arguments=LONG_WAIT, _meta={"progressToken": 1})
        )
        assert (await server.receive())["method"] == "notifications/progress"
        began = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        assert await server.process.wait() == 0
        assert time.monotonic() - began < 1
        assert "Traceback" not in await server.log()


async def test_it_serves_where_standard_error_is_closed() -> None:
    without = ["sh", "-c", 'exec "$@" 2>&-', "sh", *COMMAND]
    async with started(without) as server:
        assert "result" in await server.initialize()


async def test_a_client_that_closes_its_end_gets_no_traceback() -> None:
    async with started() as server:
        await server.initialize()
        assert server.process.stdin
        assert server.process.stdout
        await server.process.stdout.aclose()
        await server.send(b"garbage", request(1, "ping"), b"garbage")
        await server.process.stdin.aclose()
        assert await server.process.wait() == 0
        assert await server.log() == ""


async def test_the_protocol_is_utf_8_with_line_feeds_whatever_the_system_speaks() -> None:
    async with started(PYTHONIOENCODING="cp1252", PYTHONUTF8="0", LC_ALL="C") as server:
        assert server.process.stdin
        asked = '{"jsonrpc":"2.0","id":"\u03b1 \U0001f680","method":"ping"}\r\n'
        await server.process.stdin.send(asked.encode())
        line = await server.received.receive_until(b"\n", MEGABYTE)
        assert line == '{"jsonrpc":"2.0","id":"\u03b1 \U0001f680","result":{}}'.encode()


async def test_garbage_invalid_utf_8_a_huge_line_or_a_burst_does_not_end_the_process() -> None:
    async with started() as server:
        await server.initialize()
        await server.send(
            b"garbage", b"", b"{", b"[]", b"null", b'{"jsonrpc":"2.0"}', b"\xff\xfe\x00", b"[" * 100_000,
            b'{"jsonrpc":"2.0","id":1,"method":"\\ud800"}',
        )  # fmt: skip
        await server.send(
            request(1, "tools/call", name="get_job", arguments={"job_id": "a\ud800"}),
            request(1, "completion/complete", ref={"type": "ref/resource", "uri": "bytenite://jobs/{job_id}"},
                    argument={"name": "job_id", "value": "\udfff"}),
            b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_job","arguments":{"job_id":'
            + b"[" * 5000 + b"]" * 5000 + b"}}}",
        )  # fmt: skip
        await server.send(b"x" * 10 * MEGABYTE)
        await server.send(request(2, "tools/call", name="get_job", arguments={"job_id": "x" * 10 * MEGABYTE}))
        assert "4,194,304 bytes" in (await server.answer(2))["error"]["message"]
        calls = [request(n, "tools/call", name="list_jobs", arguments={"limit": 1}) for n in range(100, 400)]
        answered: set[int] = set()
        async with anyio.create_task_group() as group:
            group.start_soon(server.send, *calls)
            while len(answered) < len(calls):
                message = await server.receive()
                assert message["result"]["structuredContent"]["count"] == 1
                answered.add(message["id"])
        assert answered == set(range(100, 400))


async def test_a_signal_ends_it_after_the_grace_though_its_connections_do_not_close(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ended = threading.Event()
    monkeypatch.setattr(os, "_exit", lambda _: ended.set())
    monkeypatch.setattr(serving, "GRACE", 0)
    with serving._on_signal(lambda: None):
        signal.raise_signal(signal.SIGTERM)
        assert await anyio.to_thread.run_sync(ended.wait, LONGEST)
