"""A page as ByteNite finds it: filled to its limit, and with what is wrong said instead of raised."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import anyio

from bytenite_mcp.api.errors import ByteNiteError, Forbidden, Refusal, TooManyRequests, Unauthenticated
from bytenite_mcp.api.filters import Filter
from bytenite_mcp.privacy.door import CleanClient, CleanPage
from bytenite_mcp.privacy.redact import CleanRecord
from bytenite_mcp.table.order import Order

LEAST = 20
"""Of the newest jobs, rows that are asked for at least: of fewer, it could not be seen how they are ordered."""

MOST_ASKS = 15
"""Requests to fill one page, where the API gives fewer rows than asked for: enough for pages of seven."""

PATIENCE = 15.0
"""Seconds to wait for what the table can answer as well."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What ByteNite gave.

    Attributes:
        records: The rows that are records; there may be more than the page has.
        total: How many there are in all; None if the API did not say.
        more: Whether there are more after these.
        unreadable: Rows that are no records.
        problem: Why it gave none; empty if it did.
    """

    records: list[CleanRecord] = field(default_factory=list, repr=False)
    total: int | None = None
    more: bool = False
    unreadable: int = 0
    problem: str = ""

    @property
    def miscounts(self) -> bool:
        """Whether there is more after as many rows as were counted."""
        return self.more and self.total is not None and self.total <= len(self.records)


async def ask(client: CleanClient, filters: Sequence[Filter], order: Order, limit: int, offset: int) -> Asked:
    """Ask for a page of the jobs that match; what the API says to a filter or an order is no failure.

    Raises:
        ByteNiteError: The key is refused, there were too many requests, or all jobs could not be listed.
    """
    try:
        with anyio.fail_after(PATIENCE if filters or order.field else None):
            return await _fill(client, filters, order, limit, offset)
    except (ByteNiteError, TimeoutError) as failure:
        grave = isinstance(failure, Unauthenticated | Forbidden | TooManyRequests)
        if grave or not (filters or order.field):
            raise
        return Asked(problem=_describe(failure, "filter" if filters else "order"))


async def _fill(
    client: CleanClient, filters: Sequence[Filter], order: Order, limit: int, offset: int
) -> Asked:
    """Ask on until the page is as full as was asked for."""
    rows: dict[str, CleanRecord] = {}
    position, unreadable = offset, 0
    wanted = limit if filters or order.field or offset else max(limit, LEAST)
    for _ in range(MOST_ASKS):
        page = await _fetch(client, filters, order, wanted, position)
        unreadable += page.unreadable
        rows |= {str(record.get("id") or f"row {position + n}"): record for n, record in enumerate(page.jobs)}
        position += page.received
        more = page.more_after(position)
        if not more or position >= offset + limit:
            break
    # What came is all there is, whatever was counted: some count without the filter.
    total = page.total if more or position == offset else position
    return Asked([*rows.values()], total, more or position > offset + limit, unreadable)


async def _fetch(
    client: CleanClient, filters: Sequence[Filter], order: Order, limit: int, offset: int
) -> CleanPage:
    if filters:
        return await client.filter_jobs(filters, limit=limit, offset=offset, order_by=str(order))
    return await client.jobs(limit=limit, offset=offset, order_by=str(order))


def _describe(failure: Exception, asked: str) -> str:
    if isinstance(failure, Refusal):
        return f"ByteNite's API refused the {asked} ({failure.status})"
    if isinstance(failure, TimeoutError):
        return f"ByteNite's API took more than {PATIENCE:.0f} s for the {asked}"
    return f"ByteNite's API gave no page for the {asked}"
