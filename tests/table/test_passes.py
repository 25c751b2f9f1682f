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


@pytest.mark.parametrize(("gap", "steady", "sure"), [(0, True, False), (2, True, True), (2, False, False)])
def test_a_total_that_is_too_high_by_the_same_number_again_hides_no_job(
    gap: int, steady: bool, sure: bool
) -> None:
    assert Passes([seen(1, 2, total=4)]).is_sure(gap, steady) is sure


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
