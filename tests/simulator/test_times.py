"""Times as ByteNite writes them: exact to the nanosecond, and sortable as text."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bytenite_mcp.simulator.times import (
    format_time,
    from_sort_key,
    read_wall_clock,
    to_nanoseconds,
    to_sort_key,
)

NANOSECONDS = st.integers(-(10**18), 4 * 10**18)


@given(NANOSECONDS)
def test_a_time_comes_back_from_its_text_to_the_nanosecond(time: int) -> None:
    key = to_sort_key(format_time(time, 9))
    assert key
    assert from_sort_key(key) == time


@given(NANOSECONDS, NANOSECONDS)
def test_keys_sort_as_times_do(one: int, other: int) -> None:
    keys = [to_sort_key(format_time(time, 9)) or "" for time in (one, other)]
    assert (keys[0] < keys[1]) == (one < other)


@given(NANOSECONDS, st.integers(0, 8))
def test_digits_are_cut_off_and_not_rounded(time: int, digits: int) -> None:
    text, whole = format_time(time, digits), format_time(time, 9)
    assert whole.startswith(text.removesuffix("Z"))
    assert len(text) == (21 + digits if digits else 20)


@given(st.datetimes(timezones=st.just(UTC)))
def test_an_aware_time_is_converted_exactly(time: datetime) -> None:
    assert (
        to_nanoseconds(time) == (time - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 1000
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2026-03-04T15:30:00Z", "2026-03-04t16:30:00.000+01:00"),
        ("2026-03-04T15:30:00.5Z", "2026-03-04T15:30:00.500000000z"),
    ],
)
def test_spellings_of_one_instant_have_one_key(one: str, other: str) -> None:
    assert to_sort_key(one) == to_sort_key(other)


@pytest.mark.parametrize(
    "odd", ["", "soon", "2026-03-04", "2026-03-04T15:30:00", "2026-02-30T00:00:00Z", 5, None]
)
def test_what_is_no_time_has_no_key(odd: object) -> None:
    assert to_sort_key(odd) is None


def test_the_wall_clock_is_in_utc() -> None:
    assert read_wall_clock().utcoffset() == UTC.utcoffset(None)
