"""One account of ByteNite in memory: seeded jobs, some of which progress with the clock."""

import json
import sqlite3
import weakref
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from importlib.resources import files
from itertools import islice
from typing import Any

from bytenite_mcp.simulator import search_sql
from bytenite_mcp.simulator.data_sources import PLANTED
from bytenite_mcp.simulator.generated_jobs import GeneratedJob, JobGenerator
from bytenite_mcp.simulator.search import AllOf, Json, Record, Search
from bytenite_mcp.simulator.templates import COMPLETE, FAILED, NEW, RUN
from bytenite_mcp.simulator.times import (
    SECOND,
    format_time,
    from_sort_key,
    read_wall_clock,
    to_nanoseconds,
    to_sort_key,
)

_TABLE = """CREATE TABLE jobs (
    number INTEGER PRIMARY KEY, id TEXT UNIQUE, state TEXT, templateId TEXT, created TEXT, record TEXT)"""
_PUT = """INSERT INTO jobs VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (number) DO UPDATE SET
    (id, state, templateId, created, record)
    = (excluded.id, excluded.state, excluded.templateId, excluded.created, excluded.record)"""
_KEPT_SEARCHES = 8
_write_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def read_captured() -> list[Record]:
    """Read the real answers to ``GET jobs/{id}`` from public material, each with its source [R]."""
    text = files(__package__).joinpath("captured.json").read_text(encoding="utf-8")
    return list(json.loads(text))


