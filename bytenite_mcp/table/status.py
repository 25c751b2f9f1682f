"""The state of the table: how many of the account's jobs it has, and as of when."""

from dataclasses import dataclass, replace
from datetime import datetime

UNORDERED = "ByteNite lists jobs in no order of creation, so those created since then may be missing"
UNLISTED = "ByteNite has jobs that its list lacks, so others may be missing too"
FULL = "The table has no memory left"
UNPROVEN = "ByteNite's pages do not show whether these are all"
LIMITED = "BYTENITE_MAX_JOBS holds no more"
ODD = "Rows of ByteNite's list that are no records are left out"
LATE = "ByteNite has not yet told what is new"
READ_AGAIN = "Everything is being read again, so this may be old"


@dataclass(frozen=True, slots=True)
class TableStatus:
    """The state of the table, for answers from it.

    Attributes:
        as_of: When the last complete reading began, by ByteNite's clock; None if its answers had no date.
        partial: Whether jobs may be missing.
        read: The number of jobs in the table.
        total: The number that ByteNite counts; None if it does not say.
        again_in: Seconds after which the question should be repeated; None unless partial.
        notes: What else to tell, such as that new jobs are late.
    """

    as_of: datetime | None
    partial: bool
    read: int
    total: int | None = None
    again_in: float | None = None
    notes: tuple[str, ...] = ()

    @property
    def note(self) -> str:
        """The notes as one text; "" if there is none."""
        return ". ".join(dict.fromkeys(note.rstrip(".") for note in self.notes))

    def lacking_jobs(self) -> "TableStatus":
        """Return it as that of a table that lacks jobs."""
        if self.partial:
            return self
        return replace(self, partial=True, notes=(*self.notes, UNLISTED))
