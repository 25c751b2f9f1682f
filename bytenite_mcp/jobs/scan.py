"""Reading all jobs: pages fetched together, each record handed on once."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

import anyio

from bytenite_mcp.api.errors import ByteNiteError
from bytenite_mcp.api.gather import gather
from bytenite_mcp.api.retry import LONGEST_WAIT
from bytenite_mcp.privacy.door import CleanPage
from bytenite_mcp.privacy.redact import CleanRecord

PAGE = 1000
AT_ONCE = 4
READINGS = 2
ANSWER_TIME = 2.0
"""Seconds before the call's deadline that are kept for its answer."""

Fetch = Callable[[int, int], Awaitable[CleanPage]]
"""Fetches a page, given limit and offset."""

Take = Callable[[int, list[CleanRecord]], None]
"""Takes records not seen before, and the offset of their page; pages come in any order."""

Progress = Callable[[int, int | None], Awaitable[None]]
"""Told after each page how many records were read, and how many there are if that is known."""


@dataclass(slots=True)
class Scan:
    """Reads all that `fetch` can give, and tells how far it came.

    It advances by the rows that came back, whatever page size the server allows. Rows that shift while it
    reads are handed on once, by id. Some may have slipped past where fewer came than the server counts, or
    where its count fell, as rows then move up past the reader: it reads again, and tells if that did not help.

    Attributes:
        fetch: Gives a page.
        take: Gets the records.
        most: How many records to read at the most.
        progress: Told after each page.
        read: How many different records were read.
        unreadable: Rows that are no records or have no id; they cannot be told apart.
        total: How many the server says there are, when it was last asked.
        ended: Whether it came to the end before its time ran out.
        more: Whether there may be rows after the last that was read.
    """

    fetch: Fetch
    take: Take
    most: int
    progress: Progress | None = None
    read: int = 0
    unreadable: int = 0
    total: int | None = None
    ended: bool = False
    more: bool = False
    _last_met: dict[str, int] = field(default_factory=dict)
    _reading: int = 0
    _met: int = 0
    _shrank: bool = False
    _furthest: int = 0
    _more_after_furthest: bool = False

    async def run(self) -> None:
        """Read everything, as far as `most` and the deadline of the call allow.

        Raises:
            ByteNiteError: A page could not be had, for a reason other than that time is running out.
            TimeoutError: Nothing was read in time.
        """
        deadline = anyio.current_effective_deadline() - ANSWER_TIME
        try:
            with anyio.CancelScope(deadline=deadline):
                await self._read_until_all_is_met()
        except ByteNiteError as failure:
            # So late it may have failed for want of time to ask again.
            late = anyio.current_time() + LONGEST_WAIT > deadline
            if not (late and failure.transient and self.read):
                raise
        if not self.ended and not self.read:
            raise TimeoutError

    async def _read_until_all_is_met(self) -> None:
        for _ in range(READINGS):
            await self._read_all()
            if not self._slipped:
                break
        self.ended = True

    @property
    def complete(self) -> bool:
        """Whether every record was read."""
        beyond = self.more or (self.total or 0) > self.most
        return self.ended and not self._slipped and not beyond

    @property
    def _slipped(self) -> bool:
        """Whether this reading may have missed rows."""
        expected = min(self.total or 0, self.most)
        return self._shrank or self._met + self.unreadable < expected

    async def _read_all(self) -> None:
        self.unreadable, self.total = 0, None
        self._reading, self._met, self._shrank = self._reading + 1, 0, False
        self._furthest, self._more_after_furthest = 0, False
        stride, more = await self._page(0, min(PAGE, self.most))
        self.more = more
        if not more:
            return
        end = min(self.total or 0, self.most)
        starts = iter(range(stride, end, stride))
        await gather([partial(self._stretches, starts, stride)] * AT_ONCE)
        await self._tail(max(end, stride))

    async def _stretches(self, starts: Iterator[int], stride: int) -> None:
        for start in starts:
            offset, end = start, min(start + stride, self.most)
            while offset < end:
                rows, more = await self._page(offset, end - offset)
                offset += rows
                if not more:
                    break

    async def _tail(self, offset: int) -> None:
        """Read on after the end that was known at first: there may be more by now, or no total to be had."""
        self.more = self._more_after_furthest or self.total is None or offset < self.total
        while self.more and offset < self.most:
            rows, self.more = await self._page(offset, min(PAGE, self.most - offset))
            offset += rows

    async def _page(self, offset: int, limit: int) -> tuple[int, bool]:
        """Read a page; gives its number of rows, and whether there are more."""
        page = await self.fetch(limit, offset)
        new = [record for record in page.jobs if self._is_new(record)]
        self._shrank = self._shrank or (page.total or 0) < (self.total or 0)
        self.total = page.total
        self.read += len(new)
        self.unreadable += page.unreadable
        self.take(offset, new)
        if self.progress:
            await self.progress(self.read, self.total)
        end = offset + page.received
        more = page.more_after(end)
        if end > self._furthest:
            self._furthest, self._more_after_furthest = end, more
        return page.received, more

    def _is_new(self, record: CleanRecord) -> bool:
        job_id = record.get("id")
        if not isinstance(job_id, str) or not job_id:
            self.unreadable += 1
            return False
        before = self._last_met.get(job_id)
        if before != self._reading:
            self._last_met[job_id] = self._reading
            self._met += 1
        return before is None
