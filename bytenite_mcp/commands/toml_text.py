"""Edits one table of a TOML text without changing any other line.

tomlkit edits TOML too, but moves tables that are not beside the others of their parent.
"""

import re
import tomllib
from collections.abc import Mapping
from itertools import dropwhile
from typing import Any

_HEADER = re.compile(r"^[ \t]*\[\[?([^]\n]+)\]\]?[ \t]*(?:#[^\n]*)?\r?$", re.MULTILINE)
_EMPTY_LINE = re.compile(r"(\r?\n)\r?\n\Z")


def put(text: str, parent: str, name: str, members: Mapping[str, object]) -> str:
    """Set a table of a parent: change its members in place, or append it.

    Return the text unchanged if that would change other lines.
    """
    import tomlkit

    if found := _find(text, parent, name):
        changed = _put(text[found], parent, name, members)
        return _keep_line_ends(text, text[: found.start] + changed + text[found.stop :])
    table = tomlkit.dumps({parent: {name: members}})
    appended = _keep_line_ends(text, text + _gap(text) + table)
    try:
        tomllib.loads(appended)
    except ValueError:
        # The parent or the table is written inline, or with dotted keys.
        return _keep_line_ends(text, _put(text, parent, name, members))
    return appended


def remove(text: str, parent: str, name: str) -> str:
    """Remove a table of a parent; return the text unchanged if that would change other lines."""
    if found := _find(text, parent, name):
        before, after = text[: found.start], text[found.stop :]
        # `put` separates a table at the end by an empty line.
        return (_EMPTY_LINE.sub(r"\1", before) if not after.strip() else before) + after
    document = _parse(text)
    if document is None:
        return text
    del document[parent][name]
    if not document[parent]:
        del document[parent]
    return _keep_line_ends(text, document.as_string())


def _put(text: str, parent: str, name: str, members: Mapping[str, object]) -> str:
    document = _parse(text)
    if document is None:
        return text
    if (old := document[parent].get(name)) is None:
        document[parent][name] = members
        return str(document.as_string())
    # Member by member, so that comments stay.
    for member in old.keys() - members.keys():
        del old[member]
    for member in [member for member in members if members[member] != old.get(member)]:
        old[member] = members[member]
    return str(document.as_string())


def _parse(text: str) -> Any:
    """Parse a text; return None if tomlkit would write it in another order."""
    import tomlkit

    document = tomlkit.parse(text)
    return document if document.as_string() == text else None


def _find(text: str, parent: str, name: str) -> slice | None:
    """Find a table with its subtables, without blank lines and comments after it, which may belong to what follows."""
    above, own = (rf"""(?:{word}|"{word}"|'{word}')""" for word in map(re.escape, (parent, name)))
    ours = re.compile(rf"\s*{above}\s*\.\s*{own}\s*(?:\..*)?")
    headers = dropwhile(lambda header: not ours.fullmatch(header[1]), _HEADER.finditer(text))
    first = next(headers, None)
    if not first:
        return None
    start = first.start()
    end = next((header.start() for header in headers if not ours.fullmatch(header[1])), len(text))
    lines = text[start:end].splitlines(keepends=True)
    while lines[-1].strip()[:1] in ("", "#"):
        lines.pop()
    found = slice(start, start + sum(map(len, lines)))
    return found if _holds(text[found], tomllib.loads(text), parent, name) else None


def _holds(part: str, whole: Mapping[str, Any], parent: str, name: str) -> bool:
    """Whether a part of a text is the whole table and nothing else; a line of a string may look like a header."""
    try:
        return tomllib.loads(part) == {parent: {name: whole.get(parent, {}).get(name)}}
    except ValueError:
        return False


def _gap(text: str) -> str:
    """Return the line breaks that are missing at the end of a text before an empty line."""
    if not text.strip():
        return ""
    ends = len(text) - len(text.rstrip("\r\n"))
    return "\n" * (2 - min(text[len(text) - ends :].count("\n"), 2))


def _keep_line_ends(before: str, text: str) -> str:
    is_windows = "\r\n" in before and "\n" not in before.replace("\r\n", "")
    return text.replace("\r\n", "\n").replace("\n", "\r\n") if is_windows else text
