"""The `serve` command: over stdio or HTTP; what it needs is imported while it starts."""

import gc
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bytenite_mcp.config import Settings


@contextmanager
def starting() -> Iterator[None]:
    """Collect no garbage while a process starts: what it makes then stays, and looking through it costs a tenth."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def serve_over_stdio(settings: "Settings") -> int:
    """Serve until the input ends or a signal comes; gives the exit code."""
    with starting():
        import anyio

        from bytenite_mcp.server.app import build_server
        from bytenite_mcp.server.stdio.serving import serve_stdio

        server = build_server(settings)
    # uvloop takes a twentieth off every call; there is none for Windows.
    anyio.run(serve_stdio, server, backend_options={"use_uvloop": sys.platform != "win32"})
    return 0


def serve_over_http(settings: "Settings", host: str, port: int, allowed_hosts: Sequence[str]) -> int:
    """Serve at an address until a signal comes; gives the exit code.

    Raises:
        SettingsError: It would be open to others, or the address cannot be had.
    """
    with starting():
        from bytenite_mcp.commands.ports import listen
        from bytenite_mcp.server.http.app import PATH, make_http_app, serve

        app = make_http_app(settings, host, allowed_hosts)
    with listen(host, port) as listening:
        host, port = listening.getsockname()[:2]
        named = f"[{host}]" if ":" in host else host
        print(f"Serving MCP on http://{named}:{port}{PATH}", file=sys.stderr, flush=True)
        serve(app, listening)
    return 0
