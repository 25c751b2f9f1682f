"""Records that requests returned are put into the table; those that leave a doubt are requested by their ids."""

from collections.abc import AsyncIterator, Iterable
from functools import partial
from typing import Any

import anyio
import pytest

from bytenite_mcp.api.errors import TooManyRequests, Unauthenticated
from bytenite_mcp.privacy.door import CleanClient
from bytenite_mcp.privacy.redact import CleanRecord
from bytenite_mcp.table.by_id import MOST_ASKED_FOR
from bytenite_mcp.table.intake import Intake
from bytenite_mcp.table.matches import read_rows
from bytenite_mcp.table.order import NEWEST_FIRST
from bytenite_mcp.table.reader import Reader
from tests.conftest import as_clean, client_to
from tests.table.reading import Account, held

pytestmark = pytest.mark.anyio


async def find(account: Account) -> list[Any]:
    """Return jobs as a filter finds them."""
    async with client_to(account.app, account.time) as client:
        return (await CleanClient(client).filter_jobs([], limit=300)).jobs


async def ids_of(reader: Reader, numbers: Iterable[int]) -> list[str]:
    """Return the ids in rows by their numbers, without those that are gone."""
    rows = await reader.store.read(partial(read_rows, numbers=[*numbers], filters=[], order=NEWEST_FIRST))
    return [row.fields["id"] for row in rows]


# Records with fewer members than those of the list


async def test_a_row_that_lacks_what_the_list_tells_takes_nothing_from_the_table() -> None:
    account = Account(300, "row-lean-filter")
    async with account.reader() as reader:
        await reader.refresh()
        before, found = await held(reader, "*"), await find(account)
        account.forget()
        await reader.intake.put(found, account.time())
        assert await held(reader, "*") == before
        assert not account.requests


async def test_a_job_that_changed_and_comes_without_all_members_is_asked_for_by_its_id() -> None:
    account = Account(300, "row-lean-filter")
    running = account.find("PARTITIONED")
    async with account.reader() as reader:
        await reader.refresh()
        account.world.finish(running, "out of memory")
        draft = account.world.add(state="JOB_STATE_NEW", params={"app": {"number": 5}})
        found = await find(account)
        put = await reader.intake.put(found, account.time())
        assert list(put.values()) == found
        assert await ids_of(reader, put) == [record["id"] for record in found]
        assert (running, "FAILED", "out of memory") in await held(reader, "id, state, errorMessage")
        assert (draft, "5") in await held(reader, "id, params->>'$.app.number'")


async def test_many_jobs_without_all_members_are_read_again_with_all_others() -> None:
    account = Account(300, "row-lean-filter")
    async with account.reader() as reader:
        await reader.refresh()
        # The news do not reach so far down the list.
        old = [str(record["id"]) for record in (await find(account))[-MOST_ASKED_FOR - 1 :]]
        for number, job_id in enumerate(old):
            account.world.edit(job_id, name="renamed", params={"app": {"number": number}})
        await reader.intake.put(await find(account), account.time())
        await reader.refresh()
        numbers = await held(reader, "id, params->>'$.app.number'")
        assert {(job_id, str(number)) for number, job_id in enumerate(old)} <= set(numbers)


async def test_rows_that_lack_members_while_all_jobs_are_read_take_nothing_from_the_list() -> None:
    account = Account(1200, "row-lean-filter")
    async with client_to(account.app, account.time) as client:
        lean = (await CleanClient(client).filter_jobs([], limit=100, offset=900)).jobs
    async with account.reader() as reader:
        await reader.refresh()
        whole = await held(reader, "*")
    held_back, go_on = account.hold_later_pages()
    async with account.reader() as reader, anyio.create_task_group() as calls:
        calls.start_soon(reader.refresh)
        await held_back.wait()
        await reader.intake.put(lean, account.time())
        go_on.set()
        assert not (await reader.refresh()).partial
        assert await held(reader, "*") == whole


@pytest.mark.parametrize("odd", [7, ["a"], {"a": 1}])
async def test_a_row_whose_id_is_not_a_text_and_that_lacks_members_is_not_requested_by_it(odd: Any) -> None:
    account = Account(300, "row-lean-filter")
    async with account.reader() as reader:
        await reader.refresh()
        await reader.intake.put(as_clean({"id": odd, "name": "odd"}), account.time())
        assert (None, "odd") in await held(reader, "id, name")


