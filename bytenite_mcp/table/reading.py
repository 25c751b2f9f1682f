"""A complete reading: puts all jobs of an account into the table, and checks that none is missing."""

from collections.abc import Awaitable, Callable, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from math import inf

import anyio

from bytenite_mcp.api.errors import ByteNiteError, Refusal, TooManyRequests
from bytenite_mcp.api.gather import gather_both
from bytenite_mcp.privacy.door import CleanClient, CleanPage
from bytenite_mcp.privacy.redact import CleanRecord, Job
from bytenite_mcp.table.asking import MOST_ASKED_FOR, ask_for, usable
from bytenite_mcp.table.background import Share
from bytenite_mcp.table.errors import TableFull
from bytenite_mcp.table.listing import PAGE, Direction, Listing, identify
from bytenite_mcp.table.status import ODD, UNLISTED
from bytenite_mcp.table.store import Store

FRESH_FOR, TIMES_ITS_LENGTH = 60.0, 20
"""How long a complete reading is valid: seconds, or a multiple of its duration, whichever is longer."""

MOST_PASSES = 5
"""The most passes over a list in no stable order; each finds some of the jobs that those before it missed."""

LONGEST_PAUSE = 600.0
"""The longest pause in seconds if ByteNite asks for one; without a number, the pause is a minute."""

PAUSE = 60.0

LONGEST_ESTIMATE = 600.0
"""The longest remaining time that is reported for a reading, in seconds."""

