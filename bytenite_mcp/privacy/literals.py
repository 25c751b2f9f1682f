"""Reads dicts, lists and tuples as Python prints them, and withholds texts in them."""

import json
import re
from collections.abc import Set

from bytenite_mcp.api.values import Json
from bytenite_mcp.privacy.sanitize import sanitize
from bytenite_mcp.privacy.spans import WITHHELD

_LITERAL = re.compile(
    r"""\\.|(?:\bb)?'(?P<text>(?:[^'\\]|\\.)*)'|(?:\bb)?"(?P<other>(?:[^"\\]|\\.)*)"|\b(?:True|False|None)\b|\(|,?\)""",
    re.DOTALL,
)
"""What JSON spells otherwise; texts are matched whole, so that nothing inside them is replaced."""

_IN_JSON = {"True": "true", "False": "false", "None": "null", "(": "[", ")": "]", ",)": "]"}
_START = re.compile(r"[\[{]\s{0,40}['\"\[{(\w]")
_ESCAPED = re.compile(r"""\\(?:x(?P<code>[0-9a-f]{2})|(?P<single>')|.)|(?P<double>")""", re.DOTALL)
"""Escapes in a text as Python writes it, and quotes that JSON escapes."""


def read_literal(text: str) -> Json:
    """Read a dict or list as Python prints it, with tuples as lists, and bytes as texts; None for anything else."""
    if not _START.match(text):
        return None
    try:
        value: Json = json.loads(_LITERAL.sub(_spell_as_json, text))
    except (ValueError, RecursionError):
        return None
    return value


def withhold(text: str, secrets: Set[str]) -> str:
    """Replace the secrets among the texts of what `read_literal` read."""
    return _LITERAL.sub(lambda part: f"'{WITHHELD}'" if _is_among(secrets, part) else part[0], text)


def _spell_as_json(part: re.Match[str]) -> str:
    if part.lastgroup:
        return f'"{_ESCAPED.sub(_escape_for_json, part[part.lastgroup])}"'
    return _IN_JSON.get(part[0], part[0])


def _escape_for_json(found: re.Match[str]) -> str:
    if found["code"]:
        return rf"\u00{found['code']}"
    return found["single"] or (r"\"" if found["double"] else found[0])


def _is_among(secrets: Set[str], part: re.Match[str]) -> bool:
    return bool(part.lastgroup) and sanitize(json.loads(_spell_as_json(part), strict=False)) in secrets
