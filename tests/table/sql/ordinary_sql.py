"""SQL as models write it, with its results for `JOBS`."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bytenite_mcp.table.store import Store
from tests.conftest import as_clean


def _job(number: int, state: str, template: str, **members: Any) -> dict[str, Any]:
    return {
        "id": f"j{number}",
        "name": f"job {number}",
        "state": f"JOB_STATE_{state}",
        "templateId": template,
    } | members


JOBS = [
    _job(
        1, "COMPLETE", "video", createdAt="2026-03-02T09:00:00Z", startedAt="2026-03-02T09:01:00Z",
        endedAt="2026-03-02T09:11:00Z", duration=600, paymentAmount=2.5, numChunks=10,
        priority="EXECUTION_PRIORITY_FAST", regions={"whitelist": ["eu", "us"]},
        params={"preset": "fast", "steps": 20, "app": {"model": "xl"}},
        stateTimestamps={
            "JOB_STATE_NEW": "2026-03-02T09:00:00Z", "JOB_STATE_STARTED": "2026-03-02T09:01:00Z",
            "JOB_STATE_PARTITIONED": "2026-03-02T09:03:00Z", "JOB_STATE_COMPLETE": "2026-03-02T09:11:00Z",
        },
    ),
    _job(
        2, "COMPLETE", "video", createdAt="2026-03-02T10:30:00.5Z", startedAt="2026-03-02T10:31:00.5Z",
        endedAt="2026-03-02T10:36:00.5Z", duration=300, paymentAmount=1.5, numChunks=4, regions={"whitelist": ["eu"]},
        params={"preset": "slow", "steps": "30"},
        stateTimestamps={"JOB_STATE_NEW": "2026-03-02T10:30:00Z", "JOB_STATE_STARTED": "2026-03-02T10:31:00Z"},
    ),
    _job(
        3, "FAILED", "video", createdAt="2026-03-03T23:30:00Z", startedAt="2026-03-03T23:40:00Z",
        endedAt="2026-03-04T00:10:00Z", duration=1800, paymentAmount=9, numChunks=8, name="Nightly 2026-03-03",
        errorMessage="task 17 failed: exit code 137",
    ),
    _job(
        4, "FAILED", "audio", createdAt="2026-03-04T08:00:00Z", startedAt="2026-03-04T08:00:30Z",
        endedAt="2026-03-04T08:02:00Z", duration=90, numChunks=2, name="Nightly 2026-03-04",
        errorMessage="HTTP 403 from bucket",
    ),
    _job(
        5, "PARTITIONED", "video", createdAt="2026-03-04T14:00:00Z", startedAt="2026-03-04T14:10:00Z", numChunks=6,
        stateTimestamps={"JOB_STATE_STARTED": "2026-03-04T14:10:00Z", "JOB_STATE_PARTITIONED": "2026-03-04T14:30:00Z"},
    ),
    _job(6, "NEW", "audio", createdAt="2026-03-04T15:00:00Z", name="job 1", config={"isTestJob": True}),
]  # fmt: skip

_TEXT = Path(__file__).with_name("ordinary.sql").read_text(encoding="utf-8")
_FOUND = re.findall(r"^(\S.*(?:\n .*)*)\n--> (.*)$", _TEXT, re.MULTILINE)
ORDINARY: list[tuple[str, list[list[Any]]]] = [(sql, json.loads(rows)) for sql, rows in _FOUND]


async def hold_jobs(store: Store) -> Store:
    """Put the jobs into a table, at a fixed moment."""
    await store.put(as_clean(*JOBS), 0)
    await store.set_clock(datetime(2026, 3, 4, 15, 30, tzinfo=UTC))
    return store
