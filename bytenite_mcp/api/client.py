"""The client of ByteNite's API, the only module that sends requests."""

import json
import re
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import NamedTuple, Self, TypeVar
from urllib.parse import quote, urlencode, urlsplit

import anyio
import httpx
from pydantic import SecretStr

from bytenite_mcp import __version__
from bytenite_mcp.api import errors, wire
from bytenite_mcp.api.filters import Filter
from bytenite_mcp.api.models import JobPage, LogLevel, LogService, Record, check_id, to_text
from bytenite_mcp.api.network import connect
from bytenite_mcp.api.retry import Retries, read_date
from bytenite_mcp.api.threads import run_in_thread
from bytenite_mcp.api.tokens import BEARER, Tokens
from bytenite_mcp.api.tracing import Attempt, note_retries, trace_request
from bytenite_mcp.api.transport_errors import to_failure
from bytenite_mcp.api.values import Json, JsonObject

T = TypeVar("T")

MOST_CONCURRENT = 20
"""Further requests queue; the timeout of a request starts when it is sent."""

_LARGE = 256 * 1024
"""Bytes. A larger answer takes some milliseconds to decode, so a thread does it."""

_SHORTEST_SECRET = 16
"""Characters. A shorter key or token is not cut out of answers, because it could be an ordinary word."""

_HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "gzip, deflate",
    "User-Agent": f"bytenite-mcp/{__version__}",
}
_HEADER_VALUE = re.compile(r"[!-~]+")


class _Call(NamedTuple):
    """A request, which may be sent several times; `route` is its path with placeholders for ids, for traces.

    If it `may_get_nothing`, null or an empty body stands for an empty object.
    """

    method: str
    route: str
    path: str
    body: Mapping[str, Json] | None = None
    job_id: str = ""
    may_get_nothing: bool = False


_EXCHANGE = "/auth/access_token"


