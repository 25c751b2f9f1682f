"""How much of an account the table holds, and as of when."""

from dataclasses import dataclass
from datetime import datetime

UNORDERED = "ByteNite lists jobs in no order of creation, so those created since then may be missing"
UNLISTED = "ByteNite's filter finds jobs that its list lacks, so others may be missing too"
LATE = "ByteNite has not yet told what is new"
READ_AGAIN = "Everything is being read again, so this may be old"


@dataclass(frozen=True, slots=True)
class Standing:
    """What an answer from the table has to say about the table.

    Attributes:
        as_of: When the last complete reading began, on ByteNite's clock; None if no answer bore a date.
        partial: Whether jobs may be missing.
        read: How many jobs the table holds.
        total: How many ByteNite counts; None if it did not say.
        again_in: Seconds after which asking again is worth it; None unless partial.
        note: What else a reader has to know, such as that new jobs come late; empty if nothing.
    """

    as_of: datetime | None
    partial: bool
    read: int
    total: int | None = None
    again_in: float | None = None
    note: str = ""
