"""What a model reads before its first call: the tools, their schemas, and the instructions."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from mcp.types import Tool
from syrupy.assertion import SnapshotAssertion

from bytenite_mcp import __version__
from bytenite_mcp.config import Settings
from bytenite_mcp.server.instructions import write_instructions
from bytenite_mcp.simulator import World, create_app

from .conftest import SETTINGS, Asker, both_eras, connected, tokens

pytestmark = pytest.mark.anyio

TOOLS = [
    "get_job",
    "list_jobs",
    "filter_jobs",
    "summarize_jobs",
    "query_jobs",
    "diagnose_job",
    "get_job_logs",
    "get_job_results",
    "wait_for_job",
]


async def tools_of(asker: Asker) -> list[Tool]:
    return list((await asker.client.list_tools()).tools)


def every_schema(schema: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Walk a schema and all schemas inside it."""
    assert isinstance(schema, dict), f"{path}: boolean schemas are not portable"
    yield path, schema
    for name, member in schema.get("properties", {}).items():
        yield from every_schema(member, f"{path}.{name}")
    for choice in schema.get("anyOf", []):
        yield from every_schema(choice, f"{path}|")
    if "items" in schema:
        yield from every_schema(schema["items"], f"{path}[]")


async def every_schema_of_tools(asker: Asker) -> list[tuple[str, dict[str, Any]]]:
    """Return the schemas of all arguments and, marked by `!`, of all answers."""
    answers = [
        found for tool in await tools_of(asker) for found in every_schema(tool.output_schema, f"{tool.name}!")
    ]
    return [*await every_input_schema(asker), *answers]


async def every_input_schema(asker: Asker) -> list[tuple[str, dict[str, Any]]]:
    return [found for tool in await tools_of(asker) for found in every_schema(tool.input_schema, tool.name)]


@both_eras
async def test_the_tools_are_listed_in_one_order(asker: Asker) -> None:
    assert [tool.name for tool in await tools_of(asker)] == TOOLS


@both_eras
async def test_the_whole_list_is_as_reviewed(asker: Asker, snapshot: SnapshotAssertion) -> None:
    listed = [
        tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in await tools_of(asker)
    ]
    assert json.dumps(listed, indent=1, ensure_ascii=False) == snapshot(name="tools/list")


async def test_every_tool_only_reads_and_says_so_with_all_four_hints(asker: Asker) -> None:
    for tool in await tools_of(asker):
        hints = tool.annotations
        assert hints is not None
        assert (hints.read_only_hint, hints.destructive_hint) == (True, False)
        assert (hints.idempotent_hint, hints.open_world_hint) == (True, True)


async def test_every_tool_has_a_title_a_description_and_an_output_schema(asker: Asker) -> None:
    for tool in await tools_of(asker):
        assert tool.title
        assert tool.description
        assert "\n" not in tool.description
        assert tool.output_schema
        assert tool.output_schema["type"] == "object"


async def test_arguments_have_exactly_the_names_and_defaults_that_were_agreed(asker: Asker) -> None:
    agreed: dict[str, dict[str, Any]] = {
        "get_job": {"job_id": ..., "detail": "full"},
        "list_jobs": {"limit": 20, "offset": 0, "order_by": "", "detail": "concise"},
        "filter_jobs": {"filters": ..., "limit": 20, "offset": 0, "order_by": "", "detail": "concise"},
        "summarize_jobs": {
            "filters": [],
            "group_by": [],
            "time": "createdAt",
            "timezone": "",
            "order_by": "",
            "limit": 24,
        },
        "query_jobs": {"sql": ..., "limit": 50},
        "diagnose_job": {"job_id": ""},
        "get_job_logs": {
            "job_id": ...,
            "service": None,
            "contains": "",
            "minimum_level": None,
            "context": 0,
            "before": "",
            "tail": 100,
        },
        "get_job_results": {"job_id": ..., "limit": 20, "offset": 0},
        "wait_for_job": {"job_id": ..., "timeout_seconds": 45, "until": "finished"},
    }
    for tool in await tools_of(asker):
        schema = tool.input_schema
        required = set(schema.get("required", []))
        assert {
            name: ... if name in required else argument.get("default")
            for name, argument in schema["properties"].items()
        } == agreed[tool.name]


async def test_every_object_refuses_members_it_does_not_know(asker: Asker) -> None:
    for path, schema in await every_input_schema(asker):
        if schema.get("type") == "object":
            assert schema["additionalProperties"] is False, path


