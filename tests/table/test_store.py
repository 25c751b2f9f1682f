"""The table as a whole: what is put into it and taken out, and its replacement by a complete reading."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio
import anyio.to_thread
import pytest

from bytenite_mcp.table.store import PAGE, UNREADABLE_COUNTS, Store
from tests.conftest import NOW

from .stores import job, rows

pytestmark = pytest.mark.anyio


async def test_many_records_are_put_at_once(store: Store) -> None:
    records = [job(str(number)) for number in range(2 * PAGE + 1)]
    changes = await store.put(records, 1)
    assert changes.added == len(set(changes.numbers)) == await store.count() == len(records)


async def test_jobs_that_are_gone_are_taken_out(store: Store) -> None:
    await store.put([job("a"), job("b"), job("c")], 1)
    assert await store.remove(["a", "c", "unheard of"]) == 2
    assert await rows(store, "id") == ["b"]


async def test_what_a_complete_reading_filled_takes_the_tables_place_in_one_step(store: Store) -> None:
    await store.fill([job("a"), job("b")], 1)
    await store.start_filling()
    await store.fill([job("b"), job("c")], 2)
    assert await rows(store, "id") == ["a", "b"]
    assert await store.vanished(1) == ["a"]
    await store.finish_filling(since=1)
    assert await rows(store, "id") == ["b", "c"]


async def test_what_was_put_since_a_reading_began_outlives_it_unless_it_was_read_later(store: Store) -> None:
    await store.put([job("a", name="old"), job("b"), job("gone")], 1)
    await store.start_filling()
    await store.fill([job("a", name="read before")], 3)
    await store.put([job("a", name="put after"), job("b", name="put before"), job("new")], 4)
    await store.fill([job("b", name="read after")], 5)
    assert await store.vanished(2) == ["gone"]
    await store.finish_filling(since=2)
    assert await rows(store) == [("a", "put after"), ("b", "read after"), ("new", None)]


async def test_what_a_reading_into_the_table_did_not_meet_is_gone(store: Store) -> None:
    await store.put([job("a"), job("gone")], 1)
    await store.put([job("a")], 3)
    await store.fill([job("b")], 3)
    await store.finish_adding(since=2)
    assert await rows(store, "id") == ["a", "b"]


async def test_the_first_reading_can_be_asked_while_it_goes_on(store: Store) -> None:
    await store.fill([job("a")], 1)
    assert await store.count() == 1


async def test_a_reading_that_was_given_up_leaves_nothing(store: Store) -> None:
    await store.fill([job("a")], 1)
    await store.start_filling()
    await store.fill([job("b")], 2)
    await store.stop_filling()
    assert await rows(store, "id") == ["a"]


async def test_of_rows_that_were_read_twice_the_last_is_kept(store: Store) -> None:
    await store.start_filling()
    await store.fill([job("a", name="early"), job(None, name="c")], 1)
    await store.fill([job("a", name="late"), job(None, name="c")], 2)
    await store.finish_filling(since=0)
    assert await rows(store, "name") == ["c", "late"]


async def test_a_statement_under_way_keeps_the_table_it_began_with(store: Store) -> None:
    await store.fill([job(str(number)) for number in range(5000)], 1)
    began, swapped = threading.Event(), threading.Event()
    counts: list[int] = []

    def read_slowly(cursor: Any) -> None:
        rows = cursor.execute("SELECT id FROM jobs")
        first = len(rows.fetchmany(10))
        began.set()
        assert swapped.wait(10)
        counts.append(first + len(rows.fetchall()))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(store.read, read_slowly)
        await anyio.to_thread.run_sync(began.wait)
        await store.start_filling()
        await store.fill([job("new")], 2)
        await store.finish_filling(since=1)
        assert await store.count() == 1
        swapped.set()
    assert counts == [5000]


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


async def test_the_table_is_ahead_of_a_page_that_lacks_a_new_job_has_an_old_state_or_too_small_a_total(
    store: Store,
) -> None:
    await store.put([job("a", createdAt=None)], 1)
    assert not await store.is_ahead(None, [], ["a"], 2)
    at = datetime(2026, 3, 4, 15, tzinfo=UTC)
    await store.put([job("b", state="JOB_STATE_FAILED")], 2)
    assert await store.is_ahead(None, ["a"], [], 2)
    assert not await store.is_ahead(at, ["a"], [], 2)
    assert await store.is_ahead(at - timedelta(microseconds=1), ["a"], [], 2)
    assert not await store.is_ahead(at - timedelta(microseconds=1), ["a", "b"], [], 2)
    assert await store.is_ahead(at, ["a", "b"], ["b"], 2)
    assert not await store.is_ahead(at, ["a", "b"], [], None)
    assert await store.is_ahead(at, ["a", "b"], [], 1)


async def test_a_complete_reading_does_not_take_back_that_a_job_is_finished(store: Store) -> None:
    running = job(startedAt="2026-03-04T15:01:00Z", state="JOB_STATE_MERGING")
    finished = job(startedAt="2026-03-04T15:01:00Z", state="JOB_STATE_COMPLETE")
    await store.put([finished, job("gone", state="JOB_STATE_COMPLETE")], 1)
    await store.start_filling()
    await store.fill([running], 3)
    await store.finish_filling(2)
    assert await rows(store, "state") == ["COMPLETE"]
    await store.start_filling()
    await store.fill([job(startedAt="2026-03-04T16:00:00Z", state="JOB_STATE_MERGING")], 5)
    await store.finish_filling(4)
    assert await rows(store, "state") == ["MERGING"]


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
