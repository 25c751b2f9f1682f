"""The MCP clients: where each keeps its servers, how it writes one, and where it takes the key from."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bytenite_mcp.commands.machine import Machine

NAME = "bytenite"
"""What an entry is called, if not said."""

KEY = "BYTENITE_API_KEY"
KEY_FILE = "BYTENITE_API_KEY_FILE"
INPUT = {
    "type": "promptString",
    "id": "bytenite-api-key",
    "description": "ByteNite API key",
    "password": True,
}

Entry = dict[str, Any]

_KEYS = {KEY, KEY_FILE}
_WRITTEN = ("type", "command", "args", "env", "env_vars", "url", "httpUrl", "serverUrl")
_OURS = re.compile(r"(?:^|[\s/\\])bytenite[-_]mcp(?![\w/\\-])")


@dataclass(frozen=True)
class Server:
    """What an entry is to start, or to connect to."""

    name: str
    command: Sequence[str] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    url: str = ""
    needs_key: bool = False
    """Whether the client is to hand the key on; not where a file of it is among the settings."""


Shape = Callable[["Client", Server], Entry]
AddCommand = Callable[[Server, Entry, str], list[str] | None]


@dataclass(frozen=True, eq=False)
class Client:
    """One MCP client, and what it wants."""

    name: str
    title: str
    file: Callable[[Machine], Path]
    reload: str
    """What a person does for it to see the entry."""
    project_file: str = ""
    key: str = "mcpServers"
    placeholder: str = ""
    """What the client fills in with the key, or the variable that it hands on; empty if it does neither."""
    variables: str = ""
    """The variables that it fills in anywhere in an entry, as a regular expression."""
    types: Mapping[str, str] = field(default_factory=dict)
    """What it calls the ways to reach a server, where it wants that said."""
    url_member: str = "url"
    shape: Shape | None = None
    inputs: Sequence[Mapping[str, Any]] = ()
    program: str = ""
    add: AddCommand | None = None
    """The words of its own command that adds an entry at a scope, if that can say all of it."""
    remove: Callable[[str, str], list[str] | None] | None = None
    is_edited: bool = True
    """Whether its file can be changed here; the others are told what to write."""

    def path(self, machine: Machine, *, project: bool = False) -> Path:
        """Give the file that holds its servers."""
        return machine.folder / self.project_file if project else self.file(machine)

    def write(self, server: Server) -> Entry:
        """Give the entry of a server as this client wants it."""
        return self.shape(self, server) if self.shape else _write_usual(self, server)

    def is_on(self, machine: Machine) -> bool:
        """Whether the machine seems to have it."""
        file = self.file(machine)
        has_folder = file.parent != machine.home and file.parent.is_dir()
        return has_folder or file.exists() or bool(self.program and machine.find(self.program))


def is_ours(name: str, entry: object) -> bool:
    """Whether an entry is one of this server."""
    if not isinstance(entry, Mapping):
        return False
    words = [*_as_list(entry.get("command")), *_as_list(entry.get("args"))]
    url = entry.get("url") or entry.get("httpUrl") or entry.get("serverUrl")
    return any(_OURS.search(str(word)) for word in words) or (
        bool(url) and "bytenite" in f"{name} {url}".lower()
    )


def is_same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two entries say the same, one of which may say what goes without saying."""

    def plain(entry: Mapping[str, Any]) -> Entry:
        return {name: value for name, value in entry.items() if value and (name, value) != ("type", "stdio")}

    return plain(one) == plain(other)


def renew(old: Mapping[str, Any], new: Entry, *, keep_key: bool) -> Entry:
    """Give the new entry with what a person added to the old one: settings, the client's options, their key if kept."""
    if ("command" in old) != ("command" in new):
        return new
    kept, env = dict(old.get("env") or {}), dict(new.get("env") or {})
    has_key = bool(_KEYS & kept.keys())
    passed_over = env if keep_key and has_key else kept
    for name in _KEYS & passed_over.keys():
        del passed_over[name]
    entry = {**new, **{name: value for name, value in old.items() if name not in (*_WRITTEN, *new)}}
    return {**entry, **({"env": {**kept, **env}} if kept or env else {})}


