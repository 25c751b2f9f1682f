"""Each caller's own key: no caller sees another's jobs, and no client is kept forever or closed while in use."""

import random
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from typing import Any, cast

import anyio
import httpx
import pytest
from mcp import MCPError
from pydantic import SecretStr

from bytenite_mcp.jobs.find import Finder
from bytenite_mcp.server.client_pool import IDLE, MOST, ClientPool
from bytenite_mcp.server.http.caller import Caller
from bytenite_mcp.server.tools import TITLES
from bytenite_mcp.simulator import World, create_app
from bytenite_mcp.table.reader import Reader
from bytenite_mcp.table.room import Room
from tests.conftest import NOW
from tests.server.conftest import ERAS, Era, both_eras, ids
from tests.server.serving import answer_of, calling, headers_for, message, post, replica, served, with_key

pytestmark = pytest.mark.anyio

CALLERS = 50
FEW, MANY = 4, 200
"""Calls of each; many with `--many`, as `.ci/run` has them."""

AT_ONCE = 40
"""Calls on their way; the server is asked for no more than it takes."""


class Account:
    """One of many accounts, with a different number of jobs."""

    def __init__(self, number: int) -> None:
        self.key = f"key-of-account-{number}"
        self.world = World(12 + number, seed=1000 + number, clock=lambda: NOW, api_key=self.key)
        self.ids = set(ids(self.world, "TRUE"))


@pytest.fixture(scope="module")
def accounts() -> list[Account]:
    return [Account(number) for number in range(CALLERS)]


@pytest.fixture(scope="module")
def url(accounts: list[Account]) -> Iterator[str]:
    """A server on which each caller uses its own key."""
    with (
        served(create_app(*(account.world for account in accounts))) as upstream,
        replica("--key-from-header", BASE_URL=f"{upstream}/v1", API_KEY="the-key-of-the-server") as server,
    ):
        yield server.url


class Visitor:
    """A caller that asks about an account, and checks that every answer is about it."""

    def __init__(self, http: httpx.AsyncClient, url: str, account: Account, everything: set[str]) -> None:
        self.http, self.url, self.key = http, url, account.key
        self.own, self.strangers = sorted(account.ids), sorted(everything - account.ids)
        self.chance = random.Random(account.key)

    async def visit(self) -> None:
        """Make one of several calls."""
        await self.chance.choice([self.list, self.summarize, self.get, self.diagnose, self.get_a_strangers])()

    async def list(self) -> None:
        page = await self.ask("list_jobs", limit=5)
        assert page["total"] == len(self.own)
        assert {job["id"] for job in page["jobs"]} <= set(self.own)

    async def summarize(self) -> None:
        summary = await self.ask("summarize_jobs")
        assert summary["rows"][0][0] == len(self.own)

    async def get(self) -> None:
        wanted = self.chance.choice(self.own)
        assert (await self.ask("get_job", job_id=wanted, detail="concise"))["job"]["id"] == wanted

    async def diagnose(self) -> None:
        """Several requests, between which other calls are made."""
        wanted = self.chance.choice(self.own)
        assert (await self.ask("diagnose_job", job_id=wanted))["job"]["id"] == wanted

    async def get_a_strangers(self) -> None:
        assert (await self.call("get_job", job_id=self.chance.choice(self.strangers))).get("isError")

    async def ask(self, tool: str, **arguments: Any) -> dict[str, Any]:
        result = await self.call(tool, **arguments)
        assert not result.get("isError"), result["content"]
        return dict(result["structuredContent"])

    async def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """Call a tool in either era."""
        body = message("tools/call", name=tool, arguments=arguments)
        headers = headers_for(body, self.chance.choice(ERAS), with_key(self.key))
        return dict(answer_of(await self.http.post(self.url, json=body, headers=headers))["result"])


async def test_fifty_callers_never_see_each_others_jobs(
    url: str, accounts: list[Account], pytestconfig: pytest.Config
) -> None:
    """In random order, and with as many calls in flight as the server accepts."""
    calls = MANY if pytestconfig.getoption("--many") else FEW
    everything = set[str]().union(*(account.ids for account in accounts))
    turns = [number for number in range(CALLERS) for _ in range(calls)]
    random.Random(7).shuffle(turns)
    coming, done = iter(turns), 0

    async with httpx.AsyncClient(timeout=60) as http:
        visitors = [Visitor(http, url, account, everything) for account in accounts]

        async def work() -> None:
            nonlocal done
            for number in coming:
                await visitors[number].visit()
                done += 1

        async with anyio.create_task_group() as group:
            for _ in range(AT_ONCE):
                group.start_soon(work)

    assert done == CALLERS * calls


