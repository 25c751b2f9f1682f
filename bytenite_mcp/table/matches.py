"""Reads pages of rows by filters and in order, and judges rows that ByteNite found."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pydantic_core import from_json

from bytenite_mcp.api.filters import Filter
from bytenite_mcp.api.values import simplify
from bytenite_mcp.privacy.redact import CleanRecord, Job
from bytenite_mcp.table.changes import single_value
from bytenite_mcp.table.conditions import (
    column_of,
    kind_of,
    write_hidden,
    write_keys,
    write_order,
    write_shown,
    write_where,
)
from bytenite_mcp.table.fields import Kind
from bytenite_mcp.table.order import Order
from bytenite_mcp.table.rows import UNREADABLE
from bytenite_mcp.table.schema import IS_FINISHED, RECORDS, write_unreadable
from bytenite_mcp.table.store import UNREADABLE_COUNTS

if TYPE_CHECKING:
    from bytenite_mcp.table.database import Cursor

CONCISE = (
    "id", "name", "state", "templateId", "createdAt", "duration", "numChunks", "paymentAmount", "errorMessage",
    "deletedAt",
)  # fmt: skip
"""The fields that people ask about most."""

NOT_READABLE: Final = object()
"""Marks a value that could not be read."""


@dataclass(frozen=True, slots=True)
class Row:
    """A job of the table.

    Attributes:
        number: The number of its row, as in `Changes`.
        fields: The concise fields and those asked about, without unset ones; `NOT_READABLE` for unreadable values.
    """

    number: int
    fields: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the rows that match filters.

    Attributes:
        total: The number of all matches.
        rows: The rows.
        unreadable: By column asked about, the number of jobs whose value could not be read, or not completely.
    """

    total: int
    rows: list[Row]
    unreadable: dict[str, int]


@dataclass(frozen=True, slots=True)
class Judged:
    """Whether a row matches a question.

    Attributes:
        contradicts: The positions of the filters that it does not match.
        place: Its position in the order among the judged rows; equal rows share one.
    """

    contradicts: tuple[int, ...]
    place: int


def read_page(cursor: "Cursor", filters: Sequence[Filter], order: Order, limit: int, offset: int) -> Page:
    """Read the rows that match filters, in order, with the fields that are asked about or sorted by."""
    where, values = write_where(filters)
    total = cursor.execute(f"SELECT count(*) FROM {RECORDS} WHERE {where}", values).fetchone()
    rest = f"WHERE {where} ORDER BY {write_order(order)} LIMIT {limit:d} OFFSET {offset:d}"
    rows = _read(cursor, rest, values, name_fields(filters, order))
    unreadable = count_unreadable(cursor, [*name_asked(filters, order), "createdAt"])
    return Page(total[0] if total else 0, rows, unreadable)


def count_unreadable(cursor: "Cursor", names: Iterable[str]) -> dict[str, int]:
    """Count the unreadable values of fields by their columns, in all jobs."""
    columns = set(map(column_of, names))
    found = sorted(cursor.execute(UNREADABLE_COUNTS).fetchall())
    return {column: count for column, count in found if column in columns}


def read_rows(cursor: "Cursor", numbers: Sequence[int], filters: Sequence[Filter], order: Order) -> list[Row]:
    """Read rows by their numbers, in that order."""
    found = _read(cursor, _GIVEN, [list(numbers)], name_fields(filters, order))
    by_number = {row.number: row for row in found}
    return [by_number[number] for number in numbers if number in by_number]


def judge(
    cursor: "Cursor", numbers: Sequence[int], filters: Sequence[Filter], order: Order
) -> dict[int, Judged]:
    """Judge rows by their numbers: which filters they do not match, and their positions in the order."""
    clauses, values = [], []
    for given in filters:
        clause, parameters = write_where([given])
        # What could not be read contradicts nothing.
        clauses.append(f"({clause}) IS TRUE OR {write_unreadable(column_of(given.field))}")
        values += parameters
    rank = f"dense_rank() OVER (ORDER BY {write_keys(order)})"
    found = cursor.execute(
        f"SELECT {', '.join(['number', rank, *clauses])} FROM {RECORDS} {_GIVEN}", [*values, list(numbers)]
    ).fetchall()
    return {
        number: Judged(tuple(position for position, holds in enumerate(matches) if not holds), place)
        for number, place, *matches in found
    }


def is_hidden(cursor: "Cursor", filters: Sequence[Filter], order: Order) -> bool:
    """Whether a part of a field asked about is withheld in any row: ByteNite's answer could then reveal it."""
    hidden = " OR ".join(["false", *map(write_hidden, name_asked(filters, order))])
    found = cursor.execute(f"SELECT 1 FROM {RECORDS} WHERE {hidden} LIMIT 1").fetchone()
    return found is not None


def is_ahead(cursor: "Cursor", records: Sequence[CleanRecord], total: int | None) -> bool:
    """Whether the table has other jobs of the time of some newest jobs, later states of them, or more jobs than exist.

    Args:
        cursor: A cursor of the table.
        records: The newest jobs, as ByteNite listed them.
        total: The number of jobs that ByteNite counts; None if it does not say.
    """
    jobs = [Job(record) for record in records]
    unfinished = [job.id for job in jobs if not job.finished]
    given = {
        "since": jobs[-1].created_at, "ids": [job.id for job in jobs], "unfinished": unfinished, "total": total,
    }  # fmt: skip
    return single_value(cursor.execute(_AHEAD, given)) > 0


def name_asked(filters: Iterable[Filter], order: Order) -> list[str]:
    """Name the fields that are filtered or sorted by."""
    return list(dict.fromkeys([*(given.field for given in filters), *([order.field] if order.field else [])]))


def name_fields(filters: Iterable[Filter], order: Order) -> list[str]:
    """Name the fields of a concise row."""
    return list(dict.fromkeys([*CONCISE, *name_asked(filters, order)]))


_AHEAD = f"""SELECT count(*) FROM {RECORDS}
    WHERE (createdAt > coalesce($since, TIMESTAMPTZ '-infinity') AND NOT list_contains($ids::VARCHAR[], id))
    OR ({IS_FINISHED} AND list_contains($unfinished::VARCHAR[], id))
    OR (SELECT count(*) FROM {RECORDS}) > $total"""
_GIVEN = "WHERE number IN (SELECT unnest(?::BIGINT[]))"


def _read(cursor: "Cursor", rest: str, values: Sequence[Any], names: Sequence[str]) -> list[Row]:
    shown = ", ".join(map(write_shown, names))
    found = cursor.execute(f"SELECT number, {UNREADABLE}, {shown} FROM {RECORDS} {rest}", values).fetchall()
    return [Row(number, _fields(names, row, unreadable or ())) for number, unreadable, *row in found]


def _fields(names: Sequence[str], values: Sequence[Any], unreadable: Sequence[str]) -> dict[str, Any]:
    fields = {
        name: simplify(value) if isinstance(value, float) else value
        for name, value in zip(names, values, strict=True)
        if value is not None
    }
    fields |= {name: from_json(str(fields[name])) for name in fields if kind_of(name) is Kind.FREE}
    return {name: NOT_READABLE for name in names if column_of(name) in unreadable} | fields
