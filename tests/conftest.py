"""What most tests need: a fixed moment, a small account, and a client of it with virtual time."""

import asyncio
import gc
import json
import os
import selectors
import time
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio.lowlevel
import anyio.to_thread
import httpx
import pytest
from hypothesis import settings
from pydantic import SecretStr
from starlette.applications import Starlette

from bytenite_mcp.api.client import Client
from bytenite_mcp.cli import main
from bytenite_mcp.privacy.redact import CleanRecord
from bytenite_mcp.simulator import World, create_app
from tests.commands.running import NO_CLIENTS, Command

NOW = datetime(2026, 3, 4, 15, 30, 12, 345678, tzinfo=UTC)
Backend = tuple[str, dict[str, Any]]
KEY = "demo-key"
HOST = "bytenite.test"
WIRE = Path(__file__).parent / "wire"

# A deadline would measure the machine, not the code.
settings.register_profile("quick", deadline=None, max_examples=100)
settings.register_profile("many", deadline=None, max_examples=10_000)


def pytest_addoption(parser: pytest.Parser) -> None:
    budgets = "10,000 examples of a property, 200 calls of each of 50 callers"
    parser.addoption("--many", action="store_true", help=f"the whole budgets: {budgets}")


def pytest_configure(config: pytest.Config) -> None:
    settings.load_profile("many" if config.getoption("--many") else "quick")


def pytest_collection_finish() -> None:
    # Modules and collected tests stay until the end, and searching them for garbage takes 4 % of a run.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


class VirtualTime:
    """Seconds that pass only while somebody sleeps."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        """Advance the time instead of waiting; concurrent sleeps overlap."""
        until = self.seconds + seconds
        self.slept.append(seconds)
        await anyio.lowlevel.checkpoint()
        self.seconds = max(self.seconds, until)


class HurriedLoop(asyncio.SelectorEventLoop):
    """An event loop whose time passes only while it waits, and jumps to the next timer if it waits for nothing else.

    Attributes:
        threads: How many threads it waits for.
    """

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.threads = 0
        super().__init__(_HurriedSelector(self))

    def time(self) -> float:
        return self.seconds


class _HurriedSelector(selectors.DefaultSelector):
    def __init__(self, loop: HurriedLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        # The loop always has one file: the one by which threads wake it.
        if timeout and not self._loop.threads and len(self.get_map()) == 1:
            ready = super().select(0)
            self._loop.seconds += 0 if ready else timeout
            return ready
        began = time.monotonic()
        ready = super().select(timeout)
        self._loop.seconds += 0 if timeout == 0 else time.monotonic() - began
        return ready


def make_client(
    transport: httpx.AsyncBaseTransport | None = None,
    *,
    base_url: str = f"https://{HOST}/v1",
    api_key: str = KEY,
    **changes: Any,
) -> Client:
    given = {"jobs_prefix": "customer", "timeout": 10.0, "max_retries": 3, **changes}
    return Client(base_url, SecretStr(api_key), transport, **given)


def carrying(app: Starlette) -> httpx.ASGITransport:
    return httpx.ASGITransport(app, raise_app_exceptions=False)


def client_to(
    to: Starlette | httpx.AsyncBaseTransport, clock: VirtualTime | None = None, **changes: Any
) -> Client:
    """Make a client of an app, or of any transport."""
    clock = clock or VirtualTime()
    transport = carrying(to) if isinstance(to, Starlette) else to
    return make_client(transport, clock=clock, sleep=clock.sleep, **changes)


def answering(
    answer: Callable[[httpx.Request], httpx.Response] | None = None, **bodies: Any
) -> httpx.MockTransport:
    """Make an API that accepts any key, and answers by a function, or with the bodies given by name."""

    def give(request: httpx.Request) -> httpx.Response:
        *_, parent, last = request.url.path.split("/")
        body = bodies.get("job" if parent == "jobs" and last != "filter" else last)
        return httpx.Response(404) if body is None else httpx.Response(200, content=json.dumps(body))

    def handle(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/auth/access_token"):
            return httpx.Response(200, json={"token": "a-token", "expiresIn": "3600"})
        return (answer or give)(request)

    return httpx.MockTransport(handle)


class Turns:
    """Answers in turn, the last one again and again, and keeps what it was asked."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def as_clean(*records: Mapping[str, Any]) -> list[CleanRecord]:
    """Treat records as redacted: they contain nothing to withhold."""
    return [CleanRecord(record) for record in records]


def wire(number: str) -> dict[str, Any]:
    """Return the body of a captured answer by the number of its file."""
    (file,) = WIRE.glob(f"{number}_*.json")
    return dict(json.loads(file.read_text(encoding="utf-8"))["body"])


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> Backend:
    """Give a backend in which nothing waits for real seconds, except for threads, sockets and processes."""
    run_sync = anyio.to_thread.run_sync

    async def run(*arguments: Any, **options: Any) -> Any:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, HurriedLoop)
        loop.threads += 1
        try:
            return await run_sync(*arguments, **options)
        finally:
            loop.threads -= 1

    monkeypatch.setattr(anyio.to_thread, "run_sync", run)
    return "asyncio", {"loop_factory": HurriedLoop}


@pytest.fixture
def clock() -> VirtualTime:
    return VirtualTime()


@pytest.fixture
def world() -> World:
    return World(60, seed=7, clock=lambda: NOW)


@pytest.fixture
def app(world: World) -> Starlette:
    return create_app(world)


@pytest.fixture
async def client(app: Starlette, clock: VirtualTime) -> AsyncIterator[Client]:
    async with client_to(app, clock) as client:
        yield client


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run a command in this process; return its code and what it wrote to both streams."""
    for name in [name for name in os.environ if name.startswith("BYTENITE_")]:
        monkeypatch.delenv(name)

    def run_here(*words: str, **settings: str) -> tuple[int, str, str]:
        for name, value in {**NO_CLIENTS, **settings}.items():
            monkeypatch.setenv(name, value)
        try:
            code = main(words)
        except SystemExit as end:
            code = int(str(end.code))
        return code, *capsys.readouterr()

    return run_here
