"""Runs readings in the background, within the limits that all tables of a server share."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Self

import anyio
from anyio.abc import TaskGroup

MOST_JOBS = 200_000
READINGS_AT_ONCE = 2
"""The most concurrent complete readings."""


@dataclass(slots=True)
class Task:
    """Work that continues even if the callers that wait for it are cancelled.

    Attributes:
        over: Set when it has ended.
        failure: The error with which it ended, for callers that wait.
    """

    over: anyio.Event = field(default_factory=anyio.Event)
    failure: Exception | None = None
    _scope: anyio.CancelScope = field(default_factory=anyio.CancelScope)

    async def run(self, work: Callable[[], Awaitable[None]]) -> None:
        """Run the work."""
        try:
            with self._scope:
                await work()
        except Exception as failure:  # noqa: BLE001  # for those who wait: here it would end every other task
            self.failure = failure
        finally:
            self.over.set()

    async def wait(self) -> None:
        """Wait for its end; raise the error with which it ended."""
        await self.over.wait()
        if self.failure:
            raise self.failure

    async def cancel(self) -> None:
        """Cancel it, and wait until it has ended."""
        self._scope.cancel()
        with anyio.CancelScope(shield=True):
            await self.over.wait()


class Background:
    """Runs the tasks of tables; it must be entered before a table is read, and left by the task that entered it.

    Args:
        most_jobs: The most jobs of all tables together. With 0, nothing is read while no caller waits.

    Attributes:
        most_jobs: The most jobs of all tables together.
        held: The number of jobs of each table.
        reads_ahead: Whether readings continue while no caller waits.
        readings: Limits concurrent complete readings.
    """

    def __init__(self, most_jobs: int = MOST_JOBS) -> None:
        self.reads_ahead = most_jobs > 0
        self.readings = anyio.Semaphore(READINGS_AT_ONCE)
        self.most_jobs = most_jobs or MOST_JOBS
        self.held: dict[Share, int] = {}
        self._tasks: TaskGroup | None = None

    async def __aenter__(self) -> Self:
        self._tasks = anyio.create_task_group()
        await self._tasks.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._tasks:
            self._tasks.cancel_scope.cancel()
            await self._tasks.__aexit__(None, None, None)

    def start(self, work: Callable[[], Awaitable[None]]) -> Task:
        """Start work as a task.

        Raises:
            RuntimeError: It has not been entered.
        """
        if self._tasks is None:
            raise RuntimeError("enter the background first")
        task = Task()
        self._tasks.start_soon(task.run, work)
        return task


class Share:
    """What one table uses of the limits: a number of jobs and, while it has requests under way, one of the readings.

    Entered for each request; a reading that only waits leaves its place to another.
    """

    def __init__(self, background: Background) -> None:
        self._background = background
        self._requests = 0
        self._entering = anyio.Lock()

    @property
    def limit(self) -> int:
        """The most jobs that the table may have now, given those of the other tables."""
        others = sum(held for share, held in self._background.held.items() if share is not self)
        return max(0, self._background.most_jobs - others)

    def note(self, jobs: int) -> None:
        """Record how many jobs the table has, or will have."""
        self._background.held[self] = jobs
        if not jobs:
            del self._background.held[self]

    async def __aenter__(self) -> None:
        async with self._entering:
            if not self._requests:
                await self._background.readings.acquire()
            self._requests += 1

    async def __aexit__(self, *_: object) -> None:
        self._requests -= 1
        if not self._requests:
            self._background.readings.release()


class Turns:
    """Runs work repeatedly, once at a time; all callers that wait share a turn that begins after they came.

    Args:
        background: Runs it, even if the callers that wait are cancelled.
        work: The work of a turn.
    """

    def __init__(self, background: Background, work: Callable[[], Awaitable[None]]) -> None:
        self._background = background
        self._work = work
        self._current: Task | None = None
        self._next: Task | None = None

    async def wait(self) -> None:
        """Wait for a turn that begins after now; raise the error with which it ended."""
        if self._next is None:
            self._next = self._background.start(partial(self._take_turn, self._current))
        await self._next.wait()

    async def cancel(self) -> None:
        """Cancel the running turn, and the one that waits for it."""
        for turn in (self._next, self._current):
            if turn:
                await turn.cancel()

    async def _take_turn(self, before: Task | None) -> None:
        if before:
            await before.over.wait()
        self._current, self._next = self._next, None
        await self._work()
