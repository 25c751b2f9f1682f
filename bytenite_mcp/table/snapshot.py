"""What is known of ByteNite's list: by its last complete reading, and by what was found since."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bytenite_mcp.privacy.redact import CleanRecord, Job
from bytenite_mcp.table.changes import Changes
from bytenite_mcp.table.evidence import Direction
from bytenite_mcp.table.status import FULL, UNLISTED, UNORDERED

FRESH_FOR, TIMES_ITS_LENGTH = 60.0, 20
"""How long a complete reading is valid: seconds, or a multiple of its duration, whichever is longer."""

_MOST_NAMED = 8


@dataclass(slots=True)
class Snapshot:
    """What is known of ByteNite's list, from which the table was read.

    Attributes:
        began: When the complete reading began, by our clock.
        took: Its duration in seconds.
        as_of: When it began, by ByteNite's clock.
        whole: Whether it missed no job.
        flaw: What to tell about it; "" if nothing.
        direction: How the list is ordered.
        accepted: The rows of a page that the API accepts a request for.
        missed: How many more jobs ByteNite counted than it listed.
        rows: The number of jobs that the table had.
        gap_then: How many more jobs ByteNite counted than the table had; None if it does not count.
        trusts_total: Whether ByteNite's total changes as its list does.
        lean: The columns that the list omits.
        lists_all: Whether no filter found older jobs that the list lacks.
        lacks_members: Whether jobs came without members that the list has, and could not be requested.
        listed: The number of rows of the list, by now.
        total: The number of jobs that ByteNite counts, by now.
        served_at: When its last page was made, by ByteNite's clock.
        gap_now: How many more jobs ByteNite counts than the table has, by now.
        up_to_date: Whether the news since sufficed; otherwise everything must be read again.
    """

    began: float
    took: float = 0.0
    as_of: datetime | None = None
    whole: bool = False
    flaw: str = ""
    direction: Direction = Direction.NONE
    accepted: int = 1
    missed: int = 0
    rows: int = 0
    gap_then: int | None = None
    trusts_total: bool = True
    lean: list[str] = field(default_factory=list)
    lists_all: bool = True
    lacks_members: bool = False
    listed: int = 0
    total: int | None = None
    served_at: datetime | None = None
    gap_now: int | None = None
    up_to_date: bool = True

    @property
    def is_complete(self) -> bool:
        """Whether the table has all jobs, with all their members."""
        return self.whole and self.lists_all and not self.lean

    @property
    def is_consistent(self) -> bool:
        """Whether nothing that was found since shows that the table differs from the list."""
        return not self.whole or (self.up_to_date and not self.lacks_members and not self.is_miscounted)

    @property
    def is_miscounted(self) -> bool:
        """Whether ByteNite's total shows that the table differs from the list."""
        gaps = self.gap_then, self.gap_now
        return self.trusts_total and None not in gaps and gaps[0] != gaps[1]

    @property
    def notes(self) -> Iterable[str]:
        """What to tell about it; some may be empty."""
        yield self.flaw
        if self.whole and self.direction is Direction.NONE:
            yield UNORDERED
        if self.lean:
            yield _describe_lean(self.lean)
        if not self.lists_all:
            yield UNLISTED

    def is_stale(self, now: float) -> bool:
        """Whether it is so old that everything must be read again."""
        return now - self.began > max(FRESH_FOR, TIMES_ITS_LENGTH * self.took)

    def note_full(self) -> None:
        """Record that the table had no memory left for what is new."""
        self.whole, self.flaw = False, FULL

    def lacks_some(self, fresh: Sequence[CleanRecord], changes: Changes) -> bool:
        """Whether new jobs existed when everything was read, so that the list must have lacked some."""
        if not self.whole or not self.as_of:
            return False
        created = [Job(record).created_at for record in fresh]
        return sum(time is not None and time < self.as_of for time in created) > changes.replaced


def _describe_lean(columns: Sequence[str]) -> str:
    """Say that the list omits columns, or that their values there cannot be read."""
    more = f" and {len(columns) - _MOST_NAMED} more" if len(columns) > _MOST_NAMED else ""
    names = ", ".join(columns[:_MOST_NAMED]) + more
    return f"ByteNite's list has no readable {names}, so what depends on that may be wrong"
