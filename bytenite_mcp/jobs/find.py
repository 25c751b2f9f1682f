"""A question about jobs: ByteNite is asked, the table answers, and both are held against each other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from bytenite_mcp.api.errors import NotFound
from bytenite_mcp.api.filters import Filter
from bytenite_mcp.api.gather import gather
from bytenite_mcp.jobs.ask import Asked, ask
from bytenite_mcp.privacy.door import CleanClient
from bytenite_mcp.privacy.redact import CleanRecord, Job
from bytenite_mcp.table import pages
from bytenite_mcp.table.fields import FIELDS, Kind
from bytenite_mcp.table.order import NEWEST_FIRST, Order
from bytenite_mcp.table.reader import Progress, Reader
from bytenite_mcp.table.standing import Standing

if TYPE_CHECKING:
    from bytenite_mcp.table.database import Cursor

MOST_FETCHED = 8
"""Jobs that the table has and ByteNite did not name, which are fetched to see who is right."""

MOST_COUNTED = 200
"""Jobs that are asked for once more where ByteNite counts more than match, to see whether its list lacks some."""

HIDDEN = "ByteNite also looks at what is withheld, so its answer is not used"
UNSORTED = "ByteNite's API did not sort as asked"
NOT_NEWEST = "ByteNite's API did not list the newest first"
_NEVER_CUT = {"id", "templateId", "appId"}


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: filters that must all hold, an order, and which rows of the matches."""

    filters: Sequence[Filter] = ()
    order: Order = NEWEST_FIRST
    limit: int = 20
    offset: int = 0

    @property
    def is_plain(self) -> bool:
        """Whether the newest jobs are asked for, of which their dates tell that they are that."""
        return not (self.filters or self.order.field or self.offset)

    @property
    def could_tell(self) -> bool:
        """Whether ByteNite's answer depends on text of which a part may be withheld."""
        names = set(pages.name_asked(self.filters, self.order)) - _NEVER_CUT
        return any(name not in FIELDS or FIELDS[name].kind in (Kind.TEXT, Kind.LIST) for name in names)


@dataclass(frozen=True, slots=True)
class Page:
    """An answer to a question.

    Attributes:
        rows: What is shown of each job: its fields by name.
        records: The whole records, as far as they are at hand; None for others.
        names: The fields that a row has beside the concise ones.
        total: How many match in all; None if that is not known.
        offset: Where this page begins.
        next_offset: Where the next one does; None after the last.
        why: Why the table's answer differs from ByteNite's; empty if it does not.
        standing: What the table has to say of itself; None if it was not needed.
        unreadable: Rows that are no records.
    """

    rows: list[Mapping[str, Any]] = field(repr=False)
    records: list[CleanRecord | None] = field(repr=False)
    names: list[str]
    total: int | None
    offset: int
    next_offset: int | None
    why: str = ""
    standing: Standing | None = None
    unreadable: int = 0

    @property
    def partial(self) -> bool:
        """Whether jobs may be missing."""
        return self.standing is not None and self.standing.partial


@dataclass(frozen=True, slots=True)
class _View:
    """What the table says.

    Attributes:
        found: Its own page.
        given: The rows that hold ByteNite's records, by their numbers; those replaced since are left out.
        judged: What it says of each of both.
        hidden: Whether ByteNite's answer could tell what is withheld.
    """

    found: pages.Page
    given: dict[int, CleanRecord]
    judged: dict[int, pages.Judged]
    hidden: bool

    @property
    def missing(self) -> list[pages.Row]:
        """Rows of the table's page that ByteNite did not give."""
        return [row for row in self.found.rows if row.number not in self.given]

    @property
    def contradicted(self) -> set[int]:
        """The filters that ByteNite's rows contradict, by their position."""
        return {position for number in self.given for position in self.judged[number].contradicts}

    @property
    def in_order(self) -> bool:
        """Whether ByteNite's rows came in the order asked for."""
        return all(a <= b for a, b in pairwise(self.judged[number].place for number in self.given))

    @property
    def same(self) -> bool:
        """Whether both have the same rows; those that are equal in the order may come in any."""
        places = [self.judged[row.number].place for row in self.found.rows]
        return places == [self.judged[number].place for number in self.given]


