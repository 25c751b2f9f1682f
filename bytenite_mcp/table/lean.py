"""Finds the members of jobs that ByteNite's list omits."""

from collections.abc import Sequence

from bytenite_mcp.api.errors import ByteNiteError
from bytenite_mcp.privacy.door import CleanClient
from bytenite_mcp.table.asking import ask_for, usable
from bytenite_mcp.table.rows import ENTERED, FROM_ERROR, STORED, read_rows
from bytenite_mcp.table.store import Store

_MOST_NAMED = 8


async def find_lean(client: CleanClient, store: Store) -> list[str]:
    """Name the columns that are empty in the table and set in the job, by two finished jobs with few values.

    Raises:
        TableLost: The table is gone.
    """
    try:
        found, _ = await ask_for(client, usable(await store.bare()))
    except ByteNiteError:
        return []
    lean = set[str]()
    for record in found:
        unset = await store.unset_columns(str(record.get("id")))
        told = read_rows([record])
        lean |= {name for name in unset if any(told[name])}
    named = [name for name in STORED if name in lean and name not in FROM_ERROR]
    return [*named, *(["stateTimestamps"] if ENTERED in lean else [])]


def describe_lean(columns: Sequence[str]) -> str:
    """Say that the list omits columns, or that their values there cannot be read."""
    more = f" and {len(columns) - _MOST_NAMED} more" if len(columns) > _MOST_NAMED else ""
    names = ", ".join(columns[:_MOST_NAMED]) + more
    return f"ByteNite's list has no readable {names}, so what depends on that may be wrong"
