"""Keeps the table up to date: starts readings, shares them between callers, and limits how long callers wait."""

import time
from collections.abc import Awaitable, Callable, Sequence, Set
from contextlib import suppress
from functools import partial

import anyio

from bytenite_mcp.api.errors import ByteNiteError, TimedOut
from bytenite_mcp.api.models import to_text
from bytenite_mcp.privacy.door import CleanClient
from bytenite_mcp.privacy.redact import CleanRecord, Job
from bytenite_mcp.table.asking import MOST_ASKED_FOR, ask_for, usable
from bytenite_mcp.table.changes import Changes
from bytenite_mcp.table.errors import TableFull, TableLost
from bytenite_mcp.table.lean import describe_lean, find_lean
from bytenite_mcp.table.listing import Direction, identify
from bytenite_mcp.table.news import News
from bytenite_mcp.table.reading import FULL, Reading
from bytenite_mcp.table.room import Room, Task, Turns
from bytenite_mcp.table.standing import LATE, READ_AGAIN, UNLISTED, UNORDERED, Standing
from bytenite_mcp.table.store import Store

LONGEST_WAIT, ANSWER_TIME = 20.0, 2.0
"""Seconds that a question waits for the table, and seconds before the call's deadline reserved for its answer."""

AGAIN_AFTER_FAILURE = 5.0
"""Seconds after which a question should be repeated if reading failed."""

Progress = Callable[[int, int | None], Awaitable[None]]
"""Called with the number of jobs read, and of all jobs if that is known."""


