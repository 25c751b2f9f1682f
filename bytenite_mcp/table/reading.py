"""A complete reading: every job of an account into the table, and how sure it is that none is missing."""

from collections.abc import Awaitable, Callable, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from math import inf

import anyio

from bytenite_mcp.api.errors import Refusal, TooManyRequests
from bytenite_mcp.privacy.door import CleanClient, CleanPage
from bytenite_mcp.privacy.redact import CleanRecord
from bytenite_mcp.table.asking import MOST_ASKED_FOR, ask_for, usable
from bytenite_mcp.table.errors import TableFull
from bytenite_mcp.table.listing import PAGE, Direction, Listing, identify
from bytenite_mcp.table.store import Store

FRESH_FOR, TIMES_ITS_LENGTH = 60.0, 20
"""How long a complete reading is good for: seconds, or so many times what it took, whichever is longer."""

LONGEST_PAUSE = 600.0
"""Seconds for which reading stops at the most when ByteNite asks for a pause; without a number it asks for a minute."""

PAUSE = 60.0

LONGEST_ESTIMATE = 600.0
"""Seconds that a reading is said to take still at the most."""

MOVING = "jobs changed places while they were read"
FULL = "the table has no memory left"
LIMITED = "BYTENITE_MAX_JOBS holds no more"


@dataclass(slots=True)
class Reading:
    """Reads all jobs into the table, once or, where some may have slipped past, twice.

    Attributes:
        client: Whose jobs.
        store: Where they go; a table that is whole is replaced only when this is over.
        most: How many to read at the most.
        clock: Seconds that only go up.
        sleep: How waiting is done.
        replaces: Whether the table is whole, so that the jobs go into one beside it.
        known: What tells the jobs that the table holds already from others, and when they entered it.
        known_missed: How many more jobs ByteNite counted than it listed when all was read before.
        began: When it began, by our clock.
        as_of: When it began, by ByteNite's clock.
        read: How many jobs were read.
        total: How many ByteNite counts.
        served_at: When the last page was given, by ByteNite's clock.
        direction: How the list is ordered.
        listed: How many rows it has.
        whole: Whether no job is missing.
        missed: How many more jobs ByteNite counts than it lists.
        rows: How many jobs the table holds.
        note: What else there is to say of it.
        paused_until: When it goes on, by our clock, as ByteNite asked for a pause.
        finished: Whether it has ended, for whatever reason.
        took: Seconds that it took.
        entering: Held while records enter the table.
    """

    client: CleanClient
    store: Store
    most: int
    clock: Callable[[], float]
    sleep: Callable[[float], Awaitable[None]]
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

    @property
    def gap(self) -> int | None:
        """How many more jobs ByteNite counts than the table holds; None if it does not count."""
        return None if self.total is None else self.total - self.rows

    @property
    def members(self) -> Set[str]:
        """What most records of the list have."""
        return self._listings[-1].members if self._listings else frozenset()

    @property
    def met(self) -> set[int]:
        """What tells the jobs that were read from others."""
        return set[int]().union(*(listing.met for listing in self._listings))

    @property
    def stale(self) -> bool:
        """Whether all is to be read again for its age."""
        return self.clock() - self.began > max(FRESH_FOR, TIMES_ITS_LENGTH * self.took)

    @property
    def time_left(self) -> float:
        """Seconds after which it is likely to be over."""
        pause = max(0.0, self.paused_until - self.clock())
        took = self.clock() - self.began
        left = max(0, (self.total or 0) - self.read) / max(1, self.read) * took
        return float(min(LONGEST_ESTIMATE, max(1, round(pause + left))))

    async def run(self) -> None:
        """Read.

        Raises:
            ByteNiteError: A page could not be had.
            TableFull: They do not fit.
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
        """Let those who wait know that it has ended."""
        self.finished = True
        self._tell()

    async def step(self) -> None:
        """Wait until something has been read, ByteNite asked for a pause, or it is over."""
        await self._stepped.wait()

    def hurry(self, somebody_waits: bool) -> None:
        """Read as fast as the waiting of somebody is worth."""
        self._hurried = somebody_waits
        if self._listings:
            self._listings[-1].hurry(somebody_waits)

    def expect(self, records: Sequence[CleanRecord], asked_at: float) -> None:
        """Take note that records were put into the table meanwhile, so that they do not stand there twice."""
        self.known.update(dict.fromkeys(map(identify, records), asked_at))

    async def _read(self) -> None:
        if self.replaces:
            await self.store.start_filling()
        first = await self._list()
        sure = self._is_sure(first, self.known_missed)
        if not sure or (self.replaces and not await self._ask_for_vanished()):
            second = await self._list()
            sure = self._is_sure(second, first.missed) or (
                second.proven and second.direction is not Direction.NONE
            )
        if self.replaces:
            await self.store.finish_filling(self.began)
        else:
            await self.store.finish_adding(self.began if sure else -inf)
        self._conclude(self._listings[-1], sure)

    async def _list(self) -> Listing:
        self.known |= dict.fromkeys(self.met, self.began)
        listing = Listing(self._fetch, self._take, self.most, self.clock, self._hurried)
        self._listings.append(listing)
        await listing.run()
        await self.flush()
        return listing

    @staticmethod
    def _is_sure(listing: Listing, gap: int) -> bool:
        """Whether none is missing: nothing slipped between pages, and ByteNite counts as many as it did before."""
        return (listing.proven and listing.missed == gap) or listing.counted

    def _conclude(self, last: Listing, sure: bool) -> None:
        self.direction, self.missed, self.listed = last.direction, last.missed, last.rows
        self.whole = sure and not last.cut
        if last.cut:
            self.note = LIMITED
        elif not sure:
            self.note = MOVING
        elif last.missed:
            self.note = f"ByteNite counts {last.rows + last.missed:,} jobs, and lists {last.rows:,}"

    async def _fetch(self, limit: int, offset: int) -> CleanPage:
        while True:
            try:
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
        self._tell()

    async def flush(self) -> None:
        """Write what was read into the table: many small pages at once take a tenth of the time."""
        async with self.entering:
            records, since = self._pending, self._pending_since
            self._pending, self._pending_since = [], inf
            if records and self.replaces:
                await self.store.fill(records, since)
            elif records:
                await self._add(records, since)

    async def _add(self, records: Sequence[CleanRecord], asked_at: float) -> None:
        """Add to the table that is asked, where some may stand already, and some as they are now."""
        entered = {
            identity: self.known[identity] for identity in map(identify, records) if identity in self.known
        }
        if entered:
            older = [record for record in records if entered.get(identify(record), inf) <= asked_at]
            await self.store.put(older, asked_at)
            records = [record for record in records if identify(record) not in entered]
        await self.store.fill(records, asked_at)

    async def _ask_for_vanished(self) -> bool:
        """Ask for the jobs that this reading lacks and the table has; tells whether they were few enough."""
        vanished = await self.store.vanished(self.began)
        ids = usable(vanished)
        if len(ids) > MOST_ASKED_FOR:
            return False
        asked_at = self.clock()
        found, _ = await ask_for(self.client, ids)
        await self.store.fill(found, asked_at)
        return True

    def _tell(self) -> None:
        stepped, self._stepped = self._stepped, anyio.Event()
        stepped.set()
