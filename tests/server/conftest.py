"""A server over the simulator, and a real client, in either era of the protocol."""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, Literal

import httpx
import pytest
from mcp import Client
from mcp.types import CallToolResult, TextContent
from starlette.applications import Starlette

from bytenite_mcp.config import Settings
from bytenite_mcp.server.app import build_server
from bytenite_mcp.server.mcp_server import ByteNiteServer
from bytenite_mcp.simulator import World
from tests.conftest import HOST, NOW, carrying

Era = Literal["auto", "legacy"]

ERAS: tuple[Era, ...] = ("auto", "legacy")
SETTINGS = Settings.model_validate(
    {"api_key": "demo-key", "base_url": f"https://{HOST}/v1", "max_retries": 0, "log_level": "CRITICAL"}
)

both_eras = pytest.mark.parametrize("era", ERAS)
"""For tests in both eras of the protocol; others run in the newer."""


@dataclass(frozen=True)
class Answer:
    """A tool's answer, in both channels."""

    text: str
    content: dict[str, Any]
    failed: bool

    @classmethod
    def of(cls, result: CallToolResult) -> "Answer":
        (block,) = result.content
        assert isinstance(block, TextContent)
        return cls(block.text, result.structured_content or {}, bool(result.is_error))


@dataclass(frozen=True)
class Asker:
    """A client, connected to a server over an app that takes the place of ByteNite."""

    client: Client
    app: Starlette

    async def tell(self, tool: str, **arguments: Any) -> Answer:
        """Call a tool, which may fail."""
        return Answer.of(await self.client.call_tool(tool, arguments))

    async def ask(self, tool: str, **arguments: Any) -> Answer:
        """Call a tool, which must not fail."""
        answer = await self.tell(tool, **arguments)
        assert not answer.failed, answer.text
        return answer

    async def fail(self, tool: str, **arguments: Any) -> str:
        """Call a tool, which must fail; return its error."""
        answer = await self.tell(tool, **arguments)
        assert answer.failed, answer.text
        return answer.text

    def sent(self) -> list[tuple[str, str, Any]]:
        """The requests to ByteNite, except for the token: method, path, and query or body."""
        return [
            (
                request.method,
                request.path.removeprefix("/v1/customer/"),
                request.body if request.body else request.query,
            )
            for request in self.app.state.requests
            if not request.path.endswith("/auth/access_token")
        ]


class Exchangeable(httpx.AsyncBaseTransport):
    """Passes requests on to a test's transport."""

    def __init__(self) -> None:
        self.by: httpx.AsyncBaseTransport = httpx.AsyncBaseTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self.by.handle_async_request(request)

    async def aclose(self) -> None:
        await self.by.aclose()


FREE: list[tuple[ByteNiteServer, Exchangeable]] = []
"""Servers that no test is using; making one takes longer than most questions."""


@contextmanager
def lent(transport: httpx.AsyncBaseTransport) -> Iterator[ByteNiteServer]:
    """Lend a server from the pool, with a transport; it keeps no state between clients."""
    if FREE:
        server, carrying = FREE.pop()
    else:
        carrying = Exchangeable()
        server = build_server(SETTINGS, carrying)
    carrying.by = transport
    yield server
    # Not reached if the test fails, because the server may then be in any state.
    FREE.append((server, carrying))


@asynccontextmanager
async def connected(
    app: Starlette | httpx.AsyncBaseTransport, era: Era = "auto", settings: Settings = SETTINGS, **more: Any
) -> AsyncIterator[Asker]:
    """Connect a client to a server over an app, or over any transport."""
    if isinstance(app, httpx.AsyncBaseTransport):
        transport, app = app, Starlette()
    else:
        transport = carrying(app)
    serving = lent(transport) if settings is SETTINGS else nullcontext(build_server(settings, transport))
    with serving as server:
        async with Client(server, mode=era, **more) as client:
            yield Asker(client, app)


def page_of(*records: Any) -> dict[str, Any]:
    """Return records as the only page."""
    return {"pagination": {"total": len(records), "offset": 0, "hasNext": False}, "data": list(records)}


def tokens(value: Any) -> float:
    """Estimate the tokens of a text, or of structured content."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return len(text) / 4


@cache
def world_of(jobs: int, seed: int) -> World:
    """Make a cached world with a fixed clock."""
    return World(jobs, seed, clock=lambda: NOW)


@cache
def present_world(jobs: int) -> World:
    """Make a world with its clock fixed at the current time, for tests that depend on the time of day."""
    now = datetime.now(UTC)
    return World(jobs, seed=3, clock=lambda: now)


def ids(world: World, where: str, *parameters: Any) -> list[str]:
    """Find jobs by SQL, newest first."""
    found = world.rows(f"SELECT id FROM jobs WHERE {where} ORDER BY created DESC", parameters)
    return [str(job_id) for (job_id,) in found]


@pytest.fixture
def era() -> Era:
    return "auto"


@pytest.fixture
def world() -> World:
    return world_of(200, 7)


@pytest.fixture
async def asker(app: Starlette, era: Era) -> AsyncIterator[Asker]:
    async with connected(app, era) as asking:
        yield asking
