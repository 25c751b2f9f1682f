"""Readings: conversions that a server may apply to a stored value before it compares it with a filter's.

A reading maps a JSON value to another; None is an unset value.
"""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

from .records import Json
from .templates import FAILED, NEW, RUN
from .times import DAY, SECOND, format_time, from_sort_key, to_sort_key

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
"""The readings by name; the meaning that uses one has the same name."""


def reread(values: str, names: str) -> str:
    """Apply the named readings, in turn, to the first item of a JSON array; return JSON."""
    value = json.loads(values)[0]
    for name in names.split():
        value = READINGS[name](value)
    return json.dumps(value)
