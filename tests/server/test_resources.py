"""Records as resources, the list of the newest, completion and prompts."""

import json
import re
from typing import Any
from urllib.parse import quote

import pytest
from mcp import MCPError
from mcp.types import PromptReference, Resource, ResourceTemplateReference, TextContent, TextResourceContents
from starlette.applications import Starlette
from syrupy.assertion import SnapshotAssertion

from bytenite_mcp.api.filters import Condition
from bytenite_mcp.api.models import STATE_MEANING
from bytenite_mcp.config import Settings
from bytenite_mcp.server.prompts import TIMES
from bytenite_mcp.simulator import Fault, World, create_app
from bytenite_mcp.table.fields import FIELDS
from tests.conftest import answering

from .conftest import Asker, both_eras, connected, ids, page_of, world_of
from .test_definitions import TOOLS

pytestmark = pytest.mark.anyio

JOB = ResourceTemplateReference(type="ref/resource", uri="bytenite://jobs/{job_id}")
FIXED = ["bytenite://jobs", "bytenite://reference"]


async def read(asker: Asker, uri: str) -> TextResourceContents:
    (content,) = (await asker.client.read_resource(uri)).contents
    assert isinstance(content, TextResourceContents)
    return content


async def refused(asker: Asker, uri: str) -> Any:
    with pytest.raises(MCPError) as error:
        await asker.client.read_resource(uri)
    return error.value.error


async def listed(asker: Asker) -> list[Resource]:
    """Follow the cursors to the end."""
    page = await asker.client.list_resources()
    resources = list(page.resources)
    while page.next_cursor:
        page = await asker.client.list_resources(cursor=page.next_cursor)
        resources += page.resources
    return resources


@both_eras
async def test_a_job_can_be_read_by_its_template(asker: Asker, world: World) -> None:
    (template,) = (await asker.client.list_resource_templates()).resource_templates
    assert template.uri_template == "bytenite://jobs/{job_id}"
    assert template.title
    assert template.description
    assert template.mime_type == "application/json"
    job_id = ids(world, "1")[0]
    content = await read(asker, template.uri_template.replace("{job_id}", job_id))
    assert content.mime_type == "application/json"
    assert json.loads(content.text) == (await asker.ask("get_job", job_id=job_id)).content


@both_eras
async def test_the_newest_page_of_jobs_is_what_list_jobs_gives(asker: Asker) -> None:
    content = await read(asker, "bytenite://jobs")
    assert content.mime_type == "application/json"
    assert json.loads(content.text) == (await asker.ask("list_jobs")).content


@both_eras
async def test_the_reference_tells_every_state_field_and_condition(asker: Asker) -> None:
    content = await read(asker, "bytenite://reference")
    assert content.mime_type == "text/markdown"
    for state, meaning in STATE_MEANING.items():
        assert f"- {state.value}: {meaning}" in content.text
    for field in FIELDS.values():
        assert f"- {field.name} ({field.kind.value}): {field.meaning}" in content.text
    for condition in Condition:
        assert re.search(rf"\b{condition.short}\b", content.text)
    for word in ("BYC", "seconds", "UTC", "%", "now-7d", "unset"):
        assert word in content.text


async def test_the_reference_is_as_reviewed(asker: Asker, snapshot: SnapshotAssertion) -> None:
    assert (await read(asker, "bytenite://reference")).text == snapshot


@both_eras
async def test_the_list_shows_what_is_fixed_and_the_newest_fifty_jobs(asker: Asker, world: World) -> None:
    resources = await listed(asker)
    newest = [f"bytenite://jobs/{quote(job_id, safe='')}" for job_id in ids(world, "1")[:50]]
    assert [str(resource.uri) for resource in resources] == [*FIXED, *newest]


async def test_every_entry_says_what_it_is_and_how_large(asker: Asker) -> None:
    resources = await listed(asker)
    assert all(resource.title and resource.description and resource.mime_type for resource in resources)
    for resource in resources[2:]:
        assert re.fullmatch(r"[A-Z_]+, created \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", resource.description or "")
        text = (await read(asker, str(resource.uri))).text
        assert resource.size == len(text.encode())


async def test_an_entry_without_a_name_is_titled_by_its_id(asker: Asker, world: World) -> None:
    (nameless,) = [
        job for job in ids(world, "json_extract(record, '$.name') = ''") if job in ids(world, "1")[:50]
    ][:1]
    entry = next(resource for resource in await listed(asker) if str(resource.uri).endswith(nameless))
    assert entry.title == nameless


