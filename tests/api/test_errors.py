"""The tree of errors: each says what happened, and whether the same request may succeed later."""

from collections.abc import Iterator

import pytest

from bytenite_mcp.api import errors
from bytenite_mcp.api.errors import ByteNiteError, Refusal, ServerFailure, to_refusal


def below(kind: type[ByteNiteError]) -> Iterator[type[ByteNiteError]]:
    for lower in kind.__subclasses__():
        yield lower
        yield from below(lower)


def test_the_tree_that_the_module_draws_is_the_one_there_is() -> None:
    drawn = {
        line.lstrip(" │├└─").split()[0]
        for line in (errors.__doc__ or "").splitlines()
        if line.lstrip().startswith(("│", "├", "└"))
    }
    assert drawn == {kind.__name__ for kind in below(ByteNiteError)}


@pytest.mark.parametrize("kind", [*below(Refusal)])
def test_a_refusal_says_its_status_and_keeps_bytenites_words_apart(kind: type[Refusal]) -> None:
    refusal = kind(418, "an untrusted detail", 2.5)
    assert str(refusal) == f"{kind.summary} (418)."
    assert (refusal.status, refusal.detail, refusal.retry_after) == (418, "an untrusted detail", 2.5)


@pytest.mark.parametrize("status", range(400, 600, 7))
def test_only_a_failure_of_the_server_and_a_limit_may_pass(status: int) -> None:
    refusal = to_refusal(status, None, "")
    assert refusal.status == status
    assert refusal.transient == (status >= 500 or status == 429)
    assert isinstance(refusal, ServerFailure) == (status >= 500)


@pytest.mark.parametrize("refusal", [to_refusal(501, None, ""), to_refusal(200, 12, "")])
def test_what_the_api_does_not_implement_does_not_pass(refusal: Refusal) -> None:
    assert (refusal.status, refusal.transient) == (501, False)
    assert isinstance(refusal, ServerFailure)


@pytest.mark.parametrize(
    ("code", "status"),
    [("404", 404), ("NOT_FOUND", 404), ("UNAUTHENTICATED", 401), (5, 404), ("5", 404), (429, 429), ("1e9", 500),
     (None, 500), (True, 500), ("9" * 5000, 500)],
)  # fmt: skip
def test_a_code_in_the_body_is_a_status_or_a_code_of_grpc_as_a_number_or_a_text(
    code: object, status: int
) -> None:
    assert to_refusal(200, code, "").status == status


def test_what_cannot_connect_names_the_host_and_the_reason() -> None:
    assert str(errors.UnknownHost("h.example")) == "Cannot connect to h.example: its name does not resolve."
    assert str(errors.ProxyFailed("h.example", "p:1")) == "Cannot connect to h.example through the proxy p:1."
    assert str(errors.TimedOut("h.example", 2.0)) == "h.example did not answer within 2 s."
    assert not errors.UntrustedCertificate("h.example").transient
