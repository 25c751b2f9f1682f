"""Converts httpx's errors to ours."""

import socket
import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx

from bytenite_mcp.api.errors import (
    ByteNiteError,
    ClosedPort,
    ConnectionLost,
    HandshakeFailed,
    ProxyFailed,
    TimedOut,
    UnknownHost,
    Unreachable,
    UnreadableAnswer,
    UntrustedCertificate,
)
from bytenite_mcp.api.network import find_proxy

_FLAWS = {9: "is not valid yet", 10: "has expired", 62: "is for another name", 64: "is for another address"}
"""The certificate errors of OpenSSL that a message distinguishes, by code."""


def to_failure(error: TimeoutError | httpx.RequestError, base_url: str, seconds: float) -> ByteNiteError:
    """Return our error for an error of httpx, or for a timeout of `seconds`."""
    host = urlsplit(base_url).netloc
    match error:
        case httpx.ConnectError() | httpx.ConnectTimeout() | httpx.ProxyError():
            return _to_unreachable(error, host, find_proxy(base_url))
        case TimeoutError() | httpx.TimeoutException():
            return TimedOut(host, seconds)
        case httpx.DecodingError():
            return UnreadableAnswer(host, "a body that cannot be decompressed")
    return ConnectionLost(host)


def find_causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and all its causes; anyio raises connection attempts at several addresses as a group."""
    while error:
        yield error
        if isinstance(error, BaseExceptionGroup):
            for member in error.exceptions:
                yield from find_causes(member)
        error = error.__cause__ or error.__context__


def _to_unreachable(error: httpx.RequestError, host: str, proxy: str) -> Unreachable:
    found = list(find_causes(error))
    for cause in found:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return UntrustedCertificate(host, _FLAWS.get(cause.verify_code, "is not trusted"))
    if proxy:
        return ProxyFailed(host, urlsplit(proxy).netloc.rpartition("@")[2])
    for kind, name in (
        (socket.gaierror, UnknownHost),
        (ConnectionRefusedError, ClosedPort),
        (ssl.SSLError, HandshakeFailed),
    ):
        if any(isinstance(cause, kind) for cause in found):
            return name(host)
    return Unreachable(host)
