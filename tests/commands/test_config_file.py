"""Files that people really have: changed in one place, atomically, or left unchanged."""

import json
import stat
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bytenite_mcp.commands.config_file import BACKUP_SUFFIX, ConfigFile, LeftAlone
from tests.commands.homes import files

ENTRY = {"command": "/opt/ä b/python", "args": ["-m", "bytenite_mcp"], "env": {"A": "b"}}
INPUT = {"id": "key", "password": True}


def add(path: Path, key: str = "mcpServers", key_input: dict[str, Any] | None = None) -> Path | None:
    config = ConfigFile.read(path, key)
    return config.write(config.with_server("bytenite", ENTRY, key_input or {}))


def drop(path: Path, key: str = "mcpServers", key_input: dict[str, Any] | None = None) -> None:
    config = ConfigFile.read(path, key)
    config.write(config.without_server("bytenite", key_input or {}))


@pytest.mark.parametrize(
    "text", [None, "", " \r\n\t", "\ufeff", "{}", '{"mcpServers": null}', '{"mcpServers": {}}']
)
def test_a_file_without_servers_gets_its_first(text: str | None, tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "config.json"
    if text is not None:
        path.parent.mkdir()
        path.write_text(text, encoding="utf-8", newline="")
    copy = add(path)
    assert json.loads(path.read_text(encoding="utf-8-sig")) == {"mcpServers": {"bytenite": ENTRY}}
    assert bool(copy) == (text is not None)


OTHERS = {
    "github": {"command": "npx", "env": {"TOKEN": "gh\N{KEY}é"}},
    "fs": {"command": "C:\\x.cmd", "args": []},
}


@pytest.mark.parametrize("bom", ["", "\ufeff"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("end", ["", "\n"])
@pytest.mark.parametrize("indent", [2, 4, "\t", None])
def test_every_byte_of_others_stays_and_comes_back(
    bom: str, newline: str, end: str, indent: Any, tmp_path: Path
) -> None:
    path = tmp_path / "config.json"
    whole = {"theme": "dark", "mcpServers": OTHERS, "z": {"deep": ["ü", 1.50]}}
    before = (
        bom + (json.dumps(whole, indent=indent, ensure_ascii=False) + end).replace("\n", newline)
    ).encode()
    path.write_bytes(before)
    add(path)
    after = path.read_bytes()
    assert json.loads(after.decode("utf-8-sig"))["mcpServers"] == {**OTHERS, "bytenite": ENTRY}
    assert after.count(b"\r\n") == after.count(b"\n") * (newline == "\r\n")
    assert after.startswith("\ufeff".encode()) == bool(bom)
    drop(path)
    assert path.read_bytes() == before


def test_a_backup_takes_the_place_of_nothing_but_an_equal_one(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    names = [f"config.json{BACKUP_SUFFIX}{number}" for number in ("", "-2", "-3", "-4")]
    (tmp_path / names[1]).mkdir()
    (tmp_path / names[2]).symlink_to(path)
    taken = []
    for text in ("{}", "{}", '{"a": 1}', "{}"):
        path.write_text(text)
        copy = add(path)
        assert copy
        assert copy.read_text() == text
        taken.append(copy.name)
    assert taken == [names[0], names[0], names[3], names[0]]
    assert (tmp_path / names[2]).is_symlink()


def test_a_huge_file_of_unrelated_members_keeps_them(tmp_path: Path) -> None:
    path = tmp_path / ".claude.json"
    projects = {f"/home/zoë/{number}": {"history": [{"display": "x" * 500}] * 8} for number in range(1000)}
    before = json.dumps({"numStartups": 7, "projects": projects}, indent=2)
    assert len(before) > 4_000_000
    path.write_text(before)
    add(path)
    drop(path)
    assert path.read_text() == before


BROKEN = {
    "comments": '{\n  // my servers\n  "mcpServers": {}\n}',
    "a comment at the end": '{"mcpServers": {}} /* mine */',
    "a trailing comma": '{"mcpServers": {},}',
    "cut off": '{"mcpServers": {',
    "no JSON": "mcpServers: {}",
    "an array": "[]",
    "a text": '"mcpServers"',
    "servers in an array": '{"mcpServers": []}',
    "servers in a full array": '{"mcpServers": [{"command": "x"}]}',
    "servers as a text": '{"mcpServers": "none"}',
    "a member twice": '{"mcpServers": {}, "mcpServers": {"a": {}}}',
    "an entry twice": '{"mcpServers": {"a": {}, "a": {}}}',
    "NaN": '{"mcpServers": {}, "a": NaN}',
    "two documents": '{"mcpServers": {}}\n{"mcpServers": {}}',
    "too deep": '{"a":' * 50_000 + "1" + "}" * 50_000,
    "merge conflict": '<<<<<<< HEAD\n{"mcpServers": {}}\n=======\n{}\n>>>>>>> other\n',
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_what_cannot_be_read_without_guessing_is_left_alone(text: str, tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text(text)
    with pytest.raises(LeftAlone, match=r"^it"):
        add(path)
    assert (list(files(tmp_path)), path.read_text()) == ([path], text)


@pytest.mark.parametrize(
    "content", ['{"a": "é"}'.encode("latin-1"), '{"a": 1}'.encode("utf-16"), b"\x00\x01"]
)
def test_what_is_no_utf_8_is_left_alone(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_bytes(content)
    with pytest.raises(LeftAlone, match=r"UTF-8|not plain JSON"):
        add(path)
    assert path.read_bytes() == content


def test_a_folder_in_the_place_of_the_file_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "config.json").mkdir()
    with pytest.raises(LeftAlone, match="not a regular file"):
        add(tmp_path / "config.json")


def test_a_file_in_the_place_of_the_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "Claude").write_text("")
    with pytest.raises(LeftAlone, match=r"cannot be read|cannot be written"):
        add(tmp_path / "Claude" / "config.json")


def test_a_read_only_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text("{}")
    path.chmod(0o444)
    with pytest.raises(LeftAlone, match="read-only"):
        add(path)
    assert (list(files(tmp_path)), path.read_text()) == ([path], "{}")


WRITE = """
import os, sys
from pathlib import Path
from bytenite_mcp.commands.config_file import ConfigFile
if os.geteuid() == 0:
    os.setuid(65534)  # Root may write anywhere.
config = ConfigFile.read(Path(sys.argv[1]), "mcpServers")
config.write(config.with_server("bytenite", {"command": "x"}, {}))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="folders are not read-only there")
def test_in_a_read_only_folder_nothing_is_left_half_done() -> None:
    # Not in pytest's folder, which only its user can read.
    with tempfile.TemporaryDirectory() as made:
        path = Path(made) / "config.json"
        path.write_text("{}")
        path.chmod(0o666)
        Path(made).chmod(0o555)
        done = subprocess.run(
            [sys.executable, "-c", WRITE, path], capture_output=True, text=True, check=False
        )
        Path(made).chmod(0o755)
        assert "LeftAlone: it cannot be written (Permission denied)" in done.stderr
        assert (list(files(path.parent)), path.read_text()) == ([path], "{}")


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o660])
def test_permissions_stay_and_the_copy_has_them_too(mode: int, tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text('{"a": 1}')
    path.chmod(mode)
    copy = add(path)
    assert copy == tmp_path / f"config.json{BACKUP_SUFFIX}"
    assert copy.read_text() == '{"a": 1}'
    assert [stat.S_IMODE(file.stat().st_mode) for file in (path, copy)] == [mode, mode]


def test_a_new_file_has_the_permissions_of_any_other(tmp_path: Path) -> None:
    add(tmp_path / "config.json")
    (tmp_path / "other").touch()
    assert (tmp_path / "config.json").stat().st_mode == (tmp_path / "other").stat().st_mode


@pytest.mark.parametrize("is_there", [True, False])
def test_a_link_stays_one_and_its_target_is_changed(is_there: bool, tmp_path: Path) -> None:
    dotfiles, home = tmp_path / "dotfiles", tmp_path / "home"
    dotfiles.mkdir()
    home.mkdir()
    if is_there:
        (dotfiles / "mcp.json").write_text('{"mcpServers": {"a": {}}}')
    (home / "mcp.json").symlink_to("../dotfiles/mcp.json")
    add(home / "mcp.json")
    assert (home / "mcp.json").readlink() == Path("../dotfiles/mcp.json")
    assert "bytenite" in json.loads((dotfiles / "mcp.json").read_text())["mcpServers"]
    assert {path.name for path in files(dotfiles)} == {
        "mcp.json",
        *([f"mcp.json{BACKUP_SUFFIX}"] if is_there else []),
    }


def test_a_link_that_leads_in_a_circle_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "config.json").symlink_to(tmp_path / "config.json")
    with pytest.raises(LeftAlone, match="cannot be read"):
        add(tmp_path / "config.json")


def test_inputs_are_added_once_and_go_with_the_entry(tmp_path: Path) -> None:
    path = tmp_path / "mcp.json"
    before = '{\n  "inputs": [\n    {"id": "mine"}\n  ],\n  "servers": {\n    "a": {}\n  }\n}'
    path.write_text(before)
    add(path, "servers", INPUT)
    add(path, "servers", INPUT)
    assert json.loads(path.read_text())["inputs"] == [{"id": "mine"}, INPUT]
    drop(path, "servers", INPUT)
    assert path.read_text() == before


@pytest.mark.parametrize("inputs", ['{"a": 1}', '"x"', "1"])
def test_inputs_that_are_no_array_are_left_alone(inputs: str, tmp_path: Path) -> None:
    path = tmp_path / "mcp.json"
    path.write_text(f'{{"inputs": {inputs}}}')
    with pytest.raises(LeftAlone, match="inputs"):
        add(path, "servers", INPUT)


# TOML

TOMLS = {
    "nothing": "",
    "a comment": "# mine\n",
    "settings": '# mine\nmodel = "o3"  # the best\n',
    "other servers": '[mcp_servers.a]\ncommand = "x"\n\n[mcp_servers.a.env]\nB = "c"\n',
    "servers between tables": '[mcp_servers.a]\ncommand = "x"\n\n[projects."/p"]\ntrust_level = "trusted"\n',
    "servers in two places": '[mcp_servers.a]\ncommand = "x"\n\n[tui]\nx = 1\n\n[mcp_servers.b]\ncommand = "y"\n',
    "an inline table": 'mcp_servers = { a = { command = "x" } }\n',
    "dotted keys": 'mcp_servers.a.command = "x"\n',
    "an empty table": "[mcp_servers]\n",
    "Windows": '# mine\r\nmodel = "o3"\r\n\r\n[mcp_servers.a]\r\ncommand = "x"\r\n',
    "no line end": 'model = "o3"',
    "dates and texts": "when = 2026-01-01T00:00:00Z\ntext = '''\nü \\ x'''\nlist = [\n  1, # one\n  2,\n]\n",
}


@pytest.mark.parametrize("text", TOMLS.values(), ids=TOMLS)
def test_toml_keeps_every_line_and_its_line_ends(text: str, tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(text, encoding="utf-8", newline="")
    add(path, "mcp_servers")
    after = path.read_bytes().decode()
    before = tomllib.loads(text)
    assert tomllib.loads(after) == {
        **before,
        "mcp_servers": {**before.get("mcp_servers", {}), "bytenite": ENTRY},
    }
    assert "mcp_servers = {" in text or set(text.splitlines()) <= set(after.splitlines())
    assert after.count("\r\n") == after.count("\n") * ("\r\n" in text)
    drop(path, "mcp_servers")
    assert [line for line in path.read_text().splitlines() if line] == [
        line for line in text.splitlines() if line
    ]


@pytest.mark.parametrize(
    "text", ["a = ", "[a]\n[a]\n", "mcp_servers = 1\n", "[[mcp_servers]]\na = 1\n", "a = 1\na = 2\n"]
)
def test_toml_that_cannot_be_read_is_left_alone(text: str, tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(text)
    with pytest.raises(LeftAlone, match=r"^it"):
        add(path, "mcp_servers")
    assert path.read_text() == text


tables = st.recursive(
    st.booleans() | st.integers(-(2**60), 2**60) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=10,
)


@given(
    value=st.dictionaries(st.text(max_size=8).filter(lambda name: name != "mcp_servers"), tables, max_size=4)
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_toml_comes_back(value: dict[str, Any], tmp_path: Path) -> None:
    import tomlkit

    path = tmp_path / "config.toml"
    path.write_bytes(tomlkit.dumps(value).encode())
    text = ConfigFile.read(path, "mcp_servers").with_server("bytenite", ENTRY, {})
    assert tomllib.loads(text) == {**value, "mcp_servers": {"bytenite": ENTRY}}
    path.write_bytes(text.encode())
    assert tomllib.loads(ConfigFile.read(path, "mcp_servers").without_server("bytenite", {})) == value
