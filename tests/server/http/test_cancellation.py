"""Cancelling over HTTP, in both eras: the work ends, and the caller's slots are free immediately."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import anyio
import httpx
import pytest
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from bytenite_mcp.config import Settings
from bytenite_mcp.server.http.admission import CALLS_EACH
from bytenite_mcp.server.http.app import make_http_app
from bytenite_mcp.server.http.cancellation import LARGEST_MESSAGE
from bytenite_mcp.server.tools import TOOLS
from tests.server.conftest import Era, both_eras
from tests.server.serving import (
    KEY,
    OTHER_TOKEN,
    TOKEN,
    answer_of,
    bearing,
    calling,
    headers_for,
    message,
    post,
    served,
)

pytestmark = pytest.mark.anyio

AT_ONCE = 2.0
"""Seconds; a call that went on would hold its place for forty."""

CALL = message("tools/call", name="get_job", arguments={"job_id": "x"})


class NeverAnswering:
    """A ByteNite that never answers about jobs.

    Attributes:
        asked: How many such requests came.
        under_way: How many of them somebody still waits for.
    """

    def __init__(self) -> None:
        self.asked = self.under_way = 0
        self._changed = threading.Condition()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].endswith("/auth/access_token"):
            await JSONResponse({"token": "t", "expiresIn": "3600"})(scope, receive, send)
        elif scope["type"] == "http":
            self._count(asked=1, under_way=1)
            while (await receive())["type"] != "http.disconnect":
                pass
            self._count(under_way=-1)

    def _count(self, under_way: int, asked: int = 0) -> None:
        with self._changed:
            self.asked += asked
            self.under_way += under_way
            self._changed.notify_all()

    async def check_under_way(self, under_way: int, asked: int = 0) -> None:
        """Return when this many requests are in flight, and this many arrived in all."""

        def wait() -> bool:
            with self._changed:
                return self._changed.wait_for(
                    lambda: self.under_way == under_way and self.asked >= asked, timeout=20
                )

        assert await anyio.to_thread.run_sync(wait)


@pytest.fixture
def upstream() -> NeverAnswering:
    return NeverAnswering()


@pytest.fixture
def url(upstream: NeverAnswering) -> Iterator[str]:
    given = {"api_key": KEY, "mcp_tokens": f"{TOKEN} {OTHER_TOKEN}", "timeout": 45, "log_level": "CRITICAL"}
    with served(upstream) as address:
        app = make_http_app(Settings.model_validate({**given, "base_url": f"{address}/v1"}))
        with served(app) as served_at:
            yield f"{served_at}/mcp"


async def assert_all_places_are_free(url: str, upstream: NeverAnswering) -> None:
    """Use all slots of the caller again, then free them."""
    asked = upstream.asked + CALLS_EACH
    async with calling(url, "auto", bearing(TOKEN)) as client, anyio.create_task_group() as group:
        for _ in range(CALLS_EACH):
            group.start_soon(client.call_tool, "get_job", {"job_id": "x"})
        await upstream.check_under_way(CALLS_EACH, asked)
        group.cancel_scope.cancel()


@both_eras
async def test_calls_that_a_client_cancels_end_and_give_their_places_back(
    url: str, upstream: NeverAnswering, era: Era
) -> None:
    async with calling(url, era, bearing(TOKEN)) as client:
        async with anyio.create_task_group() as group:
            for _ in range(CALLS_EACH):
                group.start_soon(client.call_tool, "get_job", {"job_id": "x"})
            await upstream.check_under_way(CALLS_EACH)
            assert post(url, bearing(TOKEN)).status_code == 429
            group.cancel_scope.cancel()
        cancelled = time.monotonic()
        await upstream.check_under_way(0)
        assert time.monotonic() - cancelled < AT_ONCE
        assert len((await client.list_tools()).tools) == len(TOOLS)
    await assert_all_places_are_free(url, upstream)


@both_eras
@pytest.mark.parametrize("how", ["closed", "reset", "half closed"])
async def test_calls_whose_connections_are_dropped_end_and_give_their_places_back(
    url: str, upstream: NeverAnswering, era: Era, how: str
) -> None:
    connections = [send(url, CALL, headers_for(CALL, era, bearing(TOKEN))) for _ in range(CALLS_EACH)]
    await upstream.check_under_way(CALLS_EACH)
    for connection in connections:
        drop(connection, how)
    dropped = time.monotonic()
    await upstream.check_under_way(0)
    assert time.monotonic() - dropped < AT_ONCE
    await assert_all_places_are_free(url, upstream)
    for connection in connections:
        connection.close()


def send(url: str, body: dict[str, Any], headers: dict[str, str]) -> socket.socket:
    """Post a message over its own connection, and read nothing."""
    parts, content = urlsplit(url), json.dumps(body).encode()
    lines = {
        **headers,
        "Host": parts.netloc,
        "Content-Type": "application/json",
        "Content-Length": len(content),
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    connection = socket.create_connection((parts.hostname, parts.port or 0))
    connection.sendall(f"POST {parts.path} HTTP/1.1\r\n{head}\r\n".encode() + content)
    return connection


def drop(connection: socket.socket, how: str) -> None:
    if how == "half closed":
        connection.shutdown(socket.SHUT_WR)
        return
    if how == "reset":
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, bytes([1, 0, 0, 0, 0, 0, 0, 0]))
    connection.close()


# How clients' calls are distinguished


def initialize(url: str, token: str = TOKEN) -> str:
    """Open a client of the older era; return its session id."""
    params = {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "t", "version": "1"},
    }
    body = {"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params}
    headers = {"Accept": "application/json, text/event-stream", **bearing(token)}
    return httpx.post(url, json=body, headers=headers).headers["mcp-session-id"]


def older(session: str, token: str = TOKEN) -> dict[str, str]:
    return headers_for(CALL, "legacy", {"Mcp-Session-Id": session, **bearing(token)})


def cancel(url: str, headers: dict[str, str], request_id: Any = 1, **more: Any) -> int:
    notice = {"method": "notifications/cancelled", "params": {"requestId": request_id, **more}}
    return httpx.post(url, json={"jsonrpc": "2.0", **notice}, headers=headers).status_code


async def test_only_the_call_that_is_named_is_cancelled_and_answered_so(
    url: str, upstream: NeverAnswering
) -> None:
    mine, anothers = initialize(url), initialize(url)
    assert mine != anothers
    answers: list[dict[str, Any]] = []
    answered = anyio.Event()

    async def call(session: str, request_id: int, token: str = TOKEN) -> None:
        answer = await http.post(url, json={**CALL, "id": request_id}, headers=older(session, token))
        answers.append(answer_of(answer))
        answered.set()

    async with httpx.AsyncClient(timeout=60) as http, anyio.create_task_group() as group:
        group.start_soon(call, mine, 1)
        group.start_soon(call, mine, 2)
        group.start_soon(call, anothers, 1)
        # Someone with another token who has learnt the session id.
        group.start_soon(call, mine, 1, OTHER_TOKEN)
        await upstream.check_under_way(4)
        assert await anyio.to_thread.run_sync(cancel, url, older(mine)) == 202
        await answered.wait()
        await upstream.check_under_way(3)
        group.cancel_scope.cancel()
    cancelled = {"code": -32800, "message": "Request cancelled"}
    assert answers == [{"jsonrpc": "2.0", "id": 1, "error": cancelled}]


@pytest.mark.parametrize(
    "notice",
    [
        {"request_id": 3},
        {"request_id": None},
        {"request_id": [1]},
        {"request_id": 1, "reason": "x" * LARGEST_MESSAGE},
    ],
    ids=["of a call that has ended", "of nothing", "of what is no id", "too large to be one"],
)
async def test_a_message_that_names_no_call_in_flight_ends_none(
    url: str, upstream: NeverAnswering, notice: dict[str, Any]
) -> None:
    session = initialize(url)
    connection = send(url, CALL, older(session))
    await upstream.check_under_way(1)
    cancel(url, older(session), **notice)
    # A cancelled call would have ended before a further request is answered.
    assert post(url, bearing(TOKEN)).status_code == 200
    assert upstream.under_way == 1
    connection.close()


def test_a_caller_who_is_not_known_cancels_nothing(url: str) -> None:
    assert cancel(url, older(initialize(url), "a-token-nobody-was-given")) == 401


def test_a_message_that_does_not_come_is_not_waited_for(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bytenite_mcp.server.http.cancellation.READ_TIMEOUT", 0.1)
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port or 0)) as connection:
        head = f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nMcp-Session-Id: a\r\nContent-Length: 9\r\n\r\n"
        connection.sendall(head.encode())
        answer = connection.makefile("rb").read()
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b"connection: close" in answer
