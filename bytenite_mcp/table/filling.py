"""Fills the table with the jobs that a complete reading reads."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import anyio

from bytenite_mcp.privacy.redact import CleanRecord
from bytenite_mcp.table.errors import TableLost
from bytenite_mcp.table.schema import FILLING, RECORDS, create_table, to_second, write_behind
from bytenite_mcp.table.snapshot import Snapshot
from bytenite_mcp.table.store import REMOVED, Store

if TYPE_CHECKING:
    from bytenite_mcp.table.database import Cursor

_TWICE = f"SELECT 1 FROM {RECORDS} GROUP BY id HAVING count(*) > 1 LIMIT 1"
_KEEP_LAST = f"""DELETE FROM {RECORDS} WHERE number IN (SELECT number FROM (
        SELECT number, seen, coalesce(id, digest::VARCHAR) AS job, coalesce(createdAt, max(createdAt) OVER
            (PARTITION BY coalesce(id, digest::VARCHAR))) AS created FROM {RECORDS})
    QUALIFY row_number() OVER (PARTITION BY job, {to_second("created")} ORDER BY seen DESC, number DESC) > 1)"""
_CARRIED = f"""INSERT INTO {FILLING} SELECT * FROM {RECORDS}
    WHERE seen > ? OR EXISTS (SELECT 1 FROM {FILLING} WHERE {write_behind(FILLING)})"""
_BEHIND = f"DELETE FROM {FILLING} USING {RECORDS} WHERE {write_behind(FILLING)}"
_REPLACED = f"DROP TABLE {RECORDS}; ALTER TABLE {FILLING} RENAME TO {RECORDS}"
_VANISHED = f"""SELECT id FROM {RECORDS} WHERE seen <= ?
    AND NOT EXISTS (SELECT 1 FROM {FILLING} WHERE {FILLING}.id = {RECORDS}.id)"""
_UNFINISHED_AGAIN = f"SELECT DISTINCT {FILLING}.id FROM {FILLING}, {RECORDS} WHERE {write_behind(FILLING)}"
_UNSEEN = f"DELETE FROM {RECORDS} WHERE seen < ?"


@dataclass(slots=True)
class Filling:
    """Adds the jobs that a complete reading reads to the table or, if that is complete, to a second one.

    The second table takes the place of the first in one step.

    Attributes:
        store: The table.
        replaces: Whether the jobs go into a second table.
        since: When the reading began, by the same clock as for `Store.unsettled`.
    """

    store: Store
    replaces: bool
    since: float
    _generation: int = field(init=False)

    def __post_init__(self) -> None:
        self._generation = self.store.generation

    async def start(self) -> None:
        """Create the second table, if there is to be one."""
        if self.replaces:
            await self.store.write(lambda cursor: cursor.execute(create_table(FILLING)))

    async def add(self, records: Sequence[CleanRecord], seen: float) -> None:
        """Add records; those that the table already has are compared in the first reading.

        Args:
            records: Some of the account's jobs.
            seen: When they were requested.

        Raises:
            TableFull: The records do not fit.
            TableLost: The table is gone.
        """
        self._check()
        # Shielded, because a reading takes these records for added, and would leave them out.
        with anyio.CancelScope(shield=True):
            if self.replaces:
                await self.store.insert(FILLING, records, seen)
            else:
                await self.store.add(records, seen)

    async def vanished(self) -> list[str | None]:
        """Return the ids in the current table that the second one has not, of jobs that were not seen meanwhile.

        An id that is used again is not among them: a request by it finds the new job.

        Raises:
            TableLost: The table is gone.
        """
        self._check()
        return await self.store.read_ids(_VANISHED, self.since)

    async def unfinished_again(self) -> list[str | None]:
        """Return the ids of jobs that are finished in the current table, and not in the second one.

        Raises:
            TableLost: The table is gone.
        """
        self._check()
        return await self.store.read_ids(_UNFINISHED_AGAIN)

    async def finish(self, *, sure: bool, asked: Sequence[str] = ()) -> None:
        """End the reading: remove the jobs that it did not meet, or let the second table replace the current one.

        Of rows with the same id and creation time, the last seen is kept: rows are read twice if the list moves. Rows
        of the current table that were seen meanwhile are kept, and those of finished jobs that the second table has
        unfinished.

        Args:
            sure: Whether no job was missed; otherwise none is removed from the current table.
            asked: Jobs that were requested one by one, of which no row of the current table is kept.

        Raises:
            TableLost: The table is gone.
        """

        def finish(cursor: "Cursor") -> None:
            if self.replaces:
                cursor.execute(REMOVED, [list(asked)])
                cursor.execute(_CARRIED, [self.since])
                cursor.execute(_BEHIND)
                cursor.execute(_REPLACED)
            elif sure:
                cursor.execute(_UNSEEN, [self.since])
            if cursor.execute(_TWICE).fetchone():
                cursor.execute(_KEEP_LAST)

        self._check()
        await self.store.write(finish)
        await self.store.compress()

    async def stop(self) -> None:
        """Drop the second table, if it has not replaced the first."""
        if self.replaces:
            with anyio.CancelScope(shield=True):
                await self.store.write(lambda cursor: cursor.execute(f"DROP TABLE IF EXISTS {FILLING}"))

    def conclude(self, snapshot: Snapshot) -> None:
        """Record what the reading found out about the list.

        Raises:
            TableLost: The table is gone.
        """
        self._check()
        self.store.conclude(snapshot)

    def _check(self) -> None:
        if self.store.generation != self._generation:
            raise TableLost
