"""All passes over the list together show whether jobs are missing."""

import pytest

from bytenite_mcp.table.evidence import Evidence
from bytenite_mcp.table.passes import Passes
from bytenite_mcp.table.status import LIMITED, ODD, UNPROVEN


def seen(*rows: int, total: int, more: bool = False, unbroken: bool = True, unreadable: int = 0) -> Evidence:
    return Evidence(met=set(rows), totals=[total], more=more, unbroken=unbroken, unreadable=unreadable)


def test_what_each_pass_missed_others_may_have_met() -> None:
    passes = Passes([seen(1, 2, total=3, unbroken=False), seen(2, 3, total=3, unbroken=False)])
    assert (passes.found, passes.most_met) == (3, 2)
    assert passes.is_sure(0)
    assert (passes.missed(sure=True), passes.missed(sure=False)) == (0, 1)
    assert Passes([seen(1, total=5), seen(2, total=5)]).missed(sure=True) == 3


def test_a_pass_that_read_all_that_are_counted_is_sure_although_others_met_jobs_that_are_gone() -> None:
    before = seen(1, 2, 3, total=3, unbroken=False)
    assert Passes([before, seen(2, 3, total=2, unbroken=False)]).is_sure(0)
    assert not Passes([before, seen(2, 3, total=3, more=True, unbroken=False)]).is_sure(0)


def test_totals_are_no_counts_if_a_pass_showed_it() -> None:
    first, last = seen(1, total=1), seen(1, total=1)
    assert Passes([first, last]).totals_add_up
    first.totals_add_up = False
    assert not Passes([first, last]).totals_add_up


@pytest.mark.parametrize(("gap", "steady", "sure"), [(0, True, False), (2, True, True), (2, False, False)])
def test_a_total_that_is_too_high_by_the_same_number_again_hides_no_job(
    gap: int, steady: bool, sure: bool
) -> None:
    assert Passes([seen(1, 2, total=4)]).is_sure(gap, steady) is sure


def test_without_totals_pages_that_overlap_are_sure_although_new_jobs_were_found() -> None:
    assert Passes([Evidence(met={1, 2}, unbroken=True)]).is_sure(0, steady=False)


@pytest.mark.parametrize(
    ("last", "sure", "flaw"),
    [
        (seen(1, total=1), True, ""),
        (seen(1, total=9, more=True), False, LIMITED),
        (seen(1, total=1200), False, "ByteNite counts 1,200 jobs, and lists 1"),
        (seen(1, total=1), False, UNPROVEN),
        (seen(1, total=2, unreadable=1), True, ODD),
    ],
)
def test_the_gravest_flaw_is_told(last: Evidence, sure: bool, flaw: str) -> None:
    assert Passes([last]).find_flaw(sure) == flaw
