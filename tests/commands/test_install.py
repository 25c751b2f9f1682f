"""`bytenite-mcp install`, in temporary home folders: what it writes, prints, and leaves unchanged."""

import json
import os
import re
import subprocess
import sys
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bytenite_mcp.commands.clients import CLIENTS
from bytenite_mcp.commands.config_file import BACKUP_SUFFIX
from bytenite_mcp.commands.entries import is_ours
from bytenite_mcp.commands.install import Installation, Request, choose_settings, install
from bytenite_mcp.commands.machine import Machine
from bytenite_mcp.config import SettingsError
from tests.commands.homes import EDITED, OFFER, SYSTEMS, files, make_machine, own

HAS_FILE_FOR_PROJECT = [name for name in EDITED if CLIENTS[name].project_file]


def read(client: str, machine: Machine, *, project: bool = False) -> dict[str, Any]:
    path = CLIENTS[client].path(machine, project=project)
    text = path.read_text(encoding="utf-8")
    return tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)


def entry(client: str, machine: Machine, *, name: str = "bytenite", project: bool = False) -> dict[str, Any]:
    return dict(read(client, machine, project=project)[CLIENTS[client].key][name])


def change(machine: Machine, *clients: str, **request: Any) -> bool:
    """Run `install` without starting the entries; return whether nothing is left to do by hand."""

    installation = Installation(Request(clients, **request), machine, choose_settings(machine))
    return all([installation.change(CLIENTS[client]) for client in clients])  # noqa: C419  # each one


# What is written


PLACES = {
    ("claude-desktop", "Linux"): "Zoë's home/xdg/Claude/claude_desktop_config.json",
    ("claude-desktop", "Darwin"): "Zoë's home/Library/Application Support/Claude/claude_desktop_config.json",
    ("claude-desktop", "Windows"): "Zoë's home/Roaming/Claude/claude_desktop_config.json",
    ("vscode", "Linux"): "Zoë's home/xdg/Code/User/mcp.json",
    ("vscode", "Darwin"): "Zoë's home/Library/Application Support/Code/User/mcp.json",
    ("vscode", "Windows"): "Zoë's home/Roaming/Code/User/mcp.json",
    **{
        (client, system): f"Zoë's home/{place}"
        for system in SYSTEMS
        for client, place in {
            "claude-code": ".claude.json",
            "cursor": ".cursor/mcp.json",
            "windsurf": ".codeium/windsurf/mcp_config.json",
            "gemini": ".gemini/settings.json",
            "codex": ".codex/config.toml",
        }.items()
    },
}


