"""Files that people really have, with the whole command: adding an entry, and restoring the file."""

import json
import os
import re
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bytenite_mcp.commands.clients import CLIENTS
from bytenite_mcp.commands.config_file import BACKUP_SUFFIX, ConfigFile, LeftAlone
from bytenite_mcp.commands.install import Installation, Request
from bytenite_mcp.commands.machine import Machine
from tests.commands.homes import files, make_machine

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
    "Codex with an inline table": ("codex", 'model = "o3"\nmcp_servers = { a = { command = "x" } }\n'),
    "Codex with dotted keys": ("codex", 'mcp_servers.a.command = "x"\n\n[tui]\nt = 1\n'),
    "Codex with servers here and there": (
        "codex",
        '[mcp_servers.a]\ncommand = "x"\n\n[[hooks]]\nn = 1\n\n[mcp_servers."b c"]\ncommand = "y"\n# end',
    ),
    "Claude Code with another project's entry": (
        "claude-code",
        '{"projects": {"/p": {"mcpServers": {"bytenite": {"command": "x"}}}}, "mcpServers": {"a": {}}}',
    ),
    "braces in texts": (
        "cursor",
        '{"a": "\\"mcpServers\\": {}", "mcpServers": {"x": {"args": ["{", "}", "//", "/*"]}}}',
    ),
    "line ends of three systems": ("cursor", '{\r\n  "mcpServers": {\n    "a": {}\r  }\r\n}\r\n'),
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
    assert path.with_name(path.name + BACKUP_SUFFIX).read_bytes() == text.encode()
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
    "null": ("claude-desktop", b"null\n"),
    "an array": ("cursor", b"[]"),
    "a trailing comma": ("cursor", b'{"mcpServers": {"a": {},}}'),
    "a comment at the end": ("gemini", b'{"mcpServers": {}}\n// end\n'),
    "the same member twice, deep inside": ("claude-code", b'{"projects": {"a": 1, "a": 2}}'),
    "nested too deeply": ("cursor", b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
    "not a number": ("cursor", b'{"a": NaN, "mcpServers": {}}'),
    "inputs that are none": ("vscode", b'{"inputs": [1], "servers": {}}'),
    "TOML with an array of servers": ("codex", b'[[mcp_servers]]\nname = "a"\n'),
    "TOML that cannot be changed in one place": (
        "codex",
        b'[mcp_servers.a]\n[[hooks]]\n[mcp_servers.bytenite]\ncommand = "bytenite-mcp"\n'
        b'[tui]\n[mcp_servers.bytenite.env]\nA = "1"\n',
    ),
    "TOML nested too deeply": ("codex", b"a = " + b"[" * 5000 + b"]" * 5000),
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


@pytest.mark.skipif(sys.platform == "win32", reason="files have no such owners there")
def test_owner_and_permissions_stay_and_the_copy_has_them_too(machine: Machine) -> None:
    path = put("cursor", machine, b'{"mcpServers": {"a": {"env": {"TOKEN": "t"}}}}')
    path.chmod(0o600)
    os.chown(path, os.geteuid() or 12345, 12345 if os.geteuid() == 0 else os.getgroups()[-1])
    before = path.stat()
    assert change("cursor", machine, demo=True)
    for file in (path, path.with_name(path.name + BACKUP_SUFFIX)):
        after = file.stat()
        assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)


def test_a_full_disk_leaves_the_file_and_an_older_backup_whole(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    resource = pytest.importorskip("resource")
    path = put("cursor", machine, b'{"mcpServers": {"a": {"x": "' + b"y" * 5000 + b'"}}}')
    path.with_name(path.name + BACKUP_SUFFIX).write_text("older")
    before = {file: file.read_bytes() for file in files(machine.home)}
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4000, limits[1]))
    try:
        assert not change("cursor", machine, demo=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert "it cannot be written" in capsys.readouterr().out
    assert {file: file.read_bytes() for file in files(machine.home)} == before


def test_a_link_whose_file_is_still_to_be_made_stays_a_link(machine: Machine, tmp_path: Path) -> None:
    path, file = CLIENTS["cursor"].path(machine), tmp_path / "dotfiles" / "mcp.json"
    path.parent.mkdir()
    path.symlink_to(file)
    assert change("cursor", machine, demo=True)
    assert path.is_symlink()
    assert "bytenite" in value_of(file)["mcpServers"]


def link_to_itself(path: Path) -> None:
    path.symlink_to(path.name)


def link_hard(path: Path) -> None:
    path.write_text('{"mcpServers": {}}')
    path.with_name("the same file").hardlink_to(path)


@pytest.mark.parametrize("make", [link_to_itself, link_hard, Path.mkdir])
def test_a_file_that_cannot_be_replaced_atomically_is_left_alone(
    make: Callable[[Path], None], machine: Machine
) -> None:
    path = CLIENTS["cursor"].path(machine)
    path.parent.mkdir()
    make(path)
    before = {file: file.lstat() for file in files(machine.home)}
    assert not change("cursor", machine, demo=True)
    assert {file: file.lstat().st_ino for file in files(machine.home)} == {
        file: status.st_ino for file, status in before.items()
    }
    assert not path.is_file() or path.read_text() == '{"mcpServers": {}}'


def link_to_the_null_device(path: Path) -> None:
    path.symlink_to(os.devnull)


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such files there")
@pytest.mark.parametrize("make", [link_to_the_null_device, lambda path: os.mkfifo(path)])
def test_what_is_no_file_is_neither_read_nor_replaced(make: Callable[[Path], None], machine: Machine) -> None:
    path = CLIENTS["claude-code"].path(machine)
    make(path)
    assert not change("claude-code", machine, demo=True)
    assert not path.is_file()
    assert not Path(os.devnull).is_file()


def test_a_file_that_its_client_writes_meanwhile_is_left_alone(machine: Machine) -> None:
    path = put("claude-code", machine, b'{"numStartups": 1}')
    config = ConfigFile.read(path, "mcpServers")
    text = config.with_server("bytenite", {"command": "x"}, {})
    path.write_text('{"numStartups": 2}')
    with pytest.raises(LeftAlone, match="meanwhile"):
        config.write(text)
    assert value_of(path) == {"numStartups": 2}
