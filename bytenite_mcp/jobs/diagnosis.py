"""What is going on with one job: how far it got, against the usual, why, and what to do next."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from statistics import median
from typing import Any

from bytenite_mcp.api.filters import Condition, Filter
from bytenite_mcp.api.models import STATE_MEANING, Job, JobState, Record
from bytenite_mcp.jobs.causes import likely_cause
from bytenite_mcp.jobs.logs import Line
from bytenite_mcp.jobs.summary import digits, error_shape

SIBLINGS = 50
"""Newest jobs of the same template that are looked at."""

FEWEST = 3
"""Completed siblings from which on there is a usual time."""

SOON = 30
"""Seconds below which nothing is called stuck, however short the usual time is."""

LONG_AGO = 7 * 86_400
"""Seconds after which an unfinished job is called stuck even if nothing is known of others."""

_TELLING = (
    "traceback|error|exception|fail|fatal|panic|killed|denied|refused|timed? ?out|out of memory|retry|abort"
)
_ORDER = [state.value for state in JobState]


@dataclass(frozen=True, slots=True)
class Stage:
    """A state the job was in.

    Attributes:
        state: Without its prefix.
        entered: When, in UTC.
        seconds: How long it stayed; up to now for the present one; None for the last of a finished job.
        usual: The median of completed siblings, if there are enough.
    """

    state: str
    entered: datetime
    seconds: float | None
    usual: float | None


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What was found out; each sentence no surer than the facts."""

    job: Job
    meaning: str
    stages: list[Stage]
    siblings: dict[str, Any]
    lines: list[Line] = field(default_factory=list)
    finding: str = ""
    next_step: str = ""


def siblings_filter(job: Job) -> list[Filter]:
    """Ask for jobs of the same template; none where the job names no template."""
    if not job.template_id:
        return []
    return [Filter(field="templateId", condition=Condition.EQ, value=job.template_id)]


def diagnose(
    job: Job, lines: Sequence[Line], siblings: Sequence[Record], now: datetime, partial: bool = False
) -> Diagnosis:
    """Put together what is known of a job.

    Args:
        job: The job.
        lines: Its whole log.
        siblings: The newest jobs of its template; it may be among them.
        now: The present moment.
        partial: Whether there may be siblings that were not found.
    """
    others = [other for other in map(Job, siblings) if other.id != job.id]
    stages = _stages(job, [other for other in others if other.state == JobState.COMPLETE], now)
    telling = telling_lines(lines)
    everything = telling_lines(lines, len(lines))
    finding, next_step = _ended(job, telling, everything) or _progress(
        job, stages, _usual_duration(others), now
    )
    known = STATE_MEANING.get(JobState(job.state)) if job.state in _ORDER else None
    meaning = known or "a state this server does not know"
    return Diagnosis(job, meaning, stages, _about_siblings(job, others, partial), telling, finding, next_step)


def telling_lines(lines: Sequence[Line], most: int = 12) -> list[Line]:
    """Choose the lines that matter: those that speak of failure, the last ones first; else the end of the log."""
    chosen: list[Line] = []
    speaking: set[str] = set()
    for line in lines:
        # The frames of a traceback are indented below the line that announces it.
        goes_on = line.text[:1].isspace() and line.task in speaking
        if (
            goes_on
            or line.level in ("ERROR", "FATAL", "PANIC")
            or re.search(_TELLING, line.text[:2000], re.IGNORECASE)
        ):
            chosen.append(line)
            speaking.add(line.task)
        else:
            speaking.discard(line.task)
    return chosen[-most:] or list(lines[-3:])


def _stages(job: Job, completed: Sequence[Job], now: datetime) -> list[Stage]:
    times = sorted(job.state_times.items(), key=lambda item: (item[1], _rank(item[0])))
    usual = [_durations(other) for other in completed]
    stages = []
    for position, (state, entered) in enumerate(times):
        last = position == len(times) - 1
        until = now if last else times[position + 1][1]
        seconds = None if last and job.finished else (until - entered).total_seconds()
        known = [times[state] for times in usual if state in times]
        stages.append(
            Stage(
                state.removeprefix("JOB_STATE_"),
                entered,
                seconds,
                median(known) if len(known) >= FEWEST else None,
            )
        )
    return stages


def _durations(job: Job) -> dict[str, float]:
    """Seconds a job spent in each state it left."""
    times = sorted(job.state_times.items(), key=lambda item: (item[1], _rank(item[0])))
    return {state: (after - entered).total_seconds() for (state, entered), (_, after) in pairwise(times)}


