"""One pass over the list: every row is met, whatever pages, totals and offsets are like, or it says that it is not."""

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

import anyio
import anyio.lowlevel
import httpx
import pytest

from bytenite_mcp.api.errors import (
    ByteNiteError,
    ConnectionLost,
    Forbidden,
    InvalidRequest,
    NotFound,
    ServerFailure,
    TimedOut,
    TooLarge,
    UnreadableAnswer,
)
from bytenite_mcp.privacy.door import CleanClient, CleanPage, Received
from bytenite_mcp.privacy.redact import CleanRecord
from bytenite_mcp.simulator import World
from bytenite_mcp.table.background import Background
from bytenite_mcp.table.evidence import Evidence
from bytenite_mcp.table.listing import AT_HAND, MOST_AT_ONCE, SMALLER_PAGES, Listing
from bytenite_mcp.table.reader import Reader
from tests.conftest import HOST, VirtualTime, answering, client_to
from tests.table.reading import Account, bare_world, held

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def world() -> World:
    """An account that no test changes."""
    return bare_world(1100)


@pytest.mark.parametrize(
    "meanings",
    [
        ("limit-cap-7",), ("limit-cap-50",), ("limit-400-above-10",), ("limit-400-above-100",),
        ("limit-empty-above-100",), ("limit-500-above-100",), ("limit-shrinks",),
        ("limit-above-resets",), ("offset-multiple",), ("offset-multiple-400",), ("offset-beyond-400",),
        ("offset-one-based",), ("empty-404",), ("page-data-null",), ("hasnext-false",), ("hasnext-true",),
        ("hasnext-missing",), ("total-cap-1000",), ("total-zero",), ("total-missing", "hasnext-missing"),
        ("total-page",), ("total-pages",), ("total-remaining",), ("total-off-by-one",), ("total-first-page-only",),
        ("total-cap-1000", "hasnext-false"), ("total-page", "hasnext-false", "limit-cap-50"),
        ("default-by-update",), ("order-ties-unstable",),
    ],
    ids="+".join,
)  # fmt: skip
async def test_every_job_is_read_whatever_pages_and_totals_are_like(
    meanings: tuple[str, ...], world: World
) -> None:
    account = Account(1100, *meanings, world=world)
    async with account.reader() as reader:
        for _ in range(2):
            assert not (await reader.refresh()).partial
            assert await held(reader) == account.ids()


async def test_every_job_is_read_if_many_pages_were_requested_before_it_shows_that_they_cannot_overlap() -> (
    None
):
    account = Account(0, "offset-multiple", world=bare_world(6000))
    async with account.reader() as reader:
        status = await reader.refresh()
    assert (status.partial, status.read) == (False, 6000)


class Listed:
    """An API that lists given rows, from the offset on or always from the first."""

    def __init__(self, *rows: dict[str, Any], ignores_offset: bool = False) -> None:
        self.rows, self.ignores_offset, self.asked = rows, ignores_offset, 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        query = parse_qs(urlsplit(str(request.url)).query)
        start = 0 if self.ignores_offset else int(query["pagination.offset"][0])
        page = self.rows[start : start + 5]
        told = {"total": len(self.rows), "hasNext": self.ignores_offset or start + 5 < len(self.rows)}
        return httpx.Response(200, content=json.dumps({"data": page, "pagination": told}))


async def test_an_offset_that_is_ignored_ends_in_a_partial_table() -> None:
    api = Listed(*[{"id": str(number)} for number in range(1000)], ignores_offset=True)
    async with Background() as background, client_to(answering(api)) as client:
        reader = Reader(CleanClient(client), background)
        status = await reader.refresh()
        assert (status.partial, status.read) == (True, 5)
        assert api.asked < 60
        await reader.aclose()


async def test_ids_may_be_missing_and_used_twice() -> None:
    rows: list[dict[str, Any]] = [
        {"id": "a", "createdAt": f"2026-03-04T15:{minute}:00Z"} for minute in range(59, 49, -1)
    ]
    rows += [{"name": f"nameless {number}"} for number in range(10)]
    async with Background() as background, client_to(answering(Listed(*rows))) as client:
        reader = Reader(CleanClient(client), background)
        for _ in range(2):
            status = await reader.refresh()
            assert (status.partial, status.read) == (False, 20)
        await reader.aclose()


def record(number: int) -> CleanRecord:
    return CleanRecord({"id": str(number), "createdAt": f"2026-03-04T15:{number // 60:02}:{number % 60:02}Z"})


