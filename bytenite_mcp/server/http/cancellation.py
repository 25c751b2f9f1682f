"""Cancels calls over HTTP, for clients of both protocol eras.

Since 2026-07-28, clients cancel a call by closing its connection, which the SDK handles. Older clients keep the
connection open and post `notifications/cancelled`. Without sessions, the SDK cannot tell which client's call such a
message names. So `initialize` is answered with a session id, which only tells clients apart: it is neither stored nor
checked, and no request needs it.
"""

from collections.abc import Hashable
from uuid import uuid4

import anyio
from mcp import MCPError
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.streamable_http import MCP_SESSION_ID_HEADER, REQUEST_CANCELLED
from mcp.shared.inbound import MCP_PROTOCOL_VERSION_HEADER
from mcp.types import CancelledNotification, RequestId
from pydantic import ValidationError
from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bytenite_mcp.server.client_pool import ClientPool
from bytenite_mcp.server.http.admission import make_timeout
from bytenite_mcp.server.http.caller import Caller

LARGEST_MESSAGE = 2000
"""The most bytes of a cancellation; larger requests are passed on unread."""

READ_TIMEOUT = 5.0
"""Seconds in which such a small request must arrive, because it is read before admission is checked."""


class Cancellation:
    """Handles cancellations as ASGI middleware, for which it registers calls as middleware of the MCP server.

    It comes before `Admission`, so that a caller with too many calls in flight can cancel some.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._scopes: dict[Hashable, anyio.CancelScope] = {}

    async def register(
        self, ctx: ServerRequestContext[ClientPool, Request], call_next: CallNext
    ) -> HandlerResult:
        """Register a call while it is being answered, if its client sent a session id.

        Raises:
            MCPError: It was cancelled. In the older era, only an answer ends the stream of a call.
        """
        if not ctx.request or MCP_SESSION_ID_HEADER not in ctx.request.headers or ctx.request_id is None:
            return await call_next(ctx)
        call = _identify(ctx.request, ctx.request_id)
        with anyio.CancelScope() as scope:
            self._scopes[call] = scope
            try:
                return await call_next(ctx)
            finally:
                # A client may wrongly give two calls the same id.
                if self._scopes.get(call) is scope:
                    del self._scopes[call]
        raise MCPError(code=REQUEST_CANCELLED, message="Request cancelled")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Cancel a call, or pass the request on."""
        request = Request(scope, receive)
        has_session = MCP_SESSION_ID_HEADER in request.headers
        if has_session and _is_small(request):
            await self._cancel_or_pass_on(request, send)
        else:
            begins = not has_session and MCP_PROTOCOL_VERSION_HEADER not in request.headers
            await self._app(scope, receive, _issue_session(send) if begins else send)

    async def _cancel_or_pass_on(self, request: Request, send: Send) -> None:
        try:
            with anyio.fail_after(READ_TIMEOUT):
                body = await request.body()
        except (ClientDisconnect, TimeoutError):
            await make_timeout()(request.scope, request.receive, send)
            return
        cancelled = _read_cancelled_id(body)
        if cancelled is not None and (call := self._scopes.get(_identify(request, cancelled))):
            call.cancel()
            await Response(status_code=202)(request.scope, request.receive, send)
        else:
            await self._app(request.scope, _replay(body, request.receive), send)


def _identify(request: Request, request_id: RequestId) -> Hashable:
    return Caller.of(request), request.headers[MCP_SESSION_ID_HEADER], str(request_id)


def _is_small(request: Request) -> bool:
    return int(request.headers.get("content-length", LARGEST_MESSAGE + 1)) <= LARGEST_MESSAGE


def _read_cancelled_id(body: bytes) -> RequestId | None:
    """Return the id of the request that a message cancels; None for any other message."""
    try:
        return CancelledNotification.model_validate_json(body).params.request_id
    except ValidationError:
        return None


def _issue_session(send: Send) -> Send:
    async def send_with_session(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] == 200:
            MutableHeaders(scope=message)[MCP_SESSION_ID_HEADER] = uuid4().hex
        await send(message)

    return send_with_session


def _replay(body: bytes, receive: Receive) -> Receive:
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return messages.pop() if messages else await receive()

    return replay
