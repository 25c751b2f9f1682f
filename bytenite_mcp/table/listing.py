"""One pass over the list of all jobs: requests pages concurrently, and proves that no row was missed between them."""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import partial
from itertools import pairwise

import anyio

from bytenite_mcp.api.errors import (
    ConnectionLost,
    Forbidden,
    InvalidRequest,
    NoSuchRoute,
    NotFound,
    ServerFailure,
    TimedOut,
    UnexpectedAnswer,
)
from bytenite_mcp.api.gather import gather
from bytenite_mcp.api.values import to_datetime
from bytenite_mcp.privacy.door import CleanPage
from bytenite_mcp.privacy.redact import CleanRecord
from bytenite_mcp.table.stretches import Stretch, find_gaps

PAGE, SMALL_PAGE, SMALLER_PAGES = 500, 100, (20, 10)
"""The rows of a page, and of smaller pages if the API fails with that many, or returns fewer. Larger pages would take
more memory and save few requests."""

_MAY_BE_TOO_MUCH = (ConnectionLost, Forbidden, InvalidRequest, ServerFailure, TimedOut, UnexpectedAnswer)

ROWS_AT_ONCE, MOST_AT_ONCE, IN_BACKGROUND = 1000, 8, 2
"""The most rows and requests in flight while a caller waits, and the requests in flight when none does."""

LIKELY_PAGES = {10, 20, 25, 50, 100, 200, 250}
"""Numbers of rows that are likely limits of a page, even if its total is just that number."""

REPAIRS = 4
"""The most gaps between pages that are read again; if there are more, the list has no stable order."""

Fetch = Callable[[int, int], Awaitable[CleanPage]]
"""Fetches a page, by limit and offset."""

Take = Callable[[Sequence[CleanRecord], float], Awaitable[None]]
"""Receives records that are new in this pass, and when they were requested."""


class Direction(StrEnum):
    """How a list is ordered by creation."""

    NEWEST_FIRST = "newest first"
    OLDEST_FIRST = "oldest first"
    NONE = "none"


