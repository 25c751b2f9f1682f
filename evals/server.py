"""Serves a simulated account with a stopped clock to a model's client, and records each call.

`evals.hand` writes the entry that starts it.
"""

import argparse
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import anyio
import httpx
from mcp.types import CallToolResult
from pydantic import SecretStr

from bytenite_mcp.config import Settings
from bytenite_mcp.server.app import build_server
from bytenite_mcp.server.mcp_server import ByteNiteServer
from bytenite_mcp.server.stdio.serving import serve_stdio
from bytenite_mcp.simulator import create_app
from tests.questions.asking import standing_still, tokens

JOBS = 200


def make_server(moment: datetime, calls: Path) -> ByteNiteServer:
    """Make a server that appends a line to a file for each call of a tool."""
    app = httpx.ASGITransport(create_app(standing_still(JOBS, moment)), raise_app_exceptions=False)
    server = build_server(Settings(api_key=SecretStr("demo-key"), base_url="https://bytenite.test/v1"), app)
    call_tool = server.call_tool

    async def call_and_note(name: str, arguments: dict[str, Any], context: Any = None) -> Any:
        result = await call_tool(name, arguments, context)
        assert isinstance(result, CallToolResult)
        call = {"tool": name, "arguments": arguments}
        line = {**call, "failed": bool(result.is_error), "tokens": tokens(result)}
        with calls.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
        return result

    # Replaced in the server itself, so that every call is seen, whatever the protocol era.
    server.call_tool = call_and_note  # type: ignore[method-assign]
    return server


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--moment", type=datetime.fromisoformat, required=True)
    parser.add_argument("--calls", type=Path, required=True)
    given = parser.parse_args()
    anyio.run(serve_stdio, make_server(given.moment, given.calls))
