"""Compares ByteNite's answer to a question with the table's, and says how they differ."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from bytenite_mcp.jobs.ask import Question, Reply
from bytenite_mcp.privacy.redact import CleanRecord, Job
from bytenite_mcp.table import matches

if TYPE_CHECKING:
    from bytenite_mcp.table.database import Cursor

HIDDEN = "ByteNite may also look at what is withheld or not read here, so its answer is not used"
UNSORTED = "ByteNite's API did not sort as asked"
INEXACT = "ByteNite's API cannot be asked for unknown states by whether the job has ended"
REPEATS = "ByteNite's API gave the same jobs at another offset"
NOT_NEWEST = "ByteNite's API did not list the newest first"


@dataclass(frozen=True, slots=True)
class Comparison:
    """ByteNite's answer to a question, and the page that the table found.

    Attributes:
        given: ByteNite's records, by the number of their row in the table; records replaced since are left out.
        judged: By row number, which filters a row contradicts, and its place in the order.
        hidden: Whether ByteNite's answer could reveal what is withheld.
        partial: Whether the table lacks jobs, so that its total shows nothing.
    """

    question: Question
    reply: Reply
    found: matches.Page
    given: Mapping[int, CleanRecord]
    judged: Mapping[int, matches.Judged]
    hidden: bool
    partial: bool

    @property
    def missing(self) -> list[matches.Row]:
        """Rows of the table's page that ByteNite did not return."""
        return [row for row in self.found.rows if row.number not in self.given]

    @property
    def contradicted(self) -> set[int]:
        """The positions of the filters that ByteNite's rows contradict."""
        return {position for number in self.given for position in self.judged[number].contradicts}

    @property
    def is_consistent(self) -> bool:
        """Whether ByteNite answered, and its rows match the filters."""
        return not (self.reply.problem or self.contradicted)

    @property
    def in_order(self) -> bool:
        """Whether ByteNite's rows came in the order asked for."""
        return all(a <= b for a, b in pairwise(self.judged[number].place for number in self.given))

    @property
    def is_as_full(self) -> bool:
        """Whether ByteNite's rows came in the order asked for, and are no fewer than the table's."""
        return self.in_order and len(self.given) >= len(self.found.rows)

    @property
    def counts_more(self) -> bool:
        """Whether ByteNite's answer is usable, and counts more matches of the filters than the table has."""
        total = self.reply.total if self.question.filters and self.is_consistent and not self.hidden else None
        return total is not None and total > self.found.total

    @property
    def why(self) -> str:
        """How the answers differ; "" if they agree."""
        if self.hidden:
            return HIDDEN
        if self.reply.problem:
            return self.reply.problem
        if self.question.is_plain and not is_newest_first(self.reply.records):
            return NOT_NEWEST
        if self._is_inexact:
            return INEXACT
        if self.contradicted:
            filters = [self.question.filters[position] for position in sorted(self.contradicted)]
            texts = ", ".join(f"{one.field} {one.condition.short}" for one in filters)
            return f"ByteNite's API gave jobs that contradict {texts}"
        if not self.partial and self.reply.total not in (None, self.found.total):
            return f"ByteNite's API counts {self.reply.total} where {self.found.total} match"
        if not self.in_order:
            return UNSORTED if self.question.order.field else NOT_NEWEST
        return "" if self._same_rows else "ByteNite's API gave other jobs than those that match"

    @property
    def is_settled(self) -> bool:
        """Whether fetching the missing jobs cannot change `why`."""
        return self.why in ("", HIDDEN, self.reply.problem, NOT_NEWEST)

    @property
    def _is_inexact(self) -> bool:
        """Whether the answers differ because ByteNite could not be asked for exactly these filters."""
        differ = self.contradicted or self.reply.total not in (None, self.found.total)
        return bool(differ) and not all(asked.is_exact for asked in self.question.filters)

    @property
    def _same_rows(self) -> bool:
        """Whether both have the same rows; rows with equal sort keys may come in any order.

        Records dropped from this page or an earlier one make the pages differ, which must not show.
        """
        if self.question.could_leak and self.question.offset:
            return True
        places = [self.judged[row.number].place for row in self.found.rows]
        given = [self.judged[number].place for number in self.given]
        return places[: len(given)] == given if self.reply.dropped else places == given


def compare(
    cursor: "Cursor",
    question: Question,
    reply: Reply,
    given: Mapping[int, CleanRecord],
    *,
    partial: bool = False,
) -> Comparison:
    """Answer a question from the table, which may be `partial`, and compare the answer with ByteNite's.

    `given` has the records of ByteNite's page, by the number of their row in the table.
    """
    filters, order = question.filters, question.order
    found = matches.read_page(cursor, filters, order, question.limit, question.offset)
    judged = matches.judge(cursor, [*given, *(row.number for row in found.rows)], filters, order)
    there = {number: record for number, record in given.items() if number in judged}
    # Of a part of the jobs, ByteNite knows more than the table, and only texts are withheld on purpose.
    hidden = question.could_leak if partial else matches.is_hidden(cursor, filters, order)
    return Comparison(question, reply, found, there, judged, hidden, partial)


def is_newest_first(records: Sequence[CleanRecord]) -> bool:
    """Whether the readable dates of records, at least half of all, show that the newest come first."""
    times = [Job(record).created_at for record in records]
    known = [time for time in times if time is not None]
    return 2 * len(known) >= len(times) and all(a >= b for a, b in pairwise(known))


def ends_clearly(records: Sequence[CleanRecord], limit: int) -> bool:
    """Whether a page of so many newest jobs ends where the creation time changes.

    Jobs of one moment may come in another order with the next page, and then some would be shown twice, others never.
    """
    border = [Job(record).created_at for record in records[limit - 1 : limit + 1]]
    return len(records) <= limit or (None not in border and border[0] != border[1])
