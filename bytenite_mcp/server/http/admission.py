"""Limits concurrent calls; excess calls are refused immediately instead of being queued."""

from collections import Counter

import anyio
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bytenite_mcp.server.deadline import CALL_LIMIT
from bytenite_mcp.server.http.caller import Caller
from bytenite_mcp.server.messages import Refused

LARGEST_BODY = 1024 * 1024
"""The most bytes of a request; the largest valid one has a few thousand."""

CALLS_IN_ALL = 100
CALLS_EACH = 20
"""The most concurrent calls of a caller; more would only wait, because its client limits concurrent requests."""

LONGEST_REQUEST = CALL_LIMIT + 5.0
"""Seconds that a request may take, from its head to the end of its answer."""

BUSY = -32000
"""The JSON-RPC code of a temporary refusal."""

SERVER_BUSY = "This server has too many calls in flight. Try again in a few seconds."
CALLER_BUSY = f"You have {CALLS_EACH} calls in flight. Try again when one has ended."
RETRY_AFTER = 2
"""Seconds that a refused caller is asked to wait."""


class Admission:
    """ASGI middleware that counts calls, in all and of each caller, and answers 429 beyond the limits."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._calls: Counter[object] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a call to the app, or refuse it."""
        caller = Caller.of(HTTPConnection(scope))
        name = caller.principal or caller.key
        if refusal := self._find_refusal(name):
            await _make_refusal(refusal)(scope, receive, send)
            return
        self._calls[name] += 1
        try:
            await self._answer_in_time(scope, receive, send)
        finally:
            self._calls[name] -= 1
            if not self._calls[name]:
                del self._calls[name]

    async def _answer_in_time(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a call; a request whose body does not arrive in time gets 408."""
        started = False

        async def note_start(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        with anyio.move_on_after(LONGEST_REQUEST) as limit:
            await self._app(scope, receive, note_start)
        if limit.cancelled_caught and not started:
            await make_timeout()(scope, receive, send)

    def _find_refusal(self, name: object) -> str:
        if self._calls.total() >= CALLS_IN_ALL:
            return SERVER_BUSY
        # Callers without a name cannot be told apart, so only the limit for all applies.
        return CALLER_BUSY if name and self._calls[name] >= CALLS_EACH else ""


def make_timeout() -> Response:
    """Make the answer to a request that does not arrive in time; closing frees its connection."""
    return Response(status_code=408, headers={"Connection": "close"})


def _make_refusal(message: str) -> Response:
    return Response(
        Refused(BUSY, message).answer.model_dump_json(by_alias=True, exclude_unset=True),
        429,
        {"Retry-After": str(RETRY_AFTER)},
        "application/json",
    )