class World:
    """One account and its jobs, with methods that change them as users and ByteNite would.

    A method that changes a job raises KeyError if the account has no such job. The same seed, start time and
    changes produce the same records, byte for byte.

    Args:
        jobs: The number of records, including the captured ones.
        seed: The seed of the generated records.
        clock: Returns the server's time, aware; called for every request. It may be replaced.
        api_key: The account's API key.

    Attributes:
        epoch: The clock's time when the world was made.
        deleted: The number of deleted jobs.
    """

    def __init__(
        self,
        jobs: int = 200,
        seed: int = 0,
        *,
        clock: Callable[[], datetime] = read_wall_clock,
        api_key: str = "demo-key",
    ) -> None:
        self.clock, self.api_key = clock, api_key
        self.epoch, self.deleted = clock(), 0
        self._generator = JobGenerator(seed, to_nanoseconds(self.epoch))
        self._moving: dict[int, tuple[GeneratedJob, int]] = {}
        self._searches: dict[tuple[str, ...], list[int]] = {}
        # The event loop's thread uses it, which need not be the thread that made it.
        self._database = sqlite3.connect(":memory:", check_same_thread=False)
        # Closed when the world is garbage-collected, because no owner closes it.
        weakref.finalize(self, self._database.close)
        search_sql.add_functions(self._database)
        self._fill(jobs)

    @property
    def now(self) -> int:
        """The clock's time in nanoseconds since 1970."""
        return to_nanoseconds(self.clock())

    @property
    def secrets(self) -> frozenset[str]:
        """All secrets planted in the records."""
        found = (text.split(PLANTED)[1:] for (text,) in self.rows("SELECT record FROM jobs"))
        return frozenset(PLANTED + tail[:24] for tails in found for tail in tails)

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run SQL over the jobs as they are now.

        The only table is ``jobs``, with ``id``, ``state``, ``templateId``, ``created`` (a key that sorts as
        createdAt does) and ``record`` (the job's JSON text).
        """
        self._move()
        return self._database.execute(sql, parameters).fetchall()

    def find_record(self, job_id: str) -> str | None:
        """Find the JSON text of the record of a job."""
        found = self.rows("SELECT record FROM jobs WHERE id = ?", [job_id])
        return str(found[0][0]) if found else None

    def find(self, search: Search) -> list[int]:
        """Return the row numbers of all jobs that match, in order.

        The last few searches are cached, because reading an account page by page would otherwise be quadratic.
        """
        self._move()
        where, values = search_sql.build_where(AllOf(search.filters))
        order, paths = search_sql.build_order(search.order_by)
        key = (where, order, repr(values + paths))
        if key not in self._searches:
            sql = f"SELECT number FROM jobs WHERE {where} ORDER BY {order}"  # noqa: S608  values are bound
            found = [number for (number,) in self.rows(sql, values + paths)]
            self._searches = dict([*self._searches.items(), (key, found)][-_KEPT_SEARCHES:])
        return self._searches[key]

    def read_records(self, numbers: Iterable[int]) -> list[str]:
        """Read the JSON texts of records by row number."""
        select = "SELECT record FROM jobs WHERE number = ?"
        return [self._database.execute(select, [number]).fetchone()[0] for number in numbers]

    def add(self, **members: Json) -> str:
        """Create a draft now, with these members in its record; return its id.

        Raises:
            sqlite3.IntegrityError: There is a job with this id.
        """
        job = self._generator.make_new(self.now)
        record = job.make_record(1) | members
        ((number,),) = self.rows("SELECT coalesce(max(number) + 1, 0) FROM jobs")
        self._put(number, record)
        return str(record["id"])

    def edit(self, job_id: str, **members: Json) -> None:
        """Replace members of a job's record; the job no longer progresses with the clock."""
        number, record = self._take(job_id)
        self._put(number, record | members)

    def run(self, job_id: str) -> None:
        """Run a draft: it enters STARTED now, and stays in it until `finish`."""
        self._enter(job_id, RUN[0], startedAt=format_time(self.now, 9))

    def finish(self, job_id: str, error: str = "") -> None:
        """End a started job now: FAILED with an error, else COMPLETE with a price of 1 BYC."""
        ended = {"endedAt": format_time(self.now, 9), "errorMessage": error}
        self._enter(job_id, FAILED if error else COMPLETE, **ended, paymentAmount=0 if error else 1.0)

    def mark_deleted(self, job_id: str) -> None:
        """Soft-delete a job: set its time of deletion; it stays in every list."""
        self.edit(job_id, deletedAt=format_time(self.now, 9))

    def delete(self, job_id: str) -> None:
        """Delete a job; its id may be used again."""
        number, _ = self._take(job_id)
        self._database.execute("DELETE FROM jobs WHERE number = ?", [number])
        self._searches.clear()
        self.deleted += 1

    def _fill(self, jobs: int) -> None:
        self._database.execute(_TABLE)
        real = [answer["response"]["job"] for answer in read_captured()][:jobs]
        for number, record in enumerate(real):
            self._put(number, record)
        generated = islice(self._generator.make_jobs(), jobs - len(real))
        for number, job in enumerate(generated, start=len(real)):
            if (states := job.count_states(self._generator.epoch)) < len(job.timeline):
                self._moving[number] = job, states
            self._put(number, job.make_record(states))

    def _put(self, number: int, record: Record) -> None:
        """Insert or replace the record of a row."""
        texts = record["id"], record["state"], record["templateId"], to_sort_key(record["createdAt"])
        self._database.execute(_PUT, [number, *texts, _write_json(record)])
        self._searches.clear()

    def _move(self) -> None:
        now = self.now
        for number, (job, states) in self._moving.items():
            if (by_now := max(1, job.count_states(now))) != states:
                self._moving[number] = job, by_now
                self._put(number, job.make_record(by_now))

    def _take(self, job_id: str) -> tuple[int, Record]:
        """Return a job's row number and record, and stop its progress with the clock."""
        found = self.rows("SELECT number, record FROM jobs WHERE id = ?", [job_id])
        if not found:
            raise KeyError(job_id)
        ((number, text),) = found
        self._moving.pop(number, None)
        return number, json.loads(text)

    def _enter(self, job_id: str, state: str, **members: Json) -> None:
        number, record = self._take(job_id)
        times = record.get("stateTimestamps") or {NEW: record["createdAt"]}
        started = to_sort_key(record.get("startedAt"))
        if started and "endedAt" in members:
            members["duration"] = round((self.now - from_sort_key(started)) / SECOND, 2)
        entered = {"state": state, "stateTimestamps": times | {state: format_time(self.now, 9)}}
        self._put(number, record | members | entered)
