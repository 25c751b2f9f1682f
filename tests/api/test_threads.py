"""Work in a thread: its result and failure come back, and a call that is over does not wait for it."""

import threading

import anyio
import pytest

from bytenite_mcp.api.threads import LARGEST_SMALL, run_in_thread, run_on
from bytenite_mcp.api.values import Json

pytestmark = pytest.mark.anyio


async def test_work_is_done_in_another_thread_with_its_arguments() -> None:
    def work(one: int, *, other: int) -> tuple[int, bool]:
        return one + other, threading.current_thread() is threading.main_thread()

    assert await run_in_thread(work, 1, other=2) == (3, False)


@pytest.mark.parametrize(
    ("text", "in_thread"),
    [("short", False), ("x" * LARGEST_SMALL, True), ("\ud800", True)],
    ids=["small", "large", "without JSON"],
)
async def test_work_on_a_record_is_done_in_another_thread_unless_the_record_is_small(
    text: str, in_thread: bool
) -> None:
    def work(record: dict[str, Json], name: str) -> tuple[Json, bool]:
        return record[name], threading.current_thread() is not threading.main_thread()

    record: dict[str, Json] = {"name": text}
    assert await run_on(record, work, "name") == (text, in_thread)


async def test_a_failure_is_raised_where_it_is_waited_for() -> None:
    with pytest.raises(ZeroDivisionError):
        await run_in_thread(divmod, 1, 0)


async def test_a_cancelled_call_does_not_wait_for_its_work() -> None:
    begun, end, done = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        end.wait(5)
        done.set()

    async with anyio.create_task_group() as group:
        group.start_soon(run_in_thread, work)
        await anyio.to_thread.run_sync(begun.wait)
        group.cancel_scope.cancel()
    assert not done.is_set()
    end.set()
