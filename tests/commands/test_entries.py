"""Entries of clients' files: how an old one is renewed."""

from typing import Any

import pytest

from bytenite_mcp.commands.client import KEY, Entry
from bytenite_mcp.commands.entries import is_same, renew

NEW: Entry = {"command": "python", "args": ["serve"], "env": {KEY: "${KEY}"}}


@pytest.mark.parametrize("env", [["a"], "a", 5, True, None])
def test_an_env_that_is_no_object_is_replaced(env: Any) -> None:
    assert renew({"command": "bytenite-mcp", "env": env}, NEW, keep_key=True) == NEW


def test_what_a_person_added_is_kept() -> None:
    old = {"command": "bytenite-mcp", "env": {"BYTENITE_TIMEOUT": "20"}, "disabled": True}
    renewed = renew(old, NEW, keep_key=True)
    assert renewed == NEW | {"disabled": True, "env": {"BYTENITE_TIMEOUT": "20", KEY: "${KEY}"}}


def test_default_members_make_no_difference() -> None:
    assert is_same(NEW, NEW | {"type": "stdio", "cwd": ""})
    assert not is_same(NEW, NEW | {"cwd": "/somewhere"})
