"""Runs a model's SELECT safely: read-only, for five seconds, with limits of memory, rows and characters."""

import json
import math
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import anyio

from bytenite_mcp.privacy.sanitize import sanitize, shorten
from bytenite_mcp.privacy.texts import scrub
from bytenite_mcp.table.errors import BadQuery, TableFull, TableLost
from bytenite_mcp.table.sql.advice import advise
from bytenite_mcp.table.sql.hints import find_hints
from bytenite_mcp.table.sql.size import check_sizes
from bytenite_mcp.table.sql.tree import Node, check_nodes, literal, refusal, too_deep
from bytenite_mcp.table.sql.values import read_value, write_cut
from bytenite_mcp.table.store import UNREADABLE_COUNTS, Store

if TYPE_CHECKING:
    from bytenite_mcp.table.database import Cursor

LONGEST_SQL = 4000
SECONDS = 5.0
MEMORY = 128 * 2**20
"""The most bytes of the table's memory that a query may use; the rest is for the table itself."""

MOST_CHARACTERS = 20_000
"""The most characters of all rows together."""

_LONGEST_CELL, _SHORTEST_CELL = 1000, 40
_MOST_COLUMNS, _LONGEST_NAME, _LONGEST_ERROR = 100, 60, 300
_LONGEST_PLACE = 40
_WATCH = 0.05
"""Seconds between two checks of a query's memory."""

_FENCED = re.compile(r"\s*```\w*\s(.*)```\s*", re.DOTALL)
_LAST_COMMENT = re.compile(r";\s*(?:--[^\n'\"$*]*|/\*[^'\"$*]*\*/)\s*\Z")
"""A comment after the statement; one with a quote may be the end of a text, and is left to the parser."""

_SETTING = re.compile(r"\.\s+Use (?:TRY\(\.\.\.\)|\"?SET) .*\Z", re.DOTALL)
"""DuckDB's advice to change a setting, which is refused."""

_AT_ONCE = anyio.Semaphore(2)
_ONE_SELECT = "write one SELECT over jobs, stages and unfinished, and nothing else"
_LESS = "aggregate before joining, or look at less (WHERE createdAt > …)"


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of a query.

    Attributes:
        columns: The names of the columns.
        rows: The values as JSON: times to the second, intervals as text, numbers to six digits.
        more: Whether there are more rows than the limit.
        notes: What was cut, what can never match, and what could not be read.
    """

    columns: list[str]
    rows: list[list[Any]]
    more: bool
    notes: list[str]


async def run_select(store: Store, sql: str, limit: int, *, whole: bool = True) -> Answer:
    """Run a SELECT over `jobs`, `stages` and `unfinished`.

    Args:
        store: The table.
        sql: An untrusted statement.
        limit: The most rows.
        whole: Whether the table has all jobs.

    Raises:
        BadQuery: It is not allowed, invalid, or takes too much time or memory; the message says what to do.
        TableLost: The table is gone.
    """
    if len(sql) > LONGEST_SQL:
        raise refusal(f"at most {LONGEST_SQL:,} characters")
    # The table's own limit first: so the queries of one account cannot fill the line of the others.
    async with store.queries, _AT_ONCE:
        return await _run_bounded(store, partial(_run, sql=sql, limit=limit, whole=whole))


async def _run_bounded(store: Store, run: Callable[["Cursor"], Answer]) -> Answer:
    outcome: Answer | Exception = refusal(f"stopped after {SECONDS:.0f} s; {_LESS}")
    with anyio.move_on_after(SECONDS):
        async with anyio.create_task_group() as tasks:

            async def watch() -> None:
                nonlocal outcome
                # A lost table ends the query by itself; a full one has no memory to watch by.
                with suppress(TableLost):
                    with suppress(TableFull):
                        before = await store.memory()
                        # Polling, because DuckDB has no event for allocated memory.
                        while await store.memory() - before < MEMORY:  # noqa: ASYNC110
                            await anyio.sleep(_WATCH)
                    outcome = _too_large()
                    tasks.cancel_scope.cancel()

            tasks.start_soon(watch)
            try:
                outcome = await store.read(run)
            except TableFull:
                outcome = _too_large()
            except (BadQuery, TableLost) as error:
                outcome = error
            tasks.cancel_scope.cancel()
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def _too_large() -> BadQuery:
    return refusal(f"stopped, as it took more than {MEMORY >> 20} MB; {_LESS}")


def _run(cursor: "Cursor", sql: str, limit: int, *, whole: bool) -> Answer:
    sql = _trim(sql)
    with _explaining():
        statement = _parse(cursor, sql)
        check_nodes(statement)
        check_sizes(statement)
        names, types = _describe(cursor, sql)
        longest = max(_SHORTEST_CELL, min(_LONGEST_CELL, MOST_CHARACTERS // len(names)))
        rows = cursor.execute(write_cut(sql, types, longest, limit)).fetchall()
        unreadable = dict(cursor.execute(UNREADABLE_COUNTS).fetchall())
        hints = find_hints(cursor, statement, unreadable, whole=whole)
        hints += _say_limited(statement["node"], limit) if len(rows) > limit else ()
    return _answer(names, types, rows, limit, longest, hints)


def _trim(sql: str) -> str:
    """Remove a Markdown fence, and what follows the statement's end."""
    fenced = _FENCED.fullmatch(sql)
    return _LAST_COMMENT.sub("", fenced[1] if fenced else sql).rstrip("; \t\r\n")


