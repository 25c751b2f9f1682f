"""A complete reading: what it says of totals, of a list that moves, and of what stops it."""

from datetime import timedelta

import pytest

from bytenite_mcp.simulator.app import ReceivedRequest
from bytenite_mcp.table.snapshot import FRESH_FOR
from bytenite_mcp.table.status import FULL, UNLISTED, UNPROVEN
from bytenite_mcp.table.usual import read_clock
from tests.conftest import NOW
from tests.table.reading import Account, bare_world, held

pytestmark = pytest.mark.anyio


async def test_a_total_that_counts_deleted_jobs_is_told_and_read_for_once() -> None:
    account = Account(300, "total-counts-deleted")
    for job_id in account.ids()[:30]:
        account.world.delete(job_id)
    async with account.reader() as reader:
        status = await reader.refresh()
        assert (status.partial, status.read) == (False, 270)
        assert status.note == "ByteNite counts 300 jobs, and lists 270"
        account.time.seconds += FRESH_FOR + 1
        account.forget()
        await reader.refresh()
        assert [request.query.get("pagination.limit") for request in account.requests].count("500") == 1


@pytest.mark.parametrize("deleted", [None, "2026-03-04T00:00:00Z"])
async def test_a_job_that_is_gone_from_the_list_and_found_by_its_id_is_told_unless_it_was_deleted(
    deleted: str | None,
) -> None:
    account = Account(30, "list-hides-deleted")

    async def hide(request: ReceivedRequest) -> None:
        by_id = request.path.endswith(before[5])
        account.world.edit(before[5], deletedAt=deleted if by_id else "2026-03-04T00:00:00Z")

    async with account.reader() as reader:
        await reader.refresh()
        before = await held(reader)
        account.on_request = hide
        account.time.seconds += FRESH_FOR + 1
        status = await reader.refresh()
        assert await held(reader) == before
    assert (status.note == UNLISTED) is (deleted is None)


async def test_many_jobs_that_are_gone_from_the_list_and_found_by_their_ids_make_the_table_partial() -> None:
    account = Account(30, "list-hides-deleted")

    async def hide(request: ReceivedRequest) -> None:
        for job_id in account.ids()[:9]:
            by_id = request.path.endswith(job_id)
            account.world.edit(job_id, deletedAt=None if by_id else "2026-03-04T00:00:00Z")

    async with account.reader() as reader:
        assert not (await reader.refresh()).partial
        account.on_request = hide
        for _ in range(2):
            account.time.seconds += FRESH_FOR + 1
            status = await reader.refresh()
            assert (status.partial, status.note) == (True, UNLISTED)


async def test_an_id_that_is_used_again_is_not_taken_for_a_job_that_the_list_lacks() -> None:
    account = Account(30)
    async with account.reader() as reader:
        await reader.refresh()
        again = account.ids()[5]
        account.world.delete(again)
        account.world.add(id=again, name="new")
        status = await reader.refresh()
        assert await held(reader) == account.ids()
        assert (again, "new") in await held(reader, "id, name")
    assert (status.partial, status.note) == (False, "")


async def test_a_total_that_is_never_the_same_is_not_read_for_again_and_again() -> None:
    account = Account(300, "total-estimate")
    async with account.reader() as reader:
        for _ in range(3):
            account.forget()
            assert not (await reader.refresh()).partial
            assert await held(reader) == account.ids()
        assert len(account.requests) == 1


@pytest.mark.parametrize("meaning", ["offset-ignored", "offset-in-pages", "offset-max-10000"])
async def test_a_list_that_cannot_be_read_completely_makes_the_table_partial(meaning: str) -> None:
    world = bare_world(10_400 if meaning == "offset-max-10000" else 1100)
    account = Account(0, meaning, world=world)
    async with account.reader() as reader:
        status = await reader.refresh()
        assert status.partial
        assert status.note.startswith("ByteNite counts")
        assert status.read == len(await held(reader)) < len(account.ids())


