"""Filters and orders as SQL over the records' JSON text.

What each condition means is written in this project's documentation of filters; ByteNite's own is
silent. The functions that build SQL return it with its parameters. A predicate speaks of two
columns, ``type`` and ``value``: those of json_each, or those selected for one field.
"""

import math
import re
import sqlite3
from collections.abc import Iterable
from typing import Any, TypeGuard

from .errors import Invalid
from .search import Filter
from .times import to_sort_key

Sql = tuple[str, list[Any]]

TIME_FIELDS = {
    "createdAt", "submittedAt", "startedAt", "endedAt", "startAt", "deletedAt", "completedAt", "deadline",
}  # fmt: skip
NUMBER_FIELDS = {"duration", "paymentAmount", "numChunks", "numUnitsEstimation"} | {
    f"config.{name}" for name in ("taskTimeout", "jobTimeout", "maxTaskRetries")
}
OPEN_FIELDS = {
    "config", "regions", "params", "dataSource", "dataDestination", "templateInfo", "stateTimestamps",
}  # fmt: skip
TEXT_FIELDS = {"id", "templateId", "name", "description", "priority", "state", "errorMessage", "appId"}
ORDERINGS = {"GT": ">", "GTE": ">=", "LT": "<", "LTE": "<="}

_FIELD = """EXISTS (SELECT 1 FROM
    (SELECT json_type(record, ?) AS type, json_extract(record, ?) AS value) WHERE {})"""
_ELEMENT = "EXISTS (SELECT 1 FROM json_each(record, ?) WHERE json_type(record, ?) = 'array' AND ({}))"
_UNSET = "(type IS NULL OR type = 'null' OR type || value IN ('text', 'object{}', 'array[]'))"
_IS_TEXT = "type = 'text' AND value <> ''"
_IS_NUMBER = "type IN ('integer', 'real')"
_AS_NUMBER = f"CASE WHEN {_IS_NUMBER} THEN value WHEN type = 'text' THEN to_number(value) END"
_NUMERIC = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_LONGEST_PATTERN = 50_000


def add_functions(database: sqlite3.Connection) -> None:
    """Give a database the three functions that SQLite lacks."""
    for function in (to_sort_key, to_number, fold_case):
        database.create_function(function.__name__, 1, function, deterministic=True)


def to_number(text: object) -> int | float | None:
    """Read the number a text spells; None for anything else."""
    if not isinstance(text, str) or not _NUMERIC.fullmatch(text):
        return None
    return int(text) if len(text) < 18 and text.lstrip("-").isdigit() else float(text)


def fold_case(text: object) -> str | None:
    """Take the case out of a text, by Unicode's rules; None for anything else."""
    return text.casefold() if isinstance(text, str) else None


def build_where(filters: Iterable[Filter]) -> Sql:
    """Build the condition that all of the filters hold."""
    clauses, values = ["1"], []
    for condition in filters:
        clause, parameters = _build_condition(condition)
        clauses.append(clause)
        values += parameters
    return " AND ".join(clauses), values


def build_order(order_by: str) -> Sql:
    """Build an order from ``field``, ``field asc`` or ``field desc``: unset last; if empty, newest first [U]."""
    field, _, direction = (order_by or "createdAt desc").partition(" ")
    if direction.lower() not in ("", "asc", "desc"):
        raise Invalid(f"orderBy: {direction!r} is neither asc nor desc")
    if field == "createdAt":
        return f"created IS NULL, created {direction.upper()}, id", []
    key = {"time": "to_sort_key({})", "number": "to_number({} || '')"}.get(
        _find_kind(field), "NULLIF({}, '')"
    )
    key = key.format("json_extract(record, ?)")
    path = _build_path(field)
    return f"{key} IS NULL, {key} {direction.upper()}, id", [path, path]


