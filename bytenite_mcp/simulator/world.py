"""One account of ByteNite in memory: seeded jobs, some of which move with the clock."""

import json
import sqlite3
import weakref
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from importlib.resources import files
from typing import Any

from . import search_sql
from .data_sources import PLANTED
from .generated_jobs import GeneratedJob, generate_jobs, write_json
from .requests import Search
from .times import read_wall_clock, to_nanoseconds, to_sort_key

_TABLE = """CREATE TABLE jobs (
    number INTEGER PRIMARY KEY, id TEXT UNIQUE, state TEXT, templateId TEXT, created TEXT, record TEXT)"""
_KEPT_SEARCHES = 8


def read_captured() -> list[dict[str, Any]]:
    """Read the real answers to ``GET jobs/{id}`` that public material holds, each with its source [R]."""
    text = files(__package__).joinpath("captured.json").read_text(encoding="utf-8")
    return list(json.loads(text))


class World:
    """One account and its jobs.

    The same seed and the same first reading of the clock make the same records, byte for byte.

    Args:
        jobs: How many records, the captured ones among them.
        seed: What the others are drawn from.
        clock: The current time, aware; read again at every request.
        api_key: The key that opens this account.
        name: The account's name in ``info``.
    """

    def __init__(
        self,
        jobs: int = 200,
        seed: int = 0,
        *,
        clock: Callable[[], datetime] = read_wall_clock,
        api_key: str = "demo-key",
        name: str = "simulated",
    ) -> None:
        self.clock, self.api_key, self.name = clock, api_key, name
        self.epoch = clock()
        self._moving: dict[int, tuple[GeneratedJob, int]] = {}
        self._searches: dict[tuple[str, ...], list[int]] = {}
        # Used from one thread at a time: that of the event loop, whichever it is.
        self._database = sqlite3.connect(":memory:", check_same_thread=False)
        # A world ends with the last that holds it: an app, a test, or the process.
        weakref.finalize(self, self._database.close)
        search_sql.add_functions(self._database)
        self._fill(jobs, seed)

    @property
    def now(self) -> int:
        """The clock's time in nanoseconds since 1970."""
        return to_nanoseconds(self.clock())

    @property
    def secrets(self) -> frozenset[str]:
        """Every secret planted in the records."""
        found = (text.split(PLANTED)[1:] for (text,) in self.rows("SELECT record FROM jobs"))
        return frozenset(PLANTED + tail[:24] for tails in found for tail in tails)

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Ask SQL over the jobs as they are now.

        The one table is ``jobs``: ``id``, ``state``, ``templateId``, ``created`` (a key that sorts as
        createdAt does) and ``record`` (the job's JSON text).
        """
        self._refresh()
        return self._database.execute(sql, parameters).fetchall()

    def find_record(self, job_id: str) -> str | None:
        """Find the JSON text of a job by its id."""
        found = self.rows("SELECT record FROM jobs WHERE id = ?", [job_id])
        return str(found[0][0]) if found else None

    def search(self, search: Search, limit: int) -> tuple[int, list[str]]:
        """Count the jobs that match, and give the JSON texts of a page of them."""
        self._refresh()
        numbers = self._find(search)
        page = numbers[search.offset : search.offset + limit]
        ask = "SELECT record FROM jobs WHERE number = ?"
        return len(numbers), [self._database.execute(ask, [number]).fetchone()[0] for number in page]

    def _find(self, search: Search) -> list[int]:
        """Find the jobs that match, in order; kept for the last few searches, or paging would be quadratic."""
        where, values = search_sql.build_where(search.filters)
        order, paths = search_sql.build_order(search.order_by)
        key = (where, order, repr(values + paths))
        if key not in self._searches:
            sql = f"SELECT number FROM jobs WHERE {where} ORDER BY {order}"  # noqa: S608  values are bound
            found = [number for (number,) in self.rows(sql, values + paths)]
            self._searches = dict([*self._searches.items(), (key, found)][-_KEPT_SEARCHES:])
        return self._searches[key]

    def _fill(self, jobs: int, seed: int) -> None:
        self._database.execute(_TABLE)
        self._database.executemany("INSERT INTO jobs VALUES (?, ?, ?, ?, ?, ?)", self._make_rows(jobs, seed))

    def _make_rows(self, jobs: int, seed: int) -> Iterator[tuple[Any, ...]]:
        real = [answer["response"]["job"] for answer in read_captured()][:jobs]
        for number, record in enumerate(real):
            yield _make_row(number, record, write_json(record))
        now = to_nanoseconds(self.epoch)
        for number, job in enumerate(generate_jobs(jobs - len(real), seed, now), start=len(real)):
            if (states := job.count_states(now)) < len(job.timeline):
                self._moving[number] = job, states
            record = job.make_record(states)
            yield _make_row(number, record, job.write(record))

    def _refresh(self) -> None:
        now = self.now
        for number, (job, states) in self._moving.items():
            if (by_now := max(1, job.count_states(now))) != states:
                record = job.make_record(by_now)
                update = "UPDATE jobs SET state = ?, record = ? WHERE number = ?"
                self._database.execute(update, [record["state"], job.write(record), number])
                self._moving[number] = job, by_now
                self._searches.clear()


def _make_row(number: int, record: dict[str, Any], text: str) -> tuple[Any, ...]:
    return number, record["id"], record["state"], record["templateId"], to_sort_key(record["createdAt"]), text