class Rows:
    """A list of rows that can change before any of its pages, and what was taken of it."""

    def __init__(self, rows: list[CleanRecord], cap: int = 7, total: bool = True) -> None:
        self.rows, self.cap, self.total = rows, cap, total
        self.before: dict[int, list[CleanRecord]] = {}
        self.taken: list[CleanRecord] = []
        self.pages = 0

    async def fetch(self, limit: int, offset: int, received: Received) -> CleanPage:
        self.pages += 1
        self.rows = self.before.pop(self.pages, self.rows)
        page = self.rows[offset : offset + min(limit, self.cap)]
        total = len(self.rows) if self.total else None
        return CleanPage(page, total, has_next=offset + len(page) < len(self.rows))

    async def take(self, records: Sequence[CleanRecord], asked_at: float) -> None:
        self.taken += records

    async def list_all(self, most: int = 1000) -> Evidence:
        listing = Listing(self.fetch, self.take, lambda: most, VirtualTime())
        await listing.run()
        return listing.evidence


@pytest.mark.parametrize("total", [True, False])
@pytest.mark.parametrize("cap", [1, 2, 7, 100, 500])
@pytest.mark.parametrize("count", [0, 1, 7, 8, 99, 100, 101, 500, 501])
async def test_every_row_is_taken_once_whatever_the_size_of_pages(count: int, cap: int, total: bool) -> None:
    rows = Rows([record(number) for number in range(count)], cap, total)
    seen = await rows.list_all()
    assert sorted(int(str(one["id"])) for one in rows.taken) == list(range(count))
    assert seen.rows == count
    assert seen.ended
    assert not seen.goes_on
    assert seen.missed == 0
    # Pages of one row do not overlap.
    assert seen.proven or (min(cap, count) == 1 and seen.counted is total)


@pytest.mark.parametrize("page", range(2, 8))
@pytest.mark.parametrize("change", ["added", "removed"])
async def test_rows_that_move_while_they_are_read_are_not_missed_or_the_listing_is_not_proven(
    change: str, page: int
) -> None:
    stays = [record(number) for number in range(40)]
    rows = Rows(stays if change == "added" else [record(50), *stays])
    rows.before[page] = [record(number) for number in range(50, 55)] + stays if change == "added" else stays
    seen = await rows.list_all()
    assert not seen.proven or {str(one["id"]) for one in stays} <= {str(one["id"]) for one in rows.taken}


async def test_no_more_rows_are_read_than_allowed_by_much_and_the_rest_is_told() -> None:
    rows = Rows([record(number) for number in range(100)], cap=10)
    seen = await rows.list_all(most=50)
    assert seen.goes_on
    assert not seen.proven
    assert 50 <= seen.rows < 70


async def test_a_refusal_of_a_later_page_ends_the_list_and_one_of_the_first_is_raised() -> None:
    rows = Rows([record(number) for number in range(10)], total=False)

    async def fetch(limit: int, offset: int, received: Received) -> CleanPage:
        if offset >= 10:
            raise NotFound(404)
        return CleanPage((await rows.fetch(limit, offset, received)).jobs, None, has_next=True)

    listing = Listing(fetch, rows.take, lambda: 1000, VirtualTime())
    await listing.run()
    assert (listing.evidence.rows, listing.evidence.goes_on) == (10, False)

    async def refuse(limit: int, offset: int, received: Received) -> CleanPage:
        raise NotFound(404)

    with pytest.raises(NotFound):
        await Listing(refuse, rows.take, lambda: 1000, VirtualTime()).run()


async def test_pages_are_redacted_while_others_are_requested_eight_at_a_time() -> None:
    rows, requested, redacted = Rows([record(number) for number in range(200)], cap=10), 0, 0
    most_requested = most_under_way = 0

    async def fetch(limit: int, offset: int, received: Received) -> CleanPage:
        nonlocal requested, redacted, most_requested, most_under_way
        requested += 1
        most_requested = max(most_requested, requested)
        await anyio.lowlevel.checkpoint()
        requested -= 1
        await received()
        redacted += 1
        most_under_way = max(most_under_way, requested + redacted)
        for _ in range(5):
            await anyio.lowlevel.checkpoint()
        redacted -= 1
        return await rows.fetch(limit, offset, received)

    await Listing(fetch, rows.take, lambda: 1000, VirtualTime()).run()
    assert len(rows.taken) == 200
    assert (most_requested, most_under_way) == (MOST_AT_ONCE, MOST_AT_ONCE + AT_HAND)


@pytest.mark.parametrize(
    "failure",
    [
        Forbidden(403), InvalidRequest(400), ServerFailure(502), TimedOut(HOST, 10), ConnectionLost(HOST),
        UnreadableAnswer(HOST, "JSON that is cut"), TooLarge(HOST, "more than 32 MiB"),
    ],
    ids=lambda failure: type(failure).__name__,
)  # fmt: skip
async def test_a_first_page_that_fails_is_read_with_a_smaller_limit(failure: ByteNiteError) -> None:
    rows = Rows([record(number) for number in range(90)])

    async def fetch(limit: int, offset: int, received: Received) -> CleanPage:
        if limit > SMALLER_PAGES[-1]:
            raise failure
        return await rows.fetch(limit, offset, received)

    listing = Listing(fetch, rows.take, lambda: 1000, VirtualTime())
    await listing.run()
    assert (listing.evidence.rows, listing.evidence.proven, listing.accepted) == (90, True, SMALLER_PAGES[-1])