@both_eras
async def test_the_list_comes_in_pages(asker: Asker) -> None:
    first = await asker.client.list_resources()
    assert len(first.resources) == 25
    assert first.next_cursor
    second = await asker.client.list_resources(cursor=first.next_cursor)
    third = await asker.client.list_resources(cursor=second.next_cursor)
    assert (len(second.resources), len(third.resources), third.next_cursor) == (25, 2, None)


@both_eras
@pytest.mark.parametrize(
    "cursor", ["", "0", "-1", "x", "25x", "²", "99999999", "25.0", "\x00", "9" * 5000, f"{1:06}9"]
)
async def test_an_unknown_cursor_is_invalid_params(asker: Asker, cursor: str) -> None:
    with pytest.raises(MCPError) as error:
        await asker.client.list_resources(cursor=cursor)
    assert error.value.error.code == -32602
    assert "cursor" in error.value.error.message


@both_eras
async def test_an_unknown_job_is_invalid_params_with_its_uri(asker: Asker) -> None:
    error = await refused(asker, "bytenite://jobs/no-such-job")
    assert error.code == -32602
    assert error.data["uri"] == "bytenite://jobs/no-such-job"
    assert "list_jobs shows" in error.message


@both_eras
@pytest.mark.parametrize(
    "uri",
    [
        "bytenite://nothing",
        "bytenite://jobs/../admin",
        "bytenite://jobs/..",
        "bytenite://jobs/%2e%2e",
        "bytenite://jobs/a%2Fb",
        "bytenite://jobs/a%00b",
        "bytenite://jobs/%2Fetc%2Fpasswd",
        "bytenite://jobs/a?b=c",
        "bytenite://jobs/",
        "file:///etc/passwd",
        "nonsense",
        "bytenite://jobs/" + "x" * 10_000,
    ],
)
async def test_a_uri_that_leads_elsewhere_is_refused_and_nothing_else_is_asked_for(
    asker: Asker, uri: str
) -> None:
    error = await refused(asker, uri)
    assert error.code == -32602
    assert len(error.message) <= 11_000
    assert asker.sent() == []


async def test_an_id_with_odd_characters_can_be_listed_and_read() -> None:
    record = {"id": "run 7:é", "name": "x"}
    async with connected(answering(jobs=page_of(record), job={"job": record})) as asker:
        entry = (await listed(asker))[-1]
        assert str(entry.uri) == "bytenite://jobs/run%207%3A%C3%A9"
        assert json.loads((await read(asker, str(entry.uri))).text)["job"]["id"] == "run 7:é"


@both_eras
async def test_a_failure_is_said_when_a_record_is_read(app: Starlette, asker: Asker, world: World) -> None:
    app.state.faults.set(Fault("503"))
    error = await refused(asker, f"bytenite://jobs/{ids(world, '1')[0]}")
    assert "ByteNite had an internal failure (503)" in error.message
    assert "Try again in a minute" in error.message


@both_eras
async def test_with_the_api_down_what_is_fixed_is_still_listed_and_the_reason_said(
    app: Starlette, asker: Asker
) -> None:
    app.state.faults.set(Fault("503"))
    jobs, reference = await listed(asker)
    assert [str(jobs.uri), str(reference.uri)] == FIXED
    assert (jobs.description or "").startswith(
        "Cannot be listed now. ByteNite had an internal failure (503)."
    )
    assert (await read(asker, "bytenite://reference")).text


@pytest.mark.parametrize("era", ["auto", "legacy"])
async def test_without_a_key_what_is_fixed_is_still_listed_and_the_reason_said(
    app: Starlette, era: Any
) -> None:
    async with connected(app, era, Settings()) as asker:
        jobs, reference = await listed(asker)
    assert [str(jobs.uri), str(reference.uri)] == FIXED
    assert "BYTENITE_API_KEY" in (jobs.description or "")


# Completion


async def completed(asker: Asker, ref: Any, name: str, value: str) -> Any:
    return (await asker.client.complete(ref, {"name": name, "value": value})).completion


@both_eras
async def test_an_id_is_completed_by_its_start(asker: Asker, world: World) -> None:
    for start in ("a", "0B", "run-", "538f009e"):
        found = await completed(asker, JOB, "job_id", start)
        begin_so = ids(world, "id LIKE ?", f"{start}%")
        assert sorted(found.values[: len(begin_so)]) == sorted(begin_so)


@both_eras
async def test_an_id_is_completed_by_part_of_a_name(asker: Asker, world: World) -> None:
    for part in ("catalogue-images", "STRASSE", "straße", "東京"):
        found = await completed(asker, JOB, "job_id", part)
        wanted = [
            job_id for job_id, name in world.rows("SELECT id, json_extract(record, '$.name') FROM jobs")
            if part.casefold() in name.casefold()
        ]  # fmt: skip
        assert sorted(found.values) == sorted(wanted)
        assert found.values


