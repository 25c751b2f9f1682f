"""A reader of a simulated account in virtual time, and the contents of its table."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import anyio
from starlette.applications import Starlette

from bytenite_mcp.privacy.door import CleanClient
from bytenite_mcp.simulator import Fault, World, create_app
from bytenite_mcp.simulator.app import ReceivedRequest
from bytenite_mcp.table.background import Background
from bytenite_mcp.table.reader import Reader
from tests.conftest import NOW, VirtualTime, client_to

OnRequest = Callable[[ReceivedRequest], Awaitable[None]]


def bare_world(jobs: int) -> World:
    """Make jobs without parameters and descriptors, whose redaction takes longer than all the rest."""
    world = World(0, clock=lambda: NOW)
    bare: dict[str, Any] = {"params": {}, "templateInfo": {}, "dataSource": {}, "dataDestination": {}}
    for number in range(jobs):
        world.add(createdAt=(NOW - timedelta(minutes=number)).isoformat(), **bare)
    return world


class Account:
    """A simulated account, and a reader of it.

    Attributes:
        world: Its jobs.
        time: Seconds, by which both ByteNite's clock and ours go; theirs is years ahead.
        app: Its API.
        on_request: Called before each request for a page is answered.
    """

    def __init__(
        self, jobs: int, *meanings: str, seed: int = 7, world: World | None = None, **options: Any
    ) -> None:
        self.time = VirtualTime()
        self.world = world or World(jobs, seed=seed, clock=self.now)
        self.world.clock = self.now
        self.app: Starlette = create_app(self.world, meanings=meanings, on_request=self._answer, **options)
        self.on_request: OnRequest | None = None

    def now(self) -> datetime:
        return NOW.replace(microsecond=0) + timedelta(seconds=self.time.seconds - 1000)

    async def _answer(self, request: ReceivedRequest) -> None:
        if self.on_request and not request.path.endswith("access_token"):
            await self.on_request(request)

    @property
    def requests(self) -> list[ReceivedRequest]:
        return [request for request in self.app.state.requests if not request.path.endswith("access_token")]

    def forget(self) -> None:
        self.app.state.requests.clear()

    def ids(self) -> list[str]:
        return sorted(job_id for (job_id,) in self.world.rows("SELECT id FROM jobs"))

    def find(self, state: str) -> str:
        """Return the id of the newest job in a state."""
        found = self.world.rows(
            "SELECT id FROM jobs WHERE state = ? ORDER BY created DESC", [f"JOB_STATE_{state}"]
        )
        return str(found[0][0])

    def hold_later_pages(self) -> tuple[anyio.Event, anyio.Event]:
        """Delay the pages after the first; return an event that one waits, and one that lets them all go."""
        waits, go_on = anyio.Event(), anyio.Event()

        async def hold(request: ReceivedRequest) -> None:
            if request.query.get("pagination.offset") != "0":
                waits.set()
                await go_on.wait()

        self.on_request = hold
        return waits, go_on

    def fail(self, **fault: Any) -> None:
        self.app.state.faults.set(Fault(**fault))

    def heal(self) -> None:
        self.app.state.faults.set()

    @asynccontextmanager
    async def reader(self, background: Background | None = None, **options: Any) -> AsyncIterator[Reader]:
        """Open a reader, in its own background if none is given."""
        if background is None:
            async with Background() as own, self.reader(own, **options) as reader:
                yield reader
            return
        async with client_to(self.app, self.time, max_retries=0) as client:
            times = {"longest_wait": 600, "clock": self.time, "sleep": self.time.sleep}
            reader = Reader(CleanClient(client), background, **{**times, **options})
            try:
                yield reader
            finally:
                await reader.aclose()


async def held(reader: Reader, columns: str = "id") -> list[Any]:
    """Return the contents of the table."""
    rows = await reader.store.read(
        lambda cursor: cursor.execute(f"SELECT {columns} FROM jobs ORDER BY ALL").fetchall()
    )
    return [row[0] if len(row) == 1 else row for row in rows]
