"""Completions of the arguments of resources and prompts, while a person types."""

from collections import Counter
from collections.abc import Callable

import anyio
from mcp import types

from bytenite_mcp.api.errors import ByteNiteError
from bytenite_mcp.privacy.redact import Job
from bytenite_mcp.server import deadline
from bytenite_mcp.server.current_client import current_client
from bytenite_mcp.server.prompts import TIMES

MOST_VALUES = 100
"""The most values of a completion that the protocol allows."""

SEARCHED = 1000
"""The number of newest jobs that are searched."""


async def complete(
    ref: types.PromptReference | types.ResourceTemplateReference,  # noqa: ARG001  # the SDK's signature
    argument: types.CompletionArgument,
    context: types.CompletionContext | None,  # noqa: ARG001
) -> types.Completion | None:
    """Complete a job id, a template's name or a period; anything else has no completions."""
    typed = argument.value.casefold()
    match argument.name:
        case "job_id":
            return await _complete(typed, _find_ids)
        case "template":
            return await _complete(typed, _find_templates)
        case "since" | "period":
            values = [time for time in TIMES if time.startswith(argument.value)]
            return types.Completion(values=values, total=len(values), has_more=False)
    return None


async def _complete(typed: str, find: Callable[[str, list[Job]], list[str]]) -> types.Completion | None:
    """Complete with values from the newest jobs."""
    try:
        with anyio.fail_after(deadline.LIST_LIMIT):
            page = await current_client().jobs(limit=SEARCHED)
    except (ByteNiteError, TimeoutError):
        return None
    found = find(typed, list(map(Job, page.jobs)))
    more = len(found) > MOST_VALUES or page.has_next
    return types.Completion(
        values=found[:MOST_VALUES], total=None if page.has_next else len(found), has_more=more
    )


def _find_ids(typed: str, jobs: list[Job]) -> list[str]:
    """Find ids by their start, or by a part of the job's name."""
    found = [job.id for job in jobs if _matches(job, typed)]
    # Jobs found by name only must not crowd out an id that is being typed.
    return sorted(found, key=lambda job_id: not job_id.casefold().startswith(typed))


def _find_templates(typed: str, jobs: list[Job]) -> list[str]:
    """Find names of templates by a part, the most used first."""
    used = Counter(job.template_id for job in jobs if typed in job.template_id.casefold())
    return [name for name, _ in used.most_common() if name]


def _matches(job: Job, typed: str) -> bool:
    if not job.can_be_asked_for:
        return False
    return typed in job.name.casefold() or job.id.casefold().startswith(typed)
