"""The errors of calls to ByteNite, as one tree.

    ByteNiteError
    ├── MissingKey              no API key is set
    ├── KeyNotSent              each caller must send its own key, and this one sent none
    ├── UnusableId              a job id that is not one path segment; no request was sent
    ├── NoAnswer                no usable answer came back
    │   ├── Unreachable         no connection could be made
    │   │   ├── UnknownHost             the host's name does not resolve
    │   │   ├── ClosedPort              the host refuses the connection
    │   │   ├── HandshakeFailed         the TLS handshake failed
    │   │   │   └── UntrustedCertificate    the host's certificate is not valid
    │   │   └── ProxyFailed             the connection through the proxy failed
    │   │       └── UnsupportedProxy    the proxy is no HTTP proxy
    │   ├── TimedOut            the request took longer than it may
    │   └── ConnectionLost      the connection ended before the answer did
    ├── UnexpectedAnswer        the answer is not what ByteNite documents
    │   ├── TooLarge            it is larger than we read
    │   └── UnreadableAnswer    it is truncated, or not JSON
    └── Refusal                 ByteNite answered with an error
        ├── InvalidRequest      400, 413, 416, 422 · gRPC 3
        ├── Unauthenticated     401 · gRPC 16
        │   └── TokenRefused    401 for a token that was just issued for the key
        ├── ExchangeRefused     400, 403 and others when the key is exchanged for a token
        ├── Forbidden           403 · gRPC 7
        ├── NotFound            404 · gRPC 5
        ├── NoSuchRoute         404 for a request without an id
        ├── TooManyRequests     429 · gRPC 8
        └── ServerFailure       500 and above · gRPC 13, 14
            └── Unimplemented   501 · gRPC 12

An error says what happened. `server/errors.py`, which knows the tools and options, adds what to do about it.
"""

from typing import ClassVar


class ByteNiteError(Exception):
    """The base class of all errors here.

    Attributes:
        transient: Whether the same request may succeed later.
    """

    transient: ClassVar[bool] = False


class MissingKey(ByteNiteError):
    """No API key is set."""

    def __init__(self) -> None:
        super().__init__("No ByteNite API key is set, so no job can be looked up.")


class KeyNotSent(ByteNiteError):
    """Each caller must send its own API key, and this one sent none."""

    def __init__(self) -> None:
        super().__init__("This call came without a ByteNite API key, so no job can be looked up.")


class UnusableId(ByteNiteError):
    """A job id that is not one path segment; no request was sent."""

    def __init__(self) -> None:
        super().__init__(
            "This cannot be a job id: ids are 1 to 200 printable characters without '/', '\\', '?', '#' or '%', "
            "and not '.' or '..'."
        )


class NoAnswer(ByteNiteError):
    """No usable answer came back over the network."""

    transient = True


class Unreachable(NoAnswer):
    """No connection to the host could be made."""

    reason = ""

    def __init__(self, host: str) -> None:
        super().__init__(f"Cannot connect to {host}{self.reason}.")


class UnknownHost(Unreachable):
    """The host's name does not resolve to an address."""

    reason = ": its name does not resolve"


class ClosedPort(Unreachable):
    """The host refused the connection: nothing listens on the port, or a firewall rejects it."""

    reason = ": the connection was refused"


class HandshakeFailed(Unreachable):
    """The TLS handshake failed: the host does not speak TLS, or no version that we accept."""

    reason = ": no TLS connection could be made"


class UntrustedCertificate(HandshakeFailed):
    """The host's TLS certificate is not valid for it."""

    transient = False

    def __init__(self, host: str, flaw: str = "is not trusted") -> None:
        self.reason = f": its TLS certificate {flaw}"
        super().__init__(host)


class ProxyFailed(Unreachable):
    """The system's proxy cannot be reached, or does not connect to the host."""

    def __init__(self, host: str, proxy: str) -> None:
        self.reason = f" through the proxy {proxy}"
        super().__init__(host)


class UnsupportedProxy(ProxyFailed):
    """The system's proxy is no HTTP proxy, but one for SOCKS, for example."""

    transient = False

    def __init__(self, host: str, proxy: str) -> None:
        super().__init__(host, f"{proxy}, which is no HTTP proxy")


class TimedOut(NoAnswer):
    """A request, or the whole call, took longer than it may."""

    def __init__(self, host: str, seconds: float) -> None:
        super().__init__(f"{host} did not answer within {seconds:g} s.")


