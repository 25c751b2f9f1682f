"""The composition root: builds the server from the settings."""

from typing import TYPE_CHECKING

from mcp.server import CacheHint
from mcp.server.caching import CacheableMethod

from bytenite_mcp import __version__
from bytenite_mcp.config import Settings
from bytenite_mcp.server.completion import complete
from bytenite_mcp.server.current_client import ClientProvider
from bytenite_mcp.server.http.health import Readiness, add_health
from bytenite_mcp.server.instructions import write_instructions
from bytenite_mcp.server.mcp_server import ByteNiteServer, name_invalid_parameters
from bytenite_mcp.server.prompts import add_prompts
from bytenite_mcp.server.resources import add_resources, page_resources
from bytenite_mcp.server.tasks import Tasks
from bytenite_mcp.server.tools import make_tools
from bytenite_mcp.view.offer import JobsView, announce

if TYPE_CHECKING:
    import httpx

    # Imports PyJWT and cryptography, which only serving over HTTP needs.
    from bytenite_mcp.server.http.authentication import Authentication

_DAY = 24 * 60 * 60 * 1000
_UNCHANGING: tuple[CacheableMethod, ...] = ("tools/list", "prompts/list", "resources/templates/list")
_CACHE_HINTS = dict.fromkeys(_UNCHANGING, CacheHint(ttl_ms=_DAY, scope="public"))


def build_server(
    settings: Settings,
    transport: "httpx.AsyncBaseTransport | None" = None,
    callers: "Authentication | None" = None,
) -> ByteNiteServer:
    """Build the server; by default, it reaches ByteNite over the network, or the simulator for `--demo`."""
    upstream = ClientProvider(settings, transport or (_simulator() if settings.demo else None))
    server = ByteNiteServer(
        "bytenite-mcp",
        title="ByteNite jobs",
        version=__version__,
        instructions=write_instructions(settings),
        tools=make_tools(),
        lifespan=upstream.lifespan,
        extensions=[JobsView(), Tasks()],
        middleware=[name_invalid_parameters, upstream.middleware, page_resources, announce],
        cache_hints=_CACHE_HINTS,
        subscriptions=False,
        auth=callers.settings if callers else None,
        token_verifier=callers.verifier if callers else None,
        log_level=settings.log_level,
    )
    add_resources(server)
    add_prompts(server)
    add_health(server, Readiness(upstream.reach))
    server.completion()(complete)  # type: ignore[no-untyped-call]  # the SDK left it untyped
    return server


def _simulator() -> "httpx.ASGITransport":
    import httpx

    from bytenite_mcp.simulator import World, create_app

    return httpx.ASGITransport(create_app(World()), raise_app_exceptions=False)
