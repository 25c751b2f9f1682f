"""The composition root: settings in, a server out."""

import logging
from typing import TYPE_CHECKING, Any

import anyio
from mcp import MCPError
from mcp.server import CacheHint, MCPServer
from mcp.server.caching import CacheableMethod
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ResourceError, ToolError
from mcp.server.mcpserver.tools import Tool
from mcp.types import INVALID_PARAMS, CallToolResult, Resource, TextContent, ToolAnnotations
from pydantic import ValidationError

from bytenite_mcp import __version__
from bytenite_mcp.api.errors import ByteNiteError
from bytenite_mcp.config import Settings
from bytenite_mcp.jobs.errors import BadQuery
from bytenite_mcp.server import deadline, tools
from bytenite_mcp.server.client_pool import ClientPool
from bytenite_mcp.server.completion import complete
from bytenite_mcp.server.current_client import ClientProvider
from bytenite_mcp.server.errors import (
    UNEXPECTED,
    explain,
    explain_arguments,
    misnamed_arguments,
    unknown_arguments,
)
from bytenite_mcp.server.http.health import Readiness, add_health
from bytenite_mcp.server.instructions import write_instructions
from bytenite_mcp.server.prompts import add_prompts
from bytenite_mcp.server.resources import add_resources, paged_resources, with_newest_jobs
from bytenite_mcp.server.schema import OUTPUT, make_portable

if TYPE_CHECKING:
    import httpx

    # It brings the cryptography of JWTs, which only serving over HTTP needs.
    from bytenite_mcp.server.http.authentication import Authentication

AnyContext = Context[ClientPool, Any]

_DAY = 24 * 60 * 60 * 1000
_UNCHANGING: tuple[CacheableMethod, ...] = ("tools/list", "prompts/list", "resources/templates/list")
_CACHE_HINTS: dict[CacheableMethod, CacheHint] = {
    method: CacheHint(ttl_ms=_DAY, scope="public") for method in _UNCHANGING
}
_log = logging.getLogger(__name__)


class ByteNiteServer(MCPServer[ClientPool]):
    """The SDK's server with one border for arguments, time and errors."""

    async def call_tool(self, name: str, arguments: dict[str, Any], context: AnyContext | None = None) -> Any:
        """Refuse what is misspelt, bound the time, and turn every failure into text a model can act on."""
        tool = self._tool_manager.get_tool(name)
        if tool is None:
            known = ", ".join(one.name for one in self._tool_manager.list_tools())
            raise MCPError(code=INVALID_PARAMS, message=f"Unknown tool. Tools: {known}.")
        if unknown := arguments.keys() - tool.parameters["properties"].keys():
            return _failed(unknown_arguments(unknown, tool.parameters["properties"]))
        try:
            with anyio.fail_after(deadline.CALL_LIMIT):
                return await super().call_tool(name, arguments, context)
        except TimeoutError:
            return _failed(deadline.TOO_LONG)
        except ToolError as error:
            return _failed(_reason(error, name))

    async def serve_session(self, read: Any, write: Any) -> None:
        """Serve one session over a pair of streams."""
        await self._lowlevel_server.run(read, write, self._lowlevel_server.create_initialization_options())

    async def read_resource(self, uri: Any, context: AnyContext | None = None) -> Any:
        """Bound the time of reading a resource, and name what went wrong."""
        try:
            with anyio.fail_after(deadline.CALL_LIMIT):
                return await super().read_resource(uri, context)
        except TimeoutError:
            raise ResourceError(deadline.TOO_LONG) from None

    async def list_resources(self) -> list[Resource]:
        """List what is always there, and the newest jobs."""
        return await with_newest_jobs(await super().list_resources())

    async def get_prompt(
        self, name: str, arguments: dict[str, Any] | None = None, context: AnyContext | None = None
    ) -> Any:
        """Refuse what is misspelt or missing, and name an argument that cannot work."""
        prompt = self._prompt_manager.get_prompt(name)
        if prompt is None:
            known = ", ".join(one.name for one in self._prompt_manager.list_prompts())
            raise MCPError(code=INVALID_PARAMS, message=f"Unknown prompt. Prompts: {known}.")
        required = {one.name: bool(one.required) for one in prompt.arguments or ()}
        if said := misnamed_arguments((arguments or {}).keys(), required):
            raise MCPError(code=INVALID_PARAMS, message=said)
        try:
            return await super().get_prompt(name, arguments, context)
        except ValueError as error:
            cause = error.__cause__ and error.__cause__.__cause__
            if isinstance(cause, ValidationError):
                raise MCPError(code=INVALID_PARAMS, message=explain_arguments(cause)) from None
            raise


def build_server(
    settings: Settings,
    transport: "httpx.AsyncBaseTransport | None" = None,
    callers: "Authentication | None" = None,
) -> ByteNiteServer:
    """Put the rooms together.

    Args:
        settings: What a person set.
        transport: What carries requests to ByteNite; the network, or the simulator for `--demo`, when None.
        callers: How those who call over HTTP are authenticated; not at all when None.
    """
    upstream = ClientProvider(settings, transport or (_simulator() if settings.demo else None))
    server = ByteNiteServer(
        "bytenite-mcp",
        title="ByteNite jobs",
        version=__version__,
        instructions=write_instructions(settings),
        tools=[_tool(function, title) for function, title in tools.TITLES.items()],
        lifespan=upstream.lifespan,
        middleware=[upstream.middleware, paged_resources],
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


def _tool(function: Any, title: str) -> Tool:
    hints = ToolAnnotations(
        read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=True
    )
    prompt = " ".join((function.__doc__ or "").split())
    tool = Tool.from_function(function, title=title, description=prompt, annotations=hints)
    tool.parameters = make_portable(tool.parameters)
    # Advertised, and held true by the tests; validating each answer would only cost time.
    tool.fn_metadata.output_schema = OUTPUT[tool.name]
    return tool


def _failed(text: str) -> CallToolResult:
    return CallToolResult(content=[TextContent(type="text", text=text)], is_error=True)


def _reason(error: ToolError, name: str) -> str:
    cause = error.__cause__
    if isinstance(cause, ValidationError):
        return explain_arguments(cause)
    if isinstance(cause, ByteNiteError | BadQuery):
        return explain(cause)
    if isinstance(cause, TimeoutError):
        return deadline.TOO_LONG
    _log.error("%s failed unexpectedly", name, exc_info=cause)
    return UNEXPECTED
