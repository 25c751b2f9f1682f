"""All records, each once, whatever the server's pages are like and whatever happens meanwhile."""

from collections.abc import Callable
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bytenite_mcp.api.errors import ServerFailure
from bytenite_mcp.api.retry import LONGEST_WAIT
from bytenite_mcp.jobs.scan import ANSWER_TIME, AT_ONCE, Scan
from bytenite_mcp.privacy.door import CleanPage
from bytenite_mcp.privacy.redact import CleanRecord
from tests.conftest import as_clean

pytestmark = pytest.mark.anyio


class Server:
    """Rows, newest first, given in pages; something may happen before each answer.

    Args:
        rows: The ids.
        pages: The most rows of each answer in turn, the last for all others.
        counts: Whether answers say how many rows there are.
        tells_next: Whether they say that there are more.
    """

    def __init__(self, rows: int, *pages: int, counts: bool = True, tells_next: bool = True) -> None:
        self.rows = [f"job-{n}" for n in range(rows)]
        self.pages = list(pages)
        self.counts, self.tells_next = counts, tells_next
        self.events: list[Callable[[], None]] = []
        self.asked: list[tuple[int, int]] = []

    async def __call__(self, limit: int, offset: int) -> CleanPage:
        self.asked.append((limit, offset))
        await anyio.lowlevel.checkpoint()
        if self.events:
            self.events.pop(0)()
        most = self.pages.pop(0) if len(self.pages) > 1 else self.pages[0]
        end = offset + min(limit, most)
        total, more = len(self.rows), end < len(self.rows)
        jobs = as_clean(*[{"id": job_id} for job_id in self.rows[offset:end]])
        return CleanPage(jobs, total if self.counts else None, more and self.tells_next)


class Taken:
    """What a scan handed on."""

    def __init__(self) -> None:
        self.ids: list[Any] = []

    def __call__(self, offset: int, records: list[CleanRecord]) -> None:
        self.ids += [record["id"] for record in records]


async def scanned(server: Any, most: int = 20_000) -> tuple[Scan, list[Any]]:
    taken = Taken()
    scan = Scan(server, taken, most)
    await scan.run()
    assert len(taken.ids) == len(set(taken.ids)) == scan.read
    return scan, taken.ids


