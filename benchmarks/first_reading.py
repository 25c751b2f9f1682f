"""How long the first question about all jobs takes, and each after it; prints ratios, never passes or fails.

`python benchmarks/first_reading.py [JOBS ...]` compares reading all jobs into the table with fetching and parsing the
same pages, in turn, each in its own process; then for 4,000 jobs where a page of 100 takes 120 ms. It prints the least
of three rounds, by wall clock and processor time, and the machine's load.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median

import anyio
from processes import resident_memory, simulator
from pydantic import SecretStr

from bytenite_mcp.api.client import Client
from bytenite_mcp.commands.serve import shorten_thread_switches, starting

ROUNDS, FURTHER = 3, 5
Figures = dict[str, float]
Work = Callable[[Client], Awaitable[None]]


def queued() -> float:
    """Seconds for which this thread has waited for a processor."""
    return int(Path("/proc/thread-self/schedstat").read_text(encoding="ascii").split()[1]) / 1e9


class Stalls:
    """The longest time in ms that the event loop was blocked, without the time its thread waited for a processor."""

    longest = 0.0

    async def watch(self) -> None:
        """Measure every ten milliseconds."""
        while True:
            before = time.perf_counter() - queued()
            await anyio.sleep(0.01)
            self.longest = max(self.longest, (time.perf_counter() - queued() - before - 0.01) * 1000)


async def timed(work: Callable[[], Awaitable[object]]) -> tuple[float, float]:
    """Return the seconds that work takes: by wall clock, and of processor time."""
    began, used = time.perf_counter(), time.process_time()
    await work()
    return time.perf_counter() - began, time.process_time() - used


async def fetch(client: Client) -> Figures:
    """Fetch and parse every page, eight at a time, and keep nothing."""
    limit = int(os.environ["PAGE"])

    async def read() -> None:
        first = await client.jobs(limit=limit)
        offsets = iter(range(limit, first.total or 0, limit))

        async def worker() -> None:
            for offset in offsets:
                await client.jobs(limit=limit, offset=offset)

        async with anyio.create_task_group() as workers:
            for _ in range(8):
                workers.start_soon(worker)

    wall, used = await timed(read)
    return {"wall": wall, "used": used}


async def read(client: Client) -> Figures:
    """Read all jobs into the table, then ask again."""
    with starting():
        from bytenite_mcp.privacy.door import CleanClient
        from bytenite_mcp.table.background import Background
        from bytenite_mcp.table.reader import Reader

    before, stalls = resident_memory(os.getpid()), Stalls()
    async with Background() as background, anyio.create_task_group() as beside:
        reader = Reader(CleanClient(client), background, longest_wait=600)
        beside.start_soon(stalls.watch)
        wall, used = await timed(reader.refresh)
        memory = resident_memory(os.getpid()) - before
        further = [await timed(reader.refresh) for _ in range(FURTHER)]
        beside.cancel_scope.cancel()
        await reader.aclose()
    again, again_used = (median(times) for times in zip(*further, strict=True))
    return {
        "wall": wall, "used": used, "again": again, "again_used": again_used, "memory": memory, "stall": stalls.longest,
    }  # fmt: skip


def run(what: str, environment: dict[str, str], page: int) -> Figures:
    """Run one of the two programs in its own process."""
    command = [sys.executable, __file__, "--run", what]
    surroundings = {**os.environ, **environment, "PAGE": str(page)}
    said = subprocess.run(command, env=surroundings, stdout=subprocess.PIPE, check=True)  # noqa: S603
    return dict(json.loads(said.stdout))


def compare(jobs: int, largest_page: int = 1000, latency: float = 0.0, rounds: int = ROUNDS) -> None:
    """Print a line."""
    with simulator(jobs, largest_page, latency) as environment:
        page = min(500, largest_page)
        run("fetch", environment, page)  # the simulator caches the order
        pairs = [(run("fetch", environment, page), run("read", environment, page)) for _ in range(rounds)]
    floor, ours = (
        {figure: min(one[figure] for one in of) for figure in of[0]} for of in zip(*pairs, strict=True)
    )
    ratios = ours["wall"] / floor["wall"], ours["used"] / floor["used"]
    print(
        f"{jobs:>8,} {page:>5} {ours['wall']:>8.2f} {ratios[0]:>7.2f} {ratios[1]:>7.2f}"
        f" {ours['again'] * 1000:>9.0f} {ours['again'] / ours['wall']:>8.3f} {ours['again_used'] / ours['used']:>8.3f}"
        f" {ours['memory']:>7.0f} {ours['stall']:>6.0f} {os.getloadavg()[0]:>5.1f}",
        flush=True,
    )


async def child(what: str) -> None:
    """Run one of the two programs."""
    base, key = os.environ["BYTENITE_BASE_URL"], SecretStr(os.environ["BYTENITE_API_KEY"])
    async with Client(base, key, jobs_prefix="customer", timeout=30, max_retries=3) as client:
        await client.check_key()
        print(json.dumps(await {"fetch": fetch, "read": read}[what](client)))


if sys.argv[1:2] == ["--run"]:
    shorten_thread_switches()
    anyio.run(child, sys.argv[2])
else:
    print(
        f"{'jobs':>8} {'page':>5} {'s':>8} {'x wall':>7} {'x cpu':>7} {'again ms':>9} {'x wall':>8} {'x cpu':>8}"
        f" {'MB':>7} {'stall':>6} {'load':>5}"
    )
    for count in [int(text) for text in sys.argv[1:]] or [1000, 10_000, 20_000, 100_000]:
        compare(count)
    compare(4000, 100, 0.12)
