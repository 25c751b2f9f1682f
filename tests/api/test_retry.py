"""Retries: after which failures, how often, after what pause, and never beyond the caller's deadline."""

import email.utils
import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import anyio
import httpx
import pytest
from starlette.applications import Starlette

from bytenite_mcp.api import errors
from bytenite_mcp.api.client import Client
from bytenite_mcp.api.errors import ByteNiteError
from bytenite_mcp.api.filters import Condition, Filter
from bytenite_mcp.api.retry import read_date, read_retry_after
from bytenite_mcp.simulator import Fault
from tests.conftest import Backend, Turns, VirtualTime, answering, carrying, client_to, make_client

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend(hurried: Backend) -> Backend:
    return hurried


FAILED = Filter(field="state", condition=Condition.EQ, value="JOB_STATE_FAILED")
PAGE = {"pagination": {"total": 0}, "data": []}


def paths(app: Starlette) -> list[str]:
    return [seen.path for seen in app.state.requests]


@pytest.mark.parametrize(
    "transient",
    [
        httpx.Response(429),
        httpx.Response(500),
        httpx.Response(502, html="<html>"),
        httpx.Response(503),
        httpx.Response(504),
        httpx.Response(200, json={"ok": False, "error": {"code": 14}}),
        httpx.Response(200, text='{"pagination": {"total'),
        httpx.Response(200, html="<html>Try again</html>"),
        httpx.Response(200),
        httpx.DecodingError("x"),
        httpx.ConnectError("x"),
        httpx.ReadError("x"),
        httpx.RemoteProtocolError("x"),
    ],
)
async def test_what_may_pass_is_tried_again(transient: Any, clock: VirtualTime) -> None:
    turns = Turns(transient, transient, httpx.Response(200, json=PAGE))
    async with client_to(answering(turns), clock) as client:
        assert (await client.filter_jobs([FAILED], limit=1)).total == 0
    assert len(turns.asked) == 3
    assert len({request.content for request in turns.asked}) == 1
    assert 0.6 <= sum(clock.slept) <= 4


@pytest.mark.parametrize(
    "lasting", [*map(httpx.Response, (400, 403, 404, 418, 302)), httpx.Response(200, json=[1])]
)
async def test_what_will_not_pass_is_asked_once(lasting: httpx.Response) -> None:
    turns = Turns(lasting)
    async with client_to(answering(turns)) as client:
        with pytest.raises(ByteNiteError):
            await client.info()
    assert len(turns.asked) == 1


async def test_after_the_last_retry_the_failure_is_told(clock: VirtualTime) -> None:
    turns = Turns(httpx.Response(503))
    with pytest.raises(errors.ServerFailure):
        async with client_to(answering(turns), clock, max_retries=2) as client:
            await client.info()
    assert len(turns.asked) == 3


async def test_the_exchange_of_the_key_is_tried_again_too(client: Client, app: Starlette) -> None:
    app.state.faults.set(Fault("503", on="access_token", times=2))
    await client.info()
    assert paths(app) == ["/v1/auth/access_token"] * 3 + ["/v1/customer/info"]


async def test_waits_grow_and_differ(clock: VirtualTime) -> None:
    async with client_to(answering(Turns(httpx.Response(500))), clock, max_retries=10) as client:
        with pytest.raises(errors.ServerFailure):
            await client.info()
    backoffs = [0.2, 0.4, 0.8, 1.6, 3.2, 4, 4, 4, 4, 4]
    assert all(0 <= wait - backoff <= 0.3 for wait, backoff in zip(clock.slept, backoffs, strict=True))
    assert len(set(clock.slept)) == 10


async def test_the_wait_that_is_asked_for_is_obeyed(clock: VirtualTime) -> None:
    turns = Turns(httpx.Response(429, headers={"retry-after": "7"}), httpx.Response(200, json={}))
    async with client_to(answering(turns), clock) as client:
        await client.info()
    assert clock.slept[0] == 7
    assert len(turns.asked) == 2