def _as_list(value: object) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _environment(client: Client, server: Server) -> dict[str, str]:
    return {
        **server.settings,
        **({KEY: client.placeholder} if server.needs_key and client.placeholder else {}),
    }


def _write_usual(client: Client, server: Server) -> Entry:
    if server.url:
        return {**_typed(client, "http"), client.url_member: server.url}
    command, *args = server.command
    environment = _environment(client, server)
    return {
        **_typed(client, "stdio"),
        "command": command,
        "args": args,
        **({"env": environment} if environment else {}),
    }


def _typed(client: Client, way: str) -> Entry:
    return {"type": client.types[way]} if way in client.types else {}


def _write_codex(client: Client, server: Server) -> Entry:
    usual = _write_usual(client, replace(server, needs_key=False))
    return {**usual, **({"env_vars": [KEY]} if server.needs_key else {})}


def _write_copilot(client: Client, server: Server) -> Entry:
    return {**_write_usual(client, server), "tools": ["*"]}


def _write_opencode(client: Client, server: Server) -> Entry:
    if server.url:
        return {"type": "remote", "url": server.url}
    environment = _environment(client, server)
    return {
        "type": "local",
        "command": list(server.command),
        **({"environment": environment} if environment else {}),
    }


def _write_goose(_: Client, server: Server) -> Entry:
    about = {"name": server.name, "enabled": True}
    if server.url:
        return {**about, "type": "streamable_http", "uri": server.url}
    command, *args = server.command
    keys = {"env_keys": [KEY]} if server.needs_key else {}
    return {**about, "type": "stdio", "cmd": command, "args": args, "envs": dict(server.settings), **keys}


def _settings(entry: Entry, flag: str) -> list[str]:
    return [word for name, value in entry.get("env", {}).items() for word in (flag, f"{name}={value}")]


def _add_to_claude(server: Server, entry: Entry, scope: str) -> list[str]:
    if server.url:
        return ["mcp", "add", "-s", scope, "-t", "http", server.name, server.url]
    return ["mcp", "add", "-s", scope, server.name, *_settings(entry, "-e"), "--", *server.command]


def _add_to_gemini(server: Server, entry: Entry, scope: str) -> list[str]:
    if server.url:
        return ["mcp", "add", "-s", scope, "-t", "http", server.name, server.url]
    command, *args = server.command
    return ["mcp", "add", "-s", scope, *_settings(entry, "-e"), server.name, command, "--", *args]


def _add_to_codex(server: Server, entry: Entry, scope: str) -> list[str] | None:
    if scope == "project" or "env_vars" in entry:
        return None
    if server.url:
        return ["mcp", "add", server.name, "--url", server.url]
    return ["mcp", "add", server.name, *_settings(entry, "--env"), "--", *server.command]


def _add_to_code(server: Server, entry: Entry, scope: str) -> list[str] | None:
    import json

    asked = {"inputs": [INPUT]} if server.needs_key else {}
    return None if scope == "project" else ["--add-mcp", json.dumps({"name": server.name, **entry, **asked})]


def _find_claude_desktop(machine: Machine) -> Path:
    """Give its file; as a package of Windows it sees another folder in the place of APPDATA."""
    local = machine.folder_of("LOCALAPPDATA", "AppData/Local")
    packaged = (
        sorted(local.glob("Packages/Claude_*/LocalCache/Roaming/Claude"))
        if machine.system == "Windows"
        else []
    )
    return (packaged[0] if packaged else machine.app_data / "Claude") / "claude_desktop_config.json"


