"""How a caller's filter is interpreted, and the errors of invalid ones."""

import json
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bytenite_mcp.api.filters import Condition, Filter, Value
from bytenite_mcp.api.models import JobState, Priority
from bytenite_mcp.table.errors import BadQuery
from bytenite_mcp.table.fields import FIELDS, SHORTHANDS, Kind
from bytenite_mcp.table.filters import understand
from tests.conftest import NOW

C = Condition


def asked(field: str, condition: Condition, value: Value) -> list[Filter]:
    return understand([Filter(field=field, condition=condition, value=value)], NOW)


def meant(field: str, value: Value, condition: Condition = C.EQ) -> Any:
    (one,) = asked(field, condition, value)
    return one.value


def problem(field: str, condition: Condition, value: Value) -> str:
    with pytest.raises(BadQuery) as refused:
        asked(field, condition, value)
    return str(refused.value)


@pytest.mark.parametrize(
    ("field", "value", "resolved"),
    [
        ("config.isTestJob", "true", True),
        ("config.isTestJob", " FALSE ", False),
        ("isTestJob", True, True),
        ("numChunks", "5", 5),
        ("numChunks", 5.0, 5),
        ("numChunks", " 5.5 ", 5.5),
        ("paymentAmount", "1e3", 1000),
        ("numUnitsEstimation", "9007199254740993", 2**53 + 1),
        ("priority", "fast", "EXECUTION_PRIORITY_FAST"),
        ("priority", "EXECUTION_PRIORITY_CHEAP", "EXECUTION_PRIORITY_CHEAP"),
        ("name", 5, "5"),
        ("name", True, "true"),
        ("templateId", "video@v1", "video@v1"),
        ("params.app.steps", "5", "5"),
        ("params.app.steps", 5, 5),
        ("state", "", ""),
        ("numChunks", "", ""),
        ("createdAt", "", ""),
        ("config.isTestJob", "", ""),
    ],
)
def test_a_value_is_read_by_its_field(field: str, value: Value, resolved: Any) -> None:
    assert repr(meant(field, value)) == repr(resolved)


@pytest.mark.parametrize(
    ("field", "pattern"), [("state", "COMP%"), ("priority", "%fast%"), ("params.app.steps", 5)]
)
def test_a_pattern_is_a_text_whatever_the_field(field: str, pattern: Value) -> None:
    assert meant(field, pattern, C.LIKE) == str(pattern)


def test_names_are_resolved() -> None:
    (one,) = asked("APP", C.EQ, "x")
    assert one.field == "templateInfo.app"
    (one,) = asked("created_at", C.GTE, "now-7d")
    assert one == Filter(field="createdAt", condition=C.GTE, value="2026-02-25T15:30:12.345678Z")


def test_among_several_a_time_stays_as_written_but_in_utc() -> None:
    assert meant("createdAt", "2026-11-02T15:00:00+01:00", C.NEQ) == "2026-11-02T14:00:00Z"
    assert meant("createdAt", ["2026-11-02T15:00:00Z", "2026-11-02T15:00:00.5+01:00"], C.IN) == [
        "2026-11-02T15:00:00Z",
        "2026-11-02T14:00:00.500000Z",
    ]


def test_an_unset_time_may_be_one_of_several() -> None:
    assert meant("submittedAt", [""], C.IN) == [""]
    assert meant("submittedAt", ["2026-11-02T15:00:00Z", ""], C.NOT_IN) == ["", "2026-11-02T15:00:00Z"]


@pytest.mark.parametrize("condition", [C.EQ, C.NEQ, C.IN, C.NOT_IN])
@pytest.mark.parametrize("value", ["now-1d", " NOW ", "now/d-8h"])
def test_an_instant_counted_from_now_is_no_time_that_a_job_has(condition: C, value: str) -> None:
    asked = Filter(field="createdAt", condition=condition, value=[value] if condition.takes_list else value)
    with pytest.raises(BadQuery, match="is one instant: round it"):
        understand([asked], NOW)


def test_no_regions_are_asked_for_by_an_empty_text() -> None:
    assert meant("regions", "") == ""
    assert meant("regions.blacklist", "", C.NEQ) == ""


