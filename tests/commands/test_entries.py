"""Entries of clients' files: which are this server's, and how an old one is renewed."""

from typing import Any

import pytest

from bytenite_mcp.commands.client import KEY, KEY_FILE, Entry
from bytenite_mcp.commands.entries import is_elsewhere, is_ours, is_same, renew

NEW: Entry = {"command": "python", "args": ["serve"], "env": {KEY: "${KEY}"}}


@pytest.mark.parametrize(
    "words",
    [
        ["/opt/venv/bin/bytenite-mcp"], ["bytenite-mcp.exe", "serve"], ["python", "-m", "bytenite_mcp"],
        ["uvx", "--from", "bytenite-mcp==0.2.0", "bytenite-mcp"], ["uvx bytenite-mcp serve"],
        ["uv", "run", "--directory", "/src/bytenite-mcp", "bytenite-mcp"], ["uvx", "bytenite-mcp@latest"],
        ["/bin/bash", "-lc", "cd /src && exec bytenite-mcp serve"], ["wsl.exe", "--", "bash", "-lc", "bytenite-mcp"],
        ["docker", "run", "-i", "--rm", "images.example/me/bytenite-mcp:0.2.0"],
        ["powershell.exe", "-Command", "& bytenite-mcp serve"], ["env", "-S", "bytenite-mcp serve"],
        ["npx", "supergateway", "--stdio", "bytenite-mcp serve"],
        ["cmd", "/c", r"C:\venv\Scripts\bytenite-mcp.exe"], ["npx", "wrap", "/venv/bin/bytenite-mcp"],
        ["npx", "wrap", r"C:\venv\Scripts\bytenite-mcp.exe"], ["/usr/bin/env", "-S", "A=1 bytenite-mcp serve"],
        ["cmd.exe", "/c", "set A=1&& bytenite-mcp.exe serve"], [r"C:\Windows\wsl.exe", "exec bytenite-mcp serve"],
        ["podman", "run", "images.example/bytenite-mcp:1"], ["nerdctl", "run", "images.example/bytenite-mcp:1"],
        *(["uvx", "--from", f"bytenite-mcp{version}", "x"] for version in ("[a]", ">=1", "<1", "~=1", "!=1", " @ git")),
    ],
)  # fmt: skip
def test_a_command_that_starts_this_server_is_ours(words: list[str]) -> None:
    assert is_ours("jobs", {"command": words[0], "args": words[1:]})
    assert is_ours("jobs", {"command": words})


@pytest.mark.parametrize(
    "words",
    [
        ["npx", "-y", "server-filesystem", "/home/me/src/bytenite-mcp"], ["weather", "--title", "about bytenite-mcp"],
        ["git-server", "--repository", "C:\\src\\bytenite-mcp"], ["bytenite-mcp-proxy"], ["sh", "-c", "bytenite-mcp-x"],
        ["docker", "run", "-v", "/src/bytenite-mcp:/w", "mcp/git"], [],
        ["docker", "run", "-v", "C:\\src\\bytenite-mcp:\\w", "mcp/git"], ["sh", "-c", "cd C:\\bytenite-mcp\\x"],
        ["sh", "-c", "ls /bytenite-mcp/x"], ["sh", "-c", "not-bytenite-mcp"], ["sh", "-c", "bytenite_mcp2"],
        ["sh-tool", "--title", "about bytenite-mcp"],
    ],
)  # fmt: skip
def test_a_command_that_only_mentions_this_server_is_not_ours(words: list[str]) -> None:
    assert not is_ours("bytenite", {"command": words[0] if words else [], "args": words[1:]})


@pytest.mark.parametrize(
    ("name", "entry", "ours"),
    [
        ("jobs", {"url": "https://ByteNite.example/mcp"}, True),
        ("bytenite", {"httpUrl": "https://h.example/mcp"}, True),
        ("bytenite", {"serverUrl": "https://h.example/mcp"}, True),
        ("jobs", {"url": "https://h.example/mcp"}, False),
        ("jobs", {"command": "uvx", "args": "--from . bytenite-mcp"}, True),
        ("bytenite", {}, False),
        ("bytenite", "bytenite-mcp", False),
    ],
)
def test_an_entry_with_a_url_is_ours_by_its_name_or_url(name: str, entry: Any, ours: bool) -> None:
    assert is_ours(name, entry) is ours


@pytest.mark.parametrize("env", [["a"], "a", 5, True, None])
def test_an_env_that_is_no_object_is_replaced(env: Any) -> None:
    assert renew({"command": "bytenite-mcp", "env": env}, NEW, keep_key=True) == NEW


def test_what_a_person_added_is_kept() -> None:
    old = {"command": "bytenite-mcp", "env": {"BYTENITE_TIMEOUT": "20"}, "disabled": True}
    renewed = renew(old, NEW, keep_key=True)
    assert renewed == NEW | {"disabled": True, "env": {"BYTENITE_TIMEOUT": "20", KEY: "${KEY}"}}


def test_what_install_wrote_before_is_not_kept() -> None:
    old = {"type": "stdio", "command": "bytenite-mcp", "args": ["serve"], "env_vars": [KEY], "disabled": True}
    assert renew(old, {"command": "python"}, keep_key=True) == {"command": "python", "disabled": True}


@pytest.mark.parametrize(("keep_key", "key"), [(True, {KEY: "typed"}), (False, {KEY_FILE: "/key"})])
def test_an_entry_has_one_source_of_the_key(keep_key: bool, key: dict[str, str]) -> None:
    old = {"command": "bytenite-mcp", "env": {KEY: "typed", "BYTENITE_TIMEOUT": "20"}}
    renewed = renew(old, {"command": "python", "env": {KEY_FILE: "/key"}}, keep_key=keep_key)
    assert renewed == {"command": "python", "env": {"BYTENITE_TIMEOUT": "20", **key}}


def test_a_slash_at_the_end_makes_no_other_url() -> None:
    one, other = {"url": "https://h.example/mcp"}, {"url": "https://h.example/mcp/"}
    assert not is_elsewhere(one, other)
    assert not is_elsewhere(other, one)


def test_nothing_is_kept_for_another_url_because_headers_hold_tokens() -> None:
    old = {"url": "https://one.example/mcp", "headers": {"Authorization": "Bearer x"}, "disabled": True}
    new: Entry = {"url": "https://two.example/mcp"}
    assert renew(old, new, keep_key=True) == new
    assert renew(old, {"url": old["url"]}, keep_key=True) == old


def test_default_members_make_no_difference() -> None:
    assert is_same(NEW, NEW | {"type": "stdio", "cwd": ""})
    assert not is_same(NEW, NEW | {"cwd": "/somewhere"})
