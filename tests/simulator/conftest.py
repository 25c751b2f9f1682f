"""A small account, a clock that tests move, and a client that asks."""

from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from bytenite_mcp.simulator import Fault, World, create_app
from tests.conftest import NOW

VALUE = "type.googleapis.com/google.protobuf.Value"


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.time = NOW

    def __call__(self) -> datetime:
        return self.time

    def move(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


class Asker:
    """A client that sends what a real client would, and nothing more."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http

    async def sign_in(self, key: str = "demo-key") -> httpx.Response:
        answer = await self.http.post("auth/access_token", json={"apiKey": key})
        self.http.headers["Authorization"] = answer.json().get("token", "")
        return answer

    async def get(self, path: str, **query: str) -> httpx.Response:
        return await self.http.get(f"customer/{path}", params=query)

    async def filter(self, field: str, condition: str, operand: Any, **body: Any) -> httpx.Response:
        value = {"@type": VALUE, "value": operand}
        filters = [{"field": field, "condition": f"FILTER_CONDITION_{condition}", "value": value}]
        return await self.post("jobs/filter", {"filters": filters, **body})

    async def post(self, path: str, body: Any) -> httpx.Response:
        return await self.http.post(f"customer/{path}", json=body)


def asking(app: Starlette) -> Asker:
    transport = httpx.ASGITransport(app)
    return Asker(httpx.AsyncClient(transport=transport, base_url="http://simulator/v1/"))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def world(clock: Clock) -> World:
    return World(200, seed=7, clock=clock)


@pytest.fixture
def app(world: World) -> Starlette:
    return create_app(world)


@pytest.fixture
async def asker(app: Starlette) -> AsyncIterator[Asker]:
    client = asking(app)
    async with client.http:
        await client.sign_in()
        app.state.requests.clear()
        yield client


def refused(answer: Any, status: Any, code: Any) -> Any:
    body = answer.json()
    return answer.status_code == status and body["code"] == code and body["message"] and body["details"] == []


Failing = Callable[..., None]


@pytest.fixture
def failing(app: Starlette) -> Failing:
    """Set faults, written as on the command line."""
    return lambda *specs: app.state.faults.set(*(Fault.parse(spec) for spec in specs))
