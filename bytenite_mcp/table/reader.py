"""Keeps the table up to date: starts readings, shares them between callers, and limits how long callers wait."""

import time
from collections.abc import Awaitable, Callable, Iterable, Sequence, Set
from contextlib import suppress
from functools import partial

import anyio

from bytenite_mcp.api.errors import ByteNiteError, TimedOut
from bytenite_mcp.api.gather import gather_both
from bytenite_mcp.api.models import to_text
from bytenite_mcp.privacy.door import CleanClient
from bytenite_mcp.privacy.redact import CleanRecord
from bytenite_mcp.table.asking import MOST_ASKED_FOR, ask_for, usable
from bytenite_mcp.table.background import Background, Share, Task, Turns
from bytenite_mcp.table.changes import Changes
from bytenite_mcp.table.errors import TableFull, TableLost
from bytenite_mcp.table.known import Known
from bytenite_mcp.table.lean import find_lean
from bytenite_mcp.table.listing import identify
from bytenite_mcp.table.news import News
from bytenite_mcp.table.reading import FULL, Reading
from bytenite_mcp.table.status import LATE, READ_AGAIN, TableStatus
from bytenite_mcp.table.store import Store
from bytenite_mcp.table.unlisted import find_beyond

LONGEST_WAIT, ANSWER_TIME = 20.0, 2.0
"""Seconds that a question waits for the table, and seconds before the call's deadline reserved for its answer."""

