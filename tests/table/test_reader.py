"""All jobs are read once, then only changes: what questions wait for and share, and what they say of the table."""

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import anyio
import httpx
import pytest

from bytenite_mcp.api.errors import ServerFailure
from bytenite_mcp.privacy.door import CleanClient
from bytenite_mcp.simulator.app import ReceivedRequest
from bytenite_mcp.table.reader import ANSWER_TIME, Reader
from bytenite_mcp.table.reading import FRESH_FOR, FULL, MOVING
from bytenite_mcp.table.room import Room
from bytenite_mcp.table.standing import UNORDERED
from tests.conftest import NOW, answering, as_clean, client_to

from .reading import Account, held

pytestmark = pytest.mark.anyio


async def test_the_first_question_reads_every_job_and_a_further_one_asks_for_the_news_alone() -> None:
    account = Account(1200)
    async with account.reader() as reader:
        standing = await reader.refresh()
        assert await held(reader) == account.ids()
        assert (standing.partial, standing.read, standing.total, standing.note) == (False, 1200, 1200, "")
        assert (standing.as_of, standing.again_in) == (NOW.replace(microsecond=0), None)
        account.forget()
        assert (await reader.refresh()).as_of == standing.as_of
        assert [request.query for request in account.requests] == [
            {"pagination.limit": "100", "pagination.offset": "0"}
        ]


async def test_an_account_without_jobs_is_whole() -> None:
    account = Account(0)
    async with account.reader() as reader:
        standing = await reader.refresh()
        assert (standing.partial, standing.read, standing.total) == (False, 0, 0)
        job_id = account.world.add()
        assert not (await reader.refresh()).partial
        assert await held(reader) == [job_id]


async def test_new_and_changed_jobs_at_the_head_are_read_page_by_page() -> None:
    account = Account(300)
    async with account.reader() as reader:
        await reader.refresh()
        added = [account.world.add() for _ in range(150)]
        account.world.run(added[0])
        account.forget()
        await reader.refresh()
        assert await held(reader) == account.ids()
        assert len(account.requests) == 3
        account.world.finish(added[-1])
        await reader.refresh()
        assert (added[-1], "COMPLETE") in await held(reader, "id, state")


async def test_where_the_oldest_come_first_the_tail_is_read() -> None:
    account = Account(300, "default-oldest-first")
    async with account.reader() as reader:
        await reader.refresh()
        for _ in range(2):
            account.world.add()
            account.forget()
            await reader.refresh()
            assert await held(reader) == account.ids()
            assert len(account.requests) == 1


async def test_where_the_list_is_in_no_order_of_creation_that_is_said_and_a_new_job_is_found_by_the_total() -> (
    None
):
    account = Account(300, "default-by-id")
    async with account.reader() as reader:
        assert (await reader.refresh()).note == UNORDERED
        account.world.add(id="zz")
        assert "zz" not in [request.path for request in account.requests]
        await reader.refresh()
        assert await held(reader) == account.ids()


async def test_a_job_that_is_gone_is_told_by_the_total_and_everything_is_read_again() -> None:
    account = Account(300)
    async with account.reader() as reader:
        first = await reader.refresh()
        account.world.delete(account.ids()[7])
        account.time.seconds += 5
        standing = await reader.refresh()
        assert await held(reader) == account.ids()
        assert standing.as_of
        assert first.as_of
        assert (standing.as_of - first.as_of).total_seconds() == 5


async def test_a_job_that_took_the_place_of_another_is_both_new_and_the_other_gone() -> None:
    account = Account(300)
    async with account.reader() as reader:
        await reader.refresh()
        account.world.delete(account.ids()[7])
        account.world.add()
        await reader.refresh()
        assert await held(reader) == account.ids()


async def test_jobs_that_were_not_settled_are_asked_for_again_after_a_minute_by_one_filter() -> None:
    account = Account(300)
    running = account.find("PARTITIONED")
    account.world.edit(running, createdAt="2025-01-01T00:00:00Z")

    async def take_long(_: ReceivedRequest) -> None:
        account.time.seconds += 10

    account.on_request = take_long
    async with account.reader() as reader:
        await reader.refresh()
        account.on_request = None
        account.world.finish(running, "out of memory")
        account.time.seconds += 40
        await reader.refresh()
        assert (running, "PARTITIONED") in await held(reader, "id, state")
        account.forget()
        account.time.seconds += 11
        await reader.refresh()
        assert (running, "FAILED") in await held(reader, "id, state")
        assert [request.method for request in account.requests].count("POST") == 1
        assert "500" not in [request.query.get("pagination.limit") for request in account.requests]


