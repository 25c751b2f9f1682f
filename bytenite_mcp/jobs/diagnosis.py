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


def diagnose(job: Job, lines: Sequence[Line], siblings: Sequence[Record], now: datetime) -> Diagnosis:
    """Put together what is known of a job.

    Args:
        job: The job.
        lines: Its whole log.
        siblings: The newest jobs of its template; it may be among them.
        now: The present moment.
    """
    others = [other for other in map(Job, siblings) if other.id != job.id]
    stages = _stages(job, [other for other in others if other.state == JobState.COMPLETE], now)
    telling = telling_lines(lines)
    finding, next_step = _explained(job, stages, telling)
    known = STATE_MEANING.get(JobState(job.state)) if job.state in _ORDER else None
    meaning = known or "a state this server does not know"
    return Diagnosis(job, meaning, stages, _about_siblings(job, others), telling, finding, next_step)


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


def _about_siblings(job: Job, others: Sequence[Job]) -> dict[str, Any]:
    finished = [other for other in others if other.finished]
    failed = [other for other in finished if other.state == JobState.FAILED]
    shape = error_shape(job.error_message) if job.error_message else ""
    same = sum(error_shape(other.error_message) == shape for other in failed) if shape else 0
    durations = [other.duration for other in finished if other.state == JobState.COMPLETE and other.duration]
    about: dict[str, Any] = {"recent": len(others), "finished": len(finished), "failed": len(failed)}
    if shape:
        about["failedTheSameWay"] = same
    if len(durations) >= FEWEST:
        about["usualDuration"] = digits(median(durations), 3)
    return about


def _explained(job: Job, stages: Sequence[Stage], lines: Sequence[Line]) -> tuple[str, str]:
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
            return _failure(job, lines)
    return _progress(job, stages)


def _failure(job: Job, lines: Sequence[Line]) -> tuple[str, str]:
    found = likely_cause(job.error_message, "\n".join(line.text[:500] for line in lines))
    if not found:
        return (
            "Neither its error nor its log names a cause this server knows.",
            "Read the whole log with get_job_logs.",
        )
    cause, named = found
    surely = "Its error says that" if named else "A line of its log suggests that"
    return f"{surely} {cause.cause}.", f"{cause.next_step[0].upper()}{cause.next_step[1:]}."


def _progress(job: Job, stages: Sequence[Stage]) -> tuple[str, str]:
    stage = stages[-1] if stages and stages[-1].state == job.state.removeprefix("JOB_STATE_") else None
    if stage is None or stage.seconds is None:
        return (
            "It is not finished; how long it has been in this state is not recorded.",
            "Ask again later, or use wait_for_job.",
        )
    so_far = f"It has been {stage.state} for {digits(stage.seconds, 3)} s"
    if stage.usual is None:
        return (
            f"{so_far}; too few completed jobs of its template to say what is usual.",
            "Use wait_for_job to see it move.",
        )
    if stage.seconds <= 2 * max(stage.usual, 30):
        return (
            f"{so_far}, which is within the usual ({digits(stage.usual, 3)} s).",
            "Nothing to do; wait_for_job tells when it moves.",
        )
    return f"{so_far}; usual is {digits(stage.usual, 3)} s, so it may be stuck.", _unstick(job)


def _unstick(job: Job) -> str:
    if job.state in (JobState.STARTED, JobState.UPLOADING):
        return "Perhaps no suitable engine or hardware is free: check the template's hardware requirements and regions."
    if job.state == JobState.PARTITIONED:
        return "Perhaps tasks are long or being retried: see get_job_logs, config.taskTimeout and maxTaskRetries."
    return "Look at get_job_logs for the last thing it did."
