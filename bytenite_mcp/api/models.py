"""Jobs and pages of jobs.

Records are kept as received and read through typed properties. Parsing them into a schema would change
them (`"28"` to 28.0, nanoseconds to microseconds), drop or refuse members that a newer API adds, and let
one invalid member fail a whole page.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar

from bytenite_mcp.api.errors import UnusableId
from bytenite_mcp.api.values import Json, get_path, to_duration, to_set_time

STATE_PREFIX = "JOB_STATE_"


class JobState(StrEnum):
    """The states in the order in which a job enters them, complete as of June 2025 [D]."""

    NEW = "JOB_STATE_NEW"
    STARTED = "JOB_STATE_STARTED"
    UPLOADING = "JOB_STATE_UPLOADING"
    PARTITIONING = "JOB_STATE_PARTITIONING"
    PARTITIONED = "JOB_STATE_PARTITIONED"
    TASKS_COMPLETED = "JOB_STATE_TASKS_COMPLETED"
    MERGING = "JOB_STATE_MERGING"
    MERGED = "JOB_STATE_MERGED"
    DOWNLOADING = "JOB_STATE_DOWNLOADING"
    COMPLETE = "JOB_STATE_COMPLETE"
    FAILED = "JOB_STATE_FAILED"

    @property
    def short(self) -> str:
        """The state without its prefix."""
        return self.removeprefix(STATE_PREFIX)


_STATES = frozenset(JobState)
TERMINAL = frozenset({JobState.COMPLETE, JobState.FAILED})
BEGUN = frozenset({*JobState} - {JobState.NEW, JobState.STARTED})
"""States of jobs that do not wait for a scheduled start any more."""

STATE_MEANING: dict[JobState, str] = {
    JobState.NEW: "a draft: created, never run, still editable",
    JobState.STARTED: "run accepted: sources, parameters and balance are valid; waiting for a partitioning engine",
    JobState.UPLOADING: "input being sent to a partitioning engine",
    JobState.PARTITIONING: "input being split into chunks",
    JobState.PARTITIONED: "workers are processing the chunks",
    JobState.TASKS_COMPLETED: "all chunks processed; assembling comes next",
    JobState.MERGING: "results being assembled",
    JobState.MERGED: "results assembled",
    JobState.DOWNLOADING: "output being saved to the destination",
    JobState.COMPLETE: "finished: output is at the destination",
    JobState.FAILED: "ended without success (an aborted run too); errorMessage says why",
}


class Priority(StrEnum):
    """How a run is scheduled [D]."""

    UNDEFINED = "EXECUTION_PRIORITY_UNDEFINED"
    CHEAP = "EXECUTION_PRIORITY_CHEAP"
    BALANCED = "EXECUTION_PRIORITY_BALANCED"
    FAST = "EXECUTION_PRIORITY_FAST"


class LogLevel(StrEnum):
    """Levels of log lines, least to most severe; a job's own output is UNKNOWN [D, U]."""

    UNKNOWN = "UNKNOWN"
    TRACE = "TRACE"
    DEBUG = "DEBUG"
    INFO = "INFO"
    WARN = "WARN"
    ERROR = "ERROR"
    FATAL = "FATAL"
    PANIC = "PANIC"


class LogService(StrEnum):
    """Which part of a run wrote a log line [D]."""

    PARTITIONER = "PARTITIONER"
    ASSEMBLER = "ASSEMBLER"
    TASKRUNNER = "TASKRUNNER"


Record = Mapping[str, Json]


