"""The jobs of a complete reading go into the table or, if that is complete, into one that takes its place."""

import threading
from typing import Any

import anyio
import anyio.to_thread
import pytest

from bytenite_mcp.table.errors import TableLost
from bytenite_mcp.table.filling import Filling
from bytenite_mcp.table.snapshot import Snapshot
from bytenite_mcp.table.store import Store
from tests.table.stores import job, rows

pytestmark = pytest.mark.anyio


async def fill(store: Store, *, since: float) -> Filling:
    """Begin to fill a second table."""
    filling = Filling(store, replaces=True, since=since)
    await filling.start()
    return filling


# The first reading


async def test_the_first_reading_can_be_asked_while_it_goes_on(store: Store) -> None:
    await Filling(store, replaces=False, since=0).add([job("a")], 1)
    assert await store.count() == 1


async def test_what_the_first_reading_did_not_meet_is_gone_unless_some_was_missed(store: Store) -> None:
    filling = Filling(store, replaces=False, since=2)
    await store.put([job("a"), job("gone")], 1)
    await store.put([job("a")], 3)
    await filling.add([job("b")], 3)
    await filling.finish(sure=False)
    assert await rows(store, "id") == ["a", "b", "gone"]
    await filling.finish(sure=True)
    assert await rows(store, "id") == ["a", "b"]


async def test_of_a_job_that_was_put_meanwhile_the_last_seen_is_kept(store: Store) -> None:
    filling = Filling(store, replaces=False, since=0)
    await store.put([job("a", name="put before"), job("b", name="put after")], 3)
    await filling.add([job("b", name="read before"), job("c", name="read")], 2)
    await filling.add([job("a", name="read after")], 4)
    await filling.add([job("a", name="read late")], 1)
    assert await rows(store) == [("a", "read after"), ("b", "put after"), ("c", "read")]


async def test_a_job_that_was_read_is_not_gone_because_an_earlier_answer_with_it_is_put_late(
    store: Store,
) -> None:
    filling = Filling(store, replaces=False, since=2)
    await filling.add([job("a"), job("b", name="read")], 3)
    await store.put([job("a"), job("b", name="earlier"), job("gone")], 1)
    await filling.finish(sure=True)
    assert await rows(store, "id") == ["a", "b"]


async def test_of_a_job_whose_creation_time_is_unreadable_on_one_page_one_row_is_kept(store: Store) -> None:
    filling = Filling(store, replaces=False, since=0)
    await filling.add([job("a", name="read"), job("b")], 1)
    await filling.add([job("a", name="read later", createdAt=None)], 2)
    await filling.finish(sure=False)
    assert await rows(store) == [("a", "read later"), ("b", None)]


# A further reading


async def test_what_was_filled_takes_the_tables_place_in_one_step(store: Store) -> None:
    await store.put([job("a"), job("b")], 1)
    filling = await fill(store, since=1)
    await filling.add([job("b"), job("c")], 2)
    assert await rows(store, "id") == ["a", "b"]
    assert await filling.vanished() == ["a"]
    await filling.finish(sure=True)
    assert await rows(store, "id") == ["b", "c"]


async def test_what_was_put_since_a_reading_began_outlives_it_unless_it_was_read_later(store: Store) -> None:
    await store.put([job("a", name="old"), job("b"), job("gone")], 1)
    filling = await fill(store, since=2)
    await filling.add([job("a", name="read before")], 3)
    await store.put([job("a", name="put after"), job("b", name="put before"), job("new")], 4)
    await filling.add([job("b", name="read after")], 5)
    assert await filling.vanished() == ["gone"]
    await filling.finish(sure=True)
    assert await rows(store) == [("a", "put after"), ("b", "read after"), ("new", None)]


async def test_of_jobs_that_were_asked_for_the_answer_alone_is_kept(store: Store) -> None:
    filling = await fill(store, since=1)
    await store.put([job("gone"), job("there", name="put")], 3)
    await filling.add([job("there", name="read")], 2)
    await filling.finish(sure=True, asked=["gone", "there"])
    assert await rows(store) == [("there", "read")]


async def test_a_reading_that_was_given_up_leaves_nothing(store: Store) -> None:
    await store.put([job("a")], 1)
    filling = await fill(store, since=1)
    await filling.add([job("b")], 2)
    await filling.stop()
    assert await rows(store, "id") == ["a"]


async def test_of_rows_that_were_read_twice_the_last_is_kept(store: Store) -> None:
    filling = await fill(store, since=0)
    await filling.add([job("a", name="early"), job(None, name="c")], 1)
    await filling.add([job("a", name="late"), job(None, name="c")], 2)
    await filling.finish(sure=True)
    assert await rows(store, "name") == ["c", "late"]


async def test_a_complete_reading_does_not_take_back_that_a_job_is_finished(store: Store) -> None:
    running = job(startedAt="2026-03-04T15:01:00Z", state="JOB_STATE_MERGING")
    finished = job(startedAt="2026-03-04T15:01:00Z", state="JOB_STATE_COMPLETE")
    await store.put([finished, job("gone", state="JOB_STATE_COMPLETE")], 1)
    filling = await fill(store, since=2)
    await filling.add([running], 3)
    assert await filling.unfinished_again() == ["a"]
    await filling.finish(sure=True)
    assert await rows(store, "state") == ["COMPLETE"]
    filling = await fill(store, since=4)
    await filling.add([job(startedAt="2026-03-04T16:00:00Z", state="JOB_STATE_MERGING")], 5)
    await filling.finish(sure=True)
    assert await rows(store, "state") == ["MERGING"]


async def test_a_statement_under_way_keeps_the_table_it_began_with(store: Store) -> None:
    await store.put([job(str(number)) for number in range(5000)], 1)
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
        filling = await fill(store, since=1)
        await filling.add([job("new")], 2)
        await filling.finish(sure=True)
        assert await store.count() == 1
        swapped.set()
    assert counts == [5000]


# A table that is lost


@pytest.mark.parametrize("replaces", [False, True])
async def test_a_table_that_was_lost_is_not_filled_or_concluded(store: Store, replaces: bool) -> None:
    await store.put([job()], 1)
    filling = Filling(store, replaces=replaces, since=1)
    await filling.start()
    store.close()
    with pytest.raises(TableLost):
        await filling.add([job()], 2)
    with pytest.raises(TableLost):
        await filling.vanished()
    with pytest.raises(TableLost):
        await filling.unfinished_again()
    with pytest.raises(TableLost):
        await filling.finish(sure=True)
    with pytest.raises(TableLost):
        filling.conclude(Snapshot(began=1))
    assert store.snapshot is None