class ConnectionLost(NoAnswer):
    """The connection ended before the answer was complete."""

    def __init__(self, host: str) -> None:
        super().__init__(f"The connection to {host} broke before its answer was complete.")


class UnexpectedAnswer(ByteNiteError):
    """The answer is not what ByteNite documents."""

    def __init__(self, host: str, what: str) -> None:
        super().__init__(f"{host} answered with {what}, which is not what ByteNite's API documents.")


class TooLarge(UnexpectedAnswer):
    """The answer is larger than we read."""


class UnreadableAnswer(UnexpectedAnswer):
    """The answer is truncated, or not JSON; a proxy's failure, for example, may be transient."""

    transient = True


class Refusal(ByteNiteError):
    """ByteNite answered with an error.

    Attributes:
        status: The HTTP status, or the status in the body if the HTTP status was 200.
        detail: ByteNite's message, unchanged: untrusted text, which must be sanitized before it is shown.
        retry_after: Seconds that ByteNite asks us to wait, or None.
    """

    summary: ClassVar[str] = "ByteNite refused the request"

    def __init__(self, status: int, detail: str = "", retry_after: float | None = None) -> None:
        super().__init__(f"{self.summary} ({status}).")
        self.status = status
        self.detail = detail
        self.retry_after = retry_after


class InvalidRequest(Refusal):
    """400, 413, 416 or 422: the request was not understood, or asks for too much."""

    summary = "ByteNite did not accept the request"


class Unauthenticated(Refusal):
    """401: the key or token was not accepted."""

    summary = "ByteNite did not accept the API key"


class TokenRefused(Unauthenticated):
    """401 for a token that was just issued for the key, with and without `Bearer` in the header."""

    summary = "ByteNite accepted the API key, but not the access token that it issued for it"


class ExchangeRefused(Refusal):
    """400, 403 and others when the key is exchanged for a token."""

    summary = "ByteNite did not exchange the API key for an access token"


class Forbidden(Refusal):
    """403: the key is valid but may not do this."""

    summary = "This API key may not do that"


class NotFound(Refusal):
    """404: this account has no such record."""

    summary = "ByteNite has no such record"


class NoSuchRoute(Refusal):
    """404 for a request without an id: the API is not at this URL."""

    summary = "There is no such route"


class TooManyRequests(Refusal):
    """429: too many requests, even after waiting."""

    summary = "ByteNite is limiting requests"
    transient = True


class ServerFailure(Refusal):
    """500 and above: ByteNite itself failed, even after retries."""

    summary = "ByteNite had an internal failure"
    transient = True


class Unimplemented(ServerFailure):
    """501: the API does not have this, so asking again is of no use."""

    summary = "This API does not implement that"
    transient = False


_BY_STATUS: dict[int, type[Refusal]] = {
    400: InvalidRequest,
    401: Unauthenticated,
    403: Forbidden,
    404: NotFound,
    413: InvalidRequest,
    416: InvalidRequest,
    422: InvalidRequest,
    429: TooManyRequests,
    501: Unimplemented,
}

_BY_GRPC_CODE: dict[int | str, int] = {
    3: 400, "INVALID_ARGUMENT": 400, 5: 404, "NOT_FOUND": 404, 7: 403, "PERMISSION_DENIED": 403,
    8: 429, "RESOURCE_EXHAUSTED": 429, 12: 501, "UNIMPLEMENTED": 501, 13: 500, "INTERNAL": 500,
    14: 503, "UNAVAILABLE": 503, 16: 401, "UNAUTHENTICATED": 401,
}  # fmt: skip


def to_refusal(status: int, code: object, detail: str, retry_after: float | None = None) -> Refusal:
    """Make the error for an HTTP status, or for the code in the body if the HTTP status is no error.

    Args:
        status: The HTTP status of the answer; 200 if only the body reports an error [D].
        code: The body's `code`: a gRPC number or name, or an HTTP status in the `ok: false` shape [D].
        detail: The body's message.
        retry_after: Seconds from the Retry-After header.
    """
    if status < 400:
        named = code if isinstance(code, int | str) else 0
        number = int(named) if str(named).isdecimal() and len(str(named)) < 9 else 0
        status = _BY_GRPC_CODE.get(number or named, number if 400 <= number < 600 else 500)
    kind = _BY_STATUS.get(status, ServerFailure if status >= 500 else Refusal)
    return kind(status, detail, retry_after)
