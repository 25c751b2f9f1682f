"""The answer of summarize_jobs: a table of all jobs together, then of each group."""

from collections.abc import Sequence
from typing import Any

from mcp.types import CallToolResult

from bytenite_mcp.api.filters import Filter
from bytenite_mcp.jobs.find import Tallied
from bytenite_mcp.jobs.summary import Group, Summary
from bytenite_mcp.jobs.summary_columns import STATISTICS
from bytenite_mcp.server.answers.common import describe_evaluation, describe_filters, describe_gaps, label
from bytenite_mcp.server.render import render_json, round_to_digits, to_result

GROUP_ROOM = 105
"""Characters a group may take on average, so that twenty stay within 600 tokens."""

_DIGITS = {
    "successRate": 3, "bycTotal": 6, "bycMean": 3,
    "secondsTotal": 6, "secondsMean": 3, "p50": 3, "p95": 3, "max": 3,
}  # fmt: skip
"""Significant digits of the columns that are rounded."""

_BY_TIME = {Group.HOUR, Group.DAY, Group.WEEK, Group.MONTH}


def answer_summary(
    summary: Summary,
    tallied: Tallied,
    filters: Sequence[Filter],
    group_by: Sequence[Group],
    limit: int,
    simulated: bool,
) -> CallToolResult:
    """Answer with all jobs together, then with each group."""
    total = summary.merge_groups()
    names = ["(all)"] + [""] * (len(group_by) - 1) if group_by else []
    rows = [
        _render_row([*names, *total.compute_statistics()]),
        *(_render_groups(summary, limit) if group_by else []),
    ]
    columns = [*(group.value for group in group_by), *STATISTICS]
    if _BY_TIME & set(group_by):
        # The group says when; first and last would cost a quarter of the answer.
        columns, rows = columns[:-2], [row[:-2] for row in rows]
    content = {
        **describe_filters(filters),
        **describe_evaluation(tallied, filters),
        "note": _write_note(tallied, total.count),
        "columns": columns,
        "rows": rows,
    }
    return to_result(label(content, simulated), table="rows")


def _render_groups(summary: Summary, limit: int) -> list[list[Any]]:
    """Give as many groups as fit; long names leave room for fewer."""
    room = GROUP_ROOM * max(limit, 20)
    while True:
        rows = [_render_row(row) for row in summary.rank_groups(limit)]
        if limit == 1 or len(render_json(rows)) <= room:
            return rows
        limit -= 1


def _render_row(row: Sequence[Any]) -> list[Any]:
    """Round the statistics at the end of a row, and write those there are none of as empty texts."""
    names, statistics = row[: -len(STATISTICS)], row[-len(STATISTICS) :]
    return [*names, *(_render_cell(*cell) for cell in zip(STATISTICS, statistics, strict=True))]


def _render_cell(column: str, value: Any) -> Any:
    if value is None:
        return ""
    return round_to_digits(value, _DIGITS[column]) if column in _DIGITS else value


def _write_note(tallied: Tallied, count: int) -> str:
    note = (
        "Rounded; p50, p95 and max are seconds."
        if count
        else "No job matches; use list_jobs to see what there is."
    )
    return " ".join([note, *describe_gaps(tallied)])
