"""Finds out whether ByteNite has jobs beyond the end of its list, which may have a limit of its own."""

from contextlib import suppress
from datetime import UTC, timedelta

import anyio

from bytenite_mcp.api.errors import ByteNiteError
from bytenite_mcp.api.filters import Condition, Filter
from bytenite_mcp.privacy.door import CleanClient
from bytenite_mcp.privacy.redact import Job
from bytenite_mcp.table.evidence import Direction
from bytenite_mcp.table.snapshot import Snapshot
from bytenite_mcp.table.store import Store

PATIENCE = 2.0
"""The most seconds that a filter may delay a reading."""

LIKELY_LIMITS = {1000, 5000, 10_000, 50_000, 100_000}
"""Numbers of jobs that are likely limits of a list."""

_ROWS = 10
_TIME = "%Y-%m-%dT%H:%M:%SZ"
_SECOND = timedelta(seconds=1)  # because routes of the API may cut times differently
_EXTENT = "SELECT min(createdAt), max(createdAt) FROM jobs"


async def find_beyond(client: CleanClient, store: Store, snapshot: Snapshot) -> bool:
    """Return whether the list looks cut, and a filter finds jobs beyond its end.

    Raises:
        TableLost: The table is gone.
    """
    first, last = (await store.read(lambda cursor: cursor.execute(_EXTENT).fetchall()))[0]
    has_end = first and snapshot.direction is not Direction.NONE
    if not has_end or snapshot.listed not in LIKELY_LIMITS:
        return False
    oldest_first = snapshot.direction is Direction.OLDEST_FIRST
    condition, end = (Condition.GT, last) if oldest_first else (Condition.LT, first)
    beyond = Filter(field="createdAt", condition=condition, value=end.astimezone(UTC).strftime(_TIME))
    now = snapshot.as_of or last
    with anyio.move_on_after(PATIENCE), suppress(ByteNiteError):
        page = await client.filter_jobs([beyond], limit=_ROWS)
        times = [time for record in page.jobs if (time := Job(record).created_at)]
        return any(time < first - _SECOND or last + _SECOND < time < now for time in times)
    return False
