"""A sandboxed DuckDB in memory: no files, network, spilling to disk, extensions or changes of settings."""

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
    # Only `compress` makes checkpoints: one that hits the memory limit loses the database.
    "checkpoint_threshold": "1TB",
}
_LOST = "invalidated"
_AGAIN = 0.005
"""Seconds between two interrupts of a thread that is still running."""


class Database:
    """An empty table of jobs with its views.

    There is no temporary directory, so nothing is written to disk; the working folder may be read-only.

    Args:
        memory_limit: The memory limit, in DuckDB's format.
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
        """Run work in a thread, with its own cursor and transaction; cancelling interrupts it and rolls back.

        Raises:
            TableFull: The memory limit was reached.
            TableLost: The database is gone.
        """

        def transact(cursor: Cursor) -> T:
            cursor.execute(f"BEGIN TRANSACTION {access}")
            result = work(cursor)
            cursor.commit()
            return result

        return await self._run(transact)

    async def compress(self) -> bool:
        """Compress written rows, unless a running statement still needs them; return whether it did.

        Raises:
            TableLost: It hit the memory limit, and the database is gone.
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
        """Release the database; a running statement releases it when it ends."""
        # DuckDB's own close would wait for a statement that is just beginning, and block the event loop.
        self._connection = None


async def run_interruptibly(cursor: Cursor, work: Callable[[Cursor], T]) -> T:
    """Run work with a cursor in a thread; when cancelled, interrupt it until it has ended.

    An interrupt before a statement runs is lost, so it is repeated.
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
