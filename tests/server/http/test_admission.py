"""Limits over HTTP: excess is refused immediately, and slots are freed."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, cast

import anyio
import httpx
import pytest
from mcp import MCPError
from starlette.types import Message, Receive, Scope, Send

from bytenite_mcp.config import Settings
from bytenite_mcp.server.deadline import CALL_LIMIT
from bytenite_mcp.server.http import admission
from bytenite_mcp.server.http.admission import (
    CALLS_EACH,
    CALLS_IN_ALL,
    LARGEST_BODY,
    LONGEST_REQUEST,
    Admission,
)
from bytenite_mcp.server.http.app import GRACE, make_http_app
from tests.server.conftest import Era, both_eras
from tests.server.serving import KEY, Held, bearing, calling, headers_for, message, post, served, with_key

pytestmark = pytest.mark.anyio

TOKENS = [f"the-token-of-caller-{number}" for number in range(10)]
CALL = message("tools/call", name="list_jobs", arguments={})


@pytest.fixture
def held() -> Held:
    return Held()


@pytest.fixture
def url(held: Held) -> Iterator[str]:
    given = {"key_from_header": True, "mcp_tokens": " ".join(TOKENS), "timeout": 45, "log_level": "CRITICAL"}
    with served(held.app) as upstream:
        app = make_http_app(Settings.model_validate({**given, "base_url": f"{upstream}/v1"}))
        with served(app) as address:
            yield f"{address}/mcp"
            held.let_go.set()


@asynccontextmanager
async def under_way(url: str, held: Held, token: str, calls: int) -> AsyncIterator[None]:
    """Start calls of a caller that last until the end of the test."""
    headers = headers_for(CALL, headers=bearing(token) | with_key(KEY))

    async def call() -> None:
        # The caller's previous call may still hold its slot.
        while (await http.post(url, json=CALL, headers=headers)).status_code == 429:
            pass

    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(timeout=60, limits=limits) as http, anyio.create_task_group() as group:
        for _ in range(calls):
            group.start_soon(call)
        await held.wait_for(calls)
        yield
        held.let_go.set()


def test_a_body_that_is_too_large_is_refused(url: str) -> None:
    large = message("tools/call", name="list_jobs", arguments={"order_by": "x" * LARGEST_BODY})
    assert post(url, bearing(TOKENS[0]), large).status_code == 413


def test_a_body_that_does_not_tell_its_size_is_refused_once_it_is_too_large(url: str) -> None:
    headers = headers_for(CALL, headers=bearing(TOKENS[0]) | {"Content-Type": "application/json"})
    parts = (b" " * 65536 for _ in range(LARGEST_BODY // 65536 + 1))
    assert httpx.post(url, content=parts, headers=headers).status_code == 413


async def test_a_caller_with_too_many_calls_under_way_is_refused_and_others_are_not(
    url: str, held: Held
) -> None:
    async with under_way(url, held, TOKENS[0], CALLS_EACH):
        refused = post(url, bearing(TOKENS[0]))
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "2")
        assert "You have 20 calls in flight" in refused.json()["error"]["message"]
        assert post(url, bearing(TOKENS[1])).status_code == 200
    assert post(url, bearing(TOKENS[0])).status_code == 200


async def test_more_calls_than_the_server_takes_are_refused_whoever_makes_them(url: str, held: Held) -> None:
    async with AsyncExitStack() as stack:
        for token in TOKENS[: CALLS_IN_ALL // CALLS_EACH]:
            await stack.enter_async_context(under_way(url, held, token, CALLS_EACH))
        refused = post(url, bearing(TOKENS[-1]))
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "2")
        alive = await anyio.to_thread.run_sync(httpx.get, url.replace("/mcp", "/health"))
        assert alive.status_code == 200
    assert post(url, bearing(TOKENS[-1])).status_code == 200


async def test_callers_that_show_neither_token_nor_key_share_the_limit_for_all(held: Held) -> None:
    transport = httpx.ASGITransport(Admission(held.app))
    http = httpx.AsyncClient(transport=transport, base_url="http://localhost/v1/")
    async with http, anyio.create_task_group() as group:
        for _ in range(CALLS_IN_ALL):
            group.start_soon(http.get, "jobs")
        await held.wait_for(CALLS_IN_ALL)
        assert (await http.get("jobs")).status_code == 429
        held.let_go.set()


def test_a_call_is_answered_before_its_request_is_cut_off_and_before_a_stopping_server_ends() -> None:
    assert CALL_LIMIT < LONGEST_REQUEST <= GRACE


async def test_a_request_that_stalls_gives_its_place_back(monkeypatch: pytest.MonkeyPatch) -> None:
    started = 0

    async def stalling(*_: Any) -> None:
        nonlocal started
        started += 1
        await anyio.sleep_forever()

    monkeypatch.setattr(admission, "LONGEST_REQUEST", 0.01)
    monkeypatch.setattr(admission, "CALLS_IN_ALL", 1)
    http = httpx.AsyncClient(transport=httpx.ASGITransport(Admission(stalling)), base_url="http://localhost")
    async with http:
        for _ in range(3):
            refused = await http.get("/mcp")
            assert (refused.status_code, refused.headers["connection"]) == (408, "close")
    assert started == 3


async def test_an_answer_that_has_begun_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    async def stalling(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await anyio.sleep_forever()

    sent: list[Message] = []

    async def keep(message: Message) -> None:
        sent.append(message)

    monkeypatch.setattr(admission, "LONGEST_REQUEST", 0.01)
    await Admission(stalling)({"type": "http", "headers": []}, cast("Any", None), keep)
    assert [message["type"] for message in sent] == ["http.response.start"]


@both_eras
async def test_a_client_reads_why_it_was_refused(url: str, held: Held, era: Era) -> None:
    async with calling(url, era, bearing(TOKENS[0])) as client, under_way(url, held, TOKENS[0], CALLS_EACH):
        with pytest.raises(MCPError, match=r"You have 20 calls in flight\. Try again when one has ended."):
            await client.call_tool("list_jobs", {})
