"""The doctor finds entries of this server in clients' files, starts each as written, and says what is wrong."""

import json
import sys
from pathlib import Path
from typing import Any

import anyio
import pytest
import tomlkit
from pydantic import SecretStr

from bytenite_mcp import __version__
from bytenite_mcp.commands.client_entries import check_clients, find_entries
from bytenite_mcp.commands.clients import CLIENTS
from bytenite_mcp.commands.install import Installation, Request
from bytenite_mcp.commands.machine import Machine
from bytenite_mcp.server.http.app import make_http_app
from bytenite_mcp.simulator import World, create_app
from tests.commands.homes import EDITED, OFFER, make_machine
from tests.server.serving import TOKEN, served, settings_for

START = [sys.executable, "-P", "-m", "bytenite_mcp", "serve"]
DEMO = {"command": START[0], "args": [*START[1:], "--demo"]}


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return make_machine(tmp_path)


def write(client: str, machine: Machine, entry: Any, key: str = "") -> Path:
    path = CLIENTS[client].path(machine)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({key or CLIENTS[client].key: {"bytenite": entry}}))
    return path


def examine(machine: Machine, capsys: pytest.CaptureFixture[str]) -> tuple[bool, str]:
    passed = anyio.run(check_clients, machine)
    return passed, " ".join(capsys.readouterr().out.split())


def real(**env: str) -> dict[str, Any]:
    return {"command": START[0], "args": START[1:], "env": env}


