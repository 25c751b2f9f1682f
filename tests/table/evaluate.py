"""Filters and orders in plain Python, written from the reference alone.

It judges the table's SQL, so it shares no code with it: it reads raw records and understood filters.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cmp_to_key
from typing import Any

from bytenite_mcp.api.filters import ENDED, Condition, Filter
from bytenite_mcp.api.models import JobState
from bytenite_mcp.table.order import Order

COUNTS = {"numChunks", "numUnitsEstimation", "config.maxTaskRetries"}
SET_TIMES = range(946_684_800_000_000, 221_845_392_000_000_000)
"""Microseconds of the years 2000 to 8999; other times stand for none."""

NUMBERS = {"duration", "paymentAmount", "config.taskTimeout", "config.jobTimeout"}
TIMES = {
    "createdAt", "submittedAt", "startAt", "startedAt", "endedAt", "completedAt", "deletedAt", "deadline",
}  # fmt: skip
LISTS = {"regions.whitelist", "regions.blacklist"}

UNSET, UNREADABLE = object(), object()


def matches(record: Mapping[str, Any], filters: Sequence[Filter]) -> bool:
    """Whether all filters hold."""
    return all(holds(record, given) for given in filters)


def holds(record: Mapping[str, Any], given: Filter) -> bool:
    """Whether one filter holds."""
    value, operand = value_of(record, given.field), given.value
    operands = operand if isinstance(operand, list) else [operand]
    if ENDED in operands and given.field == "state" and has_ended(record):
        return given.condition.short == "IN"
    match given.condition.short:
        case "EQ" | "IN":
            return any(equal(given.field, value, each) for each in operands)
        case "NEQ" | "NOT_IN":
            return not any(equal(given.field, value, each) for each in operands)
        case "LIKE":
            if not isinstance(value, str) or value == "":
                return False
            prefix = {"state": "JOB_STATE_", "priority": "EXECUTION_PRIORITY_"}.get(given.field, "")
            return like(value, str(operand)) or like(prefix + value, str(operand))
        case "ARRAY_CONTAINS" | "ARRAY_CONTAINS_ANY":
            return isinstance(value, list) and any(free_equal(e, each) for e in value for each in operands)
    return ordered(given, value, operands[0])


def has_ended(record: Mapping[str, Any]) -> bool:
    """Whether a job in an unknown state has an end time."""
    unknown = value_of(record, "state") not in [state.short for state in JobState]
    return unknown and isinstance(value_of(record, "endedAt"), int)


def value_of(record: Mapping[str, Any], name: str) -> Any:
    """Return a field's value as it is compared; UNSET or UNREADABLE if there is none."""
    if name in ("endedAt", "completedAt"):
        first = follow(record, "endedAt")
        raw = follow(record, "completedAt") if unset_time(first) else first
    elif name.startswith("stateTimestamps."):
        return entered(record, name.partition(".")[2])
    else:
        raw = follow(record, name)
    none = unset_time(raw) if name in TIMES else unset(raw)
    return UNSET if none or (name == "duration" and amount(name, raw) == 0) else read(name, raw)


def read(name: str, raw: Any) -> Any:
    if name in COUNTS:
        count = number(raw)
        whole = count is not None and count == int(count) and -(2**63) <= int(count) < 2**63
        return count if whole else UNREADABLE
    if name in NUMBERS:
        value = amount(name, raw)
        negative = name == "duration" and value is not None and value < 0
        return UNREADABLE if value is None or negative else value
    if name in TIMES:
        moment = microseconds(raw)
        return UNREADABLE if moment is None else moment
    if name in LISTS:
        return raw if isinstance(raw, list) and all(isinstance(e, str) for e in raw) else UNREADABLE
    if name == "config.isTestJob":
        truth = {"true": True, "false": False}.get(raw.lower()) if isinstance(raw, str) else raw
        return truth if isinstance(truth, bool) else UNREADABLE
    if name.startswith("params.") and name != "params.preset":  # infinity is null in JSON
        return UNSET if isinstance(raw, float) and not math.isfinite(raw) else raw
    if not isinstance(raw, str):
        return UNREADABLE
    return raw.removeprefix("JOB_STATE_") if name == "state" else raw.removeprefix("EXECUTION_PRIORITY_")


