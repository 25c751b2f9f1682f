"""Finds the texts of jobs that are similar to one that no job has."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from bytenite_mcp.privacy.sanitize import sanitize, shorten

if TYPE_CHECKING:
    from bytenite_mcp.table.database import Cursor

_FOLDED = "lower(strip_accents(nfc_normalize(replace({}, chr(8217), chr(39)))))"
"""A text without case and accents, and with straight apostrophes."""

_SIMILAR = 0.85
_MOST_NAMED, _LONGEST = 3, 60


def find_nearest(cursor: "Cursor", value: str, relation: str, text: str) -> str:
    """Name the values that contain a text, or resemble it; "" if none does.

    Args:
        cursor: A cursor of the table.
        value: SQL of the values.
        relation: The relation that they are from.
        text: What no job has.
    """
    folded, wanted = _FOLDED.format("value"), _FOLDED.format("$text")
    has, likeness = f"contains({folded}, {wanted})", f"jaro_winkler_similarity({folded}, {wanted})"
    near = f"""SELECT value FROM (SELECT DISTINCT {value} AS value FROM {relation})
        WHERE value IS NOT NULL AND ({has} OR {likeness} >= {_SIMILAR})
        ORDER BY {has} DESC, {likeness} DESC, value LIMIT {_MOST_NAMED}"""
    return render_texts(found for (found,) in cursor.execute(near, {"text": text}).fetchall())


def render_texts(texts: Iterable[str]) -> str:
    """Write texts of jobs for a note: quoted, in one line and shortened."""
    return ", ".join(repr(shorten(sanitize(text), _LONGEST)) for text in texts)
