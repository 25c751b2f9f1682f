"""Every job that was read, as rows of a table: what goes in, what changed by it, and how many there are."""

from collections.abc import Awaitable, Callable, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import anyio
import anyio.to_thread

from bytenite_mcp.table.changes import Changes, insert, is_same_job, put, single_value
from bytenite_mcp.table.errors import TableLost
from bytenite_mcp.table.rows import STORED, UNREADABLE, CleanRecord, Columns, digest_rows, read_rows
from bytenite_mcp.table.schema import (
    FILLING,
    IS_FINISHED,
    IS_UNFINISHED,
    RECORDS,
    create_table,
)

if TYPE_CHECKING:
    from bytenite_mcp.table.database import Cursor, Database

T = TypeVar("T")

PAGE = 1000
"""Records that are written at a time."""

COMPRESSED_AFTER = 4000
"""Rows after which those that were written are compressed: seldom enough to take a tenth of the time, soon enough that
what is not yet compressed takes little memory."""

MEMORY_LIMIT = "512MB"


_KEEP_LAST = f"""DELETE FROM {FILLING} WHERE number IN (SELECT number FROM (
        SELECT *, coalesce(id, digest::VARCHAR) AS job, coalesce(createdAt, max(createdAt) OVER
            (PARTITION BY coalesce(id, digest::VARCHAR))) AS created FROM {FILLING})
    QUALIFY row_number() OVER (PARTITION BY job, created ORDER BY seen DESC, number DESC) > 1)"""
_CARRIED = f"INSERT INTO {FILLING} SELECT * FROM {RECORDS} WHERE seen > ?"
_VANISHED = f"""SELECT id FROM {RECORDS} WHERE seen <= ? AND NOT EXISTS
    (SELECT 1 FROM {FILLING} WHERE {is_same_job(FILLING, RECORDS)})"""
_BARE = f"""SELECT id FROM {RECORDS} WHERE {IS_FINISHED} AND (params IS NULL OR dataSource IS NULL)
    ORDER BY state = 'FAILED' DESC, createdAt DESC LIMIT 1"""
UNREADABLE_COUNTS = (
    f"SELECT name, count(*) FROM (SELECT unnest({UNREADABLE}) AS name FROM {RECORDS}) GROUP BY name"
)
_UNSETTLED = f"""SELECT id FROM {RECORDS}, clock WHERE seen < ? AND ({IS_UNFINISHED}
    OR ({IS_FINISHED} AND endedAt > clock.now - INTERVAL 10 MINUTE))"""


