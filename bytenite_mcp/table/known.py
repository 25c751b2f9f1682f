"""What is known of ByteNite's list: by its last complete reading, and by what was found since."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from bytenite_mcp.privacy.redact import CleanRecord, Job
from bytenite_mcp.table.changes import Changes
from bytenite_mcp.table.lean import describe_lean
from bytenite_mcp.table.listing import Direction
from bytenite_mcp.table.news import News
from bytenite_mcp.table.reading import FULL, Reading
from bytenite_mcp.table.status import UNLISTED, UNORDERED


@dataclass(slots=True)
class Known:
    """What is known of ByteNite's list since it was read completely.

    Attributes:
        reading: The complete reading.
        trusts_total: Whether ByteNite's total changes as its list does.
        lean: The columns that the list omits.
        lists_all: Whether no filter found older jobs that the list lacks.
        news: What was read last of the list since.
        lacks_members: Whether jobs came without members that the list has, and were too many to be requested.
    """

    reading: Reading
    trusts_total: bool = True
    lean: list[str] = field(default_factory=list)
    lists_all: bool = True
    news: News | None = None
    lacks_members: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether the table has all jobs, with all their members."""
        return self.reading.whole and self.lists_all and not self.lean

    @property
    def is_consistent(self) -> bool:
        """Whether ByteNite's total changed only by the jobs that were read since."""
        if not self.reading.whole or not self.news:
            return True
        return self.news.sufficed and not self.lacks_members and not self.is_miscounted

    @property
    def is_miscounted(self) -> bool:
        """Whether ByteNite's total shows that the table differs from the list."""
        gaps = self.reading.gap, self.news.gap if self.news else None
        return self.trusts_total and None not in gaps and gaps[0] != gaps[1]

    @property
    def notes(self) -> Iterable[str]:
        """What to tell about it; some may be empty."""
        yield self.reading.note
        if self.reading.whole and self.reading.direction is Direction.NONE:
            yield UNORDERED
        if self.lean:
            yield describe_lean(self.lean)
        if not self.lists_all:
            yield UNLISTED

    def note_full(self) -> None:
        """Record that the table had no memory left for what is new."""
        self.reading.whole, self.reading.note = False, FULL

    def note_unlisted(self, fresh: Sequence[CleanRecord], changes: Changes) -> None:
        """Record whether new jobs existed when everything was read, so that the list must lack some."""
        as_of = self.reading.as_of
        if self.reading.whole and as_of:
            created = [Job(record).created_at for record in fresh]
            old = sum(time is not None and time < as_of for time in created)
            self.lists_all = self.lists_all and old <= changes.replaced
