"""The `simulate` command: the simulator on a port of this machine."""

import time
from contextlib import suppress

import uvicorn
from starlette.applications import Starlette


def serve(app: Starlette, port: int) -> None:
    """Serve an app of `create_app` on loopback until a signal ends it; nothing listens while a fault says so."""
    with suppress(KeyboardInterrupt):
        while seconds := _serve_until_refused(app, port):
            time.sleep(seconds)


def _serve_until_refused(app: Starlette, port: int) -> float:
    """Serve until connections are to be refused; gives for how many seconds, 0 if it ended for good."""
    config = uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning", lifespan="off", ws="none")
    server = uvicorn.Server(config)
    refusing = 0.0

    def refuse(seconds: float) -> None:
        nonlocal refusing
        refusing = seconds
        server.should_exit = server.force_exit = True

    app.state.refuse_connections = refuse
    server.run()
    return refusing
