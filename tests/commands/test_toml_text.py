"""One table of a TOML text is set or removed, and every other line stays where it is."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bytenite_mcp.commands import toml_text

MEMBERS = {"command": "new", "env": {"A": "1"}}

APPENDED = {
    "": "",
    '# nothing yet\n': "\n",
    'model = "o3"': "\n\n",
    '[servers.a]\ncommand = "x"\n\n[[hooks]]\nn = 1\n\n[servers.b]\ncommand = "y"\n# end\n': "\n",
    'servers.a.command = "x"\n\n': "",
}  # fmt: skip
"""Texts, and what stands between each and the table."""

STANDING = {
    '[servers.own] # mine\ncommand = "old" # why\n# slow\nslow = 1\n\n# about the next\n[tui]\nt = 1\n':
    '[servers.own] # mine\ncommand = "new" # why\n# slow\n\n[servers.own.env]\nA = "1"\n'
    '\n# about the next\n[tui]\nt = 1\n',
    '[servers.a]\n\n[[hooks]]\n\n[ "servers" . \'own\' ]\ncommand = "old"\nenv = { A = "1" }\n[servers.own_too]\n':
    '[servers.a]\n\n[[hooks]]\n\n[ "servers" . \'own\' ]\ncommand = "new"\nenv = { A = "1" }\n[servers.own_too]\n',
    'a = """\n[servers.own]\n"""\n[servers]\nown = { command = "old", env = { A = "1" } } # mine\nz = {}\n':
    'a = """\n[servers.own]\n"""\n[servers]\nown = { command = "new", env = { A = "1" } } # mine\nz = {}\n',
    'servers.own.command = "old"\nservers.own.env.A = "1"\n[tui]\n':
    'servers.own.command = "new"\nservers.own.env.A = "1"\n[tui]\n',
}  # fmt: skip


@pytest.mark.parametrize("text", APPENDED)
def test_a_new_table_is_appended_and_taken_out_again(text: str) -> None:
    after = toml_text.put(text, "servers", "own", MEMBERS)
    table = '[servers.own]\ncommand = "new"\n\n[servers.own.env]\nA = "1"\n'
    assert after == text + APPENDED[text] + table
    assert toml_text.remove(after, "servers", "own") == (text.rstrip("\n") + "\n" if text else "")


@pytest.mark.parametrize("text", STANDING)
def test_a_table_is_changed_where_it_stands_and_keeps_its_comments(text: str) -> None:
    after = toml_text.put(text, "servers", "own", MEMBERS)
    assert after == STANDING[text]
    windows = toml_text.put(text.replace("\n", "\r\n"), "servers", "own", MEMBERS)
    assert windows == after.replace("\n", "\r\n")


@pytest.mark.parametrize("text", STANDING)
def test_removing_a_table_removes_its_lines_alone(text: str) -> None:
    after = toml_text.remove(text, "servers", "own")
    lines = iter(text.splitlines())
    assert all(line in lines for line in after.splitlines())
    before = tomllib.loads(text)
    del before["servers"]["own"]
    assert {"servers": {}, **tomllib.loads(after)} == before


def test_a_parent_without_other_tables_is_removed_too() -> None:
    text = 'servers = { own = { command = "old" } }\nz = 1\n'
    assert toml_text.remove(text, "servers", "own") == "z = 1\n"


def test_line_ends_of_both_kinds_stay_as_they_are() -> None:
    text = "a = 1\r\nb = 2\n"
    assert toml_text.put(text, "servers", "own", MEMBERS).startswith(text)


def test_a_text_that_tomlkit_would_reorder_is_returned_as_it_is() -> None:
    text = '[servers.a]\n[[hooks]]\n[servers.own]\ncommand = "old"\n[tui]\n[servers.own.env]\nA = "1"\n'
    assert toml_text.put(text, "servers", "own", MEMBERS) == text
    assert toml_text.remove(text, "servers", "own") == text


OWN = '[servers.own] # mine\ncommand = "old"\n'
BLOCKS = (
    OWN,
    '[servers.a]\ncommand = "x"\n',
    '[servers.a.env]\nOWN = "[servers.own]"\n',
    '[servers."b.own"]\nargs = [\n  "x", # one\n]\n',
    "[[hooks]]\nn = 1\n\n[[hooks.own]]\nn = 2\n",
    '[tui]\ntext = """\na\n"""\n',
    "# a comment\n",
    "\n\n",
)


def filled(text: str) -> list[str]:
    return [line for line in text.splitlines() if line]


@given(st.lists(st.sampled_from(BLOCKS), unique=True), st.sampled_from(["\n", "\r\n"]))
def test_all_other_lines_stay_wherever_tables_stand(blocks: list[str], line_end: str) -> None:
    text = "".join(blocks).replace("\n", line_end)
    after = toml_text.put(text, "servers", "own", MEMBERS)
    before = tomllib.loads(text)
    assert tomllib.loads(after) == {**before, "servers": {**before.get("servers", {}), "own": MEMBERS}}
    rest = toml_text.remove(after, "servers", "own")
    assert filled(rest) == filled("".join(block for block in blocks if block != OWN))
