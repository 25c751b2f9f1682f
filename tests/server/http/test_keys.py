"""Each caller's own key: no caller sees another's jobs."""

import random
from collections.abc import Iterator
from typing import Any

import anyio
import httpx
import pytest

from bytenite_mcp.server.tools import TOOLS
from bytenite_mcp.simulator import World, create_app
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
        replica(
            "--key-from-header", BASE_URL=f"{upstream}/v1", API_KEY="the-key-of-the-server", TIMEOUT="45"
        ) as server,
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
        assert len((await client.list_tools()).tools) == len(TOOLS)
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
