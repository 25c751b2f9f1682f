"""Converts filters and orders to SQL over the records' JSON text.

The conditions mean what this project's documentation of filters says, because ByteNite's says nothing about
it. The functions that build SQL return it with its parameters. A predicate uses two columns, ``type`` and
``value``: those of json_each, or those selected for one field.
"""

import json
import re
import sqlite3
import sys
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, TypeGuard

from bytenite_mcp.simulator.errors import Refusal
from bytenite_mcp.simulator.search import AllOf, AnyOf, Condition, Filter, IsSet, Json, Kind, Pattern
from bytenite_mcp.simulator.templates import FAILED, NEW, RUN
from bytenite_mcp.simulator.times import DAY, SECOND, format_time, from_sort_key, to_sort_key

Sql = tuple[str, list[Json]]

_TIMES = "createdAt submittedAt startedAt endedAt startAt deletedAt completedAt deadline"
_NUMBERS = """duration paymentAmount numChunks numUnitsEstimation
    config.taskTimeout config.jobTimeout config.maxTaskRetries"""
_TEXTS = "id templateId name description priority state errorMessage appId"
_OPEN = "config regions params dataSource dataDestination templateInfo stateTimestamps"
KINDS: dict[str, Kind] = {
    **dict.fromkeys(_TIMES.split(), "time"),
    **dict.fromkeys(_NUMBERS.split(), "number"),
    **dict.fromkeys([*_TEXTS.split(), *_OPEN.split()], "text"),
}
"""How values of the known fields compare."""

_ORDERINGS = {"GT": ">", "GTE": ">=", "LT": "<", "LTE": "<="}

_FIELD = """EXISTS (SELECT 1 FROM
    (SELECT json_type(record, ?) AS type, json_extract(record, ?) AS value) WHERE {})"""
# json_extract with one path would convert true to 1; with two, it returns an array of JSON values.
_REREAD_FIELD = """EXISTS (SELECT 1 FROM (SELECT json_type(seen) AS type, json_extract(seen, '$') AS value
    FROM (SELECT reread(json_extract(record, ?, ?), ?) AS seen)) WHERE {})"""
_ELEMENT = "EXISTS (SELECT 1 FROM json_each(record, ?) WHERE json_type(record, ?) = 'array' AND ({}))"
_UNSET = "(type IS NULL OR type = 'null' OR type || value IN ('text', 'object{}', 'array[]'))"
_IS_TEXT = "type = 'text' AND value <> ''"
_IS_NUMBER = "type IN ('integer', 'real')"
_AS_NUMBER = f"CASE WHEN {_IS_NUMBER} THEN value WHEN type = 'text' THEN to_number(value) END"
_NUMERIC = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_LONGEST_PATTERN = 50_000


LIFE = (NEW, *RUN, FAILED)
"""The documented states, in the order in which a job enters them."""

_MILLISECOND = SECOND // 1000


