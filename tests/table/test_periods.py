"""Which hours, days, weeks and months of a summary are not whole."""

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

import pytest

from bytenite_mcp.api.filters import Condition, Filter
from bytenite_mcp.table.filters import understand
from bytenite_mcp.table.groups import Group, Grouping
from bytenite_mcp.table.periods import find_cut_periods

NOW = datetime(2026, 3, 4, 15, 30, tzinfo=UTC)  # a Wednesday
BERLIN = ZoneInfo("Europe/Berlin")


def cut(
    group: Group, *asked: tuple[Condition, str], zone: tzinfo = UTC, time: str = "createdAt"
) -> list[str]:
    given = [Filter(field="createdAt", condition=condition, value=value) for condition, value in asked]
    filters = understand(given, NOW.astimezone(zone))
    return find_cut_periods(Grouping(filters, [Group.STATE, group], time, zone), NOW)


def test_the_period_that_goes_on_is_not_whole() -> None:
    assert cut(Group.HOUR) == ["2026-03-04T15"]
    assert cut(Group.DAY) == ["2026-03-04"]
    assert cut(Group.WEEK) == ["2026-03-02"]
    assert cut(Group.MONTH) == ["2026-03"]


@pytest.mark.parametrize(
    ("condition", "value", "periods"),
    [
        (Condition.GTE, "now-10d", ["2026-02-16", "2026-03-02"]),
        (Condition.LT, "2026-02-20T12:00:00Z", ["2026-02-16", "2026-03-02"]),
        (Condition.GTE, "2026-02-16", ["2026-03-02"]),
        (Condition.GT, "2026-02-15", ["2026-03-02"]),
        (Condition.EQ, "2026-02", ["2026-01-26", "2026-02-23", "2026-03-02"]),
        (Condition.EQ, "", ["2026-03-02"]),
    ],
)
def test_a_period_in_which_a_filter_of_that_time_begins_or_ends_is_not_whole(
    condition: Condition, value: str, periods: list[str]
) -> None:
    assert cut(Group.WEEK, (condition, value)) == periods
    assert cut(Group.WEEK, (condition, value), time="endedAt") == ["2026-03-02"]


def test_days_begin_at_midnight_in_the_zone_of_the_groups() -> None:
    assert cut(Group.DAY, (Condition.GTE, "2026-02-16"), zone=BERLIN) == ["2026-03-04"]
    assert cut(Group.DAY, (Condition.GTE, "2026-02-16T00:00:00Z"), zone=BERLIN) == [
        "2026-02-16",
        "2026-03-04",
    ]
    assert cut(Group.MONTH, (Condition.GTE, "2026-03-28T23:30:00Z"), zone=BERLIN) == ["2026-03"]
    assert cut(Group.HOUR, (Condition.GTE, "2026-02-16T00:10:00Z"), zone=BERLIN) == [
        "2026-02-16T01+01:00",
        "2026-03-04T16+01:00",
    ]


@pytest.mark.parametrize("group", [Group.HOUR_OF_DAY, Group.WEEKDAY, Group.STATE])
def test_other_groups_are_not_periods(group: Group) -> None:
    assert cut(group, (Condition.GTE, "now-10d")) == []


def test_without_a_time_of_the_table_only_filters_cut() -> None:
    assert find_cut_periods(Grouping(group_by=[Group.DAY]), None) == []
