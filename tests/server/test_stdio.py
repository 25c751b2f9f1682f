"""The server as a process over stdio, as hosts run it: what ends it, and what does not."""

import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import anyio
import pytest
from anyio.abc import Process
from anyio.streams.buffered import BufferedByteReceiveStream
from mcp import Client, StdioServerParameters

from .conftest import ERAS, Era
from .test_definitions import TOOLS

pytestmark = pytest.mark.anyio

COMMAND = [sys.executable, "-m", "bytenite_mcp", "serve", "--demo"]
MEGABYTE = 1024 * 1024
LONGEST = 120
"""Seconds a test may take on a busy machine."""


@dataclass
class Server:
    """A server process, spoken to line by line."""

    process: Process
    received: BufferedByteReceiveStream

    async def send(self, *lines: bytes) -> None:
        assert self.process.stdin
        await self.process.stdin.send(b"".join(line + b"\n" for line in lines))

    async def receive(self) -> dict[str, Any]:
        line = await self.received.receive_until(b"\n", 4 * MEGABYTE)
        message = json.loads(line)
        assert message["jsonrpc"] == "2.0"
        return dict(message)

    async def answer(self, number: int) -> dict[str, Any]:
        """Read on to the answer of a request."""
        while (message := await self.receive()).get("id") != number:
            pass
        return message

    async def initialize(self) -> dict[str, Any]:
        await self.send(
            request(
                0,
                "initialize",
                protocolVersion="2025-11-25",
                capabilities={},
                clientInfo={"name": "test", "version": "1"},
            )
        )
        answer = await self.answer(0)
        await self.send(b'{"jsonrpc":"2.0","method":"notifications/initialized"}')
        return answer


def request(number: int, method: str, **params: Any) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}).encode()


@asynccontextmanager
async def started(**environment: str) -> AsyncIterator[Server]:
    with anyio.fail_after(LONGEST):
        process = await anyio.open_process(COMMAND, env={**os.environ, **environment})
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


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_it_within_a_second(number: signal.Signals) -> None:
    async with started() as server:
        await server.initialize()
        began = time.monotonic()
        server.process.send_signal(number)
        assert await server.process.wait() in (0, -number)
        assert time.monotonic() - began < 1


async def test_a_signal_ends_it_in_the_middle_of_a_call_too() -> None:
    async with started() as server:
        await server.initialize()
        await server.send(request(1, "tools/call", name="list_jobs", arguments={"limit": 50}))
        listed = json.loads(
            (await server.answer(1))["result"]["content"][0]["text"].split("\n")[1].split(": ")[1]
        )
        assert listed == 200
        wait = {"job_id": "f4ce2ca0-bf49-4fb7-a32f-da899167678e", "timeout_seconds": 45}
        await server.send(
            request(2, "tools/call", name="wait_for_job", arguments=wait, _meta={"progressToken": 1})
        )
        assert (await server.receive())["method"] == "notifications/progress"
        began = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        await server.process.wait()
        assert time.monotonic() - began < 1


async def test_the_end_of_its_input_ends_it_and_its_log_went_to_standard_error() -> None:
    async with started(BYTENITE_LOG_LEVEL="DEBUG") as server:
        await server.initialize()
        await server.send(request(1, "tools/call", name="list_jobs", arguments={}))
        assert "result" in await server.answer(1)
        assert server.process.stdin
        assert server.process.stderr
        await server.process.stdin.aclose()
        logged = b"".join([part async for part in server.process.stderr])
        assert await server.process.wait() == 0
        assert b"DEBUG" in logged


async def test_neither_garbage_nor_half_characters_nor_a_huge_line_nor_a_burst_ends_it() -> None:
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
        refused = await server.answer(2)
        assert refused["result"]["isError"] is True
        calls = [request(n, "tools/call", name="list_jobs", arguments={"limit": 1}) for n in range(100, 1100)]
        answered: set[int] = set()
        async with anyio.create_task_group() as group:
            group.start_soon(server.send, *calls)
            while len(answered) < len(calls):
                message = await server.receive()
                assert message["result"]["structuredContent"]["count"] == 1
                answered.add(message["id"])
        assert answered == set(range(100, 1100))


async def test_a_client_that_discovers_and_then_initializes_is_served() -> None:
    async with started() as server:
        meta = {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
        }
        await server.send(request(7, "server/discover", _meta=meta))
        assert "result" in await server.answer(7)
        assert "result" in await server.initialize()
        await server.send(request(8, "tools/list"))
        assert [tool["name"] for tool in (await server.answer(8))["result"]["tools"]] == TOOLS
