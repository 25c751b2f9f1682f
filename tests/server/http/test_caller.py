"""The caller of a request: the key that it sends, which is never shown."""

import pytest
from pydantic import SecretStr
from starlette.requests import HTTPConnection

from bytenite_mcp.server.http.caller import KEY_HEADER, Caller


def calling(**headers: str) -> Caller:
    named = [(name.replace("_", "-").lower().encode(), value.encode()) for name, value in headers.items()]
    return Caller.of(HTTPConnection({"type": "http", "headers": named}))


@pytest.mark.parametrize(("sent", "key"), [("a-key", "a-key"), (" a-key ", "a-key"), ("", "")])
def test_the_key_is_taken_from_its_header(sent: str, key: str) -> None:
    assert calling(**{KEY_HEADER: sent}) == Caller(key=SecretStr(key))


def test_a_request_without_a_key_has_none_and_an_empty_key_is_false() -> None:
    assert calling() == Caller()
    assert not calling().key


def test_callers_differ_by_key_and_by_principal() -> None:
    one, other = SecretStr("one"), SecretStr("other")
    assert len({Caller(("a",), one), Caller(("b",), one), Caller(("a",), other), Caller(("a",), one)}) == 3


def test_a_callers_key_is_not_shown() -> None:
    assert "a-key" not in repr(calling(**{KEY_HEADER: "a-key"}))
