"""Dicts and lists as Python prints them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bytenite_mcp.privacy.literals import read_literal, withhold
from bytenite_mcp.privacy.redact import clean_record

TEXTS = st.text(st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"]))
VALUES: st.SearchStrategy[Any] = st.recursive(
    TEXTS | st.integers() | st.booleans() | st.none(),
    lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner),
    max_leaves=8,
)


@given(st.dictionaries(TEXTS, VALUES, min_size=1))
def test_what_python_prints_is_read_as_it_was(value: dict[str, Any]) -> None:
    assert read_literal(repr(value)) == value


@given(st.dictionaries(TEXTS, st.lists(TEXTS), min_size=1))
def test_tuples_are_read_as_lists_and_bytes_as_texts(value: dict[str, list[str]]) -> None:
    assert read_literal(repr({name: tuple(items) for name, items in value.items()})) == value


def test_bytes_are_read_as_texts() -> None:
    assert read_literal(repr({"a": b"x'", "b": [b'"\xe9']})) == {"a": "x'", "b": ['"\xe9']}


@pytest.mark.parametrize(
    "text", ["{'a'", "[x]", "{'a': 'b' 'c'}", "(1, 2)", "{'a': <object>}", "{" * 3000, "text"]
)
def test_anything_else_is_not_read(text: str) -> None:
    assert read_literal(text) is None


def test_only_the_secrets_are_replaced() -> None:
    value = {"a": "it's", "b": ("x", b"it's", "(x)"), "c": "it", "\u202e": True}
    assert withhold(repr(value), {"it's"}) == (
        r"{'a': '[withheld]', 'b': ('x', '[withheld]', '(x)'), 'c': 'it', '\u202e': True}"
    )


def test_a_secret_beside_tuples_is_found_by_the_name_in_its_pair() -> None:
    value = {"env": [{"name": "DB_PASSWORD", "shape": (3,), "value": b"tulip rose"}], "size": (1, 2)}
    record, withheld = clean_record({"id": "a", "errorMessage": repr(value)})
    assert record["errorMessage"] == repr(value).replace("b'tulip rose'", "'[withheld]'")
    assert withheld == {"tulip rose"}
