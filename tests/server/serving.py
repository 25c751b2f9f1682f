"""Servers on real ports of this machine: apps in a thread, and the command line in a process."""

import asyncio
import json
import os
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import anyio
import httpx
import httpx2
import uvicorn
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from bytenite_mcp.config import Settings
from tests.server.conftest import Era

MODERN, LEGACY = "2026-07-28", "2025-11-25"
KEY = "demo-key"
TOKEN, OTHER_TOKEN = "a-token-of-a-caller", "a-token-of-another-caller"
NOTHING: Mapping[str, str] = {}


class _Server(uvicorn.Server):
    """Stops without uvicorn's pauses of 0.1 s, which add up over the tests."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._serves = threading.Event()

    async def main_loop(self) -> None:
        self._loop, self._stopped = asyncio.get_running_loop(), asyncio.Event()
        self._serves.set()
        await self._stopped.wait()

    def stop(self) -> None:
        self._serves.wait(30)
        self._loop.call_soon_threadsafe(self._stopped.set)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        if tasks := self.server_state.tasks:
            _, late = await asyncio.wait(tasks, timeout=1)
            for task in late:
                task.cancel()
        await self.lifespan.shutdown()


@contextmanager
def served(app: ASGIApp, http: Any = "auto") -> Iterator[str]:
    """Serve an app on a free port; yield its address, and stop the server at the end."""
    listening = socket.create_server(("127.0.0.1", 0))
    # The simulator's answers have a date of their own.
    config = uvicorn.Config(app, log_level="critical", http=http, ws="none", date_header=False)
    server = _Server(config)
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.stop()
        thread.join()
        listening.close()


def settings_for(upstream: str, **changes: Any) -> Settings:
    """Return the settings of a server of an upstream's jobs."""
    given = {
        "api_key": KEY,
        "base_url": f"{upstream}/v1",
        "max_retries": 0,
        "log_level": "CRITICAL",
        **changes,
    }
    return Settings.model_validate(given)


class Replica:
    """A server in its own process.

    Attributes:
        process: To end it with.
        url: Where it serves MCP.
        log: What it wrote to standard error; complete when it has ended.
    """

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.url = ""
        self.log: list[str] = []
        self._started = threading.Event()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def wait_until_it_serves(self) -> None:
        self._started.wait(30)
        assert self.url, "".join(self.log)

    def listens(self) -> bool:
        parts = urlsplit(self.url)
        with socket.socket() as asking:
            return asking.connect_ex((parts.hostname, parts.port)) == 0

    def end(self) -> None:
        """Kill the process, if it has not ended."""
        self.process.kill()
        self._reader.join()

    def _read(self) -> None:
        """Read continuously, so that a full pipe never blocks the process."""
        assert self.process.stderr
        for line in self.process.stderr:
            self.log.append(line)
            if "Serving MCP on" in line:
                self.url = line.split()[-1]
                self._started.set()
        self._started.set()


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Return the environment with these settings instead of its own."""
    others = {name: value for name, value in os.environ.items() if not name.upper().startswith("BYTENITE_")}
    return {**others, **{f"BYTENITE_{name}": value for name, value in settings.items()}}


@contextmanager
def replica(*options: str, **settings: str) -> Iterator[Replica]:
    """Run `serve --http`, on a free port unless the options name one, until the end of the block.

    Args:
        options: Of the command.
        settings: Environment variables, without their prefix.
    """
    with replica_of(
        [sys.executable, "-m", "bytenite_mcp", "serve", "--http"], *options, **settings
    ) as started:
        yield started


@contextmanager
def replica_of(command: Sequence[str | Path], *options: str, **settings: str) -> Iterator[Replica]:
    """Run a command that becomes `serve --http`, as `replica` does."""
    words = [*command, "--port", "0", *options]
    with subprocess.Popen(words, env=environment(settings), stderr=subprocess.PIPE, text=True) as process:
        started = Replica(process)
        try:
            started.wait_until_it_serves()
            yield started
        finally:
            started.end()


class Held:
    """A ByteNite whose answers about jobs are delayed until they are released.

    Attributes:
        under_way: Counts up with each request that waits.
        let_go: Lets all answers go, now and from then on.
    """

    def __init__(self) -> None:
        self.under_way = threading.Semaphore(0)
        self.let_go = threading.Event()
        self._threads = anyio.CapacityLimiter(200)
        routes = [
            Route("/v1/auth/access_token", self._token, methods=["POST"]),
            Route("/v1/{path:path}", self._jobs),
        ]
        self.app = Starlette(routes=routes)

    async def wait_for(self, calls: int) -> None:
        """Return when this many requests wait."""
        for _ in range(calls):
            assert await anyio.to_thread.run_sync(lambda: self.under_way.acquire(timeout=20))

    async def _token(self, _: Request) -> Response:
        return JSONResponse({"token": "t", "expiresIn": "3600"})

    async def _jobs(self, _: Request) -> Response:
        self.under_way.release()
        await anyio.to_thread.run_sync(lambda: self.let_go.wait(40), limiter=self._threads)
        return JSONResponse({"pagination": {"total": 0}, "data": []})


@asynccontextmanager
async def calling(
    url: str,
    era: Era = "auto",
    headers: Mapping[str, str] = NOTHING,
    tls: ssl.SSLContext | bool = True,
    **more: Any,
) -> AsyncIterator[Client]:
    """Connect the SDK's client over HTTP."""
    async with (
        httpx2.AsyncClient(headers=headers, timeout=60, verify=tls) as http,
        Client(streamable_http_client(url, http_client=http), mode=era, **more) as client,
    ):
        yield client


def bearing(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def with_key(key: str) -> dict[str, str]:
    return {"X-ByteNite-API-Key": key}


def message(method: str, **params: Any) -> dict[str, Any]:
    """Make a request of the newer era, which needs no handshake."""
    meta = {
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": {**params, "_meta": meta}}


def headers_for(
    body: dict[str, Any], era: Era = "auto", headers: Mapping[str, str] = NOTHING
) -> dict[str, str]:
    """Return the headers that a client of an era sends with a message, and further ones."""
    newer = {"MCP-Method": body["method"], "MCP-Name": body["params"].get("name", "")}
    return {
        "Accept": "application/json, text/event-stream",
        "MCP-Protocol-Version": LEGACY if era == "legacy" else MODERN,
        **(newer if era == "auto" else {}),
        **headers,
    }


def post(
    url: str, headers: Mapping[str, str] = NOTHING, body: dict[str, Any] | None = None, era: Era = "auto"
) -> httpx.Response:
    """Post a message; by default a harmless one."""
    body = body or message("tools/list")
    return httpx.post(url, json=body, headers=headers_for(body, era, headers), timeout=60)


def answer_of(response: httpx.Response) -> dict[str, Any]:
    """Return the message in an answer, which is JSON or an event."""
    text = response.text
    if response.headers["content-type"].startswith("text/event-stream"):
        text = next(line for line in text.splitlines() if line.startswith("data: {")).removeprefix("data: ")
    return dict(json.loads(text))
