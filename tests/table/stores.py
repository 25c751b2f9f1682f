"""Jobs for a table, and what it shows of them."""

from typing import Any

from bytenite_mcp.privacy.redact import CleanRecord
from bytenite_mcp.table.store import Store

ENDLESS = "SELECT count(*) FROM range(100000000000) AS a, range(100000) AS b"


def job(job_id: str | None = "a", **members: Any) -> CleanRecord:
    return CleanRecord(
        {"id": job_id, "createdAt": "2026-03-04T15:00:00Z", "state": "JOB_STATE_NEW", **members}
    )


async def rows(store: Store, columns: str = "id, name") -> list[Any]:
    found = await store.read(
        lambda cursor: cursor.execute(f"SELECT {columns} FROM jobs ORDER BY ALL").fetchall()
    )
    return [row[0] if len(row) == 1 else row for row in found]
