"""Every tool's answer: a snapshot of the whole, the same in both channels, lean, and valid against its schema."""

import csv
import io
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from syrupy.assertion import SnapshotAssertion

from bytenite_mcp.server.answers.jobs import TOO_LARGE
from bytenite_mcp.simulator import World, create_app
from bytenite_mcp.table.groups import Group
from tests.conftest import answering
from tests.server.conftest import Answer, Asker, Era, both_eras, connected, ids, page_of, tokens, world_of

pytestmark = pytest.mark.anyio

FAILED = {"field": "state", "condition": "FILTER_CONDITION_EQ", "value": "FAILED"}
COMPLETE = {"field": "state", "condition": "FILTER_CONDITION_EQ", "value": "COMPLETE"}
TABLE = {
    "list_jobs": "jobs",
    "filter_jobs": "jobs",
    "diagnose_job": "jobs",
    "summarize_jobs": "rows",
    "get_job_logs": "lines",
}

CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "get_job of a failed job": ("get_job", {"job_id": "$failed"}),
    "get_job of a captured record of 2023": ("get_job", {"job_id": "$captured"}),
    "get_job concise": ("get_job", {"job_id": "$failed", "detail": "concise"}),
    "list_jobs": ("list_jobs", {"limit": 4, "offset": 8}),
    "list_jobs full": ("list_jobs", {"limit": 1, "detail": "full", "order_by": "duration desc"}),
    "list_jobs beyond the end": ("list_jobs", {"offset": 5000}),
    "filter_jobs": (
        "filter_jobs",
        {"filters": [FAILED, {"field": "createdAt", "condition": "lt", "value": "2026-02"}], "limit": 3},
    ),
    "filter_jobs that match nothing": (
        "filter_jobs",
        {"filters": [{"field": "name", "condition": "LIKE", "value": "nobody"}]},
    ),
    "summarize_jobs": ("summarize_jobs", {}),
    "summarize_jobs by state": ("summarize_jobs", {"group_by": ["state"]}),
    "summarize_jobs by two": (
        "summarize_jobs",
        {"filters": [FAILED], "group_by": ["templateId", "errorMessage"], "limit": 3},
    ),
    "diagnose_job": ("diagnose_job", {"job_id": "$failed"}),
    "diagnose_job without an id": ("diagnose_job", {}),
    "get_job_logs": ("get_job_logs", {"job_id": "$failed", "tail": 8}),
    "get_job_logs of a draft": ("get_job_logs", {"job_id": "$draft"}),
    "get_job_results": ("get_job_results", {"job_id": "$kept"}),
    "get_job_results of a failed job": ("get_job_results", {"job_id": "$failed"}),
    "wait_for_job": ("wait_for_job", {"job_id": "$failed"}),
}


async def call(asker: Asker, world: World, name: str) -> tuple[str, Answer]:
    tool, arguments = CALLS[name]
    stands_for = {
        "$failed": ids(world, "record LIKE '%Assembler failed%'")[0],
        "$captured": "ccf06fbe-428b-41c9-a4c1-c5e21cb571b0",
        "$draft": ids(world, "state = 'JOB_STATE_NEW'")[0],
        "$kept": ids(
            world,
            "state = 'JOB_STATE_COMPLETE' AND json_extract(record, '$.dataDestination.dataSourceDescriptor') = 's3'",
        )[0],
    }
    return tool, await asker.ask(
        tool, **{name: stands_for.get(str(value), value) for name, value in arguments.items()}
    )


@pytest.fixture
def world() -> World:
    return world_of(400, 7)


@pytest.fixture(scope="module")
async def askers() -> AsyncIterator[dict[Era, Asker]]:
    """Connect once in each era, because reading all jobs takes longer than most answers."""
    app = create_app(world_of(400, 7))
    async with connected(app, "auto") as newer, connected(app, "legacy") as older:
        yield {"auto": newer, "legacy": older}


@pytest.fixture
def asker(askers: dict[Era, Asker], era: Era) -> Asker:
    return askers[era]


@pytest.mark.parametrize("name", CALLS)
async def test_an_answer_is_as_reviewed(
    asker: Asker, world: World, name: str, snapshot: SnapshotAssertion
) -> None:
    _, answer = await call(asker, world, name)
    if not answer.text.startswith("{"):
        assert answer.text == snapshot(name="text")
    assert json.dumps(answer.content, indent=1, ensure_ascii=False) == snapshot(name="structured")


@both_eras
@pytest.mark.parametrize("name", CALLS)
async def test_an_answer_is_what_the_output_schema_says(asker: Asker, world: World, name: str) -> None:
    tool, answer = await call(asker, world, name)
    schemas = {tool.name: tool.output_schema for tool in (await asker.client.list_tools()).tools}
    schema = schemas[tool]
    assert schema
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(answer.content)
    unknown = answer.content.keys() - schema["properties"].keys()
    assert not unknown, "a member the schema does not tell of"