def test_the_wait_may_be_a_date_by_the_servers_clock_or_ours() -> None:
    def dated(seconds: float) -> str:
        return email.utils.formatdate(seconds, usegmt=True)

    assert read_retry_after({"retry-after": dated(1009), "date": dated(1000)}) == 9
    assert read_retry_after({"retry-after": dated(991), "date": dated(1000)}) == 0
    assert 3000 < (read_retry_after({"retry-after": dated(time.time() + 3600)}) or 0) <= 3600
    assert read_retry_after({"retry-after": "soon"}) is None


@pytest.fixture
def new_york(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Run in the local time of New York."""
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="needs POSIX's tzset")
@pytest.mark.usefixtures("new_york")
@pytest.mark.parametrize("spelt", ["Sun Nov  6 08:49:37 1994", "Sun, 06 Nov 1994 08:49:37 GMT"])
def test_a_date_without_a_zone_is_in_utc_wherever_this_runs(spelt: str) -> None:
    assert read_date({"date": spelt}) == datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)


@pytest.mark.parametrize("asked", ["16", "3600", "999999999999"])
async def test_a_wait_of_more_than_fifteen_seconds_is_not_waited_for(asked: str, clock: VirtualTime) -> None:
    turns = Turns(httpx.Response(429, headers={"retry-after": asked}))
    with pytest.raises(errors.TooManyRequests) as failed:
        async with client_to(answering(turns), clock) as client:
            await client.info()
    assert len(turns.asked) == 1
    assert not clock.slept
    assert failed.value.retry_after == min(int(asked), 999_999_999)


@pytest.mark.parametrize(("asked", "left"), [("16", 16), ("40", 40), ("86400", 60)])
async def test_a_limit_that_is_not_waited_for_is_told_until_a_call_asks_again_after_at_most_a_minute(
    asked: str, left: int, clock: VirtualTime
) -> None:
    turns = Turns(httpx.Response(429, headers={"retry-after": asked}), httpx.Response(200, json={}))
    async with client_to(answering(turns), clock) as client:
        for _ in range(2):
            with pytest.raises(errors.TooManyRequests) as failed:
                await client.info()
        assert len(turns.asked) == 1
        assert failed.value.retry_after == int(asked)
        clock.seconds += left
        await client.info()
    assert not clock.slept


async def test_a_limit_holds_back_the_next_call_if_the_last_may_not_be_retried(clock: VirtualTime) -> None:
    turns = Turns(httpx.Response(429, headers={"retry-after": "7"}), httpx.Response(200, json={}))
    async with client_to(answering(turns), clock, max_retries=0) as client:
        with pytest.raises(errors.TooManyRequests):
            await client.info()
        await client.info()
    assert 7 <= clock.slept[0] <= 8


@pytest.mark.parametrize(
    ("failing", "held"),
    [
        (httpx.Response(429), True),
        (httpx.Response(503, headers={"retry-after": "7"}), True),
        (httpx.Response(503), False),
    ],
)
async def test_a_failure_holds_back_other_calls_only_if_it_is_a_limit(
    failing: httpx.Response, held: bool, clock: VirtualTime
) -> None:
    turns = Turns(failing, httpx.Response(200, json={}))
    async with client_to(answering(turns), clock, max_retries=0) as client:
        with pytest.raises(errors.Refusal):
            await client.info()
        await client.info()
    assert bool(clock.slept) is held


async def test_calls_at_once_share_the_wait(clock: VirtualTime) -> None:
    limited_until = 0.0
    refused = 0

    def limited(request: httpx.Request) -> httpx.Response:
        nonlocal limited_until, refused
        limited_until = limited_until or clock() + 5
        if clock() < limited_until:
            refused += 1
            return httpx.Response(429, headers={"retry-after": "5"})
        return httpx.Response(200, json={})

    async with client_to(answering(limited), clock) as client:
        with anyio.fail_after(10):
            async with anyio.create_task_group() as group:
                for _ in range(20):
                    group.start_soon(client.info)
            late_began = clock()
            await client.info()
    assert refused <= 20
    assert clock() - 1000 < 30
    assert clock() == late_began


async def test_a_call_made_while_bytenite_limits_waits_with_the_others(clock: VirtualTime) -> None:
    asked_at: list[float] = []
    first = anyio.Event()

    def limited(request: httpx.Request) -> httpx.Response:
        asked_at.append(clock())
        first.set()
        return (
            httpx.Response(200, json={})
            if asked_at[1:]
            else httpx.Response(429, headers={"retry-after": "5"})
        )

    async with client_to(answering(limited), clock) as client, anyio.create_task_group() as group:
        group.start_soon(client.info)
        await first.wait()
        await anyio.wait_all_tasks_blocked()
        group.start_soon(client.info)
    assert asked_at[0] == 1000
    assert all(moment >= 1005 for moment in asked_at[1:])
    assert len(asked_at) == 3


async def test_cancelling_a_call_that_waits_ends_it(app: Starlette) -> None:
    waiting = anyio.Event()

    async def sleep(seconds: float) -> None:
        waiting.set()
        await anyio.sleep_forever()

    app.state.faults.set(Fault("503"))
    async with (
        make_client(carrying(app), sleep=sleep) as client,
        anyio.create_task_group() as group,
    ):
        group.start_soon(client.info)
        await waiting.wait()
        group.cancel_scope.cancel()
    assert paths(app) == ["/v1/auth/access_token", "/v1/customer/info"]


# The caller's deadline


@pytest.mark.parametrize(
    ("failing", "seconds"),
    [(httpx.Response(429, headers={"retry-after": "7"}), 6.0), (httpx.Response(503), 0.1)],
)
async def test_a_wait_that_would_end_too_late_is_not_begun(
    failing: httpx.Response, seconds: float, clock: VirtualTime
) -> None:
    turns = Turns(failing)
    async with client_to(answering(turns), clock) as client:
        with anyio.fail_after(seconds), pytest.raises(errors.Refusal) as failed:
            await client.info()
    assert failed.value.status == failing.status_code
    assert len(turns.asked) == 1
    assert not clock.slept


async def test_a_wait_that_ends_in_time_is_waited(clock: VirtualTime) -> None:
    turns = Turns(httpx.Response(429, headers={"retry-after": "7"}), httpx.Response(200, json={}))
    async with client_to(answering(turns), clock) as client:
        with anyio.fail_after(8):
            await client.info()
    assert clock.slept[0] == 7


async def test_a_call_with_less_time_than_bytenites_limit_lasts_is_told_so_at_once(
    clock: VirtualTime,
) -> None:
    turns = Turns(httpx.Response(429, headers={"retry-after": "9"}))
    async with client_to(answering(turns), clock) as client:
        for _ in range(2):
            with anyio.fail_after(5), pytest.raises(errors.TooManyRequests) as failed:
                await client.info()
            clock.seconds += 2
    assert failed.value.retry_after == 7
    assert len(turns.asked) == 1
    assert not clock.slept


class Unreliable(httpx.AsyncBaseTransport):
    """Carries requests to the simulator, 20 % of which fail with 503, 5 % with 429, and 5 % in the middle of a body."""

    def __init__(self, app: Starlette, seed: int) -> None:
        self._carried = carrying(app)
        self._random = random.Random(seed)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        drawn = self._random.random()
        if drawn < 0.25:
            limited = httpx.Response(429, headers={"retry-after": "1"})
            return httpx.Response(503) if drawn < 0.2 else limited
        response = await self._carried.handle_async_request(request)
        body = await response.aread()
        return httpx.Response(response.status_code, content=body[: len(body) // 2] if drawn < 0.3 else body)


@pytest.mark.parametrize("seed", range(5))
async def test_of_120_calls_of_which_a_third_fails_at_first_at_most_six_fail_at_last(
    app: Starlette, clock: VirtualTime, seed: int
) -> None:
    failed = 0
    async with client_to(Unreliable(app, seed), clock) as client:
        for _ in range(120):
            try:
                await client.jobs(limit=20)
            except ByteNiteError:
                failed += 1
    assert failed <= 6