def test_where_there_is_none_it_says_how_to_make_one(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    assert examine(machine, capsys) == (
        True,
        "Clients no client has an entry; `bytenite-mcp install` adds one",
    )


def test_it_finds_what_install_writes_for_a_person_and_for_a_project(machine: Machine) -> None:
    for project in (False, True):
        installation = Installation(Request(project=project, demo=True), machine, {})
        clients = [CLIENTS[name] for name in EDITED if CLIENTS[name].project_file or not project]
        assert all([installation.change(client) for client in clients])  # noqa: C419  # each one
    found = [(one.client.name, one.path.is_relative_to(machine.folder)) for one in find_entries(machine)]
    assert set(found) == {(name, False) for name in EDITED} | {
        (name, True) for name in EDITED if CLIENTS[name].project_file
    }
    assert len(found) == len(set(found))


def test_a_good_entry_lists_jobs(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    path = write("cursor", machine, DEMO)
    assert examine(machine, capsys) == (
        True, f"Clients ok Cursor bytenite: {OFFER}, and it lists jobs {path}",
    )  # fmt: skip


def test_what_claude_code_keeps_for_a_folder_is_found(machine: Machine) -> None:
    folders = {str(machine.folder): {"mcpServers": {"jobs": DEMO}}, "/other": {"mcpServers": {"jobs": DEMO}}}
    CLIENTS["claude-code"].path(machine).write_text(json.dumps({"projects": folders}))
    assert [one.name for one in find_entries(machine)] == ["jobs"]


@pytest.mark.parametrize(
    ("client", "entry", "told"),
    [
        (
            "cursor",
            {"command": "/gone/venv/bin/bytenite-mcp"},
            "Its command does not exist: /gone/venv/bin/bytenite-mcp. `bytenite-mcp install cursor` writes it again.",
        ),
        (
            "zed",
            {"command": "/gone/bytenite-mcp"},
            "`bytenite-mcp install zed` prints what to write instead.",
        ),
        ("cursor", {"args": ["-m", "bytenite_mcp"]}, "It names no command."),
        ("cursor", {**DEMO, "cwd": "/gone"}, "Its folder does not exist: /gone."),
        (
            "cursor",
            {"command": sys.executable, "args": ["-S", "-I", "-m", "bytenite_mcp"]},
            "No module named bytenite_mcp `bytenite-mcp install cursor` writes it again.",
        ),
        (
            "cursor",
            real(BYTENITE_APIKEY="a-SECRET"),
            "BYTENITE_APIKEY is not a setting. Did you mean BYTENITE_API_KEY?",
        ),
        ("cursor", real(), "No ByteNite API key is set"),
        (
            "cursor",
            real(BYTENITE_API_KEY="${env:BYTENITE_API_KEY}"),
            "BYTENITE_API_KEY: looks like a variable that",
        ),
        # An empty default leaves the variable empty.
        ("claude-code", real(BYTENITE_API_KEY="${MY_KEY:-}"), "No ByteNite API key is set"),
        # Claude Desktop fills in nothing.
        (
            "claude-desktop",
            real(BYTENITE_API_KEY="${MY_KEY}"),
            "looks like a variable that your client",
        ),
        (
            "windsurf",
            real(BYTENITE_API_KEY_FILE="/gone/key"),
            "BYTENITE_API_KEY_FILE: the file cannot be read",
        ),
        (
            "cursor",
            {"url": "http://127.0.0.1:9/bytenite"},
            "It does not answer: nothing listens at its address. Its URL should end in /mcp.",
        ),
        (
            "cursor",
            {"url": "https://127.0.0.1:9/bytenite/mcp/"},
            "at its address. If the server wants a token,",
        ),
        (
            "claude-desktop",
            {"url": "https://bytenite.example/mcp"},
            "Claude Desktop reads no URL from this file;",
        ),
        ("claude-code", {"url": "http://127.0.0.1:9/bytenite/mcp"}, 'for a command; add "type": "http".'),
        (
            "vscode",
            real(BYTENITE_API_KEY="${input:other}"),
            "It refers to the input 'other', which is not among",
        ),
        (
            "cursor",
            {"command": str(Path(__file__)), "args": ["bytenite-mcp"]},
            f"Its command is no program that may be run: {Path(__file__)}. `bytenite-mcp install",
        ),
        ("cursor", {"command": "bytenite"}, "It does not start bytenite-mcp; `install` leaves it alone."),
    ],
)
def test_what_is_wrong_with_an_entry_is_told(
    client: str, entry: Any, told: str, machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(client, machine, entry)
    passed, said = examine(machine, capsys)
    assert not passed
    assert f"failed {CLIENTS[client].title} bytenite: " in said
    assert told in said
    assert said.endswith(str(path))
    assert "SECRET" not in said


def test_the_name_of_an_entry_may_not_control_the_terminal_or_show_a_secret(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    entries = {"\x1b[2Jjobs": {"command": "bytenite-mcp"}, "ghp_" + "a1B2" * 9: {"command": "bytenite-mcp"}}
    (machine.folder / ".mcp.json").write_text(json.dumps({"mcpServers": entries}))
    said = examine(machine, capsys)[1]
    assert "failed Claude Code jobs: Its command does not exist" in said
    assert "failed Claude Code [withheld]: Its command does not exist" in said
    assert "\x1b" not in said
    assert "a1B2" not in said


@pytest.mark.parametrize(
    "odd", [{"args": 7}, {"args": "--demo"}, {"env": ["A=b"]}, {"env": {"A=B": 1}}, {"cwd": 5}]
)
def test_odd_members_of_an_entry_are_no_crash(
    odd: dict[str, Any], machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    write("cursor", machine, {"command": "bytenite-mcp", **odd})
    passed, said = examine(machine, capsys)
    assert not passed
    assert "failed Cursor bytenite: Its command does not exist: bytenite-mcp." in said


def test_a_key_that_is_refused_is_told_and_a_good_one_lists_jobs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with served(create_app(World(5, 1))) as url:
        machine = make_machine(tmp_path, MY_KEY="demo-key", BYTENITE_API_KEY="demo-key")
        write("claude-code", machine, real(BYTENITE_API_KEY="${MY_KEY}", BYTENITE_BASE_URL=f"{url}/v1"))
        write("cursor", machine, real(BYTENITE_API_KEY="a-wrong-SECRET", BYTENITE_BASE_URL=f"{url}/v1"))
        passed, said = examine(machine, capsys)
    assert not passed
    assert f"ok Claude Code bytenite: {OFFER}, and it lists jobs" in said
    assert "failed Cursor bytenite: ByteNite did not accept the API key (401)." in said
    assert "SECRET" not in said


def ask_for(file: Path, name: str) -> None:
    """Define an input in a file of VS Code."""
    file.write_text(
        json.dumps({**json.loads(file.read_text()), "inputs": ["odd", {"id": name, "type": "promptString"}]})
    )


def test_a_server_that_geminis_settings_exclude_is_not_called_right(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    for rules, switch in (
        ({"allowed": ["other"]}, "mcp.allowed"),
        ({"excluded": ["bytenite"]}, "mcp.excluded"),
    ):
        file = write("gemini", machine, DEMO)
        file.write_text(json.dumps({**json.loads(file.read_text()), "mcp": rules}))
        said = examine(machine, capsys)[1]
        assert f"off Gemini CLI bytenite: {OFFER}, and it lists jobs; " in said
        assert f"Gemini CLI does not start it, because of `{switch}`" in said


@pytest.mark.parametrize(
    ("client", "switch", "why"),
    [("cursor", {"disabled": True}, "disabled: true"), ("windsurf", {"enabled": False}, "enabled: false")],
)
def test_an_entry_that_is_turned_off_is_told(
    client: str, switch: dict[str, Any], why: str, machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    write(client, machine, {**DEMO, **switch})
    passed, said = examine(machine, capsys)
    assert passed
    assert f"off {CLIENTS[client].title} bytenite: " in said
    assert f"does not start it, because of `{why}`" in said


def test_a_url_with_the_wrong_scheme_is_told(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    with served(create_app(World(5, 1))) as url:
        write("cursor", machine, {"url": f"{url.replace('http:', 'https:')}/bytenite/mcp"})
        assert (
            "it speaks plain HTTP, and the URL says https. If the server wants" in examine(machine, capsys)[1]
        )


def test_an_entry_for_one_folder_is_told_from_that_for_all(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write("claude-code", machine, DEMO)
    gone = {"mcpServers": {"bytenite": {"command": "/gone/bytenite-mcp"}}}
    file.write_text(json.dumps({**json.loads(file.read_text()), "projects": {str(machine.folder): gone}}))
    passed, said = examine(machine, capsys)
    assert not passed
    assert "ok Claude Code bytenite: " in said
    assert (
        "failed Claude Code bytenite (this folder only): Its command does not exist: /gone/bytenite-mcp."
        in said
    )
    assert "`claude mcp remove -s local bytenite` removes it." in said


def test_what_is_on_this_machine_is_not_asked_for_through_a_proxy(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    with served(create_app(World(5, 1))) as api:
        settings = settings_for(api)
        with served(make_http_app(settings)) as url:
            headers = {"Authorization": f"Bearer {TOKEN}"}
            write("cursor", machine, {"url": f"{url}/mcp", "headers": headers})
            assert "ok Cursor" in examine(machine, capsys)[1]


def test_what_a_client_asks_for_is_not_called_missing(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write("vscode", machine, real(BYTENITE_API_KEY="${input:bytenite-api-key}"))
    ask_for(file, "bytenite-api-key")
    passed, said = examine(machine, capsys)
    assert passed
    assert f"{OFFER}, no job requested, because VS Code asks you for the key" in said


@pytest.mark.parametrize(
    ("client", "more"),
    [
        ("cursor", {"headers": {"Authorization": "Bearer ${env:MY_TOKEN}"}}),
        ("claude-code", {"type": "http", "headers": {"Authorization": "Bearer ${MY_TOKEN}"}}),
        ("codex", {"bearer_token_env_var": "MY_TOKEN"}),
        ("codex", {"http_headers": {"Authorization": f"Bearer {TOKEN}"}}),
        ("codex", {"env_http_headers": {"Authorization": "MY_HEADER"}}),
    ],
)
def test_the_headers_of_an_entry_are_sent(
    client: str, more: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    machine = make_machine(tmp_path, MY_TOKEN=TOKEN, MY_HEADER=f"Bearer {TOKEN}")
    with served(create_app(World(5, 1))) as upstream:
        settings = settings_for(upstream, mcp_tokens=SecretStr(TOKEN))
        with served(make_http_app(settings)) as url:
            entry = {"url": f"{url}/mcp", **more}
            path = write(client, machine, entry)
            if client == "codex":
                path.write_text(tomlkit.dumps({"mcp_servers": {"bytenite": entry}}))
            passed, said = examine(machine, capsys)
    assert (passed, TOKEN in said) == (True, False), said
    assert "and it lists jobs" in said


@pytest.mark.parametrize("value", ["Bearer a-SECRET\r\nX: y", "a-SECRET-é"])
def test_a_header_that_cannot_be_sent_is_named_and_not_quoted(
    value: str, machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    write("cursor", machine, {"url": "http://127.0.0.1:9/bytenite/mcp", "headers": {"X-Key": value}})
    passed, said = examine(machine, capsys)
    assert not passed
    assert "Its header 'X-Key' has characters that HTTP does not allow." in said
    assert "SECRET" not in said


def test_headers_that_a_client_asks_for_are_not_called_wrong(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    headers = {"Authorization": "Bearer ${input:token}"}
    file = write(
        "vscode", machine, {"type": "http", "url": "http://127.0.0.1:9/bytenite/mcp", "headers": headers}
    )
    ask_for(file, "token")
    passed, said = examine(machine, capsys)
    assert passed
    assert "ok VS Code bytenite: not requested, because VS Code asks you for a part of it" in said


def test_a_file_of_variables_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    machine = make_machine(tmp_path)
    with served(create_app(World(5, 1))) as url:
        lines = f"# mine\n\nexport BYTENITE_API_KEY='demo-key'\nBYTENITE_BASE_URL = {url}/v1\n"
        (machine.folder / ".env").write_text(lines)
        write("vscode", machine, {**real(), "envFile": "${workspaceFolder}/.env"})
        assert examine(machine, capsys)[0]
    write("vscode", machine, {**real(), "envFile": "${userHome}/gone"})
    passed, said = examine(machine, capsys)
    assert not passed
    assert "It cannot be started (No such file or directory)." in said


def test_a_command_without_a_path_and_another_version_are_remarked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bin").mkdir()
    other = tmp_path / "bin" / "bytenite-mcp"
    started = (
        "import bytenite_mcp; bytenite_mcp.__version__ = '0.0.1'; from bytenite_mcp.cli import main; main()"
    )
    other.write_text(f'#!/bin/sh\nexec {sys.executable} -c "{started}" serve --demo\n')
    other.chmod(0o755)
    machine = make_machine(tmp_path, PATH=str(tmp_path / "bin"))
    write("cursor", machine, {"command": "bytenite-mcp"})
    passed, said = examine(machine, capsys)
    assert passed
    assert f"it is version 0.0.1, this is {__version__}" in said
    assert "so a program started from the desktop may not find it" in said


def test_an_entry_under_a_key_that_the_client_does_not_read_is_told(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    write("vscode", machine, DEMO, key="mcpServers")
    assert "It is under 'mcpServers'; VS Code reads 'servers'." in examine(machine, capsys)[1]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            '{\n  // bytenite\n  "mcpServers": {}\n}',
            "It has comments or trailing commas, which plain JSON does not",
        ),
        ('{"mcpServers": {"bytenite": {,}}', "It is not plain JSON"),
    ],
)
def test_a_file_that_may_hold_one_and_cannot_be_read_is_told(
    text: str, why: str, machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write("cursor", machine, {})
    path.write_text(text)
    passed, said = examine(machine, capsys)
    assert not passed
    assert f"failed Cursor: {why}" in said


def test_what_cannot_be_opened_may_hold_one(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    CLIENTS["cursor"].path(machine).mkdir(parents=True)
    passed, said = examine(machine, capsys)
    assert not passed
    assert "failed Cursor: It is not a regular file." in said


@pytest.mark.parametrize(
    ("client", "text"),
    [
        (
            "vscode",
            '{\n  // "servers": {\n  "inputs": [], /* , */\n  "servers": {"bytenite": ENTRY,}, // "last"\n}',
        ),
        ("zed", '// Zed\n{"a": "//", "context_servers": {"bytenite": ENTRY}, /* } */ }'),
        ("gemini", '{"mcpServers": {"bytenite": ENTRY} /* mine\n */}'),
    ],
)
def test_comments_that_a_client_ignores_do_not_hide_an_entry(
    client: str, text: str, machine: Machine
) -> None:
    write(client, machine, {}).write_text(text.replace("ENTRY", json.dumps(DEMO)))
    assert [(one.name, one.entry, one.flaw) for one in find_entries(machine)] == [("bytenite", DEMO, "")]


def test_other_servers_and_their_broken_files_are_let_alone(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    write("cursor", machine, {"command": "touch", "args": [str(machine.home / "started"), "bytenite"]})
    write("windsurf", machine, {}).write_text("{ // mine\n}")
    assert examine(machine, capsys)[0]
    assert not (machine.home / "started").exists()


def test_the_command_that_writes_an_entry_anew_writes_that_one(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    path = CLIENTS["cursor"].path(machine, project=True)
    path.parent.mkdir(parents=True)
    gone = {"command": "/gone/python", "args": ["-m", "bytenite_mcp", "serve", "--demo"]}
    path.write_text(json.dumps({"mcpServers": {"jobs": gone}}))
    said = examine(machine, capsys)[1]
    assert "`bytenite-mcp install cursor --project --demo --name jobs` writes it again." in said
    assert Installation(Request(("cursor",), "jobs", project=True, demo=True), machine, {}).change(
        CLIENTS["cursor"]
    )
    assert examine(machine, capsys)[0]
