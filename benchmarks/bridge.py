"""What fastmcp's bridge from an OpenAPI description answers: calls as JSON on stdin, their size on stdout.

Runs in an environment of its own that `questions.py` makes. Its jobs are the simulator's, in this process, and
its access token is fetched for it.
"""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import httpx2
import yaml
from fastmcp import Client, FastMCP

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from bytenite_mcp.simulator import World, create_app  # noqa: E402  # the package is not installed here


async def main() -> None:
    """Make each call, then print its tokens and its number of records."""
    asked = json.load(sys.stdin)
    transport = httpx2.ASGITransport(create_app(World(asked["jobs"])))
    async with httpx2.AsyncClient(transport=transport, base_url="https://bytenite.test/v1") as api:
        exchanged = await api.post("/auth/access_token", json={"apiKey": "demo-key"})
        api.headers["Authorization"] = exchanged.json()["token"]
        description = yaml.safe_load((ROOT / "tests/wire/openapi.yaml").read_text(encoding="utf-8"))
        async with Client(FastMCP.from_openapi(description, client=api)) as client:
            definitions = [
                tool.model_dump(mode="json", exclude_none=True) for tool in await client.list_tools()
            ]
            for one in definitions:
                one.pop("output_schema", None)
                one.pop("outputSchema", None)
            answers = [await size(client, call["tool"], call["arguments"]) for call in asked["calls"]]
    json.dump({"definitions": len(compact(definitions)) // 4, "answers": answers}, sys.stdout)


async def size(client: Client[Any], tool: str, arguments: dict[str, Any]) -> dict[str, int]:
    """Call a tool; tokens are four characters each of the larger channel, as for our own answers."""
    result = await client.call_tool(tool, arguments)
    text = "".join(getattr(block, "text", "") for block in result.content)
    records = (result.structured_content or {}).get("data")
    return {
        "tokens": max(len(text), len(compact(result.structured_content))) // 4,
        "records": len(records) if isinstance(records, list) else 0,
    }


def compact(value: Any) -> str:
    """Write JSON without spaces."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


asyncio.run(main())