AGAIN_AFTER_FAILURE = 5.0
"""Seconds after which a question should be repeated if reading failed."""

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
        self._generation = self.store.generation
        self._client = client
        self._background = background
        self._longest_wait = longest_wait
        self._clock = clock
        self._sleep = sleep
        self._known: Known | None = None
        self._reading: Reading | None = None
        self._task: Task | None = None
        self._share = Share(background)
        self._turns = Turns(background, self._read_news)
        self._waiting = 0
        self._failure = ""
        self._last: Reading | None = None
        self._entered: dict[int, float] = {}

    async def aclose(self) -> None:
        """Cancel all readings, and release the table."""
        if self._task:
            await self._task.cancel()
        await self._turns.cancel()
        self.store.close()
        self._share.note(0)

    async def put(self, records: Sequence[CleanRecord]) -> Changes:
        """Put records that another request has just returned into the table.

        If all of them lack members that most jobs of the list have, the table's values of these are kept, and new or
        changed jobs are requested one by one or, if they are many, with all others at the next question.

        Raises:
            ByteNiteError: A job could not be requested.
            TableFull: The records do not fit.
            TableLost: The table is gone.
        """
        lacking = self.lacking(records)
        changes = await self._enter(records, self._clock(), lacking)
        fresh = [records[place] for place in changes.fresh]
        if self._known:
            self._known.note_unlisted(fresh, changes)
        if not lacking or not fresh:
            return changes
        ids = usable(to_text(record.get("id")) for record in fresh)
        if len(ids) > MOST_ASKED_FOR:
            if self._known:
                self._known.lacks_members = True
            return changes
        found, _ = await ask_for(self._client, ids)
        await self._enter(found, self._clock())
        return await self._enter(records, self._clock(), lacking)

    def lacking(self, records: Sequence[CleanRecord]) -> Set[str]:
        """Return the members that none of the records has, and most jobs of the list have."""
        about = self._known.reading if self._known else self._reading
        return about.members - set[str]().union(*records) if about and records else frozenset()

    async def _enter(
        self, records: Sequence[CleanRecord], asked_at: float, lacking: Set[str] = frozenset()
    ) -> Changes:
        """Put records into the table; finished jobs that they have unfinished are requested one by one, if few."""
        changes = await self._write(records, asked_at, lacking)
        again = usable(to_text(records[place].get("id")) for place in changes.behind)
        if not 0 < len(again) <= MOST_ASKED_FOR:
            return changes
        asked_again = self._clock()
        found, _ = await ask_for(self._client, again)
        await self._write(found, asked_again, believe=True)
        return await self._write(records, asked_at, lacking)

    async def _write(
        self,
        records: Sequence[CleanRecord],
        asked_at: float,
        lacking: Set[str] = frozenset(),
        *,
        believe: bool = False,
    ) -> Changes:
        while (reading := self._reading) is not None:
            async with reading.entering:
                if reading is self._reading:  # it may have ended meanwhile
                    reading.expect(records, asked_at)
                    return await self.store.put(records, asked_at, lacking, believe=believe)
        if self._known is None:
            self._entered.update(dict.fromkeys(map(identify, records), asked_at))
        return await self.store.put(records, asked_at, lacking, believe=believe)

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
                self._notice_loss()
                with suppress(TableLost):
                    await self._bring_up_to_date(progress)
                    if self.store.generation == self._generation:
                        break
        status = await self._say(late=waiting.cancelled_caught)
        if waiting.cancelled_caught and not status.read and status.total is None:
            raise TimedOut(self._client.host, round(anyio.current_time() - began))
        return status

    async def _bring_up_to_date(self, progress: Progress | None) -> None:
        came = self._clock()
        if self._known is None:
            await self._follow(progress)
            if self._known is None or self._known.reading.began >= came:
                return
        try:
            await self._turns.wait()
        except TableFull:
            if self._known:
                self._known.note_full()
        if self._known is None or self._known.reading.stale or not self._known.is_consistent:
            await self._follow(progress)

    async def _follow(self, progress: Progress | None) -> None:
        """Wait until a complete reading has ended, or ByteNite asks for a pause.

        Raises:
            ByteNiteError: The reading got nothing.
        """
        reading, task = self._start_reading()
        self._waiting += 1
        reading.hurry(somebody_waits=True)
        try:
            while not reading.finished and reading.paused_until <= self._clock():
                await reading.step()
                if progress:
                    await progress(reading.read, reading.total)
            if reading.finished:
                await task.wait()
        except ByteNiteError:
            if not reading.read:
                raise
        finally:
            self._waiting -= 1
            reading.hurry(somebody_waits=self._waiting > 0)

    def _start_reading(self) -> tuple[Reading, Task]:
        """Start a complete reading, unless one is running."""
        if self._reading is None or self._task is None:
            if self._known and self._known.reading.note == FULL:
                self._forget()
            last = self._known
            miscounted, missed = (last.is_miscounted, last.reading.missed) if last else (False, 0)
            reading = Reading(
                self._client, self.store, self._share, self._clock, self._sleep,
                reads_ahead=self._background.reads_ahead, replaces=last is not None, known=self._entered,
                known_missed=missed,
            )  # fmt: skip
            self._entered, self._reading = {}, reading
            self._task = self._background.start(partial(self._run_reading, reading, miscounted))
        return self._reading, self._task

    async def _run_reading(self, reading: Reading, miscounted: bool) -> None:
        generation = self.store.generation
        try:
            rows = await self.store.count() if miscounted else None
            await reading.run()
            if self.store.generation != generation:
                raise TableLost
            lean, beyond = await gather_both(
                partial(find_lean, self._client, self.store), partial(find_beyond, reading)
            )
            # If everything was read only because of the total, and no job was new or gone, the total is unreliable.
            trusts_total = reading.counts and (rows != reading.rows or reading.vanished > 0)
            self._known = Known(reading, trusts_total, lean, lists_all=not (reading.whole and beyond))
            self._generation, self._failure = generation, ""
        except TableFull:
            self._known = self._known or Known(reading)
        except TableLost:
            self._forget()
            raise
        except ByteNiteError as failure:
            self._failure = str(failure)
            raise
        finally:
            self._reading, self._last = None, reading
            if self._known is None:
                self._entered |= dict.fromkeys(reading.met, reading.began) | reading.known
            self._share.note(reading.rows or reading.read)
            reading.finish()

    def _notice_loss(self) -> None:
        """Discard the reading if the table was lost, which any query may cause."""
        if self.store.generation != self._generation:
            self._forget()

    def _forget(self) -> None:
        self.store.close()
        self._generation = self.store.generation
        self._known, self._entered = None, {}

    async def _read_news(self) -> None:
        known = self._known
        if known:
            for _ in range(2):
                read = known.reading
                about = self._clock, read.direction, read.listed, read.accepted
                news = News(self._client, self.store, self._enter, self.put, *about)
                await news.read()
                read.listed, known.news = news.listed, news
                if known.is_consistent or not news.sufficed:
                    break

    async def _say(self, late: bool) -> TableStatus:
        self._notice_loss()
        about = self._known.reading if self._known else self._reading or self._last
        latest = (self._known and self._known.news) or about
        if self._reading:
            await self._reading.flush()
        now = (latest and latest.served_at) or (about and about.served_at)
        if now:
            await self.store.set_clock(now)
        whole = bool(self._known and self._known.is_whole)
        return TableStatus(
            as_of=about.as_of if about else None,
            partial=not whole,
            read=await self.store.count(),
            total=latest.total if latest else None,
            again_in=None if whole else self._again_in(),
            notes=tuple(filter(None, self._notes(late))),
        )

    def amend(self, status: TableStatus) -> TableStatus:
        """Return the status, partial if the list has since been found to lack jobs."""
        return status.lacking_jobs() if self._known and not self._known.lists_all else status

    def _notes(self, late: bool) -> Iterable[str]:
        known, reading = self._known, self._reading
        if known:
            yield from known.notes
        if self._failure and not reading:
            yield f"Not all could be read{' again' if known else ''}: {self._failure}"
        if late and known:
            yield READ_AGAIN if reading else LATE

    def _again_in(self) -> float | None:
        if self._reading:
            return self._reading.time_left
        return None if self._known else AGAIN_AFTER_FAILURE
