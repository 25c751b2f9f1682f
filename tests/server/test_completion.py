"""Ids, names of templates and arguments of prompts are completed."""

from typing import Any

import pytest
from mcp.types import PromptReference, ResourceTemplateReference
from starlette.applications import Starlette

from bytenite_mcp.server.prompts import TIMES
from bytenite_mcp.simulator import Fault, World, create_app
from tests.conftest import answering
from tests.server.conftest import Asker, both_eras, connected, ids, page_of, world_of

pytestmark = pytest.mark.anyio

JOB = ResourceTemplateReference(type="ref/resource", uri="bytenite://jobs/{job_id}")


async def completed(asker: Asker, ref: Any, name: str, value: str) -> Any:
    return (await asker.client.complete(ref, {"name": name, "value": value})).completion


@both_eras
async def test_an_id_is_completed_by_its_start(asker: Asker, world: World) -> None:
    await asker.ask("summarize_jobs")
    for start in ("a", "0B", "run-", "538f009e"):
        found = await completed(asker, JOB, "job_id", start)
        begin_so = ids(world, "id LIKE ?", f"{start}%")
        assert sorted(found.values[: len(begin_so)]) == sorted(begin_so)


@both_eras
async def test_an_id_is_completed_by_part_of_a_name(asker: Asker, world: World) -> None:
    await asker.ask("summarize_jobs")
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
    assert found.total is None
    assert found.has_more is True


async def test_a_keystroke_requests_a_hundred_jobs_and_older_ones_come_from_the_table() -> None:
    world = world_of(400, 7)
    oldest = world.rows("SELECT id FROM jobs ORDER BY json_extract(record, '$.createdAt') LIMIT 1")[0][0]
    async with connected(create_app(world)) as asker:
        assert (await completed(asker, JOB, "job_id", oldest)).values == []
        await asker.ask("summarize_jobs")
        asker.app.state.requests.clear()
        assert (await completed(asker, JOB, "job_id", oldest)).values == [oldest]
    assert [seen.query["pagination.limit"] for seen in asker.app.state.requests] == ["100"]


async def test_a_list_that_only_counts_its_jobs_is_known_to_have_more() -> None:
    page = {"data": [{"id": f"{n}"} for n in range(3)], "pagination": {"total": 500}}
    async with connected(answering(jobs=page)) as asker:
        found = await completed(asker, JOB, "job_id", "")
    assert (found.total, found.has_more) == (None, True)


@pytest.mark.parametrize("number", [3, 101])
async def test_a_list_that_is_whole_counts_its_completions_and_offers_no_empty_one(number: int) -> None:
    triage = PromptReference(type="ref/prompt", name="triage_failures")
    async with connected(answering(jobs=page_of(*({"id": f"{n}"} for n in range(number))))) as asker:
        found = await completed(asker, JOB, "job_id", "")
        assert (len(found.values), found.total, found.has_more) == (min(number, 100), number, number > 100)
        assert (await completed(asker, triage, "template", "")).values == []


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
    await asker.ask("summarize_jobs")
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
        assert [resource.name for resource in (await asker.client.list_resources()).resources][2:] == ["abc"]