async def test_schemas_suit_every_vendor(asker: Asker) -> None:
    for path, schema in await every_input_schema(asker):
        assert not schema.keys() & {"$ref", "$defs", "title", "oneOf", "allOf", "const"}, path
        assert isinstance(schema.get("type", ""), str), path
        assert schema.get("type") != "null", path
        assert schema.get("type") != "array" or "items" in schema, path
        assert "type" in schema or "anyOf" in schema, path
        assert all(isinstance(choice, str) for choice in schema.get("enum", [])), path
        assert schema.get("default", "") is not None, path


async def test_no_enum_has_an_empty_string_which_some_vendors_refuse(asker: Asker) -> None:
    choices = [
        (path, schema["enum"]) for path, schema in await every_schema_of_tools(asker) if "enum" in schema
    ]
    assert {"get_job_logs.service", "get_job_logs.minimum_level", "list_jobs!.evaluated"} <= {
        path for path, _ in choices
    }
    assert [path for path, enum in choices if "" in enum] == []


async def test_output_schemas_are_closed_to_nothing_and_need_no_references(asker: Asker) -> None:
    for tool in await tools_of(asker):
        assert "$ref" not in json.dumps(tool.output_schema)
        assert "$defs" not in json.dumps(tool.output_schema)


async def test_the_eleven_conditions_are_an_enum(asker: Asker) -> None:
    schemas = dict(await every_input_schema(asker))
    conditions = schemas["filter_jobs.filters[].condition"]["enum"]
    assert len(conditions) == 11
    assert all(name.startswith("FILTER_CONDITION_") for name in conditions)


async def test_each_tool_has_a_hint_of_one_line_that_hosts_find_it_by(asker: Asker) -> None:
    for tool in await tools_of(asker):
        hint = (tool.meta or {})["anthropic/searchHint"]
        assert "ByteNite" in hint
        assert len(hint) < 80


async def test_the_definitions_cost_at_most_2600_tokens(asker: Asker) -> None:
    definitions = [
        tool.model_dump(mode="json", by_alias=True, exclude_none=True, exclude={"output_schema", "meta"})
        for tool in await tools_of(asker)
    ]
    assert tokens(definitions) <= 2600


@pytest.mark.parametrize("settings", [SETTINGS, Settings(), Settings(demo=True)], ids=["key", "none", "demo"])
def test_instructions_are_at_most_2000_characters(settings: Settings) -> None:
    assert len(write_instructions(settings)) <= 2000


@pytest.mark.parametrize("name", TOOLS)
def test_the_instructions_say_when_to_use_each_tool(name: str) -> None:
    assert name in write_instructions(SETTINGS)


@pytest.mark.parametrize(
    "word", ["PARTITIONED", "COMPLETE", "FAILED", "RUNNING", "seconds", "BYC", "UTC", "FILTER_CONDITION_"]
)
def test_the_instructions_give_the_words_for_states_units_and_a_filter(word: str) -> None:
    assert word in write_instructions(SETTINGS)


@both_eras
async def test_a_client_gets_the_instructions_and_who_answers(asker: Asker) -> None:
    assert asker.client.instructions == write_instructions(SETTINGS)
    assert asker.client.server_info is not None
    assert (asker.client.server_info.name, asker.client.server_info.version) == ("bytenite-mcp", __version__)


async def test_a_demo_says_that_its_data_is_simulated_in_words_and_in_each_result() -> None:
    demo = SETTINGS.model_copy(update={"demo": True})
    async with connected(create_app(World(20)), settings=demo) as asker:
        assert "SIMULATED" in (asker.client.instructions or "")
        answer = await asker.ask("list_jobs", limit=1)
        assert answer.content["simulated"] is True
        assert answer.text.startswith("simulated: true\n")


async def test_without_a_key_the_server_lists_its_tools_and_each_call_says_how_to_set_one() -> None:
    async with connected(create_app(World(20)), settings=Settings()) as asker:
        assert "No API key" in (asker.client.instructions or "")
        assert [tool.name for tool in await tools_of(asker)] == TOOLS
        for name in TOOLS:
            arguments = {"job_id": "x"} if "job" in name.split("_") else {}
            if name == "filter_jobs":
                arguments = {"filters": [{"field": "state", "condition": "EQ", "value": "NEW"}]}  # type: ignore[dict-item]
            if name == "query_jobs":
                arguments = {"sql": "SELECT 1"}
            told = await asker.fail(name, **arguments)
            assert "BYTENITE_API_KEY" in told
            assert "--demo" in told
        assert asker.sent() == []


async def test_lists_that_never_change_may_be_kept(asker: Asker) -> None:
    for listed in (await asker.client.list_tools(), await asker.client.list_prompts()):
        assert listed.ttl_ms
        assert listed.cache_scope == "public"
