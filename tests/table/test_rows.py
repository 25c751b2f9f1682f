"""Records read back from the table: values have types, and unreadable ones are counted."""

from calendar import monthrange
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bytenite_mcp.table.fields import EVERY_FIELD
from bytenite_mcp.table.rows import LONGEST_PARAMS, LONGEST_TEXT
from tests.conftest import wire
from tests.table.tables import holding

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(), inside, max_size=3),
)
PATHS = sorted(
    {path for field in EVERY_FIELD for path in field.found_at} | {"stateTimestamps", "config", "regions"}
)


def stored(record: dict[str, Any], *columns: str, table: str = "jobs") -> Any:
    """Return columns of a record's row; only the value if there is one column."""
    with holding([record]) as connection:
        (row,) = connection.execute(f"SELECT {', '.join(columns)} FROM {table}").fetchall()
    return row[0] if len(columns) == 1 else row


def unreadable(record: dict[str, Any]) -> list[str]:
    return stored(record, "unreadable", table="records") or []


def moment(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]


def test_every_column_that_is_shown_is_of_its_type() -> None:
    with holding([]) as connection:
        described = connection.execute("SELECT column_name, column_type FROM (DESCRIBE jobs)").fetchall()
    types = {"TIMESTAMP WITH TIME ZONE": "TIMESTAMPTZ"}
    assert [(name, types.get(kind, kind)) for name, kind in described] == [
        (field.in_sql, field.stored_as) for field in EVERY_FIELD if field.shown
    ]


def test_the_documented_record_is_read_but_for_the_unit_it_has_for_a_number() -> None:
    record = wire("18")["job"]
    assert stored(record, "id", "state", "priority") == (record["id"], "NEW", record["priority"][19:])
    assert unreadable(record) == ["numUnitsEstimation"]


@pytest.mark.parametrize("number", ["02", "06", "07", "08", "09"])
def test_captured_records_are_read_whole(number: str) -> None:
    body = wire(number)
    record = body.get("job", body)
    assert stored(record, "id", "createdAt")[0] == record["id"]
    assert unreadable(record) == []


@pytest.mark.parametrize(
    ("name", "raw", "value"),
    [
        ("name", "a", "a"),
        ("name", "", None),
        ("state", "JOB_STATE_COMPLETE", "COMPLETE"),
        ("state", "jobStateComplete", "COMPLETE"),
        ("state", "JOB_STATE_PAUSED", "PAUSED"),
        ("state", "odd one", "odd one"),
        ("priority", "EXECUTION_PRIORITY_FAST", "FAST"),
        ("numChunks", "28", 28),
        ("numChunks", 28.0, 28),
        ("numChunks", "2.8e1", 28),
        ("numUnitsEstimation", "9223372036854775807", 2**63 - 1),
        ("duration", "1.5", 1.5),
        ("duration", 0, None),
        ("duration", "0", None),
        ("duration", -0.0, None),
        ("paymentAmount", 0, 0),
        ("paymentAmount", None, None),
        ("createdAt", "2026-03-04T15:00:00Z", moment(2026, 3, 4, 15)),
        ("createdAt", "2026-03-04T15:00:00.123456789Z", moment(2026, 3, 4, 15, 0, 0, 123456)),
        ("createdAt", "2026-03-04t16:00:00.5+01:00", moment(2026, 3, 4, 15, 0, 0, 500000)),
        ("createdAt", "2024-02-29T23:59:59Z", moment(2024, 2, 29, 23, 59, 59)),
        *[
            ("createdAt", f"2026-{month:02}-{day}T00:00:00Z", moment(2026, month, day))
            for month in range(1, 13)
            for day in range(27, monthrange(2026, month)[1] + 1)
        ],
        ("createdAt", "2000-01-01T00:00:00.0000019Z", moment(2000, 1, 1, 0, 0, 0, 1)),
        ("createdAt", "0001-01-01T00:00:00Z", None),
        ("createdAt", "1999-12-31T23:59:59.999Z", None),
        ("createdAt", "2000-01-01T00:30:00+01:00", None),
        ("paymentAmount", "12.5 BYC", 12.5),
        ("paymentAmount", "1,234.50", 1234.5),
        ("paymentAmount", {"units": "12", "nanos": 500000000}, 12.5),
        ("duration", "90s", 90),
    ],
)
def test_a_value_is_stored_as_its_column_has_it(name: str, raw: Any, value: Any) -> None:
    record = {name: raw}
    assert stored(record, name) == value
    assert unreadable(record) == []


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        *[
            ("duration", raw)
            for raw in ("nan", "Infinity", "0x10", "+5", "1_000", "1,234", True, [5], {"a": 1})
        ],
        *[("duration", raw) for raw in ("5 BYC", "1.5 h", -40, "-0.5", "-40s", {"units": "-40"})],
        *[("paymentAmount", raw) for raw in ("5 USD", "$5", "1.234,50", "12 BYC or so")],
        *[("numChunks", raw) for raw in (1.5, "1.5", 2**63, "9223372036854775808", float("inf"), "1e400")],
        *[("numChunks", raw) for raw in (True, "²", "9" * 5000)],
        *[("createdAt", raw) for raw in ("infinity", "epoch", "now", "today", 1_700_000_000, "2026-03-04")],
        *[("createdAt", f"2026-{raw}Z") for raw in ("02-30T00:00:00", "03-04T24:00:00", "03-04T15:00:60")],
        *[
            ("createdAt", f"2026-{day}T00:00:00Z")
            for day in ("02-29", "04-31", "06-31", "09-31", "11-31", "12-32")
        ],
        ("createdAt", "0001-01-01T00:00:00+01:00"),
        ("createdAt", "0000-01-01T00:00:00Z"),
        ("createdAt", "2026-03-04  15:00:00Z"),
        ("name", 5),
        ("name", {"a": 1}),
        ("state", 5),
        ("priority", "EXECUTION_PRIORITY_"),
    ],
)
def test_what_cannot_be_read_is_null_and_noted_never_zero(name: str, raw: Any) -> None:
    record = {name: raw}
    assert stored(record, name) is None
    assert unreadable(record) == [name]


