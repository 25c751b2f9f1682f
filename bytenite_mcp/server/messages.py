"""JSON-RPC 2.0 messages of both transports: what is none is refused, without repeating it."""

from mcp.shared.dispatcher import as_request_id
from mcp.types import (
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    ErrorData,
    JSONRPCError,
    JSONRPCMessage,
    JSONRPCNotification,
    JSONRPCRequest,
    JSONRPCResponse,
    RequestId,
)
from pydantic import ValidationError

from bytenite_mcp.api.values import JsonObject

LONGEST_METHOD = 100
"""The most characters of a method's name, because the SDK's error repeats it in full."""


class Refused(Exception):
    """A message that cannot be served.

    Attributes:
        answer: The error that the client gets.
    """

    def __init__(self, code: int, message: str, request_id: RequestId | None = None) -> None:
        super().__init__(message)
        self.answer = JSONRPCError(jsonrpc="2.0", id=request_id, error=ErrorData(code=code, message=message))


def validate(body: object) -> JSONRPCMessage | None:
    """Return the message that a JSON value is; None for a malformed response, because it is never answered.

    Raises:
        Refused: It is not one message.
    """
    if isinstance(body, list):
        raise Refused(INVALID_REQUEST, "Batches are not supported: send one message at a time.")
    if not isinstance(body, dict):
        raise Refused(INVALID_REQUEST, "A message is a JSON object.")
    kind = _choose_model(body)
    try:
        message = kind.model_validate(body)
    except ValidationError as error:
        if kind in (JSONRPCResponse, JSONRPCError):
            return None
        wrong = dict.fromkeys(str(problem["loc"][0]) for problem in error.errors(include_input=False))
        said = (
            f"Missing or of the wrong type: {', '.join(wrong)}. A request has "
            'jsonrpc "2.0", id (a string or a whole number), method (a string) and params (an object).'
        )
        raise Refused(INVALID_REQUEST, said, as_request_id(body.get("id"))) from None
    if isinstance(message, JSONRPCRequest) and len(message.method) > LONGEST_METHOD:
        raise Refused(METHOD_NOT_FOUND, "Method not found", message.id)
    return message


def _choose_model(
    body: JsonObject,
) -> type[JSONRPCRequest | JSONRPCNotification | JSONRPCResponse | JSONRPCError]:
    if "method" in body:
        return JSONRPCRequest if "id" in body else JSONRPCNotification
    if "error" in body:
        return JSONRPCError
    return JSONRPCResponse if "result" in body else JSONRPCRequest
