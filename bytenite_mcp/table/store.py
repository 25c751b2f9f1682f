"""The table of all jobs that were read: writing records, finding changes, and reading."""

from collections.abc import Awaitable, Callable, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import anyio
import anyio.to_thread

from bytenite_mcp.privacy.redact import CleanRecord
from bytenite_mcp.table.changes import Changes, insert, put, single_value
from bytenite_mcp.table.errors import TableLost
from bytenite_mcp.table.rows import ENTERED, STORED, UNREADABLE, Columns, digest_rows, read_rows
from bytenite_mcp.table.schema import (
    FILLING,
    IS_FINISHED,
    IS_UNFINISHED,
    RECORDS,
    create_table,
    is_behind,
    to_second,
)

if TYPE_CHECKING:
    from bytenite_mcp.table.database import Cursor, Database

T = TypeVar("T")

PAGE = 1000
"""The number of records that are written at a time."""

COMPRESSED_AFTER = 2000
"""The number of written rows after which they are compressed. With 4,000, a reading takes as long, and 15 MB more
memory."""

MEMORY_LIMIT = "512MB"


_KEEP_LAST = f"""DELETE FROM {FILLING} WHERE number IN (SELECT number FROM (
        SELECT *, coalesce(id, digest::VARCHAR) AS job, coalesce(createdAt, max(createdAt) OVER
            (PARTITION BY coalesce(id, digest::VARCHAR))) AS created FROM {FILLING})
    QUALIFY row_number() OVER (PARTITION BY job, {to_second("created")} ORDER BY seen DESC, number DESC) > 1)"""
_REMOVED = f"DELETE FROM {RECORDS} WHERE id IN (SELECT unnest(?::VARCHAR[]))"
_CARRIED = f"""INSERT INTO {FILLING} SELECT * FROM {RECORDS}
    WHERE seen > ? OR EXISTS (SELECT 1 FROM {FILLING} WHERE {is_behind(FILLING)})"""
_BEHIND = f"DELETE FROM {FILLING} USING {RECORDS} WHERE {is_behind(FILLING)}"
_VANISHED = f"""SELECT id FROM {RECORDS} WHERE seen <= ?
    AND NOT EXISTS (SELECT 1 FROM {FILLING} WHERE {FILLING}.id = {RECORDS}.id)"""
_UNFINISHED_AGAIN = f"SELECT DISTINCT {FILLING}.id FROM {FILLING}, {RECORDS} WHERE {is_behind(FILLING)}"
_BARE = f"""SELECT id FROM {RECORDS} WHERE {IS_FINISHED}
    AND (params IS NULL OR dataSource IS NULL OR {ENTERED} IS NULL
        OR (state = 'COMPLETE' AND coalesce(paymentAmount, 0) = 0))
    QUALIFY row_number() OVER (PARTITION BY state = 'FAILED' ORDER BY createdAt DESC) = 1"""
_AHEAD = f"""SELECT count(*) FROM {RECORDS}
    WHERE (createdAt > coalesce(?, TIMESTAMPTZ '-infinity') AND NOT list_contains(?::VARCHAR[], id))
    OR ({IS_FINISHED} AND list_contains(?::VARCHAR[], id)) OR (SELECT count(*) FROM {RECORDS}) > ?"""
UNREADABLE_COUNTS = (
    f"SELECT name, count(*) FROM (SELECT unnest({UNREADABLE}) AS name FROM {RECORDS}) GROUP BY name"
)
_UNSETTLED = f"""SELECT id FROM {RECORDS}, clock WHERE seen < ? AND ({IS_UNFINISHED}
    OR ({IS_FINISHED} AND endedAt > clock.now - INTERVAL 10 MINUTE))"""


