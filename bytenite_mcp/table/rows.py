"""Reads records into columns: each value in the type of its column, or null, and the names of unreadable ones."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from operator import itemgetter
from typing import Any

from pydantic_core import to_json

from bytenite_mcp.api.models import STATE_PREFIX, JobState, normalize_state
from bytenite_mcp.api.values import (
    Json,
    JsonObject,
    is_unset,
    is_unset_time,
    to_duration,
    to_number,
    to_quantity,
    to_set_time,
)
from bytenite_mcp.privacy.redact import CleanRecord
from bytenite_mcp.privacy.sanitize import shorten
from bytenite_mcp.table.causes import error_kind, find_likely_cause
from bytenite_mcp.table.dates import to_wire
from bytenite_mcp.table.fields import EVERY_FIELD, Field, Kind

Columns = dict[str, list[Any]]

LONGEST_TEXT = 4000
"""The most characters of a text; the middle of a longer one is cut out."""

LONGEST_PARAMS = 2048
"""The most bytes of a job's params; the largest members of longer ones are left out."""

ENTERED = "entered"
"""The column of the times at which states were entered, as an object."""

UNREADABLE = "unreadable"
"""The column that names the columns whose values could not be read, or not completely."""

WORKED_OUT = {"byc", "finished", "waitSeconds"}
"""Columns that are computed from others when they are queried."""

STORED: dict[str, Field] = {
    field.in_sql: field for field in EVERY_FIELD if field.name not in {*WORKED_OUT, "completedAt"}
}
"""The fields with a stored column, by its name."""

FROM_ERROR: dict[str, Callable[[str], str | None]] = {
    "errorKind": error_kind,
    "cause": find_likely_cause,
}
"""Columns that are computed from the error message."""

_MOST_REGIONS, _LONGEST_REGION = 200, 200
_PRIORITY = "EXECUTION_PRIORITY_"
_STATES = {state.value: state.short for state in JobState}
_DAY = r"(?:02-(?:0[1-9]|1\d|2[0-8])|(?:0[13-9]|1[0-2])-(?:0[1-9]|[12]\d|30)|(?:0[13578]|1[02])-31)"
_PLAIN = rf"[2-8]\d{{3}}-{_DAY}T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{{1,9}})?Z"
_PLAIN_TIME = re.compile(_PLAIN, re.ASCII)
_PLAIN_TIMES = re.compile(f"{_PLAIN}(?: {_PLAIN})*", re.ASCII)
_NOTHING: Mapping[str, Json] = {}


class Cut(str):
    """A text that was shortened."""

    __slots__ = ()


def read_rows(records: Sequence[CleanRecord]) -> Columns:
    """Read records into the columns of the table."""
    objects: dict[str, Sequence[Mapping[str, Json]]] = {"": records}
    columns: Columns = {}
    unreadable: list[list[str] | None] = [None] * len(records)
    for name, field in STORED.items():
        if name in FROM_ERROR:
            derive = FROM_ERROR[name]
            columns[name] = [message and derive(message) for message in columns["errorMessage"]]
        else:
            unset = is_unset_time if field.kind is Kind.TIME else is_unset
            values = _values(field.found_at, objects, unset)
            columns[name] = _read_column(name, values, _reader(field), unreadable, unset)
            if field.positive:
                columns[name] = [value or None for value in columns[name]]
    stamps = _values(("stateTimestamps",), objects, is_unset)
    columns[ENTERED] = _read_column("stages", stamps, read_entered, unreadable, is_unset)
    columns[UNREADABLE] = unreadable
    return columns


def digest_rows(columns: Columns) -> list[int]:
    """Return a 64-bit hash of each row, valid within this process."""
    rows = zip(*columns.values(), strict=True)
    return [hash(to_json(row, inf_nan_mode="null")) & (2**64 - 1) for row in rows]


def _read_column(
    name: str,
    values: list[Any],
    read: Callable[[Json], object],
    unreadable: list[list[str] | None],
    unset: Callable[[Json], bool],
) -> list[Any]:
    if values.count(None) == len(values):
        return values
    column = list(map(read, values))
    kinds = set(map(type, column))
    # Values that are null or cut are only checked one by one if not all of them were unset.
    if Cut in kinds or (type(None) in kinds and column.count(None) != values.count(None)):
        for row, value in enumerate(column):
            if (value is None or type(value) is Cut) and not unset(values[row]):
                unreadable[row] = [*(unreadable[row] or ()), name]
    return column


def _values(
    paths: Sequence[str], objects: dict[str, Sequence[Mapping[str, Json]]], unset: Callable[[Json], bool]
) -> list[Any]:
    """Return, for each record, the value at the first path that has one."""
    first, *others = (_values_at(path, objects) for path in paths)
    for values in others:
        first = [other if unset(value) else value for value, other in zip(first, values, strict=True)]
    return first