class Client:
    """Calls ByteNite's API with one key; share one instance for the life of the server.

    Args:
        base_url: The API's URL, without a trailing slash.
        api_key: The key of the account.
        transport: The httpx transport; None connects to the network.
        jobs_prefix: Path prefix of the job routes, `customer` or `computing` [D].
        timeout: Seconds one request may take.
        max_retries: Retries of a request after a transient failure.
        simulated: Whether the API is known to be the simulator; if not, a header of its answers decides.
        clock: A monotonic clock in seconds.
        sleep: Sleeps for a number of seconds.

    Attributes:
        host: The API's host, as shown in error messages.
        simulated: Whether the API is the simulator, as far as is known.

    Every method raises a subclass of `ByteNiteError` when it fails.
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
        self._retries = Retries(max_retries, clock, sleep)
        self._tokens = Tokens(self._exchange_key, clock)
        self._slots = anyio.Semaphore(MOST_CONCURRENT)
        # Used without `httpx.AsyncClient`, which would add 5 % to a call (0.15 ms) for cookies and redirects.
        self._transport = transport or connect(base_url, MOST_CONCURRENT)
        self._ahead: timedelta | None = None
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
        """Fetch one job's record, with `templateInfo` in it wherever the answer has that."""
        answer = await self._request("GET", "jobs/{jobId}", job_id=job_id)
        return wire.read_job(answer.value, job_id, self.host)

    async def jobs(self, *, limit: int, offset: int = 0, order_by: str = "") -> JobPage:
        """Fetch a page of all jobs; the API may return fewer rows than `limit` even if there are more."""
        query: dict[str, str | int] = {"pagination.limit": limit, "pagination.offset": offset}
        if order_by:
            query["orderBy"] = order_by
        return wire.read_page(await self._request("GET", "jobs", query=query), self.host)

    async def filter_jobs(
        self, filters: Sequence[Filter], *, limit: int, offset: int = 0, order_by: str = ""
    ) -> JobPage:
        """Fetch a page of the jobs that match all filters, as the API understands them; nothing is checked here."""
        body: JsonObject = {
            "pagination": {"limit": limit, "offset": offset},
            "filters": [condition.to_wire() for condition in filters],
            "orderBy": order_by,
        }
        return wire.read_page(await self._request("POST", "jobs/filter", body=body), self.host)

    async def results(self, job_id: str) -> list[Json]:
        """Fetch the outputs, each an object with `name` and a signed `link` of about four hours [R].

        There are none while the answer is empty or null [C].
        """
        answer = await self._request("GET", "jobs/{jobId}/results", job_id=job_id, may_get_nothing=True)
        return wire.read_results(answer.value, self.host)

    async def logs(
        self, job_id: str, *, levels: Sequence[LogLevel] = (), services: Sequence[LogService] = ()
    ) -> JsonObject:
        """Fetch the log lines by service; an empty sequence means no restriction [C]."""
        body = {"jobId": job_id, "taskIds": [], "levels": list(levels), "services": list(services)}
        answer = await self._request("POST", "logs", job_id=check_id(job_id), body=body)
        return wire.read_logs(answer.value, self.host)

    async def info(self) -> JsonObject:
        """Fetch the API's version [D]."""
        return (await self._request("GET", "info")).value

    async def now(self) -> datetime:
        """Return the time by ByteNite's clock, according to its last answer; by ours if that has no date."""
        if self._ahead is None:
            await self.check_key()
        return datetime.now(UTC) + (self._ahead or timedelta())

    async def check_key(self) -> None:
        """Exchange the key for a token, unless a valid one is cached."""
        await self._retry(self._tokens.get)

    async def reach(self) -> None:
        """Check that the API answers, with one unauthenticated request; a refusal (4xx) counts as an answer."""
        route = f"/{self._jobs_prefix}/info"
        try:
            with trace_request("GET", route):
                await self._send(_Call("GET", route, route))
        except errors.Refusal as refusal:
            if refusal.status >= 500:
                raise

    async def _request(
        self,
        method: str,
        route: str,
        *,
        job_id: str = "",
        query: Mapping[str, str | int] | None = None,
        body: Mapping[str, Json] | None = None,
        may_get_nothing: bool = False,
    ) -> wire.Answer:
        path = route = f"/{self._jobs_prefix}/{route}"
        if "{jobId}" in route:
            path = route.replace("{jobId}", quote(check_id(job_id), safe=""))
        if query:
            path += f"?{urlencode(query)}"
        call = _Call(method, route, path, body, job_id, may_get_nothing)
        with trace_request(method, route):
            return await self._retry(partial(self._tokens.authorize, partial(self._send, call)))

    async def _retry(self, ask: Callable[[], Awaitable[T]]) -> T:
        """Call `ask` and retry it after transient failures, which is safe because every request is a read."""
        retries = 0
        while True:
            try:
                return await ask()
            except errors.ByteNiteError as failure:
                await self._retries.wait_after(failure, retries)
            retries += 1
            note_retries(retries)

    async def _exchange_key(self) -> JsonObject:
        key = self._key.get_secret_value()
        if not key:
            raise errors.MissingKey
        call = _Call("POST", _EXCHANGE, _EXCHANGE, {"apiKey": key})
        with trace_request(call.method, call.route):
            try:
                answer = (await self._send(call)).value
            except errors.Refusal as refusal:
                if refusal.transient or isinstance(refusal, errors.Unauthenticated | errors.NoSuchRoute):
                    raise
                raise errors.ExchangeRefused(refusal.status, refusal.detail) from refusal
        if not _HEADER_VALUE.fullmatch(to_text(answer.get("token"))):
            raise errors.UnexpectedAnswer(self.host, "no token for the key")
        return answer

    async def _send(self, call: _Call, authorization: str = "") -> wire.Answer:
        """Send one request and decode its answer."""
        request = self._build(call, authorization)
        async with self._slots:
            await self._retries.hold_back()
            with Attempt(call.method, call.route) as attempt:
                response, body = await self._receive(request)
                attempt.note_status(response.status_code)
                self.simulated = self.simulated or "x-bytenite-simulator" in response.headers
                decode = partial(self._decode, call, response, body, authorization.removeprefix(BEARER))
                answer = await run_in_thread(decode) if len(body) > _LARGE else decode()
        if answer.served_at:
            self._ahead = answer.served_at - datetime.now(UTC)
        return answer

    def _decode(self, call: _Call, response: httpx.Response, body: bytes, token: str) -> wire.Answer:
        body = self._withhold_secrets(token, body)
        if call.may_get_nothing and body.strip() in (b"", b"null"):
            body = b"{}"
        try:
            value = wire.decode(response.status_code, response.headers, body, self.host)
        except errors.NotFound as refusal:
            if call.job_id:
                raise
            # Not the id but the settings are wrong.
            raise errors.NoSuchRoute(refusal.status, refusal.detail) from refusal
        return wire.Answer(value, read_date(response.headers))

    def _build(self, call: _Call, authorization: str) -> httpx.Request:
        headers = _HEADERS | ({"Authorization": authorization} if authorization else {})
        if call.body is not None:
            headers["Content-Type"] = "application/json"
        # With ASCII escapes, because httpx's own JSON is UTF-8, which cannot express a lone surrogate.
        content = None if call.body is None else json.dumps(call.body)
        return httpx.Request(call.method, self._base_url + call.path, headers=headers, content=content)

    def _withhold_secrets(self, token: str, body: bytes) -> bytes:
        """Cut our key and token out of an answer, because some servers repeat them in error messages."""
        for secret in (token, self._key.get_secret_value()):
            if len(secret) >= _SHORTEST_SECRET:
                for written in {secret, secret.replace("/", "\\/"), quote(secret, safe="")}:
                    body = body.replace(written.encode(), b"[withheld]")
        return body

    async def _receive(self, request: httpx.Request) -> tuple[httpx.Response, bytes]:
        """Send a request and read its answer within the timeout."""
        try:
            with anyio.fail_after(self._timeout):
                response = await self._transport.handle_async_request(request)
                async with aclosing(response):
                    return response, await wire.read_body(response.headers, response.aiter_bytes(), self.host)
        except (TimeoutError, httpx.RequestError) as error:
            failure = to_failure(error, self._base_url, self._timeout)
            # A protocol error quotes the bytes received, which may contain our token.
            raise failure from None if isinstance(error, httpx.ProtocolError) else error
