"""Jobs beyond the end of ByteNite's list, if that may have been cut, are looked for with a filter."""

import anyio
import pytest

from bytenite_mcp.simulator.app import ReceivedRequest
from bytenite_mcp.table import unlisted
from bytenite_mcp.table.status import UNLISTED
from tests.table.reading import Account, bare_world

pytestmark = pytest.mark.anyio

LIMIT = 1000


@pytest.mark.parametrize("order", ["", "default-oldest-first"])
async def test_jobs_beyond_the_end_of_the_list_make_the_table_partial(order: str) -> None:
    account = Account(0, *order.split(), "total-cap-stops", world=bare_world(LIMIT + 100))
    async with account.reader() as reader:
        status = await reader.refresh()
    assert (status.partial, status.read, status.note) == (True, LIMIT, UNLISTED)


async def test_no_filter_is_sent_for_a_list_that_was_hardly_cut() -> None:
    account = Account(0, world=bare_world(100))
    async with account.reader() as reader:
        await reader.refresh()
    assert all(request.method == "GET" for request in account.requests)


@pytest.mark.parametrize("meaning", ["", "filters-ignored", "filter-501", "order-ignored"])
async def test_a_whole_list_is_whole_whatever_the_filter_means(meaning: str) -> None:
    account = Account(0, *meaning.split(), world=bare_world(LIMIT))
    async with account.reader() as reader:
        status = await reader.refresh()
    assert (status.partial, status.read, status.note) == (False, LIMIT, "")


async def test_a_filter_that_does_not_answer_delays_the_table_little(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unlisted, "PATIENCE", 0.01)
    account = Account(0, world=bare_world(LIMIT))

    async def hang(request: ReceivedRequest) -> None:
        if request.method == "POST":
            await anyio.sleep_forever()

    account.on_request = hang
    async with account.reader() as reader:
        assert not (await reader.refresh()).partial
