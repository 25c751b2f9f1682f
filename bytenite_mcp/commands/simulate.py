"""The `simulate` command: the simulator on a port of this machine."""

import socket
import time
from contextlib import suppress

import uvicorn
from starlette.applications import Starlette

from bytenite_mcp.commands.ports import listen


def serve(app: Starlette, listening: socket.socket) -> None:
    """Serve the simulator until a signal comes; stop listening while the fault `refused` lasts.

    Raises:
        SettingsError: Another program took the port while nothing was listening.
    """
    host, port = listening.getsockname()
    with suppress(KeyboardInterrupt):
        while seconds := _serve_until_refused(app, listening):
            time.sleep(seconds)
            listening = listen(host, port)


def _serve_until_refused(app: Starlette, listening: socket.socket) -> float:
    """Serve until a fault refuses connections, and return its seconds, or until a signal, and return 0."""
    # No log, because uvicorn would report the protocol errors that faults cause. The app sets the Date header itself.
    config = uvicorn.Config(app, log_level="critical", lifespan="off", ws="none", date_header=False)
    server = uvicorn.Server(config)
    refusing = 0.0

    def refuse(seconds: float) -> None:
        nonlocal refusing
        refusing = seconds
        server.should_exit = server.force_exit = True

    app.state.refuse_connections = refuse
    server.run([listening])
    listening.close()
    return refusing
