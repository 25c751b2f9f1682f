"""The one client: the only place a request is made, retried, or its failure named."""

import json
import random
import re
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, Self
from urllib.parse import quote, urlencode, urlsplit

import anyio
import httpx
from opentelemetry.trace import Span
from pydantic import SecretStr
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception,
    stop_after_attempt,
    wait_exponential,
    wait_random,
)

from bytenite_mcp import __version__
from bytenite_mcp.api import wire
from bytenite_mcp.api.errors import (
    ByteNiteError,
    ConnectionLost,
    MissingKey,
    NoSuchRoute,
    NotFound,
    Refusal,
    TimedOut,
    TooManyRequests,
    Unauthenticated,
    UnexpectedAnswer,
    Unreachable,
)
from bytenite_mcp.api.filters import Filter
from bytenite_mcp.api.models import JobPage, LogLevel, LogService, Record, check_id, to_text
from bytenite_mcp.api.network import connect
from bytenite_mcp.api.tokens import Tokens
from bytenite_mcp.api.tracing import note_retries, note_status, request_span

LONGEST_WAIT = 15.0
"""Seconds we wait when asked to; hosts give up on a call after about a minute."""

LARGEST_ANSWER = 32 * 1024 * 1024
"""Bytes of one answer we read; a page of 1,000 large records is about a fifth of it."""

AT_ONCE = 20
"""Requests under way at once; more wait their turn, and their time starts when it comes."""

_HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "gzip, deflate",
    "User-Agent": f"bytenite-mcp/{__version__}",
}
_HEADER_VALUE = re.compile(r"[!-~]+")
SHORTEST_SECRET = 16
"""Characters; a shorter one, such as the simulator's key, could be a word of a record."""

_BACKOFF = wait_exponential(multiplier=0.2, max=4) + wait_random(0, 0.3)


