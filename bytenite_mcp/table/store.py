"""The table of all jobs that were read: writing records, finding changes, and reading."""

from collections.abc import Awaitable, Callable, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from math import inf
from typing import TYPE_CHECKING, TypeVar

import anyio
import anyio.to_thread

from bytenite_mcp.privacy.redact import CleanRecord
from bytenite_mcp.table.changes import Changes, insert, put, single_value
from bytenite_mcp.table.errors import TableLost
from bytenite_mcp.table.evidence import identify
from bytenite_mcp.table.rows import UNREADABLE, Columns, digest_rows, read_rows
from bytenite_mcp.table.schema import IS_FINISHED, IS_UNFINISHED, RECORDS, set_clock
from bytenite_mcp.table.snapshot import Snapshot

if TYPE_CHECKING:
    from bytenite_mcp.table.database import Cursor, Database

T = TypeVar("T")

PAGE = 1000
"""The number of records that are written at a time."""

COMPRESSED_AFTER = 2000
"""The number of written rows after which they are compressed. With 4,000, a reading takes as long, and 15 MB more
memory."""

MEMORY_LIMIT = "512MB"

REMOVED = f"DELETE FROM {RECORDS} WHERE id IN (SELECT unnest(?::VARCHAR[]))"
_KNOWN = f"SELECT id FROM {RECORDS} WHERE id IN (SELECT unnest(?::VARCHAR[]))"
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
        members: The members that most jobs of ByteNite's list have.
        snapshot: What is known of the list that it was read from; None until that was read completely.
        generation: The number of tables released so far; if it changes, the table is another one.
    """

    memory_limit: str = MEMORY_LIMIT
    queries: anyio.Semaphore = field(default_factory=lambda: anyio.Semaphore(2), repr=False)
    members: Set[str] = field(default=frozenset(), init=False)
    snapshot: Snapshot | None = field(default=None, init=False)
    generation: int = field(default=0, init=False)
    _database: "Database | None" = field(default=None, repr=False)
    _opening: anyio.Lock = field(default_factory=anyio.Lock, repr=False)
    _writing: anyio.Lock = field(default_factory=anyio.Lock, repr=False)
    _entering: anyio.Lock = field(default_factory=anyio.Lock, repr=False)
    _entered: dict[int, float] = field(default_factory=dict, repr=False)
    _next: int = field(default=0, repr=False)
    _uncompressed: int = field(default=0, repr=False)

    @property
    def at_hand(self) -> bool:
        """Whether the table exists, so that reading it is cheap."""
        return self._database is not None

    async def put(
        self,
        records: Sequence[CleanRecord],
        seen: float,
        lacking: Set[str] = frozenset(),
        *,
        believe: bool = False,
    ) -> Changes:
        """Update the table with records.

        Args:
            records: Some of the account's jobs.
            seen: When they were requested, by the same clock as for `unsettled`.
            lacking: Members that none of them has and most jobs have; the table's values of these are kept.
            believe: Whether a finished job may be unfinished again, or lose values, as its own route says.

        Raises:
            TableFull: The records do not fit.
            TableLost: The table is gone.
        """
        with anyio.CancelScope(shield=True):
            async with self._entering:
                if self.snapshot is None:
                    self._note_entered(records, seen)
                changes = await self._compare(records, seen, lacking, believe)
        return changes

    async def add(self, records: Sequence[CleanRecord], seen: float) -> None:
        """Add records that the first reading read; those that the table already has are compared.

        Raises:
            TableFull: The records do not fit.
            TableLost: The table is gone.
        """
        async with self._entering:
            at_hand = list(zip(records, self._note_entered(records, seen), strict=True))
            await self.insert(RECORDS, [record for record, time in at_hand if time == -inf], seen)
            older = [record for record, time in at_hand if -inf < time <= seen]
            if older:
                await self._compare(older, seen, frozenset(), believe=False)

    async def insert(self, table: str, records: Sequence[CleanRecord], seen: float) -> None:
        """Insert records into a table without comparing them.

        Raises:
            TableFull: The records do not fit.
            TableLost: The table is gone.
        """
        for page in _pages(records):
            await self.write(partial(self._insert, table, page, seen))
            await self.compress(COMPRESSED_AFTER)

    def conclude(self, snapshot: Snapshot) -> None:
        """Record what is known of the list after a complete reading of it."""
        self.snapshot = snapshot
        self._entered.clear()

    async def remove(self, ids: Sequence[str]) -> int:
        """Remove jobs by their ids; return the number of removed rows."""
        return await self.write(lambda cursor: single_value(cursor.execute(REMOVED, [list(ids)])))

    async def known(self, ids: Sequence[str]) -> set[str]:
        """Return those of the ids that are in the table."""
        return set(filter(None, await self.read_ids(_KNOWN, list(ids))))

    async def set_clock(self, now: datetime) -> None:
        """Set ByteNite's time, from which `now()` and the times of unfinished jobs are computed."""
        await self.write(partial(set_clock, now=now))

    async def count(self) -> int:
        """Count the rows."""
        return await self.read(lambda cursor: single_value(cursor.execute(f"SELECT count(*) FROM {RECORDS}")))

    async def unsettled(self, seen_before: float) -> list[str | None]:
        """Return the ids of jobs that may have changed: unfinished ones, and those that finished within ten minutes."""
        return await self.read_ids(_UNSETTLED, seen_before)

    async def memory(self) -> int:
        """Return the memory in bytes that the table and running statements use."""
        used = "SELECT sum(memory_usage_bytes)::BIGINT FROM duckdb_memory()"
        return await self.read(lambda cursor: single_value(cursor.execute(used)))

    async def read(self, work: "Callable[[Cursor], T]") -> T:
        """Read the table in one transaction; cancelling stops it."""
        return await self._run(lambda database: database.run(work, "READ ONLY"))

    async def read_ids(self, select: str, *values: object) -> list[str | None]:
        """Return the ids that a SELECT finds."""
        rows = await self.read(lambda cursor: cursor.execute(select, list(values)).fetchall())
        return [job_id for (job_id,) in rows]

    async def write(self, work: "Callable[[Cursor], T]") -> T:
        """Change the table in one transaction."""
        async with self._writing:
            return await self._run(lambda database: database.run(work, "READ WRITE"))

    async def compress(self, least: int = 1) -> None:
        """Compress written rows, if there are at least so many."""
        if self._uncompressed >= least:
            async with self._writing:
                if await self._run(lambda database: database.compress()):
                    self._uncompressed = 0

    def close(self) -> None:
        """Release the table and its memory."""
        if self._database is not None:
            self._database.close()
            self.generation += 1
        self._database, self._uncompressed = None, 0
        self.members, self.snapshot, self._entered = frozenset(), None, {}

    def _note_entered(self, records: Sequence[CleanRecord], seen: float) -> list[float]:
        """Record when jobs were seen; return when they had been seen before, or minus infinity."""
        identities = list(map(identify, records))
        entered = [self._entered.get(identity, -inf) for identity in identities]
        self._entered |= dict(zip(identities, (max(time, seen) for time in entered), strict=True))
        return entered

    async def _compare(
        self, records: Sequence[CleanRecord], seen: float, lacking: Set[str], believe: bool
    ) -> Changes:
        parts = [
            await self.write(partial(self._put, page, seen, lacking, believe)) for page in _pages(records)
        ]
        await self.compress(COMPRESSED_AFTER)
        return Changes(
            [number for part in parts for number in part.numbers],
            [place + PAGE * turn for turn, part in enumerate(parts) for place in part.fresh],
            sum(part.added for part in parts),
            sum(part.replaced for part in parts),
            [place + PAGE * turn for turn, part in enumerate(parts) for place in part.behind],
        )

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
