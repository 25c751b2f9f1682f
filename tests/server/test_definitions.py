"""The list of tools that a model reads before its first call: its order, its text and its cost."""

import json

import pytest
from mcp.types import Tool
from starlette.applications import Starlette
from syrupy.assertion import SnapshotAssertion

from tests.server.conftest import Asker, connected, tokens

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


async def test_the_tools_are_listed_in_one_order(asker: Asker) -> None:
    assert [tool.name for tool in await tools_of(asker)] == TOOLS


async def test_the_whole_list_is_as_reviewed_in_both_eras(
    app: Starlette, asker: Asker, snapshot: SnapshotAssertion
) -> None:
    async with connected(app, "legacy") as other:
        listed, legacy = [
            [tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in await tools_of(one)]
            for one in (asker, other)
        ]
    assert json.dumps(listed, indent=1, ensure_ascii=False) == snapshot(name="tools/list")
    assert legacy == listed


async def test_the_definitions_cost_at_most_2600_tokens(asker: Asker) -> None:
    definitions = [
        tool.model_dump(mode="json", by_alias=True, exclude_none=True, exclude={"output_schema", "meta"})
        for tool in await tools_of(asker)
    ]
    assert tokens(definitions) <= 2600
