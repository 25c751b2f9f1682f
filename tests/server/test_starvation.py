"""A long call does not delay others: a small one that comes later is answered first."""

import json
from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any

import anyio
import httpx
import pytest

from tests.server.conftest import Asker, connected, page_of

pytestmark = pytest.mark.anyio

ASKED = {"id": "x", "name": "n", "state": "JOB_STATE_COMPLETE", "createdAt": "2026-03-04T15:00:00Z"}


@cache
def plain() -> dict[str, Any]:
    """A job that is fast to decode, without secrets, and slow to render."""
    return {**ASKED, "params": {"numbers": [[n, n + 1] for n in range(120_000)]}}


@cache
def secretive() -> dict[str, Any]:
    """A job that is slow to redact."""
    return {**ASKED, "params": {"lines": [f"password=hunter{n} token" for n in range(3000)]}}


@cache
def outputs() -> list[dict[str, str]]:
    return [{"name": f"frame-{n}.png", "link": f"https://storage.example/{n}"} for n in range(40_000)]


@cache
def log() -> list[dict[str, str]]:
    return [{"log": f"step {n} of many", "timestamp": "2026-03-04T15:00:00Z"} for n in range(40_000)]


JOB, PAGE, RESULTS, LOGS = "/jobs/x", "/jobs", "/results", "/logs"
Call = Callable[[Asker], Awaitable[Any]]


def ask(tool: str, **arguments: Any) -> Call:
    return lambda asker: asker.ask(tool, **arguments)


def read(uri: str) -> Call:
    return lambda asker: asker.client.read_resource(uri)


CASES: dict[str, tuple[str, Callable[[], dict[str, Any]], Call]] = {
    "decoding": (JOB, lambda: {"job": ASKED, "ignored": [plain()] * 6}, ask("get_job", job_id="x")),
    "cleaning a record": (JOB, lambda: {"job": secretive()}, ask("get_job", job_id="x", detail="concise")),
    "cleaning outputs": (RESULTS, lambda: {"results": outputs()}, ask("get_job_results", job_id="x")),
    "cleaning a page": (PAGE, lambda: page_of(secretive()), ask("list_jobs")),
    "reading a log": (
        LOGS,
        lambda: {"assembler": log()},
        ask("get_job_logs", job_id="x", contains="/(1+.*)+7/"),
    ),
    "diagnosing": (LOGS, lambda: {"assembler": log()}, ask("diagnose_job", job_id="x")),
    "rendering a record": (JOB, lambda: {"job": plain()}, ask("get_job", job_id="x")),
    "rendering a page": (PAGE, lambda: page_of(plain()), ask("list_jobs", detail="full")),
    "filling the table": (PAGE, lambda: page_of(plain()), ask("summarize_jobs")),
    "listing resources": (PAGE, lambda: page_of(plain()), lambda asker: asker.client.list_resources()),
    "reading a resource": (JOB, lambda: {"job": plain()}, read("bytenite://jobs/x")),
}


class Slow(httpx.AsyncBaseTransport):
    """A ByteNite with one large answer.

    Attributes:
        given: Set when the large answer is on its way.
    """

    def __init__(self, path: str, body: dict[str, Any]) -> None:
        self.given = anyio.Event()
        self._path, self._body = path, json.dumps(body).encode()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("access_token"):
            return httpx.Response(200, json={"token": "t", "expiresIn": "3600"})
        if request.url.path.endswith(self._path):
            self.given.set()
            return httpx.Response(200, content=self._body)
        return httpx.Response(200, json={"job": ASKED} if request.url.path.endswith(JOB) else page_of(ASKED))


@pytest.mark.parametrize("case", CASES)
async def test_small_calls_overtake_one_that_is_at_work(case: str) -> None:
    path, body, call = CASES[case]
    transport, answered = Slow(path, body()), list[str]()

    async def ask_for_much(asker: Asker) -> None:
        await call(asker)
        answered.append("large")

    async def ask_for_little(asker: Asker) -> None:
        await transport.given.wait()
        for _ in range(3):
            await asker.fail("get_job", job_id="")
        answered.append("small")

    async with connected(transport) as asker:
        # The client would list the tools after the first answer, which would give the small call time.
        await asker.client.list_tools()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(ask_for_much, asker)
            tasks.start_soon(ask_for_little, asker)
    assert answered == ["small", "large"]
