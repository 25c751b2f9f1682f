"""Explains what is wrong with a request that is no JSON-RPC message; the SDK's explanations repeat the input."""

from mcp.types import INVALID_REQUEST
from pydantic_core import from_json
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bytenite_mcp.server.messages import Refused, validate

_RESPONSE = 'A response has jsonrpc "2.0", an id, and a result or an error.'


class Validation:
    """ASGI middleware that puts our explanation in place of a 400 for what is no message.

    It explains afterwards, so that a request without a token still gets a 401.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request to the app."""
        body = bytearray()
        explained = False

        async def keep() -> Message:
            message = await receive()
            body.extend(message.get("body", b""))
            return message

        async def explain(message: Message) -> None:
            nonlocal explained
            if message["type"] == "http.response.start":
                refused = _find_refusal(bytes(body)) if message["status"] in (202, 400) else None
                body.clear()
                if refused:
                    explained = True
                    error = refused.answer.model_dump_json(by_alias=True, exclude_unset=True)
                    await Response(error, 400, media_type="application/json")(scope, receive, send)
            if not explained:
                await send(message)

        await self._app(scope, keep, explain)


def _find_refusal(body: bytes) -> Refused | None:
    """Return why a body is no message; None if it is one, or is not JSON, which the SDK explains."""
    try:
        message = validate(from_json(body))
    except Refused as refused:
        return refused
    except ValueError:
        return None
    return None if message else Refused(INVALID_REQUEST, _RESPONSE)
