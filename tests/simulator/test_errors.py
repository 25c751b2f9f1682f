"""Errors are answered as ByteNite's gateway answers them."""

import json

import pytest

from bytenite_mcp.simulator.errors import (
    INVALID,
    UNAUTHENTICATED,
    Invalid,
    Refusal,
    Unauthenticated,
    answer_error,
)


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (Invalid("no"), 400, INVALID),
        (Unauthenticated("no"), 401, UNAUTHENTICATED),
    ],
)
def test_each_refusal_has_its_status_and_code(error: Refusal, status: int, code: int) -> None:
    assert (error.status, error.code) == (status, code)
    assert error.message == str(error)


def test_the_body_of_a_refusal_has_a_code_a_message_and_no_details() -> None:
    answer = answer_error(429, 8, "wait", {"Retry-After": "2"})
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "2"
    assert json.loads(bytes(answer.body)) == {"code": 8, "message": "wait", "details": []}