@dataclass(slots=True)
class Listing:
    """Reads the list once, with any page size that the API allows.

    Pages overlap. If each page begins with the last rows of the page before, no row that existed throughout was missed
    between them, whatever was added or removed meanwhile; only a row that moves can be.

    Attributes:
        fetch: Fetches a page.
        take: Receives the records.
        most: Returns the most rows to read, which other tables may change.
        clock: A monotonic clock in seconds.
        hurried: Whether a caller waits.
        reads_ahead: Whether pages are requested while none does.
        met: The identities of the rows that were read.
        members: The members that most records of the first page have.
        unreadable: The number of rows that are not records.
        totals: ByteNite's totals, page by page.
        counts: Whether no total was below the number of different rows read by then.
        accepted: The rows of a page that the API accepts a request for.
        began: When the first page was made, by ByteNite's clock.
        unbroken: Whether all pages overlap as they should.
    """

    fetch: Fetch
    take: Take
    most: Callable[[], int]
    clock: Callable[[], float]
    hurried: bool = True
    reads_ahead: bool = True
    met: set[int] = field(default_factory=set)
    members: Set[str] = frozenset()
    unreadable: int = 0
    totals: list[int] = field(default_factory=list)
    counts: bool = True
    accepted: int = PAGE
    began: datetime | None = None
    unbroken: bool = False
    _pace: anyio.CapacityLimiter = field(default_factory=lambda: anyio.CapacityLimiter(1))
    _limit: int = PAGE
    _stride: int = PAGE
    _overlap: int = 0
    _met_before: set[int] = field(default_factory=set)
    _stretches: list[Stretch] = field(default_factory=list)
    _end: int = 0
    _more: bool = False
    _promised: bool = False
    _exhausted: bool = False
    _repeats: bool = False
    _falls: bool = True
    _rises: bool = True

    async def run(self) -> None:
        """Read the whole list.

        Raises:
            ByteNiteError: A page could not be fetched.
        """
        first = await self._read_first()
        if not self._more:
            self.unbroken = True
            return
        self._overlap = min(max(1, self._stride // 50), self._stride - 1)
        await self._read_rest(first.total or 0)
        if self.rows == 1:  # pages of one row cannot overlap
            self.unbroken = True
            return
        if self._refuses_overlap:
            del self._stretches[1:]
            # What the pages that did overlap had is not new, but does not show that pages repeat.
            self._met_before = self.met.difference(self._stretches[0].met)
            self._overlap, self._exhausted, self._repeats = 0, False, False
            await self._read_rest(first.total or 0)
        await self._repair()

    def hurry(self, somebody_waits: bool) -> None:
        """Send more requests at once while a caller waits, and fewer otherwise."""
        self.hurried = somebody_waits
        waited_for = max(IN_BACKGROUND, min(MOST_AT_ONCE, ROWS_AT_ONCE // self._stride))
        in_background = IN_BACKGROUND if self.reads_ahead else 0
        self._pace.total_tokens = waited_for if somebody_waits else in_background

    @property
    def direction(self) -> Direction:
        """How the list is ordered by creation time, as far as its rows have one."""
        if self._falls:
            return Direction.NEWEST_FIRST
        return Direction.OLDEST_FIRST if self._rises else Direction.NONE

    @property
    def rows(self) -> int:
        """The number of different rows."""
        return len(self.met) + self.unreadable

    @property
    def cut(self) -> bool:
        """Whether the list has more rows than `most`."""
        return self._more and not self._exhausted and not self._repeats

    @property
    def ended(self) -> bool:
        """Whether it reached the end, and ByteNite did not say that there was more."""
        if self.totals:
            contradicted = self.missed > 0 and (self._promised or self._repeats or not self.met)
        else:
            contradicted = self._promised and self._repeats
        return not self._more or not (self.cut or contradicted)

    @property
    def proven(self) -> bool:
        """Whether no row can have been missed, except one that moved."""
        return self.unbroken and self.ended

    @property
    def counted(self) -> bool:
        """Whether it read as many rows as ByteNite counts, with the same total on each page."""
        return self.ended and set(self.totals) == {self.rows}

    @property
    def missed(self) -> int:
        """How many more rows ByteNite counts than were read."""
        # Jobs that are created meanwhile are above the first page if the newest come first.
        counted = self.totals[:1] if self._falls else self.totals
        return max(0, max(counted, default=0) - self.rows)

    async def _read_first(self) -> CleanPage:
        page = await self._read_first_of(PAGE, SMALL_PAGE, *SMALLER_PAGES)
        if self._more and page.received < SMALL_PAGE < self._limit:
            page = await self._read_first_of(SMALL_PAGE)
        self.began = page.served_at
        self._stride = self._limit = max(1, min(page.received, self._limit))
        self.hurry(self.hurried)
        return page

    async def _read_first_of(self, limit: int, *smaller: int) -> CleanPage:
        """Read the first page, with a smaller limit if it fails in a way that its size may cause."""
        self.accepted = self._limit = limit
        self._stretches = [Stretch(0)]
        try:
            page = await self._read_page(self._stretches[0], limit, 0)
            if page.received or not page.total or not smaller:
                return page
        except _MAY_BE_TOO_MUCH:
            if not smaller:
                raise
        return await self._read_first_of(*smaller)

    async def _read_rest(self, total: int) -> None:
        step = self._stride - self._overlap
        known = range(step, min(total, self.most()) - self._overlap, step)
        starts = iter(known)
        await gather([partial(self._read_stretches, starts)] * MOST_AT_ONCE)
        start, width = step * (1 + len(known)), 1
        # There may be more rows by now, or no total.
        while self._more and not self._exhausted and not self._repeats and start < self.most():
            starts = iter(range(start, start + step * width, step))
            await gather([partial(self._read_stretches, starts)] * width)
            start, width = start + step * width, min(2 * width, MOST_AT_ONCE)

    async def _read_stretches(self, starts: Iterator[int]) -> None:
        for start in starts:
            if self._exhausted or self._repeats:
                return
            stretch = await self._read_stretch(start)
            self._stretches.append(stretch)
            known = len(stretch.met) <= self._overlap
            self._exhausted = self._exhausted or (not stretch.new and known)
            self._repeats = self._repeats or (not stretch.new and not known)

    async def _read_stretch(self, start: int) -> Stretch:
        stretch, offset, end = Stretch(start), start, start + self._stride
        while offset < end:
            limit = min(self._limit, end - offset)
            page = await self._read_page(stretch, limit, offset)
            offset += page.received
            if not page.received or not _says_more(page, limit, offset):
                break
        return stretch

    async def _read_page(self, stretch: Stretch, limit: int, offset: int) -> CleanPage:
        async with self._pace:
            asked_at = self.clock()
            page = await self._fetch(limit, offset)
            new = self._note(page, stretch)
            end = offset + page.received
            self.counts = self.counts and (page.total is None or page.total >= self.rows)
            if end >= self._end and (page.received or not offset):
                self._end, self._promised = end, page.has_next
                self._more = _says_more(page, limit, end) or (not offset and page.received in LIKELY_PAGES)
            if new:
                await self.take(new, asked_at)
        return page

    async def _fetch(self, limit: int, offset: int) -> CleanPage:
        """Fetch a page; after the first page, a refusal counts as an empty one unless rows beyond the end cause it."""
        try:
            return await self.fetch(limit, offset)
        except (InvalidRequest, NotFound, NoSuchRoute):
            if not offset:
                raise
            # Search engines refuse pages that may end beyond row 10,000.
            left = self.totals[0] - offset if self.totals else 0
            if 0 < left < limit:
                return await self._fetch(left, offset)
            return CleanPage([], None, has_next=False)

    def _note(self, page: CleanPage, stretch: Stretch) -> list[CleanRecord]:
        """Record a page, and return its new records."""
        self.unreadable += page.unreadable
        if page.total is not None:
            self.totals.append(page.total)
        self._note_order(page.jobs)
        new = []
        if not self.met:
            counts = Counter(member for record in page.jobs for member in record)
            self.members = {member for member, count in counts.items() if 2 * count > len(page.jobs)}
        for record in page.jobs:
            identity = identify(record)
            stretch.met.append(identity)
            if identity not in self.met:
                self.met.add(identity)
                new.append(record)
            elif identity in self._met_before:
                self._met_before.remove(identity)
                stretch.new += 1
        stretch.new += len(new)
        return new

    def _note_order(self, records: Sequence[CleanRecord]) -> None:
        if self._falls or self._rises:
            times = [time for record in records if (time := to_datetime(record.get("createdAt")))]
            self._falls = self._falls and all(one >= next_one for one, next_one in pairwise(times))
            self._rises = self._rises and all(one <= next_one for one, next_one in pairwise(times))

    @property
    def _refuses_overlap(self) -> bool:
        """Whether the API only accepts offsets that are multiples of the limit."""
        second = next((one for one in self._stretches if one.start == self._stride - self._overlap), None)
        return second is not None and not second.new and len(second.met) != self._overlap

    async def _repair(self) -> None:
        """Read again where rows may have been missed between two pages."""
        for _ in range(2):
            self._stretches.sort(key=lambda stretch: stretch.start)
            gaps = find_gaps(self._stretches, self._stride)
            if not gaps or len(gaps) > REPAIRS:
                break
            for place in gaps:
                self._stretches[place] = await self._read_stretch(self._stretches[place].start)
        self.unbroken = self._overlap > 0 and not find_gaps(self._stretches, self._stride)


def identify(record: CleanRecord) -> int:
    """Return the identity of a job, which is not its id, because that may be reused or missing."""
    job_id = record.get("id")
    # To the second, because routes of the API may cut the fraction differently.
    created = str(record.get("createdAt"))[:19]
    return hash(f"{job_id} {created}" if isinstance(job_id, str) and job_id else str(record))


def _says_more(page: CleanPage, limit: int, end: int) -> bool:
    """Whether there may be rows after a page; after a full page there may be more, whatever the total."""
    return page.more_after(end) or page.received >= limit