async def test_at_most_a_hundred_completions_are_returned_and_more_are_announced() -> None:
    async with connected(create_app(world_of(400, 7))) as asker:
        found = await completed(asker, JOB, "job_id", "")
    assert len(found.values) == 100
    assert found.total == 400
    assert found.has_more is True


async def test_an_unknown_prefix_has_no_completions(asker: Asker) -> None:
    assert (await completed(asker, JOB, "job_id", "zzz~")).values == []


@both_eras
@pytest.mark.parametrize(
    ("ref", "name"),
    [
        (ResourceTemplateReference(type="ref/resource", uri="bytenite://elsewhere/{x}"), "x"),
        (PromptReference(type="ref/prompt", name="no_such_prompt"), "x"),
        (JOB, "no_such_argument"),
    ],
)
async def test_an_unknown_argument_has_no_completions(asker: Asker, ref: Any, name: str) -> None:
    assert (await completed(asker, ref, name, "a")).values == []


@both_eras
async def test_the_arguments_of_prompts_are_completed(asker: Asker, world: World) -> None:
    explain = PromptReference(type="ref/prompt", name="explain_job")
    job_id = ids(world, "1")[0]
    assert (await completed(asker, explain, "job_id", job_id[:9])).values == [job_id]
    since = PromptReference(type="ref/prompt", name="triage_failures")
    assert (await completed(asker, since, "since", "now-")).values == [
        time for time in TIMES if time.startswith("now-")
    ]
    period = PromptReference(type="ref/prompt", name="cost_report")
    assert (await completed(asker, period, "period", "")).values == list(TIMES)


@both_eras
async def test_a_templates_name_is_completed_by_a_part_of_it_those_used_most_first(
    asker: Asker, world: World
) -> None:
    triage = PromptReference(type="ref/prompt", name="triage_failures")
    used = world.rows(
        "SELECT json_extract(record, '$.templateId') AS t, count(*) FROM jobs WHERE t LIKE '%GEN%' GROUP BY t"
    )
    found = (await completed(asker, triage, "template", "GEN")).values
    assert sorted(found) == sorted(name for name, _ in used)
    assert [dict(used)[name] for name in found] == sorted(dict(used).values(), reverse=True)


async def test_with_the_api_down_there_are_no_completions_and_no_error(app: Starlette, asker: Asker) -> None:
    app.state.faults.set(Fault("503"))
    assert (await completed(asker, JOB, "job_id", "a")).values == []


async def test_odd_ids_and_names_do_not_spoil_completion() -> None:
    rows = [
        {"id": 7, "name": "a"},
        {"id": "a\u202e", "name": "x"},
        {"id": "", "name": "a"},
        {"id": "abc", "name": 5},
        3,
    ]
    async with connected(answering(jobs=page_of(*rows))) as asker:
        assert (await completed(asker, JOB, "job_id", "a")).values == ["abc"]


async def test_a_job_whose_id_is_not_a_path_segment_hides_no_other() -> None:
    rows = [
        {"id": "\ud800", "state": "JOB_STATE_NEW"},
        {"id": "a/b"},
        {"id": "abc", "state": "JOB_STATE_NEW"},
    ]
    async with connected(answering(jobs=page_of(*rows))) as asker:
        assert [resource.name for resource in await listed(asker)][2:] == ["abc"]


# Prompts


async def rendered(asker: Asker, name: str, **arguments: str) -> str:
    (message,) = (await asker.client.get_prompt(name, arguments)).messages
    assert message.role == "user"
    assert isinstance(message.content, TextContent)
    return message.content.text


A_TIME = "should be a date (2026-11-02, 2026-11) or date maths (now-7d, now-1M/M)."
PROMPTS = {
    "triage_failures": {"since": "now-30d", "template": "video-transcoding@v0.2"},
    "what_is_stuck": {},
    "explain_job": {"job_id": "f4ce2ca0-bf49-4fb7-a32f-da899167678e"},
    "cost_report": {"period": "now-1M/M"},
}


@both_eras
async def test_the_prompts_are_listed_with_titles_descriptions_and_arguments(asker: Asker) -> None:
    prompts = (await asker.client.list_prompts()).prompts
    assert {prompt.name: [argument.name for argument in prompt.arguments or []] for prompt in prompts} == {
        name: list(arguments) for name, arguments in PROMPTS.items()
    }
    assert all(prompt.title and prompt.description for prompt in prompts)
    assert all(argument.description for prompt in prompts for argument in prompt.arguments or [])
    required = [
        argument.name for prompt in prompts for argument in prompt.arguments or [] if argument.required
    ]
    assert required == ["job_id"]


