"""The simulator in a process of its own: `python benchmarks/simulated.py PORT JOBS LARGEST_PAGE LATENCY`."""

import sys

import uvicorn

from bytenite_mcp.simulator import Fault, World, create_app

port, jobs, largest = map(int, sys.argv[1:4])
faults = [Fault("slow", seconds=seconds)] if (seconds := float(sys.argv[4])) else []
app = create_app(World(jobs), max_page=largest, faults=faults)
uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", date_header=False)
