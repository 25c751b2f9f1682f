"""Where a value ends: at its quote, its bracket, the next name, or the end of its block."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bytenite_mcp.privacy.extents import (
    end_of_line,
    indent_of,
    read_block,
    read_brackets,
    read_plain,
    read_quoted,
    read_to,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('"a b" c', "a b"),
        ("'a\"b' c", 'a"b'),
        ("'a'\"b\" c", "'a'\"b\""),
        ('"""a\n"b" c""" d', 'a\n"b" c'),
        (r"\"a b\" c", "a b"),
        ('b"a b" c', "a b"),
        ('"a b\nc', "a b"),
        ("plain", None),
    ],
)
def test_a_quoted_value_ends_at_its_quote(text: str, value: str | None) -> None:
    span = read_quoted(text, 0)
    assert (text[slice(*span)] if span else None) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a1b2 rest", "a1b2"),
        ("a1b2, mode=fast", "a1b2"),
        ("a1b2&mode=fast", "a1b2"),
        ("a1b2.", "a1b2"),
        ("a1b2)", "a1b2"),
        ("f(a1b2)", "f(a1b2)"),
        ('a1b2"}', "a1b2"),
        ("x" * 5000 + " y", "x" * 5000),
    ],
)
def test_a_plain_value_ends_at_a_space_or_the_next_name_without_punctuation(text: str, value: str) -> None:
    span = read_plain(text, 0)
    assert span
    assert text[slice(*span)] == value


def test_no_plain_value_begins_with_a_space() -> None:
    assert read_plain(" a", 0) is None


@pytest.mark.parametrize(
    ("line", "value"),
    [("correct horse battery", "correct horse battery"), ("xK9-ab7Q2w ./run --fast", "xK9-ab7Q2w")],
)
def test_a_value_to_the_end_of_its_line_leaves_out_a_command_after_it(line: str, value: str) -> None:
    assert line[slice(*read_to(line, 0, len(line)))] == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('[b"a]b", \'{\', "c"] d', 'b"a]b", \'{\', "c"'),
        ("(it's) d", "it's"),
        (r"{\"a\": \"b\"} \"c\"}", r"\"a\": \"b\""),
        ("[a, [b]] c", "a, [b]"),
        ("{a: (b)} c", "a: (b)"),
        ("[a, b\nc]d", "a, b\nc"),
        ("(a\nb", "a"),
        ("(a\n  b", "a"),
        ("(\n  b", "\n  b"),
    ],
)
def test_brackets_end_where_they_are_closed_or_at_the_end_of_the_line(text: str, value: str) -> None:
    assert text[slice(*read_brackets(text, 0))] == value


def test_brackets_that_are_closed_far_below_hold_the_lines_that_are_indented_deeper() -> None:
    members = "".join(f"    user{number}: 'xK9ab7Q2w'\n" for number in range(400))
    text = f"  users: {{\n{members}  }}\n  rest\n"
    assert text[slice(*read_brackets(text, text.index("{")))] == f"\n{members.rstrip()}"


def test_a_block_is_the_lines_that_are_indented_deeper() -> None:
    text = "  a: 1\n\n    b: 2  \n  - c\nd: 3\n"
    assert [text[slice(*span)] for span in read_block(text, 0, 1)] == ["a: 1", "", "b: 2", "- c"]
    assert indent_of("  - c") == indent_of("    b") == 4


@given(st.text("ab \"'\\[](){}=:,;&\n`$", max_size=60), st.integers(0, 60))
def test_every_value_lies_in_the_text_from_its_start(text: str, start: int) -> None:
    start = min(start, len(text))
    spans = [read_quoted(text, start), read_plain(text, start)]
    if text.startswith(("[", "{", "("), start):
        spans.append(read_brackets(text, start))
    spans += [line for line in read_block(text, start, 0) if text[slice(*line)]]
    spans.append(read_to(text, start, end_of_line(text, start)))
    assert all(start <= span[0] <= span[1] <= len(text) for span in spans if span)