@pytest.mark.parametrize(
    ("condition", "understood"),
    [
        (C.EQ, [(C.GTE, "2026-11-02T00:00:00Z"), (C.LT, "2026-11-03T00:00:00Z")]),
        (C.GT, [(C.GTE, "2026-11-03T00:00:00Z")]),
        (C.GTE, [(C.GTE, "2026-11-02T00:00:00Z")]),
        (C.LT, [(C.LT, "2026-11-02T00:00:00Z")]),
        (C.LTE, [(C.LT, "2026-11-03T00:00:00Z")]),
    ],
)
def test_a_whole_day_is_asked_about_by_its_bounds(
    condition: Condition, understood: list[tuple[Condition, str]]
) -> None:
    assert [(one.condition, one.value) for one in asked("createdAt", condition, "2026-11-02")] == understood


@pytest.mark.parametrize(
    ("written", "start", "end"),
    [
        (
            "2026-11-02T15:00:00.123456789Z",
            "2026-11-02T15:00:00.123456Z",
            "2026-11-02T15:00:00.123457Z",
        ),
        ("2026-11-02T16:00:00+01:00", "2026-11-02T15:00:00Z", "2026-11-02T15:00:01Z"),
    ],
)
def test_a_time_finds_the_job_it_was_copied_from_whether_shown_whole_or_to_the_second(
    written: str, start: str, end: str
) -> None:
    found = asked("createdAt", C.EQ, written)
    assert [(bound.condition, bound.value) for bound in found] == [(C.GTE, start), (C.LT, end)]


def test_a_list_may_come_as_json_in_a_text() -> None:
    assert meant("state", '["failed", "complete"]', C.IN) == ["JOB_STATE_FAILED", "JOB_STATE_COMPLETE"]
    assert meant("numChunks", " [1, 2.5]", C.NOT_IN) == [1, 2.5]
    assert meant("regions.whitelist", '["eu"]', C.ARRAY_CONTAINS_ANY) == ["eu"]


def test_a_text_that_looks_like_a_list_is_a_text_where_one_value_is_wanted() -> None:
    assert meant("name", '["a"]') == '["a"]'


def test_filters_are_named_by_their_position() -> None:
    good = Filter(field="name", condition=C.EQ, value="a")
    bad = Filter(field="numChunks", condition=C.EQ, value="many")
    with pytest.raises(BadQuery) as refused:
        understand([good, bad], NOW)
    assert refused.value.argument == "filters[1].value"


