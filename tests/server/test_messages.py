"""What is a JSON-RPC message, and how what is none is refused."""

from typing import Any

import pytest
from mcp.types import JSONRPCNotification, JSONRPCRequest, JSONRPCResponse

from bytenite_mcp.server.messages import LONGEST_METHOD, Refused, validate

PING = {"jsonrpc": "2.0", "id": 7, "method": "ping"}


def test_requests_notifications_and_responses_are_messages() -> None:
    assert isinstance(validate(PING), JSONRPCRequest)
    assert isinstance(validate({"jsonrpc": "2.0", "method": "notifications/x"}), JSONRPCNotification)
    assert isinstance(validate({"jsonrpc": "2.0", "id": 7, "result": {}}), JSONRPCResponse)


@pytest.mark.parametrize("response", [{"id": [], "result": {}}, {"id": 7, "error": "no"}])
def test_a_malformed_response_is_not_refused(response: dict[str, Any]) -> None:
    assert validate(response) is None


@pytest.mark.parametrize(
    ("body", "request_id", "said"),
    [
        ([PING], None, "Batches are not supported"),
        ("a SECRET", None, "A message is a JSON object."),
        ({}, None, "Missing or of the wrong type: jsonrpc, id, method."),
        (PING | {"params": ["a SECRET"]}, 7, "Missing or of the wrong type: params."),
        (PING | {"id": 1.5}, None, "Missing or of the wrong type: id."),
        (PING | {"method": "m" * (LONGEST_METHOD + 1)}, 7, "Method not found"),
    ],
)
def test_what_is_no_message_is_refused_with_its_id_and_without_its_content(
    body: object, request_id: int | None, said: str
) -> None:
    with pytest.raises(Refused) as refused:
        validate(body)
    answer = refused.value.answer
    assert answer.id == request_id
    assert answer.error.message.startswith(said)
    assert "SECRET" not in answer.error.message
