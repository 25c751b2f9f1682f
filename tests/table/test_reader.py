"""All jobs are read once, then only changes: what questions wait for and share, and what they say of the table."""

from contextlib import AsyncExitStack
from random import Random

import anyio
import pytest

from bytenite_mcp.api.errors import ServerFailure
from bytenite_mcp.privacy.redact import CleanRecord
from bytenite_mcp.simulator.app import ReceivedRequest
from bytenite_mcp.table.background import Background
from bytenite_mcp.table.news import SETTLED_FOR
from bytenite_mcp.table.reader import ANSWER_TIME
from bytenite_mcp.table.snapshot import FRESH_FOR
from bytenite_mcp.table.status import FULL
from tests.conftest import NOW
from tests.table.reading import Account, bare_world, held

pytestmark = pytest.mark.anyio


def unlisted(record: CleanRecord, job_id: str) -> CleanRecord:
    """Return the record of another job, which is so new that no list has it yet."""
    return CleanRecord({**record, "id": job_id, "createdAt": "2099-01-01T00:00:00Z"})


async def test_the_first_question_reads_every_job_and_a_further_one_asks_for_the_news_alone() -> None:
    account = Account(1200)
    async with account.reader() as reader:
        status = await reader.refresh()
        assert await held(reader) == account.ids()
        assert (status.partial, status.read, status.total, status.note) == (False, 1200, 1200, "")
        assert (status.as_of, status.again_in) == (NOW.replace(microsecond=0), None)
        account.forget()
        assert (await reader.refresh()).as_of == status.as_of
        assert [request.query for request in account.requests] == [
            {"pagination.limit": "100", "pagination.offset": "0"}
        ]


@pytest.mark.parametrize("total", ["total-zero", "total-missing", "total-page"])
async def test_an_account_of_one_job_is_whole_without_a_total(total: str) -> None:
    account = Account(1, total)
    async with account.reader() as reader:
        status = await reader.refresh()
        assert (status.partial, status.read, status.note) == (False, 1, "")
        assert len(account.requests) <= 3


async def test_an_account_without_jobs_is_whole() -> None:
    account = Account(0)
    async with account.reader() as reader:
        status = await reader.refresh()
        assert (status.partial, status.read, status.total) == (False, 0, 0)
        job_id = account.world.add()
        assert not (await reader.refresh()).partial
        assert await held(reader) == [job_id]


@pytest.mark.parametrize(
    "meanings",
    [
        "total-page",
        "total-pages",
        "total-off-by-one",
        "total-remaining",
        "total-remaining default-oldest-first",
    ],
)
async def test_totals_below_the_number_of_rows_do_not_make_it_read_everything_again(meanings: str) -> None:
    account = Account(1200, *meanings.split())
    async with account.reader() as reader:
        await reader.refresh()
        account.forget()
        assert not (await reader.refresh()).partial
        assert len(account.requests) == 1


async def test_jobs_that_are_created_while_pages_are_read_are_news_and_not_missed() -> None:
    account = Account(0, "limit-400-above-100", world=bare_world(1200))

    async def create(request: ReceivedRequest) -> None:
        if "pagination.limit" in request.query:
            account.time.seconds += 1
            account.world.add(params={}, templateInfo={}, dataSource={}, dataDestination={})

    account.on_request = create
    async with account.reader() as reader:
        for requests in (14, 2, 2):
            account.forget()
            status = await reader.refresh()
            assert (status.partial, status.note) == (False, "")
            assert len(account.requests) <= requests


async def test_everything_is_read_again_after_a_minute() -> None:
    account = Account(300)
    old = account.ids()[0]
    async with account.reader() as reader:
        await reader.refresh()
        account.world.edit(old, name="renamed")
        account.time.seconds += FRESH_FOR + 1
        status = await reader.refresh()
        assert (old, "renamed") in await held(reader, "id, name")
        assert status.as_of == account.now().replace(microsecond=0)


async def test_a_question_waits_no_longer_than_its_call_and_reading_goes_on() -> None:
    account = Account(1200)
    held_back, go_on = account.hold_later_pages()
    async with account.reader() as reader, anyio.create_task_group() as others:
        others.start_soon(reader.refresh)
        await held_back.wait()
        with anyio.fail_after(ANSWER_TIME + 0.1):
            status = await reader.refresh()
        assert (status.partial, status.read, status.total) == (True, 500, 1200)
        assert status.again_in is not None
        go_on.set()
        assert not (await reader.refresh()).partial
        assert await held(reader) == account.ids()


