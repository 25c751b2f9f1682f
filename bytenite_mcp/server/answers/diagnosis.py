"""The answer of diagnose_job: what is going on with a job, how certain that is, and what to do."""

from collections.abc import Sequence
from datetime import datetime

from mcp.types import CallToolResult

from bytenite_mcp.api.models import JobState
from bytenite_mcp.api.values import JsonObject, format_time, to_duration
from bytenite_mcp.jobs.diagnosis import Diagnosis, Progress, Stage
from bytenite_mcp.jobs.stuck import Pace, Since
from bytenite_mcp.privacy.redact import Job
from bytenite_mcp.privacy.sanitize import shorten
from bytenite_mcp.server.answers.common import (
    FROM_THE_JOB,
    describe_status,
    explain_state,
    identify,
    say_prices,
)
from bytenite_mcp.server.render import render_concise, round_to_digits, to_result
from bytenite_mcp.table.causes import Cause
from bytenite_mcp.table.status import TableStatus
from bytenite_mcp.table.usual import Siblings, Usual

LINE_LENGTH = 180
"""The most characters of a log line in a diagnosis."""

_ADVICE = {
    Cause.TIMEOUT: "Raise config.taskTimeout or jobTimeout, or make chunks smaller.",
    Cause.GPU: "Have the template ask for a GPU, and build the image for its driver.",
    Cause.MEMORY: "Use smaller chunks or a smaller batch, or a template that asks for more memory.",
    Cause.DISK: "Use smaller chunks, delete temporary files, or have the template ask for more disk.",
    Cause.PACKAGE: "Add the package to the app's image, then run again.",
    Cause.LIBRARY: "Install the library in the app's image, then run again.",
    Cause.PROGRAM: "Install the program in the app's image, then run again.",
    Cause.BALANCE: "Top up ByteChips, then run again.",
    Cause.IMAGE: "Check the image's name and tag, and that it is public or its credentials are set.",
    Cause.PROCESSOR: "Build the image for linux/amd64, or for the processor that the template asks for.",
    Cause.HARDWARE: "Ask for less hardware, or try later.",
    Cause.ACCESS: "Check that they are current, and may read the source and write to the destination.",
    Cause.MISSING: "Check the name and path: of the data source, or of the file that the code opens.",
    Cause.PERMISSION: "Set the file's permissions when the image is built (chmod +x for a program).",
    Cause.NETWORK: "Check the address, and that workers may reach it; run again if it was down.",
    Cause.CRASH: "Read the log before the crash; try that input in the same image.",
    Cause.EXCEPTION: "Read the traceback; try that input locally.",
    Cause.RETRIES: "Look at that task's log for its own error.",
    Cause.ABORTED: "Run it again if that was not meant.",
}


SLOW_FACTOR = 3
"""How many times the usual time a finished job must take to be called slow."""


def answer_diagnosis(
    diagnosis: Diagnosis, status: TableStatus | None, missing: Sequence[str], simulated: bool
) -> CallToolResult:
    """Answer with the diagnosis of a job, and say what could not be read for it."""
    job, siblings, progress = diagnosis.job, diagnosis.siblings, diagnosis.progress
    finding, next_step = explain_diagnosis(diagnosis)
    deleted = f" It was soft-deleted at {format_time(job.deleted_at)}." if job.deleted_at else ""
    content = {
        "job": render_concise(job.record),
        "meaning": explain_state(job.state) or "a state this server does not know",
        "finding": finding + deleted,
        "nextStep": next_step,
        "stages": [_render_stage(stage) for stage in diagnosis.stages],
        "sameTemplate": _render_siblings(siblings) if siblings else None,
        "now": format_time(progress.now) if progress else None,
        "log": [shorten(line.render(), LINE_LENGTH) for line in diagnosis.lines],
        **describe_status(
            status,
            *(f"PARTIAL: {part}" for part in missing),
            say_prices([job.record]),
            _explain_usual(siblings, finding),
            FROM_THE_JOB if diagnosis.lines else "",
        ),
    }
    return to_result(content, simulated)


def explain_diagnosis(diagnosis: Diagnosis) -> tuple[str, str]:
    """Write the finding and the next step."""
    match diagnosis.job.state:
        case JobState.NEW if diagnosis.job.deleted_at:
            return "It is a draft that was never run.", "Nothing to do."
        case JobState.NEW if start := diagnosis.job.start_at:
            return (
                f"It is a draft that was never run; its scheduled start (startAt) is {format_time(start)}.",
                "Whether it starts by itself then is not documented: see ByteNite's console, or run it there.",
            )
        case JobState.NEW:
            return (
                "It is a draft that was never run, so nothing happens to it.",
                "Run it, from ByteNite's console or API.",
            )
        case JobState.COMPLETE:
            return _explain_duration(diagnosis), _advise_on_outputs(diagnosis)
        case JobState.FAILED:
            return _explain_failure(diagnosis)
    if ended := diagnosis.job.finished and diagnosis.job.ended_at:
        return (
            f"It ended at {format_time(ended)}, in a state this server does not know.",
            "See ByteNite's console for what the state means.",
        )
    if diagnosis.progress is None:
        return "It is not finished; since when is not recorded.", "Use wait_for_job to see it move."
    if diagnosis.job.deleted_at:
        return f"{_describe_time(diagnosis.job, diagnosis.progress)}.", "Nothing to do; it may never finish."
    return _explain_progress(diagnosis.job, diagnosis.progress)


