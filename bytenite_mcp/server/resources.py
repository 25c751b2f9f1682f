"""Job records as resources, and the newest of them listed."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import anyio
from mcp import MCPError
from mcp.server import MCPServer
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError
from mcp.types import INVALID_PARAMS, Resource

from bytenite_mcp.api.errors import ByteNiteError, NotFound, UnusableId
from bytenite_mcp.api.models import Job, Record, is_usable_id
from bytenite_mcp.api.values import reformat_time
from bytenite_mcp.jobs.find import UNORDERED
from bytenite_mcp.privacy.redact import scrub, secrets_of
from bytenite_mcp.server import answers, deadline, listings
from bytenite_mcp.server.current_client import current_client, current_finder
from bytenite_mcp.server.errors import explain
from bytenite_mcp.server.reference import write_reference
from bytenite_mcp.server.render import compact, full

JSON = "application/json"
LISTED = 50
PAGE = 25


def add_resources(server: MCPServer[Any]) -> None:
    """Offer jobs and the reference as resources."""
    server.resource(
        "bytenite://jobs/{job_id}",
        name="job",
        title="A job",
        description="The whole record of a job.",
        mime_type=JSON,
    )(_job)
    server.resource(
        "bytenite://jobs",
        name="jobs",
        title="Newest jobs",
        description="The newest page of jobs.",
        mime_type=JSON,
    )(_jobs)
    server.resource(
        "bytenite://reference",
        name="reference",
        title="ByteNite reference",
        description="Fields, states and what they mean, conditions, units.",
        mime_type="text/markdown",
    )(write_reference)


async def _job(job_id: str) -> str:
    with _named():
        return compact(listings.answer_job(await current_client().job(job_id), "full").structured_content)


async def _jobs() -> str:
    with _named():
        page = await current_finder().page(limit=20)
        return compact(listings.answer_page(page, [], UNORDERED, "concise").structured_content)


@contextmanager
def _named() -> Iterator[None]:
    """Say a failure as the protocol wants: what does not exist apart from what failed."""
    try:
        yield
    except (NotFound, UnusableId) as error:
        raise ResourceNotFoundError(explain(error)) from None
    except ByteNiteError as error:
        raise ResourceError(explain(error)) from None


async def with_newest_jobs(fixed: list[Resource]) -> list[Resource]:
    """Add the newest jobs to the resources that are always there.

    Where they cannot be had, the entry for all jobs says why: hosts list resources when they start, and
    an error there would hide the rest.
    """
    try:
        with anyio.fail_after(deadline.CALL_LIMIT):
            page = await current_client().jobs(limit=LISTED)
    except (ByteNiteError, TimeoutError) as error:
        reason = " ".join((explain(error) if isinstance(error, ByteNiteError) else deadline.TOO_LONG).split())
        return [
            one.model_copy(update={"description": f"Cannot be listed now. {reason}"})
            if one.name == "jobs"
            else one
            for one in fixed
        ]
    return fixed + [_entry(record) for record in page.jobs[:LISTED] if is_usable_id(Job(record).id)]


def _entry(record: Record) -> Resource:
    job = Job(record)
    secrets = secrets_of(record)
    title = " ".join(scrub(job.name, secrets).split())[:80] or scrub(job.id, secrets)
    created = reformat_time(record.get("createdAt"))
    state = scrub(job.state, secrets).removeprefix("JOB_STATE_") or "state unknown"
    return Resource(
        uri=f"bytenite://jobs/{quote(job.id, safe='')}",
        name=scrub(job.id, secrets),
        title=title,
        description=f"{state}, created {created}" if created else state,
        mime_type=JSON,
        size=len(compact(answers.labelled({"job": full(record)})).encode()),
    )


async def paged_resources(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
    """Give resources a page at a time; the SDK lists them all at once."""
    if ctx.method != "resources/list":
        return await call_next(ctx)
    cursor = (ctx.params or {}).get("cursor")
    start = _position(cursor)
    listed: Any = await call_next(ctx)
    rows = listed["resources"]
    more = {"nextCursor": str(start + PAGE)} if start + PAGE < len(rows) else {}
    return {**listed, "resources": rows[start : start + PAGE], **more}


def _position(cursor: Any) -> int:
    if cursor is None:
        return 0
    if (
        not isinstance(cursor, str)
        or not cursor.isascii()
        or not cursor.isdigit()
        or len(cursor) > 6
        or not 0 < int(cursor) < LISTED + PAGE
    ):
        raise MCPError(code=INVALID_PARAMS, message="Unknown cursor: use the nextCursor of the page before.")
    return int(cursor)
