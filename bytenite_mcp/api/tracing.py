"""Traces and logs requests to ByteNite; spans cost nothing until OpenTelemetry is set up."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from opentelemetry.trace import Span, SpanKind, StatusCode, get_current_span, get_tracer

from bytenite_mcp import __version__
from bytenite_mcp.api.errors import ByteNiteError
from bytenite_mcp.api.transport_errors import find_causes

_tracer = get_tracer("bytenite_mcp", __version__)
_log = logging.getLogger(__name__)


@contextmanager
def trace_request(method: str, route: str) -> Iterator[Span]:
    """Open a span for a request and its retries; `route` is a path template, because ids are never recorded."""
    with _tracer.start_as_current_span(
        f"{method} {route}",
        kind=SpanKind.CLIENT,
        attributes={"http.request.method": method, "url.template": route, "http.request.resend_count": 0},
        # The message of an exception may quote untrusted data; its type is enough.
        record_exception=False,
        set_status_on_exception=False,
    ) as span:
        try:
            yield span
        except ByteNiteError as error:
            span.set_attribute("error.type", type(error).__name__)
            span.set_status(StatusCode.ERROR)
            raise


def note_retries(count: int) -> None:
    """Record the number of retries in the request's span."""
    get_current_span().set_attribute("http.request.resend_count", count)


class Attempt:
    """Records one attempt of a request: its status in the span, and its outcome in the log."""

    def __init__(self, method: str, route: str) -> None:
        self._method = method
        self._route = route
        self._status = 0

    def __enter__(self) -> Self:
        self._began = time.perf_counter()
        return self

    def note_status(self, status: int) -> None:
        """Record the status of the answer."""
        self._status = status
        get_current_span().set_attribute("http.response.status_code", status)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if _log.isEnabledFor(logging.DEBUG):
            milliseconds = 1000 * (time.perf_counter() - self._began)
            line = "%s %s: %s in %.0f ms"
            _log.debug(line, self._method, self._route, _describe(self._status, error), milliseconds)


def _describe(status: int, error: BaseException | None) -> str:
    """Return the status and the types of the error and its causes; their messages may quote untrusted data."""
    names = [_name(cause) for cause in find_causes(error)]
    return ", ".join(dict.fromkeys([str(status), *names] if status else names))


def _name(error: BaseException) -> str:
    number = error.errno if isinstance(error, OSError) else None
    return type(error).__name__ + (f" (errno {number})" if number is not None else "")
