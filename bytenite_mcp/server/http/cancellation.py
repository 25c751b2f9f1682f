"""Cancelling a call over HTTP, as clients of either protocol era do it.

A call ends when its connection is dropped, which is how clients cancel since 2026-07-28: the SDK sees to that. Older
clients keep the connection and post `notifications/cancelled`. Without sessions the SDK serves each request on its
own and cannot tell which call such a message names. So `initialize` is answered with a session id, which only tells
the calls of one client from those of another: it is neither stored nor checked, and no request needs it.
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
from bytenite_mcp.server.http.caller import Caller

LARGEST_MESSAGE = 2000
"""Bytes of a request that may be a cancellation; larger ones are passed on unread."""

READ_TIME = 5.0
"""Seconds such a request may take to arrive; it is read before its caller's calls are counted."""


class CallsUnderWay:
    """The calls that a message can cancel: those of clients that send a session id."""

    def __init__(self) -> None:
        self._scopes: dict[Hashable, anyio.CancelScope] = {}

    async def middleware(
        self, ctx: ServerRequestContext[ClientPool, Request], call_next: CallNext
    ) -> HandlerResult:
        """Note a call while it is answered.

        Raises:
            MCPError: It was cancelled; in this era an answer is what ends its stream.
        """
        if not ctx.request or MCP_SESSION_ID_HEADER not in ctx.request.headers or ctx.request_id is None:
            return await call_next(ctx)
        call = _identify(ctx.request, ctx.request_id)
        with anyio.CancelScope() as scope:
            self._scopes[call] = scope
            try:
                return await call_next(ctx)
            finally:
                self._scopes.pop(call, None)
        raise MCPError(code=REQUEST_CANCELLED, message="Request cancelled")

    def cancel(self, request: Request, request_id: RequestId) -> bool:
        """Cancel the call that a client names in a further request; tells whether there was one."""
        scope = self._scopes.get(_identify(request, request_id))
        if scope:
            scope.cancel()
        return scope is not None


class Cancellation:
    """Answers requests that cancel a call, and hands all others to an app.

    It comes before `Admission`, since who has too many calls under way must be able to cancel some.

    Args:
        app: What answers the others.
        calls: The calls under way.
    """

    def __init__(self, app: ASGIApp, calls: CallsUnderWay) -> None:
        self._app = app
        self._calls = calls

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Cancel a call, or hand the request on."""
        request = Request(scope, receive)
        if MCP_SESSION_ID_HEADER not in request.headers:
            begins = MCP_PROTOCOL_VERSION_HEADER not in request.headers
            await self._app(scope, receive, _issue_session(send) if begins else send)
        elif _is_small(request):
            await self._cancel_or_hand_on(request, send)
        else:
            await self._app(scope, receive, send)

    async def _cancel_or_hand_on(self, request: Request, send: Send) -> None:
        try:
            with anyio.fail_after(READ_TIME):
                body = await request.body()
        except (ClientDisconnect, TimeoutError):
            await Response(status_code=408)(request.scope, request.receive, send)
            return
        cancelled = _read_cancelled_id(body)
        if cancelled is not None and self._calls.cancel(request, cancelled):
            await Response(status_code=202)(request.scope, request.receive, send)
        else:
            await self._app(request.scope, _replay(body, request.receive), send)


def _identify(request: Request, request_id: RequestId) -> Hashable:
    return Caller.of(request), request.headers[MCP_SESSION_ID_HEADER], str(request_id)


def _is_small(request: Request) -> bool:
    length = request.headers.get("content-length", "")
    return length.isdecimal() and len(length) < 10 and int(length) <= LARGEST_MESSAGE


def _read_cancelled_id(body: bytes) -> RequestId | None:
    """Read which request a message cancels; None if it is another message."""
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
