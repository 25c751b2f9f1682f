"""What one replica serves, and how much memory a caller and a job take; prints figures, never passes or fails.

`python benchmarks/scale.py [--rounds 5]`. The load, the simulator and the replicas share the machine's cores. So it
prints, beside the calls per second, the replicas' processor time per call, from which the rate on a core of their own
follows.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from statistics import median

import httpx
from over_http import call
from processes import free_port, resident_memory, simulator, wait_for
from pydantic import SecretStr

from bytenite_mcp.api.client import Client
from bytenite_mcp.privacy.door import CleanClient
from bytenite_mcp.table.background import Background
from bytenite_mcp.table.reader import Reader

JOB = "ccf06fbe-428b-41c9-a4c1-c5e21cb571b0"
TOOLS = {"get_job": {"job_id": JOB}, "list_jobs": {"limit": 20}}
JOBS, ACCOUNTS, CALLERS, CALLS = 1000, 100, 20, 20
TABLES = 21
SIZES = (20_000, 100_000)
TICKS = os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Print all figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with simulator(JOBS, accounts=ACCOUNTS) as environment:
        for replicas in (1, 2):
            with serving(replicas, environment) as (pids, ports):
                for tool in TOOLS:
                    print(f"{replicas} process(es), {tool}: {asyncio.run(rate(pids, ports, tool, rounds))}")
        with serving(1, environment) as (pids, ports):
            asyncio.run(memory_of_callers(pids[0], ports))
        in_a_process(environment, TABLES)
    for size in SIZES:
        with simulator(size) as environment:
            in_a_process(environment, 1)


@contextmanager
def serving(replicas: int, environment: dict[str, str]) -> Iterator[tuple[list[int], list[int]]]:
    """Start server processes whose callers send their own keys; yield their ids and ports."""
    ports = [free_port() for _ in range(replicas)]
    words = [sys.executable, "-m", "bytenite_mcp", "serve", "--http", "--key-from-header", "--port"]
    settings = {**os.environ, **environment, "BYTENITE_API_KEY": ""}
    processes = [
        subprocess.Popen([*words, str(port)], env=settings, stderr=subprocess.DEVNULL)  # noqa: S603
        for port in ports
    ]
    try:
        for port in ports:
            wait_for(port, seconds=60)
        yield [process.pid for process in processes], ports
    finally:
        for process in processes:
            process.terminate()
            process.wait(timeout=60)


async def rate(pids: list[int], ports: list[int], tool: str, rounds: int) -> str:
    """Measure twenty callers, each of which always uses the same replica."""
    rates, costs = [], []
    async with httpx.AsyncClient(timeout=60) as client:
        await call_all(client, ports, tool, CALLERS, 1)
        for _ in range(rounds):
            began, spent = time.perf_counter(), processor_time(pids)
            await call_all(client, ports, tool, CALLERS, CALLS)
            rates.append(CALLERS * CALLS / (time.perf_counter() - began))
            costs.append((processor_time(pids) - spent) / (CALLERS * CALLS) * 1000)
    return (
        f"{median(rates):.0f} calls/s ({min(rates):.0f} to {max(rates):.0f}), "
        f"{median(costs):.1f} ms of processor a call ({min(costs):.1f} to {max(costs):.1f})"
    )


async def call_all(client: httpx.AsyncClient, ports: list[int], tool: str, callers: int, calls: int) -> None:
    """Run all callers concurrently."""
    await asyncio.gather(
        *(call_in_turn(client, ports[caller % len(ports)], tool, caller, calls) for caller in range(callers))
    )


async def call_in_turn(client: httpx.AsyncClient, port: int, tool: str, caller: int, calls: int) -> None:
    """Make the calls of one caller, one at a time."""
    for number in range(1, calls + 1):
        await call(client, port, number, tool, TOOLS[tool], key_of(caller))


async def memory_of_callers(pid: int, ports: list[int]) -> None:
    """Measure a replica's memory at rest, and what each of a hundred callers adds."""
    async with httpx.AsyncClient(timeout=120) as client:
        idle = resident_memory(pid)
        for tool in TOOLS:
            await call_all(client, ports, tool, 1, 3)
            before = resident_memory(pid)
            for first in range(0, ACCOUNTS, CALLERS):
                await asyncio.gather(
                    *(call_in_turn(client, ports[0], tool, first + caller, 2) for caller in range(CALLERS))
                )
            each = (resident_memory(pid) - before) / (ACCOUNTS - 1)
            print(
                f"memory: {idle:.0f} MB at rest; {each:.2f} MB more for a caller of {tool} ({JOBS} jobs each)"
            )


def in_a_process(environment: dict[str, str], accounts: int) -> None:
    """Measure tables in a separate process, because freed memory is not returned to the system."""
    process = get_context("spawn").Process(target=measure_tables, args=(environment, accounts))
    process.start()
    process.join()


def measure_tables(environment: dict[str, str], accounts: int) -> None:
    """Measure tables in this process."""
    asyncio.run(memory_of_tables(environment, accounts))


async def memory_of_tables(environment: dict[str, str], accounts: int) -> None:
    """Read accounts into tables in this process; print the memory of the first, and of each further one."""
    async with Background() as background:
        readers = []
        for number in range(accounts):
            began, before = time.perf_counter(), resident_memory(os.getpid())
            reader = Reader(connect(environment, number), background, longest_wait=600)
            readers.append(reader)
            await reader.refresh()
            if number == 0:
                held, seconds = await reader.store.count(), time.perf_counter() - began
                taken = resident_memory(os.getpid()) - before
                print(
                    f"memory: {taken:.0f} MB for the first table, of {held:,} jobs, read in {seconds:.1f} s"
                )
                first = resident_memory(os.getpid())
        if accounts > 1:
            each = (resident_memory(os.getpid()) - first) / (accounts - 1)
            print(f"memory: {each:.2f} MB more for each of {accounts - 1} tables of {JOBS} jobs")
        for reader in readers:
            await reader.aclose()


def connect(environment: dict[str, str], number: int) -> CleanClient:
    """Connect to one of the simulated accounts."""
    key, options = SecretStr(key_of(number)), {"jobs_prefix": "customer", "timeout": 30, "max_retries": 3}
    return CleanClient(Client(environment["BYTENITE_BASE_URL"], key, **options))  # type: ignore[arg-type]


def key_of(number: int) -> str:
    """Return the key of a simulated account."""
    return f"demo-key-{number}" if number else "demo-key"


def processor_time(pids: list[int]) -> float:
    """Processor seconds that processes have used so far."""
    stats = [Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split() for pid in pids]
    return sum(int(fields[11]) + int(fields[12]) for fields in stats) / TICKS


if __name__ == "__main__":
    main()
