"""The clients that are kept: each caller has its own, and none is kept forever or closed while in use."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any, cast

import anyio
import pytest
from mcp import MCPError
from pydantic import SecretStr

from bytenite_mcp.jobs.find import Finder
from bytenite_mcp.server.client_pool import IDLE_TIMEOUT, MOST_CALLERS, SWEEP, ClientPool
from bytenite_mcp.server.http.caller import Caller
from bytenite_mcp.table.background import Background
from bytenite_mcp.table.reader import Reader
from tests.conftest import Backend

pytestmark = pytest.mark.anyio


class Bank:
    """Clients that record whether they were closed."""

    def __init__(self) -> None:
        self.opened: list[Caller] = []
        self.closed: list[Caller] = []
        self.clients = ClientPool(self._connect)

    async def call(self, caller: Caller) -> Finder:
        async with self.clients.lend(caller) as finder:
            return finder

    def _connect(self, caller: Caller) -> Finder:
        self.opened.append(caller)
        client = cast("Any", _Client(lambda: self.closed.append(caller)))
        return Finder(client, Reader(client, Background()))


class _Client:
    def __init__(self, closing: Callable[[], None]) -> None:
        self._closing = closing

    async def aclose(self) -> None:
        await anyio.lowlevel.checkpoint()
        self._closing()


@pytest.fixture
def anyio_backend(hurried: Backend) -> Backend:
    return hurried


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


async def test_a_client_that_idles_is_closed_although_nobody_calls(bank: Bank) -> None:
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(bank.clients.forget_idle)
        await bank.call(caller(1))
        await anyio.sleep(IDLE_TIMEOUT - 1)
        assert bank.closed == []
        await bank.call(caller(2))
        await anyio.sleep(SWEEP + 1)
        assert bank.closed == [caller(1)]
        tasks.cancel_scope.cancel()


async def test_a_client_in_use_is_never_closed(bank: Bank) -> None:
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(bank.clients.forget_idle)
        async with bank.clients.lend(caller(1)):
            await anyio.sleep(2 * IDLE_TIMEOUT)
            for number in range(2, MOST_CALLERS + 50):
                await bank.call(caller(number))
            assert caller(1) not in bank.closed
        await anyio.sleep(IDLE_TIMEOUT - 1)
        await bank.call(caller(1))
        assert bank.opened.count(caller(1)) == 1
        tasks.cancel_scope.cancel()


async def test_the_pool_is_bounded_and_the_longest_idle_client_is_closed_first(bank: Bank) -> None:
    for number in range(MOST_CALLERS + 1):
        await anyio.sleep(1)
        await bank.call(caller(number))
    assert bank.closed == [caller(0)]


async def test_a_client_is_closed_although_the_call_that_takes_its_place_is_cancelled(bank: Bank) -> None:
    for number in range(MOST_CALLERS):
        await bank.call(caller(number))
    with anyio.CancelScope() as scope:
        scope.cancel()
        await bank.call(caller(MOST_CALLERS))
    assert bank.closed == [caller(0)]


async def test_a_new_caller_is_refused_while_all_clients_are_in_use(bank: Bank) -> None:
    async with AsyncExitStack() as stack:
        for number in range(MOST_CALLERS):
            await stack.enter_async_context(bank.clients.lend(caller(number)))
        with pytest.raises(MCPError, match="too many calls"):
            await bank.call(caller(MOST_CALLERS))
        await bank.call(caller(0))
    await bank.call(caller(MOST_CALLERS))


async def test_in_the_end_all_are_closed(bank: Bank) -> None:
    for number in range(3):
        await bank.call(caller(number))
    await bank.clients.aclose()
    assert bank.closed == [caller(number) for number in range(3)]
