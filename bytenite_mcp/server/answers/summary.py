"""The answer of summarize_jobs: a row for all jobs, then a row for each group."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mcp.types import CallToolResult

from bytenite_mcp.api.values import simplify
from bytenite_mcp.privacy.sanitize import shorten
from bytenite_mcp.server.answers.common import (
    describe_filters,
    describe_status,
    describe_zone,
    say_unreadable,
)
from bytenite_mcp.server.render import count_fitting, round_to_digits, to_result
from bytenite_mcp.table.fields import EASILY_MISREAD
from bytenite_mcp.table.groups import (
    NOT_COLUMNS,
    STATISTICS,
    TIMED,
    Grouping,
    Groups,
    Row,
    column_of_group,
)
from bytenite_mcp.table.periods import find_cut_periods
from bytenite_mcp.table.status import TableStatus

NAME_LENGTH = 90
"""The most characters of a group's name in an answer."""

GROUP_LENGTH = 90
"""The most bytes of a group on average: twenty groups stay within 600 tokens."""

OTHER = "(other)"
EMPTY = "No job matches. If one should, list_jobs shows what there is."
NONE_READ = "No job that was read matches."
NO_JOBS = "This account has no jobs."
UNITS = "byc is what completed jobs were charged; p50, p95, max: seconds of finished jobs, rounded."
UNPRICED = "No completed job here has a price, so byc 0 may mean unknown."

_DURATIONS = ("p50", "p95", "max")
_DECIMALS = {"failureRate": 3, "byc": 2, "bycPending": 2}
"""The columns rounded to three significant digits, and the decimals of those rounded otherwise."""


def count_groups(rows: Sequence[Row], limit: int) -> int:
    """Count how many of the first groups fit into an answer, at least one; fewer fit if their names are long."""
    return max(1, count_fitting(map(_render_row, rows), GROUP_LENGTH * max(limit, 20)))


def answer_summary(
    groups: Groups,
    grouping: Grouping,
    status: TableStatus,
    simulated: bool,
    timezone: str,
    hints: Sequence[str],
) -> CallToolResult:
    """Answer with all jobs together, then with each group, and the time zone of the groups."""
    together = dict(zip(STATISTICS, groups.together, strict=True))
    left_out = [*NOT_COLUMNS, *(["bycPending"] if not together["bycPending"] else [])]
    columns = [*(group.value for group in grouping.group_by), *STATISTICS]
    rows = [dict(zip(columns, row, strict=True)) for row in map(_render_row, _name_rows(groups, grouping))]
    shown = [column for column in columns if column not in left_out]
    content = {
        **describe_filters(grouping.filters),
        **describe_zone(timezone),
        **describe_status(
            status,
            *_write_notes(together, hints, _explain_empty(grouping, status)),
            say_unreadable(groups.unreadable),
            _say_empty_periods(grouping) if groups.rows else "",
            *_say_misread(grouping),
            _say_cut(groups, find_cut_periods(grouping, status.as_of)),
        ),
        "columns": shown,
        "rows": [[row[column] for column in shown] for row in rows],
    }
    return to_result(content, simulated, table="rows")


def _name_rows(groups: Groups, grouping: Grouping) -> list[Row]:
    """Put the row of all jobs before the groups, and the row of the other groups after them."""
    blank = len(grouping.group_by) - 1
    together = [["(all)", *[""] * blank, *groups.together]] if grouping.group_by else [groups.together]
    if groups.folded is None:
        return [*together, *groups.rows]
    name = f"{OTHER} {groups.number - len(groups.rows)} groups"
    return [*together, *groups.rows, [name, *[OTHER] * blank, *groups.folded]]


def _render_row(row: Row) -> Row:
    """Shorten the names of a group, round its statistics, and write missing ones as ""."""
    names, statistics = row[: -len(STATISTICS)], row[-len(STATISTICS) :]
    cells = map(_render_cell, STATISTICS, statistics)
    return [*(shorten(name, NAME_LENGTH) for name in names), *cells]


def _render_cell(column: str, value: Any) -> Any:
    if value is None:
        return ""
    if column in _DECIMALS:
        return _round_to_decimals(value, _DECIMALS[column], (0, 1) if column == "failureRate" else (0,))
    return round_to_digits(value, 3) if column in _DURATIONS else value


def _round_to_decimals(value: float, decimals: int, never: Sequence[int]) -> float:
    """Round to decimals; a number between 0 and 1 keeps enough of them not to become one of `never`."""
    while 0 < value < 1 and round(value, decimals) in never:
        decimals += 1
    return simplify(round(float(value), decimals))


def _write_notes(together: Mapping[str, float], hints: Sequence[str], empty: str) -> Sequence[str]:
    if not together["count"]:
        return hints or [empty]
    unpriced = UNPRICED if together["unpriced"] == together["complete"] > 0 else ""
    return [UNITS, unpriced, _say_others(together), *hints]


def _explain_empty(grouping: Grouping, status: TableStatus) -> str:
    if status.partial:
        return NONE_READ
    return EMPTY if grouping.filters else NO_JOBS


def _say_empty_periods(grouping: Grouping) -> str:
    periods = " or ".join(group.value for group in grouping.group_by if group in TIMED)
    return f"Not shown: any {periods} without jobs." if periods else ""


def _say_misread(grouping: Grouping) -> Iterator[str]:
    """Say what groups seem to mean and do not, and which arguments have no effect."""
    for group in grouping.group_by:
        yield EASILY_MISREAD.get(column_of_group(group, grouping), "")
    if grouping.time != "createdAt" and TIMED.keys().isdisjoint(grouping.group_by):
        yield "`time` has no effect without a group from hour to weekday; a filter on it chooses jobs."
    if grouping.ranking[0] and not grouping.group_by:
        yield "order_by has no effect without group_by."


def _say_cut(groups: Groups, periods: Sequence[str]) -> str:
    names = {name for row in groups.rows for name in row[: -len(STATISTICS)]}
    cut = [period for period in periods if period in names]
    return f"Not whole: {', '.join(cut)}." if cut else ""


def _say_others(together: Mapping[str, float]) -> str:
    """Say how many of the jobs are neither complete nor failed, or are deleted."""
    known = sum(together[state] for state in ("complete", "failed", "unfinished", "drafts"))
    pending = " (bycPending: their provisional prices)" if together["bycPending"] else ""
    counts = {
        f"unfinished{pending}": together["unfinished"],
        "draft" if together["drafts"] == 1 else "drafts": together["drafts"],
        "without a readable state or ended in an unknown one": together["count"] - known,
        "soft-deleted (in any state)": together["deleted"],
    }
    said = " and ".join(f"{count:,} {what}" for what, count in counts.items() if count)
    return f"Count includes {said}." if said else ""
