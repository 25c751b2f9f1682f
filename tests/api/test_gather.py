"""Several concurrent calls, which fail like one."""

import anyio
import pytest

from bytenite_mcp.api.errors import NotFound, ServerFailure
from bytenite_mcp.api.gather import gather

pytestmark = pytest.mark.anyio


async def test_results_come_in_the_order_of_the_calls_though_the_last_ends_first() -> None:
    last_ended = anyio.Event()

    async def first() -> int:
        await last_ended.wait()
        return 1

    async def last() -> int:
        last_ended.set()
        return 2

    assert await gather([first, last]) == [1, 2]


async def test_nothing_to_do_gives_nothing() -> None:
    assert await gather([]) == []


async def test_the_first_failure_ends_the_others_and_is_raised_itself() -> None:
    cancelled = anyio.Event()

    async def waits() -> None:
        try:
            await anyio.sleep_forever()
        finally:
            cancelled.set()

    async def fails() -> None:
        raise NotFound(404)

    with pytest.raises(NotFound):
        await gather([waits, fails])
    assert cancelled.is_set()


async def test_of_two_failures_the_first_is_told() -> None:
    async def fails() -> None:
        raise NotFound(404)

    async def fails_when_cancelled() -> None:
        try:
            await anyio.sleep_forever()
        finally:
            raise ServerFailure(500)

    with pytest.raises(NotFound):
        await gather([fails_when_cancelled, fails])


async def test_a_failure_of_another_kind_is_raised_itself_too() -> None:
    async def fails() -> None:
        raise KeyError("other")

    with pytest.raises(KeyError):
        await gather([fails, anyio.sleep_forever])
