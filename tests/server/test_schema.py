"""The schemas of arguments and answers suit every vendor's models."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from bytenite_mcp.server.schema import OUTPUT, make_portable
from tests.server.conftest import Asker
from tests.server.test_definitions import TOOLS, tools_of

pytestmark = pytest.mark.anyio


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


def test_references_are_written_out_and_an_argument_may_be_called_title() -> None:
    schema = {
        "title": "Arguments",
        "type": "object",
        "$defs": {"Word": {"title": "Word", "type": "string"}},
        "properties": {
            "title": {"$ref": "#/$defs/Word", "description": "of the job"},
            "more": {"type": "array", "items": {"$ref": "#/$defs/Word"}, "default": None},
        },
    }
    assert make_portable(schema) == {
        "type": "object",
        "properties": {
            "title": {"type": "string", "description": "of the job"},
            "more": {"type": "array", "items": {"type": "string"}},
        },
        "additionalProperties": False,
    }


def test_a_tool_without_arguments_has_a_schema_too() -> None:
    assert make_portable({}) == {"type": "object", "properties": {}, "additionalProperties": False}


def test_there_is_an_output_schema_for_each_tool_with_its_required_members_among_its_own() -> None:
    assert sorted(OUTPUT) == sorted(TOOLS)
    for schema in OUTPUT.values():
        assert set(schema["required"]) <= schema["properties"].keys()