@pytest.mark.parametrize("name", CALLS)
async def test_both_channels_say_the_same(asker: Asker, world: World, name: str) -> None:
    tool, answer = await call(asker, world, name)
    assert_same(answer, TABLE.get(tool, "results" if tool == "get_job_results" else ""))


def assert_same(answer: Answer, table: str) -> None:
    """Read the text as a reader would, and check that each value of one channel is in the other."""
    if answer.text.startswith("{"):
        assert json.loads(answer.text) == answer.content
        return
    head = [name for name in answer.content if name not in (table, "columns")]
    *lines, rows = answer.text.split("\n", len(head))
    said = dict(line.split(": ", 1) for line in lines)
    assert list(said) == head
    for name in head:
        assert said[name] == ";".join(scalars(answer.content[name]))
    content = answer.content[table]
    if not content:
        assert rows == f"{table}: none"
    elif table == "lines":
        assert rows == "\n".join(content)
    else:
        columns, *cells = csv.reader(io.StringIO(rows))
        assert columns == answer.content.get("columns", columns)
        assert [{name: cell for name, cell in zip(columns, row, strict=True) if cell} for row in cells] == [
            {
                name: value
                for name, cell_value in (
                    row if isinstance(row, dict) else dict(zip(columns, row, strict=True))
                ).items()
                if (value := ";".join(scalars(cell_value)))
            }
            for row in content
        ]


def scalars(value: Any) -> Iterator[str]:
    for item in value if isinstance(value, list) else [value]:
        yield "" if item is None else str(item).lower() if isinstance(item, bool) else str(item)


async def test_a_name_full_of_commas_quotes_and_line_breaks_stays_one_value() -> None:
    name = 'a,"b"\nid: forged\r\njobs: none;c'
    async with connected(answering(jobs=page_of({"id": "x", "name": name}, {"id": "y"}))) as asker:
        answer = await asker.ask("list_jobs")
    assert answer.content["jobs"][0]["name"] == 'a,"b" id: forged jobs: none;c'
    assert_same(answer, "jobs")


async def test_twenty_concise_jobs_without_errors_fit_their_budget() -> None:
    async with connected(create_app(world_of(1000, 1))) as asker:
        for offset in range(0, 400, 100):
            answer = await asker.ask("filter_jobs", filters=[COMPLETE], offset=offset)
            assert answer.content["count"] == 20
            assert tokens(answer.content) <= 1250, offset
            assert tokens(answer.text) <= 850, offset


async def test_twenty_groups_fit_600_tokens_in_each_channel() -> None:
    async with connected(create_app(world_of(5000, 1))) as asker:
        for group in Group:
            answer = await asker.ask("summarize_jobs", group_by=[group.value], limit=20)
            assert len(answer.content["rows"]) <= 22, group
            assert tokens(answer.content) <= 600, group
            assert tokens(answer.text) <= 600, group


async def test_a_diagnosis_fits_1200_tokens_whatever_the_job() -> None:
    world = world_of(1000, 1)
    states = [str(state) for (state,) in world.rows("SELECT DISTINCT state FROM jobs")]
    async with connected(create_app(world)) as asker:
        for state in states:
            for job_id in ids(world, "state = ?", state)[:6]:
                answer = await asker.ask("diagnose_job", job_id=job_id)
                assert tokens(answer.content) <= 1200
                assert tokens(answer.text) <= 1200


async def test_a_log_fits_4000_tokens_however_many_lines_are_asked_for() -> None:
    world = world_of(1000, 1)
    async with connected(create_app(world)) as asker:
        for job_id in ids(world, "state IN ('JOB_STATE_FAILED', 'JOB_STATE_COMPLETE')")[::40]:
            answer = await asker.ask("get_job_logs", job_id=job_id, tail=500)
            assert tokens(answer.content) <= 4000
            assert tokens(answer.text) <= 4000


@both_eras
async def test_members_of_other_types_than_documented_are_shown_as_they_came(era: Era) -> None:
    odd = {"id": "b", "name": 5, "state": ["x"], "templateId": {"a": 1}}
    transport = answering(job={"job": odd}, jobs=page_of(odd, {"id": "c", "name": "good"}))
    async with connected(transport, era) as asker:
        assert (await asker.ask("get_job", job_id="b")).content["job"] == odd
        page = await asker.ask("list_jobs", detail="full")
    assert page.content["jobs"] == [odd, {"id": "c", "name": "good"}]


async def test_a_record_too_large_for_an_answer_is_shown_concisely_and_said_to_be() -> None:
    large = {"id": "large", "name": "n", "params": {"app": ["x" * 100] * 2000}}
    small = {"id": "small", "params": {"app": ["x"]}}
    async with connected(answering(job={"job": large}, jobs=page_of(large, small))) as asker:
        answered = await asker.ask("get_job", job_id="large")
        page = await asker.ask("list_jobs", detail="full")
    assert answered.content["job"] == {"id": "large", "name": "n"}
    assert page.content["jobs"] == [{"id": "large", "name": "n"}, small]
    for answer in (answered, page):
        assert answer.content["note"] == TOO_LARGE.format("large")
