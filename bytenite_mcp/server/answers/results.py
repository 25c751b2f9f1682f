"""The answer of get_job_results: the outputs of a job with their links, or why there are none."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from mcp.types import CallToolResult

from bytenite_mcp.api.values import format_time, write_count
from bytenite_mcp.jobs.results import (
    NoOutputs,
    find_expiry,
    find_reason_for_none,
    find_retention_end,
    list_outputs,
)
from bytenite_mcp.privacy.redact import Job
from bytenite_mcp.privacy.spans import WITHHELD
from bytenite_mcp.server.answers.common import describe_status, identify
from bytenite_mcp.server.render import count_fitting, to_result

RESULTS_BUDGET = 18_000
"""The most bytes of outputs in an answer, which has at most 20,000 characters."""


def answer_results(
    job: Job,
    rows: Sequence[Mapping[str, str]],
    unreadable: int,
    limit: int,
    offset: int,
    now: datetime,
    simulated: bool,
) -> CallToolResult:
    """Answer with as many outputs of a page as fit, or why there are none, and how many could not be read."""
    outputs = list_outputs(rows[offset : offset + limit])
    page = outputs[: count_fitting(outputs, RESULTS_BUDGET)]
    expiry, kept_until = find_expiry(rows[offset : offset + len(page)]), find_retention_end(job)
    end = offset + len(page)
    lost = f"{write_count(unreadable, 'row')} could not be read as outputs: not shown." if unreadable else ""
    content = {
        **identify(job),
        "total": len(rows),
        "offset": offset,
        "count": len(page),
        "nextOffset": end if end < len(rows) else None,
        "linksExpire": format_time(expiry) if expiry else None,
        "keptUntil": format_time(kept_until) if kept_until else None,
        **describe_status(None, _explain(job, rows, page, expiry, now), _count_withheld(page), lost),
        "results": page,
    }
    return to_result(content, simulated, table="results")


def _explain(
    job: Job, rows: Sequence[object], page: Sequence[object], expiry: datetime | None, now: datetime
) -> str:
    if page:
        return _explain_links(expiry, now)
    return f"In all: {write_count(len(rows), 'output')}." if rows else _explain_none(job, now)


def _count_withheld(page: Sequence[Mapping[str, str]]) -> str:
    count = sum(output["link"] == WITHHELD for output in page)
    return f"Links withheld, because they are no URLs of HTTP, or too long: {count}." if count else ""


def _explain_links(expiry: datetime | None, now: datetime) -> str:
    note = "Anyone who has a link can download the output. "
    if expiry and expiry <= now:
        return note + "These links have expired; ask ByteNite's console for new ones."
    when = "When they expire," if expiry else "Links expire after about 4 h;"
    return f"{note}{when} ask again for new ones."


def _explain_none(job: Job, now: datetime) -> str:
    state = identify(job)["state"].removeprefix("JOB_STATE_")
    named = f" ({state})" if state else ""
    match find_reason_for_none(job, now):
        case NoOutputs.NEVER_RUN:
            return "It was never run, so it has no outputs."
        case NoOutputs.FAILED:
            return "It failed, so it never produced outputs; diagnose_job says why."
        case NoOutputs.UNFINISHED:
            return f"It is not finished{named}, so its outputs are not ready; wait_for_job tells when."
        case NoOutputs.ENDED_OTHERWISE:
            return f"It ended in a state this server does not know{named}, and ByteNite lists no outputs."
        case NoOutputs.WENT_ELSEWHERE:
            if not job.destination:
                return "It is complete, but its record names no destination, and ByteNite lists no outputs."
            return (
                f"It is complete; its outputs went to its own destination ({job.destination}), "
                "and ByteNite lists no links for them."
            )
        case NoOutputs.NO_LONGER_KEPT:
            return (
                "They are gone: a bucket keeps outputs 48 h, and the job ended "
                f"{job.ended_at:%Y-%m-%d %H:%M} UTC. Run it again to get them."
            )
        case NoOutputs.NOT_LISTED_YET:
            return "It is complete, but ByteNite lists no outputs yet; ask again in a minute."
