"""The SDK's server with our handling of what is unknown, unexpected or late."""

from typing import Any

import httpx
import pytest
from mcp import MCPError

from bytenite_mcp.server import deadline
from bytenite_mcp.server.mcp_server import LONGEST_URI
from bytenite_mcp.table.errors import TableFull, TableLost
from bytenite_mcp.view.offer import URI as VIEW
from tests.server.conftest import ERAS, Asker, Era, both_eras, connected
from tests.server.stdio.exchanging import META, OPENING, exchange, request
from tests.server.test_definitions import TOOLS

pytestmark = pytest.mark.anyio


@both_eras
async def test_an_unknown_tool_is_invalid_params_and_the_tools_are_named(asker: Asker) -> None:
    with pytest.raises(MCPError) as error:
        await asker.client.call_tool("delete_job", {})
    assert error.value.error.code == -32602
    assert error.value.error.message == f"Unknown tool. Tools: {', '.join(TOOLS)}."


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize(
    ("method", "params", "said"),
    [
        (
            "tools/call",
            {"name": "get_job", "arguments": ["SECRET"]},
            "arguments: should be a valid dictionary.",
        ),
        ("tools/call", {"arguments": {}}, "name: this argument is required."),
        (
            "prompts/get",
            {"name": "explain_job", "arguments": {"job_id": 5}},
            "arguments.job_id: should be a valid string.",
        ),
        (
            "completion/complete",
            {
                "ref": {"type": "ref/prompt", "name": "explain_job"},
                "argument": {"name": "job_id", "value": 5},
            },
            "argument.value: should be a valid string.",
        ),
        (
            "completion/complete",
            {"ref": {"type": "ref/prompt", "name": "explain_job"}, "argument": "job_id"},
            "argument: should be an object.",
        ),
    ],
)
async def test_a_parameter_that_is_missing_or_of_another_type_is_named(
    era: Era, method: str, params: dict[str, Any], said: str
) -> None:
    asked = request("asked", method, **params, **({"_meta": META} if era == "auto" else {}))
    *_, answer = await exchange(b"\n".join([*OPENING[era], asked]))
    assert answer["error"] == {"code": -32602, "message": f"params.{said}"}


def raising(error: Exception) -> httpx.MockTransport:
    def fail(request: httpx.Request) -> httpx.Response:
        raise error

    return httpx.MockTransport(fail)


async def test_an_unexpected_failure_is_reported_without_its_details() -> None:
    async with connected(raising(RuntimeError("SECRET-inner /usr/lib/x.py"))) as asker:
        assert await asker.fail("list_jobs") == (
            "This server failed unexpectedly. The details are in its log; trying again may help."
        )


@pytest.mark.parametrize("error", [TableFull(), TableLost()])
async def test_a_table_out_of_memory_says_what_to_do(error: Exception) -> None:
    async with connected(raising(error)) as asker:
        said = await asker.fail("list_jobs")
        assert "memory" in said
        assert "Ask " in said
        with pytest.raises(MCPError) as failed:
            await asker.client.read_resource("bytenite://jobs")
        assert failed.value.error.message == said


async def test_a_uri_that_is_too_long_is_refused_without_being_repeated(asker: Asker) -> None:
    with pytest.raises(MCPError) as error:
        await asker.client.read_resource("bytenite://jobs/" + "x" * LONGEST_URI)
    assert error.value.error.code == -32602
    assert (
        error.value.error.message == "Unknown resource: its URI has 916 characters, and at most 900 are read."
    )


async def test_an_unknown_prompt_is_invalid_params_and_the_prompts_are_named(asker: Asker) -> None:
    with pytest.raises(MCPError) as error:
        await asker.client.get_prompt("delete_jobs", {})
    assert error.value.error.message.startswith("Unknown prompt. Prompts: ")
    assert "explain_job" in error.value.error.message


async def test_a_call_that_takes_too_long_ends_with_what_to_do(
    asker: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadline, "CALL_LIMIT", 0)
    assert await asker.fail("list_jobs") == deadline.TOO_LONG


async def test_the_view_is_found_through_the_tools_and_is_not_listed(asker: Asker) -> None:
    listed = (await asker.client.list_resources()).resources
    assert VIEW not in [resource.uri for resource in listed]