def _explain_failure(diagnosis: Diagnosis) -> tuple[str, str]:
    cause = diagnosis.cause
    if not cause and not diagnosis.has_log:
        return (
            "Its error names no cause this server knows, and its log could not be read.",
            "Try again later.",
        )
    if not cause:
        return (
            "Neither its error nor its log names a cause this server knows.",
            "Read the whole log with get_job_logs.",
        )
    other = diagnosis.other_cause
    instead = f" Its log, which is its own output, suggests another cause: {other}." if other else ""
    source = "Its error says that" if diagnosis.named_by_error else "A line of its log suggests that"
    return f"{source} {cause}.{instead}", _ADVICE[cause]


def _explain_duration(diagnosis: Diagnosis) -> str:
    seconds, usual = diagnosis.job.duration, diagnosis.siblings and diagnosis.siblings.usual
    if not seconds:
        return "It finished."
    finding = f"It finished in {_render_duration(seconds)}"
    if not usual:
        return f"{finding}."
    times = seconds / usual.seconds
    if times >= SLOW_FACTOR:
        return f"{finding}, {round_to_digits(times, 2)} times the usual ({_render_usual(usual)})."
    return f"{finding}; usual is {_render_usual(usual)}."


def _advise_on_outputs(diagnosis: Diagnosis) -> str:
    end = diagnosis.kept_until
    if not end:
        return "get_job_results gives its outputs, if ByteNite has links to them."
    if diagnosis.outputs_gone:
        return (
            f"Its outputs are gone: its bucket kept them until {format_time(end)}. Run it again to get them."
        )
    return f"get_job_results gives its outputs, which are kept until {format_time(end)}."


def _explain_progress(job: Job, progress: Progress) -> tuple[str, str]:
    usual = _render_usual(progress.usual) if progress.usual else ""
    keep_waiting = "Nothing to do; wait_for_job tells when it moves."
    judgement, next_step = {
        Pace.USUAL: (f", which is within the usual ({usual}).", keep_waiting),
        Pace.LATE: (f"; usual is {usual}; it is too early to call it stuck.", keep_waiting),
        Pace.STUCK: (f"; usual is {usual}. It may be stuck.", _advise_on_stuck(job)),
        Pace.UNKNOWN: (
            "; too few completed jobs of its template to say what is usual.",
            "Use wait_for_job to see it move.",
        ),
        Pace.SCHEDULED: (", which is its scheduled start (startAt).", "Nothing to do until then."),
        Pace.ABANDONED: (
            (f"; usual is {usual}. It" if usual else ", so it") + " is most likely stuck or given up.",
            _advise_on_stuck(job),
        ),
    }[progress.pace]
    return f"{_describe_time(job, progress)}{judgement}{_describe_overrun(job, progress.now)}", next_step


def _describe_overrun(job: Job, now: datetime) -> str:
    """Say that a job has run longer than it may; "" if it has not, or that is not known."""
    config = job.record.get("config")
    limit = to_duration(config.get("jobTimeout")) if isinstance(config, dict) else None
    if not limit or not job.started_at or (now - job.started_at).total_seconds() <= limit:
        return ""
    return f" Since its start, more than its jobTimeout ({_render_duration(limit)}) has passed."


def _describe_time(job: Job, progress: Progress) -> str:
    if progress.pace is Pace.SCHEDULED:
        return f"It starts in {_render_duration(-progress.seconds)}"
    duration = _render_duration(progress.seconds)
    if progress.since is Since.STAGE:
        return f"It has been {identify(job)['state'].removeprefix('JOB_STATE_')} for {duration}"
    if progress.since is Since.SCHEDULED:
        return f"Since its scheduled start (startAt), {duration}"
    event = "started" if progress.since is Since.STARTED else "created"
    return f"When it entered this state is not recorded; since it was {event}, {duration}"


def _advise_on_stuck(job: Job) -> str:
    if job.state in (JobState.STARTED, JobState.UPLOADING):
        return "Perhaps no suitable engine or hardware is free: check the template's hardware requirements and regions."
    if job.state == JobState.PARTITIONED:
        return "Perhaps tasks are long or being retried: see get_job_logs, config.taskTimeout and maxTaskRetries."
    return "Look at get_job_logs for the last thing it did."


def _explain_usual(siblings: Siblings | None, finding: str) -> str:
    usual = siblings and siblings.usual
    if not usual or "the median of" in finding:
        return ""
    return f"usual: the median of {usual.jobs} completed jobs of its template, or of those with that state."


def _render_usual(usual: Usual) -> str:
    return f"{_render_duration(usual.seconds)}, the median of {usual.jobs} completed jobs of its template"


def _render_duration(seconds: float) -> str:
    """Write a duration in seconds and, if it is long, in days too."""
    days = f" ({round_to_digits(seconds / 86_400, 2)} days)" if seconds >= 86_400 else ""
    return f"{round_to_digits(seconds, 3)} s{days}"


def _render_stage(stage: Stage) -> JsonObject:
    times = {"seconds": stage.seconds, "usual": stage.usual.seconds if stage.usual else None}
    rounded = {name: round_to_digits(seconds, 3) for name, seconds in times.items() if seconds is not None}
    return {"state": stage.state, "entered": format_time(stage.entered), **rounded}


def _render_siblings(siblings: Siblings) -> JsonObject:
    alike, usual = siblings.failed_alike, siblings.usual
    return {
        "jobs": siblings.jobs,
        "complete": siblings.complete,
        "failed": siblings.failed,
        **({} if alike is None else {"failedTheSameWay": alike}),
        **({} if usual is None else {"usualDuration": round_to_digits(usual.seconds, 3)}),
    }
