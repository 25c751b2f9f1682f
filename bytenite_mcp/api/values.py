"""Reads the values of records, which protobuf JSON spells in several ways [R]."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"
"""Any JSON value."""

JsonObject: TypeAlias = dict[str, Json]

_LARGEST = 1e300
"""A larger number counts as invalid, because sums of such numbers could overflow."""

LARGEST_EXACT = 2**53
"""Doubles represent every integer below this one exactly."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)
_GROUPED = r"\d{1,3}(?:,\d{3})+(?=\.)|\d{1,3}(?:,\d{3}){2,}"
_QUANTITY = re.compile(rf"\s*(-?(?:\d+|{_GROUPED})(?:\.\d+)?)\s*([A-Za-z]*)\s*", re.ASCII)
_SET_SINCE, _SET_UNTIL = datetime(2000, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
_UNSET_TIMES = (0, "0", "null")
_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ](?!24)\d\d:\d\d:\d\d(?:\.(\d{1,9}))?(Z|z|[+-]\d\d:\d\d)?", re.ASCII)


def write_count(count: int, noun: str) -> str:
    """Write a number of things, such as "1 job" and "2,000 jobs"."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def is_unset(value: object) -> bool:
    """Whether a member counts as not set: null, or an empty string, object or list."""
    return not value and (value is None or isinstance(value, (str, dict, list)))


def to_number(value: object) -> float | None:
    """Read a number, or a string that spells one (2023 records have `"28"`) [R]; None for anything else."""
    if isinstance(value, str):
        if not _NUMBER.fullmatch(value):
            return None
    elif not isinstance(value, (int, float)) or isinstance(value, bool):
        return None
    try:
        read = float(value)
    except OverflowError:
        return None
    return read if abs(read) <= _LARGEST else None


def to_quantity(value: object, unit: str) -> float | None:
    """Read a number that may have a unit or separators; None for anything else.

    Accepted are `"12.5 BYC"` in the given unit, `"1,234.50"`, and `{"units": "12", "nanos": 500000000}`
    (google.type.Money). `"1,234"` is ambiguous (in some countries it is 1.234), so it gives None.
    """
    if (number := to_number(value)) is not None:
        return number
    if isinstance(value, dict):
        return _add_parts(value, unit)
    found = _QUANTITY.fullmatch(value) if isinstance(value, str) and len(value) <= 100 else None
    if not found or found[2].lower() not in ("", unit.lower()):
        return None
    return to_number(found[1].replace(",", ""))


def simplify(number: float) -> float:
    """Return a whole number as an integer, unless it is too large for a double to be exact."""
    return int(number) if abs(number) < LARGEST_EXACT and number == int(number) else number


def to_duration(value: object) -> float | None:
    """Read seconds as `to_quantity` does; None also for a negative number, which clocks that differ produce."""
    seconds = to_quantity(value, "s")
    return None if seconds is None or seconds < 0 else seconds


def _add_parts(value: Mapping[str, object], unit: str) -> float | None:
    """Add the units and nanos of a google.type.Money, which must have the same sign."""
    known = value.keys() <= {"units", "nanos", "currencyCode"} and not value.keys().isdisjoint(
        ("units", "nanos")
    )
    if not known or value.get("currencyCode", "") not in ("", unit):
        return None
    units, nanos = (to_number(value.get(part, 0)) for part in ("units", "nanos"))
    if units is None or nanos is None or abs(nanos) >= 1e9 or units * nanos < 0:
        return None
    return units + nanos / 1e9


def to_nanoseconds(value: object) -> int | None:
    """Read an RFC 3339 time with 0 to 9 fractional digits [R] as nanoseconds since 1970; None for anything else.

    RFC 3339 also allows a space for the T. A time without an offset, such as log lines have, is taken as UTC [U].
    """
    moment, fraction = _parse_time(value)
    if moment is None:
        return None
    return (moment - _EPOCH) // timedelta(seconds=1) * 1_000_000_000 + int(fraction.ljust(9, "0"))


def to_datetime(value: object) -> datetime | None:
    """Read a time as a `datetime` in UTC, to the microsecond; None for anything else."""
    moment, _ = _parse_time(value)
    try:
        return moment and moment.astimezone(UTC)
    except OverflowError:  # the offset can move it out of the years 1 to 9999
        return None


def _parse_time(value: object) -> tuple[datetime | None, str]:
    """Return a time, cut to the microsecond, and the digits of its fraction of a second."""
    if not isinstance(value, str) or not (found := _TIME.fullmatch(value)):
        return None, ""
    try:
        return datetime.fromisoformat((value if found[2] else f"{value}Z").upper()), found[1] or ""
    except ValueError:
        return None, ""


def to_set_time(value: object) -> datetime | None:
    """Read a time as `to_datetime` does; None also for a placeholder, such as Go's year 1 or the year 9999."""
    when = to_datetime(value)
    return when if when and _SET_SINCE <= when < _SET_UNTIL else None


def is_unset_time(value: object) -> bool:
    """Whether a time counts as not set: it `is_unset`, 0 [D], "null", or not of the years 2000 to 8999."""
    if is_unset(value) or value in _UNSET_TIMES:
        return True
    when = to_datetime(value)
    return when is not None and not _SET_SINCE <= when < _SET_UNTIL


def reformat_time(value: object) -> str:
    """Format a time of a record in UTC to the second, as sortable text; "" if it is not set, or not a time."""
    when = to_set_time(value)
    if not when:
        return ""
    text = str(value)
    # Slicing takes a tenth of the time of formatting.
    return f"{text[:19]}Z" if text[10] == "T" and text.endswith("Z") else format_time(when)


def format_time(when: datetime) -> str:
    """Format a time, which must be in UTC, to the second."""
    return when.isoformat(timespec="seconds").replace("+00:00", "Z")


def get_path(record: Mapping[str, Json], path: str) -> Json:
    """Return the member at a dotted path of nested objects, or None."""
    value: Json = record
    for name in path.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value