def _rank(state: str) -> int:
    return _ORDER.index(state) if state in _ORDER else len(_ORDER)


def _usual_duration(others: Sequence[Job]) -> float | None:
    durations = [other.duration for other in others if other.state == JobState.COMPLETE and other.duration]
    return median(durations) if len(durations) >= FEWEST else None


def _about_siblings(job: Job, others: Sequence[Job], partial: bool) -> dict[str, Any]:
    failed = [other for other in others if other.state == JobState.FAILED]
    complete = sum(other.state == JobState.COMPLETE for other in others)
    about: dict[str, Any] = {"recent": len(others), "complete": complete, "failed": len(failed)}
    if job.error_message:
        shape = error_shape(job.error_message)
        about["failedTheSameWay"] = sum(error_shape(other.error_message) == shape for other in failed)
    if usual := _usual_duration(others):
        about["usualDuration"] = digits(usual, 3)
    return about | ({"partial": True} if partial else {})


def _ended(job: Job, *telling: Sequence[Line]) -> tuple[str, str] | None:
    match job.state:
        case JobState.NEW:
            return (
                "It is a draft that was never run, so nothing happens to it.",
                "Run it, from ByteNite's console or API.",
            )
        case JobState.COMPLETE:
            return (
                "It finished.",
                "get_job_results gives its outputs; in a `bucket` destination they are kept 48 h.",
            )
        case JobState.FAILED:
            return _failure(job, *telling)
    return None


def _failure(job: Job, *telling: Sequence[Line]) -> tuple[str, str]:
    found = likely_cause(job.error_message, *("\n".join(line.text for line in lines) for lines in telling))
    if not found:
        return (
            "Neither its error nor its log names a cause this server knows.",
            "Read the whole log with get_job_logs.",
        )
    cause, named = found
    surely = "Its error says that" if named else "A line of its log suggests that"
    return f"{surely} {cause.cause}.", f"{cause.next_step[0].upper()}{cause.next_step[1:]}."


def _progress(
    job: Job, stages: Sequence[Stage], usual_duration: float | None, now: datetime
) -> tuple[str, str]:
    stage = stages[-1] if stages and stages[-1].state == job.state.removeprefix("JOB_STATE_") else None
    if stage is not None and stage.seconds is not None:
        return _judged(f"It has been {stage.state} for", stage.seconds, stage.usual, job)
    began = job.started_at or job.created_at
    if began is None:
        return "It is not finished; since when is not recorded.", "Use wait_for_job to see it move."
    event = "started" if job.started_at else "created"
    seconds = (now - began).total_seconds()
    return _judged(
        f"When it entered this state is not recorded; since it was {event},", seconds, usual_duration, job
    )


def _judged(so_far: str, seconds: float, usual: float | None, job: Job) -> tuple[str, str]:
    """Say whether a time is usual; it is called too long only well beyond that."""
    so_far = f"{so_far} {_spelled(seconds)}"
    if usual is None:
        if seconds > LONG_AGO:
            return f"{so_far}, so it is most likely stuck or given up.", _unstick(job)
        return (
            f"{so_far}; too few completed jobs of its template to say what is usual.",
            "Use wait_for_job to see it move.",
        )
    waiting = "Nothing to do; wait_for_job tells when it moves."
    if seconds <= usual:
        return f"{so_far}, which is within the usual ({_spelled(usual)}).", waiting
    if seconds <= 2 * max(usual, SOON):
        return f"{so_far}; usual is {_spelled(usual)}, but it is too early to call it stuck.", waiting
    return f"{so_far}; usual is {_spelled(usual)}, so it may be stuck.", _unstick(job)


def _spelled(seconds: float) -> str:
    """Give seconds as such, and long ones as days too."""
    days = f" ({digits(seconds / 86_400, 2)} days)" if seconds >= 2 * 86_400 else ""
    return f"{digits(seconds, 3)} s{days}"


def _unstick(job: Job) -> str:
    if job.state in (JobState.STARTED, JobState.UPLOADING):
        return "Perhaps no suitable engine or hardware is free: check the template's hardware requirements and regions."
    if job.state == JobState.PARTITIONED:
        return "Perhaps tasks are long or being retried: see get_job_logs, config.taskTimeout and maxTaskRetries."
    return "Look at get_job_logs for the last thing it did."
