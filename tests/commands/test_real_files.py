"""Files that people really have, with the whole command: adding an entry, and restoring the file."""

import json
import os
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bytenite_mcp.commands.clients import CLIENTS
from bytenite_mcp.commands.config_file import COPY, ConfigFile, LeftAlone
from bytenite_mcp.commands.install import Installation, Request
from bytenite_mcp.commands.machine import Machine

from .homes import files, make_machine

EXAMPLES = Path(__file__).parents[2] / "examples" / "clients"

CHANGED: dict[str, tuple[str, str]] = {
    "Claude Desktop's own": (
        "claude-desktop",
        '{"preferences": {"menuBarEnabled": false}, "mcpServers": {"a": {}}}',
    ),
    "Claude Desktop, in tabs of Windows": (
        "claude-desktop",
        '{\r\n\t"mcpServers": {\r\n\t\t"filesystem": {\r\n\t\t\t"command": "C:\\\\Program Files\\\\npx.cmd",\r\n'
        '\t\t\t"args": ["-y", "@mcp/fs", "C:\\\\Users\\\\Zoë"]\r\n\t\t}\r\n\t},\r\n\t"scale": 1.0\r\n}\r\n',
    ),
    "VS Code's empty one": ("vscode", '{\n\t"servers": {},\n\t"inputs": []\n}'),
    "VS Code with inputs": (
        "vscode",
        '{\n\t"inputs": [\n\t\t{ "id": "pat" }\n\t],\n\t"servers": {\n\t\t"gh": { "type": "http" }\n\t}\n}\n',
    ),
    "VS Code with our input": (
        "vscode",
        '{"inputs": [{"id": "bytenite-api-key", "type": "promptString", "description": "mine"}], "servers": {"a": {}}}',
    ),
    "Cursor on one line": ("cursor", '{"mcpServers":{"linear":{"url":"https://mcp.linear.example/sse"}}}'),
    "Cursor, pasted": ("cursor", '{"mcpServers":\n{"a":{"command":"x"}\n  ,"b":{"command":"y"}}\n}'),
    "Cursor from Notepad": ("cursor", '\ufeff{\r\n  "mcpServers": {\r\n    "a": {}\r\n  }\r\n}'),
    "Windsurf": ("windsurf", '{\n  "mcpServers": {\n    "a": {\n      "disabled": true\n    }\n  }\n}\n'),
    "Gemini CLI without servers": (
        "gemini",
        '{\n  "security": {\n    "auth": {"selectedType": "oauth"}\n  }\n}',
    ),
    "Claude Code with servers of projects": (
        "claude-code",
        '{\n  "projects": {\n    "/a": {\n      "mcpServers": {},\n      "h": ["\\ud83d\\ude00 \\u0000"]\n    }\n  },\n'
        '  "mcpServers": {\n    "a": {}\n  },\n  "id": 12345678901234567890123\n}',
    ),
    "escapes and odd numbers": ("cursor", '{"mcp\\u0053ervers": {"a\\/b": {"n": [1E5, -0.0, 1.10]}}}'),
    "half of a character": ("cursor", '{"mcpServers": {"a": {"x": "\\ud800"}}}'),
    "Codex with all sorts": (
        "codex",
        '# Codex\nmodel = "o3"  # it\nnotify = [\n  "a", # 1\n]\n\n[mcp_servers.docs]\ncommand = \'C:\\x.cmd\'\n\n'
        '[mcp_servers.docs.env]\nTOKEN = "t"\n\n[profiles.work]\nmodel = "o3"\n\n[[hooks]]\nname = "h"\n\n'
        '[projects."/home/zoë/a b"]\ntrust_level = "trusted"\n',
    ),
    "Codex from Notepad": ("codex", '\ufeffmodel = "gpt-5"\r\n\r\n[tui]\r\ntheme = "dark"\r\n'),
}


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return make_machine(tmp_path)


def change(client: str, machine: Machine, **request: Any) -> bool:
    return Installation(Request(**request), machine, {}).change(CLIENTS[client])


def put(client: str, machine: Machine, content: bytes) -> Path:
    path = CLIENTS[client].path(machine)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def value_of(path: Path) -> Any:
    text = path.read_bytes().decode("utf-8-sig")
    return tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)