_BRACED = r"\$\{(?P<name>\w+)(?::-(?P<default>[^}]*))?\}"
_MARKED = r"\$\{env:(?P<name>\w+)\}"
_NEW_SESSION = "Start a new session of it."

CLIENTS = {
    client.name: client
    for client in (
        Client(
            "claude-desktop",
            "Claude Desktop",
            _find_claude_desktop,
            "Quit it, not only its window, and start it again.",
            url_member="",
        ),
        Client(
            "claude-code",
            "Claude Code",
            lambda machine: machine.folder_of("CLAUDE_CONFIG_DIR", "") / ".claude.json",
            _NEW_SESSION,
            project_file=".mcp.json",
            placeholder="${BYTENITE_API_KEY:-}",
            variables=_BRACED,
            types={"stdio": "stdio", "http": "http"},
            program="claude",
            add=_add_to_claude,
            remove=lambda name, scope: ["mcp", "remove", "-s", scope, name],
        ),
        Client(
            "cursor",
            "Cursor",
            lambda machine: machine.home / ".cursor" / "mcp.json",
            "Turn it on in Cursor's settings, under MCP, if it is not on.",
            project_file=".cursor/mcp.json",
            placeholder="${env:BYTENITE_API_KEY}",
            variables=_MARKED,
            types={"stdio": "stdio"},
        ),
        Client(
            "vscode",
            "VS Code",
            lambda machine: machine.app_data / "Code" / "User" / "mcp.json",
            "Run MCP: List Servers in it, and start this one; it asks for the key if it needs one.",
            project_file=".vscode/mcp.json",
            key="servers",
            placeholder="${input:bytenite-api-key}",
            variables=rf"{_MARKED}|\$\{{input:[^}}]*\}}",
            types={"stdio": "stdio", "http": "http"},
            inputs=(INPUT,),
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
            f"{_NEW_SESSION} It starts no server in a folder that you do not trust.",
            project_file=".gemini/settings.json",
            placeholder="$BYTENITE_API_KEY",
            variables=rf"{_BRACED}|\$(?P<bare>\w+)",
            types={"http": "http"},
            program="gemini",
            add=_add_to_gemini,
            remove=lambda name, scope: ["mcp", "remove", "-s", scope, name],
        ),
        Client(
            "codex",
            "Codex",
            lambda machine: machine.folder_of("CODEX_HOME", ".codex") / "config.toml",
            _NEW_SESSION,
            project_file=".codex/config.toml",
            key="mcp_servers",
            placeholder=KEY,
            shape=_write_codex,
            program="codex",
            add=_add_to_codex,
            remove=lambda name, scope: ["mcp", "remove", name] if scope == "user" else None,
        ),
        Client(
            "copilot",
            "Copilot CLI",
            lambda machine: machine.home / ".copilot" / "mcp-config.json",
            _NEW_SESSION,
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
            lambda machine: (
                (
                    machine.app_data / "Zed"
                    if machine.system == "Windows"
                    else machine.home / ".config" / "zed"
                )
                / "settings.json"
            ),
            "It starts the server as soon as the file is saved.",
            project_file=".zed/settings.json",
            key="context_servers",
            is_edited=False,
        ),
        Client(
            "opencode",
            "OpenCode",
            lambda machine: machine.home / ".config" / "opencode" / "opencode.jsonc",
            _NEW_SESSION,
            project_file="opencode.jsonc",
            key="mcp",
            placeholder="{env:BYTENITE_API_KEY}",
            shape=_write_opencode,
            is_edited=False,
        ),
        Client(
            "goose",
            "Goose",
            lambda machine: (
                (
                    machine.app_data / "Block" / "goose" / "config"
                    if machine.system == "Windows"
                    else machine.home / ".config" / "goose"
                )
                / "config.yaml"
            ),
            _NEW_SESSION,
            key="extensions",
            placeholder=KEY,
            shape=_write_goose,
            is_edited=False,
        ),
    )
}
"""Every client that is known, by the name that the command line takes."""
