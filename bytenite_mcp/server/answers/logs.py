"""The answer of get_job_logs: the last lines of a job's log, or why there are none."""

from collections.abc import Sequence

from mcp.types import CallToolResult

from bytenite_mcp.api.models import JobState
from bytenite_mcp.jobs.logs import Line
from bytenite_mcp.privacy.redact import Job
from bytenite_mcp.server.answers.common import FROM_THE_JOB, identify, label
from bytenite_mcp.server.render import to_result

LOG_BUDGET = 15_000
"""Characters of log lines in one answer."""


def answer_logs(
    job: Job, lines: Sequence[Line], selected: Sequence[Line], tail: int, simulated: bool
) -> CallToolResult:
    """Answer with the last of the selected lines, as many as fit."""
    rendered = _render_last(selected[-tail:])
    content = {
        **identify(job),
        "total": len(lines),
        "matching": len(selected),
        "shown": len(rendered),
        "note": FROM_THE_JOB if rendered else _explain_empty(job, lines),
        "lines": rendered,
    }
    return to_result(label(content, simulated), table="lines")


def _render_last(lines: Sequence[Line]) -> list[str]:
    rendered: list[str] = []
    room = LOG_BUDGET
    for line in reversed(lines):
        text = line.render()
        room -= len(text) + 3
        if room < 0:
            break
        rendered.append(text)
    return rendered[::-1]


def _explain_empty(job: Job, lines: Sequence[Line]) -> str:
    if lines:
        return "No line matches; leave service, contains and minimum_level out to see all."
    if job.state == JobState.NEW:
        return "It was never run, so it has no log."
    return "ByteNite has no log lines for it."
