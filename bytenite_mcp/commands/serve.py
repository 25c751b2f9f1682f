"""The `serve` command, over stdio or HTTP; modules are imported while it starts."""

import gc
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bytenite_mcp.config import Settings


@contextmanager
def starting() -> Iterator[None]:
    """Disable garbage collection during start-up and exempt what then exists, which saves a tenth of the start."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def favour_the_loop() -> None:
    """Let threads give way to the event loop after a millisecond, because it waits for each that is at work."""
    sys.setswitchinterval(0.001)


def serve_over_stdio(settings: "Settings") -> int:
    """Serve until the input ends or a signal comes; return the exit code."""
    with starting():
        import anyio

        from bytenite_mcp.server.app import build_server
        from bytenite_mcp.server.stdio.serving import serve_stdio

        server = build_server(settings)
    favour_the_loop()
    # uvloop makes each call 5 % faster; it does not exist for Windows.
    anyio.run(serve_stdio, server, backend_options={"use_uvloop": sys.platform != "win32"})
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
    favour_the_loop()
    with listen(host, port) as listening:
        host, port = listening.getsockname()[:2]
        named = f"[{host}]" if ":" in host else host
        print(f"Serving MCP on http://{named}:{port}{PATH}", file=sys.stderr, flush=True)
        serve(app, listening)
    return 0
