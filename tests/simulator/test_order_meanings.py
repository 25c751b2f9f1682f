"""Orders that differ from one request to the next, and what a meaning of an order leaves as it was."""

import pytest

from bytenite_mcp.simulator.order_meanings import ARRANGEMENTS, READS
from bytenite_mcp.simulator.search import Search
from tests.simulator.plain import Ask, key, order, value
from tests.simulator.test_meanings import ask_twice, small_world

pytestmark = pytest.mark.anyio


async def test_a_default_order_may_be_random_for_each_request() -> None:
    (first, second), jobs = await ask_twice("default-random", Ask(route="list", limit=100))
    assert first["data"] != second["data"]
    assert order(first["data"], "id") == order(second["data"], "id") == order(jobs, "id")
    (first, second), jobs = await ask_twice("default-random", Ask(route="list", order_by="name", limit=100))
    assert first["data"] == second["data"] == order(jobs, "name")


@pytest.mark.parametrize("by", ["state desc", "numChunks", ""])
async def test_rows_that_are_equal_in_the_order_may_come_in_any(by: str) -> None:
    (first, second), jobs = await ask_twice("order-ties-unstable", Ask(route="list", order_by=by, limit=100))
    column = by.partition(" ")[0] or "createdAt"
    values = [key(column, value(job, column)) for job in order(jobs, by)]
    for answer in (first, second):
        assert [key(column, value(job, column)) for job in answer["data"]] == values
    assert (first["data"] != second["data"]) == (len(set(values)) < len(values))
    assert order(first["data"], "id") == order(jobs, "id")


@pytest.mark.parametrize("name", ARRANGEMENTS)
def test_an_arrangement_loses_no_row_and_adds_none(name: str) -> None:
    world = small_world()
    for search in (
        Search(limit=5),
        Search(limit=5, order_by="name"),
        Search(limit=5, offset=5, order_by="state desc"),
    ):
        numbers = world.find(search)
        assert sorted(ARRANGEMENTS[name](numbers, search, world)) == sorted(numbers)


@pytest.mark.parametrize("name", READS)
def test_a_meaning_of_orders_changes_neither_the_page_nor_the_filters(name: str) -> None:
    world = small_world()
    for order_by in ("createdAt", ""):
        search = Search(limit=5, offset=10, order_by=order_by)
        read = READS[name](search, world)
        assert (read.limit, read.offset, read.route) == (5, 10, search.route)
        assert read.filters == () or name == "order-nulls-left-out"