@pytest.mark.parametrize(
    ("field", "condition", "value", "said"),
    [
        ("stat", C.EQ, "x", "field: there is no field 'stat'; similar: state, startAt, startedAt."),
        (
            "state", C.EQ, "xyzzy",
            "value: there is no state 'xyzzy'; states are NEW, STARTED, UPLOADING, PARTITIONING, PARTITIONED, "
            "TASKS_COMPLETED, MERGING, MERGED, DOWNLOADING, COMPLETE, FAILED; LIKE finds any other.",
        ),
        (
            "state", C.IN, "FAILED",
            'value: FILTER_CONDITION_IN wants a list of at least one value, such as ["FAILED", "COMPLETE"].',
        ),
        (
            "name", C.NOT_IN, [],
            'value: FILTER_CONDITION_NOT_IN wants a list of at least one value, such as ["a", "b"].',
        ),
        (
            "name", C.IN, '["a", {"b": 1}]',
            'value: FILTER_CONDITION_IN wants a list of at least one value, such as ["a", "b"].',
        ),
        (
            "name", C.IN, "5",
            'value: FILTER_CONDITION_IN wants a list of at least one value, such as ["a", "b"].',
        ),
        (
            "name", C.IN, "[a",
            'value: FILTER_CONDITION_IN wants a list of at least one value, such as ["a", "b"].',
        ),
        (
            "name", C.IN, "[" * 100_000,
            'value: FILTER_CONDITION_IN wants a list of at least one value, such as ["a", "b"].',
        ),
        (
            "state", C.EQ, ["FAILED"],
            'value: FILTER_CONDITION_EQ wants one value, such as "FAILED", not a list; '
            "for any of several use FILTER_CONDITION_IN.",
        ),
        (
            "name", C.LIKE, ["a"],
            'value: FILTER_CONDITION_LIKE wants one value, such as "a", not a list; '
            "for any of several use FILTER_CONDITION_IN.",
        ),
        (
            "state", C.GT, "FAILED",
            "condition: state has no order; use FILTER_CONDITION_IN with the values wanted.",
        ),
        (
            "priority", C.LTE, "FAST",
            "condition: priority has no order; use FILTER_CONDITION_IN with the values wanted.",
        ),
        (
            "isTestJob", C.GT, False,
            "condition: config.isTestJob has no order; use FILTER_CONDITION_IN with the values wanted.",
        ),
        (
            "regions.whitelist", C.EQ, "eu",
            "condition: regions.whitelist is a list; use FILTER_CONDITION_ARRAY_CONTAINS or _ARRAY_CONTAINS_ANY, "
            'or FILTER_CONDITION_EQ with "" for none.',
        ),
        (
            "regions.whitelist", C.GT, "",
            "condition: regions.whitelist is a list; use FILTER_CONDITION_ARRAY_CONTAINS or _ARRAY_CONTAINS_ANY, "
            'or FILTER_CONDITION_EQ with "" for none.',
        ),
        (
            "name", C.ARRAY_CONTAINS, "a",
            "condition: name is no list; use FILTER_CONDITION_EQ, or _IN with a list of values.",
        ),
        (
            "duration", C.LIKE, "5%",
            "condition: LIKE is for text and duration is a number; use EQ, GT, GTE, LT or LTE.",
        ),
        (
            "createdAt", C.LIKE, "2026%",
            "condition: LIKE is for text and createdAt is a time; use EQ, GT, GTE, LT or LTE.",
        ),
        (
            "isTestJob", C.LIKE, "t%",
            "condition: config.isTestJob is true or false; use FILTER_CONDITION_EQ.",
        ),
        (
            "createdAt", C.GT, "",
            'value: createdAt is a time, such as "2026-11-02", "2026-11-02T15:00:00+01:00", "now-7d" or "now-1w/w" '
            "(UTC unless it has an offset), not ''.",
        ),
        (
            "duration", C.GT, "long",
            "value: duration is a number (seconds since startedAt; 0 is unset), not 'long'.",
        ),
        (
            "numChunks", C.EQ, True,
            "value: numChunks is a number (chunks the input was split into; one task each), not 'True'.",
        ),
        ("isTestJob", C.EQ, "maybe", "value: config.isTestJob is true or false, not 'maybe'."),
        ("isTestJob", C.EQ, 1, "value: config.isTestJob is true or false, not '1'."),
        (
            "priority", C.EQ, "urgent",
            "value: there is no priority 'urgent'; they are EXECUTION_PRIORITY_UNDEFINED, "
            "EXECUTION_PRIORITY_CHEAP, EXECUTION_PRIORITY_BALANCED, EXECUTION_PRIORITY_FAST.",
        ),
        (
            "createdAt", C.GTE, "last week",
            'value: createdAt is a time, such as "2026-11-02", "2026-11-02T15:00:00+01:00", "now-7d" or "now-1w/w" '
            "(UTC unless it has an offset), not 'last week'.",
        ),
        (
            "createdAt", C.GTE, 1_700_000_000,
            'value: createdAt is a time, such as "2026-11-02", "2026-11-02T15:00:00+01:00", "now-7d" or "now-1w/w" '
            "(UTC unless it has an offset), not '1700000000'.",
        ),
        (
            "createdAt", C.GTE, "now+999999y",
            "value: there is no time 'now+999999y': outside the years 1 to 9999.",
        ),
        (
            "createdAt", C.NEQ, "2026-11-02",
            "value: FILTER_CONDITION_NEQ cannot take a span of time such as a day; "
            "use EQ or, for several or all but one, query_jobs.",
        ),
        (
            "createdAt", C.IN, ["2026-11-02"],
            "value: FILTER_CONDITION_IN cannot take a span of time such as a day; "
            "use EQ or, for several or all but one, query_jobs.",
        ),
        ("params.app.x", C.EQ, float("inf"), "value: holds a number or a character that cannot be sent."),
        ("params.app.x", C.IN, "[1e999]", "value: holds a number or a character that cannot be sent."),
        ("name", C.IN, '["\\ud800"]', "value: holds a number or a character that cannot be sent."),
        ("name", C.EQ, 10**400, "value: holds a number or a character that cannot be sent."),
    ],
)  # fmt: skip
def test_a_senseless_filter_is_refused_with_a_valid_one(
    field: str, condition: Condition, value: Value, said: str
) -> None:
    assert problem(field, condition, value) == f"filters[0].{said}"