@both_eras
async def test_a_caller_without_a_key_is_told_how_to_send_one(url: str, era: Era) -> None:
    async with calling(url, era) as client:
        assert len((await client.list_tools()).tools) == len(TITLES)
        resources = {
            resource.name: resource.description or ""
            for resource in (await client.list_resources()).resources
        }
        refused = await client.call_tool("list_jobs", {})

    assert refused.is_error
    assert "X-ByteNite-API-Key" in str(refused.content)
    assert "X-ByteNite-API-Key" in resources["jobs"]


def test_a_key_that_bytenite_refuses_is_not_replaced_by_the_servers(url: str) -> None:
    call = message("tools/call", name="list_jobs", arguments={})
    refused = post(url, with_key("no-such-key"), call).json()["result"]
    assert refused["isError"]
    assert "did not accept the API key" in str(refused["content"])


# The clients that are kept


class Bank:
    """Clients that record whether they were closed, and a controlled clock."""

    def __init__(self) -> None:
        self.now = 0.0
        self.opened: list[Caller] = []
        self.closed: list[Caller] = []
        self.clients = ClientPool(self._connect, clock=lambda: self.now)

    async def call(self, caller: Caller) -> Finder:
        async with self.clients.lend(caller) as finder:
            return finder

    def _connect(self, caller: Caller) -> Finder:
        self.opened.append(caller)
        client = cast("Any", _Client(lambda: self.closed.append(caller)))
        return Finder(client, Reader(client, Room()))


class _Client:
    def __init__(self, closing: Callable[[], None]) -> None:
        self._closing = closing

    async def aclose(self) -> None:
        self._closing()


@pytest.fixture
def bank() -> Bank:
    return Bank()


def caller(number: int, *principal: str) -> Caller:
    return Caller(principal, SecretStr(f"key {number}"))


async def test_a_caller_keeps_its_client(bank: Bank) -> None:
    assert await bank.call(caller(1)) is await bank.call(caller(1))
    assert len(bank.opened) == 1


async def test_different_people_with_one_key_have_different_clients(bank: Bank) -> None:
    assert await bank.call(caller(1, "somebody")) is not await bank.call(caller(1, "somebody else"))


async def test_a_client_that_idles_is_closed_when_anybody_calls(bank: Bank) -> None:
    await bank.call(caller(1))
    bank.now = IDLE
    await bank.call(caller(2))
    assert bank.closed == []
    bank.now = IDLE + 1
    await bank.call(caller(2))
    assert bank.closed == [caller(1)]


async def test_a_client_in_use_is_never_closed(bank: Bank) -> None:
    async with bank.clients.lend(caller(1)):
        bank.now = 2 * IDLE
        for number in range(2, MOST + 50):
            await bank.call(caller(number))
        assert caller(1) not in bank.closed
    bank.now += IDLE
    await bank.call(caller(1))
    assert bank.opened.count(caller(1)) == 1


async def test_the_pool_is_bounded_and_the_longest_idle_client_is_closed_first(bank: Bank) -> None:
    for number in range(MOST + 1):
        bank.now = float(number)
        await bank.call(caller(number))
    assert bank.closed == [caller(0)]


async def test_a_new_caller_is_refused_while_all_clients_are_in_use(bank: Bank) -> None:
    async with AsyncExitStack() as stack:
        for number in range(MOST):
            await stack.enter_async_context(bank.clients.lend(caller(number)))
        with pytest.raises(MCPError, match="too many calls"):
            await bank.call(caller(MOST))
        await bank.call(caller(0))
    await bank.call(caller(MOST))


async def test_in_the_end_all_are_closed(bank: Bank) -> None:
    for number in range(3):
        await bank.call(caller(number))
    await bank.clients.aclose()
    assert bank.closed == [caller(number) for number in range(3)]


def test_a_callers_key_is_not_shown() -> None:
    assert "key 1" not in repr(caller(1))
