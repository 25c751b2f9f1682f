"""Keeps the table up to date: starts readings, shares them between callers, and limits how long callers wait."""

import time
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from functools import partial

import anyio

from bytenite_mcp.api.errors import ByteNiteError, TimedOut
from bytenite_mcp.privacy.door import CleanClient
from bytenite_mcp.table.background import Background, Share, Task, Turns
from bytenite_mcp.table.errors import TableFull, TableLost
from bytenite_mcp.table.intake import Intake
from bytenite_mcp.table.news import News
from bytenite_mcp.table.reading import Reading
from bytenite_mcp.table.snapshot import Snapshot
from bytenite_mcp.table.status import FULL, LATE, READ_AGAIN, TableStatus
from bytenite_mcp.table.store import Store

LONGEST_WAIT, ANSWER_TIME = 20.0, 2.0
"""Seconds that a question waits for the table, and seconds before the call's deadline reserved for its answer."""

AGAIN_AFTER_FAILURE = 5.0
"""Seconds after which a question should be repeated if reading failed."""

SOON = 1.0
"""Seconds after which a question should be repeated if reading goes on only while it waits."""

Progress = Callable[[int, int | None], Awaitable[None]]
"""Called with the number of jobs read, and of all jobs if that is known."""


class Reader:
    """Keeps a table of all jobs of one client: reads all of them once, and then only changes.

    Readings run in the background, so that a cancelled caller does not end what others wait for.

    Args:
        client: The client of the account.
        background: Runs the readings of all tables; it must have been entered.
        longest_wait: Seconds that a question waits.
        clock: A monotonic clock in seconds.
        sleep: Sleeps for a number of seconds.

    Attributes:
        store: The table.
    """

    def __init__(
        self,
        client: CleanClient,
        background: Background,
        *,
        longest_wait: float = LONGEST_WAIT,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
    ) -> None:
        self.store = Store()
        self.intake = Intake(client, self.store, clock)
        self._client = client
        self._background = background
        self._longest_wait = longest_wait
        self._clock = clock
        self._sleep = sleep
        self._reading: Reading | None = None
        self._task: Task | None = None
        self._share = Share(background)
        self._turns = Turns(background, self._read_news)

    async def aclose(self) -> None:
        """Cancel all readings, and release the table."""
        if self._task:
            await self._task.cancel()
        await self._turns.cancel()
        self.store.close()
        self._share.note(0)

    async def refresh(self, progress: Progress | None = None) -> TableStatus:
        """Update the table as far as time allows, and return its state.

        Raises:
            ByteNiteError: ByteNite did not answer, or not yet.
        """
        began = anyio.current_time()
        call_ends = anyio.current_effective_deadline() - ANSWER_TIME
        deadline = min(anyio.current_time() + self._longest_wait, call_ends)
        with anyio.CancelScope(deadline=deadline) as waiting:
            for _ in range(2):
                # If the table is lost again, the answer is partial.
                with suppress(TableLost):
                    await self._bring_up_to_date(progress)
                    break
        status = await self._update_status(late=waiting.cancelled_caught)
        if waiting.cancelled_caught and not status.read and status.total is None:
            raise TimedOut(self._client.host, round(anyio.current_time() - began))
        return status

    def amend(self, status: TableStatus) -> TableStatus:
        """Return the status, partial if the list has since been found to lack jobs."""
        snapshot = self.store.snapshot
        return status.lacking_jobs() if snapshot and not snapshot.lists_all else status

    @property
    def _running(self) -> Reading | None:
        """The complete reading that is under way."""
        return None if self._reading is None or self._reading.finished else self._reading

    async def _bring_up_to_date(self, progress: Progress | None) -> None:
        came = self._clock()
        if self.store.snapshot is None:
            await self._follow(progress)
            if self.store.snapshot is None or self.store.snapshot.began >= came:
                return
        try:
            await self._turns.wait()
        except TableFull:
            self._note_full()
        snapshot = self.store.snapshot
        if snapshot is None or snapshot.is_stale(self._clock()) or not snapshot.is_consistent:
            await self._follow(progress)

    async def _follow(self, progress: Progress | None) -> None:
        """Wait until a complete reading has ended, or ByteNite asks for a pause.

        Raises:
            ByteNiteError: The reading got nothing.
        """
        reading, task = self._start_reading()
        with reading.hurried():
            while not reading.finished and reading.paused_until <= self._clock():
                await reading.wait_for_progress()
                if progress:
                    await progress(reading.read, reading.total)
        if reading.finished:
            try:
                await task.wait()
            except ByteNiteError:
                if not reading.read:
                    raise

    def _start_reading(self) -> tuple[Reading, Task]:
        """Start a complete reading, unless one is running."""
        if self._running and self._task:
            return self._running, self._task
        if self.store.snapshot and self.store.snapshot.flaw == FULL:
            self.store.close()
        self._reading = reading = Reading(
            self._client, self.store, self._share, self._clock, self._sleep,
            reads_ahead=self._background.reads_ahead, last=self.store.snapshot,
        )  # fmt: skip
        self._task = task = self._background.start(partial(self._run_reading, reading))
        return reading, task

    async def _run_reading(self, reading: Reading) -> None:
        try:
            await reading.run()
        except TableFull:
            read_in_part = Snapshot(
                reading.began, as_of=reading.as_of, rows=reading.read, total=reading.total
            )
            self.store.conclude(self.store.snapshot or read_in_part)
            self._note_full()
        except TableLost:
            self.store.close()
            raise
        finally:
            snapshot = self.store.snapshot
            self._share.note(snapshot.rows if snapshot else reading.read)
            reading.finish()
            self._reading = None if snapshot else reading

    def _note_full(self) -> None:
        if self.store.snapshot:
            self.store.snapshot.note_full()

    async def _read_news(self) -> None:
        snapshot = self.store.snapshot
        if snapshot:
            for _ in range(2):
                await News(self.intake, snapshot).read()
                if snapshot.is_consistent or not snapshot.up_to_date:
                    break

    async def _update_status(self, late: bool) -> TableStatus:
        if self._running:
            # The reading meets these errors, too.
            with suppress(TableFull, TableLost):
                await self._running.flush()
        snapshot = self.store.snapshot
        latest = snapshot or self._reading
        if latest and latest.served_at:
            await self.store.set_clock(latest.served_at)
        whole = snapshot is not None and snapshot.is_complete
        return TableStatus(
            as_of=latest.as_of if latest else None,
            partial=not whole,
            read=await self.store.count(),
            total=latest.total if latest else None,
            again_in=None if whole else self._again_in(),
            notes=tuple(filter(None, self._notes(late))),
        )

    def _notes(self, late: bool) -> Iterable[str]:
        snapshot, failure = self.store.snapshot, self._task and self._task.failure
        if snapshot:
            yield from snapshot.notes
        if isinstance(failure, ByteNiteError) and not self._running:
            yield f"Not all could be read{' again' if snapshot else ''}: {failure}"
        if late and snapshot:
            yield READ_AGAIN if self._running else LATE

    def _again_in(self) -> float | None:
        if self._running:
            return self._running.time_left if self._background.reads_ahead else SOON
        return None if self.store.snapshot else AGAIN_AFTER_FAILURE
