"""The table of MCP clients: where each keeps its servers, the form of an entry, and how it gets the key."""

import json
from dataclasses import replace
from pathlib import Path

from bytenite_mcp.commands.client import KEY, Client, Entry, Server, get_settings
from bytenite_mcp.commands.json_text import COMMENTS, COMMENTS_AND_COMMAS
from bytenite_mcp.commands.machine import Machine

_KEY_INPUT = {
    "type": "promptString",
    "id": "bytenite-api-key",
    "description": "ByteNite API key",
    "password": True,
}


def _write_codex(client: Client, server: Server) -> Entry:
    usual = client.write_default(replace(server, needs_key=False))
    return {**usual, **({"env_vars": [KEY]} if server.needs_key else {})}


def _write_copilot(client: Client, server: Server) -> Entry:
    return {**client.write_default(server), "tools": ["*"]}


def _write_opencode(client: Client, server: Server) -> Entry:
    if server.url:
        return {"type": "remote", "url": server.url}
    environment = client.make_environment(server)
    return {
        "type": "local",
        "command": list(server.command),
        **({"environment": environment} if environment else {}),
    }


def _write_goose(_: Client, server: Server) -> Entry:
    common = {"name": server.name, "enabled": True}
    if server.url:
        return {**common, "type": "streamable_http", "uri": server.url}
    command, *args = server.command
    keys = {"env_keys": [KEY]} if server.needs_key else {}
    return {**common, "type": "stdio", "cmd": command, "args": args, "envs": dict(server.settings), **keys}


def _add_to_claude(server: Server, entry: Entry, scope: str) -> list[str]:
    if server.url:
        return ["mcp", "add", "-s", scope, "-t", "http", server.name, server.url]
    settings = [word for name, value in get_settings(entry).items() for word in ("-e", f"{name}={value}")]
    return ["mcp", "add", "-s", scope, server.name, *settings, "--", *server.command]


def _add_to_code(server: Server, entry: Entry, scope: str) -> list[str] | None:
    inputs = {"inputs": [_KEY_INPUT]} if server.needs_key else {}
    return None if scope == "project" else ["--add-mcp", json.dumps({"name": server.name, **entry, **inputs})]


def _find_claude_desktop(machine: Machine) -> Path:
    """Find the file; Claude Desktop as a Windows package has its own folder instead of APPDATA."""
    local = machine.find_folder("LOCALAPPDATA", "AppData/Local")
    packaged = sorted(local.glob("Packages/Claude_*/LocalCache/Roaming/Claude"))
    return (packaged[0] if packaged else machine.app_data / "Claude") / "claude_desktop_config.json"


_BRACED = r"\$\{(?P<name>\w+)(?::-(?P<default>[^}]*))?\}"
_MARKED = r"\$\{env:(?P<name>\w+)\}|\$\{(?P<place>workspaceFolder|userHome)\}"

CLIENTS = {
    client.name: client
    for client in (
        Client(
            "claude-desktop",
            "Claude Desktop",
            _find_claude_desktop,
            "Quit Claude Desktop, not only its window, and start it again.",
            url_member="",
        ),
        Client(
            "claude-code",
            "Claude Code",
            lambda machine: machine.find_folder("CLAUDE_CONFIG_DIR", "") / ".claude.json",
            project_file=".mcp.json",
            placeholder="${BYTENITE_API_KEY:-}",
            variables=_BRACED,
            types={"stdio": "stdio", "http": "http"},
            program="claude",
            needs_type=True,
            add=_add_to_claude,
            remove=lambda name, scope: ["mcp", "remove", "-s", scope, name],
        ),
        Client(
            "cursor",
            "Cursor",
            lambda machine: machine.home / ".cursor" / "mcp.json",
            "Turn the server on in Cursor's settings, under MCP, if it is off.",
            project_file=".cursor/mcp.json",
            placeholder="${env:BYTENITE_API_KEY}",
            variables=_MARKED,
            types={"stdio": "stdio"},
        ),
        Client(
            "vscode",
            "VS Code",
            lambda machine: machine.app_data / "Code" / "User" / "mcp.json",
            "Run MCP: List Servers and start this one; VS Code asks for the key if it is needed.",
            project_file=".vscode/mcp.json",
            key="servers",
            placeholder="${input:bytenite-api-key}",
            variables=rf"{_MARKED}|\$\{{input:[^}}]*\}}",
            ignored=COMMENTS_AND_COMMAS,
            types={"stdio": "stdio", "http": "http"},
            key_input=_KEY_INPUT,
            program="code",
            add=_add_to_code,
        ),
        Client(
            "windsurf",
            "Windsurf",
            lambda machine: machine.home / ".codeium" / "windsurf" / "mcp_config.json",
            "Press Refresh in its list of MCP servers.",
            placeholder="${env:BYTENITE_API_KEY}",
            variables=_MARKED,
            url_member="serverUrl",
        ),
        Client(
            "gemini",
            "Gemini CLI",
            lambda machine: machine.home / ".gemini" / "settings.json",
            "Start a new session. Gemini starts no server in a folder that you do not trust.",
            project_file=".gemini/settings.json",
            placeholder="$BYTENITE_API_KEY",
            variables=rf"{_BRACED}|\$(?P<bare>\w+)",
            ignored=COMMENTS,
            types={"http": "http"},
            # Its own command replaces the variables of other entries by their values, and empties a file that it does
            # not trust.
            program="gemini",
        ),
        Client(
            "codex",
            "Codex",
            lambda machine: machine.find_folder("CODEX_HOME", ".codex") / "config.toml",
            project_file=".codex/config.toml",
            key="mcp_servers",
            placeholder=KEY,
            shape=_write_codex,
            # Its own command drops comments.
            program="codex",
        ),
        Client(
            "copilot",
            "Copilot CLI",
            lambda machine: machine.home / ".copilot" / "mcp-config.json",
            project_file=".mcp.json",
            placeholder="${BYTENITE_API_KEY}",
            variables=rf"{_BRACED}|\$(?P<bare>\w+)",
            types={"stdio": "local", "http": "http"},
            shape=_write_copilot,
            is_edited=False,
        ),
        Client(
            "zed",
            "Zed",
            lambda machine: machine.find_config_folder("Zed", "zed") / "settings.json",
            "Zed starts the server as soon as the file is saved.",
            project_file=".zed/settings.json",
            key="context_servers",
            ignored=COMMENTS_AND_COMMAS,
            is_edited=False,
        ),
        Client(
            "opencode",
            "OpenCode",
            lambda machine: machine.home / ".config" / "opencode" / "opencode.jsonc",
            project_file="opencode.jsonc",
            key="mcp",
            placeholder="{env:BYTENITE_API_KEY}",
            shape=_write_opencode,
            is_edited=False,
        ),
        Client(
            "goose",
            "Goose",
            lambda machine: machine.find_config_folder("Block/goose/config", "goose") / "config.yaml",
            key="extensions",
            placeholder=KEY,
            shape=_write_goose,
            is_edited=False,
        ),
    )
}
"""All clients that `install` knows, by their names on the command line."""
