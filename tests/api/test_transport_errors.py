"""Failures of connections: each has its name and message; over real sockets where these can fail so."""

import asyncio
import errno
import logging
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from traceback import format_exception
from typing import Any

import httpx
import pytest

from bytenite_mcp.api import errors
from bytenite_mcp.api.errors import ByteNiteError
from bytenite_mcp.api.transport_errors import find_causes
from tests.api.certificates import DAY, make_certificate
from tests.api.conftest import Trust
from tests.api.scripted import TOKEN, Sent, scripted
from tests.conftest import HOST, Turns, VirtualTime, answering, make_client

pytestmark = pytest.mark.anyio

KEY = "hunter2-key-that-is-long-enough"


async def failure(transport: httpx.AsyncBaseTransport | None = None, **changes: Any) -> ByteNiteError:
    clock = VirtualTime()
    async with make_client(transport, api_key=KEY, clock=clock, sleep=clock.sleep, **changes) as client:
        with pytest.raises(ByteNiteError) as failed:
            await client.info()
    assert KEY not in "".join(format_exception(failed.value)) + repr(failed.value) + repr(vars(failed.value))
    return failed.value


async def test_a_name_that_does_not_resolve_is_said() -> None:
    failed = await failure(base_url="https://no-such-host.invalid/v1")
    assert type(failed) is errors.UnknownHost
    assert str(failed) == "Cannot connect to no-such-host.invalid: its name does not resolve."
    assert any(isinstance(cause, socket.gaierror) for cause in find_causes(failed))


async def test_a_closed_port_is_said(free_tcp_port: int) -> None:
    failed = await failure(base_url=f"http://127.0.0.1:{free_tcp_port}/v1")
    assert type(failed) is errors.ClosedPort
    assert str(failed) == f"Cannot connect to 127.0.0.1:{free_tcp_port}: the connection was refused."
    assert any(isinstance(cause, ConnectionRefusedError) for cause in find_causes(failed))


@pytest.mark.parametrize(
    ("name", "lasting", "flaw"),
    [
        ("localhost", DAY, "is not trusted"),
        ("localhost", -DAY, "has expired"),
        ("elsewhere.example", DAY, "is for another name"),
    ],
)
async def test_a_certificate_with_a_flaw_is_said_at_once(
    name: str, lasting: timedelta, flaw: str, tmp_path: Path, caplog: pytest.LogCaptureFixture, trust: Trust
) -> None:
    caplog.set_level(logging.DEBUG, "bytenite_mcp")
    certificate = make_certificate(tmp_path, name, lasting)
    if flaw != "is not trusted":
        trust(certificate)
    async with scripted(certificate=certificate) as api:
        failed = await failure(base_url=api.url)
    assert type(failed) is errors.UntrustedCertificate
    assert str(failed).endswith(f": its TLS certificate {flaw}.")
    assert any(isinstance(cause, ssl.SSLCertVerificationError) for cause in find_causes(failed))
    (attempt,) = caplog.messages
    assert "SSLCertVerificationError" in attempt


@asynccontextmanager
async def answering_at_once(said: bytes) -> AsyncIterator[int]:
    """Send the same bytes to every connection; yields the port."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(said)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def test_a_port_without_tls_is_not_taken_for_a_bad_certificate() -> None:
    async with answering_at_once(b"HTTP/1.1 400 Bad Request\r\n\r\n") as port:
        failed = await failure(base_url=f"https://127.0.0.1:{port}/v1")
    assert type(failed) is errors.HandshakeFailed
    assert str(failed) == f"Cannot connect to 127.0.0.1:{port}: no TLS connection could be made."


async def test_a_hang_up_in_the_handshake_is_a_failure_to_connect() -> None:
    async with answering_at_once(b"") as port:
        failed = await failure(base_url=f"https://127.0.0.1:{port}/v1")
    assert isinstance(failed, errors.Unreachable)
    assert not isinstance(failed, errors.UntrustedCertificate)


def below(kind: type[Exception]) -> Iterator[type[Exception]]:
    yield kind
    for lower in kind.__subclasses__():
        yield from below(lower)


@pytest.mark.parametrize("lower", [*below(httpx.TransportError), httpx.DecodingError])
async def test_every_error_of_httpx_is_named_and_kept_as_the_cause(lower: type[httpx.RequestError]) -> None:
    failed = await failure(answering(Turns(lower("went wrong"))), max_retries=1)
    assert isinstance(failed, errors.NoAnswer | errors.UnreadableAnswer)
    assert HOST in str(failed)
    assert "went wrong" not in f"{failed} {failed!r}"
    if issubclass(lower, httpx.ProtocolError):
        assert failed.__suppress_context__
    else:
        assert type(failed.__cause__) is lower


@pytest.mark.parametrize(
    ("lower", "kind"),
    [
        (httpx.ConnectError, errors.Unreachable),
        (httpx.ConnectTimeout, errors.Unreachable),
        (httpx.ReadTimeout, errors.TimedOut),
        (httpx.ReadError, errors.ConnectionLost),
        (httpx.RemoteProtocolError, errors.ConnectionLost),
        (httpx.DecodingError, errors.UnreadableAnswer),
    ],
)
async def test_errors_of_the_network_are_told_apart(
    lower: type[httpx.RequestError], kind: type[ByteNiteError]
) -> None:
    assert type(await failure(answering(Turns(lower("x"))), max_retries=0)) is kind


def failing(*attempts: OSError) -> httpx.ConnectError:
    """Fail to connect to each address of a host, with anyio's error."""
    error, together = httpx.ConnectError("x"), OSError("All connection attempts failed")
    together.__cause__ = ExceptionGroup("attempts", attempts) if len(attempts) > 1 else attempts[0]
    error.__cause__ = together
    return error


REFUSED = ConnectionRefusedError(errno.ECONNREFUSED, "refused")
NO_NETWORK = OSError(errno.ENETUNREACH, "unreachable")


@pytest.mark.parametrize(
    ("attempts", "kind"),
    [
        ([NO_NETWORK], errors.Unreachable),
        ([OSError(errno.EHOSTUNREACH, "no route")], errors.Unreachable),
        ([REFUSED, REFUSED], errors.ClosedPort),
        ([NO_NETWORK, REFUSED], errors.ClosedPort),
    ],
)
async def test_a_host_with_several_addresses_fails_by_what_happened_at_them(
    attempts: list[OSError], kind: type[ByteNiteError], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "bytenite_mcp")
    failed = await failure(answering(Turns(failing(*attempts))), max_retries=0)
    assert type(failed) is kind
    assert f"(errno {attempts[0].errno})" in caplog.messages[-1]


async def test_what_a_broken_answer_repeats_is_in_no_traceback() -> None:
    broken = Sent(f"HTTP/1.1 200 OK\r\n{TOKEN}\r\n\r\n".encode(), then="close")
    async with scripted([broken]) as api:
        failed = await failure(base_url=api.url)
    assert type(failed) is errors.ConnectionLost
    assert TOKEN not in "".join(format_exception(failed))
