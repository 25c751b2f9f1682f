"""The `demo` command: a real client asks a real server about simulated jobs."""

import json
import sys
from typing import Any

from mcp import Client, StdioServerParameters
from mcp.types import TextContent

from bytenite_mcp.privacy.sanitize import sanitize

FAILED = {"field": "state", "condition": "FILTER_CONDITION_EQ", "value": "FAILED"}
LAST_WEEK = {"field": "createdAt", "condition": "FILTER_CONDITION_GTE", "value": "now-7d"}
CAPTURED = "ccf06fbe-428b-41c9-a4c1-c5e21cb571b0"
"""A record of the real API, with credentials in it."""


async def run_demo() -> int:
    """Print what the server offers and answers; return 1 if a step fails."""
    server = StdioServerParameters(command=sys.executable, args=["-m", "bytenite_mcp", "serve", "--demo"])
    async with Client(server) as client:
        await _print_offer(client)
        try:
            await _ask_five(client)
        except _Failed:
            return 1
    print("\nNone of these jobs is real. README.md says how to connect your chat client, and your own jobs.")
    return 0


async def _ask_five(client: Client) -> None:
    await _ask(client, "What did I run most recently?", "list_jobs", limit=3)
    failed = await _ask(
        client, "Which jobs failed in the last week?", "filter_jobs", filters=[FAILED, LAST_WEEK], limit=5
    )
    await _ask(
        client,
        "What do failures have in common?",
        "summarize_jobs",
        filters=[FAILED],
        group_by=["errorMessage"],
        limit=5,
    )
    await _ask(client, "What happened to the latest of them?", "diagnose_job", job_id=failed["jobs"][0]["id"])
    await _ask(client, "What exactly is this job, and where are its credentials?", "get_job", job_id=CAPTURED)


class _Failed(Exception):
    """A step of the demo failed, and its error is printed."""


async def _print_offer(client: Client) -> None:
    tools = (await client.list_tools()).tools
    resources = await client.list_resources()
    print("bytenite-mcp serve --demo, over stdio, offers")
    for tool in tools:
        print(sanitize(f"  {tool.name:16} {tool.title}"))
    uri = sanitize(str(resources.resources[0].uri))
    print(f"  and {len(resources.resources)} resources on its first page, such as {uri}")


async def _ask(client: Client, question: str, tool: str, **arguments: Any) -> dict[str, Any]:
    result = await client.call_tool(tool, arguments)
    text = "\n".join(block.text for block in result.content if isinstance(block, TextContent))
    print(f"\n\N{BULLET} {question}\n  {tool}({json.dumps(arguments)})\n")
    print("\n".join(f"    {line}" for line in sanitize(_lay_out(text)).splitlines()))
    if result.is_error:
        raise _Failed
    return result.structured_content or {}


def _lay_out(text: str) -> str:
    """Indent long JSON for a person; a model gets it without spaces."""
    if text.startswith("{"):
        lines = json.dumps(json.loads(text), indent=2, ensure_ascii=False).splitlines()
        return "\n".join(lines[:40] + (["…"] if len(lines) > 40 else []))
    return text
