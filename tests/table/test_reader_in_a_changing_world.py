"""An account that changes between and during requests, with any API: the table is right, or is said not to be."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bytenite_mcp.api.errors import NoSuchRoute
from bytenite_mcp.simulator import World
from bytenite_mcp.simulator.app import ReceivedRequest
from bytenite_mcp.table.status import TableStatus
from tests.table.reading import Account, held

pytestmark = pytest.mark.anyio

KINDS = (
    "", "default-oldest-first", "default-by-id", "default-by-update", "order-ties-unstable", "hasnext-false",
    "hasnext-true", "total-zero", "total-cap-1000", "total-counts-deleted", "total-estimate", "total-page",
    "limit-400-above-100", "offset-multiple", "offset-multiple-400", "empty-404",
    "filters-ignored", "id-filter-ignored", "filter-403", "route-hides-unfinished",
)  # fmt: skip

Change = Callable[[World, str], Any]
CHANGES: dict[str, Change] = {
    "add": lambda world, _: world.add(),
    "edit": lambda world, job_id: world.edit(job_id, name=f"edited {world.now}"),
    "run": lambda world, job_id: world.run(job_id),
    "finish": lambda world, job_id: world.finish(job_id),
    "start again": lambda world, job_id: world.edit(job_id, state="JOB_STATE_MERGING"),
    "fail": lambda world, job_id: world.finish(job_id, "out of memory"),
    "delete": lambda world, job_id: world.delete(job_id),
    "use again": lambda world, job_id: world.delete(job_id) or world.add(id=job_id),  # type: ignore[func-returns-value]
    "mark": lambda world, job_id: world.mark_deleted(job_id),
}

changes = st.lists(st.tuples(st.sampled_from(list(CHANGES)), st.integers(0, 99)), max_size=3)
Step = list[tuple[str, int]]
Job = tuple[str, str, str, str]


class Changing:
    """An account that changes before each request, and its history.

    Attributes:
        was: What its jobs were, as id, name, state and creation, at each moment.
    """

    def __init__(self, jobs: int, page: int, kind: str, steps: list[Step]) -> None:
        self.account = Account(jobs, *filter(None, [kind]), max_page=page)
        self.account.on_request = self._change
        self._steps = iter(steps)
        self.was: list[tuple[datetime, set[Job]]] = []
        self.look()

    async def _change(self, _: ReceivedRequest) -> None:
        self.account.time.seconds += 1
        for change, place in next(self._steps, []):
            ids = self.account.ids()
            if ids or change == "add":
                CHANGES[change](self.account.world, ids[place % len(ids)] if ids else "")
        self.look()

    def pass_time(self, seconds: float) -> None:
        self.account.time.seconds += seconds
        self.look()

    def look(self) -> None:
        names = self.account.world.rows(
            "SELECT id, coalesce(json_extract(record, '$.name'), ''), substr(state, 11), created FROM jobs"
        )
        self.was.append((self.account.now(), set(names)))

    def check(self, status: TableStatus, rows: list[tuple[str, str, str, datetime]]) -> None:
        """Check that a complete table is right; the id of a removed job may have been used again."""
        assert status.as_of
        earlier = [moment for moment, _ in self.was if moment <= status.as_of]
        since = [jobs for moment, jobs in self.was if moment >= earlier[-1]]
        ever = {job[:3] for job in set.union(*since)}
        always = {
            job_id for job_id, _ in set.intersection(*({(job[0], job[3]) for job in jobs} for jobs in since))
        }
        assert {(job_id, name, state) for job_id, name, state, _ in rows} <= ever
        assert always <= {job_id for job_id, *_ in rows}
        assert len({(job_id, created) for job_id, *_, created in rows}) == len(rows)


@settings(max_examples=settings().max_examples // 7, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.integers(0, 40),
    st.sampled_from([3, 7, 1000]),
    st.sampled_from(KINDS),
    st.lists(changes, max_size=60),
    st.lists(st.sampled_from([0, 5, 61]), min_size=1, max_size=4),
)
async def test_a_table_that_says_it_is_whole_is_true(
    jobs: int, page: int, kind: str, steps: list[Step], waits: list[int]
) -> None:
    changing = Changing(jobs, page, kind, steps)
    async with changing.account.reader() as reader:
        for wait in waits:
            changing.pass_time(wait)
            try:
                status = await reader.refresh()
            except NoSuchRoute:
                assert (kind, changing.account.ids()) == ("empty-404", [])
                continue
            if not status.partial:
                changing.check(status, await held(reader, "id, coalesce(name, ''), state, createdAt"))
