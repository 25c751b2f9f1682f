"""What jobs are grouped by; records are tallied as they stream by and not kept."""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta, tzinfo
from enum import StrEnum
from functools import partial
from typing import Any

from bytenite_mcp.api.values import get_path, is_unset, reformat_time, to_datetime, to_number
from bytenite_mcp.jobs.summary_columns import Tally, merge_tallies
from bytenite_mcp.privacy.redact import CleanRecord
from bytenite_mcp.privacy.sanitize import shorten
from bytenite_mcp.table.zones import find_zone

NONE = "(none)"
OTHER = "(other)"

LABEL = 90
"""Characters of a group's name that are shown."""

_LONGEST_ERROR, _LONGEST_SHAPE = 20_000, 2000
"""Characters of an error that are read, and by which it is told from others."""

_PATHS = {
    "app": "templateInfo.app",
    "owner": "templateInfo.owner",
    "dataSource": "dataSource.dataSourceDescriptor",
    "isTestJob": "config.isTestJob",
}
_VARYING = (
    r"(?i)\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b|\b0x[0-9a-f]+\b"
    r"|\b(?=[a-f]*\d)[0-9a-f]{12,64}\b|\d+(?:\.\d+)?"
)


class Group(StrEnum):
    """What jobs can be grouped by; hour to month are of createdAt."""

    STATE = "state"
    TEMPLATE = "templateId"
    PRIORITY = "priority"
    APP_ID = "appId"
    APP = "app"
    OWNER = "owner"
    DATA_SOURCE = "dataSource"
    ERROR = "errorMessage"
    TEST = "isTestJob"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


_WRITTEN = {
    Group.HOUR: len("2026-11-02T15"),
    Group.DAY: len("2026-11-02"),
    Group.WEEK: len("2026-11-02"),
    Group.MONTH: len("2026-11"),
}


class Summary:
    """Tallies jobs by group.

    Args:
        group_by: What makes a group; nothing for all jobs together.
        timezone: In which hours, days, weeks and months begin, as an IANA name.

    Raises:
        BadQuery: There is no such time zone.
    """

    def __init__(self, group_by: Sequence[Group], timezone: str) -> None:
        where = find_zone(timezone)
        self._keys = [_make_key(group, where) for group in group_by]
        self._tallies: dict[tuple[str, ...], Tally] = {}

    def take(self, _: int, records: Iterable[CleanRecord]) -> None:
        """Count records."""
        keys, tallies = self._keys, self._tallies
        for record in records:
            created = reformat_time(record.get("createdAt"))
            key = tuple([key(record) for key in keys])
            tally = tallies.get(key)
            if tally is None:
                tally = tallies[key] = Tally()
            tally.add(
                record.get("state"),
                to_number(record.get("paymentAmount")) or 0.0,
                to_number(record.get("numChunks")) or 0.0,
                to_number(record.get("duration")) or 0.0,
                created,
            )

    def merge_groups(self) -> Tally:
        """Tally all groups as one."""
        return merge_tallies(self._tallies.values())

    def rank_groups(self, limit: int) -> list[list[Any]]:
        """Give the largest groups, each its key and its statistics; the rest is folded into one."""
        ranked = sorted(self._tallies.items(), key=lambda item: (-item[1].count, item[0]))
        rows = [
            [*(shorten(part, LABEL) for part in key), *tally.compute_statistics()]
            for key, tally in ranked[:limit]
        ]
        if rest := ranked[limit:]:
            label = [f"{OTHER} {len(rest)} groups"] + [OTHER] * (len(self._keys) - 1)
            rows.append([*label, *merge_tallies(tally for _, tally in rest).compute_statistics()])
        return rows


def generalize_error(message: str) -> str:
    """Replace ids and numbers, so that errors which differ only in those become equal."""
    shape = re.sub(_VARYING, "#", message[:_LONGEST_ERROR])
    return " ".join(shorten(shape, _LONGEST_SHAPE).split())


def _make_key(group: Group, where: tzinfo) -> Callable[[CleanRecord], str]:
    match group:
        case Group.HOUR | Group.DAY | Group.WEEK | Group.MONTH:
            return partial(_find_period, group, where, {})
        case Group.ERROR:
            return _read_error
        case Group.TEST:
            return lambda record: str(get_path(record, "config.isTestJob") is True).lower()
        case _:
            path = _PATHS.get(group, group.value)
            return lambda record: _read_label(get_path(record, path))


def _read_error(record: CleanRecord) -> str:
    message = _read_label(record.get("errorMessage"))
    return message if message == NONE else generalize_error(message)


def _read_label(value: Any) -> str:
    return NONE if is_unset(value) else value if isinstance(value, str) else NONE


def _find_period(group: Group, where: tzinfo, known: dict[str, str], record: CleanRecord) -> str:
    """Name the period in which a job was created; cached by minute, as no time zone has a finer offset."""
    minute = reformat_time(record.get("createdAt"))[:16]
    if minute not in known:
        known[minute] = _name_period(group, where, minute + ":00Z")
    return known[minute]


def _name_period(group: Group, where: tzinfo, created: str) -> str:
    when = to_datetime(created)
    if when is None:
        return NONE
    try:
        local = when.astimezone(where)
        if group is Group.WEEK:
            local -= timedelta(days=local.weekday())
    except OverflowError:  # some write "never" as the first or last day of the calendar
        return NONE
    written = local.isoformat()
    twice = group is Group.HOUR and local.utcoffset() != local.replace(fold=1 - local.fold).utcoffset()
    return written[: _WRITTEN[group]] + (written[len("2026-11-02T15:00:00") :] if twice else "")
