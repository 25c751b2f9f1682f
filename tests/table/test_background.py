"""What tables share: tasks that outlive their callers, turns, and a limit on all jobs together."""

import anyio
import anyio.lowlevel
import pytest

from bytenite_mcp.table.background import READINGS_AT_ONCE, Background, Share, Turns

pytestmark = pytest.mark.anyio


class Work:
    """Does nothing until it is released or cancelled, which takes it a moment, and counts its turns."""

    def __init__(self) -> None:
        self.begun = 0
        self.ended = 0
        self.left = 0
        self.begins = anyio.Event()
        self.goes_on = anyio.Event()

    async def __call__(self) -> None:
        self.begun += 1
        self.begins.set()
        try:
            await self.goes_on.wait()
            self.ended += 1
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.lowlevel.checkpoint()
            self.left += 1


async def test_calls_that_begin_during_a_turn_share_the_next() -> None:
    work, served = Work(), list[str]()
    async with Background() as background, anyio.create_task_group() as callers:
        turns = Turns(background, work)

        async def call(name: str) -> None:
            await turns.wait()
            served.append(f"{name} after {work.begun}")

        callers.start_soon(call, "first")
        await work.begins.wait()
        callers.start_soon(call, "second")
        callers.start_soon(call, "third")
        await anyio.wait_all_tasks_blocked()
        work.goes_on.set()
    assert sorted(served) == ["first after 1", "second after 2", "third after 2"]


async def test_a_turn_goes_on_though_its_caller_leaves() -> None:
    work = Work()
    async with Background() as background:
        turns = Turns(background, work)
        async with anyio.create_task_group() as callers:
            callers.start_soon(turns.wait)
            await work.begins.wait()
            callers.cancel_scope.cancel()
        work.goes_on.set()
        await turns.wait()
    assert work.ended == 2


async def test_all_waiting_callers_get_the_exception_of_a_turn() -> None:
    async def fail() -> None:
        raise ValueError("no news")

    async with Background() as background:
        turns = Turns(background, fail)
        for _ in range(2):
            with pytest.raises(ValueError, match="no news"):
                await turns.wait()


async def test_all_tables_together_hold_no_more_than_allowed() -> None:
    background = Background(most_jobs=100)
    one, other = Share(background), Share(background)
    one.note(70)
    assert (other.limit, one.limit) == (30, 100)
    one.note(0)
    assert other.limit == 100


async def test_a_third_table_is_read_while_one_of_two_has_no_request_under_way() -> None:
    background, read = Background(), list[str]()

    async def read_page(share: Share) -> None:
        async with share:
            read.append("page")

    first, second, third = Share(background), Share(background), Share(background)
    async with anyio.create_task_group() as readings, first:
        async with second, second:
            readings.start_soon(read_page, third)
            await anyio.wait_all_tasks_blocked()
            assert not read
        await anyio.wait_all_tasks_blocked()
        assert read == ["page"]


async def test_requests_of_a_table_that_begin_together_take_one_place_and_give_it_back() -> None:
    background = Background()
    share, places = Share(background), list[int]()

    async def read_page() -> None:
        async with share:
            await anyio.lowlevel.checkpoint()
            places.append(background.readings.value)

    for _ in range(2):
        async with anyio.create_task_group() as requests:
            for _ in range(3):
                requests.start_soon(read_page)
    assert set(places) == {READINGS_AT_ONCE - 1}
    assert background.readings.value == READINGS_AT_ONCE


async def test_work_under_way_has_ended_when_the_background_is_left() -> None:
    work = Work()
    async with Background() as background:
        background.start(work)
        await work.begins.wait()
    assert (work.left, work.ended) == (1, 0)


async def test_no_turn_begins_after_they_were_cancelled() -> None:
    work = Work()
    async with Background() as background:
        turns = Turns(background, work)
        async with anyio.create_task_group() as callers:
            callers.start_soon(turns.wait)
            await work.begins.wait()
            callers.start_soon(turns.wait)
            await anyio.wait_all_tasks_blocked()
            callers.cancel_scope.cancel()
        await turns.cancel()
        assert work.left == 1
        work.goes_on.set()
        await anyio.wait_all_tasks_blocked()
    assert work.begun == 1
