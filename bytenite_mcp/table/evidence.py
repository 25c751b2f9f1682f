"""What the pages of one pass over the list show: its order, its end, and whether rows may have been missed."""

from collections import Counter
from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise

from bytenite_mcp.api.values import to_datetime
from bytenite_mcp.privacy.door import CleanPage
from bytenite_mcp.privacy.redact import CleanRecord
from bytenite_mcp.table.stretches import Stretch

LIKELY_PAGES = {10, 20, 25, 50, 100, 200, 250}
"""Numbers of rows that are likely limits of a page, even if its total is just that number."""


class Direction(StrEnum):
    """How a list is ordered by creation."""

    NEWEST_FIRST = "newest first"
    OLDEST_FIRST = "oldest first"
    NONE = "none"


@dataclass(slots=True)
class Evidence:
    """What the pages of one pass show.

    Attributes:
        met: The identities of the rows that were read.
        members: The members that most records of the first page have.
        unreadable: The number of rows that are not records.
        totals: ByteNite's totals, page by page, since the first page was last read.
        totals_add_up: Whether no total was below the number of different rows read by then, except for a few rows
            that may be gone since.
        more: Whether there may be rows after the last page.
        exhausted: Whether a page beyond the known rows was empty.
        repeats: Whether a page had only rows of pages before it.
        unbroken: Whether all pages overlap as they should.
    """

    met: set[int] = field(default_factory=set)
    members: Set[str] = frozenset()
    unreadable: int = 0
    totals: list[int] = field(default_factory=list)
    totals_add_up: bool = True
    more: bool = False
    exhausted: bool = False
    repeats: bool = False
    unbroken: bool = False
    _forgotten: set[int] = field(default_factory=set)
    _met_before: set[int] = field(default_factory=set)
    _end: int = 0
    _promised: bool = False
    _falls: bool = True
    _rises: bool = True

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
    def goes_on(self) -> bool:
        """Whether the list has more rows than were read."""
        return self.more and not self.exhausted and not self.repeats

    @property
    def ended(self) -> bool:
        """Whether the pass reached the end, and ByteNite did not say that there was more."""
        if not self.more or self.goes_on:
            return not self.more
        counts_more = bool(self.totals) and self.totals_add_up and self.missed > 0
        if self._promised and self.repeats:
            return False
        return not (counts_more and (self._promised or self.repeats or not self.met))

    @property
    def proven(self) -> bool:
        """Whether no row can have been missed, except one that moved."""
        return self.unbroken and self.ended

    @property
    def counted(self) -> bool:
        """Whether as many rows were read as ByteNite counts, with the same total on each page."""
        return self.ended and set(self.totals) == {self.rows}

    @property
    def missed(self) -> int:
        """How many more rows ByteNite counts than were read."""
        # Jobs that are created meanwhile are above the first page if the newest come first.
        counted = self.totals[:1] if self._falls else self.totals
        return max(0, max(counted, default=0) - self.rows)

    def note(self, page: CleanPage, stretch: Stretch, limit: int, offset: int) -> list[CleanRecord]:
        """Record a page, and return its new records.

        Args:
            page: The page.
            stretch: What it is a part of.
            limit: The number of rows that was requested.
            offset: The place of its first row.
        """
        self.unreadable += page.unreadable
        if page.total is not None:
            self.totals.append(page.total)
        self._note_order(page.jobs)
        new = self._note_rows(page.jobs, stretch)
        self.totals_add_up = self.totals_add_up and (page.total is None or self._can_count(page.total))
        end = offset + page.received
        if end >= self._end and (page.received or not offset):
            self._end, self._promised = end, page.has_next
            self.more = says_more(page, limit, end) or (not offset and page.received in LIKELY_PAGES)
        return new

    def _can_count(self, total: int) -> bool:
        """Whether a total can be the number of jobs: if it has fallen, those that were deleted may have been read."""
        falls = sum(one > next_one for one, next_one in pairwise(self.totals))
        rises = sum(one < next_one for one, next_one in pairwise(self.totals))
        has_fallen = max(self.totals) >= self.rows and falls >= 2 * rises
        return total >= self.rows or (has_fallen and 2 * total >= self.rows)

    def forget(self) -> None:
        """Forget what was counted, because the first page is read again; a job that was met may be gone by then."""
        self._forgotten |= self.met
        self.met.clear()
        self.totals.clear()
        self.unreadable = 0

    def note_stretch(self, stretch: Stretch, overlap: int) -> None:
        """Record what a stretch beyond the first shows, whose first rows should be known."""
        known = len(stretch.met) <= overlap
        self.exhausted = self.exhausted or (not stretch.new and known)
        self.repeats = self.repeats or (not stretch.new and not known)

    def begin_again(self, first: Stretch) -> None:
        """Read all but the first stretch again; rows met before do not show then that pages repeat."""
        self._met_before = self.met.difference(first.met)
        self.exhausted, self.repeats = False, False

    def _note_rows(self, records: Sequence[CleanRecord], stretch: Stretch) -> list[CleanRecord]:
        new = []
        if not self.met:
            counts = Counter(member for record in records for member in record)
            self.members = {member for member, count in counts.items() if 2 * count > len(records)}
        for record in records:
            identity = identify(record)
            stretch.met.append(identity)
            if identity not in self.met:
                self.met.add(identity)
                stretch.new += 1
                if identity not in self._forgotten:
                    new.append(record)
            elif identity in self._met_before:
                self._met_before.remove(identity)
                stretch.new += 1
        return new

    def _note_order(self, records: Sequence[CleanRecord]) -> None:
        if self._falls or self._rises:
            times = [time for record in records if (time := to_datetime(record.get("createdAt")))]
            self._falls = self._falls and all(one >= next_one for one, next_one in pairwise(times))
            self._rises = self._rises and all(one <= next_one for one, next_one in pairwise(times))


def identify(record: CleanRecord) -> int:
    """Return the identity of a job, which is not its id, because that may be reused or missing."""
    job_id = record.get("id")
    # To the second, because routes of the API may cut the fraction differently.
    created = str(record.get("createdAt"))[:19]
    return hash(f"{job_id} {created}" if isinstance(job_id, str) and job_id else str(record))


def says_more(page: CleanPage, limit: int, end: int) -> bool:
    """Whether there may be rows after a page; after a full page there may be more, whatever the total."""
    return page.more_after(end) or page.received >= limit
