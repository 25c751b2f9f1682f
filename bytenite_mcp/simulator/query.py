"""Filters and orders as SQL over the records' JSON text.

What each condition means is written in this project's documentation of filters; ByteNite's own is
silent. Every function here returns SQL and the parameters that go with it. A predicate speaks of
two columns, ``type`` and ``value``: those of json_each, or those made for one field.
"""

import math
import re
import sqlite3
from collections.abc import Iterable
from typing import Any, TypeGuard

from .bodies import Filter
from .refusals import invalid
from .times import time_key

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
_AS_NUMBER = f"CASE WHEN {_IS_NUMBER} THEN value WHEN type = 'text' THEN number(value) END"
_NUMERIC = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_LONGEST_PATTERN = 50_000


def teach(database: sqlite3.Connection) -> None:
    """Give SQL the three functions it lacks."""
    for function in (time_key, number, casefold):
        database.create_function(function.__name__, 1, function, deterministic=True)


def number(text: object) -> int | float | None:
    """The number a text spells, or None."""
    if not isinstance(text, str) or not _NUMERIC.fullmatch(text):
        return None
    return int(text) if len(text) < 18 and text.lstrip("-").isdigit() else float(text)


def casefold(text: object) -> str | None:
    """Text without its case, by Unicode's rules."""
    return text.casefold() if isinstance(text, str) else None


def where(filters: Iterable[Filter]) -> Sql:
    """All of the filters at once."""
    clauses, values = ["1"], []
    for each in filters:
        clause, parameters = _condition(each)
        clauses.append(clause)
        values += parameters
    return " AND ".join(clauses), values


def order(order_by: str) -> Sql:
    """``field``, ``field asc`` or ``field desc``; unset values last, newest first when empty [U]."""
    field, _, direction = (order_by or "createdAt desc").partition(" ")
    if direction.lower() not in ("", "asc", "desc"):
        raise invalid(f"orderBy: {direction!r} is neither asc nor desc")
    if field == "createdAt":
        return f"created IS NULL, created {direction.upper()}, id", []
    key = {"time": "time_key({})", "number": "number({} || '')"}.get(_kind(field), "NULLIF({}, '')")
    key = key.format("json_extract(record, ?)")
    path = _path(field)
    return f"{key} IS NULL, {key} {direction.upper()}, id", [path, path]


def _condition(given: Filter) -> Sql:
    kind, path, operand = _kind(given.field), _path(given.field), given.operand
    match given.condition.split("FILTER_CONDITION_"):
        case ["", "EQ"]:
            return _within(_FIELD, path, _equals(kind, _scalar(operand)))
        case ["", "NEQ"]:
            return _not(_within(_FIELD, path, _equals(kind, _scalar(operand))))
        case ["", "IN"]:
            return _within(_FIELD, path, _any_of(kind, _list(operand)))
        case ["", "NOT_IN"]:
            return _not(_within(_FIELD, path, _any_of(kind, _list(operand))))
        case ["", "LIKE"]:
            return _within(_FIELD, path, _like(operand))
        case ["", "ARRAY_CONTAINS"]:
            return _within(_ELEMENT, path, _equals(kind, _scalar(operand)))
        case ["", "ARRAY_CONTAINS_ANY"]:
            return _within(_ELEMENT, path, _any_of(kind, _list(operand)))
        case ["", name] if name in ORDERINGS:
            return _within(_FIELD, path, _ordered(kind, ORDERINGS[name], _scalar(operand)))
    raise invalid(f"unknown condition {given.condition!r}")


def _within(frame: str, path: str, predicate: Sql) -> Sql:
    clause, values = predicate
    return frame.format(clause), [path, path, *values]


def _not(clause: Sql) -> Sql:
    return f"NOT {clause[0]}", clause[1]


def _any_of(kind: str, operands: list[Any]) -> Sql:
    each = [_equals(kind, _scalar(operand)) for operand in operands]
    return " OR ".join(["0", *(clause for clause, _ in each)]), [v for _, values in each for v in values]


