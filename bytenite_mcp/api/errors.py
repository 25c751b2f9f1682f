"""Everything that can go wrong between us and ByteNite, as one tree.

    ByteNiteError
    ├── MissingKey              no API key is set
    ├── KeyNotSent              each caller is to send its own, and this one did not
    ├── UnusableId              a job id that cannot be one path segment; nothing was sent
    ├── NoAnswer                nothing usable came back
    │   ├── Unreachable         no connection could be made
    │   │   ├── UnknownHost             its name does not resolve
    │   │   ├── ClosedPort              it refuses the connection
    │   │   ├── HandshakeFailed         it does not speak TLS, or not ours
    │   │   │   └── UntrustedCertificate    it cannot show that it is that host
    │   │   └── ProxyFailed             the proxy on the way to it does not lead there
    │   ├── TimedOut            the time a request may take ran out
    │   └── ConnectionLost      the connection ended before the answer did
    ├── UnexpectedAnswer        an answer that is not what ByteNite documents
    │   └── UnreadableAnswer    it is cut, or no JSON at all
    └── Refusal                 ByteNite answered with an error
        ├── InvalidRequest      400 · gRPC 3
        ├── Unauthenticated     401 · gRPC 16
        │   └── TokenRefused    401 for a token that was just given for the key
        ├── ExchangeRefused     400, 403 and the like where the key is exchanged for a token
        ├── Forbidden           403 · gRPC 7
        ├── NotFound            404 · gRPC 5
        ├── NoSuchRoute         404 where no id was sent
        ├── TooManyRequests     429 · gRPC 8
        └── ServerFailure       500 and above · gRPC 13, 14

Each says what happened. What to do about it is said by `server/errors.py`, which knows tools and options.
"""

from typing import ClassVar


class ByteNiteError(Exception):
    """The root: catch this to catch all of them.

    Attributes:
        transient: Whether the same request may succeed later.
    """

    transient: ClassVar[bool] = False


class MissingKey(ByteNiteError):
    """No API key is set, so nothing can be asked."""

    def __init__(self) -> None:
        super().__init__("No ByteNite API key is set, so no job can be looked up.")


class KeyNotSent(ByteNiteError):
    """Each caller is to send its own API key, and this one did not."""

    def __init__(self) -> None:
        super().__init__("This call came without a ByteNite API key, so no job can be looked up.")


class UnusableId(ByteNiteError):
    """A job id that cannot be one segment of a path; refused before a request is made."""

    def __init__(self) -> None:
        super().__init__(
            "This cannot be a job id: ids are 1 to 200 printable characters without '/', '\\', '?', '#' or '%', "
            "and not '.' or '..'."
        )


class NoAnswer(ByteNiteError):
    """Nothing usable came back over the network."""

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
    """The host is there, and nothing listens at the port, or a firewall says so."""

    reason = ": the connection was refused"


class HandshakeFailed(Unreachable):
    """The host does not speak TLS, or no version of it that we do."""

    reason = ": no TLS connection could be made"


class UntrustedCertificate(HandshakeFailed):
    """The host's TLS certificate does not show that it is that host."""

    transient = False

    def __init__(self, host: str, flaw: str = "is not trusted") -> None:
        self.reason = f": its TLS certificate {flaw}"
        super().__init__(host)


class ProxyFailed(Unreachable):
    """The proxy that the system names cannot be reached, or does not connect to the host."""

    def __init__(self, host: str, proxy: str) -> None:
        self.reason = f" through the proxy {proxy}"
        super().__init__(host)


class TimedOut(NoAnswer):
    """The time a request, or the whole call, may take ran out."""

    def __init__(self, host: str, seconds: float) -> None:
        super().__init__(f"{host} did not answer within {seconds:g} s.")


class ConnectionLost(NoAnswer):
    """The connection ended before the whole answer was here."""

    def __init__(self, host: str) -> None:
        super().__init__(f"The connection to {host} broke before its answer was complete.")


class UnexpectedAnswer(ByteNiteError):
    """An answer that is not what ByteNite documents."""

    def __init__(self, host: str, what: str) -> None:
        super().__init__(f"{host} answered with {what}, which is not what ByteNite's API documents.")


class TooLarge(UnexpectedAnswer):
    """An answer that is longer than we read."""


class UnreadableAnswer(UnexpectedAnswer):
    """An answer that is cut, or no JSON at all: something on the way failed, and may not the next time."""

    transient = True


class Refusal(ByteNiteError):
    """ByteNite answered with an error.

    Attributes:
        status: The HTTP status, or the one its body names where that was 200.
        detail: ByteNite's own message, as it came: data from outside, to be shaped before it is shown.
        retry_after: Seconds ByteNite asked to wait, or None.
    """

    summary: ClassVar[str] = "ByteNite refused the request"

    def __init__(self, status: int, detail: str = "", retry_after: float | None = None) -> None:
        super().__init__(f"{self.summary} ({status}).")
        self.status = status
        self.detail = detail
        self.retry_after = retry_after


class InvalidRequest(Refusal):
    """400: the request was not understood."""

    summary = "ByteNite did not accept the request"


class Unauthenticated(Refusal):
    """401: the key or token was not accepted."""

    summary = "ByteNite did not accept the API key"


class TokenRefused(Unauthenticated):
    """401 for a token that ByteNite had just given for the key, in either form of the header."""

    summary = "ByteNite took the API key, but not the access token that it gave for it"


class ExchangeRefused(Refusal):
    """400, 403 and the like where the key is exchanged: what ByteNite did not accept is no filter or order."""

    summary = "ByteNite did not exchange the API key for an access token"


class Forbidden(Refusal):
    """403: the key is good but may not do this."""

    summary = "This API key may not do that"


class NotFound(Refusal):
    """404: there is no such thing for this account."""

    summary = "ByteNite has no such record"


class NoSuchRoute(Refusal):
    """404 though no id was sent: this is not where the API is."""

    summary = "There is no such route"


class TooManyRequests(Refusal):
    """429: too many requests, also after waiting."""

    summary = "ByteNite is limiting requests"
    transient = True


class ServerFailure(Refusal):
    """500 and above: ByteNite itself failed, also after retries."""

    summary = "ByteNite had an internal failure"
    transient = True


_BY_STATUS: dict[int, type[Refusal]] = {
    400: InvalidRequest,
    401: Unauthenticated,
    403: Forbidden,
    404: NotFound,
    429: TooManyRequests,
}

_BY_GRPC_CODE = {3: 400, 5: 404, 7: 403, 8: 429, 13: 500, 14: 503, 16: 401}


def to_refusal(status: int, code: object, detail: str, retry_after: float | None = None) -> Refusal:
    """Name a refusal by its HTTP status, or by the code in its body where the status says nothing.

    Args:
        status: The HTTP status of the answer; 200 where only the body tells of an error [D].
        code: The body's `code`: a gRPC number, or an HTTP status in the `ok: false` shape [D].
        detail: The body's message.
        retry_after: Seconds from the Retry-After header.
    """
    if status < 400:
        named = code if isinstance(code, int) else 0
        status = _BY_GRPC_CODE.get(named, named if 400 <= named < 600 else 500)
    kind = _BY_STATUS.get(status, ServerFailure if status >= 500 else Refusal)
    return kind(status, detail, retry_after)
