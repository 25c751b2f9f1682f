"""What is known of one job: how far it got, against the usual, and why it failed; facts, and no advice."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from itertools import pairwise
from statistics import median

from bytenite_mcp.api.filters import Condition, Filter
from bytenite_mcp.api.models import JobState
from bytenite_mcp.jobs.logs import Line
from bytenite_mcp.privacy.redact import CleanRecord, Job
from bytenite_mcp.table.causes import Cause, error_kind, find_likely_cause
from bytenite_mcp.table.schema import FEWEST

SIBLINGS = 50
"""Newest jobs of the same template that are looked at."""

SOON = 30
"""Seconds below which nothing is called stuck, however short the usual time is."""

LONG_AGO = 7 * 86_400
"""Seconds after which an unfinished job is called stuck even if nothing is known of others."""

_TELLING = (
    "traceback|error|exception|fail|fatal|panic|killed|denied|refused|timed? ?out|out of memory|retry|abort"
)
_ORDER = [state.value for state in JobState]


@dataclass(frozen=True, slots=True)
class Usual:
    """How long completed jobs of the template take.

    Attributes:
        seconds: The median.
        jobs: Of how many.
    """

    seconds: float
    jobs: int


@dataclass(frozen=True, slots=True)
class Stage:
    """A state the job was in.

    Attributes:
        state: Without its prefix.
        entered: When, in UTC.
        seconds: How long it stayed; up to now for the present one; None for the last of a finished job.
        usual: How long completed siblings stay, if there are enough.
    """

    state: str
    entered: datetime
    seconds: float | None
    usual: Usual | None


@dataclass(frozen=True, slots=True)
class Siblings:
    """The newest jobs of the same template.

    Attributes:
        recent: How many were looked at.
        complete: How many of them completed.
        failed: How many failed.
        failed_alike: How many failed with the job's own error, ids and numbers aside; None where it has none.
        usual: How long those that completed took, if there are enough.
        partial: Whether there may be some that were not found.
    """

    recent: int
    complete: int
    failed: int
    failed_alike: int | None
    usual: Usual | None
    partial: bool


class Since(Enum):
    """From when the time of an unfinished job is counted."""

    STAGE = auto()
    STARTED = auto()
    CREATED = auto()


class Pace(Enum):
    """How the time of an unfinished job compares with the usual."""

    USUAL = auto()
    LATE = auto()
    STUCK = auto()
    UNKNOWN = auto()
    ABANDONED = auto()


@dataclass(frozen=True, slots=True)
class Progress:
    """How long an unfinished job has been where it is.

    Attributes:
        since: From when that is counted; its start or creation where its stage is not recorded.
        seconds: How long.
        usual: How long completed siblings take, if there are enough.
    """

    since: Since
    seconds: float
    usual: Usual | None

    @property
    def pace(self) -> Pace:
        """How the time compares with the usual."""
        return compare_with_usual(self.seconds, self.usual.seconds if self.usual else None)


def compare_with_usual(seconds: float, usual: float | None) -> Pace:
    """Compare a time with the usual; it is called too long only well beyond that."""
    if usual is None:
        return Pace.ABANDONED if seconds > LONG_AGO else Pace.UNKNOWN
    if seconds <= usual:
        return Pace.USUAL
    return Pace.LATE if seconds <= 2 * max(usual, SOON) else Pace.STUCK


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What was found out about a job.

    Attributes:
        job: The job.
        stages: The states it was in, in order.
        siblings: What became of other jobs of its template.
        lines: The lines of its log that matter.
        cause: Why a failed job most likely failed; None if nothing tells, or for another job.
        named_by_error: Whether the job's own error names the cause, and not just a line of its log.
        other_cause: What its log names instead, where the error names the cause.
        progress: How long an unfinished job has been where it is; None for drafts, or where no time is recorded.
    """

    job: Job
    stages: list[Stage]
    siblings: Siblings
    lines: list[Line]
    cause: Cause | None = None
    named_by_error: bool = False
    other_cause: Cause | None = None
    progress: Progress | None = None


