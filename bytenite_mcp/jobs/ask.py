"""Asks ByteNite for a page of jobs; if the table can answer instead, a failure is described and not raised."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import anyio

from bytenite_mcp.api import errors
from bytenite_mcp.api.filters import Filter
from bytenite_mcp.privacy.door import CleanClient, CleanPage
from bytenite_mcp.privacy.redact import CleanRecord
from bytenite_mcp.table import matches
from bytenite_mcp.table.conditions import may_be_withheld
from bytenite_mcp.table.evidence import LIKELY_PAGES, identify
from bytenite_mcp.table.order import NEWEST_FIRST, Order

FEWEST_ROWS = 20
"""The fewest of the newest jobs to request; fewer would not show how they are ordered."""

MOST_ROWS = 100
"""The most rows to request at once, which most APIs allow."""

MOST_REQUESTS = 15
"""The most requests to fill a page, if the API returns fewer rows than requested: enough if it returns seven."""

API_TIMEOUT = 15.0
"""Seconds to wait for an answer that the table can also give."""

_NOT_CAUSED_BY_QUESTION = (errors.Unauthenticated, errors.Forbidden, errors.TooManyRequests)
_NOT_CAUSED_BY_LIMIT = (*_NOT_CAUSED_BY_QUESTION, errors.NoAnswer, errors.NotFound, errors.NoSuchRoute)
"""Failures that no filter, order or offset causes, and those that no number of rows causes."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question about jobs: filters that must all hold, an order, and a page of the matches."""

    filters: Sequence[Filter] = ()
    order: Order = NEWEST_FIRST
    limit: int = 20
    offset: int = 0

    @property
    def is_plain(self) -> bool:
        """Whether it asks for the newest jobs, so that the dates in the answer show whether it is right."""
        return not (self.filters or self.order.field or self.offset)

    @property
    def fields(self) -> list[str]:
        """The names of the fields that are filtered or sorted by."""
        return matches.name_asked(self.filters, self.order)

    @property
    def could_leak(self) -> bool:
        """Whether ByteNite's answer depends on a text that may be withheld in part."""
        return any(map(may_be_withheld, self.fields))


@dataclass(frozen=True, slots=True)
class Reply:
    """ByteNite's answer to a question.

    Attributes:
        records: The rows that are records; there may be more of them than the question's limit.
        total: The number of all matches; None if the API does not say.
        unreadable: The number of rows that are not records.
        problem: Why there is no answer; "" if there is one.
        repeated: The number of rows that were received more than once.
        dropped: The number of records that were dropped because their presence could reveal what is withheld.
        asked_at: When it was asked for, by the reader's clock.
    """

    records: list[CleanRecord] = field(default_factory=list, repr=False)
    total: int | None = None
    more: bool = False
    unreadable: int = 0
    problem: str = ""
    repeated: int = 0
    dropped: int = 0
    asked_at: float = 0.0

    @property
    def miscounts(self) -> bool:
        """Whether there are more or fewer rows than the total, or the page may be cut, or has rows more than once."""
        rows = len(self.records) + self.unreadable
        if not self.more and rows in LIKELY_PAGES:
            return True
        wrong = self.total is not None and (self.total <= rows if self.more else self.total > rows)
        return wrong or self.repeated > 0


async def ask(client: CleanClient, question: Question) -> Reply:
    """Ask for a page of jobs; the answer describes a failure that the filters, order, offset or limit may have caused.

    Raises:
        ByteNiteError: The key was refused, there were too many requests, or no list of the newest jobs was received.
    """
    try:
        with anyio.fail_after(None if question.is_plain else API_TIMEOUT):
            return await _fill(client, question)
    except (errors.ByteNiteError, TimeoutError) as failure:
        if isinstance(failure, _NOT_CAUSED_BY_LIMIT if question.is_plain else _NOT_CAUSED_BY_QUESTION):
            raise
        parts = {"filter": question.filters, "order": question.order.field, "offset": question.offset}
        part = next((name for name, given in parts.items() if given), "number of rows")
        return Reply(problem=_describe(failure, part))


async def _fill(client: CleanClient, question: Question) -> Reply:
    """Send requests until the page is full, or there are no more jobs."""
    rows: dict[int, CleanRecord] = {}
    offset = position = question.offset
    unreadable, totals = 0, list[int]()
    end = offset + (max(question.limit + 1, FEWEST_ROWS) if question.is_plain else question.limit)
    for _ in range(MOST_REQUESTS):
        limit = min(max(end - position, FEWEST_ROWS), end - offset, MOST_ROWS)
        try:
            page = await _fetch(client, question, limit, position)
        except errors.ByteNiteError:
            if position < offset + question.limit:
                raise
            break  # only the row after the page is missing
        unreadable += page.unreadable
        rows |= {identify(record): record for record in page.jobs}
        position += page.received
        totals += [] if page.total is None else [page.total]
        more = page.more_after(position)
        if not more or position >= end:
            break
    repeated = position - offset - unreadable - len(rows)
    total = max(totals, default=None)
    # If the last row was received, count the rows, because some servers' totals ignore the filter.
    if not more and position > offset and (question.filters or position > (total or 0)):
        total = position - repeated
    more = more or position > offset + question.limit
    return Reply([*rows.values()], total, more, unreadable, repeated=repeated)


async def _fetch(client: CleanClient, question: Question, limit: int, offset: int) -> CleanPage:
    order_by = str(question.order)
    if question.filters:
        return await client.filter_jobs(question.filters, limit=limit, offset=offset, order_by=order_by)
    return await client.jobs(limit=limit, offset=offset, order_by=order_by)


def _describe(failure: Exception, part: str) -> str:
    if isinstance(failure, errors.Refusal):
        return f"ByteNite's API refused the {part} ({failure.status})"
    if isinstance(failure, TimeoutError):
        return f"ByteNite's API took more than {API_TIMEOUT:.0f} s for the {part}"
    return f"ByteNite's API gave no page for the {part}"
