"""The table as a whole: writing and reading, replacement by a complete reading, cancelling, and its memory limit."""

import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from random import Random
from typing import Any

import anyio
import anyio.to_thread
import pytest

from bytenite_mcp.table.errors import TableFull, TableLost
from bytenite_mcp.table.store import PAGE, Store
from tests.conftest import NOW

pytestmark = pytest.mark.anyio

ENDLESS = "SELECT count(*) FROM range(100000000000) AS a, range(100000) AS b"


def job(job_id: str | None = "a", **members: Any) -> dict[str, Any]:
    return {"id": job_id, "createdAt": "2026-03-04T15:00:00Z", "state": "JOB_STATE_NEW", **members}


@pytest.fixture
async def store() -> AsyncIterator[Store]:
    store = Store()
    yield store
    store.close()


async def rows(store: Store, columns: str = "id, name") -> list[Any]:
    found = await store.read(
        lambda cursor: cursor.execute(f"SELECT {columns} FROM jobs ORDER BY ALL").fetchall()
    )
    return [row[0] if len(row) == 1 else row for row in found]


async def test_a_record_is_new_then_known_then_changed(store: Store) -> None:
    first = await store.put([job("a", name="old"), job("b")], 1)
    again = await store.put([job("a", name="old")], 2)
    changed = await store.put([job("b"), job("a", name="new")], 3)
    assert (first.added, first.replaced) == (2, 0)
    assert (again.added, again.replaced, again.numbers) == (0, 0, first.numbers[:1])
    assert (changed.added, changed.replaced) == (1, 1)
    assert changed.numbers[0] == first.numbers[1]
    assert changed.numbers[1] not in first.numbers
    assert await rows(store) == [("a", "new"), ("b", None)]


async def test_a_change_in_any_column_is_a_change(store: Store) -> None:
    await store.put([job()], 1)
    changes: list[dict[str, Any]] = [
        {"stateTimestamps": {"JOB_STATE_NEW": "2026-03-04T15:00:00Z"}},
        {"params": {"app": {"steps": 1}}},
        {"regions": {"whitelist": ["eu"]}},
        {"duration": "odd"},
    ]
    for change in changes:
        assert (await store.put([job(**change)], 1)).replaced == 1
    assert await store.count() == 1


async def test_an_equal_record_is_known_though_it_is_written_otherwise(store: Store) -> None:
    first = await store.put([job("a", duration="90", stateTimestamps={}), job("b")], 1)
    again = await store.put([job("b"), job("a", createdAt="2026-03-04T15:00:00.000000Z", duration=90)], 2)
    assert (again.added, again.replaced, again.fresh) == (0, 0, [])
    assert again.numbers == first.numbers[::-1]


async def test_an_id_that_is_used_again_is_another_job(store: Store) -> None:
    await store.put([job("a", name="first")], 1)
    changes = await store.put([job("a", name="second", createdAt="2026-03-05T15:00:00Z")], 2)
    assert (changes.added, changes.replaced) == (1, 0)
    assert await rows(store) == [("a", "first"), ("a", "second")]


async def test_jobs_that_share_an_id_stay_apart(store: Store) -> None:
    both = [job("a", name="first"), job("a", name="second")]
    changes = await store.put(both, 1)
    assert changes.added == 2
    assert len(set(changes.numbers)) == 2
    assert (await store.put(both, 2)).added == 0


async def test_records_without_an_id_are_known_by_all_they_hold(store: Store) -> None:
    await store.put([job(None, name="a"), job("", name="b")], 1)
    changes = await store.put([job(None, name="a"), job(None, name="c")], 2)
    assert (changes.added, changes.replaced) == (1, 0)
    assert await rows(store, "name") == ["a", "b", "c"]


async def test_a_record_that_comes_twice_in_a_page_is_one_job(store: Store) -> None:
    changes = await store.put([job(), job()], 1)
    assert (changes.added, len(changes.numbers), len(set(changes.numbers))) == (1, 2, 1)


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


async def test_unreadable_values_are_counted_by_column(store: Store) -> None:
    await store.put([job("a", duration="odd", name=5), job("b", duration=True), job("c", duration=1)], 1)
    assert await store.count_unreadable() == {"duration": 2, "name": 1}


async def test_cancelling_stops_a_statement_and_leaves_the_table_as_it_was(store: Store) -> None:
    await store.put([job()], 1)
    with anyio.move_on_after(0.05) as scope:
        await store.read(lambda cursor: cursor.execute(ENDLESS).fetchall())
    assert scope.cancelled_caught
    assert await store.count() == 1
    with anyio.move_on_after(0.05):
        await store.read(lambda cursor: cursor.execute(ENDLESS).fetchall())
    assert (await store.put([job("b")], 2)).added == 1


async def test_a_statement_that_was_cancelled_has_ended(store: Store) -> None:
    ended = threading.Event()

    def work(cursor: Any) -> None:
        try:
            cursor.execute(ENDLESS).fetchall()
        finally:
            ended.set()

    await store.count()
    with anyio.move_on_after(0.05):
        await store.read(work)
    assert ended.is_set()


async def test_reading_cannot_write(store: Store) -> None:
    await store.put([job()], 1)
    with pytest.raises(Exception, match="read-only"):
        await store.read(lambda cursor: cursor.execute("DELETE FROM records"))
    assert await store.count() == 1


async def fill_up(store: Store) -> None:
    random = Random(1)
    for page in range(200):
        await store.fill(
            [job(f"{page}-{n}", description=random.randbytes(1500).hex()) for n in range(PAGE)], 1
        )


async def test_a_table_that_meets_its_limit_says_so_and_goes_on_with_what_it_has_or_anew() -> None:
    store = Store(memory_limit="48MB")
    with pytest.raises((TableFull, TableLost)) as raised:
        await fill_up(store)
    had = await store.count()
    assert (had == 0) is isinstance(raised.value, TableLost)
    assert (await store.put([job("again")], 2)).added == 1
    assert await store.count() == had + 1
    store.close()


async def test_a_table_can_be_closed_while_a_statement_runs(store: Store) -> None:
    began = threading.Event()

    def ask(cursor: Any) -> None:
        began.set()
        cursor.execute(ENDLESS)

    await store.put([job()], 1)
    async with anyio.create_task_group() as group:
        group.start_soon(store.read, ask)
        await anyio.to_thread.run_sync(began.wait)
        store.close()
        assert await store.count() == 0
        group.cancel_scope.cancel()


async def test_a_table_that_was_closed_is_an_empty_one(store: Store) -> None:
    await store.put([job()], 1)
    store.close()
    assert await store.count() == 0


async def test_many_may_ask_for_the_first_time_at_once(store: Store) -> None:
    async with anyio.create_task_group() as tasks:
        for number in range(5):
            tasks.start_soon(store.put, [job(str(number))], 1)
    assert await store.count() == 5


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM read_text('/etc/hostname')",
        "SELECT * FROM glob('.tmp/*')",
        "COPY (SELECT 1) TO '.tmp/x.csv'",
        "ATTACH '/tmp/other.duckdb'",
        "SET threads = 8",
        "SET memory_limit = '64GB'",
        "SET enable_external_access = true",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SELECT * FROM store",
    ],
)
async def test_the_database_is_shut_in(store: Store, statement: str) -> None:
    with pytest.raises(Exception, match=r"."):
        await store.read(lambda cursor: cursor.execute(statement).fetchall())


def test_the_database_is_not_loaded_before_the_first_question() -> None:
    loaded = "import sys, bytenite_mcp.server.app; print('duckdb' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    assert ran.stdout == "False\n"
