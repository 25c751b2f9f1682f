"""Jobs asked for again by their ids: by one filter, whose omissions prove nothing, and one by one."""

from collections.abc import Iterable, Sequence
from functools import partial

from bytenite_mcp.api.errors import NotFound, Refusal, TooManyRequests, Unauthenticated
from bytenite_mcp.api.filters import Condition, Filter
from bytenite_mcp.api.gather import gather
from bytenite_mcp.api.models import is_usable_id
from bytenite_mcp.privacy.door import CleanClient
from bytenite_mcp.privacy.redact import CleanRecord

MOST_ASKED_FOR = 8
"""Jobs that are asked for one by one; of more, everything is read again."""


async def ask_for(client: CleanClient, ids: Iterable[str]) -> tuple[list[CleanRecord], list[str]]:
    """Ask for jobs one by one.

    Returns:
        Those that are there, and the ids of those that are gone.

    Raises:
        ByteNiteError: One could not be had.
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


async def filter_by_ids(client: CleanClient, ids: Sequence[str]) -> list[CleanRecord]:
    """Ask for jobs by one filter, and for the next page as long as one brings any of them.

    Raises:
        ByteNiteError: ByteNite cannot be asked at all; a filter that it refuses brings nothing.
    """
    wanted, found = set(ids), dict[str, CleanRecord]()
    by_ids = Filter(field="id", condition=Condition.IN, value=list(ids))
    offset = 0
    while len(found) < len(wanted):
        try:
            page = await client.filter_jobs([by_ids], limit=len(ids), offset=offset)
        except (TooManyRequests, Unauthenticated):
            raise
        except Refusal:
            break
        new = {record["id"]: record for record in page.jobs if record.get("id") in wanted - found.keys()}
        found |= new
        offset += page.received
        if not new or not page.more_after(offset):
            break
    return list(found.values())


def usable(ids: Iterable[str | None]) -> list[str]:
    """Keep the ids by which a job can be asked for."""
    return [job_id for job_id in ids if job_id and is_usable_id(job_id)]
