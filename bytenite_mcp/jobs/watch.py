"""Waiting for a job to change."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

import anyio

from bytenite_mcp.api.errors import ByteNiteError, TimedOut
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
    """

    job: Job
    at: float


@dataclass(frozen=True, slots=True)
class Watched:
    """How waiting for a job ended.

    Attributes:
        job: The job as it was last seen.
        reached: Whether what was waited for has happened.
        age: Seconds since it was last seen; more than a moment where the looks after that failed.
    """

    job: Job
    reached: bool
    age: float


async def watch(
    client: CleanClient,
    job_id: str,
    seconds: float,
    until: Until,
    on_look: Callable[[Job], Awaitable[None]],
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
) -> Watched:
    """Look at a job, less often as time goes, until what is waited for has happened or time runs out.

    Args:
        client: Whose job.
        job_id: Which job.
        seconds: How long to wait; less where the deadline of the call comes first.
        until: What to wait for; a finished job never changes again, so that ends either.
        on_look: Told each time.
        clock: Seconds that only go up.
        sleep: How waiting is done.

    Raises:
        ByteNiteError: The job could not be looked at: not once, or for a reason that will not pass.
    """
    time_left = anyio.current_effective_deadline() - anyio.current_time()
    seconds = min(seconds, time_left - ANSWER_TIME - LAST_LOOK)
    end, pause = clock() + seconds, FIRST_PAUSE
    first: Sighting | None = None
    latest: Sighting | None = None
    with anyio.move_on_after(seconds + LAST_LOOK):
        while True:
            latest = await _look(client, job_id, clock, latest)
            first = first or latest
            await on_look(latest.job)
            if latest.job.finished or (until is Until.CHANGED and latest.job.state != first.job.state):
                return Watched(latest.job, reached=True, age=0.0)
            if (left := end - clock()) <= 0:
                break
            await sleep(min(pause, left))
            pause = min(pause * SLOWER, LONGEST_PAUSE)
    if latest is None:
        raise TimedOut(client.host, max(round(seconds + LAST_LOOK), 0))
    return Watched(latest.job, reached=False, age=clock() - latest.at)


async def _look(
    client: CleanClient, job_id: str, clock: Callable[[], float], latest: Sighting | None
) -> Sighting:
    """Look at the job; a failure that may pass leaves what was seen before."""
    try:
        return Sighting(Job(await client.job(job_id)), clock())
    except ByteNiteError as failure:
        if latest is None or not failure.transient:
            raise
        return latest