def entered(record: Mapping[str, Any], state: str) -> Any:
    stamps = record.get("stateTimestamps")
    if unset(stamps):
        return UNSET
    if not isinstance(stamps, dict):
        return UNREADABLE
    times = {key: microseconds(raw) for key, raw in stamps.items() if not unset_time(raw)}
    return UNREADABLE if None in times.values() else times.get(state, UNSET)


def equal(name: str, value: Any, operand: Any) -> bool:
    if value is UNREADABLE:
        return False
    if name.startswith("params.") and name != "params.preset":
        return free_equal(None if value is UNSET else value, operand)
    if value is UNSET:
        return operand in ("", 0)
    if isinstance(value, list) or operand == "":
        return False
    if name in TIMES or name.startswith("stateTimestamps."):
        first, last = span(operand)
        return bool(first <= value <= last)
    if name == "state":
        return bool(value == operand.removeprefix("JOB_STATE_"))
    if name == "priority":
        return bool(value == operand.removeprefix("EXECUTION_PRIORITY_"))
    return bool(value == operand)


def ordered(given: Filter, value: Any, operand: Any) -> bool:
    compare: Callable[[Any, Any], bool] = {
        Condition.GT: lambda a, b: a > b, Condition.GTE: lambda a, b: a >= b,
        Condition.LT: lambda a, b: a < b, Condition.LTE: lambda a, b: a <= b,
    }[given.condition]  # fmt: skip
    if value is UNSET or value is UNREADABLE or isinstance(operand, bool):
        return False
    if given.field in TIMES or given.field.startswith("stateTimestamps."):
        first, last = span(operand)
        return compare(value, last if given.condition in (Condition.GT, Condition.LTE) else first)
    if given.field in COUNTS | NUMBERS:
        return operand != "" and compare(value, operand)
    if given.field.startswith("params.") and given.field != "params.preset":
        pair = comparable(value, operand)
        return pair is not None and not isinstance(pair[0], bool) and compare(*pair)
    return compare(value, operand)


def free_equal(value: Any, operand: Any) -> bool:
    if unset(value) or (isinstance(value, float) and not math.isfinite(value)):  # JSON says null for it
        return operand in ("", 0)
    pair = comparable(value, operand)
    return pair is not None and bool(pair[0] == pair[1])


def comparable(value: Any, operand: Any) -> tuple[Any, Any] | None:
    """Convert two values of any type so that they can be compared: booleans, texts, or numbers in any spelling."""
    if isinstance(value, dict | list):
        return None
    if isinstance(value, bool) or isinstance(operand, bool):
        words = {"true": True, "false": False, True: True, False: False}
        both = [
            words.get(e.lower() if isinstance(e, str) else e if isinstance(e, bool) else "")
            for e in (value, operand)
        ]
        return None if None in both else (both[0], both[1])
    if isinstance(value, str) and isinstance(operand, str):
        return value, operand
    numbers = number(value, math.inf), number(operand, math.inf)
    return None if None in numbers else numbers


def unset(raw: Any) -> bool:
    return raw is None or (isinstance(raw, str | dict | list) and len(raw) == 0)


def unset_time(raw: Any) -> bool:
    moment = microseconds(raw)
    return unset(raw) or raw in (0, "0", "null") or (moment is not None and moment not in SET_TIMES)


