"""The image, mounted read-only by .ci/container, runs as nobody: the demo, stdio, and HTTP with tokens."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters

from bytenite_mcp import __version__
from bytenite_mcp.server.tools import make_tools
from tests.server.serving import TOKEN, Replica, bearing, calling, post

FOLDER = os.environ.get("MOUNTED_IMAGE", "")
pytestmark = pytest.mark.skipif(not FOLDER, reason=".ci/container makes the image and asks it")

URL = "http://127.0.0.1:8000/mcp"
NAME = "mcp.example.com"
SERVE = ["serve", "--http", "--demo", "--host", "0.0.0.0", "--allowed-host", NAME]


@pytest.fixture(scope="module")
def image() -> dict[str, Any]:
    inspected = json.loads((Path(FOLDER) / "inspected.json").read_text(encoding="utf-8"))
    return dict(inspected["Docker"]["config"])


def as_in_a_container(image: dict[str, Any], *words: str) -> list[str]:
    """Return the command that runs a command line in the image, without privileges or files of this machine."""
    rooted = ["chroot", f"--userspec={image['User']}", "--groups=", f"{FOLDER}/image"]
    return [*rooted, "env", "-i", *image["Env"], *words]


def run(image: dict[str, Any], *words: str) -> subprocess.CompletedProcess[str]:
    command = as_in_a_container(image, *words)
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@contextmanager
def serving(image: dict[str, Any]) -> Iterator[Replica]:
    """Serve over HTTP from the image."""
    words = [f"BYTENITE_MCP_TOKENS={TOKEN}", *image["Entrypoint"], *SERVE]
    command = as_in_a_container(image, *words)
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        replica = Replica(process)
        try:
            replica.wait_until_it_serves()
            yield replica
        finally:
            replica.end()


def check_health(image: dict[str, Any]) -> int:
    kind, *words = image["Healthcheck"]["Test"]
    assert kind == "CMD"
    return run(image, *words).returncode


def test_it_runs_as_nobody_and_serves_over_stdio_unless_told_otherwise(image: dict[str, Any]) -> None:
    assert (image["User"], image["Entrypoint"], image["Cmd"]) == ("65532:65532", ["bytenite-mcp"], ["serve"])
    identity = run(image, "id")
    assert "uid=65532 gid=65532 groups=65532" in identity.stdout


def test_it_has_the_version_of_the_package_and_no_pip(image: dict[str, Any]) -> None:
    assert run(image, *image["Entrypoint"], "--version").stdout == f"bytenite-mcp {__version__}\n"
    assert run(image, "/opt/bytenite-mcp/bin/python", "-c", "import bytenite_mcp").returncode == 0
    assert "No module named" in run(image, "/opt/bytenite-mcp/bin/python", "-c", "import pip").stderr


def test_nothing_in_it_can_be_written(image: dict[str, Any]) -> None:
    refused = run(image, "touch", "/tmp/anything")
    assert "Read-only file system" in refused.stderr


def test_the_demo_runs(image: dict[str, Any]) -> None:
    demo = run(image, *image["Entrypoint"], "demo")
    assert demo.returncode == 0, demo.stderr
    assert "simulated" in demo.stdout.lower()


@pytest.mark.anyio
async def test_it_serves_over_stdio(image: dict[str, Any]) -> None:
    command, *words = as_in_a_container(image, *image["Entrypoint"], *image["Cmd"], "--demo")
    async with Client(StdioServerParameters(command=command, args=words)) as client:
        assert len((await client.list_tools()).tools) == len(make_tools())
        summary = await client.call_tool("summarize_jobs", {"group_by": ["state"]})
        assert not summary.is_error


@pytest.mark.anyio
async def test_it_serves_callers_with_a_token_over_http_and_is_healthy_until_it_ends(
    image: dict[str, Any],
) -> None:
    assert check_health(image) != 0
    with serving(image) as replica:
        assert check_health(image) == 0
        assert post(URL, {"Host": NAME}).status_code == 401
        async with calling(URL, headers={"Host": NAME, **bearing(TOKEN)}) as client:
            assert not (await client.call_tool("list_jobs", {})).is_error
        replica.process.send_signal(signal.SIGTERM)
        assert replica.process.wait(20) == 0
    assert check_health(image) != 0
