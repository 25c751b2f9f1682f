"""Values of any type in SQL: numbers are compared as numbers, booleans as booleans, all else as text."""

import json
from typing import Any

import pytest

from bytenite_mcp.table.json_value import Sql, Value
from tests.table.tables import empty, holding

VALUES: list[Any] = [5, 5.0, "5", "5.0", " 5", True, "true", "True", "", None, {}, [], {"a": 1}, "a'b"]


def ask(value: Value, clause: str, given: list[Any], params: Any) -> Any:
    with holding([{"id": "a", "params": params}]) as table:
        (row,) = table.execute(f"SELECT {clause} FROM records", given).fetchall()
    return row[0]


def matches(sql: Sql, member: Any) -> bool:
    return bool(ask(Value.in_params("params.x"), *sql, {"x": member}))


@pytest.mark.parametrize(
    ("operand", "equal"),
    [
        (5, [5, 5.0, "5", "5.0"]),
        ("5", [5, 5.0, "5"]),
        (True, [True, "true", "True"]),
        ("true", [True, "true"]),
        ("", ["", None, {}, []]),
        ("a'b", ["a'b"]),
    ],
)
def test_a_member_equals_what_is_written_like_it(operand: Any, equal: list[Any]) -> None:
    clause = Value.in_params("params.x").equals(operand)
    found = [member for member in VALUES if matches(clause, member)]
    assert json.dumps(found) == json.dumps(equal)


@pytest.mark.parametrize(
    ("operand", "greater"),
    [(4, [5, 5.0, "5", "5.0"]), ("4", [5, 5.0, "5", "5.0", "true", "True", "a'b"]), (False, [])],
)
def test_numbers_are_ordered_as_numbers_and_texts_as_texts(operand: Any, greater: list[Any]) -> None:
    clause = Value.in_params("params.x").is_ordered(">", operand)
    assert [member for member in VALUES if matches(clause, member)] == greater


def test_a_member_that_is_not_there_is_unset_and_one_of_an_unreadable_params_is_not_known() -> None:
    value = Value.in_params("params.x")
    assert ask(value, value.unset, [], {"y": 1}) is True
    assert ask(value, value.unset, [], "no object") is not True


@pytest.mark.parametrize("name", ["it's", 'a"b', "a\\b", "$", "*", "a b"])
def test_a_member_may_have_any_name(name: str) -> None:
    value = Value.in_params(f"params.{name}")
    assert ask(value, value.text, [], {name: "here"}) == "here"


def test_a_dotted_name_leads_into_objects_only() -> None:
    value = Value.in_params("params.a.0")
    assert ask(value, value.text, [], {"a": {"0": "in"}}) == "in"
    assert ask(value, value.text, [], {"a": ["in"]}) is None


def test_elements_of_lists_and_arrays_are_values_too() -> None:
    clause, given = Value.in_list("'us'").equals("us")
    assert empty().execute(f"SELECT {clause}", given).fetchone() == (True,)
    clause, given = Value.in_array("""'5'::JSON""").equals(5)
    assert empty().execute(f"SELECT {clause}", given).fetchone() == (True,)


@pytest.mark.parametrize(
    ("direction", "order"),
    [("ASC", [False, 2, "10", "a", "b", None]), ("DESC", ["b", "a", "10", 2, False, None])],
)
def test_numbers_are_less_than_texts_and_what_is_unset_comes_last_in_either_direction(
    direction: str, order: list[Any]
) -> None:
    members = ["b", 2, None, "10", "a", False]
    with holding([{"id": str(n), "params": {"x": member}} for n, member in enumerate(members)]) as table:
        keys = Value.in_params("params.x").order_by(direction)
        found = table.execute(f"SELECT json_extract(params, '$.x') FROM records ORDER BY {keys}").fetchall()
    assert [json.loads(value) for (value,) in found] == order
