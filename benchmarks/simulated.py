"""The simulator in a process of its own: `python benchmarks/simulated.py PORT JOBS LARGEST_PAGE LATENCY ACCOUNTS`."""

import sys

import uvicorn

from bytenite_mcp.simulator import Fault, World, create_app

port, jobs, largest = map(int, sys.argv[1:4])
faults = [Fault("slow", seconds=seconds)] if (seconds := float(sys.argv[4])) else []
# The first account's key is demo-key, the next ones' demo-key-1, demo-key-2, …
keys = ["demo-key", *(f"demo-key-{number}" for number in range(1, int(sys.argv[5])))]
worlds = (World(jobs, api_key=key) for key in keys)
app = create_app(*worlds, max_page=largest, faults=faults)
uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", date_header=False)
