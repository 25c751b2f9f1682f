"""Times as people write them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bytenite_mcp.table.dates import Span, floor, parse, shift, to_wire
from tests.conftest import NOW

MOMENTS = st.integers(-(10**10), 10**11).map(
    lambda seconds: datetime(1970, 1, 1, 0, 0, 0, 987654, UTC) + timedelta(seconds=seconds)
)
FIXED = st.sampled_from("smhdw")
UNITS = st.sampled_from("smhdwMy")


def span(text: str, now: datetime = NOW) -> tuple[str, str]:
    found = parse(text, now)
    return to_wire(found.start), to_wire(found.end)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2026-11-02", "2026-11-02T00:00:00Z", "2026-11-03T00:00:00Z"),
        ("2024-02-29", "2024-02-29T00:00:00Z", "2024-03-01T00:00:00Z"),
        ("2026-12", "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"),
        ("2026", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"),
        ("now/s", "2026-03-04T15:30:12Z", "2026-03-04T15:30:13Z"),
        ("now/m", "2026-03-04T15:30:00Z", "2026-03-04T15:31:00Z"),
        ("now/h", "2026-03-04T15:00:00Z", "2026-03-04T16:00:00Z"),
        ("now/d", "2026-03-04T00:00:00Z", "2026-03-05T00:00:00Z"),
        ("now/w", "2026-03-02T00:00:00Z", "2026-03-09T00:00:00Z"),
        ("now/M", "2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z"),
        ("now/y", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"),
        ("now-1d/d", "2026-03-03T00:00:00Z", "2026-03-04T00:00:00Z"),
        ("now-1w/w", "2026-02-23T00:00:00Z", "2026-03-02T00:00:00Z"),
        ("now-1M/M", "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"),
        ("now/y-1d/M", "2025-12-01T00:00:00Z", "2026-01-01T00:00:00Z"),
        ("2026-11-02||/M", "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z"),
        ("2026-11-02||+1M/d", "2026-12-02T00:00:00Z", "2026-12-03T00:00:00Z"),
        (" now/d ", "2026-03-04T00:00:00Z", "2026-03-05T00:00:00Z"),
        ("now/d-1d", "2026-03-03T00:00:00Z", "2026-03-04T00:00:00Z"),
        ("Yesterday", "2026-03-03T00:00:00Z", "2026-03-04T00:00:00Z"),
        ("today ", "2026-03-04T00:00:00Z", "2026-03-05T00:00:00Z"),
        ("now/M-1M", "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"),
        ("now/w-1w", "2026-02-23T00:00:00Z", "2026-03-02T00:00:00Z"),
        ("now/d-1y", "2025-03-04T00:00:00Z", "2025-03-05T00:00:00Z"),
        (
            "2026-03-04T15:00:00.123456789Z",
            "2026-03-04T15:00:00.123456Z",
            "2026-03-04T15:00:00.123457Z",
        ),
        ("2026-03-04T15:00:00Z", "2026-03-04T15:00:00Z", "2026-03-04T15:00:01Z"),
        ("2026-03-04T15:07", "2026-03-04T15:07:00Z", "2026-03-04T15:08:00Z"),
        ("2026-03-04 23:59+01:00", "2026-03-04T22:59:00Z", "2026-03-04T23:00:00Z"),
        ("2026-03-04 23:59 +01:00", "2026-03-04T22:59:00Z", "2026-03-04T23:00:00Z"),
        ("2026-03-04T15:07-05", "2026-03-04T20:07:00Z", "2026-03-04T20:08:00Z"),
        ("2026-03-04 15:07 z", "2026-03-04T15:07:00Z", "2026-03-04T15:08:00Z"),
        ("2026-03-04T15", "2026-03-04T15:00:00Z", "2026-03-04T16:00:00Z"),
        ("2026-03-04T15+0530", "2026-03-04T09:30:00Z", "2026-03-04T10:30:00Z"),
    ],
)
def test_a_date_or_a_rounded_time_is_all_of_its_unit(text: str, start: str, end: str) -> None:
    assert span(text) == (start, end)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-11-02T15:00:00Z", "2026-11-02T15:00:00Z"),
        ("2026-11-02t15:00:00z", "2026-11-02T15:00:00Z"),
        ("2026-11-02T15:00:00+01:00", "2026-11-02T14:00:00Z"),
        ("2026-11-02T15:00:00-0530", "2026-11-02T20:30:00Z"),
    ],
)
def test_a_date_time_is_all_of_its_second_as_that_is_how_times_are_shown(text: str, instant: str) -> None:
    found = parse(text, NOW)
    assert (to_wire(found.start), found.end - found.start) == (instant, timedelta(seconds=1))


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("now", "2026-03-04T15:30:12.345678Z"),
        ("now-7d", "2026-02-25T15:30:12.345678Z"),
        ("NOW-7d", "2026-02-25T15:30:12.345678Z"),
        ("now+90m", "2026-03-04T17:00:12.345678Z"),
        ("now-1y", "2025-03-04T15:30:12.345678Z"),
        ("now/d+8h", "2026-03-04T08:00:00Z"),
        ("now-1d-2h-3m-4s", "2026-03-03T13:27:08.345678Z"),
        ("2026-11-02T15:00:00.5", "2026-11-02T15:00:00.500000Z"),
        ("2026-11-02T15:00:00.123456000Z", "2026-11-02T15:00:00.123456Z"),
        ("2026-11-02T15:00:00Z||-1h", "2026-11-02T14:00:00Z"),
        ("2026-11-02||", "2026-11-02T00:00:00Z"),
    ],
)
def test_a_fraction_or_a_sum_is_one_instant(text: str, instant: str) -> None:
    assert span(text) == (instant, instant)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-03-31||-1M", "2026-02-28"),
        ("2024-03-31||-1M", "2024-02-29"),
        ("2024-02-29||+1y", "2025-02-28"),
        ("2024-02-29||-4y", "2020-02-29"),
        ("2026-01-31||+1M", "2026-02-28"),
        ("2026-01-31||+1M+1M", "2026-03-28"),
        ("2026-12-31||+2M", "2027-02-28"),
        ("2026-01-15||-13M", "2024-12-15"),
        ("2000-02-29||+100y", "2100-02-28"),
    ],
)
def test_a_month_too_short_gives_its_last_day(text: str, day: str) -> None:
    assert span(text)[0] == f"{day}T00:00:00Z"


@pytest.mark.parametrize(
    ("text", "zone", "start", "end"),
    [
        ("2026-11-02", "Asia/Tokyo", "2026-11-01T15:00:00Z", "2026-11-02T15:00:00Z"),
        ("2026-10-25", "Europe/Berlin", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"),
        ("2026-11", "America/New_York", "2026-11-01T04:00:00Z", "2026-12-01T05:00:00Z"),
        ("2026-11-02T15:00:00", "Asia/Kolkata", "2026-11-02T09:30:00Z", "2026-11-02T09:30:01Z"),
        ("2026-11-02T15", "Asia/Kolkata", "2026-11-02T09:30:00Z", "2026-11-02T10:30:00Z"),
        ("2026-10-25T02+01:00", "Europe/Berlin", "2026-10-25T01:00:00Z", "2026-10-25T02:00:00Z"),
        ("2026-11-02T15:00:00Z", "Asia/Kolkata", "2026-11-02T15:00:00Z", "2026-11-02T15:00:01Z"),
        ("now/d", "Asia/Kolkata", "2026-03-03T18:30:00Z", "2026-03-04T18:30:00Z"),
        ("now/h", "Asia/Kolkata", "2026-03-04T15:30:00Z", "2026-03-04T16:30:00Z"),
        ("now-1M/M", "Europe/Berlin", "2026-01-31T23:00:00Z", "2026-02-28T23:00:00Z"),
        ("now/d", "America/Havana", "2026-03-04T05:00:00Z", "2026-03-05T05:00:00Z"),
        ("2026-03-08", "America/Havana", "2026-03-08T05:00:00Z", "2026-03-09T04:00:00Z"),
        ("2026-10-25||+1d", "Europe/Berlin", "2026-10-25T23:00:00Z", "2026-10-25T23:00:00Z"),
        ("2026-10-25||+24h", "Europe/Berlin", "2026-10-25T22:00:00Z", "2026-10-25T22:00:00Z"),
    ],
)
def test_dates_are_those_of_a_time_zone_and_hours_have_sixty_minutes(
    text: str, zone: str, start: str, end: str
) -> None:
    assert span(text, NOW.astimezone(ZoneInfo(zone))) == (start, end)


def test_a_week_starts_on_monday() -> None:
    monday = datetime(2026, 3, 2, tzinfo=UTC)
    assert [floor(monday + timedelta(days=n, hours=5), "w") for n in range(7)] == [monday] * 7


@pytest.mark.parametrize("text", ["9999", "9999-12-31", "9999-12-31T23:59Z", "9999-12-31T23:59:59Z"])
def test_the_last_units_of_the_calendar_end_with_it(text: str) -> None:
    assert parse(text, NOW).end == datetime.max.replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "", "last week", "now-", "now-7", "now-7D", "NOW-7D", "now - 7d", "now/q", "now-7d/", "7d", "now+9999999d",
        "now+999999y",
        "now-999999M", "2026-13", "2026-02-30", "0000", "20261102", "2026-W10", "2026-W10-1",
        "2026-11-02T", "2026-11-02T5", "2026-1-2",
        "2026-11-02T25:00:00Z", "2026-11-02T15:00:00.1234567890Z", "15:00", "1700000000", "2026-11-02T15:00:00Z+1d",
        "||", "||+1d", "now||||", "now" + "||" * 5000, "now" + "+1d||" * 5000, "0001-01-01T00:00:00+05:00",
        "9999-12-31T23:59:59-05:00", "9999-12-31||+1d",
        "\u0662\u0660\u0662\u0666-11-02", "now-\u0667d", "2026-11-02\n||\n+1d", "now\x00",
        "2026-11-02T15:00:00+99:99", "2026-11-02 +01", "2026-11-02T15:00  +01:00", "2026-11-02T15:00 +1",
    ],
)  # fmt: skip
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse(text, NOW)


@given(
    st.text()
    | st.text("now+-/|smhdwMy0123456789 T:Z.")
    | st.from_regex(r"\Anow([+-]\d{1,7}[smhdwMy]|/[smhdwMy])*\Z")
)
@example("now+" + "9" * 6 + "y")
def test_nothing_does_worse_than_being_refused(text: str) -> None:
    for zone in (UTC, ZoneInfo("Asia/Tokyo"), ZoneInfo("America/New_York")):
        check_read_or_refused(text, NOW.astimezone(zone))


def check_read_or_refused(text: str, now: datetime) -> None:
    try:
        found = parse(text, now)
    except ValueError:
        return
    assert isinstance(found, Span)
    assert found.start <= found.end
    assert found.start.tzinfo is UTC


def test_a_long_sum_is_worked_out_at_once() -> None:
    assert span("now" + "+1s-1s" * 10_000)[0] == to_wire(NOW)


@given(MOMENTS, UNITS)
def test_going_to_the_start_of_a_unit_twice_changes_nothing(moment: datetime, unit: str) -> None:
    start = floor(moment, unit)
    assert start <= moment
    assert floor(start, unit) == start


@given(MOMENTS, UNITS)
def test_all_of_a_unit_holds_the_moment_and_is_followed_by_the_next(moment: datetime, unit: str) -> None:
    found = parse(f"now/{unit}", moment)
    assert found.start <= moment < found.end
    assert parse(f"now/{unit}", found.end).start == found.end


@given(MOMENTS, st.integers(-9999, 9999), FIXED)
def test_there_and_back_leads_home_in_units_of_fixed_length(moment: datetime, count: int, unit: str) -> None:
    assert shift(shift(moment, count, unit), -count, unit) == moment


@given(MOMENTS, st.integers(-1000, 1000))
def test_months_move_the_month_and_never_skip_one(moment: datetime, count: int) -> None:
    there = shift(moment, count, "M")
    assert there.year * 12 + there.month == moment.year * 12 + moment.month + count
    assert there.day <= moment.day


@given(MOMENTS)
def test_an_instant_written_for_the_wire_is_read_back(moment: datetime) -> None:
    assert parse(to_wire(moment), NOW).start == moment


def test_what_is_written_for_the_wire_is_utc() -> None:
    assert to_wire(datetime.fromisoformat("2026-11-02T15:00:00+01:00")) == "2026-11-02T14:00:00Z"
