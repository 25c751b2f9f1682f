"""What each condition means, on records made for the question."""

import json
import sqlite3
from typing import Any

import pytest

from bytenite_mcp.simulator.errors import Refusal
from bytenite_mcp.simulator.search import AllOf, Filter
from bytenite_mcp.simulator.search_sql import add_functions, build_where


def matches(record: dict[str, Any], field: str, condition: str, operand: Any) -> bool:
    clause, values = build_where(Filter(field, f"FILTER_CONDITION_{condition}", operand))
    database = sqlite3.connect(":memory:")
    add_functions(database)
    text = json.dumps(record, ensure_ascii=False, separators=(",", ":"))
    found = database.execute(f"SELECT 1 FROM (SELECT ? AS record) WHERE {clause}", [text, *values])
    try:
        return found.fetchone() is not None
    finally:
        database.close()


@pytest.mark.parametrize("unset", [{}, {"name": None}, {"name": ""}, {"name": {}}, {"name": []}])
def test_an_unset_field_equals_nothing_zero_and_false_only(unset: Any) -> None:
    assert all(matches(unset, "name", "EQ", operand) for operand in ("", 0, 0.0, False, None))
    assert not any(matches(unset, "name", "EQ", operand) for operand in ("x", "0", 1, True, "false"))


@pytest.mark.parametrize("unset", [{}, {"name": None}, {"name": ""}])
def test_an_unset_field_is_neither_greater_nor_less_nor_like(unset: Any) -> None:
    for condition in ("GT", "GTE", "LT", "LTE"):
        assert not any(matches(unset, "name", condition, operand) for operand in ("", "a", 0, -1, 1, False))
    assert not matches(unset, "name", "LIKE", "%")
    assert not matches(unset, "name", "ARRAY_CONTAINS", "")


@pytest.mark.parametrize(
    ("value", "operand", "equal"),
    [
        ("a", "a", True), ("a", "A", False), ("5", 5, True), (5, "5", True), (5.0, "5", True),
        (5, "5.0", True), ("5", "5.0", False), ("5", "5", True), (" 5", 5, False), ("5e0", 5, True),
        ("+5", 5, False),
        (True, True, True), (True, "TRUE", True), ("True", True, True), (False, 0, False), (True, 1, False),
        (0, False, False), (0, "", False), (False, "", False), (False, "false", True),
        ("false", "False", False),
        ({"a": 1}, '{"a":1}', False), ([1], 1, False), ("{}", "", False), ("{}", "{}", True),
        ("null", None, False),
    ],
)  # fmt: skip
def test_equality_is_by_number_truth_or_exact_text(value: Any, operand: Any, equal: Any) -> None:
    record = {"params": {"app": {"it": value}}}
    assert matches(record, "params.app.it", "EQ", operand) is equal
    assert matches(record, "params.app.it", "NEQ", operand) is not equal
    assert matches(record, "params.app.it", "IN", ["other", operand]) is equal
    assert matches(record, "params.app.it", "NOT_IN", ["other", operand]) is not equal


@pytest.mark.parametrize(
    ("value", "condition", "operand", "matched"),
    [
        (5, "GT", 4, True), (5, "GT", "4.5", True), ("5", "GT", 4, True), ("5", "LT", "40", False),
        ("b", "GT", "a", True), ("a", "GTE", "a", True), ("é", "GT", "z", True), ("a", "GT", 1, False),
        (True, "GTE", True, False), (True, "GT", 0, False), (5, "LTE", True, False), (5, "GT", "a", False),
        ([9], "GT", 1, False), ({"a": 1}, "GT", "a", False),
    ],
)  # fmt: skip
def test_order_is_by_number_or_by_code_point_where_types_meet(
    value: Any, condition: Any, operand: Any, matched: Any
) -> None:
    assert matches({"params": {"it": value}}, "params.it", condition, operand) is matched


@pytest.mark.parametrize("field", ["numChunks", "numUnitsEstimation", "paymentAmount", "duration"])
def test_number_fields_are_numbers_however_they_are_written(field: Any) -> None:
    assert matches({field: "10"}, field, "EQ", "10.0")
    assert matches({field: "10"}, field, "GT", "9")
    assert matches({}, field, "EQ", "")
    assert not matches({field: "0"}, field, "EQ", "")
    assert not matches({field: "text"}, field, "GTE", 0)


