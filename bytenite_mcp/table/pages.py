"""Pages of the table's rows, by filters and in order."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bytenite_mcp.api.filters import Filter
from bytenite_mcp.table.conditions import write_order, write_shown, write_where
from bytenite_mcp.table.order import Order
from bytenite_mcp.table.rows import UNREADABLE
from bytenite_mcp.table.schema import RECORDS

if TYPE_CHECKING:
    from bytenite_mcp.table.database import Cursor

CONCISE = (
    "id", "name", "state", "templateId", "createdAt", "duration", "numChunks", "paymentAmount", "errorMessage",
)  # fmt: skip
"""The fields people ask about most."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the rows that filters match.

    Attributes:
        total: How many match.
        numbers: The rows, as `Changes` names them.
        rows: What each holds, unset fields left out; `unreadable` names those that could not be read.
    """

    total: int
    numbers: list[int]
    rows: list[dict[str, Any]]


def read_page(cursor: "Cursor", filters: Sequence[Filter], order: Order, limit: int, offset: int) -> Page:
    """Read the rows that filters match, in order, with the fields that are asked about or sorted by."""
    where, values = write_where(filters)
    names = _names(filters, order)
    total = cursor.execute(f"SELECT count(*) FROM {RECORDS} WHERE {where}", values).fetchone()
    found = cursor.execute(
        f"SELECT number, {UNREADABLE}, {', '.join(map(write_shown, names))} FROM {RECORDS} WHERE {where} "
        f"ORDER BY {write_order(order)} LIMIT {limit:d} OFFSET {offset:d}",
        values,
    ).fetchall()
    rows = [_row(names, values, unreadable) for _, unreadable, *values in found]
    return Page(total[0] if total else 0, [number for number, *_ in found], rows)


def _names(filters: Iterable[Filter], order: Order) -> list[str]:
    asked = [given.field for given in filters] + ([order.field] if order.field else [])
    return list(dict.fromkeys([*CONCISE, *asked]))


def _row(names: Sequence[str], values: Sequence[Any], unreadable: list[str] | None) -> dict[str, Any]:
    row = {
        name: int(value) if isinstance(value, float) and value.is_integer() else value
        for name, value in zip(names, values, strict=True)
        if value is not None
    }
    return row | ({UNREADABLE: unreadable} if unreadable else {})
