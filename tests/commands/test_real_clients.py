"""The command lines of Claude Code, Gemini CLI and Codex accept what `install` passes them, and read it back."""

import json
import os
import shutil
import subprocess
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bytenite_mcp.commands.clients import CLIENTS
from bytenite_mcp.commands.install import Request, install
from bytenite_mcp.commands.machine import Machine

from .homes import OFFER

BIN = Path(__file__).parents[2] / "packaging" / "node_modules" / ".bin"
"""Where packaging/tools installs them."""

NAMES = {"claude-code": "claude", "gemini": "gemini", "codex": "codex"}
CI = bool(os.environ.get("CI"))
CONNECTED = {"claude-code": "✔ Connected", "gemini": "bytenite", "codex": "enabled"}
"""What each says about an entry; Gemini CLI starts no server in an untrusted folder, and Codex none to list it."""


def missing(client: str) -> bool:
    return not (shutil.which("node") and (BIN / NAMES[client]).exists())


# In CI a missing client fails the tests, because nobody reads there what was skipped.
pytestmark = [
    pytest.mark.clients,
    pytest.mark.skipif(any(map(missing, NAMES)) and not CI, reason="packaging/tools installs the clients"),
]
clients = pytest.mark.parametrize("client", NAMES)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    home, folder = tmp_path / "home", tmp_path / "project"
    home.mkdir()
    folder.mkdir()
    path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    return Machine({"PATH": path, "HOME": str(home), "BYTENITE_API_KEY": "a-SECRET"}, "Linux", home, folder)


def ask(client: str, machine: Machine, *words: str) -> str:
    done = subprocess.run(
        [BIN / NAMES[client], *words], env=dict(machine.environ), cwd=machine.folder, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", timeout=120, check=True,
    )  # fmt: skip
    return done.stdout


def servers(client: str, machine: Machine) -> Mapping[str, Any]:
    path = CLIENTS[client].path(machine)
    text = path.read_text()
    value = tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
    return dict(value.get(CLIENTS[client].key, {}))


@clients
def test_it_is_added_by_the_clients_own_command_seen_and_removed(
    client: str, machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    assert install(Request((client,), demo=True), machine) == 0
    said = capsys.readouterr().out
    assert f"ran `{NAMES[client]} mcp add " in said
    assert f"it was started, and offers {OFFER}" in said
    listed = " ".join(ask(client, machine, "mcp", "list").split())
    assert f"{machine.python} -P -m bytenite_mcp serve --demo" in listed
    assert CONNECTED[client] in listed
    assert install(Request((client,), demo=True), machine) == 0
    assert "already has it" in capsys.readouterr().out
    assert install(Request((client,), remove=True), machine) == 0
    assert f"ran `{NAMES[client]} mcp remove " in capsys.readouterr().out
    assert servers(client, machine) == {}


@clients
def test_what_is_written_into_its_file_is_what_it_writes_itself_and_it_reads_it(
    client: str, machine: Machine
) -> None:
    assert install(Request((client,)), machine) == 0
    theirs = servers(client, machine)["bytenite"]
    alone = Machine({**machine.environ, "PATH": ""}, "Linux", machine.home, machine.folder)
    assert install(Request((client,), name="ours"), alone) == 0
    assert {key: value for key, value in theirs.items() if value} == servers(client, machine)["ours"] | (
        {"type": "stdio"} if "type" in theirs else {}
    )
    listed = ask(client, machine, "mcp", "list")
    assert "ours" in listed
    assert "SECRET" not in listed + CLIENTS[client].path(machine).read_text()


@clients
def test_an_address_is_taken_too(client: str, machine: Machine) -> None:
    assert install(Request((client,), url="http://127.0.0.1:9/mcp"), machine) == 1
    assert servers(client, machine)["bytenite"]["url"] == "http://127.0.0.1:9/mcp"
    assert "http://127.0.0.1:9/mcp" in ask(client, machine, "mcp", "list")


@clients
def test_a_file_for_a_project_is_one_it_reads(client: str, machine: Machine) -> None:
    assert install(Request((client,), project=True, demo=True), machine) == 0
    assert CLIENTS[client].path(machine, project=True).exists()
    if client == "codex":
        # It only reads those of folders that its user trusts.
        home = CLIENTS[client].path(machine)
        home.parent.mkdir()
        home.write_text(f'[projects."{machine.folder}"]\ntrust_level = "trusted"\n')
    assert "bytenite_mcp" in ask(client, machine, "mcp", "list")