def test_times_are_instants() -> None:
    record = {"createdAt": "2026-03-04T15:00:00.123456789Z", "stateTimestamps": {"X": "2026-03-04T15:00:00Z"}}
    assert matches(record, "createdAt", "EQ", "2026-03-04T16:00:00.123456789+01:00")
    assert matches(record, "createdAt", "GT", "2026-03-04T15:00:00.123456788Z")
    assert matches(record, "createdAt", "LT", "2026-03-04T15:00:00.12345679Z")
    assert matches(record, "stateTimestamps.X", "EQ", "2026-03-04T15:00:00.000Z")
    assert matches(record, "createdAt", "LIKE", "2026-03-04t%")
    assert not matches({"createdAt": 17}, "createdAt", "EQ", "2026-03-04T15:00:00Z")
    assert not matches({"createdAt": None}, "createdAt", "LT", "2026-03-04T15:00:00Z")
    assert matches({"createdAt": "text"}, "createdAt", "NEQ", "2026-03-04T15:00:00Z")


@pytest.mark.parametrize(
    ("pattern", "matched"),
    [
        ("große straße", True), ("GROSSE STRASSE", True), ("gro%", True), ("%STRASSE", True), ("gro", False),
        ("_ro%", True), ("%", True), ("", False), ("%\0", False), ("%\\%", False), ("100%", False),
    ],
)  # fmt: skip
def test_like_folds_case_and_matches_the_whole(pattern: Any, matched: Any) -> None:
    assert matches({"name": "Große Straße"}, "name", "LIKE", pattern) is matched


def test_like_is_for_text_only() -> None:
    assert not matches({"numChunks": 10}, "numChunks", "LIKE", "%")
    assert matches({"numChunks": "10"}, "numChunks", "LIKE", "1_")


def test_lists_hold_what_they_hold() -> None:
    record = {"regions": {"whitelist": ["eu", "7", 8, True]}}
    assert matches(record, "regions.whitelist", "ARRAY_CONTAINS", "eu")
    assert matches(record, "regions.whitelist", "ARRAY_CONTAINS", 7)
    assert matches(record, "regions.whitelist", "ARRAY_CONTAINS_ANY", ["us", "8"])
    assert not matches(record, "regions.whitelist", "ARRAY_CONTAINS", 1)
    assert not matches(record, "regions.whitelist", "ARRAY_CONTAINS_ANY", [])
    assert not matches({"name": "eu"}, "name", "ARRAY_CONTAINS", "eu")
    assert not matches(record, "regions", "ARRAY_CONTAINS", "eu")


def test_a_path_goes_into_objects_only() -> None:
    record = {"params": {"list": [{"a": 1}], 'quo"te': "x", "0": "zero"}}
    assert not matches(record, "params.list.0", "EQ", 1)
    assert not matches(record, "params.list.a", "EQ", 1)
    assert matches(record, "params.0", "EQ", "zero")
    assert matches(record, 'params.quo"te.deeper', "EQ", "")


def test_in_nothing_is_nothing() -> None:
    assert not matches({"name": "a"}, "name", "IN", [])
    assert matches({"name": "a"}, "name", "NOT_IN", [])


@pytest.mark.parametrize(
    ("field", "condition", "operand"),
    [
        ("name", "EQ", ["a"]), ("name", "EQ", {}), ("name", "IN", "a"), ("name", "IN", [["a"]]),
        ("name", "ARRAY_CONTAINS", ["a"]), ("name", "ARRAY_CONTAINS_ANY", "a"), ("name", "LIKE", 5),
        ("name", "BETWEEN", 5), ("name", "GT", [1]), ("name", "EQ", 10**400), ("name", "LIKE", "%" * 60_000),
        ("createdAt", "EQ", "yesterday"), ("createdAt", "GT", 5), ("createdAt", "IN", [""]),
        ("stateTimestamps.X", "EQ", "2026-03-04"), ("duration", "EQ", "long"), ("duration", "GT", ""),
        ("duration", "IN", [1, "x"]), ("duration", "EQ", False),
        ("nope", "EQ", 1), ("", "EQ", 1), ("name.x", "EQ", 1), ("config.", "EQ", 1), ("params..x", "EQ", 1),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(field: Any, condition: Any, operand: Any) -> None:
    with pytest.raises(Refusal) as refusal:
        matches({}, field, condition, operand)
    assert (refusal.value.status, refusal.value.code) == (400, 3)


def test_filters_are_anded() -> None:
    both = [Filter("name", "FILTER_CONDITION_EQ", "a"), Filter("state", "FILTER_CONDITION_NEQ", "b")]
    clause, values = build_where(AllOf(tuple(both)))
    first, second = map(build_where, both)
    assert clause == f"(1 AND {first[0]} AND {second[0]})"
    assert values == first[1] + second[1]