def _build_condition(given: Filter) -> Sql:
    kind, path, operand = _find_kind(given.field), _build_path(given.field), given.operand
    match given.condition.split("FILTER_CONDITION_"):
        case ["", "EQ"]:
            return _frame(_FIELD, path, _match_equal(kind, _check_scalar(operand)))
        case ["", "NEQ"]:
            return _negate(_frame(_FIELD, path, _match_equal(kind, _check_scalar(operand))))
        case ["", "IN"]:
            return _frame(_FIELD, path, _match_any(kind, _check_list(operand)))
        case ["", "NOT_IN"]:
            return _negate(_frame(_FIELD, path, _match_any(kind, _check_list(operand))))
        case ["", "LIKE"]:
            return _frame(_FIELD, path, _match_like(operand))
        case ["", "ARRAY_CONTAINS"]:
            return _frame(_ELEMENT, path, _match_equal(kind, _check_scalar(operand)))
        case ["", "ARRAY_CONTAINS_ANY"]:
            return _frame(_ELEMENT, path, _match_any(kind, _check_list(operand)))
        case ["", name] if name in ORDERINGS:
            return _frame(_FIELD, path, _match_ordered(kind, ORDERINGS[name], _check_scalar(operand)))
    raise Invalid(f"unknown condition {given.condition!r}")


def _frame(frame: str, path: str, predicate: Sql) -> Sql:
    clause, values = predicate
    return frame.format(clause), [path, path, *values]


def _negate(clause: Sql) -> Sql:
    return f"NOT {clause[0]}", clause[1]


def _match_any(kind: str, operands: list[Any]) -> Sql:
    matches = [_match_equal(kind, _check_scalar(operand)) for operand in operands]
    return " OR ".join(["0", *(clause for clause, _ in matches)]), [
        value for _, values in matches for value in values
    ]


def _match_equal(kind: str, operand: Any) -> Sql:
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
        return f"{unset} OR {_match_boolean(operand)}", []
    return f"{unset} OR {_AS_NUMBER} = ?", [operand]


def _match_equal_text(operand: str) -> Sql:
    clause, values = "type = 'text' AND value = ?", [operand]
    if (amount := to_number(operand)) is not None:
        return f"{clause} OR ({_IS_NUMBER} AND value = ?)", [*values, amount]
    if operand.lower() in ("true", "false"):
        return f"{clause} OR type = ?", [*values, operand.lower()]
    return clause, list(values)


def _match_boolean(operand: bool) -> str:
    word = str(operand).lower()
    return f"type = '{word}' OR (type = 'text' AND lower(value) = '{word}')"


def _match_ordered(kind: str, sign: str, operand: Any) -> Sql:
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


def _match_like(operand: Any) -> Sql:
    if not isinstance(operand, str):
        raise Invalid("LIKE wants a string")
    if len(operand.encode()) > _LONGEST_PATTERN:
        raise Invalid("LIKE: the pattern is too long")
    # SQL's LIKE ends at a NUL, which no record holds.
    matches = "0" if "\0" in operand else "1"
    return f"{_IS_TEXT} AND {matches} AND fold_case(value) LIKE ?", [operand.casefold()]


def _check_scalar(operand: Any) -> Any:
    if isinstance(operand, list | dict):
        raise Invalid("the value must be one string, number or boolean")
    if _is_number(operand):
        try:
            operand = operand if abs(operand) < 2**53 else float(operand)  # protobuf's numbers are doubles
        except OverflowError:
            operand = math.inf
        if not math.isfinite(operand):
            raise Invalid("the number is too large")
    return operand


def _check_list(operand: Any) -> list[Any]:
    if not isinstance(operand, list):
        raise Invalid("the value must be a list")
    return operand


def _read_time(operand: Any) -> str:
    if (key := to_sort_key(operand)) is None:
        raise Invalid("a time must be RFC 3339, such as 2025-10-22T19:43:00Z")
    return key


def _read_number(operand: Any) -> int | float:
    amount = operand if _is_number(operand) else to_number(operand)
    if amount is None:
        raise Invalid("a number field wants a number")
    return amount


def _is_number(operand: Any) -> TypeGuard[int | float]:
    return isinstance(operand, int | float) and not isinstance(operand, bool)


def _find_kind(field: str) -> str:
    root, *rest = field.split(".")
    if not (field in NUMBER_FIELDS | TIME_FIELDS | TEXT_FIELDS or (root in OPEN_FIELDS and all(rest))):
        raise Invalid(f"unknown field {field!r}")
    if field in TIME_FIELDS or (root == "stateTimestamps" and rest):
        return "time"
    return "number" if field in NUMBER_FIELDS else "text"


def _build_path(field: str) -> str:
    # SQLite cannot quote a quotation mark in a path; no record has such a key, so "" reads as unset.
    steps = ["" if '"' in step or "\0" in step else step for step in field.split(".")]
    return "$" + "".join(f'."{step}"' for step in steps)
