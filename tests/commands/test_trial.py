"""A server started from its entry: its output is sanitized for the terminal."""

import os
import sys

import pytest

from bytenite_mcp.commands.trial import CannotStart, try_entry

pytestmark = pytest.mark.anyio


async def test_the_last_words_of_a_server_that_ends_are_shown_without_control_characters() -> None:
    program = "import sys; sys.exit('\\x1b[2Jgone \\u202ebad\\x07')"
    with pytest.raises(CannotStart) as refused:
        await try_entry({"command": sys.executable, "args": ["-X", "utf8", "-c", program]}, os.environ, "")
    assert str(refused.value) == "It ended: gone <U+202E>bad<U+0007>"


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ({"command": 5, "args": "--demo"}, "Its command does not exist: 5."),
        ({"command": sys.executable, "args": 7}, "It ended: "),
        ({"command": sys.executable, "cwd": 5}, "Its folder does not exist: 5."),
        ({"command": sys.executable, "cwd": ["a"]}, "Its folder does not exist: ['a']."),
        (
            {"command": sys.executable, "env": {"A=B": "c", "": "d"}},
            "It cannot be started (illegal environment variable name).",
        ),
        ({"args": []}, "It names no command."),
    ],
)
async def test_an_entry_that_cannot_be_started_is_explained_even_if_its_members_have_wrong_types(
    entry: dict[str, object], told: str
) -> None:
    with pytest.raises(CannotStart) as refused:
        await try_entry(entry, os.environ, "")
    assert str(refused.value).startswith(told)
