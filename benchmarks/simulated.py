"""The simulator in its own process: `python benchmarks/simulated.py PORT JOBS LARGEST_PAGE LATENCY ACCOUNTS STEP`.

Each list starts STEP jobs later than the one before, so that it has other jobs. No page ends between jobs that were
created at the same time, because such a page would not be answered alone.
"""

import itertools
import sys
from urllib.parse import parse_qsl, urlencode

import uvicorn
from starlette.types import Receive, Scope, Send

from bytenite_mcp.simulator import Fault, World, create_app

port, jobs, largest = map(int, sys.argv[1:4])
faults = [Fault("slow", seconds=seconds)] if (seconds := float(sys.argv[4])) else []
# The first account's key is demo-key, the next ones' demo-key-1, demo-key-2, …
keys = ["demo-key", *(f"demo-key-{number}" for number in range(1, int(sys.argv[5])))]
worlds = [World(jobs, api_key=key) for key in keys]
app = create_app(*worlds, max_page=largest, faults=faults)
step = int(sys.argv[6])
times = [created for (created,) in worlds[0].rows("SELECT created FROM jobs ORDER BY created DESC")]
places = itertools.cycle(
    n for n in range(0, jobs - step, step or jobs) if times[n + step - 1] != times[n + step]
)


async def move(scope: Scope, receive: Receive, send: Send) -> None:
    """Start each list at a later job."""
    if scope["type"] == "http" and scope["path"].endswith("/jobs"):
        query = dict(parse_qsl(scope["query_string"].decode()))
        query["pagination.offset"] = str(int(query.get("pagination.offset", 0)) + next(places))
        scope = {**scope, "query_string": urlencode(query).encode()}
    await app(scope, receive, send)


uvicorn.run(move, host="127.0.0.1", port=port, log_level="warning", date_header=False)
