"""Polls jobs until they change."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import TypeVar

import anyio

from bytenite_mcp.api.errors import ByteNiteError, TimedOut
from bytenite_mcp.api.gather import gather
from bytenite_mcp.privacy.door import CleanClient
from bytenite_mcp.privacy.redact import Job

T = TypeVar("T")

FIRST_PAUSE, LONGEST_PAUSE, SLOWER = 1.0, 8.0, 1.5
"""The first and the longest pause between polls in seconds, and the factor by which each pause grows."""

LAST_POLL = 2.0
"""Seconds that the last poll may take after the time is up."""

ANSWER_TIME = 1.0
"""Seconds before the call's deadline that are reserved for writing the answer."""


class Until(StrEnum):
    """What to wait for."""

    FINISHED = "finished"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Sighting:
    """A job as last seen.

    Attributes:
        at: When it was seen, by the clock of the event loop.
        before: Its state when it was first seen.
    """

    job: Job
    at: float
    before: str

    @property
    def changed(self) -> bool:
        """Whether its state differs from the first one."""
        return self.job.state != self.before


@dataclass(frozen=True, slots=True)
class Watched:
    """The result of waiting for jobs.

    Attributes:
        sightings: Each job as last seen, by the requested id.
        failures: The errors of jobs that cannot, or can no longer, be fetched, by id.
        reached: Whether the awaited change has happened.
        settled: Whether it has happened or can no longer happen.
        now: When waiting ended, by the clock of the event loop.
    """

    sightings: Mapping[str, Sighting]
    failures: Mapping[str, ByteNiteError]
    reached: bool
    settled: bool
    now: float


@dataclass(slots=True)
class Watch:
    """Polls jobs, with growing pauses, until the awaited change has happened or the time is up.

    Attributes:
        until: Whether to wait until all jobs are finished, or until one of them changes state.
        report: Called with each job that was fetched.
        before: The jobs' states at an earlier time, by id, with which later states are compared.
    """

    client: CleanClient
    job_ids: Sequence[str]
    until: Until
    report: Callable[[Job], Awaitable[None]] | None = None
    before: Mapping[str, str] = field(default_factory=dict)
    _sightings: dict[str, Sighting] = field(default_factory=dict, init=False)
    _failures: dict[str, ByteNiteError] = field(default_factory=dict, init=False)

    async def wait(self, seconds: float) -> Watched:
        """Wait for a number of seconds, or until shortly before the call's deadline.

        Raises:
            ByteNiteError: No job could be fetched even once, or all have failed permanently.
        """
        time_left = anyio.current_effective_deadline() - anyio.current_time()
        seconds = min(seconds, time_left - ANSWER_TIME - LAST_POLL)
        end, pause = anyio.current_time() + seconds, FIRST_PAUSE
        with anyio.move_on_after(seconds + LAST_POLL):
            while True:
                watched = await self.poll()
                if len(self._failures) == len(self.job_ids):
                    raise next(iter(self._failures.values()))
                if watched.settled or (left := end - anyio.current_time()) <= 0:
                    break
                await anyio.sleep(min(pause, left))
                pause = min(pause * SLOWER, LONGEST_PAUSE)
        late = TimedOut(self.client.host, max(round(seconds + LAST_POLL), 0))
        if not self._sightings:
            raise late
        unanswered = [job_id for job_id in self.job_ids if job_id not in self._sightings]
        self._failures = dict.fromkeys(unanswered, late) | self._failures
        return self._conclude()

    async def poll(self) -> Watched:
        """Poll once; failures are returned, not raised."""
        await gather([partial(self._poll, job_id) for job_id in self._pending])
        return self._conclude()

    def _conclude(self) -> Watched:
        settled = self._changed or not self._pending
        reached = self._changed if self.until is Until.CHANGED else settled and not self._failures
        return Watched(
            self._in_order(self._sightings),
            self._in_order(self._failures),
            reached,
            settled,
            anyio.current_time(),
        )

    def _in_order(self, found: Mapping[str, T]) -> dict[str, T]:
        """Sort by the order in which the jobs were asked for; their answers come in any order."""
        return {job_id: found[job_id] for job_id in self.job_ids if job_id in found}

    @property
    def _pending(self) -> list[str]:
        """The ids of the jobs that may still change; a transient failure says nothing about a job."""
        lost = {job_id for job_id, failure in self._failures.items() if not failure.transient}
        finished = {job_id for job_id, seen in self._sightings.items() if seen.job.finished}
        return [job_id for job_id in self.job_ids if job_id not in lost | finished]

    @property
    def _changed(self) -> bool:
        return self.until is Until.CHANGED and any(seen.changed for seen in self._sightings.values())

    async def _poll(self, job_id: str) -> None:
        """Fetch a job; after a transient failure, the last sighting remains."""
        latest = self._sightings.get(job_id)
        try:
            job = Job(await self.client.job(job_id))
        except ByteNiteError as failure:
            if latest is None or not failure.transient:
                self._failures[job_id] = failure
            return
        self._failures.pop(job_id, None)
        before = latest.before if latest else self.before.get(job_id, job.state)
        self._sightings[job_id] = Sighting(job, anyio.current_time(), before)
        if self.report:
            await self.report(job)
