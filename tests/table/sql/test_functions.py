"""The functions that a model's SQL may call: they exist, and the sizes of their results are bounds."""

from typing import Any

import pytest

from bytenite_mcp.table.errors import BadQuery
from bytenite_mcp.table.sql.functions import (
    AGGREGATES,
    COLLECTING,
    FUNCTIONS,
    JSON_PATHS,
    NUMBER_SIZE,
    PATTERNS,
    TABLE_FUNCTIONS,
    WINDOW_FUNCTIONS,
    Gives,
    is_text,
    result_size,
)
from tests.table.tables import empty

SYNTAX = {"if", "row", "nullif", "!~~", "!~~*", "~~", "~~*"}
"""Names that the parser knows, or rewrites."""


def text(value: str) -> dict[str, Any]:
    return {"class": "CONSTANT", "literal": {"kind": "STRING", "text": value}}


COLUMN: dict[str, Any] = {"class": "COLUMN_REF", "column_names": ["name"]}


def test_every_function_there_is_exists_in_the_database() -> None:
    known = {
        name for (name,) in empty().execute("SELECT lower(function_name) FROM duckdb_functions()").fetchall()
    }
    allowed = {*FUNCTIONS, *AGGREGATES, *COLLECTING, *TABLE_FUNCTIONS, *WINDOW_FUNCTIONS}
    assert sorted(allowed - known - SYNTAX) == []


def test_no_name_is_of_two_kinds() -> None:
    assert FUNCTIONS.keys().isdisjoint(AGGREGATES)
    assert COLLECTING.isdisjoint([*FUNCTIONS, *AGGREGATES])
    assert WINDOW_FUNCTIONS.isdisjoint(FUNCTIONS)


def test_functions_with_a_constant_argument_are_among_those_that_may_be_called() -> None:
    assert FUNCTIONS.keys() >= JSON_PATHS | PATTERNS


@pytest.mark.parametrize(
    ("sql", "name", "arguments", "sizes"),
    [
        ("lower('ABC')", "lower", [text("ABC")], [3]),
        ("concat('ABC', 'DE')", "concat", [text("ABC"), text("DE")], [3, 2]),
        ("replace('aaaa', 'a', 'bcd')", "replace", [text("aaaa"), text("a"), text("bcd")], [4, 1, 3]),
        (
            "replace('aaaa', 'a', 'bcdefghij')",
            "replace",
            [text("aaaa"), text("a"), text("bcdefghij")],
            [4, 1, 9],
        ),
        ("strftime(TIMESTAMP '2026-03-04', '%A %c')", "strftime", [COLUMN, text("%A %c")], [8, 5]),
        ("string_split('a,b,c', ',')", "string_split", [text("a,b,c"), text(",")], [5, 1]),
    ],
)
def test_a_result_is_no_larger_than_its_size_says(
    sql: str, name: str, arguments: list[dict[str, Any]], sizes: list[int]
) -> None:
    (written,) = empty().execute(f"SELECT length(({sql})::VARCHAR)").fetchone() or (0,)
    assert 0 < written <= result_size(name, arguments, sizes)


@pytest.mark.parametrize("name", [name for name, gives in FUNCTIONS.items() if gives is Gives.NUMBER][::20])
def test_a_number_has_its_size_whatever_the_arguments_are(name: str) -> None:
    assert result_size(name, [text("x"), text("x")], [10**6, 10**6]) == NUMBER_SIZE


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("medain", [COLUMN], "there is no function medain here; similar: median"),
        ("xyzzy" * 20, [COLUMN], "there is no function " + ("xyzzy" * 20)[:40] + " here."),
        ("json_extract", [COLUMN, COLUMN], "the path in json_extract must be a text"),
        ("json_extract", [COLUMN, text("$**.a")], "without **"),
        ("age", [COLUMN], "age takes two times here: age(now(), createdAt)"),
        ("regexp_matches", [COLUMN, COLUMN], "the pattern in regexp_matches must be a constant text"),
    ],
)
def test_a_forbidden_call_is_refused_with_an_allowed_one(
    name: str, arguments: list[dict[str, Any]], said: str
) -> None:
    with pytest.raises(BadQuery) as refused:
        result_size(name, arguments, [1] * len(arguments))
    assert said in str(refused.value)


def test_only_a_string_literal_is_a_text() -> None:
    assert is_text(text("a"))
    assert not is_text(COLUMN)
    assert not is_text({"class": "CONSTANT", "literal": {"kind": "NUMBER", "text": "1"}})
