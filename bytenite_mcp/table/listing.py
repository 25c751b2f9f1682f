"""One pass over the list of all jobs: requests pages concurrently, and proves that no row was missed between them."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial

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
from bytenite_mcp.privacy.door import CleanPage, Received
from bytenite_mcp.privacy.redact import CleanRecord
from bytenite_mcp.table.evidence import Evidence, says_more
from bytenite_mcp.table.stretches import Stretch, find_gaps

PAGE, SMALL_PAGE, SMALLER_PAGES = 500, 100, (20, 10)
"""The rows of a page, and of smaller pages if the API fails with that many, or returns fewer. Larger pages would take
more memory and save few requests."""

_MAY_BE_TOO_MUCH = (ConnectionLost, Forbidden, InvalidRequest, ServerFailure, TimedOut, UnexpectedAnswer)

ROWS_AT_ONCE, MOST_AT_ONCE, AT_HAND, IN_BACKGROUND = 1000, 8, 2, 2
"""The most rows under way while a caller waits, the most requests in flight, the pages that are redacted and taken
meanwhile, and the requests in flight when no caller waits."""

REPAIRS = 4
"""The most gaps between pages that are read again; if there are more, the list has no stable order."""

Fetch = Callable[[int, int, Received], Awaitable[CleanPage]]
"""Fetches a page, by limit and offset, and says when its answer has come."""

Take = Callable[[Sequence[CleanRecord], float], Awaitable[None]]
"""Receives records that are new in this pass, and when they were requested."""


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
        accepted: The rows of a page that the API accepts a request for.
        evidence: What the pages show.
    """

    fetch: Fetch
    take: Take
    most: Callable[[], int]
    clock: Callable[[], float]
    hurried: bool = True
    reads_ahead: bool = True
    accepted: int = PAGE
    evidence: Evidence = field(default_factory=Evidence)
    _pace: anyio.CapacityLimiter = field(default_factory=lambda: anyio.CapacityLimiter(1))
    _limit: int = PAGE
    _stride: int = PAGE
    _overlap: int = 0
    _stretches: list[Stretch] = field(default_factory=list)

    async def run(self) -> None:
        """Read the whole list.

        Raises:
            ByteNiteError: A page could not be fetched.
        """
        first, evidence = await self._read_first(), self.evidence
        if not evidence.more:
            evidence.unbroken = True
            return
        self._overlap = min(max(1, self._stride // 50), self._stride - 1)
        await self._read_rest(first.total or 0)
        if evidence.rows == 1:  # pages of one row cannot overlap
            evidence.unbroken = True
            return
        if self._refuses_overlap:
            del self._stretches[1:]
            evidence.begin_again(self._stretches[0])
            self._overlap = 0
            await self._read_rest(first.total or 0)
        await self._repair()

    def hurry(self, somebody_waits: bool) -> None:
        """Send more requests at once while a caller waits, and fewer otherwise."""
        self.hurried = somebody_waits
        in_background = IN_BACKGROUND if self.reads_ahead else 0
        self._pace.total_tokens = self._within(MOST_AT_ONCE) if somebody_waits else in_background

    def _within(self, most: int) -> int:
        """Return how many pages have no more rows than may be under way, at most `most`."""
        return max(IN_BACKGROUND, min(most, ROWS_AT_ONCE // self._stride))

    async def _read_first(self) -> CleanPage:
        page = await self._read_first_of(PAGE, SMALL_PAGE, *SMALLER_PAGES)
        if self.evidence.more and page.received < SMALL_PAGE < self._limit:
            page = await self._read_first_of(SMALL_PAGE)
        self._stride = self._limit = max(1, min(page.received, self._limit))
        self.hurry(self.hurried)
        return page

    async def _read_first_of(self, limit: int, *smaller: int) -> CleanPage:
        """Read the first page, with a smaller limit if it fails in a way that its size may cause."""
        self.accepted = self._limit = limit
        self._stretches = [Stretch(0)]
        self.evidence.forget()
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
        await gather([partial(self._read_stretches, starts)] * self._within(MOST_AT_ONCE + AT_HAND))
        start, width = step * (1 + len(known)), 1
        # There may be more rows by now, or no total.
        while self.evidence.goes_on and start < self.most():
            starts = iter(range(start, start + step * width, step))
            await gather([partial(self._read_stretches, starts)] * width)
            start, width = start + step * width, min(2 * width, self._within(MOST_AT_ONCE))

    async def _read_stretches(self, starts: Iterator[int]) -> None:
        for start in starts:
            if self.evidence.exhausted or self.evidence.repeats:
                return
            stretch = await self._read_stretch(start)
            self._stretches.append(stretch)
            self.evidence.note_stretch(stretch, self._overlap)

    async def _read_stretch(self, start: int) -> Stretch:
        stretch, offset, end = Stretch(start), start, start + self._stride
        while offset < end:
            limit = min(self._limit, end - offset)
            page = await self._read_page(stretch, limit, offset)
            offset += page.received
            if not page.received or not says_more(page, limit, offset):
                break
        return stretch

    async def _read_page(self, stretch: Stretch, limit: int, offset: int) -> CleanPage:
        async with AsyncExitStack() as place:
            await place.enter_async_context(self._pace)
            asked_at = self.clock()
            page = await self._fetch(limit, offset, place.aclose)
        new = self.evidence.note(page, stretch, limit, offset)
        if new:
            await self.take(new, asked_at)
        return page

    async def _fetch(self, limit: int, offset: int, received: Received) -> CleanPage:
        """Fetch a page; after the first page, a refusal counts as an empty one unless rows beyond the end cause it."""
        try:
            return await self.fetch(limit, offset, received)
        except (InvalidRequest, NotFound, NoSuchRoute):
            if not offset:
                raise
            # Search engines refuse pages that may end beyond row 10,000.
            left = self.evidence.totals[0] - offset if self.evidence.totals else 0
            if 0 < left < limit:
                return await self._fetch(left, offset, received)
            return CleanPage([], None, has_next=False)

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
        self.evidence.unbroken = self._overlap > 0 and not find_gaps(self._stretches, self._stride)
