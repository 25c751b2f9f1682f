"""The table of clients agrees with itself."""

import re
from pathlib import Path

import pytest

from bytenite_mcp.commands.client import KEY, Client, Server, get_settings
from bytenite_mcp.commands.clients import CLIENTS
from tests.commands.homes import make_machine

EVERY = pytest.mark.parametrize("client", CLIENTS.values(), ids=list(CLIENTS))
LOCAL = Server("bytenite", ["python", "-m", "bytenite_mcp"], {"BYTENITE_TIMEOUT": "9"}, needs_key=True)
REMOTE = Server("bytenite", url="https://h.example/mcp")


@EVERY
def test_its_file_is_in_the_home_folder_on_every_system(client: Client, tmp_path: Path) -> None:
    for system in ("Linux", "Darwin", "Windows"):
        folder = tmp_path / system
        folder.mkdir()
        machine = make_machine(folder, system)
        assert client.path(machine).is_relative_to(machine.home)


@EVERY
def test_an_entry_names_the_command_and_never_holds_a_key(client: Client) -> None:
    entry = str(client.write(LOCAL))
    assert "bytenite_mcp" in entry
    assert "'9'" in entry
    assert KEY not in get_settings(client.write(Server("bytenite", ["python"])))


def test_a_placeholder_is_a_variable_that_the_client_fills_in() -> None:
    filling = [client for client in CLIENTS.values() if client.placeholder and client.variables]
    assert filling
    assert all(re.search(client.variables, client.placeholder) for client in filling)


def test_an_entry_of_a_url_holds_it_unless_the_client_takes_none() -> None:
    connecting = [client for client in CLIENTS.values() if client.url_member]
    assert connecting
    assert all(REMOTE.url in client.write(REMOTE).values() for client in connecting)


def test_a_clients_own_command_adds_and_removes_an_entry_by_its_name() -> None:
    commanded = [client for client in CLIENTS.values() if client.add]
    assert commanded
    for client in commanded:
        assert client.program
        assert client.add
        assert "bytenite" in " ".join(client.add(REMOTE, client.write(REMOTE), "user") or [])
        if client.remove and (words := client.remove("bytenite", "user")):
            assert words[-1] == "bytenite"
