"""Counts, sums and percentiles by group agree with plain Python, on records of all kinds."""

from collections.abc import Mapping, Sequence
from datetime import UTC, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bytenite_mcp.api.filters import Condition, Filter
from bytenite_mcp.table.errors import BadQuery
from bytenite_mcp.table.fields import FIELDS
from bytenite_mcp.table.groups import STATISTICS, Group, Grouping, Groups, read_groups, read_ranking
from tests.table import evaluate, evaluate_groups
from tests.table.tables import holding
from tests.table.test_conditions import ANYTHING, LETTERS, NUMBERS, STATES, UNSET, WORDS, record_of, times

Record = Mapping[str, Any]

MOMENTS = times(["", ".000001", ".9999999"], ["Z", "+01:00", "-01:00", ""]) | st.sampled_from(
    [f"2025-10-{day}T{hour:02}:30:00Z" for day in (25, 26, 27) for hour in (0, 1, 14, 23)]
)
ERRORS = st.sampled_from(["exit code 137 in task 12", "exit code 137 in task 7", "KeyError: 'a'", "odd"])
AMOUNTS = st.integers(-9, 10**6).map(lambda n: n / 8) | NUMBERS.map(abs).map(str) | UNSET | ANYTHING
MEMBERS: dict[Any, Any] = {
    "state": st.sampled_from(["JOB_STATE_NEW", "JOB_STATE_COMPLETE", "JOB_STATE_FAILED"]) | STATES | ANYTHING,
    "createdAt": MOMENTS | UNSET | ANYTHING,
    "startedAt": MOMENTS | UNSET | ANYTHING,
    "completedAt": MOMENTS | UNSET | ANYTHING,
    "duration": AMOUNTS,
    "paymentAmount": AMOUNTS,
    "numChunks": st.integers(0, 2**40) | ANYTHING,
    "regions.whitelist": st.lists(st.sampled_from(["eu", "us"]), max_size=2) | ANYTHING,
    "config.isTestJob": st.booleans() | UNSET | ANYTHING,
    "errorMessage": ERRORS | UNSET | ANYTHING,
    "name": st.sampled_from(["batch 1", "batch 22", "x"]) | LETTERS | UNSET | ANYTHING,
} | dict.fromkeys(
    ("templateId", "appId", "templateInfo.app", "templateInfo.owner", "dataSource.dataSourceDescriptor"),
    st.sampled_from(["a", "b"]) | WORDS | UNSET | ANYTHING,
)
RECORDS = st.lists(st.fixed_dictionaries({}, optional=MEMBERS).map(record_of), max_size=12)
ZONES = st.sampled_from(
    [UTC, ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kolkata"), ZoneInfo("America/New_York")]
)
FILTERS = st.sampled_from(
    [
        [],
        [Filter(field="state", condition=Condition.IN, value=["COMPLETE", "FAILED"])],
        [Filter(field="duration", condition=Condition.GT, value=5)],
    ]
)
EXACT = ("count", "complete", "failed", "unfinished", "chunks", "max", "drafts", "deleted", "unpriced")


def grouped(records: Sequence[Record], grouping: Grouping, fitting: int = 1000) -> Groups:
    with holding(records) as cursor:
        return read_groups(cursor, grouping, lambda rows: min(fitting, len(rows)))


def counts(records: Sequence[Record], *by: Group, **more: Any) -> dict[Any, int]:
    found = grouped(records, Grouping(group_by=by, **more))
    return {row[0] if len(by) == 1 else tuple(row[: len(by)]): row[len(by)] for row in found.rows}


def is_told(row: Sequence[Any], records: Sequence[Record]) -> bool:
    wanted = evaluate_groups.statistics(records)
    assert list(wanted) == list(STATISTICS)
    return all(
        told is value if value is None else told == pytest.approx(value, rel=1e-9, abs=1e-6)
        for told, value in zip(row, wanted.values(), strict=True)
    )


def in_order(
    groups: dict[evaluate_groups.Key, list[Record]], grouping: Grouping, *, kept: bool
) -> list[evaluate_groups.Key]:
    """Sort groups by which are kept, or by the order in which the kept ones are shown."""
    names = [group.value for group in grouping.group_by]
    timed = [
        (at, name)
        for at, name in enumerate(names)
        if name in evaluate_groups.PERIODS + evaluate_groups.CYCLES
    ]

    def place(key: evaluate_groups.Key, at: int, name: str) -> tuple[bool, float]:
        alike = [record for other, found in groups.items() if other[at] == key[at] for record in found]
        where = evaluate_groups.place(alike, name, grouping.time, grouping.zone)
        return where == float("inf"), -where if kept else where

    def sort_key(key: evaluate_groups.Key) -> Any:
        values = evaluate_groups.statistics(groups[key])
        column, direction = grouping.ranking
        sign = -1 if direction == "DESC" else 1
        ranked = values[column] if column else 0
        among = [entry for entry in timed if not kept or entry[1] in evaluate_groups.PERIODS]
        return (
            (ranked is None, sign * (ranked or 0)),
            *(place(key, at, name) for at, name in among),
            -values["count"],
            key,
        )

    return sorted(groups, key=sort_key)


@given(
    RECORDS,
    st.lists(st.sampled_from(Group), max_size=3, unique=True),
    FILTERS,
    st.sampled_from(["createdAt", "startedAt", "endedAt"]),
    ZONES,
    st.tuples(st.sampled_from(EXACT), st.sampled_from(["ASC", "DESC"])) | st.just(("", "")),
    st.integers(1, 5),
    st.integers(1, 5),
)
def test_groups_are_what_plain_python_says(
    records: list[Record],
    by: list[Group],
    filters: list[Filter],
    time: str,
    zone: tzinfo,
    ranking: tuple[str, str],
    limit: int,
    fitting: int,
) -> None:
    grouping = Grouping(filters, by, time, zone, ranking, limit)
    found = grouped(records, grouping, fitting)

    matching = [record for record in records if evaluate.matches(record, filters)]
    groups = evaluate_groups.group(matching, by, time, zone) if by else {}
    shown = in_order(groups, grouping, kept=True)[: min(limit, fitting)]
    assert is_told(found.together, matching)
    assert found.number == len(groups)
    assert [tuple(row[: len(by)]) for row in found.rows] == in_order(
        {key: groups[key] for key in shown}, grouping, kept=False
    )
    for row in found.rows:
        assert is_told(row[len(by) :], groups[tuple(row[: len(by)])])
    rest = [record for key, others in groups.items() if key not in shown for record in others]
    assert (found.folded is None) == (len(groups) == len(shown))
    assert found.folded is None or is_told(found.folded, rest)
    assert found.unreadable == lost(records, matching, grouping)


def lost(records: list[Record], matching: list[Record], grouping: Grouping) -> dict[str, int]:
    """Count the unreadable values of matching jobs, or of all jobs if a filter uses the field."""
    asked = {given.field for given in grouping.filters}
    used = {"state", "paymentAmount", "numChunks", "duration"} - asked
    used |= {evaluate_groups.field_of(group.value, grouping.time) for group in grouping.group_by} - asked
    found = evaluate_groups.count_unreadable(matching, used)
    found |= evaluate_groups.count_unreadable(records, asked)
    return {FIELDS[name].in_sql: count for name, count in found.items()}


@pytest.mark.parametrize("direction", ["asc", "desc"])
@pytest.mark.parametrize("column", STATISTICS)
def test_groups_come_by_any_column_those_without_a_value_last(column: str, direction: str) -> None:
    states = ["COMPLETE", "FAILED", "NEW", "STARTED", "COMPLETE", "FAILED", "COMPLETE"]
    records = [
        {
            "state": f"JOB_STATE_{state}",
            "templateId": "abcde"[n % 5],
            "duration": 7 * n % 5,
            "paymentAmount": n or None,
            "numChunks": n,
            "deletedAt": ["", "2026-03-04T15:00:00Z"][n % 5 // 3],
        }
        for n, state in enumerate(states * 3)
    ]
    ranking = read_ranking(f"{column} {direction}", [Group.TEMPLATE])
    rows = grouped([*records, {}], Grouping(group_by=[Group.TEMPLATE], ranking=ranking)).rows
    values = [row[1 + list(STATISTICS).index(column)] for row in rows]
    told = [value for value in values if value is not None]
    assert len(set(told)) > 1
    assert values == sorted(told, reverse=direction == "desc") + [None] * (len(values) - len(told))


def test_an_order_is_from_the_largest_on_or_from_a_to_z_unless_it_says_otherwise() -> None:
    assert (
        read_ranking("byc", []) == read_ranking("-byc", []) == read_ranking("byc desc", []) == ("byc", "DESC")
    )
    assert read_ranking("byc ascending", []) == ("byc", "ASC")
    assert read_ranking("day", [Group.DAY]) == ("key0", "DESC")
    assert read_ranking("app", [Group.DAY, Group.APP]) == ("key1", "ASC")
    assert read_ranking("", []) == ("", "")


def test_an_order_by_no_column_names_those_there_are() -> None:
    with pytest.raises(
        BadQuery, match=r"^order_by: there is no column 'cost'; columns are day, count, .*, max\.$"
    ):
        read_ranking("cost", [Group.DAY])


def test_times_come_in_order_and_the_oldest_are_folded() -> None:
    records = [{"createdAt": f"2026-0{month}-01T00:00:00Z"} for month in (3, 1, 2, 2, 4)] + [{}]
    found = grouped(records, Grouping(group_by=[Group.MONTH], limit=2))
    assert [row[0] for row in found.rows] == ["2026-03", "2026-04"]
    assert found.folded
    assert found.folded[0] == 4


def test_hours_of_the_day_and_weekdays_come_as_they_do_in_a_day_and_a_week() -> None:
    records = [{"createdAt": f"2026-11-0{day}T1{day}:00:00Z"} for day in (3, 2, 2, 8)]
    assert list(counts(records, Group.WEEKDAY).items()) == [("Mon", 2), ("Tue", 1), ("Sun", 1)]
    assert list(counts(records, Group.HOUR_OF_DAY, zone=ZoneInfo("Asia/Tokyo"))) == ["03", "21", "22"]


def test_the_hour_that_comes_twice_is_two() -> None:
    times = ["2025-10-25T23:30:00Z", "2025-10-26T00:30:00Z", "2025-10-26T01:30:00Z", "2025-10-26T02:30:00Z"]
    records = [{"createdAt": time} for time in times]
    berlin = ZoneInfo("Europe/Berlin")
    assert list(counts(records, Group.HOUR, zone=berlin)) == [
        "2025-10-26T01+02:00", "2025-10-26T02+02:00", "2025-10-26T02+01:00", "2025-10-26T03+01:00",
    ]  # fmt: skip
    assert counts(records, Group.DAY, zone=berlin) == {"2025-10-26": 4}


@pytest.mark.parametrize("group", [Group.HOUR, Group.DAY, Group.WEEK, Group.MONTH, Group.WEEKDAY])
@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo"])
def test_dates_at_the_end_of_the_calendar_spoil_nothing(group: Group, zone: str) -> None:
    times = ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-11-02T15:00:00Z", None]
    found = counts([{"createdAt": time} for time in times], group, zone=ZoneInfo(zone))
    assert sum(found.values()) == 4
    assert found["(none)"] == 3  # the years 1 and 9999 stand for none


def test_tracebacks_that_end_in_different_errors_are_different() -> None:
    traceback = (
        "Traceback (most recent call last):\n" + '  File "/app/main.py", line 8, in main\n    step()\n' * 300
    )
    errors = [traceback + end for end in ("MemoryError: 12 GiB", "KeyError: 'cv2'", "MemoryError: 8 GiB")]
    found = counts([{"errorMessage": error} for error in errors], Group.ERROR)
    assert sorted(found.values()) == [1, 2]


def test_a_job_that_may_run_in_several_regions_is_in_the_group_of_these_together() -> None:
    records = [{"regions": {"whitelist": regions}} for regions in (["us", "eu"], ["eu", "us"], ["eu"], [])]
    assert counts(records, Group.REGION) == {"eu, us": 2, "eu": 1, "(none)": 1}


def test_deleted_jobs_count_as_long_as_they_are_listed() -> None:
    deleted = {"state": "JOB_STATE_COMPLETE", "paymentAmount": 2, "deletedAt": "2026-11-02T15:00:00Z"}
    together = dict(zip(STATISTICS, grouped([deleted, {}], Grouping()).together, strict=True))
    assert (together["count"], together["byc"]) == (2, 2)