async def test_ten_thousand_jobs_are_read_where_no_page_may_end_beyond_them() -> None:
    account = Account(0, "offset-max-10000", world=bare_world(10_000))
    async with account.reader() as reader:
        status = await reader.refresh()
        assert (status.partial, status.read) == (False, 10_000)


async def test_pages_in_random_order_prove_nothing_even_if_one_begins_with_a_row_of_the_page_before() -> None:
    account = Account(0, "default-random", "total-page", world=bare_world(1500))
    async with account.reader() as reader:
        status = await reader.refresh()
        assert status.partial
        assert UNPROVEN in status.note


@pytest.mark.parametrize(
    "meanings", [("default-random",), ("order-ties-unstable", "limit-cap-10")], ids="+".join
)
async def test_a_list_in_no_stable_order_is_read_until_all_that_are_counted_were_found(
    meanings: tuple[str, ...],
) -> None:
    account = Account(120, *meanings, "limit-cap-50")
    for job_id in account.ids()[30:60]:
        account.world.edit(job_id, createdAt="2026-02-03T15:00:00Z")
    async with account.reader() as reader:
        assert not (await reader.refresh()).partial
        assert await held(reader) == account.ids()


async def test_what_was_read_before_a_page_failed_is_in_the_table() -> None:
    account = Account(1200)
    account.fail(kind="500", after=1, times=100)
    async with account.reader() as reader:
        status = await reader.refresh()
        assert status.partial
        assert 0 < status.read == len(await held(reader)) < 1200


async def test_a_further_reading_that_fails_leaves_the_table_alone_as_it_was() -> None:
    account = Account(1200)
    every_table = "SELECT table_name FROM duckdb_tables() ORDER BY ALL"

    async def fail_after_first_page(request: ReceivedRequest) -> None:
        if request.query.get("pagination.limit") == "500":
            account.on_request = None
            account.fail(kind="502", after=1)

    async with account.reader() as reader:
        await reader.refresh()
        tables = await reader.store.read_ids(every_table)
        account.time.seconds += FRESH_FOR + 1
        account.on_request = fail_after_first_page
        assert (await reader.refresh()).note.startswith("Not all could be read again: ")
        assert await held(reader) == account.ids()
        assert await reader.store.read_ids(every_table) == tables


async def test_a_limit_of_requests_stops_reading_for_as_long_as_asked_and_no_longer() -> None:
    account = Account(1200)
    account.fail(kind="429", retry_after=40, after=1, times=2)
    async with account.reader() as reader:
        status = await reader.refresh()
        assert status.partial
        assert status.again_in is not None
        assert max(account.time.slept) >= 40
        while status.partial:
            status = await reader.refresh()
        assert await held(reader) == account.ids()


async def test_a_second_pass_takes_as_long_as_the_first() -> None:
    account = Account(1100, "default-random")
    left: list[float] = []

    async def take_ten_seconds(_: ReceivedRequest) -> None:
        account.time.seconds += 10
        if reader._running:
            left.append(reader._running.time_left)

    async with account.reader() as reader:
        account.on_request = take_ten_seconds
        await reader.refresh()
    assert len(left) > 8
    assert 10 <= max(left[5:]) < 100


async def test_a_table_is_as_of_the_first_page_and_its_time_is_that_of_the_last() -> None:
    account = Account(1200)

    async def take_a_second(_: ReceivedRequest) -> None:
        account.time.seconds += 1

    async with account.reader() as reader:
        account.on_request = take_a_second
        as_of = (await reader.refresh()).as_of
        now = await reader.store.read(read_clock)
    assert as_of
    assert now
    assert (as_of, now - as_of) == (NOW.replace(microsecond=0) + timedelta(seconds=1), timedelta(seconds=2))


@pytest.mark.parametrize("memory", ["8MB", "24MB"])
async def test_a_table_without_memory_left_is_partial_and_says_so(memory: str) -> None:
    account = Account(4000)
    async with account.reader() as reader:
        reader.store.memory_limit = memory
        status = await reader.refresh()
        assert status.partial
        assert status.note == FULL
        assert status.read < 4000
