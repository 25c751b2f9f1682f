"""A wait for jobs that outlives a call: its whole state is a text, so that any process can continue it."""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Self

from bytenite_mcp.api.models import STATE_PREFIX
from bytenite_mcp.jobs.find import Finder
from bytenite_mcp.jobs.watch import Until, Watch, Watched
from bytenite_mcp.privacy.redact import Job
from bytenite_mcp.table.errors import TableFull, TableLost
from bytenite_mcp.table.usual import read_siblings

LONGEST_TEXT = 128
"""The most characters of the text, because clients accept no longer ids of tasks."""

SHORTEST_PAUSE, LONGEST_PAUSE, POLLS = 2.0, 60.0, 4
"""The shortest and longest suggested pause in seconds, and the number of polls in the time that is left."""

_TEXT = re.compile(r"(finished|changed)/(\d{13})((?:/[A-Z_]+/[^/\\?#%\s]+)+)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Wait:
    """A wait for jobs.

    Attributes:
        until: Whether to wait until all jobs are finished, or until one changes.
        since: When the wait began, in UTC, to the millisecond.
        before: The jobs' states at that time, by id.
    """

    until: Until
    since: datetime
    before: Mapping[str, str]

    @classmethod
    def begin(cls, until: Until, now: datetime, watched: Watched) -> Self | None:
        """Begin a wait with the jobs as just seen; return None if its text would be too long."""
        since = now.replace(microsecond=now.microsecond // 1000 * 1000)
        wait = cls(until, since, {job_id: seen.before for job_id, seen in watched.sightings.items()})
        return wait if cls.parse(wait.text) == wait else None

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Parse the text of a wait; return None for any other text."""
        match = _TEXT.fullmatch(text)
        if match is None or len(text) > LONGEST_TEXT or not text.isascii() or not text.isprintable():
            return None
        words = match[3].split("/")[1:]
        before = {job_id: STATE_PREFIX + state for state, job_id in zip(words[::2], words[1::2], strict=True)}
        wait = cls(Until(match[1]), datetime.fromtimestamp(int(match[2]) / 1000, UTC), before)
        return wait if wait.text == text else None

    @property
    def text(self) -> str:
        """The wait as text, in printable ASCII if the ids are."""
        states = [f"/{state.removeprefix(STATE_PREFIX)}/{job_id}" for job_id, state in self.before.items()]
        return f"{self.until}/{round(self.since.timestamp() * 1000)}{''.join(states)}"

    async def poll(self, finder: Finder) -> Watched:
        """Fetch the jobs once."""
        return await Watch(finder.client, list(self.before), self.until, before=self.before).poll()

    async def suggest_pause(self, finder: Finder, watched: Watched, now: datetime) -> float:
        """Suggest the seconds until the next poll, from the time until the last job usually ends.

        If the table is not loaded or has no usual time, they depend on the time waited so far.
        """
        estimates = [await _estimate_left(finder, seen.job) for seen in watched.sightings.values()]
        waited = (now - self.since).total_seconds()
        seconds = max((left for left in estimates if left is not None), default=waited)
        return min(max(seconds / POLLS, SHORTEST_PAUSE), LONGEST_PAUSE)


async def _estimate_left(finder: Finder, job: Job) -> float | None:
    """Estimate the seconds until a running job ends; None for others, or if the usual time is unknown."""
    store = finder.reader.store
    if not job.started_at or job.finished or not store.at_hand:
        return None
    # Without the table, only the usual time is unknown.
    with suppress(TableFull, TableLost):
        if usual := (await store.read(partial(read_siblings, record=job.record))).usual:
            # An overdue job is expected to take as long again as it is overdue.
            now = await finder.client.now()
            return abs(usual.seconds - (now - job.started_at).total_seconds())
    return None
