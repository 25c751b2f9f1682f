"""ByteNite's API with redacted answers. The rooms above use only this; raw records exist only here and in `api`."""

from collections.abc import Awaitable, Callable, Iterator, Sequence, Set
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from bytenite_mcp.api.errors import ByteNiteError, NotFound
from bytenite_mcp.api.filters import Filter
from bytenite_mcp.api.gather import gather_both
from bytenite_mcp.api.logs import fetch_log
from bytenite_mcp.api.models import JobPage, Record, RecordPage
from bytenite_mcp.api.threads import run_in_thread, run_on
from bytenite_mcp.api.values import JsonObject
from bytenite_mcp.privacy.redact import (
    CleanRecord,
    LogRow,
    Shared,
    clean_log,
    clean_record,
    clean_results,
    name_unreadable,
)

if TYPE_CHECKING:
    from bytenite_mcp.api.client import Client

T = TypeVar("T")
Raw = TypeVar("Raw")
Clean = TypeVar("Clean")

CleanPage = RecordPage[CleanRecord]

Received = Callable[[], Awaitable[None]]
"""Called when an answer has come."""


class CleanClient:
    """Calls ByteNite and redacts its answers, in threads.

    Args:
        client: The client, which is closed with this one.

    Every method raises a subclass of `ByteNiteError` when it fails.
    """

    def __init__(self, client: "Client") -> None:
        self._client = client
        self._sharing = 0
        self._shared: Shared = {}

    @property
    def host(self) -> str:
        """The API's host, as shown in error messages."""
        return self._client.host

    @property
    def simulated(self) -> bool:
        """Whether the API is known to be the simulator."""
        return self._client.simulated

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    @contextmanager
    def sharing(self) -> Iterator[None]:
        """Redact once what records share, in all pages that are fetched meanwhile, and remember it as long."""
        self._sharing += 1
        try:
            yield
        finally:
            self._sharing -= 1
            if not self._sharing:
                # It has secrets, which must not outlive the question.
                self._shared = {}

    async def now(self) -> datetime:
        """Return the time by ByteNite's clock."""
        return await self._client.now()

    async def job(self, job_id: str) -> CleanRecord:
        """Fetch one job."""
        record, _ = await run_on(await self._client.job(job_id), clean_record)
        return record

    async def jobs(
        self, *, limit: int, offset: int = 0, order_by: str = "", received: Received | None = None
    ) -> CleanPage:
        """Fetch a page of all jobs; the API may return fewer rows than `limit` even if there are more.

        `received` is called when the answer is there, before it is redacted.
        """
        return await self._clean(self._client.jobs(limit=limit, offset=offset, order_by=order_by), received)

    async def filter_jobs(
        self, filters: Sequence[Filter], *, limit: int, offset: int = 0, order_by: str = ""
    ) -> CleanPage:
        """Fetch a page of the jobs that match all filters according to the API, which compares withheld values too."""
        return await self._clean(
            self._client.filter_jobs(filters, limit=limit, offset=offset, order_by=order_by)
        )

    async def _clean(self, fetching: Awaitable[JobPage], received: Received | None = None) -> CleanPage:
        """Redact a page."""
        with self.sharing():
            page = await fetching
            if received:
                await received()
            return await run_in_thread(_clean_page, page, self._shared)

    async def job_and_log(
        self, job_id: str
    ) -> tuple[CleanRecord, list[LogRow], list[str], ByteNiteError | None]:
        """Fetch a job, the lines of its log, the parts of the log that are left out, and why there is no log.

        Each part comes with the reason; only a failure of the job itself is raised.
        """
        raw, fetched = await self._job_and(job_id, self._try_log)
        log, too_large, failure = fetched or ({}, [], None)
        left_out = [f"{part}, which is too large" for part in too_large]
        left_out += [f"{part}, which is unreadable" for part in name_unreadable(log)]
        return *await run_in_thread(_clean_both, raw, clean_log, log), left_out, failure

    async def _try_log(self, job_id: str) -> tuple[JsonObject, list[str], ByteNiteError | None]:
        try:
            return *await fetch_log(self._client.logs, job_id), None
        except NotFound:
            raise
        except ByteNiteError as failure:
            return {}, [], failure

    async def job_and_results(self, job_id: str) -> tuple[CleanRecord, list[dict[str, str]], int]:
        """Fetch a job, the names and links of its outputs [C], and the number of rows that are no outputs."""
        raw, results = await self._job_and(job_id, self._client.results)
        rows = results or []
        outputs = [row for row in rows if isinstance(row, dict)]
        return *await run_in_thread(_clean_both, raw, clean_results, outputs), len(rows) - len(outputs)

    async def _job_and(self, job_id: str, fetch: Callable[[str], Awaitable[T]]) -> tuple[Record, T | None]:
        """Fetch a job and, at the same time, what belongs to it; None if that does not exist."""

        async def fetch_other() -> T | None:
            try:
                return await fetch(job_id)
            except NotFound:
                # The request for the job itself tells whether the job exists.
                return None

        return await gather_both(lambda: self._client.job(job_id), fetch_other)


def _clean_both(
    raw: Record, clean: Callable[[Raw, Set[str]], Clean], belonging: Raw
) -> tuple[CleanRecord, Clean]:
    """Redact a record and what belongs to it; also cut the record's withheld values out of the latter."""
    record, withheld = clean_record(raw)
    return record, clean(belonging, withheld)


def _clean_page(page: JobPage, shared: Shared) -> CleanPage:
    return CleanPage(
        jobs=[clean_record(record, shared)[0] for record in page.jobs],
        total=page.total,
        has_next=page.has_next,
        unreadable=page.unreadable,
        served_at=page.served_at,
    )