@dataclass(frozen=True, slots=True)
class Finder:
    """Answers questions about the jobs of one client.

    Attributes:
        client: Whose jobs.
        reader: Holds all of them, as far as they were read.
        timezone: In which dates are read, unless a question names another.
    """

    client: CleanClient
    reader: Reader
    timezone: str = "UTC"

    async def page(self, question: Question, progress: Progress | None = None) -> Page:
        """Answer a question.

        Raises:
            ByteNiteError: The API gave no answer.
        """
        asking = partial(ask, self.client, question.filters, question.order, question.limit, question.offset)
        if not question.is_plain:
            answers: list[Any] = await gather([asking, partial(self.reader.refresh, progress)])
            return await self._answer(question, *answers)
        asked = await asking()
        if _is_newest_first(asked.records) and not asked.miscounts:
            return _show_newest(question, asked)
        return await self._answer(question, asked, await self.reader.refresh(progress))

    async def fetch_records(self, page: Page) -> list[CleanRecord | None]:
        """Give the whole records of a page; those not at hand are fetched, and None stands for one that is gone.

        Raises:
            ByteNiteError: The API gave no answer.
        """

        async def fetch(row: Mapping[str, Any], record: CleanRecord | None) -> CleanRecord | None:
            return record or await self._fetch(Job(CleanRecord(row)))

        return await gather([partial(fetch, *both) for both in zip(page.rows, page.records, strict=True)])

    async def _answer(self, question: Question, asked: Asked, standing: Standing) -> Page:
        if standing.partial and question.could_tell:
            # Even which rows enter the table would tell.
            return _show_found(question, asked, await self._look(question, {}), standing, HIDDEN)
        asked = await self._leave_out_unlisted(question, asked)
        changes = await self.reader.put(asked.records)
        standing = self.reader.amend(standing)
        given = dict(zip(changes.numbers[: question.limit], asked.records, strict=False))
        view = await self._look(question, given)
        why = _disagreement(question, asked, view)
        uncontradicted = not (asked.problem or view.contradicted or view.hidden)
        if (
            question.filters
            and uncontradicted
            and not standing.partial
            and asked.total
            and asked.total > view.found.total
        ):
            await self._ask_for_last(question, asked.total)
            standing = self.reader.amend(standing)
        if standing.partial and not (asked.problem or view.contradicted) and view.in_order:
            return await self._show_given(question, asked, view, standing)
        settled = not why or asked.problem or view.hidden or question.is_plain
        if not settled and 0 < len(view.missing) <= MOST_FETCHED:
            await self._look_up(view.missing)
            view = await self._look(question, given)
            why = _disagreement(question, asked, view)
        return _show_found(question, asked, view, standing, why)

    async def _leave_out_unlisted(self, question: Question, asked: Asked) -> Asked:
        """Leave out jobs that only a question on text brought, and its count: both would tell what is withheld."""
        if not question.could_tell:
            return asked
        known = await self.reader.store.known([Job(record).id for record in asked.records])
        kept = [record for record in asked.records if Job(record).id in known]
        return replace(asked, records=kept, total=None)

    async def _look(self, question: Question, given: Mapping[int, CleanRecord]) -> _View:
        filters, order = question.filters, question.order

        def look(cursor: "Cursor") -> _View:
            found = pages.read_page(cursor, filters, order, question.limit, question.offset)
            numbers = [*given, *(row.number for row in found.rows)]
            judged = pages.judge(cursor, numbers, filters, order)
            there = {number: record for number, record in given.items() if number in judged}
            return _View(found, there, judged, pages.is_hidden(cursor, filters, order))

        return await self.reader.store.read(look)

    async def _ask_for_last(self, question: Question, total: int) -> None:
        """Ask for the last jobs that ByteNite counts, as the table lacks some of them."""
        offset = max(0, total - MOST_COUNTED)
        asked = await ask(self.client, question.filters, question.order, MOST_COUNTED, offset)
        asked = await self._leave_out_unlisted(question, asked)
        await self.reader.put(asked.records)

    async def _look_up(self, rows: Sequence[pages.Row]) -> None:
        """Fetch jobs that ByteNite did not give, and let go of those that are gone."""
        jobs = [job for row in rows if (job := Job(CleanRecord(row.fields))).can_be_asked_for]
        records = await gather([partial(self._fetch, job) for job in jobs])
        await self.reader.put([record for record in records if record is not None])
        gone = [job.id for job, record in zip(jobs, records, strict=True) if record is None]
        await self.reader.store.remove(gone)

    async def _fetch(self, job: Job) -> CleanRecord | None:
        try:
            return await self.client.job(job.id) if job.can_be_asked_for else None
        except NotFound:
            return None

    async def _show_given(self, question: Question, asked: Asked, view: _View, standing: Standing) -> Page:
        """Show ByteNite's page, each row of which was checked."""
        read = partial(pages.read_rows, numbers=[*view.given], filters=question.filters, order=question.order)
        rows = await self.reader.store.read(read)
        return Page(
            [row.fields for row in rows],
            [view.given[row.number] for row in rows],
            pages.name_asked(question.filters, question.order),
            asked.total,
            question.offset,
            question.offset + question.limit if asked.more else None,
            standing=standing,
            unreadable=asked.unreadable,
        )


def _show_newest(question: Question, asked: Asked) -> Page:
    """Show ByteNite's page without the table."""
    records = asked.records[: question.limit]
    return Page(
        [*records],
        [*records],
        [],
        asked.total,
        0,
        question.limit if asked.more else None,
        unreadable=asked.unreadable,
    )


def _show_found(question: Question, asked: Asked, view: _View, standing: Standing, why: str) -> Page:
    """Show the table's page; with records at hand, the time that whole ones take would tell what is withheld."""
    given = {} if why == HIDDEN else view.given
    end = question.offset + question.limit
    return Page(
        [row.fields for row in view.found.rows],
        [given.get(row.number) for row in view.found.rows],
        pages.name_asked(question.filters, question.order),
        view.found.total,
        question.offset,
        end if end < view.found.total else None,
        why,
        standing,
        asked.unreadable,
    )


def _disagreement(question: Question, asked: Asked, view: _View) -> str:
    """Say where ByteNite's answer and the table's differ; empty if they do not."""
    if view.hidden or asked.problem:
        return HIDDEN if view.hidden else asked.problem
    if question.is_plain and not _is_newest_first(asked.records):
        return NOT_NEWEST
    if view.contradicted:
        filters = [question.filters[position] for position in sorted(view.contradicted)]
        texts = ", ".join(f"{one.field} {one.condition.short}" for one in filters)
        return f"ByteNite's API gave jobs that contradict {texts}"
    if asked.total is not None and asked.total != view.found.total:
        return f"ByteNite's API counts {asked.total} where {view.found.total} match"
    if not view.in_order:
        return UNSORTED if question.order.field else NOT_NEWEST
    return "" if view.same else "ByteNite's API gave other jobs than those that match"


def _is_newest_first(records: Sequence[CleanRecord]) -> bool:
    """Whether records show by their dates, of which a few may be unreadable, that they were listed newest first."""
    times = [Job(record).created_at for record in records]
    known = [time for time in times if time is not None]
    return 2 * len(known) >= len(times) and all(a >= b for a, b in pairwise(known))
