"""Recognizes this server's entries in clients' files, compares them, and renews old ones."""

import re
from collections.abc import Mapping

from bytenite_mcp.commands.client import KEY, KEY_FILE, Entry, get_settings

_KEYS = {KEY, KEY_FILE}
_WRITTEN = ("type", "command", "args", "env", "env_vars", "url", "httpUrl", "serverUrl")
"""The members that `install` writes."""

_OURS = re.compile(r"(?:^|[\s/\\])bytenite[-_]mcp(?![\w/\\-]|:[/\\])")
_OUR_WORD = re.compile(r"(?:.*[/\\](?:bin|Scripts)[/\\])?bytenite[-_]mcp(?:\.exe)?(?:[=@<>~!\[\s].*)?")
_TAKES_ANY_WORD = re.compile(
    r"(?:.*[/\\])?(?:\w*sh|powershell|env|cmd|wsl|docker|podman|nerdctl)(?:\.exe)?", re.IGNORECASE
)
"""Commands whose arguments are command lines or images, which may name this server anywhere."""


def is_ours(name: str, entry: object) -> bool:
    """Whether an entry starts this server, or connects to one."""
    if not isinstance(entry, Mapping):
        return False
    given = entry.get("args")
    words = given.split() if isinstance(given, str) else as_list(given)
    command, *args = map(str, [*(as_list(entry.get("command")) or [""]), *words])
    is_named = _OURS.search if _TAKES_ANY_WORD.fullmatch(command) else _OUR_WORD.fullmatch
    if _OURS.search(command) or any(map(is_named, args)):
        return True
    url = get_url(entry)
    return bool(url) and "bytenite" in f"{name} {url}".lower()


def get_url(entry: Mapping[str, object]) -> str:
    """Return the URL of an entry, or "" if the client starts a command."""
    return str(entry.get("url") or entry.get("httpUrl") or entry.get("serverUrl") or "")


def find_switch(file: Mapping[str, object], name: str, entry: Mapping[str, object]) -> str:
    """Return the member of a client's file that turns an entry off; "" if none does."""
    for switch, off in (("enabled", False), ("disabled", True)):
        if entry.get(switch) is off:
            return f"{switch}: {str(off).lower()}"
    # In Gemini CLI's settings, a list each.
    rules = file.get("mcp")
    if not isinstance(rules, Mapping):
        return ""
    allowed, excluded = rules.get("allowed"), rules.get("excluded")
    if isinstance(excluded, list) and name in excluded:
        return "mcp.excluded"
    return "mcp.allowed" if isinstance(allowed, list) and allowed and name not in allowed else ""


def is_same(one: Mapping[str, object], other: Mapping[str, object]) -> bool:
    """Whether two entries mean the same; empty members and the default type do not count."""

    def normalize(entry: Mapping[str, object]) -> Entry:
        return {name: value for name, value in entry.items() if value and (name, value) != ("type", "stdio")}

    return normalize(one) == normalize(other)


def is_elsewhere(old: Mapping[str, object], new: Mapping[str, object]) -> bool:
    """Whether two entries lead to different servers: to different URLs, or only one to a URL."""
    return get_url(old).rstrip("/") != get_url(new).rstrip("/")


def renew(old: Mapping[str, object], new: Entry, *, keep_key: bool) -> Entry:
    """Return the new entry with what a person added to the old one: settings, options of the client, and the key.

    Args:
        old: The entry in the file.
        new: The entry that `install` would write into an empty file.
        keep_key: Whether to keep the old entry's key, or file of the key.
    """
    # Headers, too, belong to one server.
    if is_elsewhere(old, new):
        return new
    kept, env = get_settings(old), get_settings(new)
    without_key = env if keep_key and _KEYS & kept.keys() else kept
    for name in _KEYS & without_key.keys():
        del without_key[name]
    entry = {**new, **{name: value for name, value in old.items() if name not in (*_WRITTEN, *new)}}
    return {**entry, **({"env": {**kept, **env}} if kept or env else {})}


def as_list(value: object) -> list[object]:
    """Return a list or tuple as a list, and any other value as a list of it."""
    return list(value) if isinstance(value, list | tuple) else [value]
