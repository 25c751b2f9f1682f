"""Values as protobuf JSON writes them."""

import json
import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bytenite_mcp.api.values import (
    JsonObject,
    format_time,
    get_path,
    is_unset,
    is_unset_time,
    reformat_time,
    simplify,
    to_datetime,
    to_nanoseconds,
    to_number,
    to_quantity,
    to_set_time,
)

SECOND = 1_000_000_000
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda some: st.lists(some) | st.dictionaries(st.text(), some),
    max_leaves=5,
)


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (28, 28.0), ("28", 28.0), ("0", 0.0), (0, 0.0), (1.5, 1.5), ("1.5", 1.5), ("-3", -3.0), ("1e3", 1000.0),
        ("9007199254740992", 2.0**53), ("2.5E-1", 0.25),
    ],
)  # fmt: skip
def test_a_number_is_read_from_a_number_or_a_text_that_spells_one(value: object, read: float) -> None:
    assert to_number(value) == read


@pytest.mark.parametrize(
    "value",
    [
        None, True, False, "", " 5", "5 ", "+5", "1_000", "٣", "0x10", "five", "nan", "inf", "1e400", "-1e999", "1.",
        ".5", "1.7e308", 1.7e308, math.nan, math.inf, 10**400, "9" * 401, [], {}, [5], {"value": 5}, b"5",
    ],
)  # fmt: skip
def test_what_spells_no_sensible_number_is_none(value: object) -> None:
    assert to_number(value) is None


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("12.5 BYC", 12.5), ("12.5byc", 12.5), (" -3 BYC ", -3.0), ("1,234.50", 1234.5), ("1,234,567", 1234567.0),
        ("1,234.5 BYC", 1234.5), (7, 7.0), ("1e3", 1000.0), ({"units": "12", "nanos": 500_000_000}, 12.5),
        ({"units": -1, "nanos": -250_000_000}, -1.25), ({"currencyCode": "BYC", "units": "3"}, 3.0),
        ({"currencyCode": "BYC", "units": "3", "nanos": 250_000_000}, 3.25), ({"nanos": 500_000_000}, 0.5),
    ],
)  # fmt: skip
def test_a_number_written_for_people_is_read_where_it_is_certain(value: object, read: float) -> None:
    assert to_quantity(value, "BYC") == read


@pytest.mark.parametrize(
    "value",
    [
        "1,234", "1.234,50", "12,34.5", "12.5 USD", "12.5 s", "BYC 12.5", "$12.50", "about 12", "1 2", "12.5 BYC each",
        "1,234.50,00", "", None, True, [12], {"currencyCode": "USD", "units": "3"}, {"units": "x"},
        {"units": "1", "nanos": -1}, {"units": "1", "nanos": "x"}, {"nanos": 1e9}, {"units": "1", "cents": 5},
        {"seconds": 5}, {}, {"currencyCode": "BYC"},
    ],
)  # fmt: skip
def test_a_number_that_might_be_another_is_none(value: object) -> None:
    assert to_quantity(value, "BYC") is None


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (2.0, "2"),
        (2.5, "2.5"),
        (-3.0, "-3"),
        (2.0**53 - 1, f"{2**53 - 1}"),
        (1e300, "1e+300"),
        (math.inf, "inf"),
    ],
)
def test_a_whole_number_is_shown_as_an_integer_unless_it_has_hundreds_of_digits(
    number: float, shown: str
) -> None:
    assert str(simplify(number)) == shown


@pytest.mark.parametrize(
    "value",
    [
        "0001-01-01T00:00:00Z",
        "1970-01-01T00:00:00.000Z",
        "1999-12-31T23:59:59Z",
        "9999-12-31T23:59:59Z",
        0,
        "0",
        "null",
    ],
)
def test_a_placeholder_stands_for_no_time(value: object) -> None:
    assert is_unset_time(value)
    assert to_set_time(value) is None
    assert reformat_time(value) == ""


def test_a_time_since_2000_and_what_is_no_time_are_not_unset() -> None:
    assert not any(map(is_unset_time, ("2000-01-01T00:00:00Z", "8999-12-31T23:59:59Z", "soon", 1, ["x"])))
    assert to_set_time("2000-01-01T00:00:00Z") == datetime(2000, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T00:00:01.5Z", 1_500_000_000),
        ("1970-01-01T00:00:00.000000001Z", 1),
        ("1969-12-31T23:59:59.999999999Z", -1),
        ("1970-01-01T01:00:00+01:00", 0),
        ("1969-12-31t19:00:00-05:00", 0),
        ("1970-01-01 00:00:01.5Z", 1_500_000_000),
        ("1970-01-01T00:00:02", 2 * SECOND),
        ("9999-12-31T23:59:59.999999999Z", 253_402_300_799 * SECOND + 999_999_999),
        ("0001-01-01T00:00:00+01:00", -62_135_600_400 * SECOND),
    ],
)
def test_an_instant_is_nanoseconds_since_1970(text: str, nanoseconds: int) -> None:
    assert to_nanoseconds(text) == nanoseconds


