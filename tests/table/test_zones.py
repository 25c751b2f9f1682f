"""Time zones: how they are found, and that offsets are those of the system."""

from bisect import bisect
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bytenite_mcp.table.errors import BadQuery
from bytenite_mcp.table.zones import find_offsets, find_zone

ZONES = (
    "UTC", "Europe/Berlin", "America/Havana", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Kolkata",
    "Pacific/Apia", "America/Caracas", "Antarctica/Troll",
)  # fmt: skip
SINCE_2000 = st.integers(0, 99 * 365 * 24 * 3600).map(
    lambda s: datetime(2000, 1, 1, tzinfo=UTC) + timedelta(seconds=s)
)


@given(st.sampled_from(ZONES), SINCE_2000)
def test_offsets_of_this_century_are_those_of_the_system(name: str, moment: datetime) -> None:
    zone = find_zone(name)
    offsets = find_offsets(zone)
    _, offset = offsets[bisect([since for since, _ in offsets], moment) - 1]
    assert offset == moment.astimezone(zone).utcoffset()


@pytest.mark.parametrize("name", ZONES)
def test_an_offset_changes_in_the_minute_that_it_does_so_in_the_system(name: str) -> None:
    zone = find_zone(name)
    for since, offset in find_offsets(zone)[1:]:
        before = (since - timedelta(microseconds=1)).astimezone(zone)
        assert offset == since.astimezone(zone).utcoffset() != before.utcoffset()


def test_a_zone_is_found_by_its_name() -> None:
    assert find_zone("UTC") is UTC
    assert find_zone("Europe/Berlin") == ZoneInfo("Europe/Berlin")
    assert find_zone(" america/new york") == ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("name", "city"),
    [("berlin", "Europe/Berlin"), ("New York", "America/New_York"), ("Europe/Pariss", "Europe/Paris")],
)
def test_a_zone_that_is_misspelt_is_told_by_its_city(name: str, city: str) -> None:
    with pytest.raises(BadQuery, match=f"most likely meant: '{city}'"):
        find_zone(name)


@pytest.mark.parametrize(
    "name", ["utc+2", "CEST", "PST", "IST", "+02:00", "Etc/GMT+99", "Mars", "", "x" * 500]
)
def test_another_zone_is_not_suggested_for_one_that_does_not_exist(name: str) -> None:
    with pytest.raises(BadQuery, match="should be an IANA name such as 'Europe/Berlin' or 'UTC'"):
        find_zone(name)
