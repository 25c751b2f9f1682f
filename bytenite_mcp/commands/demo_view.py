"""Shows the view without a chat client: a page on loopback is its host, and the demo its server."""

import webbrowser
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import uvicorn
from mcp import Client
from mcp.server import MCPServer
from mcp.types import TextResourceContents
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from bytenite_mcp.commands.ports import listen
from bytenite_mcp.config import Settings
from bytenite_mcp.server.app import build_server
from bytenite_mcp.view.offer import HOST_FILE, URI

LONGEST = 3600.0
"""Seconds after which the demo ends."""

_SANDBOX = "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'"
"""The content security policy that hosts apply to a view."""


async def show_demo(settings: Settings) -> int:
    """Serve the demo on a free port until a signal, or for an hour, and open it in a browser."""
    app = make_app(build_server(settings))
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", ws="none"))
    with listen("127.0.0.1", 0) as listening:
        address = f"http://127.0.0.1:{listening.getsockname()[1]}/"
        print(f"See the view at {address}; Ctrl-C ends it.", flush=True)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(lambda: anyio.to_thread.run_sync(webbrowser.open, address))
            with anyio.move_on_after(LONGEST):
                await server.serve([listening])
    return 0


def make_app(server: MCPServer) -> Starlette:
    """Make the host: its page, the server's view, and a route that calls the server's tools."""

    @asynccontextmanager
    async def connect(app: Starlette) -> AsyncIterator[None]:
        async with Client(server) as client:
            app.state.client = client
            yield

    routes = [
        Route("/", _show_host),
        Route("/view", _show_view),
        Route("/call", _call_tool, methods=["POST"]),
    ]
    only_here = Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])
    return Starlette(routes=routes, middleware=[only_here], lifespan=connect)


async def _show_host(_: Request) -> Response:
    return FileResponse(HOST_FILE)


async def _show_view(request: Request) -> Response:
    contents = (await request.app.state.client.read_resource(URI)).contents
    html = "".join(part.text for part in contents if isinstance(part, TextResourceContents))
    return Response(html, media_type="text/html", headers={"Content-Security-Policy": _SANDBOX})


async def _call_tool(request: Request) -> Response:
    call = await request.json()
    answer = await request.app.state.client.call_tool(call["name"], call["arguments"])
    return JSONResponse(answer.model_dump(mode="json", by_alias=True, exclude_none=True))
