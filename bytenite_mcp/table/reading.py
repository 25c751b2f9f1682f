"""A complete reading: puts all jobs of an account into the table, and checks that none is missing."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from math import inf

import anyio

from bytenite_mcp.api.errors import Refusal, TooManyRequests
from bytenite_mcp.api.gather import gather_both
from bytenite_mcp.privacy.door import CleanClient, CleanPage, Received
from bytenite_mcp.privacy.redact import CleanRecord, Job
from bytenite_mcp.table.background import Share
from bytenite_mcp.table.by_id import MOST_ASKED_FOR, ask_for, usable
from bytenite_mcp.table.errors import TableFull
from bytenite_mcp.table.evidence import Direction
from bytenite_mcp.table.filling import Filling
from bytenite_mcp.table.lean import find_lean
from bytenite_mcp.table.listing import PAGE, Listing
from bytenite_mcp.table.passes import Passes
from bytenite_mcp.table.snapshot import Snapshot
from bytenite_mcp.table.status import UNLISTED
from bytenite_mcp.table.store import Store
from bytenite_mcp.table.unlisted import find_beyond

MOST_PASSES = 5
"""The most passes over a list in no stable order; each finds some of the jobs that those before it missed."""

LONGEST_PAUSE = 600.0
"""The longest pause in seconds if ByteNite asks for one; without a number, the pause is a minute."""

PAUSE = 60.0

LONGEST_ESTIMATE = 600.0
"""The longest remaining time that is reported for a reading, in seconds."""


@dataclass(slots=True)
class Reading:
    """Reads all jobs into the table: once or, if some may have been missed, again.

    Attributes:
        client: The client of the account.
        store: The table; a complete one is replaced only at the end.
        share: How many jobs to read at most, and a place among the readings at a time.
        clock: A monotonic clock in seconds.
        sleep: Sleeps for a number of seconds.
        reads_ahead: Whether it goes on while no caller waits.
        last: What the complete reading before it found; if there is one, the jobs go into a second table.
        began: When it began, by our clock.
        as_of: When it began, by ByteNite's clock.
        read: The number of jobs read.
        total: The number of jobs that ByteNite counts.
        served_at: When the last page was made, by ByteNite's clock.
        paused_until: When it resumes after a pause that ByteNite asked for, by our clock.
        finished: Whether it has ended, for any reason.
    """

    client: CleanClient
    store: Store
    share: Share
    clock: Callable[[], float]
    sleep: Callable[[float], Awaitable[None]]
    reads_ahead: bool
    last: Snapshot | None = None
    began: float = field(init=False)
    as_of: datetime | None = None
    read: int = 0
    total: int | None = None
    served_at: datetime | None = None
    paused_until: float = 0.0
    finished: bool = False
    _stepped: anyio.Event = field(default_factory=anyio.Event)
    _waiting: int = 0
    _listing: Listing | None = None
    _passes: Passes = field(default_factory=Passes)
    _pending: list[CleanRecord] = field(default_factory=list)
    _pending_since: float = inf
    _reserved: int = 0
    _writing: anyio.Lock = field(default_factory=anyio.Lock)
    _asked: list[str] = field(default_factory=list)
    _vanished: int = 0
    _unlisted: bool = False
    _filling: Filling = field(init=False)

    def __post_init__(self) -> None:
        self.began = self.clock()
        self._filling = Filling(self.store, self.last is not None, self.began)

    @property
    def time_left(self) -> float:
        """The estimated remaining time in seconds."""
        pause = max(0.0, self.paused_until - self.clock())
        read = [one.rows for one in self._passes.each]
        # A later pass reads all jobs again.
        unread = max(0, (self.total or 0) - sum(read[-1:]))
        left = unread / max(1, sum(read)) * (self.clock() - self.began)
        return float(min(LONGEST_ESTIMATE, max(1, round(pause + left))))

    async def run(self) -> None:
        """Read all jobs, and record what was found out about the list.

        Raises:
            ByteNiteError: A page could not be fetched.
            TableFull: The jobs do not fit.
            TableLost: The table is gone.
        """
        before = await self.store.count() if self.last and self.last.is_miscounted else None
        try:
            sure = await self._read()
        finally:
            await self._filling.stop()
        snapshot = self._describe(sure)
        await self._check(snapshot, before)
        self._filling.conclude(snapshot)

    def finish(self) -> None:
        """Wake the callers that wait for its end."""
        self.finished = True
        self._wake()

    async def wait_for_progress(self) -> None:
        """Wait until something has been read, ByteNite asks for a pause, or the reading ends."""
        await self._stepped.wait()

    @contextmanager
    def hurried(self) -> Iterator[None]:
        """Read faster while a caller waits, and slower otherwise."""
        self._count_waiting(1)
        try:
            with self.client.sharing():
                yield
        finally:
            self._count_waiting(-1)

    def _count_waiting(self, callers: int) -> None:
        self._waiting += callers
        if self._listing:
            self._listing.hurry(self._waiting > 0)

    async def _read(self) -> bool:
        """Read all jobs into the table; return whether none is missing."""
        await self._filling.start()
        # Counting opens the table while the first page is awaited.
        await gather_both(self._list, self.store.count)
        sure = self._passes.is_sure(self.last.missed if self.last else 0)
        complete = not self.last or await self._ask_for_doubtful()
        if not (sure and complete):
            sure = await self._list_again()
        await self._filling.finish(sure=sure, asked=self._asked)
        return sure

    async def _list_again(self) -> bool:
        """List all jobs until none can be missing, or a pass finds none that all before it missed."""
        while len(self._passes.each) < MOST_PASSES:
            before, found = self._passes.last.missed, len(self._passes.met)
            await self._list()
            steady = len(self._passes.met) == found
            ordered = self._passes.last.direction is not Direction.NONE
            if self._passes.is_sure(self._passes.last.missed if ordered else before, steady):
                return True
            if steady:
                return False
        return False

    async def _list(self) -> None:
        self._listing = listing = Listing(
            self._fetch, self._take, self._limit, self.clock, self._waiting > 0, self.reads_ahead
        )
        self._passes.each.append(listing.evidence)
        try:
            await listing.run()
        finally:
            await self.flush()

    def _describe(self, sure: bool) -> Snapshot:
        passes, last = self._passes, self._passes.last
        return Snapshot(
            began=self.began,
            took=self.clock() - self.began,
            as_of=self.as_of,
            whole=sure and not last.goes_on,
            flaw=passes.find_flaw(sure) or (UNLISTED if self._unlisted else ""),
            direction=last.direction,
            accepted=self._listing.accepted if self._listing else 1,
            missed=passes.missed(sure),
            listed=last.rows,
            total=self.total,
            served_at=self.served_at,
        )

    async def _check(self, snapshot: Snapshot, before: int | None) -> None:
        """Find out what the list lacks, and whether ByteNite's total is reliable.

        Args:
            snapshot: What is known of the list.
            before: The number of jobs in the table before, if everything was read again only because of the total.
        """
        snapshot.lean, beyond = await gather_both(
            partial(find_lean, self.client, self.store),
            partial(find_beyond, self.client, self.store, snapshot),
        )
        lacks_more = self._unlisted and (self._lacked_some or self._vanished > MOST_ASKED_FOR)
        snapshot.lists_all = not (snapshot.whole and (beyond or lacks_more))
        self.read = snapshot.rows = await self.store.count()
        if self.total is not None:
            snapshot.gap_then = snapshot.gap_now = self.total - snapshot.rows
        # If no job was new or gone, the total changes without the list.
        snapshot.trusts_total = self._passes.totals_add_up and (before != snapshot.rows or self._vanished > 0)

    async def _fetch(self, limit: int, offset: int, received: Received) -> CleanPage:
        while True:
            try:
                async with self.share:
                    page = await self.client.jobs(limit=limit, offset=offset, received=received)
            except TooManyRequests as refusal:
                if not self.read:
                    raise
                await self._pause(refusal)
            else:
                self._note_page(page, offset)
                return page

    def _note_page(self, page: CleanPage, offset: int) -> None:
        self.as_of = self.as_of or page.served_at
        self.served_at = max(filter(None, (self.served_at, page.served_at)), default=None)
        if not offset and page.total is not None:
            self.total = page.total
            self._reserved = min(page.total, self.share.limit)
            self.share.note(self._reserved)

    def _limit(self) -> int:
        """Return the most jobs to read: as many as were claimed when their number was first known, or more."""
        return max(self._reserved, self.share.limit)

    async def _pause(self, refusal: Refusal) -> None:
        pause = min(refusal.retry_after or PAUSE, LONGEST_PAUSE)
        self.paused_until = max(self.paused_until, self.clock() + pause)
        self._wake()
        await self.sleep(pause)

    async def _take(self, records: Sequence[CleanRecord], asked_at: float) -> None:
        self._pending.extend(records)
        self._pending_since = min(self._pending_since, asked_at)
        if len(self._pending) >= PAGE:
            await self.flush()
        self.store.members = self._passes.last.members
        self.read = self._passes.most_met
        self.share.note(max(self.read, self._reserved))
        self._wake()

    async def flush(self) -> None:
        """Write the jobs read into the table; writing many small pages at once takes a tenth of the time.

        Raises:
            TableFull: They do not fit.
            TableLost: The table is gone.
        """
        async with self._writing:
            records, since = self._pending, self._pending_since
            self._pending, self._pending_since = [], inf
            try:
                if records:
                    await self._filling.add(records, since)
            except TableFull:
                # If a caller flushed, the reading meets this error, too, instead of leaving them out.
                self._pending, self._pending_since = records + self._pending, since
                raise

    @property
    def _lacked_some(self) -> bool:
        """Whether the list was known before to lack jobs."""
        return self.last is not None and not self.last.lists_all

    async def _ask_for_doubtful(self) -> bool:
        """Request jobs that the list lacks: some if there are many; if few, also those that it shows unfinished again.

        Returns:
            Whether the jobs that it lacks were few.
        """
        gone = await self._filling.vanished()
        self._vanished, vanished = len(gone), usable(gone)
        again = usable(await self._filling.unfinished_again())
        self._asked = vanished[:MOST_ASKED_FOR] + (again if len(again) <= MOST_ASKED_FOR else [])
        asked_at = self.clock()
        found, _ = await ask_for(self.client, self._asked)
        # A list may leave out soft-deleted jobs, as a filter has shown before, or only since they were deleted.
        kept = {job.id for job in map(Job, found) if self._lacked_some or not job.deleted_at}
        self._unlisted = not kept.isdisjoint(vanished)
        await self._filling.add(found, asked_at)
        return len(vanished) <= MOST_ASKED_FOR

    def _wake(self) -> None:
        stepped, self._stepped = self._stepped, anyio.Event()
        stepped.set()