@pytest.mark.parametrize("system", SYSTEMS)
def test_it_writes_where_each_client_looks_and_takes_it_out_again(
    system: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    machine = make_machine(tmp_path, system)
    assert change(machine, *EDITED, demo=True)
    said = capsys.readouterr().out
    for client in EDITED:
        assert f"{CLIENTS[client].title}: changed {tmp_path / PLACES[client, system]}" in said
        written = entry(client, machine)
        assert [written["command"], *written["args"]] == [*machine.command, "--demo"]
        assert Path(written["command"]).is_absolute()
    assert change(machine, *EDITED, demo=True)
    assert capsys.readouterr().out.count(" already has it.") == len(EDITED) == 7
    assert install(Request(EDITED, remove=True), machine) == 0
    assert {read(client, machine) == {} for client in EDITED} == {True}
    assert install(Request(EDITED, remove=True), machine) == 0
    assert capsys.readouterr().out.count("has no 'bytenite'.") == 7


def test_install_starts_each_new_entry_and_says_what_to_do_next(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert install(Request(EDITED, demo=True), make_machine(tmp_path)) == 0
    said = capsys.readouterr().out
    assert said.count(f": it was started, and offers {OFFER}: get_job, list_jobs") == 7
    assert said.count(" Then ask: What did I run most recently?") == 7


def test_the_key_is_taken_from_where_each_client_can_take_it_and_never_written(tmp_path: Path) -> None:
    machine = make_machine(tmp_path, BYTENITE_API_KEY="a-SECRET-key")
    assert change(machine, *EDITED)
    key_file = {"BYTENITE_API_KEY_FILE": str(machine.app_data / "bytenite-mcp" / "api-key")}
    assert {client: entry(client, machine).get("env") for client in EDITED} == {
        "claude-desktop": key_file,
        "claude-code": {"BYTENITE_API_KEY": "${BYTENITE_API_KEY:-}"},
        "cursor": {"BYTENITE_API_KEY": "${env:BYTENITE_API_KEY}"},
        "vscode": {"BYTENITE_API_KEY": "${input:bytenite-api-key}"},
        "windsurf": {"BYTENITE_API_KEY": "${env:BYTENITE_API_KEY}"},
        "gemini": {"BYTENITE_API_KEY": "$BYTENITE_API_KEY"},
        "codex": None,
    }
    assert entry("codex", machine)["env_vars"] == ["BYTENITE_API_KEY"]
    (asked,) = read("vscode", machine)["inputs"]
    assert (asked["id"], asked["password"]) == ("bytenite-api-key", True)
    assert not [path for path in files(tmp_path) if "SECRET" in path.read_text()]


def test_a_file_of_the_key_is_named_to_every_client(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("a-SECRET-key")
    machine = make_machine(tmp_path, BYTENITE_API_KEY_FILE=os.path.relpath(tmp_path / "key"))
    assert change(machine, *EDITED)
    for client in EDITED:
        ((name, value),) = entry(client, machine)["env"].items()
        assert (name, Path(value).is_absolute()) == ("BYTENITE_API_KEY_FILE", True)
        assert Path(value).samefile(tmp_path / "key")
        assert "env_vars" not in entry(client, machine)
    assert "inputs" not in read("vscode", machine)


def test_settings_that_are_not_secret_are_written_for_desktop_programs(
    tmp_path: Path,
) -> None:
    machine = make_machine(
        tmp_path, BYTENITE_BASE_URL="https://b.example/v1", BYTENITE_MCP_TOKENS="a-SECRET-token-" + "x" * 30
    )
    assert change(machine, "cursor")
    assert entry("cursor", machine)["env"] == {
        "BYTENITE_BASE_URL": "https://b.example/v1",
        "BYTENITE_API_KEY": "${env:BYTENITE_API_KEY}",
    }


def test_a_setting_that_cannot_work_is_not_written(tmp_path: Path) -> None:
    machine = make_machine(tmp_path, BYTENITE_BASEURL="https://b.example/v1")
    with pytest.raises(SettingsError, match="Did you mean BYTENITE_BASE_URL"):
        install(Request(("cursor",)), machine)
    assert not list(files(tmp_path))


@pytest.mark.parametrize("client", HAS_FILE_FOR_PROJECT)
def test_a_project_has_a_file_of_its_own(client: str, tmp_path: Path) -> None:
    machine = make_machine(tmp_path)
    assert change(machine, client, project=True, demo=True, name="jobs")
    assert [path.parent for path in files(machine.folder)] == [
        (machine.folder / CLIENTS[client].project_file).parent
    ]
    assert not list(files(machine.home))
    assert entry(client, machine, name="jobs", project=True)["args"][-1] == "--demo"


@pytest.mark.parametrize("client", ["claude-desktop", "windsurf"])
def test_a_client_without_files_for_projects_is_not_written_elsewhere(
    client: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert install(Request((client,), project=True), make_machine(tmp_path)) == 1
    assert "omit --project" in capsys.readouterr().out
    assert not list(files(tmp_path))


def test_each_client_has_its_word_for_a_server_over_http(tmp_path: Path) -> None:
    machine, url = make_machine(tmp_path), "https://b.example/mcp"
    assert not change(machine, *EDITED, url=url)
    assert {client: entry(client, machine) for client in EDITED if client != "claude-desktop"} == {
        "claude-code": {"type": "http", "url": url},
        "cursor": {"url": url},
        "vscode": {"type": "http", "url": url},
        "windsurf": {"serverUrl": url},
        "gemini": {"type": "http", "url": url},
        "codex": {"url": url},
    }


def test_claude_desktop_is_told_where_it_takes_servers_over_http(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert install(Request(("claude-desktop",), url="https://b.example/mcp"), make_machine(tmp_path)) == 1
    assert "under Connectors: add https://b.example/mcp" in capsys.readouterr().out


def test_the_package_of_claude_desktop_on_windows_sees_another_folder(tmp_path: Path) -> None:
    machine = make_machine(tmp_path, "Windows")
    packaged = (
        machine.home / "Local" / "Packages" / "Claude_pzs8sxrjxfjjc" / "LocalCache" / "Roaming" / "Claude"
    )
    packaged.mkdir(parents=True)
    assert change(machine, "claude-desktop", demo=True)
    assert list(files(tmp_path)) == [packaged / "claude_desktop_config.json"]


def test_folders_that_variables_name_are_used(tmp_path: Path) -> None:
    machine = make_machine(tmp_path, CODEX_HOME=str(tmp_path / "c"), CLAUDE_CONFIG_DIR=str(tmp_path / "d"))
    assert change(machine, "codex", "claude-code", demo=True)
    assert set(files(tmp_path)) == {tmp_path / "c" / "config.toml", tmp_path / "d" / ".claude.json"}


# What is there already


def write(client: str, machine: Machine, servers: Any, **more: Any) -> Path:
    path = CLIENTS[client].path(machine)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({CLIENTS[client].key: servers, **more}, indent=2))
    return path


@pytest.mark.parametrize(
    "other",
    [
        {"command": "npx", "args": ["-y", "somebody-elses"]},
        {"command": "/home/me/bytenite-mcp/other.sh"},
        {"command": "bytenite-mcp-fork"},
        "a text",
        ["bytenite-mcp"],
    ],
)
@pytest.mark.parametrize("remove", [False, True])
def test_another_server_of_the_same_name_is_left_alone(
    other: Any, remove: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    machine = make_machine(tmp_path)
    path = write("cursor", machine, {"bytenite": other})
    before = path.read_bytes()
    assert install(Request(("cursor",), remove=remove, demo=True), machine) == 1
    said = capsys.readouterr().out
    assert "another server named 'bytenite'; choose another --name" in said
    assert said.endswith("choose another --name.\n")
    assert path.read_bytes() == before


@pytest.mark.parametrize("nothing", [None, {}])
def test_an_empty_entry_is_nobodys(nothing: Any, tmp_path: Path) -> None:
    machine = make_machine(tmp_path)
    write("cursor", machine, {"bytenite": nothing})
    assert change(machine, "cursor", demo=True)
    assert is_ours("bytenite", read("cursor", machine)["mcpServers"]["bytenite"])


def test_what_is_not_kept_for_another_server_is_told_and_stays_in_its_backup(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    machine = make_machine(tmp_path)
    url = {"url": "https://bytenite.example/mcp", "headers": {"Authorization": "Bearer abc"}, "timeout": 5}
    path = write("cursor", machine, {"bytenite": url})
    before = path.read_bytes()
    assert change(machine, "cursor", demo=True)
    assert "Not kept, because it was for another server: url, headers, timeout." in capsys.readouterr().out
    assert change(machine, "cursor", remove=True)
    assert path.with_name(f"{path.name}{BACKUP_SUFFIX}").read_bytes() == before
    assert path.with_name(f"{path.name}{BACKUP_SUFFIX}-2").exists()
    path.write_bytes(before)
    assert change(machine, "cursor", demo=True)
    assert len(list(path.parent.iterdir())) == 3


def test_a_member_that_install_drops_for_the_same_server_is_no_other_servers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    machine = make_machine(tmp_path)
    write("windsurf", machine, {"bytenite": {**OLD, "type": "stdio"}})
    assert change(machine, "windsurf", demo=True)
    assert "Not kept" not in capsys.readouterr().out


def test_a_dry_run_shows_the_input_that_goes_with_the_entry(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    machine = make_machine(tmp_path)
    assert install(Request(("vscode",), dry_run=True), machine) == 0
    assert '+      "id": "bytenite-api-key",' in capsys.readouterr().out


def test_an_entry_that_is_turned_off_is_not_said_to_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    machine = make_machine(tmp_path)
    write("windsurf", machine, {"bytenite": {**OLD, "disabled": True}})
    assert install(Request(("windsurf",), demo=True), machine) == 1
    assert "It is turned off by `disabled: true` in the file: turn it on there, or in Windsurf." in (
        capsys.readouterr().out
    )


def test_a_file_that_changes_while_its_entry_is_tried_ends_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    machine = make_machine(tmp_path)
    installation = Installation(Request(("cursor",), demo=True), machine, {})
    assert installation.change(CLIENTS["cursor"])
    ((client, entry),) = installation.written
    client.path(machine).write_text("{")
    assert installation.start(client, entry)
    assert "Next: " in capsys.readouterr().out


def test_another_server_over_http_is_left_alone(tmp_path: Path) -> None:
    machine = make_machine(tmp_path)
    write("cursor", machine, {"linear": {"url": "https://mcp.linear.example/mcp"}})
    assert not change(machine, "cursor", url="https://b.example/mcp", name="linear")


OLD = {
    "command": "/gone/bin/bytenite-mcp",
    "args": ["serve"],
    "env": {"BYTENITE_API_KEY": "typed-by-hand", "BYTENITE_TIMEOUT": "20", "HTTPS_PROXY": "http://p:1"},
    "alwaysAllow": ["list_jobs"],
    "disabled": False,
}


def test_an_old_entry_is_renewed_and_keeps_what_a_person_added(tmp_path: Path) -> None:
    machine = make_machine(tmp_path)
    write("cursor", machine, {"a": {}, "bytenite": OLD, "b": {}})
    assert change(machine, "cursor")
    assert list(read("cursor", machine)["mcpServers"]) == ["a", "bytenite", "b"]
    assert entry("cursor", machine) == {
        "type": "stdio", "command": machine.python, "args": ["-P", "-m", "bytenite_mcp", "serve"],
        "env": OLD["env"], "alwaysAllow": ["list_jobs"], "disabled": False,
    }  # fmt: skip


@pytest.mark.parametrize(
    "odd", [{"env": {"BYTENITE_API_KEY_FILE": 5}}, {"env": {"A=B": 1}}, {"cwd": 5}, {"cwd": "/\x1b[2J"}]
)
def test_odd_members_of_an_old_entry_are_kept_and_told_and_no_crash(
    odd: dict[str, object], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    machine = make_machine(tmp_path)
    path = CLIENTS["cursor"].path(machine)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"mcpServers": {"bytenite": {"command": "bytenite-mcp", **odd}}}))
    installation = Installation(Request(), machine, {})
    assert installation.change(CLIENTS["cursor"])
    ((client, entry),) = installation.written
    assert all(str(value)[1:-1] in str(entry[name]) for name, value in odd.items())
    installation.start(client, entry)
    said = capsys.readouterr().out
    assert "Cursor: " in said
    assert "\x1b" not in said


def test_a_file_of_the_key_that_is_named_takes_the_place_of_a_typed_key(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("a-key")
    machine = make_machine(tmp_path, BYTENITE_API_KEY_FILE=str(tmp_path / "key"))
    write("claude-desktop", machine, {"bytenite": OLD})
    assert change(machine, "claude-desktop")
    assert entry("claude-desktop", machine)["env"] == {
        "BYTENITE_TIMEOUT": "20", "HTTPS_PROXY": "http://p:1", "BYTENITE_API_KEY_FILE": str(tmp_path / "key"),
    }  # fmt: skip


def test_replacing_a_command_by_a_url_keeps_nothing_of_the_command(tmp_path: Path) -> None:
    machine = make_machine(tmp_path)
    write("cursor", machine, {"bytenite": OLD})
    assert change(machine, "cursor", url="https://b.example/mcp")
    assert entry("cursor", machine) == {"url": "https://b.example/mcp"}


def test_a_file_that_cannot_be_read_is_left_alone_and_it_says_what_to_paste(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    machine = make_machine(tmp_path)
    path = CLIENTS["vscode"].path(machine)
    path.parent.mkdir(parents=True)
    path.write_text('{\n  // mine\n  "servers": {}\n}')
    assert install(Request(("vscode",)), machine) == 1
    why, _, rest = capsys.readouterr().out.partition("Add this to ")
    assert (
        f"VS Code: {path} was not changed: it has comments or trailing commas, which plain JSON does not"
        in why
    )
    pasted = json.loads(rest.partition("\n")[2])
    assert change(replace(machine, home=tmp_path / "other", environ={"PATH": ""}), "vscode")
    assert pasted == read("vscode", replace(machine, home=tmp_path / "other", environ={"PATH": ""}))
    assert list(files(tmp_path / "Zoë's home")) == [path]


@pytest.mark.parametrize("client", ["vscode", "zed"])
def test_what_it_does_not_remove_itself_it_says_to_take_out(
    client: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    machine = make_machine(tmp_path)
    path = CLIENTS[client].path(machine)
    path.parent.mkdir(parents=True)
    path.write_text('{\n  // mine\n  "servers": {}\n}')
    install(Request((client,), remove=True), machine)
    said = capsys.readouterr().out
    assert said.endswith(f"If {path} has an entry 'bytenite', remove it by hand.\n")
    assert "Put this" not in said


def test_one_client_that_is_left_alone_does_not_keep_the_others_from_it(tmp_path: Path) -> None:
    machine = make_machine(tmp_path)
    CLIENTS["cursor"].path(machine).parent.mkdir(parents=True)
    CLIENTS["cursor"].path(machine).write_text("{")
    assert not change(machine, "cursor", "codex", demo=True)
    assert entry("codex", machine)


@pytest.mark.parametrize("remove", [False, True])
def test_a_dry_run_shows_what_would_change_and_changes_nothing(
    remove: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    machine = make_machine(tmp_path, BYTENITE_API_KEY="a-key")
    secret = "ghp_" + "a1B2" * 9
    path = write("cursor", machine, {"bytenite": OLD, "other": {"env": {"TOKEN": secret}}})
    before = path.read_bytes()
    assert install(Request(("cursor", "codex"), remove=remove, dry_run=True), machine) == 0
    said = capsys.readouterr().out
    assert f"Cursor: would change {path}:\n--- now\n+++ then\n@@" in said
    assert re.search(r'^-\s+"command": "/gone/bin/bytenite-mcp"', said, re.MULTILINE)
    assert remove or re.search(rf'^\+\s+"command": "{machine.python}"', said, re.MULTILINE)
    assert secret not in said
    assert "typed-by-hand" not in said
    assert (list(files(tmp_path)), path.read_bytes()) == ([path], before)


def test_a_dry_run_starts_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    machine = make_machine(tmp_path)
    assert change(machine, "cursor", demo=True)
    capsys.readouterr()
    assert install(Request(("cursor",), demo=True, dry_run=True), machine) == 0
    said = capsys.readouterr().out
    assert said == f"Cursor: {CLIENTS['cursor'].path(machine)} already has it.\n"


def test_a_dry_run_shows_no_other_entry(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    machine = make_machine(tmp_path)
    other = {"url": "https://hooks.example/s/hunter2/mcp", "env": {"NOTION": "hunter2"}}
    path = write("cursor", machine, {"other": other})
    path.write_text(json.dumps(json.loads(path.read_text())))
    assert install(Request(("cursor",), demo=True, dry_run=True), machine) == 0
    said = capsys.readouterr().out
    assert "would change" in said
    assert "hunter2" not in said


def test_a_dry_run_withholds_all_secrets_of_an_entry(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    machine = make_machine(tmp_path)
    secrets = {
        "args": ["--token", "hunter2", "-H", "Authorization: Bearer hunter2"],
        "env": {"MY_PASSWORD": "hunter2", "HTTPS_PROXY": "http://me:hunter2@proxy.example:8080"},
        "headers": {"Authorization": "Bearer hunter2"},
    }
    write("cursor", machine, {"bytenite": {**OLD, **secrets}})
    assert install(Request(("cursor",), remove=True, dry_run=True), machine) == 0
    said = capsys.readouterr().out
    assert "HTTPS_PROXY" in said
    assert "hunter2" not in said


@pytest.mark.parametrize("client", ["cursor", "claude-code"])
def test_a_dry_run_tells_a_file_that_would_not_be_changed(
    client: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    machine = make_machine(tmp_path, **own(tmp_path, "claude", "exit 0"))
    write(client, machine, {}).chmod(0o444)
    assert install(Request((client,), demo=True, dry_run=True), machine) == 1
    assert "was not changed: it cannot be written (it is read-only)." in capsys.readouterr().out


def test_a_dry_run_withholds_a_key_of_plain_words_in_toml_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    machine = make_machine(tmp_path)
    path = CLIENTS["codex"].path(machine)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        "[mcp_servers.bytenite]\ncommand = 'bytenite-mcp'\nenv = { BYTENITE_API_KEY = 'it\\s typed by hand' }\n"
    )
    assert install(Request(("codex",), remove=True, dry_run=True), machine) == 0
    said = capsys.readouterr().out
    assert 'BYTENITE_API_KEY = "[withheld]"' in said
    assert "typed" not in said


def test_a_dry_run_shows_the_path_of_the_keys_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = "/home/jkx42zq/.config/bytenite/key"
    settings = {"BYTENITE_API_KEY_FILE": key}
    installation = Installation(Request(dry_run=True), make_machine(tmp_path), settings)
    assert all(installation.change(CLIENTS[client]) for client in ("cursor", "codex"))
    said = capsys.readouterr().out
    assert f'+        "BYTENITE_API_KEY_FILE": "{key}"\n' in said
    assert f'+BYTENITE_API_KEY_FILE = "{key}"\n' in said


def test_settings_of_serving_over_http_are_not_written(tmp_path: Path) -> None:
    issuer = {
        "BYTENITE_MCP_JWT_ISSUER": "https://id.example.com",
        "BYTENITE_MCP_JWT_AUDIENCE": "https://mcp.example.com/mcp",
        "BYTENITE_MCP_JWKS_URL": "https://id.example.com/keys",
    }
    machine = make_machine(tmp_path, BYTENITE_TIMEOUT="20", **issuer)
    assert choose_settings(machine) == {"BYTENITE_TIMEOUT": "20"}


def test_what_runs_from_a_cache_is_not_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for python in (
        "/home/me/.cache/uv/archive-v0/3fx9/bin/python",
        r"C:\Users\me\AppData\Local\uv\cache\archive-v0\3fx9\Scripts\python.exe",
        "/home/me/.local/pipx/.cache/0123/bin/python",
    ):
        machine = Machine({"PATH": ""}, "Linux", tmp_path, tmp_path, python)
        assert install(Request(("cursor",)), machine) == 1
        assert "Install it first" in capsys.readouterr().out
    assert not list(files(tmp_path))


def test_a_key_that_is_still_to_be_saved_is_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    machine = make_machine(tmp_path)
    assert install(Request(("claude-desktop", "windsurf")), machine) == 1
    said = capsys.readouterr().out
    assert f"save your ByteNite API key in {machine.key_file}" in said
    assert "BYTENITE_API_KEY is not set here: set it in the environment of Windsurf." in said
    machine.key_file.parent.mkdir(parents=True)
    machine.key_file.write_text("a-key")
    assert install(Request(("claude-desktop",)), machine) == 0
    assert "Next: Quit Claude Desktop" in capsys.readouterr().out
    assert install(Request(("windsurf",)), machine) == 1
    assert install(Request(("codex",)), machine) == 1
    assert "BYTENITE_API_KEY is not set here: set it in the environment of Codex." in capsys.readouterr().out


# Clients' own commands; those themselves are in test_real_clients.py


def test_the_clients_own_command_is_asked_to_add_what_is_new_and_nothing_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = tmp_path / "asked"
    machine = make_machine(tmp_path, **own(tmp_path, "code", f'printf "%s\\n" "$@" > "{asked}"'))
    assert not change(machine, "vscode")
    assert "the entry is not in " in capsys.readouterr().out
    flag, definition = asked.read_text().splitlines()
    added = json.loads(definition)
    assert (flag, added.pop("name"), added.pop("inputs")[0]["password"]) == ("--add-mcp", "bytenite", True)
    asked.unlink()
    write("vscode", machine, {"bytenite": {**added, "command": "/gone/bin/bytenite-mcp", "args": []}})
    assert change(machine, "vscode")
    assert entry("vscode", machine) == added
    assert change(machine, "vscode", project=True)
    assert entry("vscode", machine, project=True) == added
    assert not asked.exists()


@pytest.mark.parametrize("client", ["gemini", "codex"])
def test_a_command_that_would_change_other_entries_is_not_run(client: str, tmp_path: Path) -> None:
    machine = make_machine(tmp_path, **own(tmp_path, client, f'touch "{tmp_path}/ran"'))
    assert change(machine, client, demo=True)
    assert set(read(client, machine)[CLIENTS[client].key]) == {"bytenite"}
    assert change(machine, client, remove=True)
    assert not (tmp_path / "ran").exists()


def test_an_entry_that_the_clients_own_command_does_not_remove_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    machine = make_machine(tmp_path, **own(tmp_path, "claude", "exit 0"))
    path = write("claude-code", machine, {"bytenite": OLD})
    assert not change(machine, "claude-code", remove=True)
    said = capsys.readouterr().out
    assert f"the entry is still in {path}." in said
    assert "remove it by hand" in said


def test_a_copy_is_kept_before_the_clients_own_command_changes_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    machine = make_machine(tmp_path, **own(tmp_path, "claude", f'echo "{{}}" > "{tmp_path}/file"'))
    path = write("claude-code", machine, {"bytenite": OLD})
    path.rename(tmp_path / "file")
    path.symlink_to(tmp_path / "file")
    before = path.read_text()
    assert change(machine, "claude-code", remove=True)
    assert (tmp_path / "file.before-bytenite-mcp").read_text() == before
    assert "; its backup is file.before-bytenite-mcp beside it." in capsys.readouterr().out


def test_what_the_clients_own_command_says_when_it_fails_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    failing = "echo Your company allows no servers. >&2; exit 3"
    machine = make_machine(tmp_path, **own(tmp_path, "claude", failing))
    assert not change(machine, "claude-code", demo=True)
    said = capsys.readouterr().out
    assert re.search(r"`claude mcp add .*` failed: Your company allows no servers\.", said)
    assert "Add this to " in said
    assert not list(files(machine.home))


def test_a_dry_run_shows_the_command_and_does_not_run_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    machine = make_machine(tmp_path, **own(tmp_path, "claude", f'touch "{tmp_path}/ran"'))
    assert change(machine, "claude-code", demo=True, dry_run=True)
    assert "would run `claude mcp add -s user bytenite -- " in capsys.readouterr().out
    assert not (tmp_path / "ran").exists()


# Other clients


@pytest.mark.parametrize("client", [name for name in CLIENTS if name not in EDITED])
def test_other_clients_are_shown_the_entry_and_the_file(
    client: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    machine = make_machine(tmp_path)
    assert install(Request((client,), demo=True), machine) == 0
    first, _, rest = capsys.readouterr().out.partition("\n")
    assert first == f"Add this to {CLIENTS[client].path(machine)}:"
    key = CLIENTS[client].key
    if client == "goose":
        head = f"{key}:\n  bytenite:\n"
        assert rest.startswith(head)
        written = json.loads(rest.removeprefix(head))
    else:
        written = json.loads(rest)[key]["bytenite"]
    assert machine.python in json.dumps(written, ensure_ascii=False)
    assert not list(files(tmp_path))


# Without a name


def test_without_a_name_it_shows_which_are_here_and_asks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    machine = make_machine(tmp_path)
    for client in ("cursor", "gemini", "codex"):
        CLIENTS[client].path(machine).parent.mkdir()
    answers = iter(["4", "claude", "1, codex"])
    assert install(Request(demo=True), machine, lambda _: next(answers)) == 0
    shown = re.findall(r"^  (\d)  (.*?) +(\S+)$", capsys.readouterr().out, re.MULTILINE)
    assert shown == [("1", "Cursor", "cursor"), ("2", "Gemini CLI", "gemini"), ("3", "Codex", "codex")]
    assert entry("cursor", machine)
    assert entry("codex", machine)
    assert not CLIENTS["gemini"].path(machine).exists()


@pytest.mark.parametrize(("answer", "chosen"), [("all", {"cursor", "codex"}), ("", set())])
def test_all_or_none_can_be_chosen(
    answer: str, chosen: set[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    machine = make_machine(tmp_path)
    for client in ("cursor", "codex"):
        CLIENTS[client].path(machine).parent.mkdir()
    assert install(Request(dry_run=True, demo=True), machine, lambda _: answer) == 0
    said = capsys.readouterr().out
    assert {client for client in CLIENTS if f"{CLIENTS[client].title}: would change" in said} == chosen


def test_for_a_project_only_clients_that_have_a_file_for_one_are_offered(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    machine = make_machine(tmp_path)
    for client in ("cursor", "windsurf"):
        CLIENTS[client].path(machine).parent.mkdir(parents=True)
    assert install(Request(project=True), machine, lambda _: "") == 0
    assert re.findall(r"^  \d .* (\S+)$", capsys.readouterr().out, re.MULTILINE) == ["cursor"]


@pytest.mark.parametrize("has_one", [True, False])
def test_where_nobody_can_be_asked_it_says_what_to_write(
    has_one: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    machine = make_machine(tmp_path)
    if has_one:
        (machine.home / ".cursor").mkdir()
    assert install(Request(), machine) == 2
    named = "cursor" if has_one else "claude-desktop"
    assert f"Name one, for example: bytenite-mcp install {named}\n" in capsys.readouterr().out
    assert not list(files(tmp_path))


# As a command


def run(home: Path, *words: str, **more: Any) -> subprocess.CompletedProcess[str]:
    environ = {"HOME": str(home), "PATH": "/usr/bin:/bin", "PYTHONPATH": str(Path(__file__).parents[2])}
    return subprocess.run(
        [sys.executable, "-m", "bytenite_mcp", "install", *words],
        env=environ, cwd=home, text=True, timeout=120, check=False, **{"stdin": subprocess.DEVNULL, **more},
    )  # fmt: skip


def test_in_a_terminal_it_asks_and_writes(tmp_path: Path) -> None:
    pty = pytest.importorskip("pty", reason="Windows has other terminals")
    (tmp_path / ".cursor").mkdir()
    ours, terminal = pty.openpty()
    os.write(ours, b"1\n")
    done = run(tmp_path, "--demo", stdin=terminal, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    os.close(terminal)
    os.close(ours)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Which? Numbers or names" in done.stdout
    assert f"it was started, and offers {OFFER}" in done.stdout
    assert (tmp_path / ".cursor" / "mcp.json").exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["claude"], "did you mean claude-code? Clients: claude-desktop, claude-code, cursor"),
        (["cursor", "--name", "a b"], "a name is a letter"),
        (["cursor", "--name", "__proto__"], "a name is a letter"),
        (["cursor", "--http", "b.example/mcp"], "should look like https://bytenite.example.com/mcp"),
        (["cursor", "--http", "https://me:SECRET@b.example/mcp"], "must not carry a user"),
        (["cursor", "--http", "http://b.example/mcp"], "must be https"),
    ],
)
def test_what_cannot_be_meant_is_refused(words: list[str], told: str, tmp_path: Path) -> None:
    done = run(tmp_path, *words, capture_output=True)
    assert done.returncode == 2
    assert told in done.stderr
    assert "SECRET" not in done.stderr
    assert not list(files(tmp_path))
