"""Spans are joined without a gap or an overlap, and cut out of texts and of lines alike."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bytenite_mcp.privacy.spans import WITHHELD, Span, cut, cut_lines, join

SPANS = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 10)).map(lambda at: (at[0], at[0] + at[1])))
LINES = st.lists(st.text("ab ", max_size=8), max_size=6)


@pytest.mark.parametrize(
    ("spans", "joined"),
    [
        ([], []),
        ([(5, 5)], []),
        ([(4, 6), (1, 2)], [(1, 2), (4, 6)]),
        ([(1, 3), (3, 5)], [(1, 5)]),
        ([(1, 9), (2, 3), (8, 10)], [(1, 10)]),
    ],
)
def test_spans_that_touch_become_one(spans: list[Span], joined: list[Span]) -> None:
    assert join(spans) == joined


@given(SPANS)
def test_joined_spans_cover_the_same_characters_in_order(spans: list[Span]) -> None:
    joined = join(spans)
    covered = [n for span in joined for n in range(*span)]
    assert covered == sorted({n for span in spans for n in range(*span)})
    assert join(joined) == joined


def test_each_span_becomes_one_mark() -> None:
    assert cut("user=ana pass=xyz", [(5, 8), (14, 17)]) == f"user={WITHHELD} pass={WITHHELD}"


@given(LINES, SPANS)
def test_lines_keep_what_is_in_no_span_and_their_number(lines: list[str], spans: list[Span]) -> None:
    shown = cut_lines(lines, join(spans))
    assert len(shown) == len(lines)
    covered = {n for span in spans for n in range(*span)}
    offset = 0
    for line, cut_line in zip(lines, shown, strict=True):
        kept = "".join(c for n, c in enumerate(line, offset) if n not in covered)
        assert cut_line.replace(WITHHELD, "") == kept
        offset += len(line) + 1
