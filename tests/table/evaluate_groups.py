"""Groups in plain Python, written from the reference alone; it judges the table's SQL."""

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from bytenite_mcp.table.causes import error_kind, find_likely_cause
from tests.table.evaluate import UNREADABLE, UNSET, has_ended, value_of

Records = Sequence[Mapping[str, Any]]
Key = tuple[str, ...]

FIELDS = {
    "app": "templateInfo.app", "owner": "templateInfo.owner", "region": "regions.whitelist",
    "dataSource": "dataSource.dataSourceDescriptor", "dataDestination": "dataDestination.dataSourceDescriptor",
    "cause": "errorMessage", "isTestJob": "config.isTestJob",
}  # fmt: skip
PERIODS, CYCLES = ("hour", "day", "week", "month"), ("hourOfDay", "weekday")


def group(records: Records, by: Sequence[str], time: str, zone: tzinfo) -> dict[Key, list[Mapping[str, Any]]]:
    """Put records into their groups."""
    groups = defaultdict(list)
    for record in records:
        groups[tuple(label(record, name, time, zone) for name in by)].append(record)
    return dict(groups)


def label(record: Mapping[str, Any], name: str, time: str, zone: tzinfo) -> str:
    """Name the group that a record is in."""
    timed = name in PERIODS + CYCLES
    value = value_of(record, field_of(name, time))
    if value is UNREADABLE:
        return "(unreadable)"
    if value is UNSET:
        return "false" if name == "isTestJob" else "(none)"
    if timed:
        return name_time(local(value, zone), name)
    match name:
        case "region":
            return ", ".join(sorted(value))
        case "errorMessage":
            return error_kind(value)
        case "cause":
            return find_likely_cause(value) or "(none)"
        case "name":
            return re.sub("[0-9]+", "#", value)
        case "isTestJob":
            return str(value).lower()
    return str(value)


def field_of(name: str, time: str) -> str:
    return time if name in PERIODS + CYCLES else FIELDS.get(name, name)


def local(value: int, zone: tzinfo) -> datetime:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=value)).astimezone(zone)


def name_time(when: datetime, name: str) -> str:
    match name:
        case "hour":
            return when.isoformat()[:13] + ("" if when.tzinfo is UTC else when.isoformat()[-6:])
        case "day":
            return when.date().isoformat()
        case "week":
            return (when.date() - timedelta(days=when.weekday())).isoformat()
        case "month":
            return when.date().isoformat()[:7]
        case "hourOfDay":
            return f"{when.hour:02}"
    return ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[when.weekday()]


def place(records: Records, name: str, time: str, zone: tzinfo) -> float:
    """Return the sort key of a group of times; those without a time come last."""
    moments = [moment for record in records if (moment := microseconds_of(record, time)) is not None]
    if not moments:
        return math.inf
    if name in PERIODS:
        return min(moments)
    when = local(moments[0], zone)
    return when.hour if name == "hourOfDay" else when.weekday()


def microseconds_of(record: Mapping[str, Any], time: str) -> int | None:
    value = value_of(record, time)
    return value if isinstance(value, int) else None


def statistics(records: Records) -> dict[str, Any]:
    """Compute the figures of a group."""
    states = [value_of(record, "state") for record in records]
    failed, complete = states.count("FAILED"), states.count("COMPLETE")
    finished = [
        state in ("FAILED", "COMPLETE") or has_ended(record)
        for record, state in zip(records, states, strict=True)
    ]
    pending = [
        isinstance(state, str) and state != "NEW" and not ended
        for state, ended in zip(states, finished, strict=True)
    ]
    seconds = sorted(
        value
        for record, ended in zip(records, finished, strict=True)
        if ended and isinstance(value := value_of(record, "duration"), float)
    )
    charged = [record for record, state in zip(records, states, strict=True) if state == "COMPLETE"]
    unfinished = [record for record, is_pending in zip(records, pending, strict=True) if is_pending]
    return {
        "count": len(records),
        "complete": complete,
        "failed": failed,
        "unfinished": sum(pending),
        "failureRate": failed / (failed + complete) if failed + complete else None,
        "byc": total(charged, "paymentAmount"),
        "bycPending": total(unfinished, "paymentAmount"),
        "chunks": total(records, "numChunks"),
        "p50": percentile(seconds, 50),
        "p95": percentile(seconds, 95),
        "max": seconds[-1] if seconds else None,
        "drafts": states.count("NEW"),
        "deleted": sum(isinstance(value_of(record, "deletedAt"), int) for record in records),
        "unpriced": sum(value_of(record, "paymentAmount") is UNSET for record in charged),
    }


def total(records: Records, name: str) -> float | None:
    """Add up numbers; an unset one is 0, and if none can be read there is no sum."""
    values = [value_of(record, name) for record in records]
    readable = [0 if value is UNSET else value for value in values if value is not UNREADABLE]
    if values and not readable:
        return None
    return sum(map(int, readable)) if name == "numChunks" else math.fsum(readable)


def percentile(values: Sequence[float], share: int) -> float | None:
    """Interpolate linearly between the closest ranks."""
    if not values:
        return None
    below, rest = divmod(share * (len(values) - 1), 100)
    above = min(below + 1, len(values) - 1)
    return values[below] + (values[above] - values[below]) * rest / 100


def count_unreadable(records: Records, names: Iterable[str]) -> dict[str, int]:
    """Count the unreadable values by field."""
    counts = {name: sum(value_of(record, name) is UNREADABLE for record in records) for name in names}
    return {name: count for name, count in counts.items() if count}
