"""Waiting for a job to change."""

import time
from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import TYPE_CHECKING

import anyio

from bytenite_mcp.api.errors import TimedOut
from bytenite_mcp.api.models import Job

if TYPE_CHECKING:
    from bytenite_mcp.api.client import Client

FIRST_PAUSE, LONGEST_PAUSE, SLOWER = 1.0, 8.0, 1.5
"""Seconds between looks at first and at last, and by how much each pause is longer than the one before."""


LAST_LOOK = 2.0
"""Seconds the look at the end may take beyond the time given."""


class Until(StrEnum):
    """What is waited for."""

    FINISHED = "finished"
    CHANGED = "changed"


async def watch(
    client: "Client",
    job_id: str,
    seconds: float,
    until: Until,
    on_look: Callable[[Job], Awaitable[None]],
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
) -> tuple[Job, bool]:
    """Look at a job, less often as time goes, until what is waited for has happened or time runs out.

    Args:
        client: Whose job.
        job_id: Which job.
        seconds: How long to wait.
        until: What to wait for; a finished job never changes again, so that ends either.
        on_look: Told each time.
        clock: Seconds that only go up.
        sleep: How waiting is done.

    Returns:
        The job as it was last seen, and whether what was waited for has happened.

    Raises:
        ByteNiteError: The job could not be looked at.
    """
    deadline, pause = clock() + seconds, FIRST_PAUSE
    first: Job | None = None
    seen: Job | None = None
    with anyio.move_on_after(seconds + LAST_LOOK):
        while True:
            seen = Job(await client.job(job_id))
            first = first or seen
            await on_look(seen)
            if seen.finished or (until is Until.CHANGED and seen.state != first.state):
                return seen, True
            if (left := deadline - clock()) <= 0:
                break
            await sleep(min(pause, left))
            pause = min(pause * SLOWER, LONGEST_PAUSE)
    if seen is None:
        raise TimedOut(client.host, seconds)
    return seen, False
