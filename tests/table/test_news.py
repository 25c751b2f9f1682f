"""What is new or changed is read from the end of the list where it stands, and by the ids of unsettled jobs."""

from typing import Any

import anyio
import pytest

from bytenite_mcp.simulator.app import ReceivedRequest
from bytenite_mcp.table import news
from bytenite_mcp.table.by_id import MOST_ASKED_FOR
from bytenite_mcp.table.reader import Reader
from bytenite_mcp.table.status import UNORDERED
from bytenite_mcp.table.usual import read_clock
from tests.table.reading import Account, bare_world, held

pytestmark = pytest.mark.anyio


async def test_new_and_changed_jobs_at_the_head_are_read_page_by_page() -> None:
    account = Account(300)
    async with account.reader() as reader:
        await reader.refresh()
        added = [account.world.add() for _ in range(150)]
        account.world.run(added[0])
        account.forget()
        await reader.refresh()
        assert await held(reader) == account.ids()
        assert [request.query["pagination.limit"] for request in account.requests] == ["100"] * 3
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


async def test_new_jobs_are_found_where_the_page_at_the_tail_is_refused() -> None:
    account = Account(300, "default-oldest-first", "offset-multiple-400")
    async with account.reader() as reader:
        await reader.refresh()
        account.world.add()
        await reader.refresh()
        assert await held(reader) == account.ids()


async def test_new_jobs_at_the_tail_are_found_although_older_ones_are_gone_and_none_are_counted() -> None:
    account = Account(300, "default-oldest-first", "total-zero")
    async with account.reader() as reader:
        await reader.refresh()
        for job_id in account.ids()[7:10]:
            account.world.delete(job_id)
        for _ in range(5):
            account.world.add()
        await reader.refresh()
        assert await held(reader) == account.ids()


@pytest.mark.parametrize("order", [(), ("default-oldest-first",)])
async def test_more_new_jobs_than_are_read_at_once_are_all_found_although_none_are_counted(
    order: tuple[str, ...],
) -> None:
    account = Account(0, "total-zero", *order, world=bare_world(10))
    async with account.reader() as reader:
        await reader.refresh()
        bare: dict[str, Any] = {"params": {}, "templateInfo": {}, "dataSource": {}, "dataDestination": {}}
        for _ in range(news.MOST_PAGES * news.PAGE + 150):
            account.world.add(**bare)
        await reader.refresh()
        assert await held(reader) == account.ids()


async def test_new_jobs_below_a_page_with_a_free_job_are_found_although_none_are_counted() -> None:
    account = Account(0, "total-zero", world=bare_world(10))
    async with account.reader() as reader:
        await reader.refresh()
        for _ in range(news.PAGE + 50):
            account.world.add()
        account.time.seconds += 1
        account.world.add(state="JOB_STATE_COMPLETE", paymentAmount=0)
        await reader.refresh()
        assert await held(reader) == account.ids()


async def test_the_total_is_trusted_after_a_job_was_created_in_place_of_one_that_is_gone() -> None:
    account = Account(300)

    async def add_one(request: ReceivedRequest) -> None:
        if request.query.get("pagination.limit") == "500":
            account.on_request = None
            account.world.add()

    async with account.reader() as reader:
        await reader.refresh()
        account.world.delete(account.ids()[7])
        account.on_request = add_one
        await reader.refresh()
        account.world.delete(account.ids()[9])
        await reader.refresh()
        assert await held(reader) == account.ids()


async def test_where_the_list_is_in_no_order_of_creation_that_is_said_and_a_new_job_is_found_by_the_total() -> (
    None
):
    account = Account(300, "default-by-id")
    async with account.reader() as reader:
        assert (await reader.refresh()).note == UNORDERED
        account.world.add(id="zz")
        await reader.refresh()
        assert await held(reader) == account.ids()


async def test_a_job_that_is_gone_is_told_by_the_total_and_everything_is_read_again() -> None:
    account = Account(300)
    async with account.reader() as reader:
        first = await reader.refresh()
        account.world.delete(account.ids()[7])
        account.time.seconds += 5
        status = await reader.refresh()
        assert await held(reader) == account.ids()
        assert status.as_of
        assert first.as_of
        assert (status.as_of - first.as_of).total_seconds() == 5


