"""Whether stretches of a list continue each other, so that no row was missed between them."""

from collections.abc import Sequence

import pytest

from bytenite_mcp.table.stretches import Stretch, find_gaps

TEN = list(range(10))


@pytest.mark.parametrize(
    ("following", "gaps"),
    [
        ([8, 9, 10, 11], []),
        ([9, 10], []),
        ([6, 7, 8, 9, 10], []),  # two rows came above
        ([7, 9, 10], []),  # row 8 is gone
        ([8, 7, 9, 10], []),  # rows of one time changed places
        ([10, 11], [1]),
        ([3, 10, 11], [1]),  # in random order
        ([1, 4, 10], [1]),
        ([], [0]),
    ],
)
def test_a_stretch_continues_another_if_it_begins_with_its_last_rows(
    following: Sequence[int], gaps: list[int]
) -> None:
    stretches = [Stretch(0, TEN), Stretch(8, list(following))]
    assert find_gaps(stretches, length=10) == gaps


def test_after_a_stretch_that_is_not_full_there_may_be_none() -> None:
    assert find_gaps([Stretch(0, TEN), Stretch(8)], length=11) == []


def test_each_gap_of_a_list_is_found() -> None:
    rows = [TEN, [9, 10, 11], [13, 14], [14, 15], [1, 2]]
    assert find_gaps([Stretch(0, met) for met in rows], length=10) == [2, 4]
