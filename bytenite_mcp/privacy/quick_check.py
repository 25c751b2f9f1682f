"""A fast check of a record's JSON: most records have nothing to withhold and need not be read in full."""

from pydantic_core import to_json

from bytenite_mcp.api.values import Json
from bytenite_mcp.privacy import pairs
from bytenite_mcp.privacy.sanitize import UNSAFE
from bytenite_mcp.privacy.texts import ANY_HINT, search_for

SOURCES = ("dataSource", "dataDestination")
"""Members that are always read in full, and not checked here."""

_DATA_SOURCE = "[-_]*".join("data") + f"[-_]*(?:{'[-_]*'.join('source')}|{'[-_]*'.join('destination')})"
# Repetitions with a count, of classes such as \w, soon make this expression too large for a deterministic automaton;
# the search then takes twenty times as long.
may_hold_anything = search_for(rf"\\|{UNSAFE}|{pairs.HINT}|(?i:{_DATA_SOURCE})|{ANY_HINT}")
"""Whether JSON may have anything to withhold or to make visible, or needs a full reading: escapes, hidden characters,
pairs, nested data sources."""


UNWRITABLE = b"\\"
"""Stands for the JSON of a value that has none, such as a lone surrogate; it always fails the check."""


def write_json(value: Json, without: set[str] | None = None) -> bytes:
    """Write a value as JSON, or as `UNWRITABLE`."""
    try:
        return to_json(value, exclude=without)
    except ValueError:
        return UNWRITABLE
