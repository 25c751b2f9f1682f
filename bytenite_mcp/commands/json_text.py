"""Edits one member of a JSON text without changing any other character."""

import json
import re
from collections.abc import Sequence
from itertools import accumulate
from typing import Any, NamedTuple

COMMENTS = r"//[^\n]*|/\*.*?\*/"
COMMENTS_AND_COMMAS = rf"{COMMENTS}|,(?=(?:\s|{COMMENTS})*[]}}])"
"""Regular expressions of what some clients ignore and JSON does not allow: comments, and trailing commas too."""

DEEPEST = 200
"""The deepest nesting that a file may have."""

_TEXT = r'"(?:[^"\\]|\\.)*"'
_TOKEN = re.compile(rf"{_TEXT}|[][{{}}]")
_STEPS = {"{": 1, "[": 1, "}": -1, "]": -1}
_BLANK = re.compile(r"[ \t\r\n]*")
_INDENT = re.compile(r"\n([ \t]+)\S")
_decode = json.JSONDecoder().raw_decode


class _Item(NamedTuple):
    """A member of an object or an item of an array, by its positions in the text."""

    name: str | int
    start: int
    value: int
    end: int


def parse(text: str, ignored: str = "") -> Any:
    """Parse strict JSON; `ignored` is a regular expression, without groups, of what to skip outside strings.

    Raises:
        ValueError: It is not JSON, is nested too deeply, or an object has a member twice.
    """
    if ignored:
        text = re.sub(rf"({_TEXT})|{ignored}", lambda found: found[1] or " ", text, flags=re.DOTALL)
    # Some versions of Python parse deeper nesting than the functions below can handle.
    if max(accumulate(_STEPS.get(token, 0) for token in _TOKEN.findall(text)), default=0) > DEEPEST:
        raise ValueError("it is nested too deeply")
    return json.loads(text, object_pairs_hook=_refuse_duplicates, parse_constant=_refuse_constant)


def put(text: str, path: Sequence[str], value: object) -> str:
    """Set the member at a path; make parent objects that are missing or null."""
    return _put(text, _skip(text, 0), path, value)


def append(text: str, name: str, value: object) -> str:
    """Append an item to the array in a top-level member; make the array if it is missing."""
    array = _find(text, _skip(text, 0), name)
    if array is None or text[array.value] != "[":
        return put(text, [name], [value])
    return _insert(text, array.value, value)


def remove(text: str, path: Sequence[str | int]) -> str:
    """Remove the member or item at a path, and each parent that this leaves empty."""
    starts = [_skip(text, 0)]
    for name in path[:-1]:
        starts.append(_get(text, starts[-1], name).value)
    for start, name in zip(reversed(starts), reversed(path), strict=True):
        text = _cut(text, start, _get(text, start, name))
        if _items(text, start):
            break
    return text


def _put(text: str, start: int, path: Sequence[str], value: object) -> str:
    name, *deeper = path
    found = _find(text, start, name)
    if found and deeper and text[found.value] == "{":
        return _put(text, found.value, deeper, value)
    for missing in reversed(deeper):
        value = {missing: value}
    if found is None:
        return _insert(text, start, value, f"{_dump(name)}: ")
    old = text[found.value : found.end]
    written = _lay_out(
        text, value, _indent_of(text[: found.start]), flat="\n" not in old and len(old) > len("null")
    )
    return text[: found.value] + written + text[found.end :]


def _insert(text: str, start: int, value: object, label: str = "") -> str:
    """Append an item to an object or array, with the layout of its other items."""
    items = _items(text, start)
    if items:
        before = items[-2].end if len(items) > 1 else start
        lead, close = text[before : items[-1].start].lstrip(" \t\r\n")[1:], ""
        at = rest = items[-1].end
    else:
        lead, close = _open_up(text, start)
        at, rest = start + 1, _skip(text, start + 1)
    written = label + _lay_out(text, value, _indent_of(lead), flat="\n" not in lead)
    return text[:at] + ("," if items else "") + lead + written + close + text[rest:]


def _open_up(text: str, start: int) -> tuple[str, str]:
    """Return the text before and after the first item of an empty object or array."""
    if _is_flat(text):
        return "", ""
    newline, indent = _newline(text), _indent_of(text[:start])
    return newline + indent + _unit(text), newline + indent


def _cut(text: str, start: int, item: _Item) -> str:
    items = _items(text, start)
    place = items.index(item)
    if len(items) == 1:
        return text[: start + 1] + text[_skip(text, item.end) :]
    if place == len(items) - 1:
        return text[: items[place - 1].end] + text[item.end :]
    return text[: item.start] + text[items[place + 1].start :]


def _items(text: str, start: int) -> list[_Item]:
    """Return the members or items of an object or array; the text must be valid JSON."""
    items: list[_Item] = []
    at = _skip(text, start + 1)
    while text[at] not in "]}":
        name: str | int = len(items)
        value = at
        if text[start] == "{":
            name, end = _decode(text, at)
            value = _skip(text, _skip(text, end) + 1)
        _, end = _decode(text, value)
        items.append(_Item(name, at, value, end))
        at = _skip(text, end)
        if text[at] == ",":
            at = _skip(text, at + 1)
    return items


def _find(text: str, start: int, name: str | int) -> _Item | None:
    return next((item for item in _items(text, start) if item.name == name), None)


def _get(text: str, start: int, name: str | int) -> _Item:
    found = _find(text, start, name)
    assert found, f"{name} is in the text"
    return found


def _lay_out(text: str, value: object, indent: str, *, flat: bool) -> str:
    """Write a value on one line, or on several lines with the text's indentation and line endings."""
    if flat or _is_flat(text):
        return _dump(value)
    lines = json.dumps(value, ensure_ascii=False, indent=_unit(text)).split("\n")
    return (_newline(text) + indent).join(lines)


def _is_flat(text: str) -> bool:
    return "\n" not in text.strip() and text.strip(" \t\r\n{}") != ""


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _unit(text: str) -> str:
    """Return the indentation unit: that of the first line inside the document."""
    found = _INDENT.search(text)
    return (found[1].removeprefix(_indent_of(text[: _skip(text, 0)])) if found else "") or "  "


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _indent_of(text: str) -> str:
    """Return the indentation of the last line."""
    line = text[text.rfind("\n") + 1 :]
    return line[: len(line) - len(line.lstrip(" \t"))]


def _skip(text: str, position: int) -> int:
    blank = _BLANK.match(text, position)
    return blank.end() if blank else position


def _refuse_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members: dict[str, object] = {}
    for name, value in pairs:
        if name in members:
            raise ValueError(f"it has {_dump(name)[:60]} twice")
        members[name] = value
    return members


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")
