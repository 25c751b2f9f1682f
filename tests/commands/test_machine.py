"""The machine: where programs keep their files, and what is found on it."""

from pathlib import Path

import pytest

from bytenite_mcp.commands.machine import Machine
from bytenite_mcp.config import SettingsError
from tests.commands.homes import make_machine, own


def test_a_batch_file_of_windows_which_would_change_quotes_is_not_run(tmp_path: Path) -> None:
    machine = make_machine(tmp_path, **own(tmp_path, "claude.cmd", "exit 1"))
    assert machine.find("claude.cmd") is None


@pytest.mark.parametrize(
    ("system", "environ", "place"),
    [
        ("Linux", {}, "home/.config"),
        ("Linux", {"XDG_CONFIG_HOME": "/xdg"}, "/xdg"),
        ("Linux", {"XDG_CONFIG_HOME": " "}, "home/.config"),
        ("Darwin", {"XDG_CONFIG_HOME": "/xdg"}, "home/Library/Application Support"),
        ("Windows", {}, "home/AppData/Roaming"),
        ("Windows", {"APPDATA": "/roaming"}, "/roaming"),
    ],
)
def test_programs_keep_their_settings_where_the_system_says(
    system: str, environ: dict[str, str], place: str
) -> None:
    machine = Machine(environ, system, Path("home"), Path("project"))
    assert machine.app_data == Path(place)
    assert machine.key_file.parent.parent == machine.app_data


@pytest.mark.parametrize(
    ("name", "error", "said"),
    [
        ("home", RuntimeError(), "no home folder.*set HOME"),
        ("cwd", FileNotFoundError(), "current folder cannot be read"),
    ],
)
def test_a_user_without_a_home_or_a_current_folder_is_told_so(
    name: str, error: Exception, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(Path, name, fail)
    with pytest.raises(SettingsError, match=said):
        Machine({})


def test_the_server_is_started_by_this_python_and_not_by_modules_of_the_folder() -> None:
    assert Machine({}, python="/usr/bin/python").command == [
        "/usr/bin/python", "-P", "-m", "bytenite_mcp", "serve",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("python", "cached"),
    [
        ("/home/me/.cache/uv/archive-v0/3f/bin/python", True),
        ("/home/me/.local/share/uv/tools/x/bin/python", False),
    ],
)
def test_a_cache_that_may_be_cleared_is_known(python: str, cached: bool) -> None:
    assert Machine({}, python=python).runs_from_cache is cached


def test_a_program_is_found_on_the_path_of_the_machine_alone(tmp_path: Path) -> None:
    machine = make_machine(tmp_path, **own(tmp_path, "claude", "exit 0"))
    assert machine.find("claude") == str(tmp_path / "bin" / "claude")
    assert make_machine(tmp_path / "bin").find("claude") is None


def test_a_folder_is_the_one_that_a_variable_names() -> None:
    assert Machine({"CODEX_HOME": "/c"}, home=Path("home")).find_folder("CODEX_HOME", ".codex") == Path("/c")
    assert Machine({}, home=Path("home")).find_folder("CODEX_HOME", ".codex") == Path("home/.codex")
