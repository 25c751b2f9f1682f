"""The command lines of Claude Code, Gemini CLI and Codex accept what `install` passes them, and read it back."""

import json
import os
import shutil
import subprocess
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bytenite_mcp.commands.clients import CLIENTS
from bytenite_mcp.commands.install import Request, install
from bytenite_mcp.commands.machine import Machine
from tests.commands.homes import OFFER

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
PASSED_ON = ("env", "env_vars")
"""The members that pass the key on, which its own command was not asked for."""

URL = "http://127.0.0.1:9/mcp"


@pytest.fixture(scope="module", params=NAMES)
def client(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def make_machine(root: Path) -> Machine:
    home, folder = root / "home", root / "project"
    home.mkdir()
    folder.mkdir()
    environment = {
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(home),
        "BYTENITE_API_KEY": "a-SECRET",
        # Otherwise Gemini CLI starts itself a second time, with more memory.
        "GEMINI_CLI_NO_RELAUNCH": "true",
    }
    return Machine(environment, "Linux", home, folder)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return make_machine(tmp_path)


@dataclass(frozen=True)
class Entered:
    """A machine with four entries, and the client's list of them, which takes seconds.

    Attributes:
        machine: The machine.
        listed: What the client lists: `bytenite`, which its own command wrote, `ours`, `far` and `shared`.
    """

    machine: Machine
    listed: str


@pytest.fixture(scope="module")
def entered(client: str, tmp_path_factory: pytest.TempPathFactory) -> Entered:
    machine = make_machine(tmp_path_factory.mktemp(client))
    alone = Machine({**machine.environ, "PATH": ""}, "Linux", machine.home, machine.folder)
    add_by_its_command(client, machine)
    assert install(Request((client,), name="ours"), alone) == 0
    assert install(Request((client,), name="far", url=URL), machine) == 1, "no server answers there"
    assert install(Request((client,), name="shared", project=True, demo=True), machine) == 0
    if client == "codex":
        # It only reads files of folders that its user trusts.
        with CLIENTS[client].path(machine).open("a") as file:
            file.write(f'\n[projects."{machine.folder}"]\ntrust_level = "trusted"\n')
    return Entered(machine, ask(client, machine, "mcp", "list"))


def add_by_its_command(client: str, machine: Machine) -> None:
    command, *args = machine.command
    words = {
        "claude-code": ["-s", "user", "bytenite", "--", command, *args],
        "gemini": ["-s", "user", "bytenite", command, "--", *args],
        "codex": ["bytenite", "--", command, *args],
    }[client]
    ask(client, machine, "mcp", "add", *words)


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


def test_it_is_added_seen_and_removed(
    client: str, machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    assert install(Request((client,), demo=True), machine) == 0
    said = capsys.readouterr().out
    assert ("ran `claude mcp add " in said) == (client == "claude-code")
    assert f"it was started, and offers {OFFER}" in said
    listed = " ".join(ask(client, machine, "mcp", "list").split())
    assert f"{machine.python} -P -m bytenite_mcp serve --demo" in listed
    assert CONNECTED[client] in listed
    assert install(Request((client,), demo=True), machine) == 0
    assert "already has it" in capsys.readouterr().out
    assert install(Request((client,), remove=True), machine) == 0
    assert ("ran `claude mcp remove " in capsys.readouterr().out) == (client == "claude-code")
    assert servers(client, machine) == {}


def test_a_client_reads_our_entry_which_equals_the_one_that_its_own_command_writes(
    client: str, entered: Entered
) -> None:
    written = servers(client, entered.machine)
    theirs, ours = (
        {member: value for member, value in written[name].items() if value and member not in PASSED_ON}
        for name in ("bytenite", "ours")
    )
    assert theirs == ours | ({"type": "stdio"} if "type" in theirs else {})
    assert "ours" in entered.listed
    assert "SECRET" not in entered.listed + CLIENTS[client].path(entered.machine).read_text()


def test_an_address_is_taken_too(client: str, entered: Entered) -> None:
    assert servers(client, entered.machine)["far"]["url"] == URL
    assert URL in entered.listed


def test_a_file_for_a_project_is_one_it_reads(client: str, entered: Entered) -> None:
    assert CLIENTS[client].path(entered.machine, project=True).exists()
    assert "shared" in entered.listed
    assert "serve --demo" in entered.listed
