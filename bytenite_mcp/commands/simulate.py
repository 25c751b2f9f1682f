"""The `simulate` command: the simulator on a port of this machine."""

import socket
import time
from contextlib import suppress

import uvicorn
from starlette.applications import Starlette

from bytenite_mcp.commands.ports import listen


def serve(app: Starlette, listening: socket.socket) -> None:
    """Serve an app of `create_app` until a signal ends it; nothing listens while a fault says so.

    Raises:
        SettingsError: Somebody else took the port meanwhile.
    """
    host, port = listening.getsockname()
    with suppress(KeyboardInterrupt):
        while seconds := _serve_until_refused(app, listening):
            time.sleep(seconds)
            listening = listen(host, port)


def _serve_until_refused(app: Starlette, listening: socket.socket) -> float:
    """Serve until connections are to be refused; gives for how many seconds, 0 if it ended for good."""
    # Nothing is logged, as uvicorn would show how a fault breaks the protocol as an error of its own.
    # The Date header is the app's, by the simulated clock.
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