async def test_everything_is_read_again_after_a_minute() -> None:
    account = Account(300)
    old = account.ids()[0]
    async with account.reader() as reader:
        await reader.refresh()
        account.world.edit(old, name="renamed")
        account.time.seconds += FRESH_FOR + 1
        standing = await reader.refresh()
        assert (old, "renamed") in await held(reader, "id, name")
        assert standing.as_of == account.now().replace(microsecond=0)


async def test_a_question_waits_no_longer_than_its_call_and_reading_goes_on() -> None:
    account, held_back, go_on = Account(1200), anyio.Event(), anyio.Event()

    async def hold(request: ReceivedRequest) -> None:
        if request.query.get("pagination.offset") != "0":
            held_back.set()
            await go_on.wait()

    account.on_request = hold
    async with account.reader() as reader, anyio.create_task_group() as others:
        others.start_soon(reader.refresh)
        await held_back.wait()
        with anyio.fail_after(ANSWER_TIME + 0.1):
            standing = await reader.refresh()
        assert (standing.partial, standing.read, standing.total) == (True, 500, 1200)
        assert standing.again_in is not None
        go_on.set()
        assert not (await reader.refresh()).partial
        assert await held(reader) == account.ids()


async def test_progress_is_told_while_it_is_waited_for() -> None:
    account = Account(1200)
    told: list[tuple[int, int | None]] = []

    async def progress(read: int, total: int | None) -> None:
        told.append((read, total))

    async with account.reader() as reader:
        await reader.refresh(progress)
    assert told[0] == (500, 1200)
    assert told[-1] == (1200, 1200)
    assert told == sorted(told)


async def test_a_call_that_leaves_does_not_end_what_another_waits_for() -> None:
    account, go_on = Account(1200), anyio.Event()

    async def hold(request: ReceivedRequest) -> None:
        if request.query.get("pagination.offset") != "0":
            await go_on.wait()

    account.on_request = hold
    async with account.reader() as reader, anyio.create_task_group() as others:
        leaving = anyio.CancelScope()

        async def leave() -> None:
            with leaving:
                await reader.refresh()

        others.start_soon(leave)
        while not account.requests:
            await anyio.lowlevel.checkpoint()
        others.start_soon(reader.refresh)
        leaving.cancel()
        go_on.set()
        assert not (await reader.refresh()).partial
        assert [request.query["pagination.limit"] for request in account.requests].count("500") == 3


async def test_calls_that_wait_share_the_news_that_are_read_after_they_came() -> None:
    account = Account(100)
    async with account.reader() as reader:
        await reader.refresh()
        account.forget()
        async with anyio.create_task_group() as calls:
            for _ in range(20):
                calls.start_soon(reader.refresh)
        assert len(account.requests) == 1


async def test_what_another_request_brought_while_everything_is_read_again_is_not_lost() -> None:
    account, held_back, go_on = Account(300), anyio.Event(), anyio.Event()
    async with account.reader() as reader:
        await reader.refresh()

        async def hold(request: ReceivedRequest) -> None:
            if request.query.get("pagination.limit") == "500":
                account.on_request = None
                held_back.set()
                await go_on.wait()

        account.on_request = hold
        account.time.seconds += FRESH_FOR + 1
        async with anyio.create_task_group() as calls:
            calls.start_soon(reader.refresh)
            await held_back.wait()
            account.time.seconds += 1
            await reader.put(as_clean({"id": "put", "createdAt": "2026-03-04T15:30:00Z"}))
            go_on.set()
        assert "put" in await held(reader)


async def test_records_that_wait_to_enter_when_a_reading_ends_enter_all_the_same() -> None:
    account = Account(300)
    records = [as_clean({"id": f"put-{n}", "createdAt": "2026-03-04T15:30:00Z"}) for n in range(30)]
    async with account.reader() as reader:
        await reader.refresh()

        async def put_all(request: ReceivedRequest) -> None:
            if request.query.get("pagination.limit") == "500":
                account.on_request = None
                account.time.seconds += 1
                for record in records:
                    calls.start_soon(reader.put, record)

        account.on_request = put_all
        account.time.seconds += FRESH_FOR + 1
        async with anyio.create_task_group() as calls:
            await reader.refresh()
        assert {f"put-{n}" for n in range(30)} <= set(await held(reader))


