"""Regular expressions over texts: case is ignored, and no pattern takes long."""

import time

import pytest

from bytenite_mcp.table.errors import BadQuery
from bytenite_mcp.table.regex import find_matches

TEXTS = ["Out of memory", "exit 137", "", "first\nsecond line"]


@pytest.mark.parametrize(
    ("pattern", "places"),
    [("out", {0}), ("^EXIT \\d+$", {1}), ("", {0, 1, 2, 3}), ("^$", {2}), ("t.s", {3}), ("nothing", set())],
)
def test_texts_that_match_are_found_whatever_their_case_and_lines(pattern: str, places: set[int]) -> None:
    assert find_matches(pattern, TEXTS, "match").keys() == places


def test_it_is_said_where_in_a_text_a_match_stands() -> None:
    assert find_matches("[^ ]+ORY", ["\U0001f600\U0001f600 Out of memory", "memory"], "match") == {
        0: 10,
        1: 0,
    }


def test_without_texts_nothing_matches() -> None:
    assert find_matches("a", [], "match") == {}


@pytest.mark.parametrize(
    ("pattern", "said"),
    [("(", "missing )"), ("a**", "bad repetition operator"), ("(?=a)", "invalid perl operator")],
)
def test_an_invalid_pattern_is_refused_with_the_reason(pattern: str, said: str) -> None:
    with pytest.raises(BadQuery, match=r"^match: RE2 cannot read it: ") as refused:
        find_matches(pattern, TEXTS, "match")
    assert said in str(refused.value)


def test_a_pattern_that_would_backtrack_takes_no_time() -> None:
    began = time.process_time()
    assert find_matches("(a+)+$", ["a" * 5000 + "b"], "match") == {}
    assert time.process_time() - began < 1


@pytest.mark.parametrize("pattern", ["\\", "[", "a{1001}", "(?P<n>", "\\C", "\0", "\ud800", "(?i)", "ü+"])
def test_any_text_is_a_pattern_or_refused_in_a_line(pattern: str) -> None:
    try:
        problem, found = "", set(find_matches(pattern, TEXTS, "match"))
    except BadQuery as refused:
        problem, found = str(refused), set()
    assert "\n" not in problem
    assert found <= {0, 1, 2, 3}
