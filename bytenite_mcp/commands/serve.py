"""The `serve` command, over stdio or HTTP."""

import gc
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bytenite_mcp.config import Settings


@contextmanager
def starting() -> Iterator[None]:
    """Disable garbage collection during start-up, and exempt all objects made by then: a tenth of the start."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def shorten_thread_switches() -> None:
    """Make threads yield after 1 ms instead of 5, because the event loop has to wait for a running thread."""
    sys.setswitchinterval(0.001)


def serve_over_stdio(settings: "Settings") -> int:
    """Serve until the input ends or a signal comes; return the exit code."""
    with starting():
        import anyio

        from bytenite_mcp.server.app import build_server
        from bytenite_mcp.server.stdio.serving import serve_stdio

        server = build_server(settings)
    shorten_thread_switches()
    anyio.run(serve_stdio, server)
    return 0


def serve_over_http(settings: "Settings", host: str, port: int, allowed_hosts: Sequence[str]) -> int:
    """Serve at an address until a signal comes; return the exit code.

    Raises:
        SettingsError: The address would be open to others, or is not available.
    """
    with starting():
        from bytenite_mcp.commands.ports import listen
        from bytenite_mcp.server.http.app import PATH, make_http_app, serve

        app = make_http_app(settings, host, allowed_hosts)
    shorten_thread_switches()
    with listen(host, port) as listening:
        host, port = listening.getsockname()[:2]
        named = f"[{host}]" if ":" in host else host
        print(f"Serving MCP on http://{named}:{port}{PATH}", file=sys.stderr, flush=True)
        serve(app, listening)
    return 0
