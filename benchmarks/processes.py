"""Programs under measurement: started, called over stdio, and ended by their process ids."""

import itertools
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
OPENING = {
    "protocolVersion": "2025-11-25",
    "capabilities": {},
    "clientInfo": {"name": "benchmark", "version": "1"},
}


class Program:
    """An MCP server over stdio, called without a client library, because its time would count too."""

    def __init__(self, arguments: list[str], environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(  # noqa: S603
            arguments,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **environment},
        )
        self._ids = itertools.count(1)

    def open(self) -> dict[str, Any]:
        """Shake hands and list the tools."""
        self.ask("initialize", OPENING)
        self._write({"jsonrpc": "2.0", "method": "notifications/initialized"})
        return self.ask("tools/list", {})

    def ask(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        """Send a request and wait for its answer."""
        self.send(method, params)
        return self.receive()

    def call(self, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Call a tool."""
        return self.ask("tools/call", {"name": tool, "arguments": arguments})

    def send(self, method: str, params: dict[str, Any]) -> None:
        """Send a request."""
        self._write({"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": params})

    def receive(self) -> dict[str, Any]:
        """Wait for the next answer."""
        assert self.process.stdout
        while line := self.process.stdout.readline():
            message = json.loads(line)
            if "id" in message:
                if "error" in message:
                    raise RuntimeError(message["error"]["message"])
                if message["result"].get("isError"):
                    raise RuntimeError(message["result"]["content"][0]["text"])
                return dict(message["result"])
        raise RuntimeError("the program ended")

    def memory(self) -> float:
        """Resident memory in MB."""
        return resident_memory(self.process.pid)

    def end(self) -> None:
        """End the process."""
        self.process.terminate()
        self.process.communicate(timeout=10)

    def _write(self, message: dict[str, Any]) -> None:
        assert self.process.stdin
        self.process.stdin.write(json.dumps(message).encode() + b"\n")
        self.process.stdin.flush()


@contextmanager
def simulator(
    jobs: int, largest_page: int = 1000, latency: float = 0.0, accounts: int = 1, step: int = 0
) -> Iterator[dict[str, str]]:
    """Run the simulator on a free port; yields the environment for its clients.

    Args:
        jobs: The number of jobs of each account.
        largest_page: The most jobs in one answer.
        latency: Seconds by which each answer is delayed.
        accounts: The number of accounts.
        step: The number of jobs by which each list starts later than the one before.
    """
    port = free_port()
    given = [str(value) for value in (port, jobs, largest_page, latency, accounts, step)]
    arguments = [sys.executable, str(HERE / "simulated.py"), *given]
    process = subprocess.Popen(arguments)  # noqa: S603
    try:
        wait_for(port, seconds=120)
        yield {
            "BYTENITE_BASE_URL": f"http://127.0.0.1:{port}/v1",
            "BYTENITE_API_KEY": "demo-key",
            "BYTENITE_MAX_JOBS": "1000000",
        }
    finally:
        process.terminate()
        process.wait(timeout=10)


def resident_memory(pid: int) -> float:
    """Resident memory of a process in MB."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def free_port() -> int:
    """Find a free port."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def wait_for(port: int, seconds: float) -> None:
    """Wait until somebody listens on a port."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError("the program did not start")