class Reader:
    """Keeps a table of all jobs of one client: reads all of them once, and then only changes.

    Readings run in the room's tasks, so that a cancelled caller does not end what others wait for.

    Args:
        client: The client of the account.
        room: The room that all tables share, which must be entered.
        longest_wait: Seconds that a question waits.
        clock: A monotonic clock in seconds.
        sleep: Sleeps for a number of seconds.

    Attributes:
        store: The table.
    """

    def __init__(
        self,
        client: CleanClient,
        room: Room,
        *,
        longest_wait: float = LONGEST_WAIT,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
    ) -> None:
        self.store = Store()
        self._generation = self.store.generation
        self._client = client
        self._room = room
        self._longest_wait = longest_wait
        self._clock = clock
        self._sleep = sleep
        self._read: Reading | None = None
        self._reading: Reading | None = None
        self._task: Task | None = None
        self._news: News | None = None
        self._turns = Turns(room, self._read_news)
        self._waiting = 0
        self._trusts_total = True
        self._lacks_members = False
        self._lean: list[str] = []
        self._lists_all = True
        self._failure = ""
        self._last: Reading | None = None
        self._entered: dict[int, float] = {}

    async def aclose(self) -> None:
        """Cancel all readings, and release the table."""
        if self._task:
            await self._task.cancel()
        await self._turns.cancel()
        self.store.close()
        self._room.note(self, 0)

    async def put(self, records: Sequence[CleanRecord]) -> Changes:
        """Put records that another request has just returned into the table.

        If all of them lack members that most jobs of the list have, the table's values of these are kept, and new or
        changed jobs are requested one by one or, if they are many, with all others at the next question.

        Raises:
            ByteNiteError: A job could not be requested.
            TableFull: The records do not fit.
            TableLost: The table is gone.
        """
        about = self._read or self._reading
        members = about.members if about else frozenset[str]()
        lacking = members - set[str]().union(*records) if records else set[str]()
        changes = await self._enter(records, self._clock(), lacking)
        self._note_unlisted([records[place] for place in changes.fresh], changes)
        if not lacking or not changes.fresh:
            return changes
        ids = usable(to_text(records[place].get("id")) for place in changes.fresh)
        if len(ids) > MOST_ASKED_FOR:
            self._lacks_members = True
            return changes
        found, _ = await ask_for(self._client, ids)
        await self._enter(found, self._clock())
        return await self._enter(records, self._clock(), lacking)

    def _note_unlisted(self, fresh: Sequence[CleanRecord], changes: Changes) -> None:
        """Record whether new jobs existed when everything was read, so that the list must lack some."""
        read = self._read
        if read and read.whole and read.as_of:
            created = [Job(record).created_at for record in fresh]
            old = sum(time is not None and time < read.as_of for time in created)
            self._lists_all = self._lists_all and old <= changes.replaced

    async def _enter(
        self, records: Sequence[CleanRecord], asked_at: float, lacking: Set[str] = frozenset()
    ) -> Changes:
        while (reading := self._reading) is not None:
            async with reading.entering:
                if reading is self._reading:  # it may have ended meanwhile
                    reading.expect(records, asked_at)
                    return await self.store.put(records, asked_at, lacking)
        if self._read is None:
            self._entered.update(dict.fromkeys(map(identify, records), asked_at))
        return await self.store.put(records, asked_at, lacking)

    async def refresh(self, progress: Progress | None = None) -> Standing:
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
        standing = await self._say(late=waiting.cancelled_caught)
        if waiting.cancelled_caught and not standing.read and standing.total is None:
            raise TimedOut(self._client.host, round(anyio.current_time() - began))
        return standing

    async def _bring_up_to_date(self, progress: Progress | None) -> None:
        came = self._clock()
        if self._read is None:
            await self._follow(progress)
            if self._read is None or self._read.began >= came:
                return
        try:
            await self._turns.wait()
        except TableFull:
            if self._read:
                self._read.whole, self._read.note = False, FULL
        if self._read is None or self._read.stale or not self._is_consistent:
            await self._follow(progress)

    @property
    def _is_consistent(self) -> bool:
        """Whether ByteNite's total changed only by the jobs that were read since."""
        read, news = self._read, self._news
        if not read or not read.whole or not news:
            return True
        return news.sufficed and not self._lacks_members and not self._is_miscounted

    @property
    def _is_miscounted(self) -> bool:
        """Whether ByteNite's total shows that the table differs from the list."""
        read, news = self._read, self._news
        if not self._trusts_total or not read or not news or None in (read.gap, news.gap):
            return False
        return read.gap != news.gap

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
            if not self._waiting and not self._room.reads_ahead:
                await task.cancel()

    def _start_reading(self) -> tuple[Reading, Task]:
        """Start a complete reading, unless one is running."""
        if self._reading is None or self._task is None:
            if self._read and self._read.note == FULL:
                self._forget()
            miscounted, missed = self._is_miscounted, self._read.missed if self._read else 0
            most, replaces, known = self._room.limit(self), self._read is not None, self._entered
            reading = Reading(
                self._client, self.store, most, self._clock, self._sleep, replaces, known, known_missed=missed
            )
            self._entered, self._reading = {}, reading
            self._task = self._room.start(partial(self._run_reading, reading, miscounted))
        return self._reading, self._task

    async def _run_reading(self, reading: Reading, miscounted: bool) -> None:
        generation = self.store.generation
        try:
            rows = await self.store.count() if miscounted else None
            async with self._room.readings:
                await reading.run()
            if self.store.generation != generation:
                raise TableLost
            # If everything was read only because of the total, and nothing new was found, the total is unreliable.
            self._trusts_total = rows != reading.rows
            self._generation, self._read, self._news = generation, reading, None
            self._failure, self._lacks_members = "", False
            self._lists_all, self._lean = True, await find_lean(self._client, self.store)
        except TableFull:
            self._read = self._read or reading
        except TableLost:
            self._forget()
            raise
        except ByteNiteError as failure:
            self._failure = str(failure)
            raise
        finally:
            self._reading, self._last = None, reading
            if self._read is None:
                self._entered |= dict.fromkeys(reading.met, reading.began) | reading.known
            self._room.note(self, reading.rows or reading.read)
            reading.finish()

    def _notice_loss(self) -> None:
        """Discard the reading if the table was lost, which any query may cause."""
        if self.store.generation != self._generation:
            self._forget()

    def _forget(self) -> None:
        self.store.close()
        self._generation = self.store.generation
        self._read, self._news, self._entered = None, None, {}

    async def _read_news(self) -> None:
        read = self._read
        if read:
            for _ in range(2):
                about = self._clock, read.direction, read.listed
                news = News(self._client, self.store, self._enter, self.put, *about)
                await news.read()
                read.listed, self._news = news.listed, news
                if self._is_consistent:
                    break

    async def _say(self, late: bool) -> Standing:
        self._notice_loss()
        about = self._read or self._reading or self._last
        news = self._news if self._read else None
        latest = news or about
        if self._reading:
            await self._reading.flush()
        now = (latest and latest.served_at) or (about and about.served_at)
        if now:
            await self.store.set_clock(now)
        whole = self._is_whole
        return Standing(
            as_of=about.as_of if about else None,
            partial=not whole,
            read=await self.store.count(),
            total=latest.total if latest else None,
            again_in=None if whole else self._again_in(),
            note=". ".join(self._notes(late)),
        )

    @property
    def _is_whole(self) -> bool:
        return bool(self._read and self._read.whole and self._lists_all and not self._lean)

    def amend(self, standing: Standing) -> Standing:
        """Return the standing, partial if the list has since been found to lack jobs."""
        return standing if self._lists_all else standing.lacking_jobs()

    def _notes(self, late: bool) -> list[str]:
        read, reading = self._read, self._reading
        unordered = read and read.whole and read.direction is Direction.NONE
        failed = self._failure and not reading
        notes = [
            read.note if read else "",
            UNORDERED if unordered else "",
            describe_lean(self._lean) if self._lean else "",
            "" if self._lists_all else UNLISTED,
            f"Not all could be read{' again' if read else ''}: {self._failure}" if failed else "",
            (READ_AGAIN if reading else LATE) if late and read else "",
        ]
        return [note for note in notes if note]

    def _again_in(self) -> float | None:
        if self._reading:
            return self._reading.time_left
        return None if self._read else AGAIN_AFTER_FAILURE
