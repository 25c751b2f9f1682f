"""What people would use instead: bridges from an OpenAPI description, pinned, each installed in its own folder."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx

HERE = Path(__file__).parent
FASTMCP = "fastmcp==4.0.0"
AWSLABS = "awslabs-openapi-mcp-server==1.1.6"
IVOTOBY = "@ivotoby/openapi-mcp-server@1.16.1"
DESCRIPTION = HERE.parent / "tests" / "wire" / "openapi.yaml"

Command = Callable[[dict[str, str]], list[str]]


def fastmcp(_: dict[str, str]) -> list[str]:
    """Return the command that starts fastmcp's `FastMCP.from_openapi`."""
    return [str(_install_python(FASTMCP, ".venv-fastmcp")), str(HERE / "peer.py")]


def awslabs(environment: dict[str, str]) -> list[str]:
    """Return the command that starts awslabs' server."""
    python = _install_python(AWSLABS, ".venv-awslabs")
    return [
        str(python.with_name("awslabs.openapi-mcp-server")), "--api-name", "bytenite",
        "--api-url", environment["BYTENITE_BASE_URL"], "--spec-path", str(DESCRIPTION),
        "--allowed-spec-dirs", str(DESCRIPTION.parent), "--allow-insecure-http", "--allow-private-networks",
        "--auth-type", "api_key", "--auth-api-key-name", "Authorization", "--auth-api-key", _token(environment),
    ]  # fmt: skip


def ivotoby(environment: dict[str, str]) -> list[str]:
    """Return the command that starts @ivotoby's server, which runs on Node.

    Raises:
        RuntimeError: Node is not installed.
    """
    node, npm = shutil.which("node"), shutil.which("npm")
    if not (node and npm):
        raise RuntimeError("@ivotoby/openapi-mcp-server needs Node and npm; install them, or leave it out")
    folder = HERE.parent / ".venv-ivotoby"
    script = folder / "node_modules" / "@ivotoby" / "openapi-mcp-server" / "bin" / "mcp-server.js"
    if not script.exists():
        options = ["--prefix", str(folder), "--no-audit", "--no-fund", "--loglevel=error"]
        subprocess.run([npm, "install", *options, IVOTOBY], check=True, timeout=300)  # noqa: S603
    return [
        node, str(script), "--transport", "stdio", "--api-base-url", environment["BYTENITE_BASE_URL"],
        "--openapi-spec", str(DESCRIPTION), "--headers", f"Authorization:{_token(environment)}",
    ]  # fmt: skip


PEERS: dict[str, Command] = {"fastmcp": fastmcp, "awslabs": awslabs, "ivotoby": ivotoby}

NAMES = {"ivotoby": {"list_jobs": "lst-jobs", "get_job": "get-job"}}
"""A peer's names of tools, where they differ from ours."""

SIGN_IN = ("request_access_token", "req-access-token")
"""The peers' own tools to log in; they ask for a key, and are left out."""


def _install_python(package: str, folder: str) -> Path:
    """Return the Python of an environment with a pinned package; make the environment if it does not exist."""
    venv = HERE.parent / folder
    python, stamp = venv / "bin" / "python", venv / "installed"
    if not stamp.exists() or stamp.read_text(encoding="ascii") != package:
        print(f"Setting up {folder} with {package}…", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(venv)], check=True, timeout=120)  # noqa: S603
        install = ["-m", "pip", "install", "-qq", "--disable-pip-version-check", package]
        subprocess.run([str(python), *install], check=True, timeout=300)  # noqa: S603
        stamp.write_text(package, encoding="ascii")
    return python


def _token(environment: dict[str, str]) -> str:
    """Exchange the key for a token, which these peers cannot do."""
    url, key = environment["BYTENITE_BASE_URL"], environment["BYTENITE_API_KEY"]
    answer = httpx.post(f"{url}/auth/access_token", json={"apiKey": key}, timeout=30)
    return str(answer.json()["token"])