@contextmanager
def _explaining() -> Iterator[None]:
    """Raise `BadQuery` for DuckDB's errors, except those that end or interrupt the database."""
    import duckdb

    fatal = (
        duckdb.OutOfMemoryException,
        duckdb.FatalException,
        duckdb.IOException,
        duckdb.InterruptException,
    )
    try:
        yield
    except fatal:
        raise
    except (duckdb.Error, UnicodeDecodeError) as error:
        raise refusal(_explain(error)) from error


def _describe(cursor: "Cursor", sql: str) -> tuple[list[str], list[str]]:
    """Return the names and the types of the columns."""
    # The line break ends a comment of the statement.
    columns = cursor.execute(f"SELECT * FROM (\n{sql}\n) LIMIT 0").description or []
    if len(columns) > _MOST_COLUMNS:
        raise refusal(f"{len(columns)} columns; at most {_MOST_COLUMNS}")
    return [name for name, *_ in columns], [str(kind) for _, kind, *_ in columns]


def _say_limited(node: Node, limit: int) -> Iterator[str]:
    """Say that the argument `limit` is smaller than the statement's own LIMIT."""
    for modifier in node["modifiers"]:
        most = literal(modifier.get("limit") or {})["text"]
        if most.isdecimal() and int(most) > limit:
            yield f"LIMIT {most} has no effect beyond the argument `limit`, {limit}."


def _parse(cursor: "Cursor", sql: str) -> Node:
    """Return the parse tree of the only statement."""
    row = cursor.execute("SELECT json_serialize_sql(?)", [sql]).fetchone()
    try:
        parsed = json.loads(row[0]) if row else {}
    except RecursionError:
        raise too_deep() from None
    match parsed:
        case {"error_message": said} if "expression depth" in said:
            raise too_deep()
        case {"error_type": error, "error_message": said} if error != "not implemented":
            raise refusal(_one_line(f"{said}{_say_place(sql, parsed.get('position', ''))}"))
        case {"statements": [dict(statement)]}:
            return statement
    raise refusal(_ONE_SELECT)


def _say_place(sql: str, position: str) -> str:
    """Describe a position in a statement by the text before it."""
    if not position.isdecimal():
        return ""
    before = " ".join(sql.encode()[: int(position)].decode(errors="ignore").split())
    return f", after {before[-_LONGEST_PLACE:]!r}" if before else ""


def _answer(
    names: list[str], types: list[str], found: list[Any], limit: int, longest: int, notes: list[str]
) -> Answer:
    rows: list[list[Any]] = []
    left, cut = MOST_CHARACTERS, False
    for values in found[:limit]:
        row = [read_value(value, kind, longest) for value, kind in zip(values, types, strict=True)]
        left -= len(json.dumps(row, ensure_ascii=False))
        if left < 0 and rows:
            notes = [*notes, f"Only the first {len(rows)} rows fit: name fewer columns."]
            break
        rows.append(row)
        cut |= any(isinstance(value, str) and len(value) > longest for value in values)
    if any(isinstance(value, float) and math.isnan(value) for values in found for value in values):
        notes = [*notes, "nan is not a number, such as 0 / 0: write a / nullif(b, 0)."]
    if cut:
        notes = [*notes, f"Values of more than {longest} characters are cut, and end in …"]
    return Answer(
        [shorten(sanitize(name), _LONGEST_NAME) for name in names], rows, len(found) > len(rows), notes
    )


def _explain(error: Exception) -> str:
    """Write DuckDB's error and its hint in one line, without its drawing of the position."""
    said = re.split(
        r"\n\s*\n?LINE \d+:|\nStack Trace|\nCandidate functions|\n\s*Candidate (?:functions|time zones)",
        str(error),
    )[0]
    if said.startswith("INTERNAL"):
        return "the database failed at it; write it in another way"
    return _one_line(said)


def _one_line(text: str) -> str:
    advice = advise(text)
    text = _SETTING.sub("", text)
    line = shorten(" ".join(scrub(text).split()), _LONGEST_ERROR - len(advice)).rstrip(".!")
    return f"{line}; {advice}" if advice else line
