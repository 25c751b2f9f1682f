"""Diagnoses a job: how its times compare with those of other jobs, and why it failed. Facts only, no advice."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bytenite_mcp.api.models import BEGUN, STATE_PREFIX, JobState
from bytenite_mcp.jobs.logs import Line
from bytenite_mcp.jobs.results import find_retention_end
from bytenite_mcp.jobs.stuck import Pace, Since, compare_with_usual
from bytenite_mcp.privacy.redact import Job
from bytenite_mcp.table.causes import Cause, find_likely_cause
from bytenite_mcp.table.usual import Siblings, Template, Usual

_TELLING = (
    "traceback|error|exception|fail|fatal|panic|killed|denied|refused|timed? ?out|out of memory|retry|abort"
)
_ORDER = [state.value for state in JobState]


@dataclass(frozen=True, slots=True)
class Stage:
    """A state that the job was in.

    Attributes:
        state: The state, without its prefix.
        entered: When the job entered it, in UTC.
        seconds: How long the job stayed, until now for the current state; None for the last state of a finished job.
        usual: How long completed jobs of the template stay, if there are enough of them.
    """

    state: str
    entered: datetime
    seconds: float | None
    usual: Usual | None


@dataclass(frozen=True, slots=True)
class Progress:
    """How long an unfinished job has been in its state.

    Attributes:
        since: The event from which the time is counted; the start or creation if the state's time is not recorded.
        seconds: The time so far; negative until a scheduled start.
        usual: How long completed jobs of the template take, if there are enough of them.
        now: The time until which it is counted.
    """

    since: Since
    seconds: float
    usual: Usual | None
    now: datetime

    @property
    def pace(self) -> Pace:
        """How the time compares with the usual time."""
        return compare_with_usual(self.seconds, self.usual.seconds if self.usual else None)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The facts about a job.

    Attributes:
        stages: The states that the job was in, in order.
        siblings: The outcomes of other jobs of its template; None if they are unknown.
        lines: The most telling lines of its log.
        cause: The likely cause of a failed job; None if it is unknown, or the job did not fail.
        named_by_error: Whether the job's error message names the cause, rather than a line of its log.
        other_cause: Another cause that the log names, if the error message names `cause`.
        progress: How long an unfinished job has been in its state; None for drafts, or if no time is recorded.
        has_log: Whether its log could be read.
        kept_until: When ByteNite deletes its outputs, in UTC; None if it does not, or that is not known.
        outputs_gone: Whether that has passed.
    """

    job: Job
    stages: list[Stage]
    siblings: Siblings | None
    lines: list[Line]
    cause: Cause | None = None
    named_by_error: bool = False
    other_cause: Cause | None = None
    progress: Progress | None = None
    has_log: bool = True
    kept_until: datetime | None = None
    outputs_gone: bool = False


def diagnose(job: Job, lines: Sequence[Line] | None, template: Template | None, now: datetime) -> Diagnosis:
    """Diagnose a job.

    Args:
        job: The job.
        lines: Its whole log; None if it could not be read.
        template: The statistics of its template, if there are any.
        now: The time by ByteNite's clock.
    """
    siblings = template.siblings if template else None
    stages = _find_stages(job, template.usual_stages if template else {}, now)
    has_log, lines = lines is not None, lines or []
    telling = find_telling_lines(lines)
    if job.state == JobState.FAILED:
        named = find_likely_cause(job.error_message)
        in_log = _find_cause(lines)
        # An exception in the log is usually the cause that the error message names, and not another one.
        other = in_log if named and in_log not in (named, Cause.EXCEPTION) else None
        return Diagnosis(job, stages, siblings, telling, named or in_log, bool(named), other, None, has_log)
    idle = job.finished or job.state == JobState.NEW
    usual = siblings.usual if siblings else None
    progress = None if idle else _measure_progress(job, stages, usual, now)
    end = find_retention_end(job)
    gone = end is not None and now > end
    return Diagnosis(
        job, stages, siblings, telling, progress=progress, has_log=has_log, kept_until=end, outputs_gone=gone
    )


def find_telling_lines(lines: Sequence[Line], most: int = 12) -> list[Line]:
    """Choose the most telling lines: the last lines that mention a failure, or else the last lines."""
    chosen: list[Line] = []
    failing_tasks: set[str] = set()
    for line in lines:
        # The frames of a traceback are indented below its first line.
        is_frame = line.text[:1].isspace() and line.task in failing_tasks
        if (
            is_frame
            or line.level in ("ERROR", "FATAL", "PANIC")
            or re.search(_TELLING, line.text[:2000], re.IGNORECASE)
        ):
            chosen.append(line)
            failing_tasks.add(line.task)
        else:
            failing_tasks.discard(line.task)
    return chosen[-most:] or list(lines[-3:])


def _find_cause(lines: Sequence[Line]) -> Cause | None:
    """Find the cause that a log names: first in the last telling lines, then in all of them."""
    texts = ("\n".join(line.text for line in find_telling_lines(lines, most)) for most in (12, len(lines)))
    return next(filter(None, map(find_likely_cause, texts)), None)


def _find_stages(job: Job, usual: Mapping[str, Usual], now: datetime) -> list[Stage]:
    entries = job.state_times
    if job.state == JobState.STARTED and job.started_at:
        entries.setdefault(job.state, job.started_at)
    times = sorted(entries.items(), key=lambda item: (item[1], _rank(item[0])))
    stages = []
    for position, (state, entered) in enumerate(times):
        last = position == len(times) - 1
        until = now if last else times[position + 1][1]
        seconds = None if last and job.finished else max(0.0, (until - entered).total_seconds())
        name = state.removeprefix(STATE_PREFIX)
        stages.append(Stage(name, entered, seconds, usual.get(name)))
    return stages


def _rank(state: str) -> int:
    return _ORDER.index(state) if state in _ORDER else len(_ORDER)


def _measure_progress(
    job: Job, stages: Sequence[Stage], usual: Usual | None, now: datetime
) -> Progress | None:
    since, began = (Since.STARTED, job.started_at) if job.started_at else (Since.CREATED, job.created_at)
    # The current stage need not be the last one, because clocks differ.
    if stage := next((stage for stage in stages if stage.state == job.short_state), None):
        since, began, usual = Since.STAGE, stage.entered, stage.usual
    if began is None:
        return None
    scheduled = None if job.state in BEGUN else job.start_at
    if scheduled and scheduled > began:
        return Progress(Since.SCHEDULED, (now - scheduled).total_seconds(), usual, now)
    return Progress(since, max(0.0, (now - began).total_seconds()), usual, now)
