"""What is no message is refused over HTTP in our words, in the older era too, and what is one is not touched."""

import json
from typing import Any

import httpx
import pytest

from tests.server.serving import headers_for, message

LEGACY = headers_for(message("tools/list"), "legacy")


@pytest.mark.parametrize(
    ("body", "request_id", "said"),
    [
        ({}, None, "Missing or of the wrong type: jsonrpc, id, method."),
        ([], None, "Batches are not supported"),
        ({"jsonrpc": "2.0", "id": 7, "method": "ping", "params": "SECRET"}, 7, "Missing or of the wrong type: params."),
        ({"jsonrpc": "2.0", "id": 7, "error": "SECRET"}, None, "A response has"),
        ({"jsonrpc": "2.0", "id": 1.5, "method": "ping"}, None, "Missing or of the wrong type: id."),
    ],
)  # fmt: skip
def test_what_is_no_message_is_refused_in_few_words(
    url: str, body: Any, request_id: int | None, said: str
) -> None:
    answer = httpx.post(f"{url}/mcp", json=body, headers=LEGACY)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/json")
    assert answer.json()["id"] == request_id
    assert answer.json()["error"]["message"].startswith(said)
    assert "SECRET" not in answer.text


def test_what_is_not_json_is_refused_too(url: str) -> None:
    answer = httpx.post(f"{url}/mcp", content=b"{", headers={**LEGACY, "Content-Type": "application/json"})
    assert answer.status_code == 400
    assert json.loads(answer.text)["error"]


def test_a_message_is_answered(url: str) -> None:
    assert httpx.post(f"{url}/mcp", json=message("tools/list"), headers=LEGACY).status_code == 200
