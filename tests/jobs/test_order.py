"""Whether records came in the order they were asked for."""

from typing import Any

import pytest

from bytenite_mcp.jobs.order import stand_in
from bytenite_mcp.privacy.redact import CleanRecord
from bytenite_mcp.table.order import Order
from tests.conftest import as_clean


def rows(*durations: Any) -> list[CleanRecord]:
    return as_clean(*[{"duration": duration} for duration in durations])


@pytest.mark.parametrize(
    ("durations", "rising", "falling", "either"),
    [
        ((), True, True, True),
        ((5,), True, True, True),
        ((1, "2", 3.5), True, False, True),
        ((3, 2, 2, 1), False, True, True),
        ((1, 3, 2), False, False, False),
        ((1, 2, None), True, False, True),
        ((2, 1, ""), False, True, True),
        ((None, 1, 2), False, False, True),
        ((1, None, 2), False, False, True),
        ((None, None), True, True, True),
    ],
)
def test_rows_stand_in_an_order_with_unset_ones_last(
    durations: tuple[Any, ...], rising: bool, falling: bool, either: bool
) -> None:
    assert stand_in(Order("duration", "asc"), rows(*durations)) is rising
    assert stand_in(Order("duration", "desc"), rows(*durations)) is falling
    assert stand_in(Order("duration"), rows(*durations)) is either
    assert stand_in(Order(), rows(*durations))
