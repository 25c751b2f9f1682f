"""Twenty callers over HTTP."""

import asyncio
import itertools
import os
import subprocess
import time

import httpx
from processes import free_port, wait_for

CALLERS, CALLS = 20, 30
OPENING = {
    "protocolVersion": "2026-07-28",
    "clientCapabilities": {},
    "clientInfo": {"name": "benchmark", "version": "1"},
}


def calls_a_second(
    programs: dict[str, list[str]], environment: dict[str, str], job: str, rounds: int
) -> dict[str, list[float]]:
    """Start each program on a port and measure them in turn."""
    processes, ports = [], {}
    try:
        for name, arguments in programs.items():
            ports[name] = free_port()
            port = ["--port", str(ports[name])] if "--http" in arguments else [str(ports[name])]
            processes.append(subprocess.Popen([*arguments, *port], env={**os.environ, **environment}))  # noqa: S603
            wait_for(ports[name], seconds=30)
        taken: dict[str, list[float]] = {name: [] for name in programs}
        for _ in range(rounds):
            for name, port_of in ports.items():
                taken[name].append(asyncio.run(_measure(port_of, job)))
        return taken
    finally:
        for process in processes:
            process.terminate()
            process.wait(timeout=60)


async def _measure(port: int, job: str) -> float:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
        ids = itertools.count(1)
        began = time.perf_counter()
        await asyncio.gather(*(_caller(client, ids, job) for _ in range(CALLERS)))
        return CALLERS * CALLS / (time.perf_counter() - began)


async def _caller(client: httpx.AsyncClient, ids: "itertools.count[int]", job: str) -> None:
    prefix = "io.modelcontextprotocol/"
    for _ in range(CALLS):
        params = {
            "name": "get_job",
            "arguments": {"job_id": job},
            "_meta": {prefix + name: value for name, value in OPENING.items()},
        }
        answer = await client.post(
            "/mcp",
            json={"jsonrpc": "2.0", "id": next(ids), "method": "tools/call", "params": params},
            headers={
                "Accept": "application/json, text/event-stream",
                "MCP-Protocol-Version": OPENING["protocolVersion"],
                "Mcp-Method": "tools/call",
                "Mcp-Name": "get_job",
            },
        )
        answer.raise_for_status()
