"""Tokens: one exchange for any number of waiting calls, renewal before expiry, shared failures."""

from functools import partial

import anyio
import anyio.lowlevel
import pytest

from bytenite_mcp.api.errors import ServerFailure
from bytenite_mcp.api.gather import gather
from bytenite_mcp.api.tokens import Tokens
from bytenite_mcp.api.values import Json, JsonObject
from tests.conftest import VirtualTime

pytestmark = pytest.mark.anyio


class Exchange:
    """Returns a new token at each call, and counts the calls."""

    def __init__(self, expires_in: Json = "3600", *, failures: int = 0) -> None:
        self.asked = 0
        self.expires_in = expires_in
        self.failures = failures
        self.hanging = False

    async def __call__(self) -> JsonObject:
        self.asked += 1
        await anyio.lowlevel.checkpoint()
        if self.hanging:
            await anyio.sleep_forever()
        if self.asked <= self.failures:
            raise ServerFailure(500)
        return {"token": f"token-{self.asked}", "expiresIn": self.expires_in}


async def test_twenty_who_ask_at_once_share_one_exchange(clock: VirtualTime) -> None:
    exchange = Exchange()
    tokens = Tokens(exchange, clock)
    got: list[str] = []

    async def ask() -> None:
        got.append(await tokens.get())

    async with anyio.create_task_group() as group:
        for _ in range(20):
            group.start_soon(ask)
    assert got == ["token-1"] * 20
    assert exchange.asked == 1


async def test_twenty_who_find_it_refused_share_one_exchange(clock: VirtualTime) -> None:
    exchange = Exchange()
    tokens = Tokens(exchange, clock)
    refused = await tokens.get()
    async with anyio.create_task_group() as group:
        for _ in range(20):
            group.start_soon(partial(tokens.get, refused=refused))
    assert exchange.asked == 2


async def test_a_token_refused_after_it_was_replaced_asks_for_none(clock: VirtualTime) -> None:
    exchange = Exchange()
    tokens = Tokens(exchange, clock)
    await tokens.get()
    await tokens.get(refused="token-1")
    assert await tokens.get(refused="token-1") == "token-2"
    assert exchange.asked == 2


async def test_a_token_is_renewed_a_minute_before_it_ends(clock: VirtualTime) -> None:
    tokens = Tokens(Exchange(), clock)
    assert await tokens.get() == "token-1"
    clock.seconds += 3539
    assert await tokens.get() == "token-1"
    clock.seconds += 1
    assert await tokens.get() == "token-2"


async def test_a_short_lived_token_is_used_for_half_its_life(clock: VirtualTime) -> None:
    tokens = Tokens(Exchange("20"), clock)
    await tokens.get()
    clock.seconds += 9
    assert await tokens.get() == "token-1"
    clock.seconds += 2
    assert await tokens.get() == "token-2"


@pytest.mark.parametrize("expires_in", [None, "", "soon", "0", 0, -1, "-60", {}, "1e999"])
async def test_a_token_that_does_not_say_how_long_it_lives_is_taken_for_an_hour(
    expires_in: Json, clock: VirtualTime
) -> None:
    tokens = Tokens(Exchange(expires_in), clock)
    await tokens.get()
    clock.seconds += 3500
    assert await tokens.get() == "token-1"


async def test_all_waiting_calls_get_the_failure_of_their_shared_exchange(clock: VirtualTime) -> None:
    exchange = Exchange(failures=1)
    tokens = Tokens(exchange, clock)
    failures = 0

    async def ask() -> None:
        nonlocal failures
        try:
            await tokens.get()
        except ServerFailure:
            failures += 1

    async with anyio.create_task_group() as group:
        for _ in range(20):
            group.start_soon(ask)
    assert failures == 20
    assert exchange.asked == 1


async def test_who_asks_after_a_failure_asks_anew(clock: VirtualTime) -> None:
    tokens = Tokens(Exchange(failures=1), clock)
    with pytest.raises(ServerFailure):
        await tokens.get()
    assert await gather([tokens.get, tokens.get]) == ["token-2"] * 2


async def test_while_a_token_is_good_a_renewal_that_fails_is_not_noticed_and_not_tried_each_time(
    clock: VirtualTime,
) -> None:
    exchange = Exchange()
    tokens = Tokens(exchange, clock)
    await tokens.get()
    exchange.failures = 3
    clock.seconds += 3550
    assert [await tokens.get() for _ in range(5)] == ["token-1"] * 5
    assert exchange.asked == 2
    clock.seconds += 6
    assert await tokens.get() == "token-1"
    clock.seconds += 6
    assert await tokens.get() == "token-4"


async def test_once_a_token_has_ended_the_failure_of_its_renewal_is_told(clock: VirtualTime) -> None:
    exchange = Exchange()
    tokens = Tokens(exchange, clock)
    await tokens.get()
    exchange.failures = 9
    clock.seconds += 3601
    with pytest.raises(ServerFailure):
        await tokens.get()


async def test_a_refused_token_is_not_given_again_when_its_renewal_fails(clock: VirtualTime) -> None:
    exchange = Exchange()
    tokens = Tokens(exchange, clock)
    await tokens.get()
    exchange.failures = 9
    for _ in range(2):
        with pytest.raises(ServerFailure):
            await tokens.get(refused="token-1")
    with pytest.raises(ServerFailure):
        await tokens.get()


async def test_a_token_that_is_good_is_not_waited_for_while_it_is_renewed(clock: VirtualTime) -> None:
    exchange = Exchange()
    tokens = Tokens(exchange, clock)
    await tokens.get()
    exchange.hanging = True
    clock.seconds += 3550
    async with anyio.create_task_group() as group:
        group.start_soon(tokens.get)
        await anyio.wait_all_tasks_blocked()
        assert await tokens.get() == "token-1"
        group.cancel_scope.cancel()


async def test_who_gives_up_waiting_does_not_spoil_it_for_the_others(clock: VirtualTime) -> None:
    asked = anyio.Event()

    async def exchange() -> JsonObject:
        if not asked.is_set():
            asked.set()
            await anyio.sleep_forever()
        return {"token": "a-token"}

    tokens = Tokens(exchange, clock)
    async with anyio.create_task_group() as first:
        first.start_soon(tokens.get)
        await asked.wait()
        first.cancel_scope.cancel()
    assert await tokens.get() == "a-token"


async def test_a_token_is_not_in_the_repr(clock: VirtualTime) -> None:
    tokens = Tokens(Exchange(), clock)
    token = await tokens.get()
    assert token not in f"{tokens!r} {vars(tokens)!r}"