@dataclass(slots=True)
class Store:
    """A table of jobs in memory, which is created when it is first used.

    Rows are compared, not ids, which may be missing, duplicated or reused. A record that equals a row in all columns is
    known. One with the id and creation time of a row that is no longer on its page is that job, changed. Any other is
    new.

    Attributes:
        memory_limit: The memory limit, in DuckDB's format.
        queries: Limits concurrent queries by models.
        generation: The number of tables released so far; if it changes, the table is another one.
    """

    memory_limit: str = MEMORY_LIMIT
    queries: anyio.Semaphore = field(default_factory=lambda: anyio.Semaphore(2), repr=False)
    generation: int = field(default=0, init=False)
    _database: "Database | None" = field(default=None, repr=False)
    _opening: anyio.Lock = field(default_factory=anyio.Lock, repr=False)
    _writing: anyio.Lock = field(default_factory=anyio.Lock, repr=False)
    _filled: str = field(default=RECORDS, repr=False)
    _next: int = field(default=0, repr=False)
    _uncompressed: int = field(default=0, repr=False)

    @property
    def at_hand(self) -> bool:
        """Whether the table exists, so that reading it is cheap."""
        return self._database is not None

    async def start_filling(self) -> None:
        """Create a second table for `fill`, which `finish_filling` makes the current one.

        Without it, `fill` adds to the current table, as in the first reading.
        """
        await self._write(lambda cursor: cursor.execute(create_table(FILLING)))
        self._filled = FILLING

    async def fill(self, records: Sequence[CleanRecord], seen: float) -> None:
        """Add records without comparing them.

        Args:
            records: Some of the account's jobs.
            seen: When they were read, by the same clock as for `unsettled`.

        Raises:
            TableFull: The records do not fit.
            TableLost: The table is gone.
        """
        for page in _pages(records):
            await self._write(partial(self._insert, self._filled, page, seen))
            await self._compress(COMPRESSED_AFTER)

    async def vanished(self, since: float) -> list[str | None]:
        """Return the ids in the current table that the filled one has not, of jobs that were not seen since a time.

        An id that is used again is not among them: a request by it finds the new job.

        Raises:
            TableLost: The table is gone.
        """
        self._check_filling()
        rows = await self.read(lambda cursor: cursor.execute(_VANISHED, [since]).fetchall())
        return [job_id for (job_id,) in rows]

    async def unfinished_again(self) -> list[str | None]:
        """Return the ids of jobs that are finished in the current table, and not in the filled one.

        Raises:
            TableLost: The table is gone.
        """
        self._check_filling()
        rows = await self.read(lambda cursor: cursor.execute(_UNFINISHED_AGAIN).fetchall())
        return [job_id for (job_id,) in rows]

    async def finish_filling(self, since: float, asked: Sequence[str] = ()) -> None:
        """End a complete reading: replace the current table by the filled one in one step.

        Of rows with the same id and creation time, the last seen is kept: rows are read twice if the list moves, and
        some are put into the current table meanwhile.

        Args:
            since: When the reading began; rows of the current table that were seen later are kept, and those of
                finished jobs that the filled table has unfinished.
            asked: Jobs that were requested one by one, of which no row of the current table is kept.

        Raises:
            TableLost: The table is gone.
        """

        def finish(cursor: "Cursor") -> None:
            self._check_filling()
            cursor.execute(_REMOVED, [list(asked)])
            cursor.execute(_CARRIED, [since])
            cursor.execute(_BEHIND)
            cursor.execute(_KEEP_LAST)
            cursor.execute(f"DROP TABLE {RECORDS}; ALTER TABLE {FILLING} RENAME TO {RECORDS}")

        await self._write(finish)
        self._filled = RECORDS
        await self._compress(1)

    async def finish_adding(self, since: float) -> None:
        """End a complete reading into the current table: remove jobs that were not seen since it began."""
        await self._write(lambda cursor: cursor.execute(f"DELETE FROM {RECORDS} WHERE seen < ?", [since]))
        await self._compress(1)

    async def stop_filling(self) -> None:
        """Drop the table that is being filled."""
        await self._write(lambda cursor: cursor.execute(f"DROP TABLE IF EXISTS {FILLING}"))
        self._filled = RECORDS

    async def put(
        self,
        records: Sequence[CleanRecord],
        seen: float,
        lacking: Set[str] = frozenset(),
        *,
        believe: bool = False,
    ) -> Changes:
        """Update the table with records that have just been read.

        Args:
            records: Some of the account's jobs.
            seen: When they were requested, by the same clock as for `unsettled`.
            lacking: Members that none of them has and most jobs have; the table's values of these are kept.
            believe: Whether a finished job may be unfinished again, as its own route says.

        Raises:
            TableFull: The records do not fit.
            TableLost: The table is gone.
        """
        # Shielded, because a reading takes these records for entered, and would leave them out.
        with anyio.CancelScope(shield=True):
            parts = [
                await self._write(partial(self._put, page, seen, lacking, believe))
                for page in _pages(records)
            ]
            await self._compress(COMPRESSED_AFTER)
        return Changes(
            [number for part in parts for number in part.numbers],
            [place + PAGE * turn for turn, part in enumerate(parts) for place in part.fresh],
            sum(part.added for part in parts),
            sum(part.replaced for part in parts),
            [place + PAGE * turn for turn, part in enumerate(parts) for place in part.behind],
        )

    async def remove(self, ids: Sequence[str]) -> int:
        """Remove jobs by their ids; return the number of removed rows."""
        return await self._write(lambda cursor: single_value(cursor.execute(_REMOVED, [list(ids)])))

    async def known(self, ids: Sequence[str]) -> set[str]:
        """Return those of the ids that are in the table."""
        select = f"SELECT id FROM {RECORDS} WHERE id IN (SELECT unnest(?::VARCHAR[]))"
        rows = await self.read(lambda cursor: cursor.execute(select, [list(ids)]).fetchall())
        return {job_id for (job_id,) in rows}

    async def set_clock(self, now: datetime) -> None:
        """Set ByteNite's time, with which the times of unfinished jobs are computed."""
        await self._write(lambda cursor: cursor.execute("UPDATE clock SET now = ?", [now]))

    async def count(self) -> int:
        """Count the rows."""
        return await self.read(lambda cursor: single_value(cursor.execute(f"SELECT count(*) FROM {RECORDS}")))

    async def is_ahead(
        self, since: datetime | None, ids: Sequence[str], unfinished: Sequence[str], total: int | None
    ) -> bool:
        """Whether the newest jobs are others than those of a page, or are finished by now, or there are more.

        Args:
            since: When the last job of the page was created; None if that is unknown.
            ids: The jobs of the page.
            unfinished: Those that the page says are not finished.
            total: How many jobs ByteNite counts; None if it does not say.
        """
        given = [since, ids, unfinished, total]
        return bool(await self.read(lambda cursor: single_value(cursor.execute(_AHEAD, given))))

    async def unsettled(self, seen_before: float) -> list[str | None]:
        """Return the ids of jobs that may have changed: unfinished ones, and those that finished within ten minutes."""
        rows = await self.read(lambda cursor: cursor.execute(_UNSETTLED, [seen_before]).fetchall())
        return [job_id for (job_id,) in rows]

    async def bare(self) -> list[str | None]:
        """Return the ids of a failed and another finished job whose rows have fewer values than expected."""
        return [job_id for (job_id,) in await self.read(lambda cursor: cursor.execute(_BARE).fetchall())]

    async def unset_columns(self, job_id: str) -> set[str]:
        """Return the columns in which a job's row has no value, or a zero, which protobuf JSON writes for none."""
        columns = *STORED, ENTERED

        def look(cursor: "Cursor") -> set[str]:
            found = cursor.execute(
                f"SELECT {', '.join(columns)} FROM {RECORDS} WHERE id = ? LIMIT 1", [job_id]
            ).fetchone()
            return {name for name, value in zip(columns, found or columns, strict=True) if not value}

        return await self.read(look)

    async def memory(self) -> int:
        """Return the memory in bytes that the table and running statements use."""
        used = "SELECT sum(memory_usage_bytes)::BIGINT FROM duckdb_memory()"
        return await self.read(lambda cursor: single_value(cursor.execute(used)))

    async def read(self, work: "Callable[[Cursor], T]") -> T:
        """Read the table in one transaction; cancelling stops it."""
        return await self._run(lambda database: database.run(work, "READ ONLY"))

    def close(self) -> None:
        """Release the table and its memory."""
        if self._database is not None:
            self._database.close()
            self.generation += 1
        self._database, self._filled, self._uncompressed = None, RECORDS, 0

    def _check_filling(self) -> None:
        """Raise `TableLost` if the table was lost together with the one that is being filled."""
        if self._filled != FILLING:
            raise TableLost

    async def _write(self, work: "Callable[[Cursor], T]") -> T:
        async with self._writing:
            return await self._run(lambda database: database.run(work, "READ WRITE"))

    async def _compress(self, least: int) -> None:
        """Compress written rows, if there are at least so many."""
        if self._uncompressed >= least:
            async with self._writing:
                if await self._run(lambda database: database.compress()):
                    self._uncompressed = 0

    async def _run(self, ask: "Callable[[Database], Awaitable[T]]") -> T:
        async with self._opening:
            if self._database is None:
                self._database = await anyio.to_thread.run_sync(_open, self.memory_limit)
            database = self._database
        try:
            return await ask(database)
        except TableLost:
            if self._database is database:
                self.close()
            raise

    def _insert(self, table: str, page: Sequence[CleanRecord], seen: float, cursor: "Cursor") -> None:
        insert(cursor, table, self._read(page), seen)

    def _put(
        self, page: Sequence[CleanRecord], seen: float, lacking: Set[str], believe: bool, cursor: "Cursor"
    ) -> Changes:
        return put(cursor, self._read(page), seen, lacking, believe=believe)

    def _read(self, page: Sequence[CleanRecord]) -> Columns:
        columns = read_rows(page)
        digests = digest_rows(columns)
        columns |= {"number": list(range(self._next, self._next + len(page))), "digest": digests}
        self._next += len(page)
        self._uncompressed += len(page)
        return columns


def _open(memory_limit: str) -> "Database":
    # Imported here, because importing it takes 70 ms and 20 MB, and only questions about all jobs need it.
    from bytenite_mcp.table.database import Database

    return Database(memory_limit)


def _pages(records: Sequence[CleanRecord]) -> list[Sequence[CleanRecord]]:
    return [records[start : start + PAGE] for start in range(0, len(records), PAGE)]