def number(raw: Any, largest: float = 1e300) -> float | None:
    """Read a number or a text that spells one; a column's are at most `largest`."""
    if isinstance(raw, str):
        return float(raw) if re.fullmatch(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?", raw) else None
    if not isinstance(raw, int | float) or isinstance(raw, bool) or not abs(raw) <= largest:
        return None
    try:
        return float(raw)
    except OverflowError:
        return math.inf if raw > 0 else -math.inf


def amount(name: str, raw: Any) -> float | None:
    """Read an amount as people write it: with a unit, spaces and grouped digits, or as an amount of money."""
    unit = "BYC" if name == "paymentAmount" else "s"
    if isinstance(raw, dict):
        units, nanos = (number(raw.get(part, 0)) for part in ("units", "nanos"))
        known = {"units", "nanos"} & raw.keys() and raw.keys() <= {"units", "nanos", "currencyCode"}
        if units is None or nanos is None or not known or raw.get("currencyCode", "") not in ("", unit):
            return None
        return units + nanos / 1e9 if abs(nanos) < 1e9 and units * nanos >= 0 else None
    if number(raw) is not None or not isinstance(raw, str) or len(raw) > 100:
        return number(raw)
    blanks = " \t\n\r\f\v"
    found = re.fullmatch(rf"(-?)([0-9,]+)(\.[0-9]+)?[{blanks}]*([A-Za-z]*)", raw.strip(blanks))
    if found is None or found[4].lower() not in ("", unit.lower()):
        return None
    first, *others = found[2].split(",")
    sure = not others or (1 <= len(first) <= 3 and (found[3] or len(others) > 1))
    if not first or not sure or any(len(group) != 3 for group in others):
        return None
    return float(f"{found[1]}{first}{''.join(others)}{found[3] or ''}")


def microseconds(raw: Any) -> int | None:
    """Read an RFC 3339 time, without an offset for UTC, as microseconds since 1970; further digits are cut."""
    parts = re.fullmatch(
        r"([0-9-]{10})[Tt]((?!24)[0-9:]{8})(?:\.([0-9]{1,9}))?([Zz]|[+-][0-9]{2}:[0-9]{2})?",
        raw if isinstance(raw, str) else "",
    )
    if parts is None:
        return None
    day, clock, fraction, offset = parts.groups()
    try:
        moment = datetime.fromisoformat(f"{day}T{clock}{(offset or 'Z').upper()}").astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1_000_000 + int((fraction or "").ljust(6, "0")[:6])


def span(written: Any) -> tuple[int, int]:
    """Return the first and last microsecond of a written time: of its whole second if it has no fraction."""
    first = microseconds(written)
    assert first is not None
    return first, first if "." in written else first + 999_999


def like(text: str, pattern: str) -> bool:
    """SQL's LIKE for the whole text, ignoring case."""
    ends = {0}
    text = text.casefold()
    for letter in pattern.casefold():
        if letter == "%":
            ends = set(range(min(ends), len(text) + 1)) if ends else ends
        else:
            ends = {end + 1 for end in ends if end < len(text) and letter in ("_", text[end])}
    return len(text) in ends


def in_order(records: Sequence[Mapping[str, Any]], order: Order) -> list[Mapping[str, Any]]:
    """Sort records: unset and unreadable ones last, ties by createdAt, newest first, then by id."""

    def compare(a: Mapping[str, Any], b: Mapping[str, Any]) -> int:
        return compare_by(a, b, order) or compare_newest(a, b)

    return sorted(records, key=cmp_to_key(compare))


def compare_by(a: Mapping[str, Any], b: Mapping[str, Any], order: Order) -> int:
    if not order.field:
        return 0
    one, other = (sortable(order.field, value_of(record, order.field)) for record in (a, b))
    return compare_keys(one, other, falling=order.direction == "desc")


def compare_newest(a: Mapping[str, Any], b: Mapping[str, Any]) -> int:
    created = [sortable("createdAt", value_of(record, "createdAt")) for record in (a, b)]
    ids = [sortable("id", value_of(record, "id")) for record in (a, b)]
    return compare_keys(created[0], created[1], falling=True) or compare_keys(ids[0], ids[1], falling=False)


def compare_keys(one: Any, other: Any, *, falling: bool) -> int:
    if one is None or other is None:
        return (one is None) - (other is None)
    return (int(one > other) - int(one < other)) * (-1 if falling else 1)


def sortable(name: str, value: Any) -> Any:
    """Return a value's sort key; among values of any type, numbers and booleans come before texts."""
    if value is UNSET or value is UNREADABLE or isinstance(value, list | dict):
        return None
    if not name.startswith("params.") or name == "params.preset":
        return value
    if isinstance(value, bool):
        return (1, float(value))
    read_as = number(value, math.inf)
    return (2, value) if read_as is None else (1, read_as)


def follow(record: Mapping[str, Any], path: str) -> Any:
    value: Any = record
    for name in path.split("."):
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value
