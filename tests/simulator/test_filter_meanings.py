"""Each other interpretation of filters leaves the filters alone that it is not about."""

import pytest

from bytenite_mcp.simulator.errors import Refusal
from bytenite_mcp.simulator.filter_meanings import READS, ROUTES, RULES, SETS
from bytenite_mcp.simulator.search import Filter, Search
from tests.simulator.test_meanings import small_world

OF_A_TIME = Filter("createdAt", "FILTER_CONDITION_GTE", "2026-01-01T00:00:00Z")
OF_A_NUMBER = Filter("numChunks", "FILTER_CONDITION_GTE", 10)
OF_A_TEXT = Filter("name", "FILTER_CONDITION_EQ", "train")


@pytest.mark.parametrize("name", [name for name in RULES if name.startswith("time-")])
def test_a_rule_for_times_is_not_for_numbers_and_texts(name: str) -> None:
    assert RULES[name](OF_A_NUMBER) is OF_A_NUMBER
    assert RULES[name](OF_A_TEXT) is OF_A_TEXT


@pytest.mark.parametrize("name", [name for name in RULES if name.startswith("number-")])
def test_a_rule_for_numbers_is_not_for_times_and_texts(name: str) -> None:
    assert RULES[name](OF_A_TIME) is OF_A_TIME
    assert RULES[name](OF_A_TEXT) is OF_A_TEXT


@pytest.mark.parametrize("name", [name for name in RULES if name.startswith(("like-", "in-", "array-"))])
def test_a_rule_for_one_condition_is_not_for_others(name: str) -> None:
    for other in (OF_A_TIME, OF_A_NUMBER, OF_A_TEXT):
        assert RULES[name](other) == other


@pytest.mark.parametrize("name", SETS)
def test_a_rule_for_all_filters_together_changes_nothing_where_there_are_none(name: str) -> None:
    search = Search(limit=5, route="list")
    assert SETS[name](search, small_world()) == search


@pytest.mark.parametrize("name", READS)
def test_every_meaning_reads_a_search_or_refuses_it_and_leaves_order_and_page(name: str) -> None:
    search = Search(5, 10, "name", (OF_A_TIME, OF_A_NUMBER, OF_A_TEXT), route="filter")
    try:
        read = READS[name](search, small_world())
    except Refusal as refusal:
        assert refusal.status >= 400  # noqa: PT017
        return
    assert (read.limit, read.offset, read.order_by, read.route) == (5, 10, "name", "filter")


@pytest.mark.parametrize("name", ROUTES)
def test_a_rule_for_a_route_leaves_the_other_alone(name: str) -> None:
    search = Search(limit=5, route="filter" if name.startswith("list-") else "list")
    assert ROUTES[name](search, small_world()) == search
