"""The types of arguments: values as hosts and models write them, and what is refused."""

import json
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from bytenite_mcp.api.filters import Condition, Filter
from bytenite_mcp.server.arguments import Detail, Filters, GroupBy, JobId, JobIds, Level, Limit
from tests.server.conftest import Asker

pytestmark = pytest.mark.anyio

FAILED = {"field": "state", "condition": "FILTER_CONDITION_EQ", "value": "FAILED"}


@pytest.mark.parametrize(
    "filters",
    [json.dumps([FAILED]), [json.dumps(FAILED)], FAILED],
    ids=["all in text", "each in text", "one"],
)
async def test_filters_sent_as_text_or_alone_are_understood(asker: Asker, filters: Any) -> None:
    answer = await asker.ask("filter_jobs", filters=filters)
    assert answer.content["filters"] == ["state EQ JOB_STATE_FAILED"]


async def test_one_group_may_be_given_without_a_list_and_an_id_with_a_line_feed(asker: Asker) -> None:
    alone = await asker.ask("summarize_jobs", group_by="state")
    assert alone.content == (await asker.ask("summarize_jobs", group_by=["state"])).content
    job_id = (await asker.ask("list_jobs", limit=1)).content["jobs"][0]["id"]
    assert (await asker.ask("get_job", job_id=f"\t{job_id}\n")).content["job"]["id"] == job_id


async def test_numbers_sent_as_text_are_understood(asker: Asker) -> None:
    answer = await asker.ask("list_jobs", limit="5", offset="2")
    assert (answer.content["count"], answer.content["offset"]) == (5, 2)


async def test_no_filters_at_all_are_refused_and_list_jobs_is_named(asker: Asker) -> None:
    assert "at least one filter; list_jobs lists all jobs" in await asker.fail("filter_jobs", filters=[])


def read(kind: Any, value: Any) -> Any:
    return TypeAdapter(kind).validate_python(value)


def refusal(kind: Any, value: Any) -> str:
    with pytest.raises(ValidationError) as refused:
        read(kind, value)
    (error,) = refused.value.errors()
    return str(error["msg"])


@pytest.mark.parametrize(
    ("spelling", "condition"),
    [
        ("EQ", Condition.EQ),
        ("eq", Condition.EQ),
        (" filter_condition_eq ", Condition.EQ),
        ("FILTER_CONDITION_EQ", Condition.EQ),
        ("not in", Condition.NOT_IN),
        ("Array-Contains-Any", Condition.ARRAY_CONTAINS_ANY),
    ],
)
def test_a_condition_is_read_in_any_spelling(spelling: str, condition: Condition) -> None:
    filters = read(Filters, [{"field": "name", "condition": spelling, "value": "a"}])
    assert [one.to_filter() for one in filters] == [Filter(field="name", condition=condition, value="a")]


def test_a_filter_takes_as_many_and_as_long_values_as_it_says() -> None:
    longest = ["a" * 1000] * 200
    (one,) = read(Filters, [{"field": "name", "condition": "IN", "value": longest}])
    assert one.value == longest


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [
        (
            Filters,
            [{"field": "name", "condition": "IS", "value": "a"}],
            "should be one of FILTER_CONDITION_EQ",
        ),
        (
            Filters,
            [{"field": "name", "condition": "EQ", "value": {}}],
            "should be a text, a number, true or false",
        ),
        (Filters, [{"field": "name", "condition": "IN", "value": ["a"] * 201}], "at most 200 values"),
        (Limit, True, "should be a whole number"),
        (JobIds, 5, "should be a text or a list of texts"),
        (GroupBy, [5], "should be one of state"),
        (Filters, 5, "should be a valid list"),
        (Filters, ["state=FAILED"], "should be a valid dictionary"),
        (Filters, ["[" * 100_000], "should be a valid dictionary"),
        (Level, 5, "should be 'TRACE'"),
        (Detail, 5, "should be 'concise'"),
    ],
)
def test_a_value_of_another_kind_is_refused_in_one_error(kind: Any, value: Any, said: str) -> None:
    assert said in refusal(kind, value)


@pytest.mark.parametrize("value", ["WARN", "warn", " Warn "])
def test_a_choice_is_read_in_any_case(value: str) -> None:
    assert read(Level, value) == "WARN"
    assert read(Level, "Warning") == "WARN"
    assert read(Level, " ") is None
    assert read(Detail, " Full ") == "full"


@pytest.mark.parametrize("nothing", ["", None])
async def test_arguments_sent_without_a_value_are_as_if_not_given(asker: Asker, nothing: str | None) -> None:
    job_id = (await asker.ask("list_jobs", limit=1)).content["jobs"][0]["id"]
    for tool, given, optional in [
        ("list_jobs", {}, ["limit", "offset", "order_by", "detail"]),
        ("summarize_jobs", {}, ["filters", "group_by", "time", "timezone", "order_by", "limit"]),
        ("get_job_logs", {"job_id": job_id}, ["service", "contains", "minimum_level", "context", "tail"]),
    ]:
        answer = await asker.ask(tool, **given, **dict.fromkeys(optional, nothing))
        assert answer.content == (await asker.ask(tool, **given)).content


def test_ids_that_are_repeated_are_asked_for_once() -> None:
    assert read(JobIds, ["a", "b", "a"]) == ["a", "b"]
    assert read(JobIds, ' ["a", "b"]') == ["a", "b"]
    assert read(JobIds, "a") == ["a"]
    assert [read(JobIds, odd) for odd in ("123", "null", "[1")] == [["123"], ["null"], ["[1"]]


def test_a_jobs_uri_is_read_as_its_id() -> None:
    assert read(JobId, "bytenite://jobs/a%20b\n") == "a b"
    assert "match pattern" in refusal(JobId, "bytenite://jobs/a%2Fb")
    assert "match pattern" in refusal(JobId, "bytenite://reference")


async def test_groups_have_the_names_that_filters_take(asker: Asker) -> None:
    for name, group in (
        ("template", "templateId"), ("regions", "region"), (" State ", "state"), ("is_test_job", "isTestJob"),
    ):  # fmt: skip
        answer = await asker.ask("summarize_jobs", group_by=[name])
        assert answer.content == (await asker.ask("summarize_jobs", group_by=[group])).content


def test_an_id_keeps_its_blanks_and_loses_the_ends_of_its_line() -> None:
    assert read(JobId, "\t a \r\n") == " a "
