"""A query answered truly: ask the API, check what came back, and work it out here where it cannot be trusted."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from bytenite_mcp.api.errors import InvalidRequest
from bytenite_mcp.api.filters import Condition, Filter
from bytenite_mcp.api.gather import gather
from bytenite_mcp.jobs.match import compile_filters, may_match_unseen
from bytenite_mcp.jobs.order import stand_in
from bytenite_mcp.jobs.probe import contradiction
from bytenite_mcp.jobs.scan import Progress, Scan, Take
from bytenite_mcp.jobs.window import Window
from bytenite_mcp.privacy.door import CleanClient, CleanPage
from bytenite_mcp.privacy.redact import CleanRecord, Job
from bytenite_mcp.table.order import Order
from bytenite_mcp.table.reader import Reader

Shape = tuple[str, Condition]

IGNORED = "ByteNite's API ignored a filter"
REFUSED = "ByteNite's API refused a filter"
UNPROVEN = "ByteNite's API may have ignored a filter"
UNSORTED = "ByteNite's API did not sort as asked"
RESTART = " on this page: those before may differ, so start again at offset 0"
NO_ID = "~ no job has this id ~"
END = 100
"""Rows at either end of an order that are looked at before it is trusted."""

MOST_ASKS = 10
"""Requests to fill one page, where the API gives fewer rows than asked for."""

UNORDERED = Order()


@dataclass(frozen=True, slots=True)
class Page:
    """An answer to a query.

    Attributes:
        jobs: The records asked for.
        total: How many match in all; None if the API did not say.
        offset: Where this page begins.
        next_offset: Where the next one does; None after the last.
        why: Why the answer was worked out here; empty if the API found it.
        read: How many records were read to work it out here.
        partial: Whether there may be more that were not read.
        unreadable: Rows that are no records.
    """

    jobs: list[CleanRecord] = field(repr=False)
    total: int | None
    offset: int
    next_offset: int | None
    why: str = ""
    read: int = 0
    partial: bool = False
    unreadable: int = 0


@dataclass(frozen=True, slots=True)
class Tallied:
    """How a question about all matching jobs was answered; as in `Page`."""

    why: str
    read: int
    partial: bool
    unreadable: int


@dataclass(slots=True)
class Finder:
    """Answers queries over one client, and remembers what its API does with each field and condition.

    Attributes:
        client: Whose jobs.
        reader: Holds all of them, as far as they were read.
        max_scan: How many records to read at the most.
    """

    client: CleanClient
    reader: Reader
    max_scan: int
    _honoured: set[Shape] = field(default_factory=set)
    _distrusted: dict[Shape, str] = field(default_factory=dict)
    _refused_together: set[frozenset[Shape]] = field(default_factory=set)
    _sorted: set[str] = field(default_factory=set)
    _unsorted: set[str] = field(default_factory=set)
    _all_must_hold: bool = False

    async def page(
        self,
        filters: Sequence[Filter] = (),
        *,
        limit: int,
        offset: int = 0,
        order: Order = UNORDERED,
        progress: Progress | None = None,
    ) -> Page:
        """Answer a query, from the API where it can be trusted and else from a scan.

        Raises:
            ByteNiteError: The API gave no answer.
        """
        why = self._distrust_of(filters) or (UNSORTED if order.field in self._unsorted else "")
        if not why:
            page = await self._ask(filters, limit, offset, order)
            if not page.why:
                return page
            why = page.why
            if why == UNSORTED:
                self._unsorted.add(order.field)
                why += RESTART if offset else ""
        return await self._work_out(filters, Window(offset, limit, order), why, progress)

    async def tally(self, filters: Sequence[Filter], take: Take, progress: Progress | None = None) -> Tallied:
        """Read every job that matches; the API narrows them if it will, and each is checked here.

        Raises:
            ByteNiteError: The API gave no answer.
        """
        why, asked = self._distrust_of(filters), self._worth_asking(filters)
        matches, as_asked = compile_filters(filters), compile_filters(asked)
        strangers: list[CleanRecord] = []

        def take_matching(offset: int, records: list[CleanRecord]) -> None:
            matching = [record for record in records if matches(record)]
            if len(matching) < len(records) and not strangers:
                strangers.extend(
                    record
                    for record in records
                    if not as_asked(record) and not may_match_unseen(asked, record)
                )
            take(offset, matching)

        scan = Scan(partial(self._fetch, asked, UNORDERED), take_matching, self.max_scan, progress)
        try:
            await scan.run()
        except InvalidRequest:
            if not asked or scan.read:
                raise
            # Not asked about each alone: a summary is to cost few requests beside its pages.
            self._refused_together.add(frozenset(map(_shape, asked)))
            return await self.tally(filters, take, progress)
        if strangers:
            why = self._blame_ignored(asked, strangers)
        return Tallied(why, scan.read, not scan.complete, scan.unreadable)

    async def _fetch(self, filters: Sequence[Filter], order: Order, limit: int, offset: int) -> CleanPage:
        if filters:
            return await self.client.filter_jobs(filters, limit=limit, offset=offset, order_by=str(order))
        return await self.client.jobs(limit=limit, offset=offset, order_by=str(order))

    async def _ask(self, filters: Sequence[Filter], limit: int, offset: int, order: Order) -> Page:
        """Ask the API; the page says why it cannot be used where it cannot."""
        try:
            page = await self._filled(filters, limit, offset, order)
        except InvalidRequest:
            if not filters and not order.field:
                raise
            return Page([], None, offset, None, why=await self._blame(filters, order))
        matches = compile_filters(filters)
        strangers = [record for record in page.jobs if not matches(record)]
        if not all(may_match_unseen(filters, record) for record in strangers):
            return replace(page, why=self._blame_ignored(filters, page.jobs))
        if strangers:
            # ByteNite looks at what is withheld, too: what it finds there is left out, and not told.
            return await self._work_out(filters, Window(offset, limit, order), "", None)
        if not stand_in(order, page.jobs):
            return replace(page, why=UNSORTED)
        if offset == 0 and page.next_offset is None:
            return page
        return replace(page, why=await self._doubt(filters) or await self._doubt_order(order))

    async def _filled(self, filters: Sequence[Filter], limit: int, offset: int, order: Order) -> Page:
        """Ask on until the page is as full as was asked for."""
        rows: dict[str, CleanRecord] = {}
        position, end, unreadable = offset, offset + limit, 0
        for _ in range(MOST_ASKS):
            page = await self._fetch(filters, order, end - position, position)
            unreadable += page.unreadable
            rows |= {
                str(record.get("id") or f"row {position + n}"): record for n, record in enumerate(page.jobs)
            }
            position += page.received
            more = page.more_after(position)
            if not more or position >= end:
                break
        more = more or position > end
        # What came is all there is, whatever was counted: some count without the filter.
        total = page.total if more or position == offset else position
        return Page(
            list(rows.values())[:limit],
            total,
            offset,
            min(position, end) if more else None,
            unreadable=unreadable,
        )

    async def _work_out(
        self, filters: Sequence[Filter], window: Window, why: str, progress: Progress | None
    ) -> Page:
        scan = await self.tally(filters, window.take, progress)
        return Page(
            window.rows(),
            window.count,
            window.offset,
            window.end if window.end < window.count else None,
            why=why,
            read=scan.read,
            partial=scan.partial,
            unreadable=scan.unreadable,
        )

    def _distrust_of(self, filters: Sequence[Filter]) -> str:
        shapes = {_shape(one) for one in filters}
        if any(some <= shapes for some in self._refused_together):
            return REFUSED
        return next((self._distrusted[_shape(one)] for one in filters if _shape(one) in self._distrusted), "")

    def _worth_asking(self, filters: Sequence[Filter]) -> Sequence[Filter]:
        """Leave out the filters that the API is known to ignore or refuse; the others narrow what is read."""
        trusted = [one for one in filters if _shape(one) not in self._distrusted]
        shapes = set(map(_shape, trusted))
        return () if any(some <= shapes for some in self._refused_together) else trusted

    def _blame_ignored(self, filters: Sequence[Filter], records: Sequence[CleanRecord]) -> str:
        for one in filters:
            if not all(map(compile_filters([one]), records)):
                self._distrusted[_shape(one)] = IGNORED
        return IGNORED

    async def _blame(self, filters: Sequence[Filter], order: Order) -> str:
        """Find out which filters the API refuses by asking about each alone; if it takes them all, it was the order."""

        async def refused(one: Filter) -> bool:
            try:
                await self.client.filter_jobs([one], limit=1)
            except InvalidRequest:
                return True
            return False

        alone = len(filters) == 1 and not order.field
        answers = [True] if alone else await gather([partial(refused, one) for one in filters])
        self._distrusted |= {_shape(one): REFUSED for one, no in zip(filters, answers, strict=True) if no}
        return UNSORTED if order.field and not any(answers) else REFUSED

    async def _doubt(self, filters: Sequence[Filter]) -> str:
        """Say why filters cannot be trusted, after probing those not met before; empty if they can.

        The rows may match by luck though the filter was ignored. A filter that contradicts a known record
        must give fewer jobs than there are; the count of all is taken before and after, as jobs come and go.
        """
        unknown = [one for one in filters if _shape(one) not in self._honoured]
        if not unknown and (self._all_must_hold or len(filters) < 2):
            return ""
        before = await self.client.jobs(limit=1)
        probes = [contradiction(one, before.jobs[0]) if before.jobs else None for one in unknown]
        known = [probe for probe in probes if probe]
        if not before.jobs or len(known) < len(probes) or before.total is None:
            return UNPROVEN
        try:
            if len(filters) > 1 and not await self._ands(before.jobs[0]):
                return UNPROVEN
            if not unknown:
                return ""
            counts = await gather([partial(self.client.filter_jobs, [probe], limit=1) for probe in known])
        except InvalidRequest:
            return UNPROVEN
        after = await self.client.jobs(limit=1)
        return self._judge(unknown, [page.total for page in counts], min(before.total, after.total or 0))

    async def _ands(self, known: CleanRecord) -> bool:
        """Whether several filters must all hold, not any, nor the first or last: a job with two ids is none [I]."""
        if not self._all_must_hold and (job_id := Job(known).id):
            pair = [Filter(field="id", condition=Condition.EQ, value=one) for one in (NO_ID, job_id)]
            asks = [partial(self.client.filter_jobs, both, limit=1) for both in (pair, pair[::-1])]
            self._all_must_hold = all(page.total == 0 for page in await gather(asks))
        return self._all_must_hold

    def _judge(self, filters: Sequence[Filter], counts: Sequence[int | None], everything: int) -> str:
        for one, count in zip(filters, counts, strict=True):
            if count is not None and count < everything:
                self._honoured.add(_shape(one))
            else:
                self._distrusted[_shape(one)] = IGNORED
        return self._distrust_of(filters)

    async def _doubt_order(self, order: Order) -> str:
        """Say why an order cannot be trusted; empty if it can.

        Few rows may stand in it by luck. Of all jobs, unset ones too, both ends must stand in it.
        """
        if not order.direction or order.field in self._sorted:
            return ""
        asks = [partial(self._fetch, (), one, END, 0) for one in (order, order.reversed)]
        try:
            first, last = [page.jobs for page in await gather(asks)]
        except InvalidRequest:
            return UNSORTED
        ends = [*first[:1], *last[:1]]
        if len(ends) < len(asks) or not stand_in(order, ends) or stand_in(order.reversed, ends):
            return UNSORTED
        if not stand_in(order, first) or not stand_in(order.reversed, last):
            return UNSORTED
        self._sorted.add(order.field)
        return ""


def _shape(one: Filter) -> Shape:
    return one.field, one.condition
