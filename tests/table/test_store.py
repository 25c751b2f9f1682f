"""The table as a whole: what is put into it and taken out, and its replacement by a complete reading."""

import anyio
import anyio.to_thread
import pytest

from bytenite_mcp.table.store import PAGE, UNREADABLE_COUNTS, Store
from tests.conftest import NOW
from tests.table.stores import job, rows

pytestmark = pytest.mark.anyio


async def test_many_records_are_put_at_once(store: Store) -> None:
    records = [job(str(number)) for number in range(2 * PAGE + 1)]
    changes = await store.put(records, 1)
    assert changes.added == len(set(changes.numbers)) == await store.count() == len(records)


async def test_jobs_that_are_gone_are_taken_out(store: Store) -> None:
    await store.put([job("a"), job("b"), job("c")], 1)
    assert await store.remove(["a", "c", "unheard of"]) == 2
    assert await rows(store, "id") == ["b"]


async def test_jobs_that_may_have_changed_since_they_were_seen_are_named(store: Store) -> None:
    await store.set_clock(NOW)
    just_now, long_ago = "2026-03-04T15:25:00Z", "2026-03-04T15:15:00Z"
    records = [
        job("draft"),
        job("running", state="JOB_STATE_MERGING"),
        job("unknown", state="JOB_STATE_PAUSED"),
        job("just finished", state="JOB_STATE_FAILED", endedAt=just_now),
        job("finished", state="JOB_STATE_COMPLETE", endedAt=long_ago),
    ]
    await store.put(records, 5)
    assert await store.unsettled(5) == []
    assert sorted(map(str, await store.unsettled(6))) == ["just finished", "running", "unknown"]
    await store.put([records[1], records[3]], 7)
    assert await store.unsettled(7) == ["unknown"]


async def test_unreadable_values_are_counted_by_column(store: Store) -> None:
    await store.put([job("a", duration="odd", name=5), job("b", duration=True), job("c", duration=1)], 1)
    counted = await store.read(lambda cursor: cursor.execute(UNREADABLE_COUNTS).fetchall())
    assert dict(counted) == {"duration": 2, "name": 1}


async def test_a_table_that_was_closed_is_an_empty_one(store: Store) -> None:
    await store.put([job()], 1)
    store.close()
    assert await store.count() == 0


async def test_many_may_ask_for_the_first_time_at_once(store: Store) -> None:
    async with anyio.create_task_group() as tasks:
        for number in range(5):
            tasks.start_soon(store.put, [job(str(number))], 1)
    assert await store.count() == 5
