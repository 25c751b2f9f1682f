"""A filter that contradicts a known record, whatever the record holds."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bytenite_mcp.api.filters import Condition, Filter
from bytenite_mcp.jobs.match import compile_filters, kind_of
from bytenite_mcp.jobs.probe import contradiction
from bytenite_mcp.privacy.redact import CleanRecord

from .test_match import FILTERS, VALUES, record_of

C = Condition


@pytest.mark.parametrize(
    ("field", "condition", "value", "record", "other"),
    [
        ("state", C.EQ, "JOB_STATE_FAILED", {"state": "JOB_STATE_FAILED"}, "JOB_STATE_NEW"),
        ("state", C.EQ, "JOB_STATE_NEW", {"state": "JOB_STATE_NEW"}, "JOB_STATE_STARTED"),
        ("state", C.IN, ["JOB_STATE_FAILED"], {"state": "JOB_STATE_FAILED"}, ["JOB_STATE_NEW"]),
        ("state", C.NEQ, "JOB_STATE_NEW", {"state": "JOB_STATE_FAILED"}, "JOB_STATE_FAILED"),
        ("name", C.LIKE, "%a%", {"name": "abc"}, "~~~~~~~~"),
        ("name", C.NEQ, "x", {"name": None}, ""),
        ("name", C.NOT_IN, ["x"], {}, [""]),
        ("duration", C.GT, 5, {"duration": 9}, 1e15),
        ("duration", C.LTE, 5, {"duration": 3}, -1e15),
        ("numChunks", C.NEQ, 5, {"numChunks": ""}, 0),
        (
            "createdAt",
            C.GTE,
            "2026-01-01T00:00:00Z",
            {"createdAt": "2026-03-04T15:00:00Z"},
            "9999-01-01T00:00:00Z",
        ),
        (
            "createdAt",
            C.LT,
            "2026-01-01T00:00:00Z",
            {"createdAt": "2025-03-04T15:00:00Z"},
            "1970-01-01T00:00:00Z",
        ),
        ("config.isTestJob", C.EQ, True, {"config": {"isTestJob": True}}, False),
        ("config.isTestJob", C.EQ, False, {"config": {}}, True),
        ("config.isTestJob", C.NEQ, True, {"config": {}}, False),
        ("regions.whitelist", C.ARRAY_CONTAINS, "eu", {"regions": {"whitelist": ["eu"]}}, "~~~~~~~~"),
    ],
)
def test_each_condition_has_its_contradiction(
    field: str, condition: Condition, value: Any, record: dict[str, Any], other: Any
) -> None:
    probe = contradiction(Filter(field=field, condition=condition, value=value), CleanRecord(record))
    assert probe == Filter(field=field, condition=condition, value=other)


@given(FILTERS.flatmap(lambda one: st.tuples(st.just(one), VALUES[one.field])))
def test_a_contradiction_is_of_the_same_shape_and_does_not_match(question: tuple[Filter, Any]) -> None:
    one, value = question
    record = record_of({one.field: value})
    probe = contradiction(one, record)
    if probe:
        assert (probe.field, probe.condition) == (one.field, one.condition)
        assert isinstance(probe.value, list) == one.condition.takes_list
        assert not compile_filters([probe])(record)


@given(st.sampled_from(sorted(VALUES)), st.sampled_from([C.EQ, C.NEQ]), st.data())
def test_equality_can_be_probed_on_every_plain_value(
    path: str, condition: Condition, data: st.DataObject
) -> None:
    value = data.draw(VALUES[path].filter(lambda value: not isinstance(value, list | dict) or not value))
    assert kind_of(path)
    probe = contradiction(Filter(field=path, condition=condition, value="x"), record_of({path: value}))
    odd = isinstance(value, bool | int | float | str) and condition is C.NEQ
    assert probe or odd
