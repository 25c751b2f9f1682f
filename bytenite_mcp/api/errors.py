"""Everything that can go wrong between us and ByteNite, as one tree.

    ByteNiteError
    ├── MissingKey              no API key is set
    ├── KeyNotSent              each caller is to send its own, and this one did not
    ├── UnusableId              a job id that cannot be one path segment; nothing was sent
    ├── NoAnswer                nothing usable came back
    │   ├── Unreachable         no connection could be made
    │   ├── TimedOut            the time a request may take ran out
    │   └── ConnectionLost      the connection ended before the answer did
    ├── UnexpectedAnswer        an answer that is not what ByteNite documents
    └── Refusal                 ByteNite answered with an error
        ├── InvalidRequest      400 · gRPC 3
        ├── Unauthenticated     401 · gRPC 16
        ├── Forbidden           403 · gRPC 7
        ├── NotFound            404 · gRPC 5
        ├── NoSuchRoute         404 where no id was sent
        ├── TooManyRequests     429 · gRPC 8
        └── ServerFailure       500 and above · gRPC 13, 14

Each says what happened (`str(error)`) and what a person can do (`hint`), apart from each other.
"""

from typing import ClassVar


class ByteNiteError(Exception):
    """The root: catch this to catch all of them.

    Attributes:
        hint: What to do about it, one sentence, or empty.
        transient: Whether the same request may succeed later.
    """

    hint: str = ""
    transient: ClassVar[bool] = False


class MissingKey(ByteNiteError):
    """No API key is set, so nothing can be asked."""

    hint = (
        "Set BYTENITE_API_KEY in this server's configuration, "
        "or start it with `serve --demo` to try it on simulated jobs."
    )

    def __init__(self) -> None:
        super().__init__("No ByteNite API key is set, so no job can be looked up.")


class KeyNotSent(ByteNiteError):
    """Each caller is to send its own API key, and this one did not."""

    hint = "Have your MCP client send it in the header X-ByteNite-API-Key."

    def __init__(self) -> None:
        super().__init__("This call came without a ByteNite API key, so no job can be looked up.")


class UnusableId(ByteNiteError):
    """A job id that cannot be one segment of a path; refused before a request is made."""

    hint = "A job id is usually a UUID such as f4ce2ca0-bf49-4fb7-a32f-da899167678e; list_jobs shows ids."

    def __init__(self) -> None:
        super().__init__(
            "job_id must be 1 to 200 printable characters without '/', '\\', '?', '#' or '%', and not '.' or '..'."
        )


class NoAnswer(ByteNiteError):
    """Nothing usable came back over the network."""

    transient = True


class Unreachable(NoAnswer):
    """No connection to the host could be made."""

    def __init__(self, host: str, untrusted: bool = False) -> None:
        super().__init__(
            f"Cannot connect to {host}" + (": its TLS certificate is not trusted." if untrusted else ".")
        )
        self.hint = (
            "ByteNite's hosted API may have been shut down. Check the network and BYTENITE_BASE_URL, "
            "or start the server with --demo for simulated jobs."
        )


class TimedOut(NoAnswer):
    """The time a request, or the whole call, may take ran out."""

    hint = "Try again; if it stays slow, raise BYTENITE_TIMEOUT or ask for less at once."

    def __init__(self, host: str, seconds: float) -> None:
        super().__init__(f"{host} did not answer within {seconds:g} s.")


class ConnectionLost(NoAnswer):
    """The connection ended before the whole answer was here."""

    hint = "Try again in a moment."

    def __init__(self, host: str) -> None:
        super().__init__(f"The connection to {host} broke before its answer was complete.")


class UnexpectedAnswer(ByteNiteError):
    """An answer that is not what ByteNite documents."""

    def __init__(self, host: str, what: str) -> None:
        super().__init__(f"{host} answered with {what}, which is not what ByteNite's API documents.")
        self.hint = "Check that BYTENITE_BASE_URL is ByteNite's API and that no proxy answers in its place."


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
    hint = "Change the arguments: try fewer filters, another condition, or another order_by."


class Unauthenticated(Refusal):
    """401: the key or token was not accepted, also after a new exchange."""

    summary = "ByteNite did not accept the API key"
    hint = (
        "Check the API key (BYTENITE_API_KEY, or what your MCP client sends): "
        "it may be mistyped, expired or revoked. Trying again will not help."
    )


class Forbidden(Refusal):
    """403: the key is good but may not do this."""

    summary = "This API key may not do that"
    hint = "Use a key of the account that owns the job. Trying again will not help."


class NotFound(Refusal):
    """404: there is no such thing for this account."""

    summary = "ByteNite has no such record"
    hint = "Check the id; list_jobs shows the jobs this key can see."


class NoSuchRoute(Refusal):
    """404 though no id was sent: this is not where the API is."""

    summary = "There is no such route"
    hint = "Check BYTENITE_BASE_URL (ByteNite's ends in /v1) and BYTENITE_JOBS_PREFIX."


class TooManyRequests(Refusal):
    """429: too many requests, also after waiting."""

    summary = "ByteNite is limiting requests"
    transient = True

    def __init__(self, status: int, detail: str = "", retry_after: float | None = None) -> None:
        super().__init__(status, detail, retry_after)
        self.hint = f"Try again in {retry_after:.0f} s." if retry_after else "Try again in a minute."


class ServerFailure(Refusal):
    """500 and above: ByteNite itself failed, also after retries."""

    summary = "ByteNite had an internal failure"
    transient = True
    hint = "Try again in a minute; if it lasts, ByteNite's service is down."


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
