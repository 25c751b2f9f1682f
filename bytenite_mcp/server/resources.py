"""Resources: the records of jobs, the newest of which are listed, and the reference."""

from collections.abc import Iterator, Sequence
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
from bytenite_mcp.api.threads import run_in_thread, run_on
from bytenite_mcp.api.values import reformat_time
from bytenite_mcp.jobs.ask import Question
from bytenite_mcp.privacy.redact import CleanRecord, Job
from bytenite_mcp.server import deadline
from bytenite_mcp.server.answers.common import say_prices
from bytenite_mcp.server.answers.jobs import answer_page
from bytenite_mcp.server.current_client import current_finder
from bytenite_mcp.server.errors import EXPECTED, explain
from bytenite_mcp.server.reference import write_reference
from bytenite_mcp.server.render import label, render_full, render_json

JSON = "application/json"

LISTED = 50
"""The number of newest jobs that are listed."""

PAGE = 25
"""The number of resources in a page of the list."""

_STARTS = {str(start): start for start in range(PAGE, LISTED + PAGE, PAGE)}
"""The positions at which pages after the first begin, by cursor."""


def add_resources(server: MCPServer[Any]) -> None:
    """Add the resources to a server."""
    server.resource(
        "bytenite://jobs/{job_id}",
        name="job",
        title="A job",
        description="The whole record of a job.",
        mime_type=JSON,
    )(_read_job)
    server.resource(
        "bytenite://jobs",
        name="jobs",
        title="Newest jobs",
        description="The newest page of jobs.",
        mime_type=JSON,
    )(_read_newest_jobs)
    server.resource(
        "bytenite://reference",
        name="reference",
        title="ByteNite reference",
        description="Fields, states and what they mean, conditions, units.",
        mime_type="text/markdown",
    )(write_reference)


async def _read_job(job_id: str) -> str:
    with _translate_errors():
        client = current_finder().client
        record = await client.job(job_id)
        return await run_on(record, _render_job, client.simulated)


async def _read_newest_jobs() -> str:
    with _translate_errors():
        finder = current_finder()
        newest = Question()
        page = await finder.page(newest)
        answer = await run_in_thread(answer_page, page, newest, finder.client.simulated)
        return render_json(answer.structured_content)


@contextmanager
def _translate_errors() -> Iterator[None]:
    """Translate our errors into the SDK's, which distinguish an unknown resource from a failure."""
    try:
        yield
    except (NotFound, UnusableId) as error:
        raise ResourceNotFoundError(explain(error)) from None
    except EXPECTED as error:
        raise ResourceError(explain(error)) from None


async def add_newest_jobs(fixed: list[Resource]) -> list[Resource]:
    """Add the newest jobs to the fixed resources.

    If they cannot be fetched, the description of `bytenite://jobs` says why. Hosts list resources when they start, and
    an error would hide the fixed ones too.
    """
    try:
        with anyio.fail_after(deadline.LIST_LIMIT):
            client = current_finder().client
            page = await client.jobs(limit=LISTED)
    except (ByteNiteError, TimeoutError) as error:
        reason = " ".join((explain(error) if isinstance(error, ByteNiteError) else deadline.NO_LIST).split())
        return [
            resource.model_copy(update={"description": f"Cannot be listed now. {reason}"})
            if resource.name == "jobs"
            else resource
            for resource in fixed
        ]
    return fixed + await run_in_thread(_make_resources, page.jobs[:LISTED], client.simulated)


def _make_resources(records: Sequence[CleanRecord], simulated: bool) -> list[Resource]:
    return [_make_resource(record, simulated) for record in records if Job(record).can_be_asked_for]


def _make_resource(record: CleanRecord, simulated: bool) -> Resource:
    job = Job(record)
    title = " ".join(job.name.split())[:80] or job.id
    created = reformat_time(record.get("createdAt"))
    state = job.short_state or "state unknown"
    return Resource(
        uri=f"bytenite://jobs/{quote(job.id, safe='')}",
        name=job.id,
        title=title,
        description=f"{state}, created {created}" if created else state,
        mime_type=JSON,
        size=len(_render_job(record, simulated).encode()),
    )


def _render_job(record: CleanRecord, simulated: bool) -> str:
    """Write a whole record, however large it is: a host sees its size before it reads it."""
    return render_json(label({"job": render_full(record), "note": say_prices([record])}, simulated))


async def page_resources(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
    """List resources in pages; the SDK lists them all at once.

    Raises:
        MCPError: The cursor is not one that a page gave.
    """
    if ctx.method != "resources/list":
        return await call_next(ctx)
    cursor = (ctx.params or {}).get("cursor")
    start = 0 if cursor is None else _STARTS.get(str(cursor))
    if start is None:
        raise MCPError(code=INVALID_PARAMS, message="Unknown cursor: use the nextCursor of the page before.")
    listed: Any = await call_next(ctx)
    rows = listed["resources"]
    more = {"nextCursor": str(start + PAGE)} if start + PAGE < len(rows) else {}
    return {**listed, "resources": rows[start : start + PAGE], **more}
