"""Serving over streamable HTTP: without state, so that any replica can answer; by default for this machine only."""

import logging
import re
import signal
import socket
import sys
from collections.abc import Iterable, Sequence

import uvicorn
from mcp.server.transport_security import TransportSecuritySettings
from sse_starlette.sse import AppStatus
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from bytenite_mcp.config import Settings, SettingsError, is_loopback
from bytenite_mcp.server.app import build_server
from bytenite_mcp.server.http.admission import LARGEST_BODY, LONGEST_REQUEST, Admission
from bytenite_mcp.server.http.authentication import make_authentication
from bytenite_mcp.server.http.cancellation import Cancellation
from bytenite_mcp.server.http.connections import HeadTimeoutProtocol
from bytenite_mcp.server.http.validation import Validation
from bytenite_mcp.server.mcp_server import ByteNiteServer

PATH = "/mcp"

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")

GRACE = int(LONGEST_REQUEST)
"""Seconds after SIGTERM in which calls in flight can end; none takes longer."""

KEEP_ALIVE = 75
"""Seconds that an idle connection is kept open: longer than proxies keep it, so that the proxy closes it."""

MOST_CONNECTIONS = 1000

_HOST = re.compile(r"([a-z0-9.-]+|\[[0-9a-f:.]+\])(:\d{1,5})?")
"""A host name or address, and perhaps a port."""

_PORT = re.compile(r":\d+$")

_log = logging.getLogger(__name__)


def make_http_app(
    settings: Settings, host: str = "127.0.0.1", allowed_hosts: Sequence[str] = ()
) -> Starlette:
    """Make the app that serves MCP at `/mcp`, and `/health` and `/ready`.

    `host` is the address that it will listen on, `allowed_hosts` the host names that requests may have. On loopback,
    those of this machine are added.

    Raises:
        SettingsError: The app would be open to others, or the settings of its authentication are invalid.
    """
    callers = make_authentication(settings)
    _check_closed(host, authenticated=callers is not None, named=bool(allowed_hosts))
    return make_app(build_server(settings, callers=callers), host, allowed_hosts)


def make_app(server: ByteNiteServer, host: str = "127.0.0.1", allowed_hosts: Sequence[str] = ()) -> Starlette:
    """Make the app that serves a server, as `make_http_app` does.

    Raises:
        SettingsError: `allowed_hosts` has an invalid name.
    """
    security = _make_security(host, allowed_hosts)
    app = server.streamable_http_app(
        streamable_http_path=PATH,
        stateless_http=True,
        max_request_body_size=LARGEST_BODY,
        transport_security=security,
    )
    (route,) = (route for route in app.routes if isinstance(route, Route) and route.path == PATH)
    # The server never pushes messages, so the stream of a GET would stay open for nothing.
    route.methods = {"POST"}
    route.app = cancellation = Cancellation(Admission(Validation(_check_authority(route.app))))
    server.middleware.append(cancellation.register)
    return app


def serve(app: Starlette, listening: socket.socket) -> None:
    """Serve until SIGTERM or SIGINT, then answer the calls in flight and accept no new ones."""
    # By default, sse_starlette cuts every stream at the signal; our streams end with their call.
    AppStatus.enable_automatic_graceful_drain = False
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        http=HeadTimeoutProtocol,
        ws="none",
        limit_concurrency=MOST_CONNECTIONS,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=GRACE,
    )
    # uvicorn raises the signal again after the last answer; with this handler, exit handlers still run.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    uvicorn.Server(config).run([listening])


def _check_closed(host: str, *, authenticated: bool, named: bool) -> None:
    if is_loopback(host):
        if named and not authenticated:
            _log.warning("callers are not authenticated: anyone who can reach the proxy in front can call")
        return
    missing = []
    if not authenticated:
        missing.append("BYTENITE_MCP_TOKENS or BYTENITE_MCP_JWT_ISSUER to authenticate callers")
    if not named:
        missing.append("--allowed-host with the server's host name")
    if missing:
        raise SettingsError(f"--host {host} is reachable by others, so set {', and '.join(missing)}.")


def _make_security(host: str, allowed_hosts: Iterable[str]) -> TransportSecuritySettings:
    local = LOOPBACK if is_loopback(host) else ()
    others = [_check_name(name) for name in allowed_hosts]
    origins = [f"http://{name}" for name in local] + [f"https://{name}" for name in (*local, *others)]
    return TransportSecuritySettings(
        allowed_hosts=_allow_any_port([*local, *others]), allowed_origins=_allow_any_port(origins)
    )


def _check_authority(app: ASGIApp) -> ASGIApp:
    """Refuse a host or origin that has more than a name and a port; the SDK compares only their beginnings."""

    async def check(scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        origin = headers.get("origin", "")
        if not _HOST.fullmatch(headers.get("host", "")):
            await Response("Invalid Host header", 421)(scope, receive, send)
        elif origin and not _HOST.fullmatch(origin.partition("://")[2]):
            await Response("Invalid Origin header", 403)(scope, receive, send)
        else:
            await app(scope, receive, send)

    return check


def _check_name(name: str) -> str:
    if not _HOST.fullmatch(name.lower()):
        raise SettingsError(
            "--allowed-host must be a host name such as mcp.example.com, without scheme or path."
        )
    return name.lower()


def _allow_any_port(names: Iterable[str]) -> list[str]:
    """Allow each name on any port, unless it names a port itself."""
    return [form for name in names for form in ([name] if _PORT.search(name) else [name, f"{name}:*"])]