async def test_a_job_that_goes_while_all_are_read_does_not_hide_that_others_go_later() -> None:
    account = Account(0, "limit-cap-50", world=bare_world(1100))
    ((newest,),) = account.world.rows("SELECT id FROM jobs ORDER BY created DESC LIMIT 1")

    async def delete_one(request: ReceivedRequest) -> None:
        if int(request.query.get("pagination.offset", 0)) > 1000:
            account.on_request = None
            account.world.delete(newest)

    account.on_request = delete_one
    async with account.reader() as reader:
        await reader.refresh()
        account.world.delete(account.ids()[9])
        await reader.refresh()
        assert await held(reader) == account.ids()


async def test_a_job_that_took_the_place_of_another_is_both_new_and_the_other_gone() -> None:
    account = Account(300)
    async with account.reader() as reader:
        await reader.refresh()
        account.world.delete(account.ids()[7])
        account.world.add()
        await reader.refresh()
        assert await held(reader) == account.ids()


async def read_slowly(account: Account, reader: Reader) -> None:
    """Read everything, which takes so long that it is not read again before unsettled jobs are."""

    async def take_long(_: ReceivedRequest) -> None:
        account.time.seconds += 10

    account.on_request = take_long
    await reader.refresh()
    account.on_request = None
    account.forget()


def sent(account: Account) -> tuple[bool, bool]:
    """Return whether a filter was sent, and whether everything was read."""
    limits = [request.query.get("pagination.limit") for request in account.requests]
    return "POST" in [request.method for request in account.requests], "500" in limits


async def test_jobs_that_were_not_settled_are_asked_for_again_after_a_minute_by_one_filter() -> None:
    account = Account(300)
    running = account.find("PARTITIONED")
    account.world.edit(running, createdAt="2025-01-01T00:00:00Z")
    async with account.reader() as reader:
        await read_slowly(account, reader)
        account.world.finish(running, "out of memory")
        account.time.seconds += 40
        await reader.refresh()
        assert (running, "PARTITIONED") in await held(reader, "id, state")
        account.forget()
        account.time.seconds += 11
        await reader.refresh()
        assert (running, "FAILED") in await held(reader, "id, state")
        assert sent(account) == (True, False)


@pytest.mark.parametrize(
    ("unsettled", "requests"),
    [(2, (True, False)), (MOST_ASKED_FOR + 1, (True, True)), (20, (False, True))],
    ids=["by their ids", "too many for requests by id", "too many for a filter"],
)
async def test_unsettled_jobs_that_the_filter_omits_are_read_otherwise(
    unsettled: int, requests: tuple[bool, bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(news, "MOST_UNSETTLED", 19)
    account = Account(0, "route-hides-unfinished", world=bare_world(150))
    old: dict[str, Any] = {"state": "JOB_STATE_PARTITIONED", "createdAt": "2025-01-01T00:00:00Z"}
    running = [account.world.add(**old) for _ in range(unsettled)]
    async with account.reader() as reader:
        await read_slowly(account, reader)
        for job_id in running:
            account.world.edit(job_id, name="renamed")
        account.time.seconds += 51
        await reader.refresh()
        assert {(job_id, "renamed") for job_id in running} <= set(await held(reader, "id, name"))
        assert sent(account) == requests


async def test_everything_is_read_again_where_the_filter_for_unsettled_jobs_hangs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(news, "FILTER_TIME", 0.01)
    account = Account(300)
    running = account.find("PARTITIONED")

    async def hang(request: ReceivedRequest) -> None:
        if request.method == "POST":
            await anyio.sleep_forever()

    async with account.reader() as reader:
        await read_slowly(account, reader)
        account.world.finish(running)
        account.time.seconds += 51
        account.on_request = hang
        await reader.refresh()
        assert (running, "COMPLETE") in await held(reader, "id, state")
        assert sent(account) == (True, True)


async def test_the_time_in_sql_is_that_of_the_last_news() -> None:
    account = Account(30)
    async with account.reader() as reader:
        await reader.refresh()
        account.time.seconds += 10
        await reader.refresh()
        assert await reader.store.read(read_clock) == account.now()
