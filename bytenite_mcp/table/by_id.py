"""Requests jobs again by their ids: with one filter, which may omit jobs, or one by one."""

from collections.abc import Iterable, Sequence
from functools import partial

from bytenite_mcp.api.errors import ByteNiteError, NotFound, TooManyRequests, Unauthenticated
from bytenite_mcp.api.filters import Condition, Filter
from bytenite_mcp.api.gather import gather
from bytenite_mcp.api.models import is_usable_id, to_text
from bytenite_mcp.privacy.door import CleanClient
from bytenite_mcp.privacy.redact import CleanRecord
from bytenite_mcp.privacy.sanitize import was_sanitized

MOST_ASKED_FOR = 8
"""The most jobs to request one by one; if there are more, everything is read again."""


async def ask_for(client: CleanClient, ids: Iterable[str]) -> tuple[list[CleanRecord], list[str]]:
    """Request jobs one by one.

    Returns:
        The jobs that exist, and the ids of those that are gone.

    Raises:
        ByteNiteError: A request failed.
    """

    async def ask(job_id: str) -> CleanRecord | str:
        try:
            return await client.job(job_id)
        except NotFound:
            return job_id

    answers = await gather([partial(ask, job_id) for job_id in ids])
    return (
        [answer for answer in answers if not isinstance(answer, str)],
        [answer for answer in answers if isinstance(answer, str)],
    )


async def filter_by_ids(client: CleanClient, ids: Sequence[str], limit: int) -> list[CleanRecord]:
    """Request jobs with one filter, in pages of at most `limit`, as long as a page has any of them.

    Raises:
        Refusal: There were too many requests, or the key is refused; a filter that fails otherwise finds nothing.
    """
    wanted, found = set(ids), dict[str, CleanRecord]()
    by_ids = Filter(field="id", condition=Condition.IN, value=list(ids))
    offset = 0
    while len(found) < len(wanted):
        try:
            page = await client.filter_jobs([by_ids], limit=min(limit, len(ids)), offset=offset)
        except (TooManyRequests, Unauthenticated):
            raise
        except ByteNiteError:
            break
        new = {
            job_id: record
            for record in page.jobs
            if (job_id := to_text(record.get("id"))) in wanted - found.keys()
        }
        found |= new
        offset += page.received
        if not new or not page.more_after(offset):
            break
    return list(found.values())


def usable(ids: Iterable[str | None]) -> list[str]:
    """Keep the ids that a request for a job can have."""
    return [job_id for job_id in ids if job_id and is_usable_id(job_id) and not was_sanitized(job_id)]
