"""Entries of clients' files: which are of this server, which are equal, and how an old one is renewed."""

import re
from collections.abc import Mapping

from bytenite_mcp.commands.client import KEY, KEY_FILE, Entry, settings_of

_KEYS = {KEY, KEY_FILE}
_WRITTEN = ("type", "command", "args", "env", "env_vars", "url", "httpUrl", "serverUrl")
"""The members that `install` writes."""

_OURS = re.compile(r"(?:^|[\s/\\])bytenite[-_]mcp(?![\w/\\-])")


def is_ours(name: str, entry: object) -> bool:
    """Whether an entry starts this server, or connects to one."""
    if not isinstance(entry, Mapping):
        return False
    words = [*as_list(entry.get("command")), *as_list(entry.get("args"))]
    url = entry.get("url") or entry.get("httpUrl") or entry.get("serverUrl")
    return any(_OURS.search(str(word)) for word in words) or (
        bool(url) and "bytenite" in f"{name} {url}".lower()
    )


def is_same(one: Mapping[str, object], other: Mapping[str, object]) -> bool:
    """Whether two entries mean the same; empty members and the default type do not count."""

    def plain(entry: Mapping[str, object]) -> Entry:
        return {name: value for name, value in entry.items() if value and (name, value) != ("type", "stdio")}

    return plain(one) == plain(other)


def renew(old: Mapping[str, object], new: Entry, *, keep_key: bool) -> Entry:
    """Return the new entry with what a person added to the old one: settings, options of the client, and the key.

    Args:
        old: The entry as it is.
        new: The entry as `install` would write it.
        keep_key: Whether a key, or a file of it, in the old entry is kept.
    """
    if ("command" in old) != ("command" in new):
        return new
    kept, env = settings_of(old), settings_of(new)
    has_key = bool(_KEYS & kept.keys())
    passed_over = env if keep_key and has_key else kept
    for name in _KEYS & passed_over.keys():
        del passed_over[name]
    entry = {**new, **{name: value for name, value in old.items() if name not in (*_WRITTEN, *new)}}
    return {**entry, **({"env": {**kept, **env}} if kept or env else {})}


def as_list(value: object) -> list[object]:
    """Return a value as a list; a value that is none is its only item."""
    return list(value) if isinstance(value, list | tuple) else [value]