class Client:
    """Speaks ByteNite's API for one key; share one for the life of the server.

    Args:
        base_url: Where the API is, without a slash at its end.
        api_key: Whose jobs are asked for.
        transport: What carries the requests; the network when None.
        jobs_prefix: Path of the job routes, `customer` or `computing` [D].
        timeout: Seconds one request may take.
        max_retries: Further tries after a transient failure.
        simulated: Whether it is known to speak to the simulator; else the simulator's answers tell.
        clock: Seconds that only go up.
        sleep: How waiting is done.

    Attributes:
        host: The API's host, as errors name it.
        simulated: Whether it speaks to the simulator, as far as is known.

    Every method raises `ByteNiteError`, as one of its tree.
    """

    def __init__(
        self,
        base_url: str,
        api_key: SecretStr,
        transport: httpx.AsyncBaseTransport | None = None,
        *,
        jobs_prefix: str,
        timeout: float,
        max_retries: int,
        simulated: bool = False,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
    ) -> None:
        self._base_url = base_url
        self._key = api_key
        self._jobs_prefix = jobs_prefix
        self._timeout = timeout
        self._max_retries = max_retries
        self._clock = clock
        self._sleep = sleep
        self._resume_at = 0.0
        self._tokens = Tokens(self._exchange_key, clock)
        self._slots = anyio.Semaphore(AT_ONCE)
        # No `httpx.AsyncClient` round it: its cookies, redirects and merging are not wanted, and take 5% of a call.
        self._transport = transport or connect(base_url, AT_ONCE)
        self.host = urlsplit(base_url).netloc
        self.simulated = simulated

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._transport.aclose()

    async def job(self, job_id: str) -> Record:
        """Fetch one job, its `templateInfo` put inside as in answers since July 2025 [D]."""
        answer = await self._request("GET", "jobs/{jobId}", job_id=job_id)
        return wire.read_job(answer, self.host)

    async def jobs(self, *, limit: int, offset: int = 0, order_by: str = "") -> JobPage:
        """Fetch a page of all jobs; the API may give fewer rows than `limit` though there are more."""
        query: dict[str, str | int] = {"pagination.limit": limit, "pagination.offset": offset}
        if order_by:
            query["orderBy"] = order_by
        return wire.read_page(await self._request("GET", "jobs", query=query), self.host)

    async def filter_jobs(
        self, filters: Sequence[Filter], *, limit: int, offset: int = 0, order_by: str = ""
    ) -> JobPage:
        """Fetch a page of the jobs the API says match all filters; what it did with them is not checked here."""
        body = {
            "pagination": {"limit": limit, "offset": offset},
            "filters": [condition.to_wire() for condition in filters],
            "orderBy": order_by,
        }
        return wire.read_page(await self._request("POST", "jobs/filter", body=body), self.host)

    async def results(self, job_id: str) -> list[dict[str, Any]]:
        """Fetch the outputs, each with `name` and a signed `link` of about four hours [R]; may be empty."""
        answer = await self._request("GET", "jobs/{jobId}/results", job_id=job_id)
        return wire.read_results(answer, self.host)

    async def logs(
        self, job_id: str, *, levels: Sequence[LogLevel] = (), services: Sequence[LogService] = ()
    ) -> dict[str, Any]:
        """Fetch the log lines by service; an empty sequence means no restriction [C]."""
        body = {"jobId": job_id, "taskIds": [], "levels": list(levels), "services": list(services)}
        answer = await self._request("POST", "logs", job_id=check_id(job_id), body=body)
        return wire.read_logs(answer, self.host)

    async def info(self) -> dict[str, Any]:
        """Fetch the API's version; good as a sign of life [D]."""
        return await self._request("GET", "info")

    async def check_key(self) -> None:
        """Exchange the key for a token, unless a good one is held."""
        await self._tokens.get()

    async def reach(self) -> None:
        """Ask for a sign of life, without the key and once; being refused is one too."""
        route = f"{self._jobs_prefix}/info"
        try:
            with request_span("GET", f"/{route}"):
                await self._send("GET", route)
        except Refusal as refusal:
            if refusal.status >= 500:
                raise

    async def _request(
        self,
        method: str,
        route: str,
        *,
        job_id: str = "",
        query: Mapping[str, str | int] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Make a request, renewing the token and retrying what may pass; every call is a read."""
        path = template = f"{self._jobs_prefix}/{route}"
        if "{jobId}" in route:
            path = template.replace("{jobId}", quote(check_id(job_id), safe=""))
        if query:
            path += f"?{urlencode(query)}"
        with request_span(method, f"/{template}") as span, _nothing_missing_but(job_id):
            try:
                return await self._authorized(method, path, body)
            except ByteNiteError as failure:
                return await self._again(failure, span, partial(self._authorized, method, path, body))

    async def _again(
        self, failure: ByteNiteError, span: Span, ask: Callable[[], Awaitable[dict[str, Any]]]
    ) -> dict[str, Any]:
        """Ask again after a failure that may pass; the first try goes without, as tenacity takes 5% of a call."""
        async for attempt in AsyncRetrying(
            retry=retry_if_exception(_worth_retrying),
            stop=stop_after_attempt(self._max_retries + 1),
            wait=self._wait_before_retry,
            sleep=self._sleep,
            reraise=True,
        ):
            with attempt:
                retries = attempt.retry_state.attempt_number - 1
                if not retries:
                    raise failure
                note_retries(span, retries)
                return await ask()
        raise AssertionError("a retrying block returns or raises")

    async def _authorized(self, method: str, path: str, body: Mapping[str, Any] | None) -> dict[str, Any]:
        token = await self._tokens.get()
        try:
            return await self._send(method, path, body, token)
        except Unauthenticated:
            token = await self._tokens.get(refused=token)
            return await self._send(method, path, body, token)

    async def _exchange_key(self) -> dict[str, Any]:
        key = self._key.get_secret_value()
        if not key:
            raise MissingKey
        with request_span("POST", "/auth/access_token"), _nothing_missing_but(job_id=""):
            answer = await self._send("POST", "auth/access_token", {"apiKey": key})
        if not _HEADER_VALUE.fullmatch(to_text(answer.get("token"))):
            raise UnexpectedAnswer(self.host, "no token for the key")
        return answer

    async def _send(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, token: str = ""
    ) -> dict[str, Any]:
        """Send one request and read its answer, naming whatever goes wrong."""
        host, seconds = self.host, self._timeout
        request = self._built(method, path, body, token)
        try:
            async with self._slots:
                await self._pause()
                with anyio.fail_after(seconds):
                    response, answer = await self._read(request)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError) as error:
            raise Unreachable(host, "certificate" in str(error).lower()) from None
        except (TimeoutError, httpx.TimeoutException):
            raise TimedOut(host, seconds) from None
        except httpx.TransportError:
            raise ConnectionLost(host) from None
        except httpx.DecodingError:
            raise UnexpectedAnswer(host, "a body that cannot be decompressed") from None
        note_status(response.status_code)
        self.simulated = self.simulated or "x-bytenite-simulator" in response.headers
        return wire.decode(response.status_code, response.headers, self._without_own(token, answer), host)

    def _built(self, method: str, path: str, body: Mapping[str, Any] | None, token: str) -> httpx.Request:
        # The raw token, without `Bearer` [D, R, C].
        headers = _HEADERS | ({"Authorization": token} if token else {})
        if body is not None:
            headers["Content-Type"] = "application/json"
        # Escaped, because half a character cannot be written as UTF-8.
        content = None if body is None else json.dumps(body)
        return httpx.Request(method, f"{self._base_url}/{path}", headers=headers, content=content)

    def _without_own(self, token: str, body: bytes) -> bytes:
        """Cut our own key and token out of an answer: some servers repeat them in an error."""
        for secret in (token, self._key.get_secret_value()):
            if len(secret) >= SHORTEST_SECRET:
                for written in {secret, secret.replace("/", "\\/"), quote(secret, safe="")}:
                    body = body.replace(written.encode(), b"[withheld]")
        return body

    async def _read(self, request: httpx.Request) -> tuple[httpx.Response, bytes]:
        response = await self._transport.handle_async_request(request)
        try:
            if "," in response.headers.get("content-encoding", ""):
                # Each layer would unpack the whole of the one below, a thousandfold, before it is counted.
                raise UnexpectedAnswer(self.host, "a body that is compressed more than once")
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > LARGEST_ANSWER:
                    raise UnexpectedAnswer(self.host, f"more than {LARGEST_ANSWER >> 20} MiB")
        finally:
            await response.aclose()
        return response, bytes(body)

    def _wait_before_retry(self, state: RetryCallState) -> float:
        """Seconds until the next try; a wait ByteNite asked for holds every other call back too."""
        error = state.outcome.exception() if state.outcome else None
        wait = _BACKOFF(state)
        if isinstance(error, Refusal):
            wait = max(wait, error.retry_after or 0.0)
            if error.retry_after or isinstance(error, TooManyRequests):
                self._resume_at = max(self._resume_at, self._clock() + wait)
        return wait

    async def _pause(self) -> None:
        """Hold back while ByteNite limits requests, and not all return at the same moment."""
        if (left := self._resume_at - self._clock()) > 0:
            await self._sleep(left + random.uniform(0, min(left, 1.0)))  # noqa: S311  # spreading, not secrecy


@contextmanager
def _nothing_missing_but(job_id: str) -> Iterator[None]:
    """Tell a 404 for a job from one for a route, which is a matter of settings."""
    try:
        yield
    except NotFound as refusal:
        if job_id:
            raise
        raise NoSuchRoute(refusal.status, refusal.detail) from None


def _worth_retrying(error: BaseException) -> bool:
    if not isinstance(error, ByteNiteError) or not error.transient:
        return False
    return not isinstance(error, Refusal) or (error.retry_after or 0.0) <= LONGEST_WAIT
