"""The requested order of rows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bytenite_mcp.table.errors import BadQuery
from bytenite_mcp.table.order import Order


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("", Order()),
        ("  ", Order()),
        ("createdAt", Order("createdAt", "asc")),
        ("created_at DESC", Order("createdAt", "desc")),
        ("  duration   ascending ", Order("duration", "asc")),
        ("-duration", Order("duration", "desc")),
        ("app descending", Order("templateInfo.app", "desc")),
        ("params.app.steps asc", Order("params.app.steps", "asc")),
    ],
)
def test_an_order_is_a_field_and_perhaps_a_direction(text: str, order: Order) -> None:
    assert Order.parse(text) == order


@pytest.mark.parametrize(
    "text", ["createdAt down", "createdAt desc asc", "-createdAt desc", "a b c", "createdAt, name"]
)
def test_what_is_no_direction_is_said_with_an_example(text: str) -> None:
    with pytest.raises(BadQuery) as refused:
        Order.parse(text)
    assert str(refused.value).startswith("order_by: ")


def test_an_unknown_field_is_named_with_its_nearest() -> None:
    with pytest.raises(BadQuery, match="order_by: there is no field 'durations'; similar: duration"):
        Order.parse("durations desc")


@given(st.text())
def test_no_text_does_worse_than_being_refused(text: str) -> None:
    said = ""
    try:
        order = Order.parse(text)
        assert Order.parse(str(order)) == order
    except BadQuery as refused:
        said = str(refused)
    assert len(said) < 500


def test_it_is_written_as_the_api_takes_it() -> None:
    assert str(Order()) == ""
    assert str(Order("duration")) == "duration"
    assert str(Order("duration", "desc")) == "duration desc"
