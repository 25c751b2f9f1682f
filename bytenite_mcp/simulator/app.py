"""The simulator's endpoints: the documented routes, bodies and errors of ByteNite's jobs API."""

import asyncio
import json
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from hashlib import sha256
from itertools import count
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from bytenite_mcp.simulator.errors import NOT_FOUND, UNAUTHENTICATED, UNIMPLEMENTED, Refusal, answer_error
from bytenite_mcp.simulator.faults import Fault, Faults, inject, reset
from bytenite_mcp.simulator.logs import write_logs
from bytenite_mcp.simulator.meanings import Meanings
from bytenite_mcp.simulator.requests import read_key, read_log_query, read_query, read_search
from bytenite_mcp.simulator.results import list_results
from bytenite_mcp.simulator.search import Json, Search
from bytenite_mcp.simulator.times import SECOND
from bytenite_mcp.simulator.world import World

_Answer = Callable[[World, Request, bytes], Response]
"""Answers a request, whose body is given too, for an account."""

_KEPT_REQUESTS = 1000
_DEFAULT_PAGE = 20
_MARK = (b"x-bytenite-simulator", b"1")
_INFO = {"version": {"major": 1, "minor": 0, "tag": "simulator"}, "messages": ["simulated account"]}
_TOKEN_LIFE = 3600
"""Seconds for which a token is valid [D]."""


@dataclass(frozen=True)
class ReceivedRequest:
    """A received request; ``body`` is its parsed JSON, or its text if it is not JSON."""

    method: str
    path: str
    query: dict[str, str]
    body: Json
    headers: dict[str, str]


def create_app(
    *worlds: World,
    faults: Iterable[Fault] = (),
    meanings: Iterable[str] = (),
    max_page: int = 1000,
    date: Callable[[], datetime | None] | None = None,
    on_request: Callable[[ReceivedRequest], Awaitable[None]] | None = None,
) -> Starlette:
    """Make an app that serves ByteNite's jobs API for these accounts.

    ``app.state.requests`` holds the last thousand requests. The methods ``app.state.faults.set`` and
    ``app.state.meanings.set`` replace the faults and the meanings while the app runs.

    Args:
        worlds: The accounts, each with its ``api_key``.
        faults: The faults to inject.
        meanings: Names from ``MEANINGS``: other interpretations of searches than the documented one.
        max_page: The most rows of a page.
        date: Returns the time for the Date header of answers, or None to omit the header. By default, the
            time of the first world's clock.
        on_request: Awaited before a request is processed. It may change a world, set faults, or wait.
    """
    app = _Simulator(worlds, max_page, date, on_request)
    app.state.faults.set(*faults)
    app.state.meanings.set(*meanings)
    return app


