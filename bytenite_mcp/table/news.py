"""Updates a table: reads new jobs of the list, and jobs that may have changed."""

from dataclasses import dataclass

import anyio

from bytenite_mcp.api.errors import Forbidden, Refusal, TooManyRequests, Unauthenticated
from bytenite_mcp.privacy.door import CleanPage
from bytenite_mcp.table.by_id import filter_by_ids, usable
from bytenite_mcp.table.changes import Changes
from bytenite_mcp.table.evidence import Direction
from bytenite_mcp.table.intake import Intake
from bytenite_mcp.table.snapshot import Snapshot

PAGE = 100
MOST_PAGES = 10
"""The most pages of new jobs; if there are more, everything is read again."""

MOST_UNSETTLED = 1000
"""The most jobs that are requested again with one filter; if there are more, everything is read again."""

FILTER_TIME = 5.0
"""Seconds to wait for that filter; if it takes longer, everything is read again, in the time that a question has."""

SETTLED_FOR = 60.0
"""Seconds since a job was last seen after which it is requested again, if it may have changed."""


@dataclass(slots=True)
class News:
    """Reads changes into a table that has been read completely.

    Attributes:
        intake: Puts jobs into the table.
        snapshot: What is known of the list; the news become part of it.
    """

    intake: Intake
    snapshot: Snapshot

    async def read(self) -> None:
        """Read the changes.

        Raises:
            ByteNiteError: ByteNite did not answer.
            TableFull: The jobs do not fit.
            TableLost: The table is gone.
        """
        self.snapshot.up_to_date = await self._ask_for_unsettled() and await self._read_list()
        total, rows = self.snapshot.total, await self.intake.store.count()
        self.snapshot.gap_now = None if total is None else total - rows

    async def _read_list(self) -> bool:
        """Read the end of the list where new jobs are; return whether that sufficed."""
        oldest_first = self.snapshot.direction is Direction.OLDEST_FIRST
        try:
            return await (self._read_tail() if oldest_first else self._read_head())
        except (Forbidden, TooManyRequests, Unauthenticated):
            raise
        except Refusal:
            # A later page may be refused; a complete reading finds another way, or raises the error.
            return False

    async def _read_head(self) -> bool:
        offset = 0
        for _ in range(MOST_PAGES):
            page, changes = await self._read_page(offset)
            offset += page.received
            is_last = not page.more_after(offset)
            if not changes.added or is_last or self.snapshot.direction is Direction.NONE:
                return True
        return False

    async def _read_tail(self) -> bool:
        snapshot = self.snapshot
        offset = max(0, snapshot.listed - 1)
        for _ in range(MOST_PAGES):
            page, changes = await self._read_page(offset)
            # The first row is the last that was listed, unless jobs before it are gone, and new ones in their places.
            if offset < snapshot.listed and changes.added - changes.replaced == page.received:
                return False
            offset += page.received
            snapshot.listed = offset
            if not page.more_after(offset):
                return True
        return False

    async def _read_page(self, offset: int) -> tuple[CleanPage, Changes]:
        snapshot, asked_at = self.snapshot, self.intake.clock()
        page = await self.intake.client.jobs(limit=min(PAGE, snapshot.accepted), offset=offset)
        changes = await self.intake.enter(page.jobs, asked_at)
        # Jobs that are created meanwhile are above the first page if the newest come first.
        if not offset or snapshot.direction is not Direction.NEWEST_FIRST:
            snapshot.total = page.total
        snapshot.served_at = page.served_at or snapshot.served_at
        return page, changes

    async def _ask_for_unsettled(self) -> bool:
        intake = self.intake
        asked_at = intake.clock()
        ids = usable(await intake.store.unsettled(asked_at - SETTLED_FOR))
        if not ids or len(ids) > MOST_UNSETTLED:
            return not ids
        with anyio.move_on_after(FILTER_TIME) as asking:
            found = await filter_by_ids(intake.client, ids, self.snapshot.accepted)
        if asking.cancelled_caught:
            return False
        await intake.put(found, asked_at)
        omitted = set(ids) - {record["id"] for record in found}
        return await intake.look_up(omitted) is not None
