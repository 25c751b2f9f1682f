"""Finds the unfinished jobs that are stuck or slow, compared with completed jobs of their template."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from heapq import nsmallest
from typing import TYPE_CHECKING, Any

from bytenite_mcp.api.values import Json
from bytenite_mcp.table.matches import count_unreadable
from bytenite_mcp.table.schema import COMPARED_WITH_USUAL
from bytenite_mcp.table.usual import read_clock

if TYPE_CHECKING:
    from bytenite_mcp.table.database import Cursor

SHORTEST_USUAL = 30
"""The shortest usual time, in seconds, by which a job is called stuck; a shorter one counts as this."""

ABANDONED_AFTER = 7 * 86_400
"""Seconds after which an unfinished job is called abandoned, unless so long is usual."""


class Since(Enum):
    """The event from which the time of an unfinished job is counted."""

    STAGE = auto()
    STARTED = auto()
    CREATED = auto()
    SCHEDULED = auto()


class Pace(Enum):
    """How the time of an unfinished job compares with the usual time, the worst first."""

    ABANDONED = auto()
    STUCK = auto()
    LATE = auto()
    UNKNOWN = auto()
    USUAL = auto()
    SCHEDULED = auto()


@dataclass(frozen=True, slots=True)
class Unfinished:
    """An unfinished job.

    Attributes:
        fields: Its id, name, state and template.
        since: The event from which its time is counted: its start or creation if entering its state is not recorded.
        seconds: The time so far, negative until a scheduled start; None if no event is recorded.
        usual: The usual time of completed jobs of its template, in seconds; None if there are too few.
    """

    fields: Mapping[str, Json]
    since: Since
    seconds: float | None
    usual: float | None

    @property
    def pace(self) -> Pace:
        """How its time compares with the usual time."""
        return Pace.UNKNOWN if self.seconds is None else compare_with_usual(self.seconds, self.usual)

    @property
    def ratio(self) -> float | None:
        """Its time divided by the usual time."""
        return self.seconds / self.usual if self.seconds is not None and self.usual else None


def compare_with_usual(seconds: float, usual: float | None) -> Pace:
    """Compare a time with the usual time, both in seconds; None if that is unknown.

    A negative time is that until a scheduled start.
    """
    if seconds < 0:
        return Pace.SCHEDULED
    if usual is None:
        return Pace.ABANDONED if seconds > ABANDONED_AFTER else Pace.UNKNOWN
    if seconds <= usual:
        return Pace.USUAL
    if seconds <= 2 * max(usual, SHORTEST_USUAL):
        return Pace.LATE
    return Pace.ABANDONED if seconds > ABANDONED_AFTER else Pace.STUCK


@dataclass(frozen=True, slots=True)
class Survey:
    """All unfinished jobs.

    Attributes:
        worst: The worst of them, the worst first.
        paces: The number of jobs of each pace.
        now: The time until which their times are counted.
        unreadable: The numbers of jobs whose state or time of deletion could not be read, by column.
    """

    worst: Sequence[Unfinished]
    paces: Counter[Pace]
    now: datetime
    unreadable: Mapping[str, int]


def survey_unfinished(cursor: "Cursor", now: datetime, most: int = 20) -> Survey:
    """Compare the times of all unfinished jobs with the usual times, and return the worst of them.

    `now` is only used if the time by ByteNite's clock is unknown.
    """
    now = read_clock(cursor) or now
    jobs = [_read(row) for row in cursor.execute(COMPARED_WITH_USUAL, {"now": now}).fetchall()]
    unreadable = count_unreadable(cursor, ["state", "deletedAt"])
    return Survey(nsmallest(most, jobs, key=_rank), Counter(job.pace for job in jobs), now, unreadable)


def _read(row: Sequence[Any]) -> Unfinished:
    *values, in_stage, usual_stage, started, age, scheduled, usual_duration = row
    fields = dict(zip(("id", "name", "state", "templateId"), values, strict=True))
    since = Since.STAGE if in_stage is not None else Since.STARTED if started else Since.CREATED
    seconds, usual = (age, usual_duration) if in_stage is None else (in_stage, usual_stage)
    if scheduled is not None and (seconds is None or scheduled < seconds):
        return Unfinished(fields, Since.SCHEDULED, scheduled, usual)
    return Unfinished(fields, since, None if seconds is None else max(0.0, seconds), usual)


def _rank(job: Unfinished) -> tuple[int, float, float]:
    return job.pace.value, -(job.ratio or 0), -(job.seconds or 0)
