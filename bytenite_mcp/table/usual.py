"""What is usual for jobs of a template: how long they run and are in each state, and how many fail."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bytenite_mcp.privacy.redact import CleanRecord, Job
from bytenite_mcp.table.rows import read_rows
from bytenite_mcp.table.schema import FEWEST, USUAL_STAGES

if TYPE_CHECKING:
    from bytenite_mcp.table.database import Cursor

_COUNTS = """
SELECT count(*), count(*) FILTER (state = 'COMPLETE'), count(*) FILTER (state = 'FAILED'),
    count(*) FILTER (state = 'FAILED' AND errorKind = $kind),
    median(duration) FILTER (state = 'COMPLETE' AND duration > 0),
    count(*) FILTER (state = 'COMPLETE' AND duration > 0)
FROM jobs WHERE templateId = $template AND id IS DISTINCT FROM $id"""


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
class Siblings:
    """The other jobs of a job's template that the table has.

    Attributes:
        jobs: How many there are.
        complete: How many of them completed.
        failed: How many failed.
        failed_alike: How many failed with the job's own error, ids and numbers aside; None where it has none.
        usual: How long those that completed took, if there are enough.
    """

    jobs: int
    complete: int
    failed: int
    failed_alike: int | None
    usual: Usual | None


@dataclass(frozen=True, slots=True)
class Template:
    """What the table tells of a job's template.

    Attributes:
        siblings: The other jobs of it.
        usual_stages: How long those that completed were in each state, by its name, where there are enough.
        now: What time it is where the jobs run; None if ByteNite does not say.
    """

    siblings: Siblings
    usual_stages: dict[str, Usual]
    now: datetime | None = None


def read_siblings(cursor: "Cursor", record: CleanRecord) -> Siblings:
    """Count the other jobs of a record's template, and measure those that completed."""
    kind = read_rows([record])["errorKind"][0]
    row = cursor.execute(_COUNTS, {**_identify(record), "kind": kind}).fetchone()
    jobs, complete, failed, alike, median, measured = row or (0, 0, 0, 0, None, 0)
    usual = Usual(median, measured) if measured >= FEWEST else None
    return Siblings(jobs, complete, failed, None if kind is None else alike, usual)


def read_template(cursor: "Cursor", record: CleanRecord) -> Template:
    """Read what the table tells of a record's template."""
    stages = cursor.execute(USUAL_STAGES, _identify(record)).fetchall()
    usual = {state: Usual(seconds, jobs) for state, seconds, jobs in stages}
    return Template(read_siblings(cursor, record), usual, read_clock(cursor))


def read_clock(cursor: "Cursor") -> datetime | None:
    """Tell what time it is where the jobs run; None if ByteNite does not say."""
    (now,) = cursor.execute("SELECT epoch(now) FROM clock").fetchone() or (None,)
    return None if now is None else datetime.fromtimestamp(now, UTC)


def _identify(record: CleanRecord) -> dict[str, str | None]:
    job = Job(record)
    return {"id": job.id, "template": job.template_id}