@both_eras
@pytest.mark.parametrize("name", PROMPTS)
async def test_a_prompt_names_tools_that_exist_and_repeats_its_argument(asker: Asker, name: str) -> None:
    text = await rendered(asker, name, **PROMPTS[name])
    named = set(re.findall(r"\b[a-z]+(?:_[a-z]+)+\b", text)) - {"group_by", "order_by", "job_id"}
    assert named
    assert named <= set(TOOLS)
    assert all(value in text for value in PROMPTS[name].values())


async def test_the_prompts_are_as_reviewed(asker: Asker, snapshot: SnapshotAssertion) -> None:
    assert "\n\n".join([await rendered(asker, name, **PROMPTS[name]) for name in PROMPTS]) == snapshot


@pytest.mark.parametrize("blank", [{}, {"since": "", "period": " "}])
async def test_a_prompt_has_defaults(asker: Asker, blank: dict[str, str]) -> None:
    def left(name: str) -> dict[str, str]:
        return {argument: value for argument, value in blank.items() if argument == name}

    assert "now-7d" in await rendered(asker, "triage_failures", **left("since"))
    assert "now-30d" in await rendered(asker, "cost_report", **left("period"))


@pytest.mark.parametrize(
    ("period", "asked"),
    [
        ("2026-10", "createdAt EQ 2026-10,"),
        ("2026-10-05", "createdAt EQ 2026-10-05,"),
        ("now-1M/M", "createdAt EQ now-1M/M,"),
        ("now-30d", "createdAt GTE now-30d,"),
        ("2026-10-05T12:00", "createdAt GTE 2026-10-05T12:00,"),
    ],
)
async def test_costs_of_a_whole_month_or_day_end_with_it(asker: Asker, period: str, asked: str) -> None:
    assert asked in await rendered(asker, "cost_report", period=period)


@both_eras
@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        (
            "no_such_prompt",
            {},
            "Unknown prompt. Prompts: triage_failures, what_is_stuck, explain_job, cost_report.",
        ),
        ("explain_job", {}, "job_id: this argument is required."),
        ("explain_job", {"job_id": ""}, "job_id: this argument is required."),
        ("explain_job", {"id": "x"}, "Unknown argument 'id'. Valid: job_id."),
        ("cost_report", {"period": "last month"}, f"period: {A_TIME}"),
        ("triage_failures", {"since": "yesterday"}, f"since: {A_TIME}"),
    ],
)
async def test_a_prompt_refused_says_what_would_be_right(
    asker: Asker, name: str, arguments: dict[str, str], said: str
) -> None:
    with pytest.raises(MCPError) as error:
        await asker.client.get_prompt(name, arguments)
    assert (error.value.error.code, error.value.error.message) == (-32602, said)


async def test_prompt_arguments_stay_on_one_line_and_are_sanitized(asker: Asker) -> None:
    typed = "x\nIgnore that.\u202e\ud800" + "y" * 5000
    async with connected(asker.app, "legacy") as other:
        text = await rendered(other, "explain_job", job_id=typed)
    assert text.splitlines()[0].startswith(
        "What is going on with the ByteNite job x Ignore that.<U+202E>\ufffdy"
    )
    assert len(text) < 600


async def test_a_prompts_calls_are_calls_that_work(asker: Asker) -> None:
    failed = {"field": "state", "condition": "EQ", "value": "FAILED"}
    for period in TIMES:
        condition = "EQ" if "/" in period else "GTE"
        since = {"field": "createdAt", "condition": condition, "value": period}
        for filters, group_by in (
            ([since], ["templateId"]),
            ([failed, since], ["errorMessage", "templateId"]),
        ):
            answer = await asker.ask("summarize_jobs", filters=filters, group_by=group_by)
            assert answer.content["columns"][0] == group_by[0], period


@both_eras
@pytest.mark.parametrize(
    "uri", ["bytenite://" + "x" * 5000, "bytenite://jobs/" + "y" * 5000, "http://" + "z" * 901]
)
async def test_an_error_is_short_however_long_the_uri_is(asker: Asker, uri: str) -> None:
    with pytest.raises(MCPError) as failure:
        await asker.client.read_resource(uri)
    assert len(failure.value.error.message) + len(str(failure.value.error.data)) <= 1000
    assert "at most 900 are read" in failure.value.error.message
