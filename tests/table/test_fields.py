"""Fields are found by name; names that show that their value is a secret are refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bytenite_mcp.table.errors import BadQuery
from bytenite_mcp.table.fields import FIELDS, SHORTHANDS, Kind, find_field
from tests.conftest import wire


def problem(name: str) -> str:
    with pytest.raises(BadQuery) as refused:
        find_field(name, "filters[0].field")
    assert refused.value.argument == "filters[0].field"
    return str(refused.value)


@pytest.mark.parametrize("name", FIELDS)
def test_every_field_is_found_by_its_name_in_any_spelling(name: str) -> None:
    snake = "".join(f"_{c.lower()}" if c.isupper() else c for c in name)
    assert find_field(name, "x") is find_field(name.upper(), "x") is find_field(snake, "x") is FIELDS[name]
    assert FIELDS[name].meaning


@pytest.mark.parametrize(("short", "full"), SHORTHANDS.items())
def test_a_shorthand_stands_for_its_field(short: str, full: str) -> None:
    assert find_field(short, "x").name == full


def test_every_scalar_of_the_documented_record_can_be_asked_about() -> None:
    for name, value in wire("18")["job"].items():
        if not isinstance(value, dict):
            assert name in FIELDS or name in (
                "regions",
                "stateTimestamps",
                "dataSource",
                "dataDestination",
            ), name


def test_what_a_user_named_can_be_asked_about() -> None:
    assert find_field("params.app.steps", "x").kind is Kind.FREE
    assert find_field("stateTimestamps.JOB_STATE_FAILED", "x").kind is Kind.TIME


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("stat", "filters[0].field: there is no field 'stat'; similar: state, startAt, startedAt."),
        (
            "created",
            "filters[0].field: there is no field 'created'; similar: createdAt.",
        ),
        (
            "nothing like it",
            "filters[0].field: there is no field 'nothing like it'; similar: name, state, createdAt.",
        ),
        ("", "filters[0].field: there is no field ''; similar: name, state, createdAt."),
        (
            "config",
            "filters[0].field: 'config' is an object; name a member such as "
            "config.isTestJob, config.jobTimeout, config.maxTaskRetries.",
        ),
        (
            "dataSource.params",
            "filters[0].field: 'dataSource.params' is an object; name a member such as "
            "dataSource.params.bucketName, dataSource.params.cloudRegion, dataSource.params.name.",
        ),
        ("cause", "filters[0].field: 'cause' is no field of filters; query_jobs has it as a column."),
        (
            "stateTimestamps",
            "filters[0].field: 'stateTimestamps' is an object; name a member such as stateTimestamps.NAME.",
        ),
        (
            "dataSource.params.secretKey",
            "filters[0].field: 'dataSource.params.secretKey' is withheld; "
            "of a data source only name, bucketName and cloudRegion can be asked about.",
        ),
        (
            "params.app.env.HF_TOKEN",
            "filters[0].field: 'params.app.env.HF_TOKEN' looks like a secret, "
            "which is withheld and cannot be asked about.",
        ),
    ],
)
def test_a_name_that_is_no_field_is_answered_with_what_is(name: str, said: str) -> None:
    assert problem(name) == said


@pytest.mark.parametrize(
    "name",
    [
        "params.",
        "params..a",
        "params.a.",
        "params.a\0",
        "params." + "x" * 300,
        "stateTimestamps.a b",
        "state.x",
        "dataSource.x",
        "a.b.c",
    ],
)
def test_names_that_lead_nowhere_are_refused_in_few_words(name: str) -> None:
    assert len(problem(name)) < 300


@given(st.text())
def test_no_name_does_worse_than_being_refused(name: str) -> None:
    said = ""
    try:
        assert find_field(name, "x").name
    except BadQuery as refused:
        said = str(refused)
    assert len(said) < 500


@pytest.mark.parametrize("name", ["params.app.dataSource.params.username", "params.x.data_destination.url"])
def test_what_is_in_a_data_source_within_params_cannot_be_asked_about(name: str) -> None:
    assert "withheld" in problem(name)
