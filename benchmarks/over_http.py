"""Calls over HTTP, and the rate of twenty callers."""

import asyncio
import itertools
import os
import subprocess
import time
from typing import Any

import httpx
from processes import free_port, wait_for

CALLERS, CALLS = 20, 30
OPENING: dict[str, Any] = {
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
            for name in programs:
                taken[name].append(asyncio.run(_measure(ports[name], job)))
        return taken
    finally:
        for process in processes:
            process.terminate()
            process.wait(timeout=60)


async def _measure(port: int, job: str) -> float:
    async with httpx.AsyncClient(timeout=60) as client:
        ids = itertools.count(1)
        began = time.perf_counter()
        await asyncio.gather(*(_caller(client, port, ids, job) for _ in range(CALLERS)))
        return CALLERS * CALLS / (time.perf_counter() - began)


async def _caller(client: httpx.AsyncClient, port: int, ids: "itertools.count[int]", job: str) -> None:
    for _ in range(CALLS):
        await call(client, port, next(ids), "get_job", {"job_id": job})


async def call(
    client: httpx.AsyncClient, port: int, number: int, tool: str, arguments: dict[str, Any], key: str = ""
) -> None:
    """Call a tool with a request of this number, and with a ByteNite key of the caller if there is one.

    Raises:
        RuntimeError: The call failed.
    """
    meta = {f"io.modelcontextprotocol/{name}": value for name, value in OPENING.items()}
    answer = await client.post(
        f"http://127.0.0.1:{port}/mcp",
        json={
            "jsonrpc": "2.0",
            "id": number,
            "method": "tools/call",
            "params": {"name": tool, "arguments": arguments, "_meta": meta},
        },
        headers={
            "Accept": "application/json, text/event-stream",
            "MCP-Protocol-Version": OPENING["protocolVersion"],
            "Mcp-Method": "tools/call",
            "Mcp-Name": tool,
            **({"X-ByteNite-API-Key": key} if key else {}),
        },
    )
    if answer.status_code != httpx.codes.OK or '"isError":true' in answer.text:
        raise RuntimeError(answer.text[:200])