class _Simulator(Starlette):
    """An app that records its requests and injects faults.

    It is no middleware, because a reset needs the ``send`` of the server.
    """

    def __init__(
        self,
        worlds: Sequence[World],
        max_page: int,
        date: Callable[[], datetime | None] | None,
        on_request: Callable[[ReceivedRequest], Awaitable[None]] | None,
    ) -> None:
        handlers: dict[Any, Any] = {Refusal: _answer_refusal, HTTPException: _answer_no_route}
        super().__init__(routes=self._make_routes(), exception_handlers=handlers)
        self.router.redirect_slashes = False
        self.state.requests = deque[ReceivedRequest](maxlen=_KEPT_REQUESTS)
        self.state.faults, self.state.meanings = Faults(), Meanings()
        self.state.refuse_connections = lambda _: None  # the `simulate` command replaces it
        self._worlds = {world.api_key: world for world in worlds}
        if len(self._worlds) < len(worlds):
            raise ValueError("two worlds share one api_key")
        self._tokens: dict[str, tuple[World, int]] = {}
        self._first, self._date, self._on_request = worlds[0], date, on_request
        self._max_page, self._turns = max_page, count()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        request = Request(scope, receive)
        received = await _receive(request)
        self.state.requests.append(received)
        if self._on_request:
            await self._on_request(received)
        due = self.state.faults.find_due(scope["path"], request.headers.get("authorization", ""))
        await asyncio.sleep(sum(fault.seconds for fault in due if fault.kind == "slow"))
        worst = next((fault for fault in due if fault.kind != "slow"), None)
        again = _replay(await request.body(), receive)
        if worst is None:
            # Clients tell simulated jobs from real ones by this header.
            await super().__call__(scope, again, _add_header(_MARK, self._add_date(send)))
        elif worst.kind in ("refused", "reset"):
            if worst.kind == "refused":
                self.state.refuse_connections(worst.seconds)
            await reset(again, send)
        else:
            await inject(worst, super().__call__, self._first.clock, scope, again, self._add_date(send))

    def _add_date(self, send: Send) -> Send:
        if (date := (self._date or self._first.clock)()) is None:
            return send
        return _add_header((b"date", format_datetime(date.astimezone(UTC), usegmt=True).encode()), send)

    def _make_routes(self) -> list[Route]:
        """Make the routes; jobs have two prefixes, because ByteNite is moving from one to the other [D]."""
        answers: dict[tuple[str, str], _Answer] = {
            ("GET", "jobs"): lambda world, sent, _: self._write_page(world, read_query(sent.query_params)),
            ("POST", "jobs/filter"): lambda world, _, body: self._write_page(world, read_search(body)),
            ("GET", "jobs/{job_id}"): _get_job,
            ("GET", "jobs/{job_id}/results"): _get_results,
            ("POST", "logs"): _get_logs,
            ("GET", "info"): lambda *_: JSONResponse(_INFO),
        }
        routes = [Route("/v1/auth/access_token", self._get_token, methods=["POST"])]
        for prefix in ("/v1/customer", "/v1/computing"):
            for (method, path), answer in answers.items():
                routes.append(Route(f"{prefix}/{path}", self._for_account(answer), methods=[method]))
        return routes

    def _for_account(self, answer: _Answer) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            return answer(self._find_world(request.headers), request, await request.body())

        return endpoint

    async def _get_token(self, request: Request) -> Response:
        api_key = read_key(await request.body())
        if (world := self._worlds.get(api_key)) is None:
            raise Refusal("invalid API key", 401, UNAUTHENTICATED)
        token = sha256(f"{api_key}/{len(self._tokens)}".encode()).hexdigest()
        self._tokens[token] = world, world.now
        return JSONResponse({"token": token, "expiresIn": str(_TOKEN_LIFE), "scope": "customer"})

    def _find_world(self, headers: Mapping[str, str]) -> World:
        """Find the account of the token in the Authorization header, which has no prefix [D]."""
        token = headers.get("authorization", "")
        if token not in self._tokens:
            raise Refusal("unknown access token" if token else "no access token", 401, UNAUTHENTICATED)
        world, issued = self._tokens[token]
        if world.now >= issued + _TOKEN_LIFE * SECOND:
            raise Refusal("the access token has expired", 401, UNAUTHENTICATED)
        return world

    def _write_page(self, world: World, asked: Search) -> Response:
        asked = replace(asked, limit=asked.limit or _DEFAULT_PAGE, turn=next(self._turns))
        search = self.state.meanings.read(asked, world)
        search = replace(search, limit=min(search.limit, self._max_page))
        found = self.state.meanings.find(search, world)
        records = world.read_records(found[search.offset : search.offset + search.limit])
        pagination = {
            "total": len(found),
            "offset": asked.offset,
            "hasPrevious": asked.offset > 0,
            "hasNext": search.offset + len(records) < len(found),
        }
        page = f'{{"pagination":{json.dumps(pagination)},"data":[{",".join(records)}]}}'
        return _answer_json(self.state.meanings.tell(page, asked, world))


def _add_header(header: tuple[bytes, bytes], send: Send) -> Send:
    async def send_with_header(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], header]
        await send(message)

    return send_with_header


def _get_job(world: World, request: Request, _: bytes) -> Response:
    record = _find_record(world, request.path_params["job_id"])
    job = json.loads(record)
    # Answers of 2023 had no templateInfo, neither in the job nor beside it [R].
    beside = f',"templateInfo":{json.dumps(job["templateInfo"])}' if "templateInfo" in job else ""
    return _answer_json(f'{{"job":{record}{beside}}}')


def _get_results(world: World, request: Request, _: bytes) -> Response:
    job = json.loads(_find_record(world, request.path_params["job_id"]))
    return JSONResponse(list_results(job, world.now))


def _get_logs(world: World, _: Request, body: bytes) -> Response:
    asked = read_log_query(body)
    return JSONResponse(write_logs(json.loads(_find_record(world, asked.job_id)), asked, world.now))


def _find_record(world: World, job_id: str) -> str:
    if (record := world.find_record(job_id)) is None:
        raise Refusal(f"job {job_id!r} not found", 404, NOT_FOUND)
    return record


def _answer_json(text: str) -> Response:
    return Response(text, media_type="application/json")


async def _answer_refusal(_: Request, refusal: Refusal) -> Response:
    return answer_error(refusal.status, refusal.code, refusal.message)


async def _answer_no_route(_: Request, error: HTTPException) -> Response:
    code = NOT_FOUND if error.status_code == 404 else UNIMPLEMENTED
    return answer_error(error.status_code, code, error.detail, dict(error.headers or {}))


async def _receive(request: Request) -> ReceivedRequest:
    raw = await request.body()
    try:
        body = json.loads(raw) if raw else None
    except (ValueError, RecursionError):
        body = raw.decode(errors="replace")
    path = request.scope["path"]
    return ReceivedRequest(request.method, path, dict(request.query_params), body, dict(request.headers))


def _replay(body: bytes, receive: Receive) -> Receive:
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return messages.pop() if messages else await receive()

    return again