def _cut_time(unit: int, value: Json, add: int = 0) -> Json:
    if (key := to_sort_key(value)) is None:
        return value
    return format_time((from_sort_key(key) + add) // unit * unit, 9)


READINGS: dict[str, Callable[[Any], Any]] = {
    "time-to-second": partial(_cut_time, SECOND),
    "time-to-millisecond": partial(_cut_time, _MILLISECOND),
    "time-rounded-up": partial(_cut_time, _MILLISECOND, add=_MILLISECOND // 2),
    "time-date-only": partial(_cut_time, DAY),
    "time-null-is-zero": lambda value: value or "1970-01-01T00:00:00Z",
    "number-as-text": lambda value: json.dumps(value) if isinstance(value, int | float) else value,
    "number-null-is-zero": lambda value: value or 0,
    "state-short-only": lambda value: value and value.removeprefix("JOB_STATE_"),
    "state-gt-ordinal": lambda value: LIFE.index(value) if value in LIFE else None,
    "state-unknown-is-new": lambda value: value if value in LIFE else NEW,
}
"""Conversions of a stored JSON value before it is compared: from one JSON value to another; None is an unset value.

The meaning that uses one has the same name.
"""


def add_functions(database: sqlite3.Connection) -> None:
    """Add the functions that SQLite lacks to a database."""
    functions: tuple[tuple[Callable[..., Any], int], ...] = (
        (to_sort_key, 1), (to_number, 1), (fold_case, 1), (is_found, 2), (reread, 2),
    )  # fmt: skip
    for function, arguments in functions:
        database.create_function(function.__name__, arguments, function, deterministic=True)


def to_number(text: object) -> int | float | None:
    """Parse the number in a text; None for anything else."""
    if not isinstance(text, str) or not _NUMERIC.fullmatch(text):
        return None
    return int(text) if len(text) < 18 and text.lstrip("-").isdigit() else float(text)


def fold_case(text: object) -> str | None:
    """Fold the case of a text by Unicode's rules; None for anything else."""
    return text.casefold() if isinstance(text, str) else None


def is_found(regex: str, text: object) -> bool:
    """Whether a value is a text that contains a regular expression."""
    return isinstance(text, str) and re.search(regex, text) is not None


def reread(values: str, names: str) -> str:
    """Apply the named readings, in turn, to the first item of a JSON array; return JSON."""
    value = json.loads(values)[0]
    for name in names.split():
        value = READINGS[name](value)
    return json.dumps(value)


def build_where(condition: Condition) -> Sql:
    """Build the SQL of a condition.

    Raises:
        Refusal: A field, condition or value of a filter is invalid.
    """
    match condition:
        case AllOf(parts):
            return _join("1", " AND ", map(build_where, parts))
        case AnyOf(parts):
            return _join("0", " OR ", map(build_where, parts))
        case IsSet(field, wanted):
            return _frame(_FIELD, build_path(field), (f"NOT {_UNSET}" if wanted else _UNSET, []))
        case Pattern(field, regex):
            return _frame(_FIELD, build_path(field), (f"{_IS_TEXT} AND is_found(?, value)", [regex]))
    return _build_filter(condition)


def build_order(order_by: str) -> Sql:
    """Build the SQL of ``field``, ``field asc`` or ``field desc``, unset values last; "" is newest first [U]."""
    field, _, direction = (order_by or "createdAt desc").partition(" ")
    if direction.lower() not in ("", "asc", "desc"):
        raise Refusal(f"orderBy: {direction!r} is neither asc nor desc")
    if field == "createdAt":
        return f"created IS NULL, created {direction.upper()}, id", []
    key = {"time": "to_sort_key({})", "number": "to_number({} || '')"}.get(find_kind(field), "NULLIF({}, '')")
    key = key.format("json_extract(record, ?)")
    path = build_path(field)
    return f"{key} IS NULL, {key} {direction.upper()}, id", [path, path]


def _build_filter(given: Filter) -> Sql:
    kind, operand = given.kind or find_kind(given.field), given.operand
    match given.condition.split("FILTER_CONDITION_"):
        case ["", "EQ" | "NEQ" | "ARRAY_CONTAINS"]:
            predicate = _match_equal(kind, _check_scalar(operand))
        case ["", "IN" | "NOT_IN" | "ARRAY_CONTAINS_ANY"] if isinstance(operand, list):
            predicate = _join("0", " OR ", (_match_equal(kind, _check_scalar(item)) for item in operand))
        case ["", "LIKE"] if isinstance(operand, str):
            predicate = _match_like(operand)
        case ["", name] if name in _ORDERINGS:
            predicate = _match_ordered(kind, _ORDERINGS[name], _check_scalar(operand))
        case _:
            raise Refusal(f"unknown condition {given.condition!r}, or a value of the wrong type")
    frame = _ELEMENT if given.name.startswith("ARRAY") else _FIELD
    if given.readings:
        clause, values = predicate
        frame, predicate = _REREAD_FIELD, (clause, [" ".join(given.readings), *values])
    clause, values = _frame(frame, build_path(given.field), predicate)
    return f"NOT {clause}" if given.name in ("NEQ", "NOT_IN") else clause, values


def _frame(frame: str, path: str, predicate: Sql) -> Sql:
    clause, values = predicate
    return frame.format(clause), [path, path, *values]


def _join(start: str, word: str, clauses: Iterable[Sql]) -> Sql:
    joined, values = [start], []
    for clause, parameters in clauses:
        joined.append(clause)
        values += parameters
    return f"({word.join(joined)})", values


def _match_equal(kind: str, operand: Json) -> Sql:
    if kind == "time":
        return "type = 'text' AND to_sort_key(value) = ?", [_read_time(operand)]
    if operand is None or operand == "":
        return _UNSET, []
    if kind == "number":
        operand = _read_number(operand)
    if isinstance(operand, str):
        return _match_equal_text(operand)
    unset = "0" if operand else _UNSET
    if isinstance(operand, bool):
        word = str(operand).lower()
        return f"{unset} OR type = '{word}' OR (type = 'text' AND lower(value) = '{word}')", []
    return f"{unset} OR {_AS_NUMBER} = ?", [operand]


def _match_equal_text(operand: str) -> Sql:
    clause, values = "type = 'text' AND value = ?", [operand]
    if (amount := to_number(operand)) is not None:
        return f"{clause} OR ({_IS_NUMBER} AND value = ?)", [*values, amount]
    if operand.lower() in ("true", "false"):
        return f"{clause} OR type = ?", [*values, operand.lower()]
    return clause, list(values)


def _match_ordered(kind: str, sign: str, operand: Json) -> Sql:
    if kind == "time":
        return f"type = 'text' AND to_sort_key(value) {sign} ?", [_read_time(operand)]
    if kind == "number":
        operand = _read_number(operand)
    if operand is None or isinstance(operand, bool):
        return "0", []
    if not isinstance(operand, str):
        return f"{_AS_NUMBER} {sign} ?", [operand]
    as_text = f"({_IS_TEXT} AND value {sign} ?)"
    if (amount := to_number(operand)) is None:
        return as_text, [operand]
    return f"{as_text} OR ({_IS_NUMBER} AND value {sign} ?)", [operand, amount]


def _match_like(operand: str) -> Sql:
    if len(operand.encode()) > _LONGEST_PATTERN:
        raise Refusal("LIKE: the pattern is too long")
    # SQLite's LIKE ends the pattern at a NUL; no record contains one.
    matches = "0" if "\0" in operand else "1"
    return f"{_IS_TEXT} AND {matches} AND fold_case(value) LIKE ?", [operand.casefold()]


def _check_scalar(operand: Json) -> Json:
    if isinstance(operand, list | dict):
        raise Refusal("the value must be one string, number or boolean")
    if not _is_number(operand) or abs(operand) < 2**53:
        return operand
    if abs(operand) > sys.float_info.max:
        raise Refusal("the number is too large")
    return float(operand)  # protobuf's numbers are doubles


def _read_time(operand: Json) -> str:
    if (key := to_sort_key(operand)) is None:
        raise Refusal("a time must be RFC 3339, such as 2025-10-22T19:43:00Z")
    return key


def _read_number(operand: Json) -> int | float:
    amount = operand if _is_number(operand) else to_number(operand)
    if amount is None:
        raise Refusal("a number field wants a number")
    return amount


def _is_number(operand: Json) -> TypeGuard[int | float]:
    return isinstance(operand, int | float) and not isinstance(operand, bool)


def find_kind(field: str) -> Kind:
    """Return how a field's values compare.

    Raises:
        Refusal: There is no such field.
    """
    root, *rest = field.split(".")
    if field in KINDS:
        return KINDS[field]
    if root not in _OPEN.split() or not all(rest):
        raise Refusal(f"unknown field {field!r}")
    return "time" if root == "stateTimestamps" else "text"


def build_path(field: str) -> str:
    """Build the JSON path of a field.

    Raises:
        Refusal: There is no such field.
    """
    find_kind(field)
    # SQLite cannot escape a quotation mark in a path. No record has such a member, or one with an empty name.
    steps = ["" if '"' in step or "\0" in step else step for step in field.split(".")]
    return "$" + "".join(f'."{step}"' for step in steps)