@pytest.mark.parametrize(
    "value",
    [
        None, 0, 1_700_000_000, "", "2026-03-04", "2026-03-04  15:00", "2026-02-30T00:00:00Z", "2026-03-04T25:00:00Z",
        "2026-03-04T15:00:00.Z", "2026-03-04T15:00:00.1234567890Z", "2026-03-04T15:00:00+0100", "٢٠٢٦-03-04T15:00:00Z",
        " 2026-03-04T15:00:00Z", "0000-01-01T00:00:00Z", "now", [], {},
    ],
)  # fmt: skip
def test_what_is_no_time_is_none(value: object) -> None:
    assert to_nanoseconds(value) is None
    assert to_datetime(value) is None


def test_a_moment_is_cut_to_the_microsecond_and_in_utc() -> None:
    assert to_datetime("2026-03-04T16:00:00.123456999+01:00") == datetime(
        2026, 3, 4, 15, 0, 0, 123456, tzinfo=UTC
    )


@given(st.datetimes(timezones=st.just(UTC)))
@example(datetime.max.replace(tzinfo=UTC))
@example(datetime.min.replace(tzinfo=UTC))
def test_every_moment_survives_the_wire_exactly(written: datetime) -> None:
    assert to_datetime(written.isoformat().replace("+00:00", "Z")) == written


@given(
    st.from_regex(
        r"\d{4}-[01]\d-[0-3]\d[tT ][0-2]\d:[0-6]\d:[0-6]\d(\.\d{1,9})?([zZ]|\+0\d:00)?", fullmatch=True
    )
)
@example("2026-03-04t15:00:00.9Z")
@example("2026-03-04 15:00:00.9Z")
def test_a_time_is_spelt_to_the_second_as_its_moment_is(text: str) -> None:
    when = to_set_time(text)
    assert reformat_time(text) == (format_time(when) if when else "")


@pytest.mark.parametrize("text", ["9999-12-31T23:59:59-01:00", "0001-01-01T00:00:00+23:59"])
def test_an_offset_that_leads_out_of_the_calendar_is_no_moment(text: str) -> None:
    assert to_nanoseconds(text) is not None
    assert to_datetime(text) is None


@given(st.integers(0, 999_999_999), st.integers(0, 9))
def test_zeros_at_the_end_of_a_fraction_change_nothing(fraction: int, zeros: int) -> None:
    short = f"{fraction:09d}".rstrip("0")
    written = f"2026-03-04T15:00:00.{short}{'0' * min(zeros, 9 - len(short))}".rstrip(".")
    assert to_nanoseconds(written + "Z") == (to_nanoseconds("2026-03-04T15:00:00Z") or 0) + fraction


def test_unset_are_null_and_what_is_empty() -> None:
    assert all(map(is_unset, (None, "", {}, [])))
    assert not any(map(is_unset, (0, False, "0", " ", [None], {"a": None}, 0.0)))


def test_a_path_leads_into_objects_only() -> None:
    record: JsonObject = {"a": {"b": {"": 1, "c": [1]}}, "a.b": 2}
    assert get_path(record, "a.b.c") == [1]
    assert get_path(record, "a.b.") == 1
    assert get_path(record, "a.b.c.0") is None
    assert get_path(record, "a.x.y") is None
    assert get_path(record, "") is None


@given(ANYTHING)
def test_nothing_that_json_can_hold_makes_reading_fail(value: Any) -> None:
    read = to_number(value)
    assert read is None or math.isfinite(read)
    assert is_unset(value) == (value is None or value in ("", {}, []))
    assert to_nanoseconds(value) is None or isinstance(value, str)
    get_path({"a": value}, "a.b.c")


@given(st.integers(-(2**53), 2**53))
def test_a_number_is_the_same_as_a_number_and_as_a_text(value: int) -> None:
    assert (
        to_number(value)
        == to_number(json.dumps(value))
        == to_number(str(float(value)).replace("+", ""))
        == value
    )


def test_a_day_of_nanoseconds_is_a_day() -> None:
    first, second = to_nanoseconds("2024-02-28T12:00:00Z"), to_nanoseconds("2024-02-29T12:00:00Z")
    assert (second or 0) - (first or 0) == timedelta(days=1).total_seconds() * SECOND
