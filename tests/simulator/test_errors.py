"""Errors are answered as ByteNite's gateway answers them."""

import json

import pytest

from bytenite_mcp.simulator.errors import INVALID, UNAUTHENTICATED, Refusal, answer_error, refuse


def test_a_refusal_has_a_message_a_status_and_a_code_and_is_of_a_malformed_request_by_default() -> None:
    with pytest.raises(Refusal, match="no") as malformed:
        refuse("no")
    assert (malformed.value.status, malformed.value.code) == (400, INVALID)
    error = Refusal("no", 401, UNAUTHENTICATED)
    assert (error.message, error.status, error.code) == ("no", 401, UNAUTHENTICATED)


def test_the_body_of_a_refusal_has_a_code_a_message_and_no_details() -> None:
    answer = answer_error(429, 8, "wait", {"Retry-After": "2"})
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "2"
    assert json.loads(bytes(answer.body)) == {"code": 8, "message": "wait", "details": []}
