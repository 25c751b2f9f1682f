"""Clients' own commands: each word is an argument, and a failure is told with what the command said."""

from pathlib import Path

import pytest

from bytenite_mcp.commands.clients import CLIENTS
from bytenite_mcp.commands.config_file import LeftAlone
from bytenite_mcp.commands.own_command import run, spell
from tests.commands.homes import make_machine, own

CLAUDE = CLIENTS["claude-code"]


def test_each_word_reaches_the_command_as_it_is(tmp_path: Path) -> None:
    machine = make_machine(tmp_path, **own(tmp_path, "claude", f'printf "%s\\n" "$@" > "{tmp_path}/asked"'))
    run(CLAUDE, ["mcp", "a b", "$HOME", "it's"], machine)
    assert (tmp_path / "asked").read_text().splitlines() == ["mcp", "a b", "$HOME", "it's"]


def test_it_runs_in_the_folder_and_with_the_environment_of_the_machine(tmp_path: Path) -> None:
    script = own(tmp_path, "claude", f'echo "$PWD $COLOR" > "{tmp_path}/asked"')
    machine = make_machine(tmp_path, COLOR="blue", **script)
    run(CLAUDE, [], machine)
    assert (tmp_path / "asked").read_text() == f"{machine.folder} blue\n"


def test_a_failure_is_told_with_the_end_of_what_was_said(tmp_path: Path) -> None:
    lines = "\n".join(f"line {number} of an explanation that goes on and on and on" for number in range(20))
    failing = f"echo '{lines}'; exit 3"
    machine = make_machine(tmp_path, **own(tmp_path, "claude", failing))
    with pytest.raises(LeftAlone, match=r"^`claude mcp 'a b'` failed: .*line 19 of an explanation") as failed:
        run(CLAUDE, ["mcp", "a b"], machine)
    assert len(str(failed.value)) < 600


def test_a_failure_is_told_without_secrets(tmp_path: Path) -> None:
    machine = make_machine(tmp_path, **own(tmp_path, "claude", "echo 'JIRA_TOKEN=hunter2-swordfish'; exit 1"))
    with pytest.raises(LeftAlone) as failed:
        run(CLAUDE, [], machine)
    assert "JIRA_TOKEN=[withheld]" in str(failed.value)


def test_a_program_that_cannot_be_started_is_told(tmp_path: Path) -> None:
    machine = make_machine(tmp_path, **own(tmp_path, "claude", "exit 0"))
    (tmp_path / "bin" / "claude").write_bytes(b"\x7fELF no program")
    with pytest.raises(LeftAlone, match="failed: "):
        run(CLAUDE, [], machine)


def test_a_command_is_shown_as_a_person_would_type_it() -> None:
    assert spell(CLAUDE, ["mcp", "add", "a b"]) == "claude mcp add 'a b'"