@pytest.mark.parametrize("name", CHANGED)
def test_it_is_added_beside_all_else_and_taken_out_again(name: str, machine: Machine) -> None:
    client, text = CHANGED[name]
    path, key = put(client, machine, text.encode()), CLIENTS[client].key
    before = value_of(path)
    assert change(client, machine)
    after = value_of(path)
    added = after[key].pop("bytenite")
    assert added["command"] == machine.python
    assert after[key] == before.get(key, {})
    assert {name: held for name, held in after.items() if name not in (key, "inputs")} == {
        name: held for name, held in before.items() if name not in (key, "inputs")
    }
    ids = [item["id"] for item in after.get("inputs", [])]
    assert len(set(ids)) == len(ids)
    assert change(client, machine)
    assert path.with_name(path.name + COPY).read_bytes() == text.encode()
    assert change(client, machine, remove=True)
    # Empty objects and arrays that had nothing in them are gone, and TOML may have one more empty line.
    kept = re.sub(r'"servers": \{\},\n\t"inputs": \[\]\n', "", text).replace("{\n\t}", "{}")
    lines = re.compile(r"(\r?\n)(\r?\n)+")
    assert lines.sub(r"\1", path.read_bytes().decode()).strip() == lines.sub(r"\1", kept).strip()


LEFT_ALONE: dict[str, tuple[str, bytes]] = {
    "VS Code with comments": ("vscode", b'{\n\t// mine\n\t"servers": {}\n}'),
    "Gemini CLI with comments": ("gemini", b'{\n  /* mine */ "mcpServers": {}\n}'),
    "PowerShell's UTF-16": ("cursor", '{"mcpServers": {}}'.encode("utf-16")),
    "an old code page": ("cursor", '{"mcpServers": {"a": {"path": "C:\\\\Users\\\\Zoë"}}}'.encode("cp1252")),
    "zeros after a crash": ("cursor", b'{"mcpServers": {}}' + b"\0" * 8),
    "a Windows path without escapes": ("cursor", b'{"mcpServers": {"a": {"command": "C:\\Users\\me"}}}'),
    "typographic quotes": ("cursor", "{“mcpServers”: {}}".encode()),
    "Markdown's fence": ("cursor", b'```json\n{"mcpServers": {}}\n```\n'),
    "pasted twice": ("cursor", b'{"mcpServers": {"a": {}}, "mcpServers": {"b": {}}}'),
    "an array of servers": ("cursor", b'{"mcpServers": [{"name": "a"}]}'),
    "TOML with a key twice": ("codex", b'model = "a"\nmodel = "b"\n'),
}


@pytest.mark.parametrize("name", LEFT_ALONE)
def test_it_is_left_alone_and_what_to_paste_is_shown(
    name: str, machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    client, content = LEFT_ALONE[name]
    path = put(client, machine, content)
    assert not change(client, machine, demo=True)
    said = capsys.readouterr().out
    assert f"{CLIENTS[client].title}: {path} was not changed: it" in said
    assert machine.python in said.partition("Add this to ")[2]
    assert (path.read_bytes(), list(files(machine.home))) == (content, [path])


@pytest.mark.parametrize("example", sorted(path.name for path in EXAMPLES.iterdir()))
def test_an_example_that_was_copied_is_brought_up_to_date(example: str, machine: Machine) -> None:
    client = {"claude_desktop_config.json": "claude-desktop"}.get(example, example.split(".")[0])
    path = put(client, machine, (EXAMPLES / example).read_bytes())
    before = value_of(path)
    assert change(client, machine)
    after = value_of(path)
    key = CLIENTS[client].key
    assert after[key]["bytenite"]["command"] == machine.python
    assert after[key]["bytenite"].get("env") == before[key]["bytenite"].get("env")
    assert {**after, key: before[key]} == before
    assert after[key]["bytenite-demo"] == before[key]["bytenite-demo"]


def test_a_file_of_a_store_that_may_not_be_written_is_left_alone(machine: Machine, tmp_path: Path) -> None:
    stored = tmp_path / "store" / "abc-settings.json"
    stored.parent.mkdir()
    stored.write_text('{"mcpServers": {}}')
    stored.chmod(0o444)
    path = CLIENTS["gemini"].path(machine)
    path.parent.mkdir()
    path.symlink_to(stored)
    assert not change("gemini", machine, demo=True)
    assert path.is_symlink()
    assert list(files(stored.parent)) == [stored]


@pytest.mark.parametrize(
    "make", [lambda path: path.symlink_to(os.devnull), os.mkfifo], ids=["null device", "pipe"]
)
def test_what_is_no_file_is_neither_read_nor_replaced(make: Callable[[Path], None], machine: Machine) -> None:
    path = CLIENTS["claude-code"].path(machine)
    make(path)
    assert not change("claude-code", machine, demo=True)
    assert not path.is_file()
    assert not Path(os.devnull).is_file()


def test_a_file_that_its_client_writes_meanwhile_is_left_alone(machine: Machine) -> None:
    path = put("claude-code", machine, b'{"numStartups": 1}')
    config = ConfigFile.read(path, "mcpServers")
    text = config.with_server("bytenite", {"command": "x"}, [])
    path.write_text('{"numStartups": 2}')
    with pytest.raises(LeftAlone, match="meanwhile"):
        config.write(text)
    assert value_of(path) == {"numStartups": 2}
