"""The rows of one page, kept out of many that stream by in any order."""

from collections.abc import Sequence
from typing import Any

from bytenite_mcp.jobs.match import UNSORTABLE, sort_key
from bytenite_mcp.privacy.redact import CleanRecord
from bytenite_mcp.table.order import Order


class Window:
    """Counts all records given to it, and keeps those that can still be on the page.

    Args:
        offset: Where the page begins.
        limit: How many rows it has.
        order: How rows are sorted; the order they came in if it names no field.
    """

    def __init__(self, offset: int, limit: int, order: Order) -> None:
        self.offset = offset
        self.end = offset + limit
        self.count = 0
        self._descending = order.direction == "desc"
        self._key = sort_key(order.field) if order.field else None
        self._kept: list[tuple[Any, tuple[int, int], CleanRecord]] = []

    def take(self, start: int, records: Sequence[CleanRecord]) -> None:
        """Take records of a page that began at `start`."""
        self.count += len(records)
        self._kept.extend(
            (self._key(record) if self._key else 0, (start, position), record)
            for position, record in enumerate(records)
        )
        if len(self._kept) > 2 * self.end + 1000:
            self._prune()

    def rows(self) -> list[CleanRecord]:
        """Give the page's rows, in order; those without a value of the field come last."""
        self._prune()
        return [record for _, _, record in self._kept[self.offset :]]

    def _prune(self) -> None:
        self._kept.sort(key=lambda row: row[1])
        self._kept.sort(key=lambda row: row[0], reverse=self._descending)
        self._kept.sort(key=lambda row: row[0] == UNSORTABLE)
        del self._kept[self.end :]