def _equals(kind: str, operand: Any) -> Sql:
    if kind == "time":
        return "type = 'text' AND time_key(value) = ?", [_time(operand)]
    if operand is None or operand == "":
        return _UNSET, []
    if kind == "number":
        operand = _number(operand)
    if isinstance(operand, str):
        return _equals_text(operand)
    unset = "0" if operand else _UNSET
    if isinstance(operand, bool):
        return f"{unset} OR {_spells(operand)}", []
    return f"{unset} OR {_AS_NUMBER} = ?", [operand]


def _equals_text(operand: str) -> Sql:
    clause, values = "type = 'text' AND value = ?", [operand]
    if (amount := number(operand)) is not None:
        return f"{clause} OR ({_IS_NUMBER} AND value = ?)", [*values, amount]
    if operand.lower() in ("true", "false"):
        return f"{clause} OR type = ?", [*values, operand.lower()]
    return clause, list(values)


def _spells(operand: bool) -> str:
    word = str(operand).lower()
    return f"type = '{word}' OR (type = 'text' AND lower(value) = '{word}')"


def _ordered(kind: str, sign: str, operand: Any) -> Sql:
    if kind == "time":
        return f"type = 'text' AND time_key(value) {sign} ?", [_time(operand)]
    if kind == "number":
        operand = _number(operand)
    if operand is None or isinstance(operand, bool):
        return "0", []
    if not isinstance(operand, str):
        return f"{_AS_NUMBER} {sign} ?", [operand]
    as_text = f"({_IS_TEXT} AND value {sign} ?)"
    if (amount := number(operand)) is None:
        return as_text, [operand]
    return f"{as_text} OR ({_IS_NUMBER} AND value {sign} ?)", [operand, amount]


def _like(operand: Any) -> Sql:
    if not isinstance(operand, str):
        raise invalid("LIKE wants a string")
    if len(operand.encode()) > _LONGEST_PATTERN:
        raise invalid("LIKE: the pattern is too long")
    # SQL's LIKE ends at a NUL, which no record holds.
    matches = "0" if "\0" in operand else "1"
    return f"{_IS_TEXT} AND {matches} AND casefold(value) LIKE ?", [operand.casefold()]


def _scalar(operand: Any) -> Any:
    if isinstance(operand, list | dict):
        raise invalid("the value must be one string, number or boolean")
    if _is_number(operand):
        try:
            operand = operand if abs(operand) < 2**53 else float(operand)  # protobuf's numbers are doubles
        except OverflowError:
            operand = math.inf
        if not math.isfinite(operand):
            raise invalid("the number is too large")
    return operand


def _list(operand: Any) -> list[Any]:
    if not isinstance(operand, list):
        raise invalid("the value must be a list")
    return operand


def _time(operand: Any) -> str:
    if (key := time_key(operand)) is None:
        raise invalid("a time must be RFC 3339, such as 2025-10-22T19:43:00Z")
    return key


def _number(operand: Any) -> int | float:
    amount = operand if _is_number(operand) else number(operand)
    if amount is None:
        raise invalid("a number field wants a number")
    return amount


def _is_number(operand: Any) -> TypeGuard[int | float]:
    return isinstance(operand, int | float) and not isinstance(operand, bool)


def _kind(field: str) -> str:
    root, *rest = field.split(".")
    if not (field in NUMBER_FIELDS | TIME_FIELDS | TEXT_FIELDS or (root in OPEN_FIELDS and all(rest))):
        raise invalid(f"unknown field {field!r}")
    if field in TIME_FIELDS or (root == "stateTimestamps" and rest):
        return "time"
    return "number" if field in NUMBER_FIELDS else "text"


def _path(field: str) -> str:
    # SQLite cannot quote a quotation mark in a path; no record has such a key, so "" reads as unset.
    steps = ["" if '"' in step or "\0" in step else step for step in field.split(".")]
    return "$" + "".join(f'."{step}"' for step in steps)
