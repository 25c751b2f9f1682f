"""What `serve` refuses, in one line, and the options that it tells."""

import logging
import socket

import pytest

from bytenite_mcp.cli import main
from tests.server.serving import TOKEN


@pytest.mark.parametrize(
    ("options", "tokens", "lacks"),
    [
        (["--host", "0.0.0.0"], "", ["BYTENITE_MCP_TOKENS", "--allowed-host"]),
        (["--host", "::"], "", ["BYTENITE_MCP_TOKENS", "--allowed-host"]),
        (["--host", ""], "", ["BYTENITE_MCP_TOKENS", "--allowed-host"]),
        (["--host", "192.0.2.1", "--allowed-host", "mcp.example.com"], "", ["BYTENITE_MCP_TOKENS"]),
        (["--host", "0.0.0.0", "--demo", "--key-from-header"], TOKEN, ["--allowed-host"]),
        (["--allowed-host", "https://mcp.example.com/"], TOKEN, ["without scheme or path"]),
        (["--allowed-host", "*"], TOKEN, ["without scheme or path"]),
        (["--host", "203.0.113.1.example"], TOKEN, ["--allowed-host"]),
        ([], "short", ["16 or more"]),
    ],
)
def test_it_does_not_start_open(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    tokens: str,
    lacks: list[str],
) -> None:
    monkeypatch.setenv("BYTENITE_MCP_TOKENS", tokens)
    monkeypatch.setattr(logging, "basicConfig", lambda **_: None)

    assert main(["serve", "--http", *options]) == 2
    said = capsys.readouterr().err
    assert all(word in said for word in lacks)
    assert len(said.splitlines()) == 1


def test_an_address_that_is_taken_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = str(listening.getsockname()[1])
        assert main(["serve", "--http", "--demo", "--port", port]) == 2
    assert f"Cannot listen on 127.0.0.1 port {port}: " in capsys.readouterr().err


@pytest.mark.parametrize(
    "options", [["--port", "8000"], ["--host", "127.0.0.1"], ["--allowed-host", "x"], ["--key-from-header"]]
)
def test_an_option_of_http_is_refused_without_it(
    options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["serve", *options]) == 2
    assert f"{options[0]}: only with --http" in capsys.readouterr().err


@pytest.mark.parametrize("port", ["99999", "-1", "http"])
def test_what_is_no_port_is_refused(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["serve", "--http", f"--port={port}"])
    assert "a number from 0 to 65535" in capsys.readouterr().err


def test_options_of_http_are_told_in_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["serve", "--help"])
    said = capsys.readouterr().out
    assert all(f"--{name}" in said for name in ("http", "host", "port", "allowed-host", "key-from-header"))