@pytest.mark.parametrize("size", [1, 7, 20, 1000, 5000])
@pytest.mark.parametrize("rows", [0, 1, 7, 99])
async def test_every_record_is_read_once_whatever_page_size_the_server_allows(size: int, rows: int) -> None:
    server = Server(rows, size)
    scan, ids = await scanned(server)
    assert sorted(ids) == sorted(server.rows)
    assert scan.complete
    assert scan.total == rows
    assert len(server.asked) == max(1, -(-rows // min(size, 1000)))


async def test_ten_thousand_records_take_ten_requests() -> None:
    server = Server(10_000, 1000)
    scan, ids = await scanned(server)
    assert len(ids) == 10_000
    assert scan.complete
    assert len(server.asked) == 10


async def test_pages_are_fetched_together_but_not_too_many() -> None:
    server, under_way, most = Server(500, 10), 0, 0

    async def fetch(limit: int, offset: int) -> CleanPage:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        for _ in range(5):
            await anyio.lowlevel.checkpoint()
        page = await server(limit, offset)
        under_way -= 1
        return page

    scan, _ = await scanned(fetch)
    assert scan.complete
    assert most == AT_ONCE


async def test_a_page_that_is_shorter_than_the_first_is_asked_on() -> None:
    server = Server(100, 40, 3, 1, 40, 2)
    scan, ids = await scanned(server)
    assert sorted(ids) == sorted(server.rows)
    assert scan.complete


@pytest.mark.parametrize(("counts", "tells_next"), [(False, True), (True, False), (False, False)])
async def test_a_server_that_says_less_is_read_to_its_end(counts: bool, tells_next: bool) -> None:
    server = Server(45, 10, counts=counts, tells_next=tells_next)
    scan, ids = await scanned(server)
    assert sorted(ids) == sorted(server.rows)
    assert scan.complete
    assert len(server.asked) <= 6


async def test_rows_that_move_down_are_not_read_twice() -> None:
    server = Server(50, 10)
    server.events = [
        lambda: None,
        lambda: server.rows.insert(0, "new-1"),
        lambda: server.rows.insert(0, "new-2"),
    ]
    scan, ids = await scanned(server)
    assert set(ids) >= {f"job-{n}" for n in range(50)}
    assert scan.complete


async def test_rows_that_move_up_past_the_reader_are_read_after_all() -> None:
    server = Server(50, 10)
    server.events = [lambda: None, lambda: server.rows.__delitem__(slice(0, 5))]
    scan, ids = await scanned(server)
    assert set(ids) >= set(server.rows)
    assert scan.complete


async def test_rows_that_go_and_others_that_come_leave_no_gap_unseen() -> None:
    """As many come as go, so that only the fall in between tells."""
    server = Server(50, 10)
    server.events = [
        lambda: None,
        lambda: server.rows.__delitem__(slice(0, 5)),
        lambda: None,
        lambda: server.rows.__setitem__(slice(0, 0), [f"new-{n}" for n in range(5)]),
    ]
    scan, ids = await scanned(server)
    assert set(ids) >= {f"job-{n}" for n in range(5, 50)}
    assert scan.complete


async def test_an_account_that_never_stands_still_is_said_to_be_read_in_part() -> None:
    server = Server(500, 10)
    server.events = [lambda: server.rows.__delitem__(0) for _ in range(400)]
    scan, _ = await scanned(server)
    assert not scan.complete


async def test_a_scan_stops_at_its_limit_and_says_so() -> None:
    server = Server(500, 40)
    scan, ids = await scanned(server, most=100)
    assert ids[:40] == server.rows[:40]
    assert sorted(ids) == sorted(server.rows[:100])
    assert not scan.complete
    assert scan.total == 500


@pytest.mark.parametrize("counts", [True, False])
async def test_a_scan_whose_limit_is_just_enough_is_complete_if_the_server_counts(counts: bool) -> None:
    scan, ids = await scanned(Server(100, 40, counts=counts), most=100)
    assert len(ids) == 100
    assert scan.complete is counts


async def test_a_server_that_gives_the_same_page_again_and_again_is_not_believed() -> None:
    async def fetch(limit: int, offset: int) -> CleanPage:
        return CleanPage(as_clean(*[{"id": f"job-{n}"} for n in range(20)]), 100, True)

    scan, ids = await scanned(fetch, most=1000)
    assert len(ids) == 20
    assert not scan.complete


async def test_a_server_that_ignores_the_limit_is_read_all_the_same() -> None:
    server = Server(95, 30)
    scan, ids = await scanned(lambda limit, offset: server(1000, offset), most=90)
    assert len(ids) >= 90
    assert not scan.complete
    scan, ids = await scanned(lambda limit, offset: server(1000, offset))
    assert len(ids) == 95
    assert scan.complete


async def test_rows_that_cannot_be_told_apart_are_counted_as_unreadable() -> None:
    odd = as_clean({"id": None}, {}, {"id": ""}, {"id": 5}, {"id": "a"})

    async def fetch(limit: int, offset: int) -> CleanPage:
        return CleanPage(odd, 7, False, unreadable=2)

    scan, ids = await scanned(fetch)
    assert ids == ["a"]
    assert scan.unreadable == 6
    assert scan.complete


async def test_a_scan_ends_before_the_deadline_of_its_call_with_what_it_has_read() -> None:
    server = Server(100, 10)

    async def fetch(limit: int, offset: int) -> CleanPage:
        if len(server.asked) > 3:
            await anyio.sleep_forever()
        return await server(limit, offset)

    with anyio.fail_after(ANSWER_TIME + 0.05):
        scan, ids = await scanned(fetch)
    assert len(ids) == 40
    assert not scan.complete


async def test_a_scan_that_reads_nothing_in_time_does_not_pass_for_an_empty_account() -> None:
    async def fetch(limit: int, offset: int) -> CleanPage:
        await anyio.sleep_forever()
        raise AssertionError

    with anyio.fail_after(ANSWER_TIME + 0.05) as call, pytest.raises(TimeoutError):
        await scanned(fetch)
    assert not call.cancel_called


async def test_progress_is_told_after_each_page() -> None:
    told: list[tuple[int, int | None]] = []

    async def progress(read: int, total: int | None) -> None:
        told.append((read, total))

    await Scan(Server(50, 10), Taken(), 1000, progress).run()
    assert len(told) == 5
    assert told[-1] == (50, 50)
    assert sorted(told) == told


async def test_a_page_that_cannot_be_had_ends_the_scan() -> None:
    server = Server(50, 10)

    def fail() -> None:
        raise ServerFailure(500)

    server.events = [lambda: None, lambda: None, fail]
    with pytest.raises(ServerFailure):
        await scanned(server)


@st.composite
def servers(draw: st.DrawFn) -> Server:
    """A server on which rows come at the top and go anywhere while it is read."""
    rows = draw(st.integers(0, 60))
    server = Server(
        rows, *draw(st.lists(st.integers(1, 25), min_size=1, max_size=5)), tells_next=draw(st.booleans())
    )
    server.counts = draw(st.booleans()) if server.tells_next else True
    came = iter(range(1000))

    def come() -> None:
        server.rows.insert(0, f"new-{next(came)}")

    def going(place: int) -> Callable[[], None]:
        return lambda: server.rows.__delitem__(place % len(server.rows)) if server.rows else None

    happenings = st.sampled_from([come, lambda: None]) | st.integers(0, 60).map(going)
    server.events = draw(st.lists(happenings, max_size=12))
    return server


@given(servers())
async def test_no_record_that_is_there_all_along_is_missed_unless_that_is_said(server: Server) -> None:
    before = set(server.rows)
    scan, ids = await scanned(server)
    there_all_along = before & set(server.rows)
    if server.counts:
        assert there_all_along <= set(ids) or not scan.complete
    assert len(server.asked) < 200


@given(st.integers(0, 60), st.lists(st.integers(1, 25), min_size=1, max_size=5), st.booleans(), st.booleans())
async def test_on_a_quiet_server_all_is_read_and_that_is_said(
    rows: int, pages: list[int], counts: bool, tells_next: bool
) -> None:
    server = Server(rows, *pages, counts=counts, tells_next=tells_next)
    scan, ids = await scanned(server)
    assert sorted(ids) == sorted(server.rows)
    assert scan.complete


async def test_a_page_that_cannot_be_had_in_time_leaves_what_was_read() -> None:
    server = Server(50, 10)

    def fail() -> None:
        raise ServerFailure(500)

    server.events = [lambda: None, lambda: None, fail]
    with anyio.fail_after(ANSWER_TIME + LONGEST_WAIT / 2):
        scan, ids = await scanned(server)
    assert ids
    assert not scan.complete
