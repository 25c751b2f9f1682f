"""The pages of one pass show the order of the list, its end, and what ByteNite counts."""

import pytest

from bytenite_mcp.privacy.door import CleanPage
from bytenite_mcp.table.evidence import Direction, Evidence, identify
from bytenite_mcp.table.stretches import Stretch
from tests.conftest import as_clean


def page(*days: int, total: int | None = None, has_next: bool = False) -> CleanPage:
    rows = [{"id": str(day), "createdAt": f"2026-03-{day:02}T00:00:00Z"} for day in days]
    return CleanPage(as_clean(*rows), total, has_next=has_next)


@pytest.mark.parametrize(
    ("numbers", "direction"),
    [
        ([3, 2, 1], Direction.NEWEST_FIRST),
        ([1, 2, 3], Direction.OLDEST_FIRST),
        ([2, 3, 1], Direction.NONE),
        ([], Direction.NEWEST_FIRST),
    ],
)
def test_the_order_of_creation_is_found_out(numbers: list[int], direction: Direction) -> None:
    seen = Evidence()
    seen.note(page(*numbers), Stretch(0), 500, 0)
    assert seen.direction is direction


def test_pages_that_are_ordered_differently_show_no_order() -> None:
    for first, second in (((3, 2, 1), (4, 5, 6)), ((1, 2, 3), (6, 5, 4))):
        seen = Evidence()
        seen.note(page(*first), Stretch(0), 3, 0)
        seen.note(page(*second), Stretch(3), 3, 3)
        assert seen.direction is Direction.NONE


def test_the_members_of_jobs_are_those_of_most_rows_of_the_first_page() -> None:
    seen = Evidence()
    records = as_clean({"id": "a", "name": "x"}, {"id": "b", "name": "y", "appId": "1"}, {"id": "c"})
    seen.note(CleanPage(records, None, has_next=True), Stretch(0), 3, 0)
    seen.note(page(1, 2, 3), Stretch(3), 3, 3)
    assert seen.members == {"id", "name"}


def test_a_page_of_a_likely_size_is_not_taken_for_the_end_though_its_total_says_so() -> None:
    for count, more in ((9, False), (10, True)):
        seen = Evidence()
        seen.note(page(*range(1, count + 1), total=count), Stretch(0), 500, 0)
        assert seen.more is more


def test_a_page_of_known_rows_is_no_end_if_more_is_promised_and_totals_are_no_counts() -> None:
    seen = Evidence()
    seen.note(page(9, 8, 7, total=3, has_next=True), Stretch(0), 3, 0)
    seen.note(page(7, 6, 5, total=3, has_next=True), Stretch(2), 3, 2)
    # Two jobs were created, so that the third page has the rows of the second.
    third = Stretch(4)
    seen.note(page(7, 6, 5, total=3, has_next=True), third, 3, 4)
    seen.note_stretch(third, 1)
    assert (seen.repeats, seen.ended) == (True, False)


def test_pages_that_repeat_are_no_end_if_more_is_promised_though_as_many_were_read_as_are_counted() -> None:
    seen = Evidence()
    seen.note(page(9, 8, 7, total=3, has_next=True), Stretch(0), 3, 0)
    again = Stretch(2)
    seen.note(page(9, 8, 7, total=3, has_next=True), again, 3, 2)
    seen.note_stretch(again, 1)
    assert (seen.repeats, seen.counted) == (True, False)


def test_what_is_counted_is_counted_from_the_first_page_that_was_read_again() -> None:
    seen = Evidence()
    seen.note(page(3, 2, total=3), Stretch(0), 500, 0)
    seen.forget()
    seen.note(page(4, 3, total=3), Stretch(0), 100, 0)
    # Job 1 is not met, because it moved to the top; job 2, which is gone, does not make up for it.
    assert (seen.rows, seen.missed) == (2, 1)


def test_rows_met_before_do_not_show_that_pages_repeat_when_they_are_read_again() -> None:
    seen, first = Evidence(), Stretch(0)
    seen.note(page(1, 2, has_next=True), first, 2, 0)
    for again in (False, True):
        second = Stretch(2)
        seen.note(page(3, 4, has_next=True), second, 2, 2)
        seen.note_stretch(second, 0)
        assert (second.new, seen.repeats) == (2, False)
        if not again:
            seen.begin_again(first)
    seen.note_stretch(Stretch(2, [1, 2]), 0)
    assert seen.repeats


def test_a_job_is_another_if_its_id_was_used_at_another_time_or_it_has_none_and_differs() -> None:
    first, later = ({"id": "a", "createdAt": f"2026-03-0{day}T00:00:00Z"} for day in (1, 2))
    known = [identify(one) for one in as_clean(first, later, {"name": "x"}, {"name": "y"})]
    assert len(set(known)) == 4
    assert identify(*as_clean(first | {"name": "renamed"})) == known[0]
    assert identify(*as_clean(first | {"createdAt": "2026-03-01T00:00:00.123Z"})) == known[0]
