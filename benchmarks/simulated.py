"""The simulator in a process of its own: `python benchmarks/simulated.py PORT JOBS LARGEST_PAGE`."""

import sys

import uvicorn

from bytenite_mcp.simulator import World, create_app

port, jobs, largest = map(int, sys.argv[1:4])
app = create_app(World(jobs), max_page=largest)
uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", date_header=False)
