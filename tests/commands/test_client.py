"""What is known of a client: its files, and the entry as it wants it."""

from pathlib import Path

from bytenite_mcp.commands.client import KEY, Client, Server
from tests.commands.homes import make_machine, own

LOCAL = Server("bytenite", ["python", "-m", "bytenite_mcp"], {"BYTENITE_TIMEOUT": "9"}, needs_key=True)
REMOTE = Server("bytenite", url="https://h.example/mcp")


def make_client(**members: str) -> Client:
    return Client("one", "One", lambda machine: machine.home / ".one" / "mcp.json", "Restart it.", **members)  # type: ignore[arg-type]


def test_an_entry_starts_the_command_with_its_settings_and_the_placeholder_of_the_key() -> None:
    assert make_client(placeholder="${KEY}").write(LOCAL) == {
        "command": "python",
        "args": ["-m", "bytenite_mcp"],
        "env": {"BYTENITE_TIMEOUT": "9", KEY: "${KEY}"},
    }


def test_a_client_that_fills_in_no_key_gets_no_placeholder() -> None:
    assert KEY not in make_client().make_environment(LOCAL)


def test_an_entry_of_a_url_has_it_under_the_clients_name_for_it() -> None:
    assert make_client(url_member="serverUrl").write(REMOTE) == {"serverUrl": "https://h.example/mcp"}


def test_a_client_may_write_an_entry_in_a_form_of_its_own() -> None:
    client = Client(
        "one", "One", lambda machine: machine.home, "", shape=lambda _, server: {"odd": server.name}
    )
    assert client.write(LOCAL) == {"odd": "bytenite"}


def test_a_project_has_its_file_in_its_folder(tmp_path: Path) -> None:
    machine, client = make_machine(tmp_path), make_client(project_file=".one.json")
    assert client.path(machine, project=True) == machine.folder / ".one.json"
    assert client.path(machine) == machine.home / ".one" / "mcp.json"


def test_a_client_seems_installed_where_its_folder_or_program_is(tmp_path: Path) -> None:
    machine = make_machine(tmp_path, **own(tmp_path, "one", "exit 0"))
    assert not make_client().is_installed(machine)
    assert make_client(program="one").is_installed(machine)
    (machine.home / ".one").mkdir()
    assert make_client().is_installed(machine)
