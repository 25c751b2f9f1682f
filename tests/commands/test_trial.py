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