def test_a_job_of_2023_ended_when_it_was_completed() -> None:
    completed = "2023-03-04T15:00:00Z"
    assert stored({"completedAt": completed}, "endedAt") == moment(2023, 3, 4, 15)
    assert stored({"endedAt": None, "completedAt": completed}, "endedAt") == moment(2023, 3, 4, 15)
    assert stored({"endedAt": "2023-03-05T00:00:00Z", "completedAt": completed}, "endedAt") == moment(
        2023, 3, 5
    )


@pytest.mark.parametrize(
    ("record", "byc"),
    [
        ({"state": "JOB_STATE_COMPLETE", "paymentAmount": "1.25"}, 1.25),
        ({"state": "JOB_STATE_COMPLETE"}, 0),
        ({"state": "JOB_STATE_COMPLETE", "paymentAmount": "much"}, None),
        ({"state": "JOB_STATE_PARTITIONED", "paymentAmount": 1.25}, None),
        ({"paymentAmount": 1.25}, None),
    ],
)
def test_what_was_charged_is_known_of_complete_jobs_alone(record: dict[str, Any], byc: float | None) -> None:
    assert stored(record, "byc") == byc


@pytest.mark.parametrize(
    ("state", "finished"),
    [("COMPLETE", True), ("FAILED", True), ("NEW", None), ("MERGING", False), ("PAUSED", False), ("", None)],
)
def test_a_job_is_finished_when_it_is_complete_or_failed_and_a_draft_neither_that_nor_not(
    state: str, finished: bool | None
) -> None:
    assert stored({"state": state and f"JOB_STATE_{state}"}, "finished") is finished


def test_a_test_job_says_so() -> None:
    assert stored({"config": {"isTestJob": True}}, "isTestJob") is True
    assert stored({"config": {"isTestJob": "False"}}, "isTestJob") is False
    assert stored({}, "isTestJob") is False
    assert stored({"config": {"isTestJob": 1}}, "isTestJob") is None


def test_the_wait_is_from_creation_to_start() -> None:
    record = {"createdAt": "2026-03-04T15:00:00.5Z", "startedAt": "2026-03-04T15:01:00Z"}
    assert stored(record, "waitSeconds") == 59.5
    assert stored({"createdAt": "2026-03-04T15:00:00Z"}, "waitSeconds") is None


def test_the_wait_is_not_negative_where_a_clock_is_ahead() -> None:
    assert (
        stored({"createdAt": "2026-03-04T15:01:00Z", "startedAt": "2026-03-04T15:00:00Z"}, "waitSeconds") == 0
    )


def test_an_error_has_its_kind_and_its_cause() -> None:
    record = {"errorMessage": "Container killed (exit code 137) in task 7"}
    assert stored(record, "errorKind", "cause") == (
        "Container killed (exit code 137) in task #",
        "a task needed more memory than its worker or its GPU has",
    )
    assert stored({"errorMessage": ""}, "errorKind", "cause") == (None, None)


def test_regions_are_lists_of_texts() -> None:
    record = {"regions": {"whitelist": ["eu", "us"], "blacklist": []}}
    assert stored(record, "regions", "excludedRegions") == (["eu", "us"], None)
    assert unreadable({"regions": {"whitelist": ["eu", 5]}}) == ["regions"]
    assert unreadable({"regions": {"whitelist": ["eu"] * 1000}}) == ["regions"]


