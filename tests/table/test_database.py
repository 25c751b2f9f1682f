"""The database: it is shut in, cannot be written by readers, and stops what is cancelled or takes too much."""

import subprocess
import sys
import threading
from random import Random
from typing import Any

import anyio
import anyio.to_thread
import pytest

from bytenite_mcp.table.errors import TableFull, TableLost
from bytenite_mcp.table.store import PAGE, Store
from tests.table.stores import ENDLESS, job

pytestmark = pytest.mark.anyio


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
        await store.add(
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
    with pytest.raises(Exception, match=r"disabled|has been locked|store does not exist"):
        await store.read(lambda cursor: cursor.execute(statement).fetchall())


def test_the_database_is_not_loaded_before_the_first_question() -> None:
    loaded = "import sys, bytenite_mcp.server.app; print('duckdb' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    assert ran.stdout == "False\n"