MOVING = "Jobs changed places while they were read"
FULL = "The table has no memory left"
LIMITED = "BYTENITE_MAX_JOBS holds no more"


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
        replaces: Whether the table is complete, so that the jobs go into a second one.
        known: The identities of the jobs in the table, and when they were put there.
        known_missed: How many more jobs ByteNite counted than it listed at the previous complete reading.
        began: When it began, by our clock.
        as_of: When it began, by ByteNite's clock.
        read: The number of jobs read.
        total: The number of jobs that ByteNite counts.
        served_at: When the last page was made, by ByteNite's clock.
        direction: How the list is ordered.
        listed: The number of rows of the list.
        whole: Whether no job is missing.
        missed: How many more jobs ByteNite counts than it lists.
        vanished: How many jobs of the table before the list lacked.
        lists_all: Whether no job that is gone from the list, and not deleted, was found by its id.
        rows: The number of jobs in the table.
        note: What else to say about it.
        paused_until: When it resumes after a pause that ByteNite asked for, by our clock.
        finished: Whether it has ended, for any reason.
        took: Its duration in seconds.
        entering: A lock, held while records are put into the table.
    """

    client: CleanClient
    store: Store
    share: Share
    clock: Callable[[], float]
    sleep: Callable[[float], Awaitable[None]]
    reads_ahead: bool
    replaces: bool
    known: dict[int, float] = field(default_factory=dict)
    known_missed: int = 0
    began: float = 0.0
    as_of: datetime | None = None
    read: int = 0
    total: int | None = None
    served_at: datetime | None = None
    direction: Direction = Direction.NONE
    listed: int = 0
    whole: bool = False
    missed: int = 0
    vanished: int = 0
    lists_all: bool = True
    rows: int = 0
    note: str = ""
    paused_until: float = 0.0
    finished: bool = False
    took: float = 0.0
    entering: anyio.Lock = field(default_factory=anyio.Lock)
    _stepped: anyio.Event = field(default_factory=anyio.Event)
    _hurried: bool = True
    _listings: list[Listing] = field(default_factory=list)
    _pending: list[CleanRecord] = field(default_factory=list)
    _pending_since: float = inf
    _reserved: int = 0
    _asked: list[str] = field(default_factory=list)

    @property
    def gap(self) -> int | None:
        """How many more jobs ByteNite counts than the table has; None if it does not count."""
        return None if self.total is None else self.total - self.rows

    @property
    def members(self) -> Set[str]:
        """The members that most records of the list have."""
        return self._listings[-1].members if self._listings else frozenset()

    @property
    def accepted(self) -> int:
        """The rows of a page that the API accepts a request for."""
        return self._listings[-1].accepted

    @property
    def counts(self) -> bool:
        """Whether ByteNite's totals can be the number of jobs."""
        return all(listing.counts for listing in self._listings)

    @property
    def met(self) -> set[int]:
        """The identities of the jobs that were read."""
        return set[int]().union(*(listing.met for listing in self._listings))

    @property
    def found(self) -> int:
        """The number of rows that all passes found together."""
        return len(self.met) + self._listings[-1].unreadable

    @property
    def stale(self) -> bool:
        """Whether it is so old that everything must be read again."""
        return self.clock() - self.began > max(FRESH_FOR, TIMES_ITS_LENGTH * self.took)

    @property
    def time_left(self) -> float:
        """The estimated remaining time in seconds."""
        pause = max(0.0, self.paused_until - self.clock())
        took = self.clock() - self.began
        left = max(0, (self.total or 0) - self.read) / max(1, self.read) * took
        return float(min(LONGEST_ESTIMATE, max(1, round(pause + left))))

    async def run(self) -> None:
        """Read all jobs.

        Raises:
            ByteNiteError: A page could not be fetched.
            TableFull: The jobs do not fit.
            TableLost: The table is gone.
        """
        self.began = self.clock()
        try:
            await self._read()
            self.rows = await self.store.count()
        except TableFull:
            self.note = FULL
            raise
        finally:
            self.took = self.clock() - self.began
            if self.replaces:
                with anyio.CancelScope(shield=True):
                    await self.store.stop_filling()

    def finish(self) -> None:
        """Wake the callers that wait for its end."""
        self.finished = True
        self._tell()

    async def step(self) -> None:
        """Wait until something has been read, ByteNite asks for a pause, or the reading ends."""
        await self._stepped.wait()

    def hurry(self, somebody_waits: bool) -> None:
        """Read faster while a caller waits, and slower otherwise."""
        self._hurried = somebody_waits
        if self._listings:
            self._listings[-1].hurry(somebody_waits)

    def expect(self, records: Sequence[CleanRecord], asked_at: float) -> None:
        """Record that records were put into the table meanwhile, so that they are not added twice."""
        self.known.update(dict.fromkeys(map(identify, records), asked_at))

    async def _read(self) -> None:
        if self.replaces:
            await self.store.start_filling()
        # Counting opens the table while the first page is awaited.
        first, _ = await gather_both(self._list, self.store.count)
        sure = self._is_sure(first, self.known_missed)
        complete = not self.replaces or await self._ask_for_doubtful()
        if not (sure and complete):
            sure = await self._list_again(first)
        if self.replaces:
            await self.store.finish_filling(self.began, self._asked)
        else:
            await self.store.finish_adding(self.began if sure else -inf)
        self._conclude(self._listings[-1], sure)

    async def _list_again(self, before: Listing) -> bool:
        """List all jobs until none can be missing, or a pass finds none that all before it missed."""
        while len(self._listings) < MOST_PASSES:
            found = len(self.met)
            last = await self._list()
            steady = len(self.met) == found
            ordered = last.direction is not Direction.NONE
            if self._is_sure(last, last.missed if ordered else before.missed, steady):
                return True
            if steady:
                return False
            before = last
        return False

    async def _list(self) -> Listing:
        self.known |= dict.fromkeys(self.met, self.began)
        listing = Listing(self._fetch, self._take, self._limit, self.clock, self._hurried, self.reads_ahead)
        self._listings.append(listing)
        try:
            await listing.run()
        except ByteNiteError:
            await self.flush()
            raise
        await self.flush()
        return listing

    def _is_sure(self, listing: Listing, gap: int, steady: bool = True) -> bool:
        """Whether no job is missing: ByteNite counts as many as were found, or none can have been missed.

        None was missed if no row can have been missed between pages, and ByteNite counts more by the same gap as before
        although a steady pass found no others than those before it.
        """
        counted = listing.counted or (listing.ended and set(listing.totals) == {self.found})
        return counted or (listing.proven and listing.missed == gap and (steady or not gap))

    def _conclude(self, last: Listing, sure: bool) -> None:
        self.direction, self.listed = last.direction, last.rows
        self.missed = max(0, last.missed - (self.found - last.rows)) if sure else last.missed
        self.whole = sure and not last.cut
        if last.cut:
            self.note = LIMITED
        elif self.missed:
            self.note = f"ByteNite counts {last.rows + last.missed:,} jobs, and lists {last.rows:,}"
        elif not sure:
            self.note = MOVING
        elif last.unreadable:
            self.note = ODD
        elif not self.lists_all:
            self.note = UNLISTED

    async def _fetch(self, limit: int, offset: int) -> CleanPage:
        while True:
            try:
                async with self.share:
                    page = await self.client.jobs(limit=limit, offset=offset)
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
        self._tell()
        await self.sleep(pause)

    async def _take(self, records: Sequence[CleanRecord], asked_at: float) -> None:
        self._pending.extend(records)
        self._pending_since = min(self._pending_since, asked_at)
        if len(self._pending) >= PAGE:
            await self.flush()
        self.read = max(len(listing.met) for listing in self._listings)
        self.share.note(max(self.read, self._reserved))
        self._tell()

    async def flush(self) -> None:
        """Write the jobs read into the table; writing many small pages at once takes a tenth of the time."""
        async with self.entering:
            records, since = self._pending, self._pending_since
            self._pending, self._pending_since = [], inf
            # A caller may do this, and be cancelled, which would lose the records.
            with anyio.CancelScope(shield=True):
                if records and self.replaces:
                    await self.store.fill(records, since)
                elif records:
                    await self._add(records, since)

    async def _add(self, records: Sequence[CleanRecord], asked_at: float) -> None:
        """Add records to the current table, which may already have some of them, or newer versions."""
        entered = {
            identity: self.known[identity] for identity in map(identify, records) if identity in self.known
        }
        if entered:
            older = [record for record in records if entered.get(identify(record), inf) <= asked_at]
            await self.store.put(older, asked_at)
            records = [record for record in records if identify(record) not in entered]
        await self.store.fill(records, asked_at)

    async def _ask_for_doubtful(self) -> bool:
        """Request the jobs that the list lacks, and those that it has unfinished again, unless they are many.

        Returns:
            Whether the jobs that it lacks were few enough.
        """
        gone = await self.store.vanished(self.began)
        self.vanished, vanished = len(gone), usable(gone)
        again = usable(await self.store.unfinished_again())
        self._asked = [job_id for ids in (vanished, again) if len(ids) <= MOST_ASKED_FOR for job_id in ids]
        asked_at = self.clock()
        found, _ = await ask_for(self.client, self._asked)
        kept = {job.id for job in map(Job, found) if not job.deleted_at}
        self.lists_all = kept.isdisjoint(vanished)
        await self.store.fill(found, asked_at)
        return len(vanished) <= MOST_ASKED_FOR

    def _tell(self) -> None:
        stepped, self._stepped = self._stepped, anyio.Event()
        stepped.set()