@pytest.mark.parametrize(
    "field", ["state", "priority", "name", "numChunks", "isTestJob", "params.app.x", "createdAt"]
)
def test_a_number_too_long_to_be_written_is_refused(field: str) -> None:
    assert "holds a number or a character that cannot be sent" in problem(field, C.EQ, 10**5000)


JUNK = (
    st.text()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(
        [10**400, "now+999999y", "\ud800", '["\ud800"]', "[" * 10_000, "[1e999]", "x" * 10_000, "||" * 999]
    )
)


@given(
    st.sampled_from([*FIELDS, *SHORTHANDS, "params.app.x", "params.app.token", "stateTimestamps.X", "config"])
    | st.text(min_size=1),
    st.sampled_from(Condition),
    JUNK | st.lists(JUNK, max_size=3),
)
@example("createdAt", C.EQ, "0001-01-01T00:00:00+23:59")
def test_whatever_is_asked_is_understood_or_refused_in_few_words(
    field: str, condition: Condition, value: Any
) -> None:
    understood: list[Filter] = []
    said = "filters[0]."
    try:
        understood = understand([Filter.model_construct(field=field, condition=condition, value=value)], NOW)
    except BadQuery as refused:
        said = str(refused)
    assert said.startswith("filters[0].")
    assert len(said) < 800
    for one in understood:
        json.dumps(one.to_wire(), ensure_ascii=False, allow_nan=False).encode()
        assert one.condition.takes_list == isinstance(one.value, list)


@given(st.sampled_from([name for name, one in FIELDS.items() if one.kind is not Kind.LIST]), st.data())
def test_what_was_understood_is_understood_as_the_same(name: str, data: st.DataObject) -> None:
    kind = FIELDS[name].kind
    values: dict[Kind, st.SearchStrategy[Any]] = {
        Kind.STATE: st.sampled_from([state.short for state in JobState]),
        Kind.PRIORITY: st.sampled_from([one.value.lower() for one in Priority]),
        Kind.NUMBER: st.floats(-1e9, 1e9).map(str) | st.integers(),
        Kind.TIME: st.sampled_from(
            ["today", "now-1d/d", "2026-11-02", "2026-11-02T15:00:00+01:00", "9999-12-31T23:59:59Z"]
        ),
        Kind.BOOLEAN: st.booleans() | st.sampled_from(["true", "False"]),
    }
    first = asked(name, C.EQ, data.draw(values.get(kind, st.text(st.characters(codec="utf-8")))))
    assert understand(first, NOW) == first


def test_days_are_those_of_the_time_zone_of_now() -> None:
    asked = Filter(field="createdAt", condition=Condition.EQ, value="2026-11-02")
    found = understand([asked], NOW.astimezone(ZoneInfo("Asia/Tokyo")))
    assert [given.value for given in found] == ["2026-11-01T15:00:00Z", "2026-11-02T15:00:00Z"]


def test_an_invalid_time_is_refused_with_the_time_zone_of_times() -> None:
    asked = Filter(field="createdAt", condition=Condition.EQ, value="last week")
    with pytest.raises(BadQuery, match=r"\(Asia/Tokyo unless it has an offset\)"):
        understand([asked], NOW.astimezone(ZoneInfo("Asia/Tokyo")))
