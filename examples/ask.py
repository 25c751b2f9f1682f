"""Ask a ByteNite MCP server three questions from a program: `.venv/bin/python examples/ask.py`.

The jobs are simulated. For your own jobs, omit `--demo` and pass your key: `env={"BYTENITE_API_KEY": key}`.
"""

import sys
from typing import Any

import anyio
from mcp import Client, StdioServerParameters

SERVER = StdioServerParameters(command=sys.executable, args=["-m", "bytenite_mcp", "serve", "--demo"])
FAILED = {"field": "state", "condition": "FILTER_CONDITION_EQ", "value": "JOB_STATE_FAILED"}


async def main() -> None:
    """Ask how many jobs failed, why the newest of them did, and which job took longest."""
    async with Client(SERVER) as client:

        async def ask(tool: str, **arguments: Any) -> dict[str, Any]:
            answer = await client.call_tool(tool, arguments)
            if answer.is_error:
                raise RuntimeError(answer.content)
            return dict(answer.structured_content or {})

        failed = await ask("filter_jobs", filters=[FAILED], limit=1)
        print(f"How many jobs failed? {failed['total']}")

        job_id = failed["jobs"][0]["id"]
        newest = (await ask("get_job", job_id=job_id))["job"]
        print(f"Why did the newest of them fail? {newest.get('errorMessage', 'It does not say.')}")

        longest = (await ask("list_jobs", order_by="duration desc", limit=1))["jobs"][0]
        print(f"Which job took longest? {longest['id']}, with {longest['duration'] / 3600:.1f} hours")


anyio.run(main)
