"""Answers a question about jobs: asks ByteNite, answers from the table, and compares the two answers."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice

from bytenite_mcp.api.errors import NotFound
from bytenite_mcp.api.gather import gather, gather_both
from bytenite_mcp.api.values import Json
from bytenite_mcp.jobs.ask import Question, Reply, ask
from bytenite_mcp.jobs.compare import HIDDEN, REPEATS, Comparison, compare, ends_clearly, is_newest_first
from bytenite_mcp.privacy.door import CleanClient
from bytenite_mcp.privacy.redact import CleanRecord, Job
from bytenite_mcp.table import matches
from bytenite_mcp.table.errors import TableFull, TableLost
from bytenite_mcp.table.filter_hints import find_hints
from bytenite_mcp.table.reader import Progress, Reader
from bytenite_mcp.table.status import TableStatus

MOST_COUNTED = 200
"""The most jobs to request again if ByteNite counts more than match, to see whether its list lacks some of them."""


@dataclass(frozen=True, slots=True)
class Page:
    """The answer to a question.

    Attributes:
        rows: The shown fields of each job, by name.
        records: The whole record of each job; None if it was not fetched.
        total: The number of all matches; None if unknown.
        next_offset: The offset of the next page; None on the last.
        why: Why the table's answer differs from ByteNite's; "" if it does not.
        status: The state of the table; None if the table was not needed.
        unreadable: The number of rows that are not records.
        gaps: The number of jobs whose value could not be read completely, by column asked about.
        hints: What else to tell about the filters and the order.
    """

    rows: list[Mapping[str, Json]] = field(repr=False)
    records: list[CleanRecord | None] = field(repr=False)
    total: int | None
    next_offset: int | None
    why: str = ""
    status: TableStatus | None = None
    unreadable: int = 0
    gaps: Mapping[str, int] = field(default_factory=dict)
    hints: Sequence[str] = ()

    @property
    def partial(self) -> bool:
        """Whether jobs may be missing."""
        return self.status is not None and self.status.partial


@dataclass(frozen=True, slots=True)
class Finder:
    """Answers questions about the jobs of one client.

    Attributes:
        reader: Reads all jobs into the table.
        timezone: The time zone of dates, unless a question names another.
    """

    client: CleanClient
    reader: Reader
    timezone: str = "UTC"

    async def page(self, question: Question, progress: Progress | None = None) -> Page:
        """Answer a question.

        Raises:
            ByteNiteError: The API gave no answer.
        """
        if not question.is_plain:
            reply, status = await self._ask(question, progress)
            page = await self._answer(question, reply, status)
            if page.partial:
                return page
            hints = partial(find_hints, filters=question.filters, order=question.order, matches=page.total)
            return replace(page, hints=await self.reader.store.read(hints))
        reply = await self._ask_bytenite(question)
        sure = is_newest_first(reply.records) and ends_clearly(reply.records, question.limit)
        empty = reply.more and not reply.records
        if sure and not (empty or reply.problem or reply.miscounts or await self._is_doubtful(reply)):
            return _show_newest(question, reply)
        return await self._answer(question, reply, await self.reader.refresh(progress))

    async def _ask(self, question: Question, progress: Progress | None) -> tuple[Reply, TableStatus]:
        """Ask ByteNite, and update the table at the same time.

        ByteNite is not asked if its answer could not be used: the time that it takes would still reveal it.
        """
        asking, refreshing = partial(self._ask_bytenite, question), partial(self.reader.refresh, progress)
        if await self._may_ask_at_once(question):
            return await gather_both(asking, refreshing)
        status = await refreshing()
        hidden = question.could_leak if status.partial else await self._is_hidden(question)
        return Reply(problem=HIDDEN) if hidden else await asking(), status

    async def _ask_bytenite(self, question: Question) -> Reply:
        asked_at = self.reader.intake.clock()
        return replace(await ask(self.client, question), asked_at=asked_at)

    async def _may_ask_at_once(self, question: Question) -> bool:
        """Whether it is known before the table is updated that ByteNite's answer reveals nothing."""
        snapshot = self.reader.store.snapshot
        if not (snapshot and snapshot.is_complete):
            return not question.could_leak
        with suppress(TableFull, TableLost):
            return not await self._is_hidden(question)
        return False

    async def _is_hidden(self, question: Question) -> bool:
        """Whether ByteNite's answer could reveal what is withheld in some job of the table."""
        hiding = partial(matches.is_hidden, filters=question.filters, order=question.order)
        return await self.reader.store.read(hiding)

    async def _is_doubtful(self, reply: Reply) -> bool:
        """Whether the table shows that ByteNite's page is old, or that its list omits members or counts other jobs."""
        store, snapshot = self.reader.store, self.reader.store.snapshot
        if not reply.records or not store.at_hand:
            return False
        if snapshot and (snapshot.lean or (snapshot.is_complete and snapshot.gap_then)):
            return True
        try:
            return await store.read(partial(matches.is_ahead, records=reply.records, total=reply.total))
        except (TableFull, TableLost):
            return False

    async def fetch_records(self, page: Page) -> list[CleanRecord | None]:
        """Return the whole records of a page, after fetching the missing ones; None for jobs that are gone.

        Raises:
            ByteNiteError: The API gave no answer.
        """
        lean = self.reader.intake.lacking([record for record in page.records if record])

        async def fetch(row: Mapping[str, Json], record: CleanRecord | None) -> CleanRecord | None:
            shown = Job(CleanRecord(row))
            # The table's row may be newer than the record.
            if record and not lean and Job(record).state == shown.state:
                return record
            try:
                return await self.client.job(shown.id) if shown.can_be_asked_for else None
            except NotFound:
                return None

        return await gather([partial(fetch, *both) for both in zip(page.rows, page.records, strict=True)])

    async def _answer(self, question: Question, reply: Reply, status: TableStatus) -> Page:
        if status.partial and question.could_leak:
            # ByteNite's answer must not even decide which rows enter the table.
            return _show_found(await self._compare(question, reply, {}, status), status, HIDDEN)
        reply = await self._leave_out_unknown(question, reply)
        put = await self.reader.intake.put(reply.records, reply.asked_at)
        status = self.reader.amend(status)
        given = dict(islice(put.items(), question.limit))
        comparison = await self._compare(question, reply, given, status)
        if comparison.counts_more and not status.partial:
            await self._fetch_last(comparison)
            status = self.reader.amend(status)
        if status.partial and comparison.is_consistent and comparison.is_as_full:
            if await self._repeats(question, reply):
                return _show_found(comparison, status, REPEATS)
            return await self._show_given(comparison, status)
        if not comparison.is_settled and comparison.missing:
            # This shows which of the answers is right.
            await self.reader.intake.look_up(row.fields.get("id") for row in comparison.missing)
            comparison = await self._compare(question, reply, given, status)
        return _show_found(comparison, status, comparison.why)

    async def _repeats(self, question: Question, reply: Reply) -> bool:
        """Whether ByteNite gave jobs of the page before, as it does if it ignores or limits offsets."""
        if not question.offset:
            return False
        start = max(0, question.offset - question.limit)
        before = await ask(self.client, replace(question, offset=start))
        ids = {Job(record).id for record in before.records[: question.offset - start]}
        return any(Job(record).id in ids for record in reply.records)

    async def _leave_out_unknown(self, question: Question, reply: Reply) -> Reply:
        """Drop the total, and jobs that the table lacks: if text was asked about, they could reveal withheld text."""
        if not question.could_leak:
            return reply
        known = await self.reader.store.known([Job(record).id for record in reply.records])
        kept = [record for record in reply.records if Job(record).id in known]
        return replace(reply, records=kept, total=None, dropped=len(reply.records) - len(kept))

    async def _compare(
        self, question: Question, reply: Reply, given: Mapping[int, CleanRecord], status: TableStatus
    ) -> Comparison:
        comparing = partial(compare, question=question, reply=reply, given=given, partial=status.partial)
        return await self.reader.store.read(comparing)

    async def _fetch_last(self, comparison: Comparison) -> None:
        """Fetch the last of the jobs that ByteNite counts into the table, which lacks some of them."""
        offset = max(0, (comparison.reply.total or 0) - MOST_COUNTED)
        question = replace(comparison.question, limit=MOST_COUNTED, offset=offset)
        reply = await self._leave_out_unknown(question, await self._ask_bytenite(question))
        await self.reader.intake.put(reply.records, reply.asked_at)

    async def _show_given(self, comparison: Comparison, status: TableStatus) -> Page:
        """Show ByteNite's page, whose rows all match the filters."""
        question, reply, given = comparison.question, comparison.reply, comparison.given
        read = partial(matches.read_rows, numbers=[*given], filters=question.filters, order=question.order)
        rows = await self.reader.store.read(read)
        return Page(
            rows=[row.fields for row in rows],
            records=[given[row.number] for row in rows],
            total=reply.total,
            next_offset=question.offset + question.limit if reply.more else None,
            status=status,
            unreadable=reply.unreadable,
            gaps=comparison.found.unreadable,
        )


def _show_newest(question: Question, reply: Reply) -> Page:
    """Show ByteNite's page without the table."""
    records = reply.records[: question.limit]
    return Page(
        rows=[*records],
        records=[*records],
        total=reply.total,
        # A later page may come from the table, which has no rows that are no records.
        next_offset=len(records) if reply.more else None,
        unreadable=reply.unreadable,
    )


def _show_found(comparison: Comparison, status: TableStatus, why: str) -> Page:
    """Show the table's page.

    ByteNite's records are not used if its answer could reveal withheld text: the time to fetch the others would show
    which jobs it returned.
    """
    question, found = comparison.question, comparison.found
    given = {} if question.could_leak else comparison.given
    end = question.offset + question.limit
    return Page(
        rows=[row.fields for row in found.rows],
        records=[given.get(row.number) for row in found.rows],
        total=found.total,
        next_offset=end if end < found.total else None,
        why=why,
        status=status,
        unreadable=comparison.reply.unreadable,
        gaps=found.unreadable,
    )
