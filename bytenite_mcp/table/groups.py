"""Counts, sums and percentiles of the table's rows, in all and by group."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from bytenite_mcp.api.filters import Filter
from bytenite_mcp.table.conditions import column_of, write_where
from bytenite_mcp.table.errors import BadQuery
from bytenite_mcp.table.json_value import Sql
from bytenite_mcp.table.order import split_order
from bytenite_mcp.table.rows import UNREADABLE
from bytenite_mcp.table.schema import IS_FINISHED, IS_UNFINISHED, RECORDS, write_unreadable, zero_if_unset
from bytenite_mcp.table.zones import find_offsets

if TYPE_CHECKING:
    from bytenite_mcp.table.database import Cursor

Row = list[Any]


class Group(StrEnum):
    """The keys by which jobs can be grouped."""

    STATE = "state"
    TEMPLATE = "templateId"
    NAME = "name"
    PRIORITY = "priority"
    APP_ID = "appId"
    APP = "app"
    OWNER = "owner"
    REGION = "region"
    DATA_SOURCE = "dataSource"
    DATA_DESTINATION = "dataDestination"
    ERROR = "errorMessage"
    CAUSE = "cause"
    TEST = "isTestJob"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    HOUR_OF_DAY = "hourOfDay"
    WEEKDAY = "weekday"


NONE, UNKNOWN = "(none)", "(unreadable)"
"""The groups of jobs whose value is unset, or not readable."""

_LOCAL = "make_timestamp({time} + shift)"
TIMED = {
    Group.HOUR: (f"strftime({_LOCAL}, '%Y-%m-%dT%H')", "{time}"),
    Group.DAY: (f"strftime({_LOCAL}, '%Y-%m-%d')", "{time}"),
    Group.WEEK: (f"strftime(date_trunc('week', {_LOCAL}), '%Y-%m-%d')", "{time}"),
    Group.MONTH: (f"strftime({_LOCAL}, '%Y-%m')", "{time}"),
    Group.HOUR_OF_DAY: (f"strftime({_LOCAL}, '%H')", f"hour({_LOCAL})"),
    Group.WEEKDAY: (f"strftime({_LOCAL}, '%a')", f"isodow({_LOCAL})"),
}
"""The groups of times: SQL of the label of each, and of its sort key."""

_PERIODS = {Group.HOUR, Group.DAY, Group.WEEK, Group.MONTH}
_OFFSET = "CASE WHEN shift < 0 THEN '-' ELSE '+' END || strftime(make_timestamp(abs(shift)), '%H:%M')"
_COLUMNS = {Group.REGION: "regions", Group.CAUSE: "errorMessage"}
_LABELS = {
    Group.NAME: "regexp_replace(name, '[0-9]+', '#', 'g')",
    Group.REGION: "array_to_string(list_sort(regions), ', ')",
    Group.ERROR: "errorKind",
    Group.CAUSE: "cause",
    Group.TEST: "isTestJob::VARCHAR",
}

_COMPLETE = "state = 'COMPLETE'"


def _sum(column: str, among: str = "true") -> str:
    """Write a sum: 0 if there is nothing to add, null if no value is readable."""
    total = f"{'sum' if column == 'numChunks' else 'fsum'}({zero_if_unset(column)}) FILTER ({among})"
    return f"CASE WHEN count(*) FILTER ({among}) > 0 THEN {total} ELSE 0 END"


STATISTICS = {
    "count": "count(*)",
    "complete": f"count(*) FILTER ({_COMPLETE})",
    "failed": "count(*) FILTER (state = 'FAILED')",
    "unfinished": f"count(*) FILTER ({IS_UNFINISHED})",
    "failureRate": "failed / nullif(complete + failed, 0)",
    "byc": _sum("paymentAmount", _COMPLETE),
    "bycPending": _sum("paymentAmount", IS_UNFINISHED),
    "chunks": _sum("numChunks"),
    "p50": f"quantile_cont(duration, 0.5) FILTER ({IS_FINISHED})",
    "p95": f"quantile_cont(duration, 0.95) FILTER ({IS_FINISHED})",
    "max": f"max(duration) FILTER ({IS_FINISHED})",
    "drafts": "count(*) FILTER (state = 'NEW')",
    "deleted": "count(deletedAt)",
    "unpriced": f"count(*) FILTER ({_COMPLETE} AND paymentAmount IS NULL AND NOT {write_unreadable('paymentAmount')})",
}
"""The statistics of a group, unrounded; null if there are no values."""

NOT_COLUMNS = ("drafts", "deleted", "unpriced")
"""Statistics that are reported in the notes instead of in columns."""

_USED = ("state", "paymentAmount", "numChunks", "duration", "deletedAt")
_STATISTICS = ", ".join(f"{expression} AS {name}" for name, expression in STATISTICS.items())


@dataclass(frozen=True, slots=True)
class Grouping:
    """Which jobs to group, and how.

    Attributes:
        filters: The filters of jobs, from `understand`.
        group_by: The keys of groups; empty for all jobs together.
        time: The column of times for groups of hours to weekdays.
        zone: The time zone of these.
        ranking: The column to sort groups by, and ASC or DESC; empty for times in order, others by size.
        limit: The most groups; further ones, the oldest or smallest, are combined into one.
    """

    filters: Sequence[Filter] = ()
    group_by: Sequence[Group] = ()
    time: str = "createdAt"
    zone: tzinfo = UTC
    ranking: tuple[str, str] = ("", "")
    limit: int = 20


@dataclass(frozen=True, slots=True)
class Groups:
    """The result of a `Grouping`; a row has the names of its group, then the values of `STATISTICS`.

    Attributes:
        together: The row of all jobs.
        rows: The rows of the groups.
        folded: The row of all other groups together; None if there are none.
        number: The number of groups.
        unreadable: By column, the number of relevant values that could not be read, or not completely.
    """

    together: Row
    rows: list[Row]
    folded: Row | None
    number: int
    unreadable: dict[str, int] = field(default_factory=dict)


def read_ranking(text: str, group_by: Sequence[Group]) -> tuple[str, str]:
    """Parse `byc`, `byc asc` or `-byc`; by default, the largest and the latest come first, and names from A to Z.

    Raises:
        BadQuery: There is no such column or direction.
    """
    name, direction = split_order(text)
    known = [*group_by, *STATISTICS]
    if name and name not in known:
        columns = ", ".join(column for column in known if column not in NOT_COLUMNS)
        raise BadQuery("order_by", f"there is no column {name[:40]!r}; columns are {columns}")
    keys = {group.value: key for key, group in _name_keys(group_by).items()}
    is_name = name in set(group_by) - TIMED.keys()
    return keys.get(name, name), (direction or ("asc" if is_name else "desc")).upper() if name else ""


def read_groups(cursor: "Cursor", grouping: Grouping, count_fitting: Callable[[list[Row]], int]) -> Groups:
    """Read the groups of the jobs that match.

    Args:
        cursor: Reads the table.
        grouping: Which jobs to group, and how.
        count_fitting: Returns how many of the first groups fit into the answer.
    """
    chosen, values = _write_chosen(grouping)

    def read(question: str, more: Sequence[Any] = ()) -> list[Row]:
        return [list(row) for row in cursor.execute(f"{chosen} {question}", [*values, *more]).fetchall()]

    together = read(f"SELECT {_STATISTICS} FROM chosen")[0]
    ranked = read(_write_ranked(grouping)) if grouping.group_by else []
    number = ranked[0][-1] if ranked else 0
    shown = ranked[: count_fitting([row[:-2] for row in ranked])]
    folded = read(*_write_folded(grouping, shown))[0] if len(shown) < number else None
    rows = [row[:-2] for row in sorted(shown, key=lambda row: row[-2])]
    return Groups(together, rows, folded, number, _count_unreadable(cursor, grouping))


def _write_chosen(grouping: Grouping) -> Sql:
    """Write the matching rows with the names and sort keys of their groups."""
    where, values = write_where(grouping.filters)
    time = f"epoch_us({grouping.time})"
    columns = "".join(
        f", {_label(group, grouping)} AS {key}"
        + (f", {TIMED[group][1].format(time=time)} AS {key}_at" if group in TIMED else "")
        for key, group in _name_keys(grouping.group_by).items()
    )
    since, shift = zip(*find_offsets(grouping.zone), strict=True)
    offsets = "(SELECT unnest(?::TIMESTAMPTZ[]) AS since, epoch_us(unnest(?::INTERVAL[])) AS shift)"
    return (
        f"WITH chosen AS (SELECT {', '.join(_USED)}, endedAt, {UNREADABLE}{columns} "
        f"FROM {RECORDS} ASOF LEFT JOIN {offsets} ON {grouping.time} >= since WHERE {where})",
        [list(since), list(shift), *values],
    )


def _name_keys(group_by: Sequence[Group]) -> dict[str, Group]:
    return {f"key{position}": group for position, group in enumerate(group_by)}


def _label(group: Group, grouping: Grouping) -> str:
    if group in TIMED:
        column, label = grouping.time, TIMED[group][0].format(time=f"epoch_us({grouping.time})")
        if group is Group.HOUR and grouping.zone is not UTC:
            label += f" || {_OFFSET}"
    else:
        column = _COLUMNS.get(group, group.value)
        label = _LABELS.get(group, column)
    unset = "false" if group is Group.TEST else NONE
    return f"coalesce({label}, CASE WHEN {write_unreadable(column)} THEN '{UNKNOWN}' ELSE '{unset}' END)"


def _write_ranked(grouping: Grouping) -> str:
    """Write the groups, the first to keep first, with their positions in the answer and the number of all groups."""
    groups = _name_keys(grouping.group_by)
    keys, timed = ", ".join(groups), [key for key, group in groups.items() if group in TIMED]
    places = "".join(f", min(min({key}_at)) OVER (PARTITION BY {key}) AS {key}_at" for key in timed)
    column, direction = grouping.ranking
    ranking = [f"{column} {direction} NULLS LAST"] if column else []
    newest = [f"{key}_at DESC NULLS LAST" for key in timed if groups[key] in _PERIODS]
    kept = ", ".join([*ranking, *newest, "count DESC", keys])
    shown = ", ".join([*ranking, *(f"{key}_at NULLS LAST" for key in timed), "count DESC", keys])
    return (
        f"SELECT {keys}, {', '.join(STATISTICS)}, row_number() OVER (ORDER BY {shown}), count(*) OVER () "
        f"FROM (SELECT {keys}, {_STATISTICS}{places} FROM chosen GROUP BY {keys}) "
        f"ORDER BY {kept} LIMIT {grouping.limit:d}"
    )


def _write_folded(grouping: Grouping, shown: Sequence[Row]) -> Sql:
    """Write the statistics of all groups that are not shown, together."""
    keys = list(_name_keys(grouping.group_by))
    names = [[row[position] for row in shown] for position in range(len(keys))]
    listed = ", ".join("unnest(?::VARCHAR[])" for _ in keys)
    return f"SELECT {_STATISTICS} FROM chosen WHERE ({', '.join(keys)}) NOT IN (SELECT {listed})", names


def _count_unreadable(cursor: "Cursor", grouping: Grouping) -> dict[str, int]:
    """Count unreadable values of the matching jobs and, for columns with a filter, of all jobs."""
    where, values = write_where(grouping.filters)
    filtered = [column_of(given.field) for given in grouping.filters]
    used = [*_USED, *(column_of_group(group, grouping) for group in grouping.group_by)]
    rows = cursor.execute(
        f"SELECT name, count(*) FROM (SELECT unnest({UNREADABLE}) AS name, {where} AS matches FROM {RECORDS}) "
        "WHERE name IN (SELECT unnest(?::VARCHAR[])) OR matches AND name IN (SELECT unnest(?::VARCHAR[])) "
        "GROUP BY name ORDER BY name",
        [*values, filtered, used],
    )
    return dict(rows.fetchall())


def column_of_group(group: Group, grouping: Grouping) -> str:
    """Return the column that a group is read from."""
    return grouping.time if group in TIMED else _COLUMNS.get(group, group.value)
