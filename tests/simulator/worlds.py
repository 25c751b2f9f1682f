"""The records of a simulated account, and which of its jobs are under way."""

import json
from typing import Any

from bytenite_mcp.simulator import World

STATES = (
    "NEW", "STARTED", "UPLOADING", "PARTITIONING", "PARTITIONED", "TASKS_COMPLETED", "MERGING", "MERGED",
    "DOWNLOADING", "COMPLETE", "FAILED",
)  # fmt: skip


def records(world: World) -> list[dict[str, Any]]:
    return [json.loads(text) for (text,) in world.rows("SELECT record FROM jobs ORDER BY number")]


def in_flight(world: World) -> list[tuple[str, str]]:
    ended = "('JOB_STATE_NEW', 'JOB_STATE_COMPLETE', 'JOB_STATE_FAILED')"
    return [
        (job_id, state)
        for job_id, state in world.rows(f"SELECT id, state FROM jobs WHERE state NOT IN {ended}")
    ]
