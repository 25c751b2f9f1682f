"""query_jobs, against SQL over the same world."""

import json

import pytest

from bytenite_mcp.server.tools import make_tools
from bytenite_mcp.simulator import World, create_app
from bytenite_mcp.table.fields import EVERY_FIELD
from tests.conftest import answering
from tests.server.conftest import SETTINGS, Asker, both_eras, connected, page_of, world_of

pytestmark = pytest.mark.anyio


@pytest.fixture
def world() -> World:
    return world_of(300, 1)


@both_eras
async def test_a_question_that_no_other_tool_answers(asker: Asker, world: World) -> None:
    sql = "SELECT hour(createdAt) AS h, count(*) AS n FROM jobs GROUP BY h ORDER BY h"
    answer = await asker.ask("query_jobs", sql=sql)
    expected = world.rows(
        "SELECT CAST(substr(json_extract(record, '$.createdAt'), 12, 2) AS INTEGER) AS h, count(*) "
        "FROM jobs GROUP BY h ORDER BY h"
    )
    assert answer.content["columns"] == ["h", "n"]
    assert [tuple(row) for row in answer.content["rows"]] == expected
    assert answer.content["asOf"].endswith("Z")
    assert answer.text.splitlines()[-len(expected) - 1] == "h,n"


async def test_times_are_said_to_be_utc_only_where_another_zone_is_set(world: World) -> None:
    settings = SETTINGS.model_copy(update={"timezone": "Asia/Tokyo"})
    sql = "SELECT count(*) FROM jobs"
    async with connected(create_app(world), settings=settings) as asker:
        answer = await asker.ask("query_jobs", sql=sql)
    local = "createdAt AT TIME ZONE 'Asia/Tokyo'"
    assert answer.content["note"] == f"Times are UTC; local is {local}."
    async with connected(create_app(world), settings=settings) as asker:
        (row,) = (
            await asker.ask("query_jobs", sql=f"SELECT epoch({local}) - epoch(createdAt) FROM jobs", limit=1)
        ).content["rows"]
    assert row == [9 * 3600]
    async with connected(create_app(world)) as asker:
        assert "note" not in (await asker.ask("query_jobs", sql=sql)).content


async def test_names_that_were_used_more_than_once(asker: Asker, world: World) -> None:
    sql = "SELECT name, count(*) AS n FROM jobs WHERE name <> '' GROUP BY name HAVING n > 1 ORDER BY n DESC, name"
    expected = world.rows(
        "SELECT json_extract(record, '$.name') AS name, count(*) AS n FROM jobs WHERE name <> '' "
        "GROUP BY name HAVING n > 1 ORDER BY n DESC, name"
    )
    answer = await asker.ask("query_jobs", sql=sql, limit=200)
    assert [tuple(row) for row in answer.content["rows"]] == expected


async def test_both_examples_of_the_description_are_answered(asker: Asker) -> None:
    tools = {tool.name: tool.description or "" for tool in (await asker.client.list_tools()).tools}
    examples = tools["query_jobs"].partition("Examples: ")[2].split("; ")
    assert len(examples) == 2
    for example in examples:
        assert (await asker.ask("query_jobs", sql=example)).content["rows"]


async def test_a_limit_leaves_rows_out_and_says_so(asker: Asker) -> None:
    answer = await asker.ask("query_jobs", sql="SELECT id FROM jobs", limit=3)
    assert len(answer.content["rows"]) == 3
    assert answer.content["more"] is True
    assert "more: true" in answer.text
    assert "more" not in (await asker.ask("query_jobs", sql="SELECT count(*) FROM jobs")).content


@pytest.mark.parametrize(
    ("sql", "value"),
    [
        ("[1, NULL]", [1, None]),
        ("[[1], [2, 3]]", [[1], [2, 3]]),
        ("[true]", [True]),
        ("[{'a': [1.5]}]", [{"a": [1.5]}]),
        ("{'a': {'b': [NULL]}}", {"a": {"b": [None]}}),
        ("MAP {'a': 1}", {"a": 1}),
        ("""'[1, {"a": null}]'::JSON""", [1, {"a": None}]),
        ("[DATE '2026-11-02']", ["2026-11-02"]),
        ("list(numChunks) FROM (SELECT numChunks FROM jobs WHERE numChunks = 4 LIMIT 2)", [4, 4]),
        ("2::HUGEINT ** 0", 1),
        ("'nan'::DOUBLE", "nan"),
        ("NULL", None),
    ],
)
async def test_a_value_of_any_type_is_in_the_answers_schema(asker: Asker, sql: str, value: object) -> None:
    # The client validates each answer.
    assert (await asker.ask("query_jobs", sql=f"SELECT {sql}")).content["rows"] == [[value]]


async def test_no_rows_is_an_answer_of_none(asker: Asker) -> None:
    answer = await asker.ask("query_jobs", sql="SELECT id FROM jobs WHERE false")
    assert answer.content["rows"] == []
    assert answer.text.endswith("rows: none")


@both_eras
async def test_an_error_says_what_is_valid(asker: Asker) -> None:
    assert (await asker.fail("query_jobs", sql="SELECT statte FROM jobs")).startswith(
        'sql: Binder Error: Referenced column "statte" not found'
    )
    assert "write one SELECT" in await asker.fail("query_jobs", sql="DROP TABLE jobs")
    assert await asker.fail("query_jobs", sql="") == "sql: this argument is required."
    assert "4000" in await asker.fail("query_jobs", sql="x" * 4001)
    too_many = await asker.fail("query_jobs", sql="SELECT 1", limit=201)
    assert too_many == "limit: should be less than or equal to 200."


async def test_a_state_that_does_not_exist_is_told_beside_the_answer(asker: Asker) -> None:
    answer = await asker.ask("query_jobs", sql="SELECT count(*) FROM jobs WHERE state = 'RUNNING'")
    assert "state is never 'RUNNING'; most likely meant: STARTED" in answer.content["note"]


async def test_withheld_values_cannot_be_asked_for() -> None:
    job = {
        "id": "a", "name": "token=hunter2hunter2", "state": "JOB_STATE_NEW", "createdAt": "2026-03-04T15:00:00Z",
        "params": {"app": {"apiKey": "sk-hunter2hunter2"}},
        "dataSource": {"dataSourceDescriptor": "s3", "params": {"accessKey": "AKIAHUNTER2HUNTER2", "name": "in.mp4"}},
    }  # fmt: skip
    async with connected(answering(jobs=page_of(job))) as asker:
        answer = await asker.ask("query_jobs", sql="SELECT * FROM jobs")
        assert "in.mp4" in answer.text
        assert "hunter2" not in (answer.text + json.dumps(answer.content)).lower()
        told = await asker.fail("query_jobs", sql="SELECT name::INT FROM jobs")
        assert "[withheld]" in told
        assert "hunter2" not in told


def test_the_description_names_every_column_with_its_unit() -> None:
    (tool,) = (tool for tool in make_tools() if tool.name == "query_jobs")
    for field in EVERY_FIELD:
        if field.shown:
            named = f"{field.in_sql} ({field.unit})" if field.unit else field.in_sql
            assert named in tool.description
