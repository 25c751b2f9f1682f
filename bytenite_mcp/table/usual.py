"""Statistics of a template's jobs: how long they run and stay in each state, and how many fail."""

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
    median(duration) FILTER (state = 'COMPLETE'), count(duration) FILTER (state = 'COMPLETE')
FROM jobs WHERE templateId = $template AND id IS DISTINCT FROM $id"""


@dataclass(frozen=True, slots=True)
class Usual:
    """How long completed jobs of a template take.

    Attributes:
        seconds: The median.
        jobs: The number of jobs.
    """

    seconds: float
    jobs: int


@dataclass(frozen=True, slots=True)
class Siblings:
    """The other jobs of a job's template in the table.

    Attributes:
        jobs: Their number.
        complete: The number of completed ones.
        failed: The number of failed ones.
        failed_alike: The number that failed with the same kind of error; None if the job has none.
        usual: How long the completed ones took, if there are enough of them.
    """

    jobs: int
    complete: int
    failed: int
    failed_alike: int | None
    usual: Usual | None


@dataclass(frozen=True, slots=True)
class Template:
    """The statistics of a job's template.

    Attributes:
        siblings: The other jobs of the template.
        usual_stages: How long completed ones were in each state, by its name, if there are enough of them.
    """

    siblings: Siblings
    usual_stages: dict[str, Usual]


def read_siblings(cursor: "Cursor", record: CleanRecord) -> Siblings:
    """Count the other jobs of a record's template, and measure the completed ones."""
    kind = read_rows([record])["errorKind"][0]
    (counts,) = cursor.execute(_COUNTS, {**_identify(record), "kind": kind}).fetchall()
    jobs, complete, failed, alike, median, measured = counts
    usual = Usual(median, measured) if measured >= FEWEST else None
    return Siblings(jobs, complete, failed, None if kind is None else alike, usual)


def read_template(cursor: "Cursor", record: CleanRecord) -> Template:
    """Read the statistics of a record's template."""
    stages = cursor.execute(USUAL_STAGES, _identify(record)).fetchall()
    usual = {state: Usual(seconds, jobs) for state, seconds, jobs in stages}
    return Template(read_siblings(cursor, record), usual)


def read_clock(cursor: "Cursor") -> datetime | None:
    """Return ByteNite's current time; None if it is unknown."""
    ((now,),) = cursor.execute("SELECT epoch(now) FROM clock").fetchall()
    return None if now is None else datetime.fromtimestamp(now, UTC)


def _identify(record: CleanRecord) -> dict[str, str | None]:
    job = Job(record)
    return {"id": job.id, "template": job.template_id}
