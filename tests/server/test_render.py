"""Records as models read them: lean as structure, and the same as text."""

import csv
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp.types import TextContent

from bytenite_mcp.api.values import Json
from bytenite_mcp.server.render import (
    ERROR_LENGTH,
    TEXT_LENGTH,
    render_concise,
    render_full,
    render_text,
    round_to_digits,
    to_result,
)
from tests.conftest import as_clean

CELLS = st.text("a ,;\"'=\n\r", max_size=4) | st.integers(-9, 9) | st.booleans() | st.none()


def test_a_concise_record_has_what_is_set_and_asked_for() -> None:
    record = {
        "id": "a",
        "name": "",
        "duration": "12s",
        "numChunks": 4.0,
        "createdAt": "2026-03-04T15:00:00.5Z",
        "more": 1,
    }
    assert render_concise(record) == {
        "id": "a",
        "createdAt": "2026-03-04T15:00:00Z",
        "duration": 12,
        "numChunks": 4,
    }
    assert render_concise(record, ["more"])["more"] == 1


def test_a_concise_record_has_no_unset_member_and_calls_none_unreadable() -> None:
    unset = {
        "name": "",
        "createdAt": "0001-01-01T00:00:00Z",
        "deletedAt": 0,
        "duration": "0s",
        "errorMessage": None,
    }
    assert render_concise({"id": "a", "numChunks": 0, **unset}) == {"id": "a", "numChunks": 0}


def test_texts_in_a_list_are_told_apart() -> None:
    rows: list[Json] = [[["a", "b"], ["a;b"], [""], []]]
    assert render_text({"columns": ["c", "d", "e", "f"], "rows": rows}, "rows").splitlines()[-1] == (
        'a;b,"[""a;b""]","[""""]",[]'
    )


def test_a_member_of_another_type_is_named_and_not_shown() -> None:
    texts = dict.fromkeys(("id", "name", "state", "templateId", "errorMessage"), 5)
    others = dict.fromkeys(("createdAt", "deletedAt", "duration", "numChunks", "paymentAmount"), "soon")
    unreadable = render_concise({**texts, **others})["unreadable"]
    assert isinstance(unreadable, list)
    assert set(unreadable) == {*texts, *others}
    assert render_concise({"id": "a", "name": 5}) == {"id": "a", "unreadable": ["name"]}


@pytest.mark.parametrize(("member", "longest"), [("name", TEXT_LENGTH), ("errorMessage", ERROR_LENGTH)])
def test_long_texts_are_cut_on_one_line(member: str, longest: int) -> None:
    shown = render_concise({member: "a\n  b " * 200})[member]
    assert isinstance(shown, str)
    assert len(shown) == longest
    assert shown.startswith("a b a b")
    assert shown.endswith("…")
    assert render_concise({member: "a" * longest})[member] == "a" * longest


def test_a_full_record_keeps_unknown_members_without_the_unset_ones() -> None:
    (record,) = as_clean({"id": "a", "odd": {"x": None, "y": [1, {}]}, "empty": {}, "nan": float("nan")})
    assert render_full(record) == {"id": "a", "odd": {"y": [1, {}]}, "nan": None}
    (record,) = as_clean({"id": "a", "endedAt": "0001-01-01T00:00:00Z", "startedAt": 0, "deletedAt": "soon"})
    assert render_full(record) == {"id": "a", "deletedAt": "soon"}


@pytest.mark.parametrize(("duration", "shown"), [("-5s", None), ("0.5s", "0.5s"), ("long", "long")])
def test_a_full_record_shows_no_negative_duration(duration: str, shown: str | None) -> None:
    (record,) = as_clean({"id": "a", "duration": duration})
    assert render_full(record) == {"id": "a", "duration": shown}


@pytest.mark.parametrize(
    ("value", "digits", "rounded"),
    [
        (1234.5, 3, 1234),
        (0.12345, 3, 0.123),
        (99.96, 3, 100),
        (0, 3, 0),
        (-12.345, 3, -12.3),
        (12345, 3, 12345),
        (1e300, 3, 1e300),
    ],
)
def test_numbers_are_rounded_and_keep_the_digits_before_the_point(
    value: float, digits: int, rounded: float
) -> None:
    assert str(round_to_digits(value, digits)) == str(rounded)


@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=5))
def test_rows_come_back_from_their_text(rows: list[tuple[Any, Any]]) -> None:
    text = render_text({"rows": [list(row) for row in rows], "columns": ["a", "b"]}, "rows")
    read = list(csv.reader(io.StringIO(text, newline="")))
    written = [
        ["" if c is None else str(c).lower() if isinstance(c, bool) else str(c) for c in row] for row in rows
    ]
    assert read[0] == ["a", "b"]
    if not any(set(cell) & set("\r\n") for row in written for cell in row):
        assert read[1:] == written


def test_content_that_is_no_table_is_json_and_an_empty_table_says_so() -> None:
    assert json.loads(render_text({"job": {"id": "a"}})) == {"job": {"id": "a"}}
    assert render_text({"count": 0, "jobs": []}, "jobs") == "count: 0\njobs: none"
    nested = {"rows": [[{"a": 1}]]}
    assert json.loads(render_text(nested, "rows")) == nested


def test_a_result_says_the_same_in_both_channels_and_holds_no_link_that_a_client_would_fetch() -> None:
    content: Any = {"note": "[a](https://h.example) <img src=x>"}
    result = to_result(content, simulated=False)
    (block,) = result.content
    assert isinstance(block, TextContent)
    assert result.structured_content == content
    assert "](" not in block.text
    assert "<img" not in block.text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<IMG SRC=x>", "< IMG SRC=x>"),
        ("<svg/onload=x>", "< svg/onload=x>"),
        ("<iframe\nsrc=x>", "< iframe\nsrc=x>"),
        ("</td><!-- x -->", "< /td>< !-- x -->"),
        ("<style>@import 'x'</style>", "< style>@import 'x'< /style>"),
        ("![a][b]\n[b]: https://h.example/x", "![a][b]\n[b] : https://h.example/x"),
        ("[b]:\n  //h.example/x", "[b] :\n  //h.example/x"),
        ("[b]: <http&colon;//h.example>", "[b] : < http&colon;//h.example>"),
        (f"[b]:{' ' * 12}//h.example/x", f"[b] :{' ' * 12}//h.example/x"),
        ("[b]: https:h.example/x", "[b] : https:h.example/x"),
        ("[b]: &sol;&sol;h.example/x", "[b] : &sol;&sol;h.example/x"),
        (r"[b]: \/\/h.example/x", r"[b] : \/\/h.example/x"),
        ("[b]: src/main.py", "[b]: src/main.py"),
        ('File "a.py", line 1, in <module>', 'File "a.py", line 1, in <module>'),
        ("a<U+202E>b", "a<U+202E>b"),
        ("List<int>, a<b, build<main>, </s>", "List<int>, a<b, build<main>, </s>"),
        ("<x\nstyle='background:url(//h.example)'>", "< x\nstyle='background:url(//h.example)'>"),
        ("<https://h.example/x>", "< https://h.example/x>"),
        ("<x$ style='a'>", "< x$ style='a'>"),
        ("<x <y style='a'>", "< x < y style='a'>"),
        ("[INFO]: 3 < 4, a[0]: 7, x<-1", "[INFO]: 3 < 4, a[0]: 7, x<-1"),
    ],
)
def test_tags_and_references_from_outside_are_broken_and_other_text_is_not(text: str, shown: str) -> None:
    (block,) = to_result({"lines": [text]}, simulated=False, table="lines").content
    assert isinstance(block, TextContent)
    assert block.text == shown