async def test_without_reading_ahead_the_question_is_to_be_repeated_soon() -> None:
    account = Account(1200)
    held_back, go_on = account.hold_later_pages()
    async with (
        Background(0) as background,
        account.reader(background) as reader,
        anyio.create_task_group() as others,
    ):
        others.start_soon(reader.refresh)
        await held_back.wait()
        with anyio.fail_after(ANSWER_TIME + 0.1):
            status = await reader.refresh()
        assert (status.partial, status.again_in) == (True, 1)
        go_on.set()


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
    account = Account(1200)
    held_back, go_on = account.hold_later_pages()
    async with account.reader() as reader, anyio.create_task_group() as others:
        leaving = anyio.CancelScope()

        async def leave() -> None:
            with leaving:
                await reader.refresh()

        others.start_soon(leave)
        await held_back.wait()
        others.start_soon(reader.refresh)
        leaving.cancel()
        go_on.set()
        assert not (await reader.refresh()).partial
        assert [request.query["pagination.limit"] for request in account.requests].count("500") == 3


@pytest.mark.parametrize("steps", range(2, 20, 3))
async def test_a_call_that_is_cancelled_while_it_answers_loses_no_job(steps: int) -> None:
    account = Account(300, "limit-cap-50")
    held_back, go_on = account.hold_later_pages()
    async with account.reader() as reader, anyio.create_task_group() as calls:
        calls.start_soon(reader.refresh)
        await held_back.wait()
        with anyio.move_on_after(ANSWER_TIME) as leaving:
            async with anyio.create_task_group() as call:
                call.start_soon(reader.refresh)
                for _ in range(steps):
                    await anyio.lowlevel.checkpoint()
                leaving.cancel()
        go_on.set()
        assert not (await reader.refresh()).partial
        assert await held(reader) == account.ids()


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
        known = await reader._client.job(account.ids()[0])

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
            await reader.intake.put([unlisted(known, "put")], account.time())
            go_on.set()
        assert "put" in await held(reader)


async def test_a_job_that_was_deleted_is_not_shown_again_if_an_earlier_answer_with_it_comes_late() -> None:
    account = Account(300)
    async with account.reader() as reader:
        await reader.refresh()
        asked_at, gone = account.time(), account.ids()[0]
        late = await reader._client.job(gone)
        account.world.delete(gone)

        async def put_late(request: ReceivedRequest) -> None:
            if request.query.get("pagination.limit") == "500":
                account.on_request = None
                account.time.seconds += 1
                await reader.intake.put([late], asked_at)

        account.on_request = put_late
        account.time.seconds += FRESH_FOR + 1
        await reader.refresh()
        assert await held(reader) == account.ids()


async def test_records_that_wait_to_enter_when_a_reading_ends_enter_all_the_same() -> None:
    account = Account(300)
    async with account.reader() as reader:
        await reader.refresh()
        known = await reader._client.job(account.ids()[0])

        async def put_all(request: ReceivedRequest) -> None:
            if request.query.get("pagination.limit") == "500":
                account.on_request = None
                account.time.seconds += 1
                for number in range(30):
                    calls.start_soon(reader.intake.put, [unlisted(known, f"put-{number}")], account.time())

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
        job = await reader._client.job(account.ids()[0])
        await reader.intake.put([job], account.time())
        status = await reader.refresh()
        assert (status.partial, status.read) == (False, 300)
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
        status = await reader.refresh()
        assert account.on_request is None
        assert (status.partial, status.read) == (False, 1200)
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
        status = await reader.refresh()
        assert status.partial
        assert status.read == 500
        assert status.note.startswith("Not all could be read: ")
        account.heal()
        status = await reader.refresh()
        assert not status.partial
        assert await held(reader) == account.ids()


async def test_a_table_without_memory_for_what_is_new_is_partial_and_says_so() -> None:
    account, random = Account(100), Random(1)
    async with account.reader() as reader:
        reader.store.memory_limit = "16MB"
        assert not (await reader.refresh()).partial
        for _ in range(200):
            account.world.add(description=random.randbytes(20_000).hex())
        status = await reader.refresh()
        assert (status.partial, status.note) == (True, FULL)


async def test_jobs_that_do_not_fit_when_a_question_takes_what_was_read_are_not_left_out_silently() -> None:
    account, random = Account(0, "limit-400-above-100", world=bare_world(110)), Random(1)
    for _ in range(100):
        account.world.add(
            **{name: random.randbytes(2000).hex() for name in ("name", "description", "errorMessage")}
        )
    held_back, go_on = account.hold_later_pages()
    async with account.reader() as reader, anyio.create_task_group() as others:
        reader.store.memory_limit = "10MB"
        others.start_soon(reader.refresh)
        await held_back.wait()
        with anyio.fail_after(ANSWER_TIME + 0.1):
            assert (await reader.refresh()).partial
        go_on.set()
        status = await reader.refresh()
        assert (status.partial, status.note) == (True, FULL)


