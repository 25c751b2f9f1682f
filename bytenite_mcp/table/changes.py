"""Writes records into the table, and finds which of them are known, new or changed."""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic_core import to_json

from bytenite_mcp.table.rows import Columns
from bytenite_mcp.table.schema import (
    ADOPT_DIGESTS,
    KEEP_FINISHED,
    KEEP_SEEN,
    KEEP_SET,
    RECORDS,
    RESPELL_STAGED,
    STAGED,
    complete_staged,
    insert_page,
    write_same_job,
)

if TYPE_CHECKING:
    from bytenite_mcp.table.database import Cursor


_GIVEN = "digest IN (SELECT unnest($digests::UBIGINT[]))"
_NUMBERS = f"SELECT digest, max(number) FROM {RECORDS} WHERE {_GIVEN} GROUP BY digest"
_STAGED = f"SELECT digest FROM {STAGED} ORDER BY number"
_ADDED = f"""INSERT INTO {RECORDS} SELECT DISTINCT ON (digest) * FROM {STAGED}
    WHERE digest NOT IN (SELECT digest FROM {RECORDS})"""
_REPLACED = f"""DELETE FROM {RECORDS} USING (SELECT id, createdAt FROM {RECORDS} WHERE {_GIVEN}) AS met
    WHERE {write_same_job(RECORDS, "met")} AND NOT {RECORDS}.{_GIVEN}"""
_MET = f"UPDATE {RECORDS} SET seen = greatest(seen, $seen) WHERE {_GIVEN}"


@dataclass(frozen=True, slots=True)
class Changes:
    """The changes that records made to the table.

    Attributes:
        numbers: The rows that hold the records, in the records' order; equal records share a row.
        fresh: The positions of the records that are new or changed.
        added: The number of added rows, including changed ones.
        replaced: The number of rows that changed ones replaced.
        behind: The positions of the records of unfinished jobs that were not believed, as the table has them finished.
    """

    numbers: list[int]
    fresh: list[int]
    added: int
    replaced: int
    behind: list[int]


def insert(cursor: "Cursor", table: str, page: Columns, seen: float) -> None:
    """Insert a page of rows without comparing them."""
    cursor.execute(insert_page(table), [seen, to_json(page, inf_nan_mode="null").decode()])


def put(cursor: "Cursor", page: Columns, seen: float, lacking: Set[str], *, believe: bool) -> Changes:
    """Update the table with a page; only unknown rows are staged, because staging takes many times as long.

    Args:
        cursor: A cursor in a transaction.
        page: At least one row, with numbers above all others.
        seen: When they were requested.
        lacking: Members that none of them has; the table's values of these are kept.
        believe: Whether a finished job may be unfinished again, or lose values.
    """
    digests: list[int] = page["digest"]
    known = _find_numbers(cursor, digests)
    unknown = [place for place, digest in enumerate(digests) if digest not in known]
    added, behind = 0, set[int]()
    if unknown:
        staged = {name: [column[place] for place in unknown] for name, column in page.items()}
        behind = _stage(cursor, staged, seen, lacking, believe)
        added = single_value(cursor.execute(_ADDED))
        settled = cursor.execute(_STAGED).fetchall()
        for place, (digest,) in zip(unknown, settled, strict=True):
            digests[place] = digest
    replaced = single_value(cursor.execute(_REPLACED, {"digests": digests}))
    cursor.execute(_MET, {"seen": seen, "digests": digests})
    rows = _find_numbers(cursor, digests) if unknown else known
    numbers = [rows[digest] for digest in digests]
    first = page["number"][0]
    fresh = [place for place, number in enumerate(numbers) if number >= first]
    return Changes(numbers, fresh, added, replaced, sorted(number - first for number in behind))


def single_value(cursor: "Cursor") -> int:
    """Return the only value of a result; for a statement that changes rows, their number."""
    row = cursor.fetchone()
    return int(row[0]) if row else 0


def _stage(cursor: "Cursor", rows: Columns, seen: float, lacking: Set[str], believe: bool) -> set[int]:
    """Stage rows, with the digests of the table's rows that they equal; return the numbers of those that are behind."""
    cursor.execute(f"DELETE FROM {STAGED}")
    insert(cursor, STAGED, rows, seen)
    cursor.execute(RESPELL_STAGED)
    if lacking:
        cursor.execute(complete_staged(lacking))
    if not believe:
        cursor.execute(KEEP_SET)
    cursor.execute(KEEP_SEEN)
    cursor.execute(ADOPT_DIGESTS)
    return set() if believe else {number for (number,) in cursor.execute(KEEP_FINISHED).fetchall()}


def _find_numbers(cursor: "Cursor", digests: Sequence[int]) -> dict[int, int]:
    return dict(cursor.execute(_NUMBERS, {"digests": digests}).fetchall())
