"""A DuckDB in memory that is shut in: no file, no network, no spill to disk, nothing to load or to set."""

import threading
from collections.abc import Callable
from typing import Literal, TypeVar

import anyio
import anyio.to_thread
import duckdb

from bytenite_mcp.table.errors import TableFull, TableLost
from bytenite_mcp.table.schema import SCHEMA

T = TypeVar("T")
Cursor = duckdb.DuckDBPyConnection
Access = Literal["READ ONLY", "READ WRITE"]

_AT_THE_START: dict[str, str | int | float | list[str]] = {
    "threads": 1,
    "async_threads": 0,
    "temp_directory": "",
    "allow_community_extensions": False,
    "allow_persistent_secrets": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "python_enable_replacements": False,
    # Only `compress` does it: a checkpoint that meets the limit of memory loses the database.
    "checkpoint_threshold": "1TB",
}
_LOST = "invalidated"
_AGAIN = 0.005
"""Seconds between two interruptions of a thread that goes on."""


class Database:
    """An empty table of jobs with its views.

    Without a temporary directory, nothing is written anywhere; the working folder may not be writable.

    Args:
        memory_limit: What it may take, in DuckDB's spelling.
    """

    def __init__(self, memory_limit: str) -> None:
        connection = duckdb.connect(":memory:", config={**_AT_THE_START, "memory_limit": memory_limit})
        connection.execute("ATTACH ':memory:' AS jobs (COMPRESS); USE jobs; SET GLOBAL TimeZone = 'UTC'")
        connection.execute(SCHEMA)
        connection.execute("SET enable_external_access = false")
        connection.execute("SET allowed_configs = ['operator_memory_limit']")
        connection.execute("SET lock_configuration = true")
        self._connection: Cursor | None = connection

    async def run(self, work: Callable[[Cursor], T], access: Access) -> T:
        """Work in a thread, with a cursor and in a transaction of its own; cancelling stops and undoes it.

        Raises:
            TableFull: There is no memory left for it.
            TableLost: The database is gone.
        """

        def transact(cursor: Cursor) -> T:
            cursor.execute(f"BEGIN TRANSACTION {access}")
            result = work(cursor)
            cursor.commit()
            return result

        return await self._run(transact)

    async def compress(self) -> bool:
        """Compress what was written, unless a statement under way still needs it as it was; tells whether it did.

        Raises:
            TableLost: It met the limit of memory, and all is gone.
        """
        try:
            await self._run(lambda cursor: cursor.execute("CHECKPOINT"))
        except duckdb.TransactionException:
            return False
        return True

    async def _run(self, work: Callable[[Cursor], T]) -> T:
        if self._connection is None:
            raise TableLost
        with self._connection.cursor() as cursor:
            cursor.execute("USE jobs")
            try:
                return await run_interruptibly(cursor, work)
            except duckdb.OutOfMemoryException as error:
                raise TableFull from error
            except (duckdb.FatalException, duckdb.IOException) as error:
                if _LOST not in str(error):
                    raise
                raise TableLost from error

    def close(self) -> None:
        """Let go of all of it; a statement that is under way lets go when it ends."""
        # DuckDB's own close waits for a statement that begins at that moment, and holds the event loop meanwhile.
        self._connection = None


async def run_interruptibly(cursor: Cursor, work: Callable[[Cursor], T]) -> T:
    """Work with a cursor in a thread; when cancelled, interrupt it until it has ended.

    An interruption that comes before a statement runs is lost, so one is not enough.
    """
    began, given_up, ended = threading.Event(), threading.Event(), threading.Event()

    def work_in_thread() -> T:
        began.set()
        try:
            if given_up.is_set():
                raise duckdb.InterruptException
            return work(cursor)
        finally:
            ended.set()

    try:
        return await anyio.to_thread.run_sync(work_in_thread, abandon_on_cancel=True)
    except anyio.get_cancelled_exc_class():
        given_up.set()
        with anyio.CancelScope(shield=True):
            while began.is_set() and not ended.is_set():
                cursor.interrupt()
                await anyio.sleep(_AGAIN)
        raise