def make_siblings_filter(job: Job) -> list[Filter]:
    """Ask for jobs of the same template; none where the job names no template."""
    if not job.template_id:
        return []
    return [Filter(field="templateId", condition=Condition.EQ, value=job.template_id)]


def diagnose(
    job: Job, lines: Sequence[Line], siblings: Sequence[CleanRecord], now: datetime, partial: bool = False
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
    stages = _find_stages(job, [other for other in others if other.state == JobState.COMPLETE], now)
    about_others = _count_siblings(job, others, partial)
    telling = find_telling_lines(lines)
    if job.state == JobState.FAILED:
        named = find_likely_cause(job.error_message)
        in_log = _find_cause(lines)
        # That something was raised is no other cause: a traceback ends with what the error names.
        other = in_log if named and in_log not in (named, Cause.EXCEPTION) else None
        return Diagnosis(job, stages, about_others, telling, named or in_log, bool(named), other)
    idle = job.finished or job.state == JobState.NEW
    progress = None if idle else _measure_progress(job, stages, about_others.usual, now)
    return Diagnosis(job, stages, about_others, telling, progress=progress)


def find_telling_lines(lines: Sequence[Line], most: int = 12) -> list[Line]:
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


def _find_cause(lines: Sequence[Line]) -> Cause | None:
    """Find the cause that a log names: in the last telling lines first, then in all of them."""
    texts = ("\n".join(line.text for line in find_telling_lines(lines, most)) for most in (12, len(lines)))
    return next(filter(None, map(find_likely_cause, texts)), None)


def _find_stages(job: Job, completed: Sequence[Job], now: datetime) -> list[Stage]:
    times = sorted(job.state_times.items(), key=lambda item: (item[1], _rank(item[0])))
    durations = [_measure_stages(other) for other in completed]
    stages = []
    for position, (state, entered) in enumerate(times):
        last = position == len(times) - 1
        until = now if last else times[position + 1][1]
        seconds = None if last and job.finished else max(0.0, (until - entered).total_seconds())
        usual = _find_usual([by_state[state] for by_state in durations if state in by_state])
        stages.append(Stage(state.removeprefix("JOB_STATE_"), entered, seconds, usual))
    return stages


def _measure_stages(job: Job) -> dict[str, float]:
    """Give the seconds a job spent in each state it left."""
    times = sorted(job.state_times.items(), key=lambda item: (item[1], _rank(item[0])))
    return {state: (after - entered).total_seconds() for (state, entered), (_, after) in pairwise(times)}


def _rank(state: str) -> int:
    return _ORDER.index(state) if state in _ORDER else len(_ORDER)


def _find_usual(seconds: Sequence[float]) -> Usual | None:
    return Usual(median(seconds), len(seconds)) if len(seconds) >= FEWEST else None


def _count_siblings(job: Job, others: Sequence[Job], partial: bool) -> Siblings:
    complete = [other for other in others if other.state == JobState.COMPLETE]
    failed = [other for other in others if other.state == JobState.FAILED]
    alike = None
    if job.error_message:
        error = error_kind(job.error_message)
        alike = sum(error_kind(other.error_message) == error for other in failed)
    usual = _find_usual([other.duration for other in complete if other.duration])
    return Siblings(len(others), len(complete), len(failed), alike, usual, partial)


def _measure_progress(
    job: Job, stages: Sequence[Stage], usual: Usual | None, now: datetime
) -> Progress | None:
    stage = stages[-1] if stages and stages[-1].state == job.state.removeprefix("JOB_STATE_") else None
    if stage is not None and stage.seconds is not None:
        return Progress(Since.STAGE, stage.seconds, stage.usual)
    began = job.started_at or job.created_at
    if began is None:
        return None
    since = Since.STARTED if job.started_at else Since.CREATED
    return Progress(since, max(0.0, (now - began).total_seconds()), usual)
