"""ByteNite's answer is held against the table's, and where they differ is said."""

from collections.abc import Sequence
from typing import Any

import pytest

from bytenite_mcp.api.filters import ENDED, Condition, Filter
from bytenite_mcp.jobs.ask import Question, Reply
from bytenite_mcp.jobs.compare import (
    HIDDEN,
    INEXACT,
    NOT_NEWEST,
    UNSORTED,
    Comparison,
    compare,
    ends_clearly,
    is_newest_first,
)
from bytenite_mcp.table.order import Order
from tests.conftest import as_clean
from tests.table.tables import holding

FAILED = Filter(field="state", condition=Condition.EQ, value="JOB_STATE_FAILED")
RECORDS: list[dict[str, Any]] = [
    {
        "id": str(number),
        "name": f"job {number}",
        "createdAt": f"2026-03-0{9 - number}T00:00:00Z",
        "state": f"JOB_STATE_{'FAILED' if number % 2 else 'COMPLETE'}",
        "numChunks": number,
    }
    for number in range(1, 6)
]


def compared(
    question: Question,
    given: Sequence[int],
    records: Sequence[dict[str, Any]] = RECORDS,
    *,
    partial: bool = False,
    **asked: Any,
) -> Comparison:
    """Compare an answer with rows by their numbers, which are those of the records."""
    rows = as_clean(*(records[number] for number in given))
    answer = Reply(rows, **{"total": len(rows), **asked})
    with holding(records) as table:
        return compare(table, question, answer, dict(zip(given, rows, strict=True)), partial=partial)


def test_answers_that_agree_differ_nowhere() -> None:
    assert compared(Question([FAILED]), [0, 2, 4]).why == ""
    assert compared(Question(), [0, 1, 2, 3, 4]).why == ""


def test_rows_that_contradict_a_filter_are_said_with_the_filter() -> None:
    comparison = compared(Question([FAILED]), [0, 1, 2, 4])
    assert comparison.why == "ByteNite's API gave jobs that contradict state EQ"
    assert not comparison.is_consistent


def test_another_number_of_matches_is_said() -> None:
    comparison = compared(Question([FAILED]), [0, 2], total=2)
    assert comparison.why == "ByteNite's API counts 2 where 3 match"
    assert [row.fields["id"] for row in comparison.missing] == ["5"]
    assert not comparison.counts_more
    assert compared(Question([FAILED]), [0, 2, 4], total=7).counts_more
    assert compared(Question([FAILED]), [0, 2, 4], total=None).why == ""
    assert compared(Question([FAILED]), [0, 2, 4], total=7, partial=True).why == ""


def test_a_filter_that_the_api_cannot_be_asked_for_is_not_blamed() -> None:
    unfinished = Question(
        [Filter(field="state", condition=Condition.NOT_IN, value=["JOB_STATE_FAILED", ENDED])]
    )
    assert compared(unfinished, [0, 1, 3]).why == INEXACT
    assert compared(unfinished, [0, 1], total=2).why == INEXACT
    assert compared(unfinished, [1, 3], total=3).why == INEXACT
    assert compared(unfinished, [1, 3]).why == ""
    assert compared(unfinished, [1, 3], total=None).why == ""


def test_rows_out_of_order_are_said() -> None:
    by_chunks = Question(order=Order("numChunks", "asc"))
    assert compared(by_chunks, [0, 1, 2, 3, 4]).why == ""
    assert compared(by_chunks, [4, 3, 2, 1, 0]).why == UNSORTED
    assert compared(Question(order=Order("state", "asc")), [3, 1, 4, 2, 0]).why == ""
    assert compared(Question(), [4, 3, 2, 1, 0]).why == NOT_NEWEST
    assert compared(Question([FAILED]), [4, 2, 0]).why == NOT_NEWEST


@pytest.mark.parametrize(
    ("given", "full"), [([0, 1, 2, 3, 4], True), ([0, 1, 2, 3], False), ([1, 0, 2, 3, 4], False)]
)
def test_a_page_is_as_full_if_it_has_no_fewer_rows_in_the_order_asked_for(
    given: list[int], full: bool
) -> None:
    assert compared(Question(), given).is_as_full is full


def test_a_record_that_was_replaced_since_is_left_out() -> None:
    rows = dict(enumerate(as_clean(*RECORDS, {"id": "replaced"})))
    with holding(RECORDS) as table:
        comparison = compare(table, Question(), Reply([*rows.values()], total=5), rows)
    assert comparison.given.keys() == {0, 1, 2, 3, 4}


def test_other_rows_of_the_same_number_are_said() -> None:
    for offset, given in ((0, [2, 4]), (1, [0, 2])):
        comparison = compared(Question([FAILED], limit=2, offset=offset), given, total=3)
        assert comparison.why.startswith("ByteNite's API gave other jobs")


def test_a_problem_is_said_as_it_is() -> None:
    comparison = compared(Question([FAILED]), [], problem="ByteNite's API refused the filter (500)")
    assert comparison.why == "ByteNite's API refused the filter (500)"
    assert comparison.is_settled
    assert not comparison.is_consistent


def test_an_answer_that_depends_on_what_is_withheld_is_not_used() -> None:
    named = Question([Filter(field="name", condition=Condition.LIKE, value="job%")])
    records = [*RECORDS[:4], RECORDS[4] | {"name": "job [withheld]"}]
    assert compared(named, [0, 1, 2, 3, 4]).why == ""
    comparison = compared(named, [0, 1, 2, 3, 4], records)
    assert (comparison.why, comparison.counts_more) == (HIDDEN, False)


def test_records_that_were_dropped_do_not_show() -> None:
    named = Filter(field="name", condition=Condition.LIKE, value="job%")
    first, later = Question([named], limit=3), Question([named], limit=3, offset=2)
    assert compared(first, [0, 1], total=None, dropped=1).why == ""
    assert compared(first, [0, 2], total=None, dropped=1).why.startswith("ByteNite's API gave other jobs")
    assert compared(first, [0, 1], total=None).why.startswith("ByteNite's API gave other jobs")
    assert compared(later, [3, 4], total=None, dropped=1).why == ""


@pytest.mark.parametrize(
    ("days", "newest_first"),
    [
        ([3, 2, 1], True),
        ([3, 3], True),
        ([1, 2], False),
        ([], True),
        ([3, None, 1], True),
        ([None, None, 1], False),
    ],
)
def test_the_newest_come_first_if_most_dates_say_so(days: list[int | None], newest_first: bool) -> None:
    records = as_clean(*({"createdAt": day and f"2026-03-0{day}T00:00:00Z"} for day in days))
    assert is_newest_first(records) is newest_first


@pytest.mark.parametrize(
    ("days", "clear"),
    [
        ([3, 2], True),
        ([3, 3], True),
        ([3, 2, 1], True),
        ([3, 2, 2], False),
        ([3, None, 1], False),
        ([3, 2, None], False),
    ],
)
def test_a_page_of_two_ends_clearly_unless_a_job_of_the_same_moment_comes_next(
    days: list[int | None], clear: bool
) -> None:
    records = as_clean(*({"createdAt": day and f"2026-03-0{day}T00:00:00Z"} for day in days))
    assert ends_clearly(records, 2) is clear
