"""What people would use instead: bridges from an OpenAPI description, pinned, each installed in its own folder."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import httpx
from peer_environment import VENV, install_python, peer_python
from processes import HERE

AWSLABS = "awslabs-openapi-mcp-server==1.1.6"
IVOTOBY = "@ivotoby/openapi-mcp-server@1.16.1"
DESCRIPTION = HERE.parent / "tests" / "wire" / "openapi.yaml"

Command = Callable[[dict[str, str]], list[str]]


def fastmcp(_: dict[str, str]) -> list[str]:
    """Start fastmcp's `FastMCP.from_openapi`."""
    return [peer_python(), str(HERE / "peer.py")]


def awslabs(environment: dict[str, str]) -> list[str]:
    """Start awslabs' server."""
    python = Path(install_python(AWSLABS, VENV.with_name(".venv-awslabs")))
    return [
        str(python.with_name("awslabs.openapi-mcp-server")), "--api-name", "bytenite",
        "--api-url", environment["BYTENITE_BASE_URL"], "--spec-path", str(DESCRIPTION),
        "--allowed-spec-dirs", str(DESCRIPTION.parent), "--allow-insecure-http", "--allow-private-networks",
        "--auth-type", "api_key", "--auth-api-key-name", "Authorization", "--auth-api-key", _token(environment),
    ]  # fmt: skip


def ivotoby(environment: dict[str, str]) -> list[str]:
    """Start @ivotoby's server, which runs on Node.

    Raises:
        RuntimeError: Node is not installed.
    """
    node, npm = shutil.which("node"), shutil.which("npm")
    if not (node and npm):
        raise RuntimeError("@ivotoby/openapi-mcp-server needs Node and npm; install them, or leave it out")
    folder = VENV.with_name(".venv-ivotoby")
    script = folder / "node_modules" / "@ivotoby" / "openapi-mcp-server" / "bin" / "mcp-server.js"
    if not script.exists():
        install = [
            npm,
            "install",
            "--prefix",
            str(folder),
            "--no-audit",
            "--no-fund",
            "--loglevel=error",
            IVOTOBY,
        ]
        subprocess.run(install, check=True, timeout=300)  # noqa: S603
    return [
        node, str(script), "--transport", "stdio", "--api-base-url", environment["BYTENITE_BASE_URL"],
        "--openapi-spec", str(DESCRIPTION), "--headers", f"Authorization:{_token(environment)}",
    ]  # fmt: skip


PEERS: dict[str, Command] = {"fastmcp": fastmcp, "awslabs": awslabs, "ivotoby": ivotoby}

NAMES = {"ivotoby": {"list_jobs": "lst-jobs", "get_job": "get-job"}}
"""What a peer calls a tool, where it abbreviates."""

SIGN_IN = ("request_access_token", "req-access-token")
"""The peers' own tools to log in; they ask for a key, and are left out."""


def _token(environment: dict[str, str]) -> str:
    """Exchange the key, which these peers cannot do by themselves."""
    url, key = environment["BYTENITE_BASE_URL"], environment["BYTENITE_API_KEY"]
    answer = httpx.post(f"{url}/auth/access_token", json={"apiKey": key}, timeout=30)
    return str(answer.json()["token"])