async def test_a_table_that_another_question_lost_is_read_again() -> None:
    account = Account(300)
    async with account.reader() as reader:
        await reader.refresh()
        reader.store.close()
        await reader.put(as_clean({"id": account.ids()[0], "createdAt": "2026-03-04T15:30:00Z"}))
        standing = await reader.refresh()
        assert (standing.partial, standing.read) == (False, 300)
        assert await held(reader) == account.ids()


@pytest.mark.parametrize(("limit", "replaces"), [("500", False), ("500", True), ("100", True)])
async def test_a_table_that_is_lost_while_it_is_read_is_read_again(limit: str, replaces: bool) -> None:
    account = Account(1200)
    async with account.reader() as reader:

        async def lose(request: ReceivedRequest) -> None:
            offset = request.query.get("pagination.offset")
            if request.query.get("pagination.limit") == limit and (limit == "100" or offset == "980"):
                account.on_request = None
                await reader.store.count()
                reader.store.close()

        if replaces:
            await reader.refresh()
            account.time.seconds += FRESH_FOR + 1 if limit == "500" else 1
        account.on_request = lose
        standing = await reader.refresh()
        assert account.on_request is None
        assert (standing.partial, standing.read) == (False, 1200)
        assert await held(reader) == account.ids()


async def test_a_question_whose_first_page_fails_says_why() -> None:
    account = Account(300)
    account.fail(kind="500")
    async with account.reader() as reader:
        with pytest.raises(ServerFailure):
            await reader.refresh()
        account.heal()
        assert not (await reader.refresh()).partial


async def test_a_reading_that_fails_midway_is_told_and_begun_anew() -> None:
    account = Account(1200)
    account.fail(kind="500", after=1)
    async with account.reader() as reader:
        standing = await reader.refresh()
        assert standing.partial
        assert standing.read == 500
        assert standing.note.startswith("Not all could be read: ")
        account.heal()
        standing = await reader.refresh()
        assert not standing.partial
        assert await held(reader) == account.ids()


async def test_the_bound_on_jobs_holds_for_all_tables_together() -> None:
    one, other = Account(900), Account(900, seed=8)
    async with Room(1000) as room, one.reader(room) as first, other.reader(room) as second:
        assert not (await first.refresh()).partial
        standing = await second.refresh()
        assert standing.partial
        assert standing.read < 900
        assert standing.note == "BYTENITE_MAX_JOBS holds no more"


# What ByteNite's API may be like


@pytest.mark.parametrize(
    "meanings",
    [
        ("limit-cap-7",), ("limit-cap-50",), ("limit-400-above-100",), ("limit-500-above-100",), ("limit-shrinks",),
        ("limit-above-resets",), ("offset-multiple",), ("offset-multiple-400",), ("offset-beyond-400",),
        ("offset-one-based",), ("empty-404",), ("page-data-null",), ("hasnext-false",), ("hasnext-true",),
        ("hasnext-missing",), ("total-cap-1000",), ("total-zero",), ("total-missing", "hasnext-missing"),
        ("total-page",), ("total-pages",), ("total-remaining",), ("total-off-by-one",), ("total-first-page-only",),
        ("total-cap-1000", "hasnext-false"), ("default-by-update",), ("order-ties-unstable",),
    ],
    ids="+".join,
)  # fmt: skip
async def test_every_job_is_read_whatever_pages_and_totals_are_like(meanings: tuple[str, ...]) -> None:
    account = Account(1100, *meanings)
    async with account.reader() as reader:
        for _ in range(2):
            assert not (await reader.refresh()).partial
            assert await held(reader) == account.ids()


async def test_a_total_that_counts_deleted_jobs_is_told_and_read_for_once() -> None:
    account = Account(300, "total-counts-deleted")
    for job_id in account.ids()[:30]:
        account.world.delete(job_id)
    async with account.reader() as reader:
        standing = await reader.refresh()
        assert (standing.partial, standing.read) == (False, 270)
        assert standing.note == "ByteNite counts 300 jobs, and lists 270"
        account.time.seconds += FRESH_FOR + 1
        account.forget()
        await reader.refresh()
        assert [request.query.get("pagination.limit") for request in account.requests].count("500") == 1


async def test_a_total_that_is_never_the_same_is_not_read_for_again_and_again() -> None:
    account = Account(300, "total-estimate")
    async with account.reader() as reader:
        for _ in range(3):
            account.forget()
            assert not (await reader.refresh()).partial
            assert await held(reader) == account.ids()
        assert len(account.requests) == 1