@dataclass(slots=True)
class Store:
    """A table of jobs in memory, which is made when it is first used.

    Rows are compared, not ids, which may be missing, used twice or used again: a record that is the same to the last
    column is known; one with the id and the creation of another that is gone from its page is that job, changed; any
    other is new.

    Attributes:
        memory_limit: What the table may take, in DuckDB's spelling.
        generation: How many tables were let go of; by it one can tell that the table is no longer the same.
    """

    memory_limit: str = MEMORY_LIMIT
    generation: int = field(default=0, init=False)
    _database: "Database | None" = field(default=None, repr=False)
    _opening: anyio.Lock = field(default_factory=anyio.Lock, repr=False)
    _writing: anyio.Lock = field(default_factory=anyio.Lock, repr=False)
    _filled: str = field(default=RECORDS, repr=False)
    _next: int = field(default=0, repr=False)
    _uncompressed: int = field(default=0, repr=False)

    @property
    def at_hand(self) -> bool:
        """Whether it was made already, so that reading it is cheap."""
        return self._database is not None

    async def start_filling(self) -> None:
        """Make an empty table beside the one that is asked, for `fill` to fill and `finish_filling` to take over.

        Without it, `fill` adds to the table that is asked, as the first reading does.
        """
        await self._write(lambda cursor: cursor.execute(create_table(FILLING)))
        self._filled = FILLING

    async def fill(self, records: Sequence[CleanRecord], seen: float) -> None:
        """Add records as they are, whatever is there already.

        Args:
            records: Some of the account's jobs.
            seen: When they were read, on the clock that `unsettled` is asked by.

        Raises:
            TableFull: They do not fit.
            TableLost: All is gone.
        """
        for page in _pages(records):
            await self._write(partial(self._insert, self._filled, page, seen))
            await self._compress(COMPRESSED_AFTER)

    async def vanished(self, since: float) -> list[str | None]:
        """Give the ids of jobs that are in the table, and neither in what was filled nor met since then.

        Raises:
            TableLost: All is gone.
        """
        self._check_filling()
        rows = await self.read(lambda cursor: cursor.execute(_VANISHED, [since]).fetchall())
        return [job_id for (job_id,) in rows]

    async def finish_filling(self, since: float) -> None:
        """End a complete reading: what was filled takes the table's place in one step.

        Of rows with the same id and creation the one that was met last is kept: rows are read twice where the list
        moves, and some are put into the table meanwhile.

        Args:
            since: When the reading began; rows of the table that were met later are kept.

        Raises:
            TableLost: All is gone.
        """

        def finish(cursor: "Cursor") -> None:
            self._check_filling()
            cursor.execute(_CARRIED, [since])
            cursor.execute(_KEEP_LAST)
            cursor.execute(f"DROP TABLE {RECORDS}; ALTER TABLE {FILLING} RENAME TO {RECORDS}")

        await self._write(finish)
        self._filled = RECORDS
        await self._compress(1)

    async def finish_adding(self, since: float) -> None:
        """End a complete reading into the table that is asked: jobs that were not met since it began are gone."""
        await self._write(lambda cursor: cursor.execute(f"DELETE FROM {RECORDS} WHERE seen < ?", [since]))
        await self._compress(1)

    async def stop_filling(self) -> None:
        """Let go of what was filled beside the table."""
        await self._write(lambda cursor: cursor.execute(f"DROP TABLE IF EXISTS {FILLING}"))
        self._filled = RECORDS

    async def put(
        self, records: Sequence[CleanRecord], seen: float, lacking: Set[str] = frozenset()
    ) -> Changes:
        """Bring the table up to date with records that were read just now.

        Args:
            records: Some of the account's jobs.
            seen: When they were asked for, on the clock that `unsettled` is asked by.
            lacking: Members that none of them has and most jobs have elsewhere; what the table has of them stays.

        Raises:
            TableFull: They do not fit.
            TableLost: All is gone.
        """
        parts = [await self._write(partial(self._put, page, seen, lacking)) for page in _pages(records)]
        await self._compress(COMPRESSED_AFTER)
        return Changes(
            [number for part in parts for number in part.numbers],
            [place + PAGE * turn for turn, part in enumerate(parts) for place in part.fresh],
            sum(part.added for part in parts),
            sum(part.replaced for part in parts),
        )

    async def remove(self, ids: Sequence[str]) -> int:
        """Take out the jobs that are gone, by their ids; gives how many rows that were."""
        remove = f"DELETE FROM {RECORDS} WHERE id IN (SELECT unnest(?::VARCHAR[]))"
        return await self._write(lambda cursor: single_value(cursor.execute(remove, [list(ids)])))

    async def known(self, ids: Sequence[str]) -> set[str]:
        """Give those of some ids that the table has."""
        select = f"SELECT id FROM {RECORDS} WHERE id IN (SELECT unnest(?::VARCHAR[]))"
        rows = await self.read(lambda cursor: cursor.execute(select, [list(ids)]).fetchall())
        return {job_id for (job_id,) in rows}

    async def set_clock(self, now: datetime) -> None:
        """Say what time it is where the jobs run; by it unfinished ones are judged."""
        await self._write(lambda cursor: cursor.execute("UPDATE clock SET now = ?", [now]))

    async def count(self) -> int:
        """Count the rows."""
        return await self.read(lambda cursor: single_value(cursor.execute(f"SELECT count(*) FROM {RECORDS}")))

    async def count_unreadable(self) -> dict[str, int]:
        """Count, by column, the values that could not be read, or not whole."""
        return dict(await self.read(lambda cursor: cursor.execute(UNREADABLE_COUNTS).fetchall()))

    async def unsettled(self, seen_before: float) -> list[str | None]:
        """Give the ids of jobs that may have changed since: unfinished ones, and those finished within ten minutes."""
        rows = await self.read(lambda cursor: cursor.execute(_UNSETTLED, [seen_before]).fetchall())
        return [job_id for (job_id,) in rows]

    async def bare(self) -> list[str | None]:
        """Give the id of a finished job whose row has less than one would expect, if there is one."""
        return [job_id for (job_id,) in await self.read(lambda cursor: cursor.execute(_BARE).fetchall())]

    async def unset_columns(self, job_id: str) -> set[str]:
        """Name the columns that a job's row has nothing in."""
        columns = ", ".join(STORED)

        def look(cursor: "Cursor") -> set[str]:
            found = cursor.execute(
                f"SELECT {columns} FROM {RECORDS} WHERE id = ? LIMIT 1", [job_id]
            ).fetchone()
            return {name for name, value in zip(STORED, found or STORED, strict=True) if value is None}

        return await self.read(look)

    async def memory(self) -> int:
        """Give how many bytes the table and the statements under way take of its memory."""
        used = "SELECT sum(memory_usage_bytes)::BIGINT FROM duckdb_memory()"
        return await self.read(lambda cursor: single_value(cursor.execute(used)))

    async def read(self, work: "Callable[[Cursor], T]") -> T:
        """Read the table in one transaction; cancelling stops it."""
        return await self._run(lambda database: database.run(work, "READ ONLY"))

    def close(self) -> None:
        """Let go of the table and its memory."""
        if self._database is not None:
            self._database.close()
            self.generation += 1
        self._database, self._filled, self._uncompressed = None, RECORDS, 0

    def _check_filling(self) -> None:
        """Raise where the table was lost with what was filled beside it."""
        if self._filled != FILLING:
            raise TableLost

    async def _write(self, work: "Callable[[Cursor], T]") -> T:
        async with self._writing:
            return await self._run(lambda database: database.run(work, "READ WRITE"))

    async def _compress(self, least: int) -> None:
        """Compress what was written, if it is so much."""
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

    def _put(self, page: Sequence[CleanRecord], seen: float, lacking: Set[str], cursor: "Cursor") -> Changes:
        return put(cursor, self._read(page), seen, lacking)

    def _read(self, page: Sequence[CleanRecord]) -> Columns:
        columns = read_rows(page)
        digests = digest_rows(columns)
        columns |= {"number": list(range(self._next, self._next + len(page))), "digest": digests}
        self._next += len(page)
        self._uncompressed += len(page)
        return columns


def _open(memory_limit: str) -> "Database":
    # Loading it takes 70 ms and 20 MB, which only a question about all jobs is worth.
    from bytenite_mcp.table.database import Database

    return Database(memory_limit)


def _pages(records: Sequence[CleanRecord]) -> list[Sequence[CleanRecord]]:
    return [records[start : start + PAGE] for start in range(0, len(records), PAGE)]
