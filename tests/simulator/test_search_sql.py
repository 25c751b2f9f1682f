"""Fields and orders as SQL: unknown ones are refused, and no name escapes its path."""

import json
import sqlite3
from contextlib import closing
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bytenite_mcp.simulator.errors import Refusal
from bytenite_mcp.simulator.search import AllOf, AnyOf, IsSet
from bytenite_mcp.simulator.search_sql import (
    LIFE,
    READINGS,
    add_functions,
    build_order,
    build_path,
    build_where,
    find_kind,
    fold_case,
    is_found,
    reread,
    to_number,
)


@pytest.mark.parametrize(
    ("field", "kind"),
    [
        ("createdAt", "time"),
        ("stateTimestamps.JOB_STATE_NEW", "time"),
        ("stateTimestamps", "text"),
        ("config.taskTimeout", "number"),
        ("params.app.steps", "text"),
        ("name", "text"),
    ],
)
def test_a_field_compares_by_its_kind(field: str, kind: str) -> None:
    assert find_kind(field) == kind


@pytest.mark.parametrize("field", ["", "nope", "name.x", "params.", "params..x", "config.x."])
def test_a_field_that_there_is_not_is_refused(field: str) -> None:
    with pytest.raises(Refusal, match="unknown field"):
        build_path(field)


@given(st.text(min_size=1).filter(lambda name: "." not in name))
def test_a_path_is_one_that_sqlite_reads_whatever_the_name(name: str) -> None:
    path = build_path(f"params.{name}".encode(errors="ignore").decode())
    with closing(sqlite3.connect(":memory:")) as database:
        assert database.execute("SELECT json_extract('{}', ?)", [path]).fetchone() == (None,)


@pytest.mark.parametrize(
    ("text", "number"),
    [("5", 5), ("-5.5", -5.5), ("1e3", 1000.0), ("9" * 17, int("9" * 17)), (" 5", None), ("+5", None), ("0x1", None),
     ("nan", None), ("", None), (5, None), (None, None)],
)  # fmt: skip
def test_only_a_text_that_spells_a_json_number_is_one(text: object, number: float | None) -> None:
    assert to_number(text) == number


def test_texts_are_folded_and_searched_and_other_values_are_not() -> None:
    assert fold_case("STRAßE") == "strasse"
    assert fold_case(5) is None
    assert is_found("^a", "ab")
    assert not is_found("^a", None)


@pytest.mark.parametrize(
    ("condition", "holds"), [(AllOf(()), 1), (AnyOf(()), 0), (IsSet("name"), 0), (IsSet("name", False), 1)]
)
def test_conditions_without_filters_are_sql_too(condition: AllOf | AnyOf | IsSet, holds: int) -> None:
    sql, values = build_where(condition)
    with closing(sqlite3.connect(":memory:")) as database:
        add_functions(database)
        found = database.execute(f"SELECT {sql} FROM (SELECT '{{}}' AS record)", values).fetchone()
    assert found == (holds,)


def test_an_order_is_by_one_field_in_one_of_two_directions() -> None:
    assert build_order("") == build_order("createdAt desc")
    assert build_order("name")[1] == ['$."name"', '$."name"']
    for order_by in ("name sideways", "nope", "name desc extra"):
        with pytest.raises(Refusal):
            build_order(order_by)


# Conversions of a stored value before it is compared

TIME = "2026-03-04T15:30:12.3456789Z"


@pytest.mark.parametrize(
    ("name", "stored", "read"),
    [
        ("time-to-second", TIME, "2026-03-04T15:30:12.000000000Z"),
        ("time-to-millisecond", TIME, "2026-03-04T15:30:12.345000000Z"),
        ("time-rounded-up", TIME, "2026-03-04T15:30:12.346000000Z"),
        ("time-date-only", TIME, "2026-03-04T00:00:00.000000000Z"),
        ("time-null-is-zero", None, "1970-01-01T00:00:00Z"),
        ("number-as-text", 2.5, "2.5"),
        ("number-null-is-zero", None, 0),
        ("state-short-only", "JOB_STATE_FAILED", "FAILED"),
        ("state-gt-ordinal", "JOB_STATE_STARTED", 1),
        ("state-unknown-is-new", "JOB_STATE_PAUSED", "JOB_STATE_NEW"),
    ],
)
def test_a_reading_changes_what_it_is_named_after(name: str, stored: Any, read: Any) -> None:
    assert READINGS[name](stored) == read


@pytest.mark.parametrize("name", READINGS)
def test_a_reading_is_one_of_json_and_changes_its_own_result_no_more(name: str) -> None:
    values: dict[str, list[Any]] = {
        "time": ["", "text", TIME],
        "number": ["text", 5, 2.5],
        "state": ["", LIFE[3], "JOB_STATE_PAUSED"],
    }
    for value in [None, *values[name.partition("-")[0]]]:
        once = READINGS[name](value)
        assert json.loads(json.dumps(once)) == once
        assert READINGS[name](once) == once or name in ("time-rounded-up", "state-gt-ordinal")


def test_readings_are_applied_in_turn_to_the_first_of_the_values() -> None:
    assert json.loads(reread(json.dumps([None, "other"]), "number-null-is-zero number-as-text")) == "0"
    assert json.loads(reread('["as it was"]', "")) == "as it was"


def test_a_job_enters_each_state_once() -> None:
    assert len(LIFE) == len(set(LIFE)) == 11
