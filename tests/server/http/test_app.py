"""Serving over HTTP, on real ports: both eras, any replica, closed by default, and ending without losing a call."""

import signal
from itertools import product

import anyio
import httpx
import pytest
from mcp.types import TextContent

from bytenite_mcp.config import Settings
from bytenite_mcp.server.http.app import make_http_app
from bytenite_mcp.server.tools import TOOLS
from tests.server.conftest import ERAS, Era, both_eras
from tests.server.serving import (
    KEY,
    TOKEN,
    Held,
    bearing,
    calling,
    message,
    post,
    replica,
    served,
    settings_for,
    with_key,
)

pytestmark = pytest.mark.anyio

SECRET = "hunter2-hunter2-hunter2"


@both_eras
async def test_a_client_of_either_era_gets_tools_jobs_and_resources(url: str, era: Era) -> None:
    async with calling(f"{url}/mcp", era) as client:
        assert len((await client.list_tools()).tools) == len(TOOLS)
        answer = await client.call_tool("list_jobs", {"limit": 2})
        read = await client.read_resource("bytenite://jobs")

    assert (answer.structured_content or {})["count"] == 2
    assert len(read.contents) == 1


def test_one_replica_answers_what_another_began(upstream: str) -> None:
    """In the older era, a client starts with initialize, and then sends its session id."""
    begin = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}
    accepting = {"Accept": "application/json, text/event-stream"}
    asking = {**accepting, "MCP-Protocol-Version": "2025-06-18"}
    with (
        served(make_http_app(settings_for(upstream))) as first,
        served(make_http_app(settings_for(upstream))) as second,
    ):
        body = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": begin}
        begun = httpx.post(f"{first}/mcp", json=body, headers=accepting)
        asking["Mcp-Session-Id"] = begun.headers["mcp-session-id"]
        body = {"jsonrpc": "2.0", "id": 2, "method": "tools/list"}
        listed = httpx.post(f"{second}/mcp", json=body, headers=asking)

    assert (begun.status_code, listed.status_code) == (200, 200)
    assert '"get_job"' in listed.text


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT"])
def test_there_is_no_stream_to_hold_open_and_no_session_to_end(url: str, method: str) -> None:
    refused = httpx.request(method, f"{url}/mcp", headers={"Accept": "text/event-stream"})
    assert (refused.status_code, refused.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8000",
        "127.0.0.1.evil.example",
        "localhost.evil.example:80",
        "127.0.0.1:1@evil.example",
        "localhost:80.evil.example",
    ],
)
def test_a_foreign_host_is_misdirected(url: str, host: str) -> None:
    assert post(f"{url}/mcp", {"Host": host}).status_code == 421


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "http://localhost.evil.example",
        "null",
        "http://127.0.0.1.evil.example:1",
        "http://localhost:1@evil.example",
    ],
)
def test_a_foreign_origin_is_forbidden(url: str, origin: str) -> None:
    assert post(f"{url}/mcp", {"Origin": origin}).status_code == 403


@pytest.mark.parametrize("origin", ["http://localhost:3000", "http://127.0.0.1", "https://localhost"])
def test_pages_of_this_machine_may_call(url: str, origin: str) -> None:
    assert post(f"{url}/mcp", {"Origin": origin}).status_code == 200


def test_the_older_era_checks_host_and_origin_too(url: str) -> None:
    assert post(f"{url}/mcp", {"Host": "evil.example"}, era="legacy").status_code == 421
    assert post(f"{url}/mcp", {"Origin": "https://evil.example"}, era="legacy").status_code == 403


