"""Waiting for jobs to change."""

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial

import anyio

from bytenite_mcp.api.errors import ByteNiteError, TimedOut
from bytenite_mcp.api.gather import gather
from bytenite_mcp.privacy.door import CleanClient
from bytenite_mcp.privacy.redact import Job

FIRST_PAUSE, LONGEST_PAUSE, SLOWER = 1.0, 8.0, 1.5
"""Seconds between looks at first and at last, and by how much each pause is longer than the one before."""

LAST_LOOK = 2.0
"""Seconds the look at the end may take beyond the time given."""

ANSWER_TIME = 1.0
"""Seconds before the call's deadline that are kept for its answer."""


class Until(StrEnum):
    """What is waited for."""

    FINISHED = "finished"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Sighting:
    """A job as it was seen.

    Attributes:
        job: The job.
        at: When that was, by the clock of the watch.
        before: Its state when it was first seen.
    """

    job: Job
    at: float
    before: str

    @property
    def changed(self) -> bool:
        """Whether its state is another than at first."""
        return self.job.state != self.before


@dataclass(frozen=True, slots=True)
class Watched:
    """How waiting for jobs ended.

    Attributes:
        sightings: Each job as it was last seen, by the id that was asked for.
        failures: Why some could not be seen, or no longer.
        reached: Whether what was waited for has happened.
        settled: Whether it has, or never will.
        now: When waiting ended, by the clock of the watch.
    """

    sightings: Mapping[str, Sighting]
    failures: Mapping[str, ByteNiteError]
    reached: bool
    settled: bool
    now: float


@dataclass(slots=True)
class Watch:
    """Looks at jobs, less often as time goes, until what is waited for has happened or time runs out.

    Args:
        client: Whose jobs.
        job_ids: Which jobs.
        until: What to wait for: that all are finished, or that one changes; a finished job never changes again.
        on_look: Told of each look.
        clock: Seconds that only go up.
        sleep: How waiting is done.
        before: States in which the jobs were seen earlier, by id; a change is one from these.
    """

    client: CleanClient
    job_ids: Sequence[str]
    until: Until
    on_look: Callable[[Job], Awaitable[None]]
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep
    before: Mapping[str, str] = field(default_factory=dict)
    _sightings: dict[str, Sighting] = field(default_factory=dict, init=False)
    _failures: dict[str, ByteNiteError] = field(default_factory=dict, init=False)

    async def wait(self, seconds: float) -> Watched:
        """Wait so many seconds, or less where the deadline of the call comes first.

        Raises:
            ByteNiteError: No job could be looked at: not once, or for a reason that will not pass.
        """
        time_left = anyio.current_effective_deadline() - anyio.current_time()
        seconds = min(seconds, time_left - ANSWER_TIME - LAST_LOOK)
        end, pause = self.clock() + seconds, FIRST_PAUSE
        with anyio.move_on_after(seconds + LAST_LOOK):
            while True:
                watched = await self.look()
                if len(self._failures) == len(self.job_ids):
                    raise next(iter(self._failures.values()))
                if watched.settled or (left := end - self.clock()) <= 0:
                    break
                await self.sleep(min(pause, left))
                pause = min(pause * SLOWER, LONGEST_PAUSE)
        if not self._sightings:
            raise TimedOut(self.client.host, max(round(seconds + LAST_LOOK), 0))
        return self._conclude()

    async def look(self) -> Watched:
        """Look once; what fails is told, and not raised."""
        await gather([partial(self._look, job_id) for job_id in self._pending])
        return self._conclude()

    def _conclude(self) -> Watched:
        settled = self._changed or not self._pending
        reached = self._changed if self.until is Until.CHANGED else settled and not self._failures
        return Watched(self._sightings, self._failures, reached, settled, self.clock())

    @property
    def _pending(self) -> list[str]:
        """The jobs that may still change."""
        seen = self._sightings
        return [
            job_id
            for job_id in self.job_ids
            if job_id not in self._failures and not (job_id in seen and seen[job_id].job.finished)
        ]

    @property
    def _changed(self) -> bool:
        return self.until is Until.CHANGED and any(seen.changed for seen in self._sightings.values())

    async def _look(self, job_id: str) -> None:
        """Look at a job; a failure that may pass leaves what was seen before."""
        latest = self._sightings.get(job_id)
        try:
            job = Job(await self.client.job(job_id))
        except ByteNiteError as failure:
            if latest is None or not failure.transient:
                self._failures[job_id] = failure
            return
        before = latest.before if latest else self.before.get(job_id, job.state)
        self._sightings[job_id] = Sighting(job, self.clock(), before)
        await self.on_look(job)