def _values_at(path: str, objects: dict[str, Sequence[Mapping[str, Json]]]) -> list[Any]:
    parent, _, name = path.rpartition(".")
    if parent not in objects:
        objects[parent] = [
            found if isinstance(found, dict) else _NOTHING for found in _values_at(parent, objects)
        ]
    return [outer.get(name) for outer in objects[parent]]


def _reader(field: Field) -> Callable[[Json], object]:
    if field.positive:
        return to_duration
    if field.kind is Kind.NUMBER and field.stored_as != "BIGINT":
        return partial(to_quantity, unit=field.unit)
    return read_count if field.stored_as == "BIGINT" else _READERS[field.kind]


def read_text(value: Json) -> str | None:
    """Read a text; null for an empty one."""
    if not isinstance(value, str) or not value:
        return None
    return value if len(value) <= LONGEST_TEXT else Cut(shorten(value, LONGEST_TEXT))


def read_time(value: Json) -> str | None:
    """Read a time in DuckDB's format, which has microseconds; nearly all times already have it.

    Null for an unset time.
    """
    if value is None or (isinstance(value, str) and _PLAIN_TIME.fullmatch(value)):
        return value
    moment = to_set_time(value)
    return to_wire(moment) if moment else None


def read_count(value: Json) -> int | None:
    """Read a 64-bit integer."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 400:
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        number = to_number(value)
        value = int(number) if number is not None and number.is_integer() else None
    return value if value is not None and -(2**63) <= value < 2**63 else None


def read_boolean(value: Json) -> bool | None:
    """Read a boolean, or a text that spells one."""
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.lower())
    return value if isinstance(value, bool) else None


def read_state(value: Json) -> str | None:
    """Read a state without its prefix; an unknown one is kept."""
    return _shorten_state(value) if isinstance(value, str) and value else None


@lru_cache(256)
def _shorten_state(value: str) -> str:
    known = _STATES.get(normalize_state(value[:60]))
    return known or value.removeprefix(STATE_PREFIX)[:LONGEST_TEXT]


def read_priority(value: Json) -> str | None:
    """Read a priority without its prefix."""
    text = read_text(value)
    return text and (text.removeprefix(_PRIORITY) or None)


def read_texts(value: Json) -> list[str] | None:
    """Read a list of texts; null if it is empty, or an item is not a text."""
    if not isinstance(value, list) or not value or len(value) > _MOST_REGIONS:
        return None
    readable = all(isinstance(text, str) and len(text) <= _LONGEST_REGION for text in value)
    return value if readable else None


def read_params(value: Json) -> str | None:
    """Read any JSON as text."""
    if not isinstance(value, dict) or not value:
        return None
    written = to_json(value, inf_nan_mode="null")
    return written.decode() if len(written) <= LONGEST_PARAMS else Cut(_without_largest(value))


def _without_largest(params: JsonObject) -> str:
    """Write params without their largest members, which are usually prompts."""
    kept, leaves = _copied(params)
    leaves.sort(key=itemgetter(0))
    while leaves and len(to_json(kept, inf_nan_mode="null")) > LONGEST_PARAMS:
        excess = len(to_json(kept, inf_nan_mode="null")) - LONGEST_PARAMS
        while leaves and excess > 0:
            size, parent, name = leaves.pop()
            excess -= size
            del parent[name]
    return to_json(kept, inf_nan_mode="null").decode()


def _copied(value: JsonObject) -> tuple[JsonObject, list[tuple[int, JsonObject, str]]]:
    """Copy nested objects; return the copy with the size and place of each member that is not an object."""
    kept: JsonObject = {}
    leaves: list[tuple[int, JsonObject, str]] = []
    for name, member in value.items():
        if isinstance(member, dict) and member:
            kept[name], inside = _copied(member)
            leaves += inside
        else:
            kept[name] = member
            leaves.append((len(to_json({name: member}, inf_nan_mode="null")), kept, name))
    return kept, leaves


def read_entered(value: Json) -> dict[str, str] | None:
    """Read when each state was entered, by the API's spelling of the state; null if a value is not a time."""
    if not isinstance(value, dict) or not value:
        return None
    try:
        if value.keys() <= _STATES.keys() and _PLAIN_TIMES.fullmatch(" ".join(value.values())):
            return value
    except TypeError:  # a value is not a text
        pass
    entered: dict[str, str] = {}
    for state, moment in value.items():
        time = read_time(moment)
        if time:
            entered.setdefault(normalize_state(state), time)
        elif not is_unset_time(moment):
            return None
    return entered


_READERS: dict[Kind, Callable[[Json], object]] = {
    Kind.TEXT: read_text,
    Kind.STATE: read_state,
    Kind.PRIORITY: read_priority,
    Kind.TIME: read_time,
    Kind.BOOLEAN: read_boolean,
    Kind.LIST: read_texts,
    Kind.OBJECT: read_params,
}