@pytest.mark.parametrize(
    ("host", "origin", "status"),
    [
        ("mcp.example.com", "https://mcp.example.com", 200),
        ("mcp.example.com:8443", "https://mcp.example.com:8443", 200),
        ("mcp.example.com", "http://mcp.example.com", 403),
        ("fixed.example.com:444", "https://fixed.example.com:444", 200),
        ("fixed.example.com", "https://fixed.example.com:444", 421),
        ("127.0.0.1:8000", "http://127.0.0.1:8000", 421),
    ],
)
def test_an_open_server_is_called_by_its_allowed_names_only(
    upstream: str, host: str, origin: str, status: int
) -> None:
    names = ["MCP.example.com", "fixed.example.com:444"]
    app = make_http_app(settings_for(upstream, mcp_tokens=TOKEN), "0.0.0.0", names)
    with served(app) as url:
        assert post(f"{url}/mcp", {"Host": host, "Origin": origin, **bearing(TOKEN)}).status_code == status


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.9.9.9"])
def test_on_loopback_it_starts_as_it_is(host: str) -> None:
    assert make_http_app(Settings(), host).routes


async def test_after_sigterm_a_call_under_way_is_answered_and_no_new_one_taken() -> None:
    held = Held()
    with (
        served(held.app) as upstream,
        replica(API_KEY=KEY, BASE_URL=f"{upstream}/v1", TIMEOUT="45") as server,
    ):
        counts: list[int] = []

        async def call(era: Era) -> None:
            async with calling(server.url, era) as client:
                await client.list_tools()  # the client would ask for the schema of the answer afterwards
                answer = await client.call_tool("list_jobs", {})
                counts.append((answer.structured_content or {})["total"])

        async with anyio.create_task_group() as group:
            for era in ERAS * 3:
                group.start_soon(call, era)
            await held.wait_for(calls=6)
            server.process.send_signal(signal.SIGTERM)
            while server.listens():  # it says nothing when it stops
                await anyio.lowlevel.checkpoint()
            held.let_go.set()

        assert counts == [0] * 6
        assert await anyio.to_thread.run_sync(server.process.wait, 20) == 0


async def test_clients_that_leave_end_their_calls() -> None:
    """Their slots are free again, so the server ends immediately."""
    held = Held()
    with (
        served(held.app) as upstream,
        replica(API_KEY=KEY, BASE_URL=f"{upstream}/v1", TIMEOUT="45") as server,
    ):
        with anyio.move_on_after(30) as leaving:
            async with (
                calling(server.url, "auto") as newer,
                calling(server.url, "legacy") as older,
                anyio.create_task_group() as group,
            ):
                group.start_soon(newer.call_tool, "list_jobs", {})
                group.start_soon(older.call_tool, "list_jobs", {})
                await held.wait_for(calls=2)
                leaving.cancel()
        server.process.send_signal(signal.SIGTERM)
        assert await anyio.to_thread.run_sync(server.process.wait, 20) == 0
        held.let_go.set()


async def test_no_secret_is_logged_at_debug(upstream: str) -> None:
    secrets = {"API_KEY": f"own-{SECRET}", "MCP_TOKENS": f"{TOKEN} {SECRET}-token"}
    with replica("--key-from-header", BASE_URL=f"{upstream}/v1", LOG_LEVEL="DEBUG", **secrets) as server:
        for era, key in product(ERAS, (KEY, f"callers-{SECRET}")):
            async with calling(server.url, era, with_key(key) | bearing(TOKEN)) as client:
                answer = await client.call_tool("list_jobs", {"limit": 1})
                assert isinstance(answer.content[0], TextContent)
        assert post(server.url, bearing(f"wrong-{SECRET}")).status_code == 401
    log = "".join(server.log)
    assert "DEBUG" in log
    assert not [word for word in (SECRET, TOKEN, KEY) if word in log]


def test_the_demo_is_reached_with_the_key_of_a_caller() -> None:
    with replica("--demo", "--key-from-header") as server:
        called = post(server.url, with_key(KEY), message("tools/call", name="list_jobs", arguments={}))
    content = called.json()["result"]["structuredContent"]
    assert (content["simulated"], content["total"]) == (True, 200)