@pytest.mark.parametrize("meaning", ["default-random", "offset-in-pages", "offset-max-10000"])
async def test_what_cannot_be_read_as_a_whole_is_said_to_be_partial(meaning: str) -> None:
    account = Account(10_400 if meaning == "offset-max-10000" else 1100, meaning)
    async with account.reader() as reader:
        standing = await reader.refresh()
        assert standing.partial
        assert standing.note == MOVING
        assert standing.read == len(await held(reader)) < len(account.ids())


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
    async with Room() as room, client_to(answering(api)) as client:
        reader = Reader(CleanClient(client), room)
        standing = await reader.refresh()
        assert (standing.partial, standing.read) == (True, 5)
        assert api.asked < 60
        await reader.aclose()


async def test_ids_may_be_missing_and_used_twice() -> None:
    rows: list[dict[str, Any]] = [
        {"id": "a", "createdAt": f"2026-03-04T15:{minute}:00Z"} for minute in range(59, 49, -1)
    ]
    rows += [{"name": f"nameless {number}"} for number in range(10)]
    async with Room() as room, client_to(answering(Listed(*rows))) as client:
        reader = Reader(CleanClient(client), room)
        for _ in range(2):
            standing = await reader.refresh()
            assert (standing.partial, standing.read) == (False, 20)
        await reader.aclose()


# Rows of a filter with fewer members than those of the list


async def test_a_row_that_lacks_what_the_list_tells_takes_nothing_from_the_table() -> None:
    account = Account(300, "row-lean-filter")
    async with account.reader() as reader:
        await reader.refresh()
        before = await held(reader, "*")
        page = await reader._client.filter_jobs([], limit=100)
        changes = await reader.put(page.jobs)
        assert (changes.fresh, changes.added) == ([], 0)
        assert await held(reader, "*") == before


async def test_a_job_that_changed_and_comes_without_all_members_is_asked_for_by_its_id() -> None:
    account = Account(300, "row-lean-filter")
    running = account.find("PARTITIONED")
    async with account.reader() as reader:
        await reader.refresh()
        account.world.finish(running, "out of memory")
        page = await reader._client.filter_jobs([], limit=100)
        changes = await reader.put(page.jobs)
        assert (running, "FAILED", "out of memory") in await held(reader, "id, state, errorMessage")
        assert len(set(changes.numbers)) == 100


@pytest.mark.parametrize("odd", [7, ["a"], {"a": 1}])
async def test_a_row_whose_id_is_not_a_text_and_that_lacks_members_is_not_requested_by_it(odd: Any) -> None:
    account = Account(300, "row-lean-filter")
    async with account.reader() as reader:
        await reader.refresh()
        await reader.put(as_clean({"id": odd, "name": "odd"}))
        assert (None, "odd") in await held(reader, "id, name")


# What stops reading


async def test_a_limit_of_requests_stops_reading_for_as_long_as_asked_and_no_longer() -> None:
    account = Account(1200)
    account.fail(kind="429", retry_after=40, after=1, times=2)
    async with account.reader() as reader:
        standing = await reader.refresh()
        assert standing.partial
        assert standing.again_in is not None
        assert max(account.time.slept) >= 40
        while standing.partial:
            standing = await reader.refresh()
        assert await held(reader) == account.ids()


async def test_a_table_without_memory_left_is_partial_and_says_so() -> None:
    account = Account(4000)
    async with account.reader() as reader:
        reader.store.memory_limit = "8MB"
        standing = await reader.refresh()
        assert standing.partial
        assert standing.note == FULL
        assert standing.read < 4000


async def test_where_nothing_is_to_be_read_ahead_reading_ends_with_the_question() -> None:
    account, held_back, go_on = Account(1200), anyio.Event(), anyio.Event()

    async def hold(request: ReceivedRequest) -> None:
        if request.query.get("pagination.offset") != "0":
            held_back.set()
            await go_on.wait()

    account.on_request = hold
    async with Room(0) as room, account.reader(room) as reader:
        with anyio.CancelScope() as leaving:
            async with anyio.create_task_group() as calls:
                calls.start_soon(reader.refresh)
                await held_back.wait()
                leaving.cancel()
        go_on.set()
        account.forget()
        await anyio.wait_all_tasks_blocked()
        assert not account.requests
        assert not (await reader.refresh()).partial
        assert await held(reader) == account.ids()