@dataclass(frozen=True, slots=True, repr=False)
class Job:
    """A typed view of one job record; the record itself stays as received.

    Attributes:
        record: The JSON object ByteNite sent, unknown members included.
    """

    record: Record

    def __repr__(self) -> str:
        """Show the id and state only, because a record holds secrets."""
        return f"<Job {self.id!r} {self.state}>"

    @property
    def id(self) -> str:
        """The id; usually a UUID, but the creator of a job may choose it [D]."""
        return to_text(self.record.get("id"))

    @property
    def name(self) -> str:
        """The name that its creator gave it."""
        return to_text(self.record.get("name"))

    @property
    def template_id(self) -> str:
        """The template's name, sometimes with `@version`; may be empty [R]."""
        return to_text(self.record.get("templateId"))

    @property
    def state(self) -> str:
        """The state in the API's spelling, or as in the record if it is not documented."""
        state = to_text(self.record.get("state"))
        return known if (known := normalize_state(state)) in _STATES else state

    @property
    def short_state(self) -> str:
        """The state without its prefix."""
        return self.state.removeprefix(STATE_PREFIX)

    @property
    def finished(self) -> bool:
        """Whether the state is terminal; an unknown state counts as terminal if the job has an end time."""
        return self.state in TERMINAL or (self.state not in _STATES and self.ended_at is not None)

    @property
    def created_at(self) -> datetime | None:
        """When the draft was created."""
        return to_set_time(self.record.get("createdAt"))

    @property
    def start_at(self) -> datetime | None:
        """When it is scheduled to start."""
        return to_set_time(self.record.get("startAt"))

    @property
    def started_at(self) -> datetime | None:
        """When the run was accepted."""
        return to_set_time(self.record.get("startedAt"))

    @property
    def ended_at(self) -> datetime | None:
        """When it completed or failed; 2023 records call it `completedAt` [R]."""
        return to_set_time(self.record.get("endedAt")) or to_set_time(self.record.get("completedAt"))

    @property
    def deleted_at(self) -> datetime | None:
        """When it was soft-deleted."""
        return to_set_time(self.record.get("deletedAt"))

    @property
    def duration(self) -> float | None:
        """Seconds since the start, not since creation [U]."""
        return to_duration(self.record.get("duration"))

    @property
    def error_message(self) -> str:
        """Why it failed, in ByteNite's words."""
        return to_text(self.record.get("errorMessage"))

    @property
    def destination(self) -> str:
        """The kind of the data destination, such as `bucket` or `s3`."""
        return to_text(get_path(self.record, "dataDestination.dataSourceDescriptor"))

    @property
    def state_times(self) -> dict[str, datetime]:
        """When each state was entered; the keys are normalized, because their spelling is undocumented."""
        stamps = self.record.get("stateTimestamps")
        if not isinstance(stamps, Mapping):
            return {}
        times = ((normalize_state(key), to_set_time(value)) for key, value in stamps.items())
        return {key: time for key, time in times if time}


AnyRecord = TypeVar("AnyRecord")


@dataclass(frozen=True)  # no slots: an instance of a generic alias could not store its type argument
class RecordPage(Generic[AnyRecord]):
    """One page of an answer.

    Attributes:
        jobs: The rows that are records.
        total: The number of rows on all pages, or None if the answer does not say.
        has_next: Whether ByteNite says that there are more.
        unreadable: The number of rows that are not JSON objects.
        served_at: When the answer was made by ByteNite's clock, to the second; None if it does not say.
    """

    jobs: list[AnyRecord] = field(repr=False)  # records may hold secrets
    total: int | None
    has_next: bool
    unreadable: int = 0
    served_at: datetime | None = None

    @property
    def received(self) -> int:
        """The number of rows received, readable or not."""
        return len(self.jobs) + self.unreadable

    def more_after(self, end: int) -> bool:
        """Whether there may be rows after position `end`, at which this page ends."""
        return self.received > 0 and (self.has_next or self.total is None or end < self.total)


JobPage = RecordPage[Record]


def is_usable_id(job_id: str) -> bool:
    """Whether an id is one path segment; `quote` would leave `.` and `..` as they are."""
    return (
        1 <= len(job_id) <= 200
        and job_id not in (".", "..")
        and job_id.isprintable()
        and not set(job_id) & set("/\\?#%")
    )


def check_id(job_id: str) -> str:
    """Return the id if it is one path segment.

    Raises:
        UnusableId: It is not, and could reach another route.
    """
    if not is_usable_id(job_id):
        raise UnusableId
    return job_id


def to_text(value: object) -> str:
    """Return a string as it is, and "" for any other value."""
    return value if isinstance(value, str) else ""


def normalize_state(key: str) -> str:
    """Convert a state to the API's spelling, whatever its case, prefix or separators."""
    words = re.sub(r"[\s-]+", "_", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", key.strip())).upper()
    return words if words.startswith(STATE_PREFIX) else f"{STATE_PREFIX}{words}"