@pytest.mark.parametrize("price", [None, 0])
async def test_a_job_that_completes_without_a_price_is_asked_for_it(price: float | None) -> None:
    account = Account(30)
    running = account.find("PARTITIONED")
    async with account.reader() as reader:
        await reader.refresh()
        account.world.finish(running)
        late = [CleanRecord({**one, "paymentAmount": price}) for one in await find(account)]
        put = await reader.intake.put(late, account.time())
        assert await ids_of(reader, put) == [one["id"] for one in late]
        byc = [price for job_id, price in await held(reader, "id, byc") if job_id == running]
        assert byc[0] > 0


async def test_a_job_that_is_gone_when_it_is_asked_for_its_price_is_removed() -> None:
    account = Account(30)
    running = account.find("PARTITIONED")
    async with account.reader() as reader:
        await reader.refresh()
        account.world.finish(running)
        late = [CleanRecord({**one, "paymentAmount": 0}) for one in await find(account)]
        account.world.delete(running)
        changes = await reader.intake.enter(late, account.time())
        assert await held(reader) == account.ids()
        assert await ids_of(reader, changes.numbers) == [one["id"] for one in late if one["id"] != running]


# Jobs that the list lacks


@pytest.mark.parametrize("meanings", [(), ("row-lean-filter",)])
async def test_a_job_that_was_deleted_after_a_filter_found_it_is_not_brought_back(
    meanings: tuple[str, ...],
) -> None:
    account = Account(30, *meanings)
    async with account.reader() as reader:
        late = await find(account)
        account.world.delete(str(late[0]["id"]))
        status = await reader.refresh()
        put = await reader.intake.put(late, account.time())
        assert await held(reader) == account.ids()
        assert reader.amend(status) is status
        assert await ids_of(reader, put) == [record["id"] for record in late[1:]]


async def test_a_finished_job_that_was_deleted_after_a_filter_found_it_unfinished_is_not_brought_back() -> (
    None
):
    account = Account(30)
    running = account.find("PARTITIONED")
    async with account.reader() as reader:
        late = await find(account)
        account.world.finish(running)
        await reader.refresh()
        account.world.delete(running)
        await reader.intake.put(late, account.time())
        assert await held(reader) == account.ids()


async def test_a_job_that_exists_and_that_the_list_lacks_makes_the_table_partial() -> None:
    account = Account(30, "list-hides-deleted")
    account.world.add()
    async with account.reader() as reader:
        status = await reader.refresh()
        await reader.intake.put(await find(account), account.time())
        assert await held(reader) == account.ids()
        assert reader.amend(status).partial
        # Another one that is gone by now shows nothing of the first.
        gone = {"id": "gone", "createdAt": "2020-01-01T00:00:00Z"}
        await reader.intake.put(as_clean(gone), account.time())
        assert reader.amend(status).partial


async def test_many_jobs_that_the_list_lacks_make_the_table_partial_without_being_requested() -> None:
    account = Account(30)
    async with account.reader() as reader:
        status = await reader.refresh()
        account.forget()
        old = {"createdAt": "2020-01-01T00:00:00Z"}
        await reader.intake.put(
            as_clean(*({"id": f"old-{number}", **old} for number in range(9))), account.time()
        )
        assert not account.requests
        assert reader.amend(status).partial


# Jobs that are requested by their ids


@pytest.fixture
async def intake() -> AsyncIterator[tuple[Account, Intake]]:
    account = Account(3)
    async with account.reader() as reader:
        await reader.refresh()
        yield account, reader.intake


async def test_jobs_that_are_gone_are_removed_and_the_others_put_into_the_table(
    intake: tuple[Account, Intake],
) -> None:
    account, it = intake
    first, second, _ = account.ids()
    account.world.delete(first)
    account.world.finish(second, "killed")
    assert await it.look_up([first, second, "", None, "no/id"]) == {first}
    assert await it.store.known([first, second]) == {second}


async def test_a_request_by_id_that_fails_shows_nothing(intake: tuple[Account, Intake]) -> None:
    account, it = intake
    account.fail(kind="502", on="/jobs/")
    assert await it.look_up(account.ids()) is None
    assert len(await it.store.known(account.ids())) == 3


@pytest.mark.parametrize(("kind", "raised"), [("429", TooManyRequests), ("key_refused", Unauthenticated)])
async def test_a_request_by_id_that_shows_that_others_will_fail_is_raised(
    intake: tuple[Account, Intake], kind: str, raised: type[Exception]
) -> None:
    account, it = intake
    account.fail(kind=kind, on="/jobs/")
    with pytest.raises(raised):
        await it.look_up(account.ids())


async def test_more_jobs_than_are_requested_one_by_one_are_left(intake: tuple[Account, Intake]) -> None:
    account, it = intake
    account.forget()
    assert await it.look_up([f"job-{number}" for number in range(MOST_ASKED_FOR + 1)]) is None
    assert not account.requests
