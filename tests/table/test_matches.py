"""Pages of rows: what they show, and how rows are judged."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bytenite_mcp.api.filters import Condition, Filter
from bytenite_mcp.privacy.walk import TOO_DEEP
from bytenite_mcp.table.errors import BadQuery
from bytenite_mcp.table.fields import FIELDS, Kind
from bytenite_mcp.table.filters import understand
from bytenite_mcp.table.matches import NOT_READABLE, is_ahead, is_hidden, judge, read_page, read_rows
from bytenite_mcp.table.order import Order
from tests.conftest import NOW, as_clean
from tests.table.tables import holding
from tests.table.test_conditions import C, Records

SHOWN: dict[Kind, Any] = {
    Kind.TEXT: "nvenc",
    Kind.FREE: "nvenc",
    Kind.STATE: "JOB_STATE_FAILED",
    Kind.PRIORITY: "FAST",
    Kind.NUMBER: 12,
    Kind.TIME: "2026-03-04T15:00:00Z",
    Kind.BOOLEAN: True,
    Kind.LIST: ["us"],
}


def test_a_page_shows_the_concise_fields_and_those_asked_about() -> None:
    records: Records = [
        {
            "id": "a",
            "state": "JOB_STATE_FAILED",
            "createdAt": "2026-03-04T15:00:00.5Z",
            "endedAt": "2026-03-04T16:00:00.25+01:00",
            "duration": 12.0,
            "name": 5,
            "params": {"app": {"steps": 7}},
        },
        {"id": "b", "state": "JOB_STATE_NEW", "createdAt": "2026-03-05T15:00:00Z"},
        {"id": "c", "state": "JOB_STATE_FAILED", "createdAt": "2026-03-01T15:00:00Z"},
    ]
    asked: list[tuple[str, Condition, Any]] = [
        ("state", C.EQ, "FAILED"),
        ("endedAt", C.NEQ, "2027-01-01T00:00:00Z"),
        ("params.app.steps", C.NEQ, 3),
    ]
    filters = understand([Filter(field=a, condition=b, value=c) for a, b, c in asked], NOW)
    with holding(records) as table:
        page = read_page(table, filters, Order("duration", "desc"), limit=1, offset=0)
        rest = read_page(table, filters, Order("duration", "desc"), limit=5, offset=1)
    assert (page.total, [row.number for row in page.rows + rest.rows]) == (2, [0, 2])
    assert page.rows[0].fields == {
        "id": "a",
        "state": "JOB_STATE_FAILED",
        "createdAt": "2026-03-04T15:00:00Z",
        "duration": 12,
        "endedAt": "2026-03-04T15:00:00Z",
        "params.app.steps": 7,
        "name": NOT_READABLE,
    }


def test_every_field_that_can_be_filtered_can_be_sorted_and_shown() -> None:
    record = {"id": "a", "createdAt": "2000-01-01T00:00:00Z"}
    with holding([record]) as table:
        for name in FIELDS:
            filters = understand([Filter(field=name, condition=C.EQ, value="")], NOW)
            page = read_page(table, filters, Order(name, "desc"), limit=1, offset=0)
            assert page.total == (name not in record)
        page = read_page(table, [], Order(), limit=1, offset=0)
    assert [row.fields for row in page.rows] == [record]


def with_member(record: dict[str, Any], name: str, value: Any) -> dict[str, Any]:
    """Copy a record with a member that has a dotted name."""
    head, _, rest = name.partition(".")
    return record | {head: with_member(record.get(head) or {}, rest, value) if rest else value}


@pytest.mark.parametrize(
    "name", [*FIELDS, "params.app.preset", 'params.a"b', "stateTimestamps.JOB_STATE_MERGING"]
)
def test_a_field_that_was_filtered_by_is_shown_with_its_value(name: str) -> None:
    kind = FIELDS[name].kind if name in FIELDS else Kind.TIME if name.startswith("state") else Kind.FREE
    value = SHOWN[kind]
    record = with_member({"id": "a", "state": "JOB_STATE_FAILED"}, name, value)
    filters = understand([Filter(field=name, condition=C.NEQ, value="")], NOW)
    with holding([record]) as table:
        page = read_page(table, filters, Order(), limit=1, offset=0)
    assert [row.fields[name] for row in page.rows] == [value]


@given(st.text("a.\"\\'*[]$#-\0\x01\n", min_size=1, max_size=6).map("params.{}".format))
def test_a_member_of_params_with_any_name_is_read_or_refused(name: str) -> None:
    try:
        filters = understand([Filter(field=name, condition=C.EQ, value="x")], NOW)
    except BadQuery:
        return
    record = with_member({"id": "a"}, name, "x")
    with holding([record]) as table:
        page = read_page(table, filters, Order(name, "desc"), limit=1, offset=0)
    assert [row.fields[name] for row in page.rows] == ["x"]


def test_a_row_is_judged_by_each_filter_and_placed_among_its_equals() -> None:
    records: list[dict[str, Any]] = [
        {"id": "a", "state": "JOB_STATE_FAILED", "duration": 12},
        {"id": "b", "state": "JOB_STATE_FAILED", "duration": 30},
        {"id": "c", "state": "JOB_STATE_COMPLETE", "duration": 12},
        {"id": "d"},
        {"id": "unreadable", "state": "JOB_STATE_FAILED", "duration": {"odd": 1}},
    ]
    asked: list[tuple[str, Condition, Any]] = [("state", C.EQ, "FAILED"), ("duration", C.LT, 20)]
    filters = understand([Filter(field=a, condition=b, value=c) for a, b, c in asked], NOW)
    with holding(records) as table:
        judged = judge(table, [4, 3, 2, 1, 0, 99], filters, Order("duration", "desc"))
        assert [row.number for row in read_rows(table, [2, 99, 0], filters, Order())] == [2, 0]
    assert {number: (row.contradicts, row.place) for number, row in judged.items()} == {
        0: ((), 2),
        1: ((1,), 1),
        2: ((0,), 2),
        3: ((0, 1), 3),
        4: ((), 3),
    }


@pytest.mark.parametrize(
    ("field", "hidden"),
    [
        ("errorMessage", True),
        ("name", False),
        ("params.note", True),
        ("params.other", True),
        ("state", False),
        ("regions.whitelist", True),
        ("dataSource", True),
    ],
)
def test_whether_a_part_of_what_is_asked_about_is_withheld_is_known(field: str, hidden: bool) -> None:
    record: dict[str, Any] = {
        "id": "a",
        "errorMessage": "login [withheld] failed",
        "params": {"note": "[withheld]"},
        "regions": {"whitelist": [{"name": "not read"}]},
        "dataSource": {"dataSourceDescriptor": TOO_DEEP},
    }
    value = {"state": "FAILED", "regions.whitelist": ""}.get(field, "x")
    with holding([record]) as table:
        asked = [Filter(field=field, condition=C.EQ, value=value)]
        assert is_hidden(table, understand(asked, NOW), Order()) == hidden
        assert is_hidden(table, [], Order(field, "asc")) == hidden


JOB = {"id": "b", "createdAt": "2026-03-04T15:00:00Z", "state": "JOB_STATE_FAILED"}
OLDER = {"id": "a", "createdAt": "2026-03-04T14:59:59Z", "state": "JOB_STATE_COMPLETE"}


@pytest.mark.parametrize(
    ("page", "total", "ahead"),
    [
        ([JOB, OLDER], 2, False),
        ([JOB, OLDER], None, False),
        ([JOB], 2, False),
        ([OLDER], 2, True),
        ([JOB, OLDER], 1, True),
        ([JOB | {"state": "JOB_STATE_MERGING"}, OLDER], 2, True),
        ([OLDER | {"createdAt": None}], None, True),
    ],
)
def test_the_table_is_ahead_of_a_page_with_an_older_state_or_total_or_without_a_new_job(
    page: list[dict[str, Any]], total: int | None, ahead: bool
) -> None:
    with holding([JOB, OLDER]) as table:
        assert is_ahead(table, as_clean(*page), total) is ahead
