"""A long run against a ByteNite that keeps failing: `python benchmarks/soak.py [--minutes 10]`.

One server process over stdio has ten calls in flight, and the faults change every two seconds. Prints calls, errors by
kind, memory at start and end, and open connections; never passes or fails.
"""

import argparse
import random
import re
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

from processes import Program
from starlette.applications import Starlette

from bytenite_mcp.commands.ports import listen
from bytenite_mcp.commands.simulate import serve
from bytenite_mcp.simulator import Fault, World, create_app

IN_FLIGHT = 10
JOB = "ccf06fbe-428b-41c9-a4c1-c5e21cb571b0"
FAILED = [{"field": "state", "condition": "EQ", "value": "FAILED"}]
LARGEST = "endless:bytes=50000000,times=1"
"""The answer that takes the most memory; the server receives it before memory is first measured."""

CALLS: list[tuple[str, dict[str, Any]]] = [
    ("get_job", {"job_id": JOB}),
    ("get_job", {"job_id": "no-such-job"}),
    ("list_jobs", {"limit": 20}),
    ("list_jobs", {"limit": 5, "order_by": "duration desc"}),
    ("filter_jobs", {"filters": FAILED}),
    ("summarize_jobs", {"group_by": ["templateId"]}),
    ("diagnose_job", {"job_id": JOB}),
    ("get_job_logs", {"job_id": JOB}),
    ("get_job_results", {"job_id": JOB}),
]
FAULTS = (
    "", "", "slow:seconds=0.2", "429:retry_after=1,times=5", "429:times=5", "500:times=3", "502:times=3",
    "503:retry_after=1,times=3", "504:times=3",
    "refused:seconds=1,times=1", "reset:times=5", "cut:times=5", "html:times=5", "ok_false:times=5",
    "not_a_page:times=5", "wrong_types:times=5", "unknown_state:times=5", "token_dies:uses=3,times=5",
    "redirect:times=5", "endless:bytes=50000000,times=1",
)  # fmt: skip


def main() -> None:
    """Run and report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10, help="at most 60, default %(default)s")
    seconds = 60 * min(parser.parse_args().minutes, 60)
    app, listening = create_app(World(200)), listen("127.0.0.1", 0)
    threading.Thread(target=serve, args=(app, listening), daemon=True).start()
    environment = {
        "BYTENITE_BASE_URL": f"http://127.0.0.1:{listening.getsockname()[1]}/v1",
        "BYTENITE_API_KEY": "demo-key",
    }
    server = Program([sys.executable, "-m", "bytenite_mcp", "serve"], environment)
    try:
        server.open()
        _run(server, app, seconds)
    finally:
        server.end()
        app.state.refuse_connections(0)


def _run(server: Program, app: Starlette, seconds: float) -> None:
    print(f"calls for {seconds:.0f} s, {IN_FLIGHT} in flight", flush=True)
    app.state.faults.set(Fault.parse(LARGEST))
    _calls(server, app, min(20.0, seconds / 5))
    before = _memory_at_rest(server, app)
    outcomes = _calls(server, app, seconds)
    print(f"memory: {before:.1f} MB once warm, {_memory_at_rest(server, app):.1f} MB at the end")
    print(f"open connections: {_connections(server.process.pid)}")
    print(f"calls: {outcomes.total()}")
    for outcome, count in outcomes.most_common():
        print(f"  {count:7} {outcome}")


def _memory_at_rest(server: Program, app: Starlette) -> float:
    """Resident memory in MB without faults, after a question has waited for the reading under way."""
    app.state.faults.set()
    server.call("summarize_jobs", {})
    return server.memory()


def _calls(server: Program, app: Starlette, seconds: float) -> Counter[str]:
    outcomes: Counter[str] = Counter()
    end, change = time.monotonic() + seconds, time.monotonic() + 2
    for _ in range(IN_FLIGHT):
        _send(server)
    while (now := time.monotonic()) < end:
        if now >= change:
            app.state.faults.set(*(Fault.parse(one) for one in random.sample(FAULTS, 2) if one))
            app.state.requests.clear()
            change = now + 2
        outcomes[_outcome(server)] += 1
        _send(server)
    outcomes.update(_outcome(server) for _ in range(IN_FLIGHT))
    return outcomes


def _send(server: Program) -> None:
    tool, arguments = random.choice(CALLS)  # noqa: S311
    server.send("tools/call", {"name": tool, "arguments": arguments})


def _outcome(server: Program) -> str:
    try:
        server.receive()
    except RuntimeError as error:
        return re.sub(r"\d{4,}", "#", str(error).splitlines()[0])[:110]
    return "answered"


def _connections(pid: int) -> int:
    links = (link.readlink() for link in Path(f"/proc/{pid}/fd").iterdir())
    return sum(str(target).startswith("socket:") for target in links)


if __name__ == "__main__":
    main()
