"""The answer of get_job_logs: the last lines of a job's log, or why there are none."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from mcp.types import CallToolResult

from bytenite_mcp.api.models import JobState
from bytenite_mcp.api.values import write_count
from bytenite_mcp.jobs.logs import Excerpt, Line
from bytenite_mcp.privacy.redact import Job
from bytenite_mcp.server.answers.common import FROM_THE_JOB, describe_status, describe_zone, identify
from bytenite_mcp.server.render import count_fitting, to_result
from bytenite_mcp.table.dates import to_wire

LOG_BUDGET = 15_000
"""The most bytes of log lines in one answer: about 3,750 tokens."""


def answer_logs(
    job: Job, excerpt: Excerpt, left_out: Sequence[str], tail: int, simulated: bool, timezone: str
) -> CallToolResult:
    """Answer with the last `tail` of the selected lines that fit, and say which parts of the log are left out."""
    lines = excerpt.selected
    end = len(lines) - count_fitting((line.render() for line in reversed(lines[-tail:])), LOG_BUDGET)
    shown = lines[end:]
    before, unreachable = _find_next(lines[:end], shown)
    notes = [
        f"PARTIAL: left out of the log: {'; '.join(left_out)}." if left_out else "",
        f"Of this time there are more: {write_count(unreachable, 'line')}; narrow by contains or service."
        if unreachable
        else "",
        _explain_unleveled(excerpt.unleveled),
        FROM_THE_JOB if shown else "" if left_out else _explain_empty(job, excerpt.lines),
    ]
    content = {
        **identify(job),
        "total": len(excerpt.lines),
        "matching": excerpt.matching,
        "shown": len(shown),
        "nextBefore": to_wire(before) if before else None,
        **describe_zone(timezone),
        **describe_status(None, *notes),
        "lines": [line.render() for line in shown],
    }
    return to_result(content, simulated, table="lines")


def _find_next(older: Sequence[Line], shown: Sequence[Line]) -> tuple[datetime | None, int]:
    """Return the `before` of the next page, and the number of lines that no page can show.

    `before` is a time, so lines with the same time as the first line shown are shown again on the next page. If all
    lines shown have the same time, older lines with this time cannot be reached.
    """
    if not older:
        return None, 0
    first = shown[0].moment
    if older[-1].moment < first:
        return first, 0
    if first < shown[-1].moment:
        return first + timedelta(microseconds=1), 0
    unreachable = sum(line.moment == first for line in older)
    return first if unreachable < len(older) else None, unreachable


def _explain_unleveled(count: int) -> str:
    if not count:
        return ""
    return (
        f"{count:,} of the matching are the job's output, level UNKNOWN, which minimum_level never drops; "
        'contains, such as "/error|traceback/", finds errors among it.'
    )


def _explain_empty(job: Job, lines: Sequence[Line]) -> str:
    if lines:
        return "No line matches; leave service, contains, minimum_level and before out to see all."
    if job.state == JobState.NEW:
        return "It was never run, so it has no log."
    return "ByteNite has no log lines for it."
