"""Updates a table: reads new jobs of the list, and jobs that may have changed."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import anyio

from bytenite_mcp.api.errors import Forbidden, Refusal, TooManyRequests, Unauthenticated
from bytenite_mcp.privacy.door import CleanClient, CleanPage
from bytenite_mcp.privacy.redact import CleanRecord
from bytenite_mcp.table.asking import MOST_ASKED_FOR, ask_for, filter_by_ids, usable
from bytenite_mcp.table.changes import Changes
from bytenite_mcp.table.listing import Direction
from bytenite_mcp.table.store import Store

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
        client: The client of the account.
        store: The table.
        enter: Puts jobs of the list into the table, with the time of their request.
        put: Puts jobs that a filter found into the table.
        clock: A monotonic clock in seconds.
        direction: How the list is ordered.
        listed: The number of rows that the list had.
        accepted: The rows of a page that the API accepts a request for.
        total: The number of jobs that ByteNite counts now.
        gap: How many more these are than the table has; None if ByteNite does not count.
        served_at: When the last page was made, by ByteNite's clock.
        sufficed: Whether the table is now up to date; otherwise everything must be read again.
    """

    client: CleanClient
    store: Store
    enter: Callable[[Sequence[CleanRecord], float], Awaitable[Changes]]
    put: Callable[[Sequence[CleanRecord]], Awaitable[object]]
    clock: Callable[[], float]
    direction: Direction
    listed: int
    accepted: int = PAGE
    total: int | None = None
    gap: int | None = None
    served_at: datetime | None = None
    sufficed: bool = False

    async def read(self) -> None:
        """Read the changes.

        Raises:
            ByteNiteError: ByteNite did not answer.
            TableFull: The jobs do not fit.
            TableLost: The table is gone.
        """
        if not await self._ask_for_unsettled():
            return
        oldest_first = self.direction is Direction.OLDEST_FIRST
        try:
            self.sufficed = await (self._read_tail() if oldest_first else self._read_head())
        except (Forbidden, TooManyRequests, Unauthenticated):
            raise
        except Refusal:
            # A later page may be refused; a complete reading finds another way, or raises the error.
            return
        self.gap = None if self.total is None else self.total - await self.store.count()

    async def _read_head(self) -> bool:
        offset = 0
        for _ in range(MOST_PAGES):
            page, changes = await self._read_page(offset)
            offset += page.received
            if not changes.added or not page.more_after(offset) or self.direction is Direction.NONE:
                return True
        return False

    async def _read_tail(self) -> bool:
        offset = max(0, self.listed - 1)
        for _ in range(MOST_PAGES):
            page, changes = await self._read_page(offset)
            # The first row is the last that was listed, unless jobs before it are gone, and new ones in their places.
            if offset < self.listed and changes.added - changes.replaced == page.received:
                return False
            offset += page.received
            self.listed = offset
            if not page.more_after(offset):
                return True
        return False

    async def _read_page(self, offset: int) -> tuple[CleanPage, Changes]:
        asked_at = self.clock()
        page = await self.client.jobs(limit=min(PAGE, self.accepted), offset=offset)
        changes = await self.enter(page.jobs, asked_at)
        # Jobs that are created meanwhile are above the first page if the newest come first.
        if not offset or self.direction is not Direction.NEWEST_FIRST:
            self.total = page.total
        self.served_at = page.served_at or self.served_at
        return page, changes

    async def _ask_for_unsettled(self) -> bool:
        asked_at = self.clock()
        ids = usable(await self.store.unsettled(asked_at - SETTLED_FOR))
        if not ids or len(ids) > MOST_UNSETTLED:
            return not ids
        with anyio.move_on_after(FILTER_TIME) as asking:
            found = await filter_by_ids(self.client, ids, self.accepted)
        if asking.cancelled_caught:
            return False
        await self.put(found)
        omitted = set(ids) - {record["id"] for record in found}
        if len(omitted) > MOST_ASKED_FOR:
            return False
        found, gone = await ask_for(self.client, omitted)
        await self.enter(found, asked_at)
        await self.store.remove(gone)
        return True
