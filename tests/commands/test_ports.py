"""Listening on an address."""

import pytest

from bytenite_mcp.commands.ports import listen
from bytenite_mcp.config import SettingsError


def test_an_address_that_cannot_be_had_is_named_with_the_reason_in_the_words_of_the_system() -> None:
    with pytest.raises(
        SettingsError, match=r"^Cannot listen on no\.such\.host\.invalid port 0: [^(]+\. --port 0"
    ):
        listen("no.such.host.invalid", 0)
