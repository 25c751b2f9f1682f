"""Finds the members of jobs that ByteNite's list omits."""

from functools import partial
from typing import TYPE_CHECKING

from bytenite_mcp.api.errors import ByteNiteError
from bytenite_mcp.privacy.door import CleanClient
from bytenite_mcp.table.by_id import ask_for, usable
from bytenite_mcp.table.rows import ENTERED, FROM_ERROR, STORED, read_rows
from bytenite_mcp.table.schema import IS_FINISHED, RECORDS
from bytenite_mcp.table.store import Store

if TYPE_CHECKING:
    from bytenite_mcp.table.database import Cursor

_BARE = f"""SELECT id FROM {RECORDS} WHERE {IS_FINISHED}
    AND (params IS NULL OR dataSource IS NULL OR {ENTERED} IS NULL OR (state = 'FAILED' AND errorMessage IS NULL)
        OR (state = 'COMPLETE' AND coalesce(paymentAmount, 0) = 0))
    QUALIFY row_number() OVER (PARTITION BY state = 'FAILED' ORDER BY createdAt DESC) = 1"""
"""The ids of a failed and another finished job whose rows have fewer values than expected."""

_COLUMNS = *STORED, ENTERED
_ROW = f"SELECT {', '.join(_COLUMNS)} FROM {RECORDS} WHERE id = ? LIMIT 1"


async def find_lean(client: CleanClient, store: Store) -> list[str]:
    """Name the columns that are empty in the table and set in the job, by two finished jobs with few values.

    Raises:
        TableLost: The table is gone.
    """
    try:
        bare = await store.read(lambda cursor: cursor.execute(_BARE).fetchall())
        found, _ = await ask_for(client, usable(job_id for (job_id,) in bare))
    except ByteNiteError:
        return []
    lean = set[str]()
    for record in found:
        unset = await store.read(partial(_find_unset, job_id=str(record.get("id"))))
        told = read_rows([record])
        lean |= {name for name in unset if any(told[name])}
    named = [name for name in STORED if name in lean and name not in FROM_ERROR]
    return [*named, *(["stateTimestamps"] if ENTERED in lean else [])]


def _find_unset(cursor: "Cursor", job_id: str) -> set[str]:
    """Name the columns in which a job's row has no value, or a zero, which protobuf JSON writes for none."""
    row = cursor.execute(_ROW, [job_id]).fetchone()
    return {name for name, value in zip(_COLUMNS, row, strict=True) if not value} if row else set()
