"""Totals that differ from one request to the next, and what a meaning of a page leaves as it was."""

import pytest

from bytenite_mcp.simulator.page_meanings import PAGINATIONS, READS, ROWS
from bytenite_mcp.simulator.search import Filter, Search
from tests.simulator.plain import Ask, Refused
from tests.simulator.test_meanings import large_world, records, send, signed_in, small_world

pytestmark = pytest.mark.anyio

FINISHED = Filter("state", "FILTER_CONDITION_IN", ["JOB_STATE_COMPLETE", "JOB_STATE_FAILED"])


async def test_a_total_may_be_an_estimate() -> None:
    ask = Ask(route="list", limit=5)
    asker = await signed_in(large_world(), "total-estimate")
    answers = [await send(asker, ask) for _ in range(20)]
    totals = {answer["pagination"]["total"] for answer in answers if not isinstance(answer, Refused)}
    assert len(totals) > 10
    assert all(1028 <= total <= 1092 for total in totals)


@pytest.mark.parametrize("name", READS)
def test_a_meaning_of_limits_and_offsets_changes_no_filter_and_no_order(name: str) -> None:
    search = Search(limit=10, offset=20, order_by="name", filters=(FINISHED,), route="filter")
    read = READS[name](search, small_world())
    assert (read.filters, read.order_by, read.route) == (search.filters, search.order_by, search.route)
    assert read.limit > 0
    assert read.offset >= 0


@pytest.mark.parametrize("name", PAGINATIONS)
def test_a_meaning_of_the_pagination_leaves_the_rows_alone(name: str) -> None:
    told = {"total": 40, "offset": 20, "hasPrevious": True, "hasNext": False}
    body = {"pagination": told, "data": [{"id": "a"}]}
    changed = PAGINATIONS[name](body, Search(limit=20, offset=20, route="filter"), small_world())
    assert changed["data"] == body["data"]
    assert changed["pagination"].keys() <= told.keys()
    assert body["pagination"] == {"total": 40, "offset": 20, "hasPrevious": True, "hasNext": False}


@pytest.mark.parametrize("name", ROWS)
def test_a_meaning_of_rows_leaves_their_number_and_the_pagination_alone(name: str) -> None:
    world = small_world()
    body = {"pagination": {"total": 2}, "data": records(world)[:2]}
    for route in ("list", "filter"):
        changed = ROWS[name](body, Search(limit=20, route=route), world)
        assert changed["pagination"] == body["pagination"]
        assert len(changed["data"]) == 2
