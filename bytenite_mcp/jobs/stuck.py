"""Which unfinished jobs are stuck or slow: all of them against what is usual for their template."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import nsmallest
from typing import TYPE_CHECKING, Any

from bytenite_mcp.jobs.diagnosis import Pace, Since, compare_with_usual
from bytenite_mcp.table.schema import HELD_AGAINST_USUAL
from bytenite_mcp.table.usual import read_clock

if TYPE_CHECKING:
    from bytenite_mcp.table.database import Cursor

_WORST_FIRST = (Pace.STUCK, Pace.ABANDONED, Pace.LATE, Pace.UNKNOWN, Pace.USUAL)


@dataclass(frozen=True, slots=True)
class Unfinished:
    """An unfinished job.

    Attributes:
        fields: Its id, name, state and template.
        since: From when its time is counted: its stage or, where that is not recorded, its start or creation.
        seconds: How long that is; None where no time is recorded.
        usual: How long completed jobs of its template take for that, in seconds, if there are enough.
    """

    fields: dict[str, Any]
    since: Since
    seconds: float | None
    usual: float | None

    @property
    def pace(self) -> Pace:
        """How its time compares with the usual."""
        return Pace.UNKNOWN if self.seconds is None else compare_with_usual(self.seconds, self.usual)

    @property
    def ratio(self) -> float | None:
        """How many times the usual it has taken so far."""
        return self.seconds / self.usual if self.seconds is not None and self.usual else None


@dataclass(frozen=True, slots=True)
class Survey:
    """All unfinished jobs.

    Attributes:
        worst: Some of them, the worst first.
        paces: How many there are of each pace.
        now: Up to when their times are counted.
    """

    worst: Sequence[Unfinished]
    paces: Counter[Pace]
    now: datetime


def survey_unfinished(cursor: "Cursor", now: datetime, most: int = 20) -> Survey:
    """Hold all unfinished jobs against the usual.

    Args:
        cursor: Reads the table.
        now: The present moment, where ByteNite does not tell it.
        most: How many of the worst are given.
    """
    now = read_clock(cursor) or now
    jobs = [_read(row) for row in cursor.execute(HELD_AGAINST_USUAL, [now]).fetchall()]
    return Survey(nsmallest(most, jobs, key=_rank), Counter(job.pace for job in jobs), now)


def _read(row: Sequence[Any]) -> Unfinished:
    *values, in_stage, usual_stage, started, age, usual_duration = row
    fields = dict(zip(("id", "name", "state", "templateId"), values, strict=True))
    if in_stage is not None:
        return Unfinished(fields, Since.STAGE, in_stage, usual_stage)
    seconds = None if age is None else max(0.0, age)
    return Unfinished(fields, Since.STARTED if started else Since.CREATED, seconds, usual_duration)


def _rank(job: Unfinished) -> tuple[int, float, float]:
    return _WORST_FIRST.index(job.pace), -(job.ratio or 0), -(job.seconds or 0)
