"""Each client's configuration parses, keeps the key out of the file, and starts a server that lists its tools."""

import json
import shutil
import sys
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client, StdioServerParameters

FOLDER = Path(__file__).parents[2] / "examples" / "clients"
SERVERS = {
    "claude-code.mcp.json": "mcpServers",
    "claude_desktop_config.json": "mcpServers",
    "codex.config.toml": "mcp_servers",
    "cursor.mcp.json": "mcpServers",
    "gemini.settings.json": "mcpServers",
    "vscode.mcp.json": "servers",
    "windsurf.mcp_config.json": "mcpServers",
}
KEYS = {
    "claude-code.mcp.json": "${BYTENITE_API_KEY:-}",
    # Claude Desktop replaces nothing in its configuration.
    "claude_desktop_config.json": "paste-your-key-here",
    "cursor.mcp.json": "${env:BYTENITE_API_KEY}",
    "gemini.settings.json": "$BYTENITE_API_KEY",
    "vscode.mcp.json": "${input:bytenite-api-key}",
    "windsurf.mcp_config.json": "${env:BYTENITE_API_KEY}",
}


def configuration(name: str) -> dict[str, Any]:
    text = (FOLDER / name).read_text()
    return tomllib.loads(text) if name.endswith(".toml") else json.loads(text)


def servers(name: str) -> dict[str, Any]:
    return dict(configuration(name)[SERVERS[name]])


@cache
def offer(command: str, *args: str, key: str = "") -> tuple[str, list[str]]:
    """Start a server as a client would; return its instructions and the names of its tools."""
    here = shutil.which(command, path=str(Path(sys.executable).parent))
    assert here, f"{command} is not installed beside {sys.executable}"

    async def ask() -> tuple[str, list[str]]:
        environment = {"BYTENITE_API_KEY": key} if key else None
        async with Client(StdioServerParameters(command=here, args=list(args), env=environment)) as client:
            return client.instructions or "", [tool.name for tool in (await client.list_tools()).tools]

    return anyio.run(ask)


def test_every_file_here_is_tested() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(SERVERS)


@pytest.mark.parametrize("name", SERVERS)
def test_the_demo_starts_and_says_that_it_is_simulated(name: str) -> None:
    demo = servers(name)["bytenite-demo"]
    instructions, tools = offer(demo["command"], *demo["args"])

    assert "env" not in demo
    assert "SIMULATED" in instructions
    assert {"get_job", "list_jobs", "filter_jobs"} <= set(tools)


@pytest.mark.parametrize("name", SERVERS)
def test_the_real_server_starts_with_a_key_and_offers_the_same_tools(name: str) -> None:
    real, demo = servers(name)["bytenite"], servers(name)["bytenite-demo"]
    instructions, tools = offer(real["command"], *real["args"], key="a-key")

    assert "SIMULATED" not in instructions
    assert "No API key" not in instructions
    assert tools == offer(demo["command"], *demo["args"])[1]


@pytest.mark.parametrize("name", KEYS)
def test_the_key_stands_as_the_client_wants_it_and_is_not_in_the_file(name: str) -> None:
    assert servers(name)["bytenite"]["env"] == {"BYTENITE_API_KEY": KEYS[name]}


def test_codex_hands_the_key_on_from_its_environment() -> None:
    assert servers("codex.config.toml")["bytenite"]["env_vars"] == ["BYTENITE_API_KEY"]


def test_vscode_asks_for_the_key_and_hides_it() -> None:
    (asked,) = configuration("vscode.mcp.json")["inputs"]
    assert (asked["type"], asked["password"]) == ("promptString", True)
    assert KEYS["vscode.mcp.json"] == f"${{input:{asked['id']}}}"
