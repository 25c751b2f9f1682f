"""The command line in a process of its own."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[2]
Command = Callable[..., tuple[int, str, str]]
NO_CLIENTS = dict.fromkeys(("HOME", "XDG_CONFIG_HOME", "APPDATA"), str(ROOT / "tests" / "wire"))
"""A home folder without MCP clients, whose entries the doctor would start."""


def environment(**settings: str) -> dict[str, str]:
    """Return this process's environment with only these settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BYTENITE_")}
    return {**kept, **NO_CLIENTS, "PYTHONPATH": str(ROOT), **settings}


def run(*words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bytenite_mcp", *words],
        env=environment(**settings), stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", timeout=120,
        check=False,
    )  # fmt: skip


@contextmanager
def simulating(*words: str) -> Iterator[tuple[str, str]]:
    """Run `simulate` on a free port; yields its address and its output."""
    (port,) = free_ports(1)
    process = subprocess.Popen(
        [sys.executable, "-m", "bytenite_mcp", "simulate", "--port", str(port), *words],
        env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    with process:
        timer = threading.Timer(120, process.kill)
        timer.start()
        try:
            assert process.stdout
            said = process.stdout.readline()
            wait_until_served(f"http://127.0.0.1:{port}/v1/customer/info")
            yield f"http://127.0.0.1:{port}/v1", said
        finally:
            timer.cancel()
            process.send_signal(signal.SIGTERM)


def free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        found = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [listening.getsockname()[1] for listening in found]


def wait_until_served(url: str) -> None:
    with httpx.Client(transport=httpx.HTTPTransport(retries=8)) as client:
        client.get(url)
