"""Completing what a person types as an argument of a resource or a prompt."""

from typing import Any

import anyio
from mcp.types import Completion

from bytenite_mcp.api.errors import ByteNiteError
from bytenite_mcp.privacy.redact import Job
from bytenite_mcp.server import deadline
from bytenite_mcp.server.current_client import current_client
from bytenite_mcp.server.prompts import TIMES

MOST = 100
"""Values of one completion, by the protocol."""

SEARCHED = 1000
"""Newest jobs that are looked at."""


async def complete(ref: Any, argument: Any, context: Any) -> Completion | None:  # noqa: ARG001  # the SDK's signature
    """Complete a job id or a period; anything else has no completions."""
    match argument.name:
        case "job_id":
            return await _complete_job_id(argument.value.casefold())
        case "since" | "period":
            values = [time for time in TIMES if time.startswith(argument.value)]
            return Completion(values=values, total=len(values), has_more=False)
    return None


async def _complete_job_id(typed: str) -> Completion | None:
    """Complete an id by its start, or by a part of the job's name."""
    try:
        with anyio.fail_after(deadline.LIST_LIMIT):
            page = await current_client().jobs(limit=SEARCHED)
    except (ByteNiteError, TimeoutError):
        return None
    found = [job.id for job in map(Job, page.jobs) if _matches(job, typed)]
    # Those found by name alone must not crowd out an id that is being typed.
    found.sort(key=lambda job_id: not job_id.casefold().startswith(typed))
    more = len(found) > MOST or page.has_next
    return Completion(values=found[:MOST], total=None if page.has_next else len(found), has_more=more)


def _matches(job: Job, typed: str) -> bool:
    if not job.can_be_asked_for:
        return False
    return typed in job.name.casefold() or job.id.casefold().startswith(typed)
