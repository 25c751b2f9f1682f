"""Filters as they are sent and read back."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bytenite_mcp.api.filters import Condition, Filter

SCALARS = (
    st.text(st.characters(codec="utf-8"))
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
)
FILTERS = st.builds(
    Filter,
    field=st.text(st.characters(codec="utf-8"), min_size=1),
    condition=st.sampled_from(Condition),
    value=SCALARS | st.lists(SCALARS),
)


def test_a_filter_is_spelt_as_the_api_documents_it() -> None:
    one = Filter(field="state", condition=Condition.EQ, value="JOB_STATE_FAILED")
    assert one.to_wire() == {
        "field": "state",
        "condition": "FILTER_CONDITION_EQ",
        "value": {"@type": "type.googleapis.com/google.protobuf.Value", "value": "JOB_STATE_FAILED"},
    }


@given(FILTERS)
def test_a_filters_value_goes_over_the_wire_in_its_type(one: Filter) -> None:
    sent = json.loads(json.dumps(one.to_wire()))
    assert (sent["field"], sent["condition"]) == (one.field, one.condition.value)
    assert repr(sent["value"]["value"]) == repr(one.value)


@pytest.mark.parametrize("value", [True, False, 0, 1, 1.0, "1", "true", [True, 1, "1", 1.5]])
def test_a_value_keeps_its_type(value: Any) -> None:
    one = Filter(field="name", condition=Condition.EQ, value=value)
    assert repr(one.value) == repr(value)


@pytest.mark.parametrize(
    "members",
    [
        {}, {"field": "a"}, {"field": "a", "condition": "EQ", "value": 1}, {"field": "a", "value": 1},
        {"field": "", "condition": "FILTER_CONDITION_EQ", "value": 1},
        {"field": "a", "condition": "FILTER_CONDITION_EQ"},
        {"field": "a", "condition": "FILTER_CONDITION_EQ", "value": None},
        {"field": "a", "condition": "FILTER_CONDITION_EQ", "value": {"a": 1}},
        {"field": "\ud800", "condition": "FILTER_CONDITION_EQ", "value": 1},
    ],
)  # fmt: skip
def test_what_is_no_filter_is_refused(members: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Filter.model_validate(members)


def test_there_are_eleven_conditions_of_three_kinds() -> None:
    assert len(Condition) == 11
    assert {one.short for one in Condition if one.takes_list} == {"IN", "NOT_IN", "ARRAY_CONTAINS_ANY"}
    assert {one.short for one in Condition if one.orders} == {"GT", "GTE", "LT", "LTE"}
