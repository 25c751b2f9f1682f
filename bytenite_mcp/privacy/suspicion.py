"""The first look at a record, written as JSON: most hold nothing that could be withheld, and need no reading."""

from typing import Any

from pydantic_core import to_json

from bytenite_mcp.privacy import pairs
from bytenite_mcp.privacy.sanitize import UNSAFE
from bytenite_mcp.privacy.texts import ANY_HINT, search_for

SOURCES = ("dataSource", "dataDestination")
"""Members that are always read, and not looked at here."""

_DATA_SOURCE = "[-_]*".join("data") + f"[-_]*(?:{'[-_]*'.join('source')}|{'[-_]*'.join('destination')})"
may_hold_anything = search_for(rf"\\|{UNSAFE}|{pairs.HINT}|(?i:{_DATA_SOURCE})|{ANY_HINT}")
"""Whether JSON holds what is withheld or has to be made visible, or what only reading tells.

That is something escaped or hidden, a pair, a data source at some depth.
"""


def write_json(value: Any, without: set[str] | None = None) -> bytes:
    """Write a value as JSON; what JSON cannot say as a backslash, which is always looked into."""
    try:
        return to_json(value, exclude=without)
    except ValueError:
        return b"\\"
