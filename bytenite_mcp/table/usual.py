"""How long jobs of a template usually run."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bytenite_mcp.table.database import Cursor

_MEDIAN = "SELECT median(duration) FROM jobs WHERE templateId = ? AND state = 'COMPLETE' HAVING count(duration) >= ?"

FEWEST = 3
"""Completed jobs from which on there is a usual time."""


def read_usual_seconds(cursor: "Cursor", template_id: str) -> float | None:
    """Give the median of the seconds that completed jobs of a template ran; None where there are too few."""
    row = cursor.execute(_MEDIAN, [template_id, FEWEST]).fetchone()
    return row[0] if row else None
