"""The answer of diagnose_job without an id: which unfinished jobs are stuck or slow."""

from mcp.types import CallToolResult

from bytenite_mcp.api.values import JsonObject, format_time
from bytenite_mcp.jobs.stuck import Pace, Since, Survey, Unfinished
from bytenite_mcp.server.answers.common import describe_status, say_unreadable
from bytenite_mcp.server.render import render_concise, round_to_digits, to_result
from bytenite_mcp.table.schema import FEWEST
from bytenite_mcp.table.status import TableStatus

_PACE = {
    Pace.STUCK: "may be stuck",
    Pace.ABANDONED: "most likely stuck",
    Pace.LATE: "slow",
    Pace.UNKNOWN: "usual unknown",
    Pace.USUAL: "as usual",
    Pace.SCHEDULED: "scheduled",
}
USUAL = f"usual: the median of the completed jobs of its template, {FEWEST} or more."
_SINCE = {
    Since.STAGE: "this state",
    Since.STARTED: "start",
    Since.CREATED: "creation",
    Since.SCHEDULED: "scheduled start",
}


def answer_survey(survey: Survey, status: TableStatus, simulated: bool) -> CallToolResult:
    """Answer with the worst of the unfinished jobs and the number of all."""
    content = {
        "total": survey.paces.total(),
        "count": len(survey.worst),
        "finding": _explain(survey, status),
        "nextStep": _advise(survey, status),
        "now": format_time(survey.now),
        **describe_status(status, USUAL if survey.worst else ""),
        "jobs": [_render(job) for job in survey.worst],
    }
    return to_result(content, simulated, table="jobs")


def _advise(survey: Survey, status: TableStatus) -> str:
    if survey.worst:
        return "diagnose_job with an id says more about one."
    if status.partial:
        return "filter_jobs with state UNFINISHED asks ByteNite for others."
    return "Nothing to do."


def _explain(survey: Survey, status: TableStatus) -> str:
    """Say how many jobs are stuck, slow, or of unknown pace; of those that were read, if that is a part of all."""
    total, paces = survey.paces.total(), survey.paces
    lost = f" {say_unreadable(survey.unreadable)}".rstrip()
    if not total:
        read = " that was read" if status.partial else ""
        return f"No job{read} is unfinished, except drafts and deleted ones.{lost}"
    bad = {_PACE[pace]: paces[pace] for pace in (Pace.ABANDONED, Pace.STUCK, Pace.LATE) if paces[pace]}
    found = (
        ", ".join(f"{number} {words}" for words, number in bad.items()) or "none is known to be stuck or slow"
    )
    unknown = paces[Pace.UNKNOWN]
    why = "too few completed jobs of their template, or no recorded start"
    rest = f" The pace of {unknown} is unknown: {why}." if unknown else ""
    cut = f" The {len(survey.worst)} worst are shown." if total > len(survey.worst) else ""
    return f"Of {total} unfinished: {found}.{rest}{cut}{lost}"


def _render(job: Unfinished) -> JsonObject:
    if job.seconds is None:
        return {**render_concise(job.fields), "pace": "since when is unknown"}
    waits = job.pace is Pace.SCHEDULED
    numbers = {} if waits else {"seconds": job.seconds, "usual": job.usual, "ratio": job.ratio}
    return {
        **render_concise(job.fields),
        "since": _SINCE[job.since],
        **{name: round_to_digits(number, 3) for name, number in numbers.items() if number is not None},
        "pace": _PACE[job.pace],
    }