def test_sources_and_templates_stand_in_columns_of_their_own() -> None:
    record = {
        "templateInfo": {"app": "a", "description": "d"},
        "dataSource": {
            "dataSourceDescriptor": "s3",
            "params": {"name": "n", "bucketName": "b", "cloudRegion": "r"},
        },
        "dataDestination": {"dataSourceDescriptor": "bucket", "params": "odd"},
        "params": {"preset": "p"},
    }
    columns = ("app", "templateDescription", "dataSource", "sourceName", "sourceBucket", "sourceRegion")
    assert stored(record, *columns) == ("a", "d", "s3", "n", "b", "r")
    assert stored(record, "dataDestination", "destinationName", "preset") == ("bucket", None, "p")


def test_params_are_json() -> None:
    record = {"params": {"app": {"steps": 7, "prompt": 'a "cat"\n', "odd": float("nan")}}}
    assert stored(record, "params->>'$.app.steps'", "params->>'$.app.prompt'") == ("7", 'a "cat"\n')
    assert stored(record, "json_type(params, '$.app.odd')") == "NULL"
    assert unreadable({"params": ["a"]}) == ["params"]


def test_of_long_params_the_largest_members_are_left_out_and_that_is_noted() -> None:
    prompts = {f"prompt {n}": "x" * n * 100 for n in range(20)}
    record = {"params": {"app": {"steps": 7, **prompts}, "list": ["y" * 3000], "small": {"deep": {"er": 1}}}}
    text = stored(record, "params")
    assert len(text) <= LONGEST_PARAMS
    assert stored(record, "params->>'$.app.steps'", "params->>'$.small.deep.er'") == ("7", "1")
    assert stored(record, """params->>'$.app."prompt 5"'""") == "x" * 500
    assert stored(record, "params->>'$.list'") is None
    assert unreadable(record) == ["params"]


def test_params_whose_names_alone_are_too_long_are_read_and_noted() -> None:
    record = {"params": {"x" * LONGEST_PARAMS: {"small": 1}}}
    assert "small" not in stored(record, "params")
    assert unreadable(record) == ["params"]


def test_the_middle_of_a_long_text_is_cut_out_and_that_is_noted() -> None:
    record = {"errorMessage": "start" + "x" * 10_000 + "end"}
    text = stored(record, "errorMessage")
    assert len(text) == LONGEST_TEXT
    assert text.startswith("start")
    assert text.endswith("end")
    assert unreadable(record) == ["errorMessage"]


def stages(record: dict[str, Any]) -> list[tuple[Any, ...]]:
    with holding([record]) as connection:
        rows: list[tuple[Any, ...]] = connection.execute("SELECT * FROM stages").fetchall()
    return rows


def test_stages_come_in_the_order_of_time_with_the_seconds_each_took() -> None:
    record = {
        "id": "a",
        "stateTimestamps": {
            "JOB_STATE_COMPLETE": "2026-03-04T15:01:00.25Z",
            "JOB_STATE_NEW": "2026-03-04T15:00:00Z",
            "JOB_STATE_STARTED": "2026-03-04T15:00:00.5Z",
        },
    }
    assert stages(record) == [
        ("a", "NEW", moment(2026, 3, 4, 15), 0.5),
        ("a", "STARTED", moment(2026, 3, 4, 15, 0, 0, 500000), 59.75),
        ("a", "COMPLETE", moment(2026, 3, 4, 15, 1, 0, 250000), None),
    ]


def test_stages_entered_at_the_same_time_come_in_the_order_of_states() -> None:
    at = "2026-03-04T15:00:00Z"
    stamps = {"merging": at, "JOB_STATE_STARTED": at, "FAILED": at, "": at, "unheard of": at, "NEW": None}
    names = [name for _, name, _, _ in stages({"id": "a", "stateTimestamps": stamps})]
    assert names[:3] == ["STARTED", "MERGING", "FAILED"]
    assert set(names[3:]) == {"", "UNHEARD_OF"}


@pytest.mark.parametrize("stamps", [{"JOB_STATE_NEW": "soon"}, {"JOB_STATE_NEW": 5}, "soon", ["a"]])
def test_a_stage_entered_at_no_time_is_noted(stamps: Any) -> None:
    record = {"id": "a", "stateTimestamps": stamps}
    assert stages(record) == []
    assert unreadable(record) == ["stages"]


@given(st.dictionaries(st.sampled_from(PATHS), JSON, max_size=6))
def test_any_record_goes_in_and_what_is_left_of_it_comes_out(members: dict[str, Any]) -> None:
    record: dict[str, Any] = {}
    for path, value in members.items():
        *parents, last = path.split(".")
        inside = record
        for parent in parents:
            inside[parent] = inside[parent] if isinstance(inside.get(parent), dict) else {}
            inside = inside[parent]
        inside[last] = value
    with holding([record]) as connection:
        tables = ("jobs", "stages", "unfinished")
        rows = {table: len(connection.execute(f"SELECT * FROM {table}").fetchall()) for table in tables}
    assert rows["jobs"] == 1
    assert rows["unfinished"] <= 1
