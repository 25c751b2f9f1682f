"""One page, kept out of many that come in any order."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bytenite_mcp.jobs.window import Window
from bytenite_mcp.privacy.redact import CleanRecord
from bytenite_mcp.table.order import Order


def records(*durations: Any) -> list[CleanRecord]:
    return [CleanRecord({"id": str(n), "duration": duration}) for n, duration in enumerate(durations)]


def test_without_an_order_rows_come_as_the_api_has_them_whichever_page_came_first() -> None:
    every = records(*range(9))
    window = Window(2, 5, Order())
    for start in (6, 0, 3):
        window.take(start, every[start : start + 3])
    assert window.rows() == every[2:7]
    assert window.count == 9


def test_rows_without_a_value_come_last_either_way_and_equals_keep_their_order() -> None:
    every = records(None, 2, 1, "", 2)
    for direction, ids in (("asc", "21403"), ("desc", "14203")):
        window = Window(0, 9, Order("duration", direction))
        window.take(0, every)
        assert "".join(row["id"] for row in window.rows()) == ids


def test_a_page_beyond_the_end_is_empty_and_the_count_is_right() -> None:
    window = Window(10, 5, Order())
    window.take(0, records(1, 2, 3))
    assert window.rows() == []
    assert window.count == 3


def test_only_what_can_be_on_the_page_is_kept() -> None:
    window = Window(0, 3, Order("duration", "desc"))
    for start in range(0, 50_000, 1000):
        window.take(start, records(*range(start, start + 1000)))
        assert len(window._kept) < 2100
    assert [row["duration"] for row in window.rows()] == [49_999, 49_998, 49_997]


@given(
    st.lists(st.none() | st.integers(0, 5), max_size=40),
    st.integers(1, 7),
    st.randoms(use_true_random=False),
    st.integers(0, 10),
    st.integers(1, 10),
    st.sampled_from(["", "asc", "desc"]),
)
def test_a_page_is_a_slice_of_all_rows_sorted(
    durations: list[int | None], size: int, chance: Any, offset: int, limit: int, direction: str
) -> None:
    every = records(*durations)
    window = Window(offset, limit, Order("duration", direction) if direction else Order())
    starts = list(range(0, len(every), size))
    chance.shuffle(starts)
    for start in starts:
        window.take(start, every[start : start + size])
    expected = every
    if direction:
        sign = -1 if direction == "desc" else 1
        expected = sorted(every, key=lambda row: (row["duration"] is None, sign * (row["duration"] or 0)))
    assert window.rows() == expected[offset : offset + limit]
    assert window.count == len(every)
