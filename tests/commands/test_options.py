"""The options of each command: their defaults, and the values that they take and refuse."""

import argparse
from collections.abc import Callable
from typing import Any

import pytest

from bytenite_mcp.commands.options import (
    add_demo_options,
    add_install_options,
    add_serve_options,
    add_simulate_options,
)
from bytenite_mcp.simulator import Fault

Add = Callable[[argparse.ArgumentParser], None]


def parse(add: Add, *words: str) -> dict[str, Any]:
    parser = argparse.ArgumentParser(exit_on_error=False)
    add(parser)
    return vars(parser.parse_args(words))


def test_options_for_http_are_none_unless_given() -> None:
    given = parse(add_serve_options)
    assert {name for name, value in given.items() if value is not None} == {"demo", "http"}
    assert parse(add_serve_options, "--port", "0", "--allowed-host", "a", "--allowed-host", "b") == given | {
        "port": 0,
        "allowed_host": ["a", "b"],
    }


def test_a_client_is_named_in_any_spelling() -> None:
    assert parse(add_install_options, "Claude Code", "vs_code".replace("_", ""))["clients"] == [
        "claude-code",
        "vscode",
    ]


def test_faults_and_meanings_are_read_and_may_be_repeated() -> None:
    given = parse(add_simulate_options, "--fault", "500:times=2", "--fault", "slow", "--meaning", "gt-is-gte")
    assert given["fault"] == [Fault.parse("500:times=2"), Fault.parse("slow")]
    assert (given["meaning"], given["jobs"], given["port"]) == (["gt-is-gte"], 200, 8787)


def test_the_demo_is_shown_in_the_terminal_unless_a_view_is_asked_for() -> None:
    assert parse(add_demo_options) == {"view": False}
    assert parse(add_demo_options, "--view") == {"view": True}


@pytest.mark.parametrize(
    ("add", "words", "said"),
    [
        (add_serve_options, ["--port", "-1"], "a port is a number from 0 to 65535"),
        (add_serve_options, ["--port", "65536"], "a port is a number from 0 to 65535"),
        (add_simulate_options, ["--jobs", "1.5"], "a count is a whole number of at most 1,000,000"),
        (add_simulate_options, ["--jobs", "-1"], "a count is a whole number of at most 1,000,000"),
        (add_simulate_options, ["--jobs", "1000001"], "a count is a whole number of at most 1,000,000"),
        (add_simulate_options, ["--jobs", "9" * 50], "a count is a whole number of at most 1,000,000"),
        (add_simulate_options, ["--fault", "flood"], "unknown kind of fault 'flood'"),
        (add_simulate_options, ["--meaning", "flood"], "unknown meaning 'flood'"),
        (add_install_options, ["claude-cod"], "did you mean claude-code?"),
        (add_install_options, ["--name", "1st"], "a name is a letter and at most 31 more"),
        (add_install_options, ["--http", "h.example"], "https://bytenite.example.com/mcp"),
        (add_install_options, ["--demo", "--remove"], "not allowed with argument"),
        (add_install_options, ["--http", "https://b.example/mcp", "--remove"], "not allowed with argument"),
    ],
)
def test_a_value_that_cannot_be_meant_is_refused_with_what_can(add: Add, words: list[str], said: str) -> None:
    with pytest.raises(argparse.ArgumentError) as refused:
        parse(add, *words)
    assert said in str(refused.value)
