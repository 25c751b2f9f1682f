"""The smallest honest servers for the same work: what the SDK, httpx and json cost by themselves.

`python benchmarks/floor.py PROGRAM [PORT]` serves over stdio, or over HTTP on a port. `start` has one tool that does
nothing; the tools of `calls` use pooled httpx requests and `json.loads`.
"""

import json
import os
import sys

from mcp.server import MCPServer

URL = os.environ.get("BYTENITE_BASE_URL", "http://127.0.0.1:8787/v1")


def start() -> MCPServer:
    """Serve one tool that does nothing."""
    server = MCPServer("floor", log_level="WARNING")

    @server.tool()
    def nothing() -> str:
        """Do nothing."""
        return ""

    return server


def calls() -> MCPServer:
    """Serve two tools that check nothing and write only what an answer needs."""
    import httpx

    server = MCPServer("floor", log_level="WARNING")
    headers = {"Authorization": _token()}
    client = httpx.AsyncClient(base_url=URL + "/", headers=headers)

    @server.tool()
    async def get_job(job_id: str) -> str:
        """Fetch a job, and return its record unchanged."""
        answer = await client.get(f"customer/jobs/{job_id}")
        json.loads(answer.content)
        return answer.text

    @server.tool()
    async def list_jobs(limit: int = 20, offset: int = 0) -> str:
        """Fetch a page, and count its jobs."""
        answer = await client.get(f"customer/jobs?pagination.limit={limit}&pagination.offset={offset}")
        return str(len(json.loads(answer.content)["data"]))

    return server


def _token() -> str:
    import httpx

    answer = httpx.post(
        f"{URL}/auth/access_token", json={"apiKey": os.environ["BYTENITE_API_KEY"]}, timeout=30
    )
    return str(answer.json()["token"])


if __name__ == "__main__":
    program = {"start": start, "calls": calls}[sys.argv[1]]()
    if len(sys.argv) > 2:
        import uvicorn

        app = program.streamable_http_app(stateless_http=True)
        uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[2]), log_level="warning")
    else:
        program.run()