@pytest.mark.parametrize("meanings", ["", "hasnext-true", "offset-multiple limit-cap-50"])
async def test_as_many_deleted_jobs_as_new_ones_are_noticed_by_the_total(meanings: str) -> None:
    account = Account(0, *meanings.split(), world=bare_world(1100))
    async with account.reader() as reader:
        await reader.refresh()
        for job_id in account.ids()[:6]:
            account.world.delete(job_id)
            account.world.add()
        await reader.refresh()
        assert await held(reader) == account.ids()


async def test_the_bound_on_jobs_holds_for_all_tables_together_besides_a_first_page_of_each() -> None:
    one, other = Account(900), Account(900, seed=8)
    async with (
        Background(1000) as background,
        one.reader(background) as first,
        other.reader(background) as second,
    ):
        assert not (await first.refresh()).partial
        status = await second.refresh()
        assert (status.partial, status.read) == (True, 500)
        assert status.note == "BYTENITE_MAX_JOBS holds no more"


async def test_a_table_that_could_not_be_read_again_keeps_its_part_of_the_bound_on_jobs() -> None:
    one, other = Account(900), Account(900, seed=8)
    async with (
        Background(1300) as background,
        one.reader(background) as first,
        other.reader(background) as second,
    ):
        await first.refresh()
        one.time.seconds += FRESH_FOR + 1

        async def fail_after_first_page(request: ReceivedRequest) -> None:
            if request.query.get("pagination.limit") == "500":
                one.on_request = None
                one.fail(kind="502", after=1)

        one.on_request = fail_after_first_page
        assert "Not all could be read again" in (await first.refresh()).note
        assert (await second.refresh()).read == 500


async def test_the_bound_on_jobs_holds_for_tables_that_are_read_together() -> None:
    accounts = [Account(600, seed=seed) for seed in range(5)]
    async with Background(1000) as background, AsyncExitStack() as opened:
        readers = [await opened.enter_async_context(account.reader(background)) for account in accounts]
        async with anyio.create_task_group() as callers:
            for reader in readers:
                callers.start_soon(reader.refresh)
        sizes = [len(await held(reader)) for reader in readers]
        # The first page shows how many there are, so each table has that page.
        assert sorted(sizes) == [500, 500, 500, 500, 600]


async def test_a_table_is_read_while_two_others_wait_for_as_long_as_bytenite_asked() -> None:
    async def sleep(_: float) -> None:
        await anyio.sleep_forever()

    async with Background() as background, AsyncExitStack() as opened:
        for seed in range(2):
            account = Account(1200, seed=seed)
            account.fail(kind="429", retry_after=40, after=1, times=100)
            reader = await opened.enter_async_context(account.reader(background, sleep=sleep))
            assert (await reader.refresh()).partial
        reader = await opened.enter_async_context(Account(1200, seed=3).reader(background))
        assert not (await reader.refresh()).partial


async def test_many_unfinished_jobs_are_asked_for_in_pages_that_the_api_accepts() -> None:
    account = Account(4000, "limit-400-above-100")
    for (job_id,) in account.world.rows("SELECT id FROM jobs WHERE state = 'JOB_STATE_NEW' LIMIT 120"):
        account.world.run(job_id)

    async def take_a_second(_: ReceivedRequest) -> None:
        account.time.seconds += 1

    account.on_request = take_a_second
    async with account.reader() as reader:
        await reader.refresh()
        assert len(await reader.store.unsettled(account.time.seconds)) > 100
        account.time.seconds += SETTLED_FOR + 1
        account.forget()
        await reader.refresh()
        assert {request.path.rpartition("/")[2] for request in account.requests} == {"filter", "jobs"}
        assert len(account.requests) <= 4


async def test_where_nothing_is_to_be_read_ahead_reading_waits_for_the_next_question() -> None:
    account = Account(1200)
    held_back, go_on = account.hold_later_pages()
    async with Background(0) as background, account.reader(background) as reader:
        with anyio.CancelScope() as leaving:
            async with anyio.create_task_group() as calls:
                calls.start_soon(reader.refresh)
                await held_back.wait()
                leaving.cancel()
        read = len(account.requests)
        go_on.set()
        await anyio.wait_all_tasks_blocked()
        assert len(account.requests) == read
        assert not (await reader.refresh()).partial
        pages = [
            (request.query["pagination.limit"], request.query["pagination.offset"])
            for request in account.requests
        ]
        assert pages.count(("500", "0")) == 1
        assert await held(reader) == account.ids()
