"""Completions of the arguments of resources and prompts, while a person types."""

from collections import Counter
from collections.abc import Callable
from functools import partial

import anyio
from mcp import types

from bytenite_mcp.privacy.redact import CleanRecord, Job
from bytenite_mcp.server import deadline
from bytenite_mcp.server.current_client import current_finder
from bytenite_mcp.server.errors import EXPECTED
from bytenite_mcp.server.prompts import TIMES
from bytenite_mcp.table.matches import read_page
from bytenite_mcp.table.order import NEWEST_FIRST

MOST_VALUES = 100
"""The most values of a completion that the protocol allows."""

REQUESTED = 100
"""The number of newest jobs that are requested, at each keystroke."""

SEARCHED = 1000
"""The number of newest jobs of the table that are searched."""


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
            jobs, more = await _read_newest()
    except (*EXPECTED, TimeoutError):
        return None
    found = find(typed, jobs)
    has_more = more or len(found) > MOST_VALUES
    return types.Completion(values=found[:MOST_VALUES], total=None if more else len(found), has_more=has_more)


async def _read_newest() -> tuple[list[Job], bool]:
    """Request the newest jobs, and add those of the table if there is one; also return whether there may be more."""
    finder = current_finder()
    page = await finder.client.jobs(limit=REQUESTED)
    jobs, store = list(map(Job, page.jobs)), finder.reader.store
    more = page.more_after(page.received)
    if more and store.at_hand:
        read = partial(read_page, filters=(), order=NEWEST_FIRST, limit=SEARCHED, offset=0)
        rows = [Job(CleanRecord(row.fields)) for row in (await store.read(read)).rows]
        known = {job.id for job in jobs}
        jobs += [job for job in rows if job.id not in known]
    return jobs, more


def _find_ids(typed: str, jobs: list[Job]) -> list[str]:
    """Find ids by their start, or by a part of the job's name."""
    found = [
        job.id
        for job in jobs
        if job.can_be_asked_for and (typed in job.name.casefold() or job.id.casefold().startswith(typed))
    ]
    # Jobs found by name only must not crowd out an id that is being typed.
    return sorted(found, key=lambda job_id: not job_id.casefold().startswith(typed))


def _find_templates(typed: str, jobs: list[Job]) -> list[str]:
    """Find names of templates by a part, the most used first."""
    used = Counter(job.template_id for job in jobs if typed in job.template_id.casefold())
    return [name for name, _ in used.most_common() if name]
