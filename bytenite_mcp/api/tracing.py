"""Spans round the requests to ByteNite; they cost and tell nothing until an OpenTelemetry SDK is configured."""

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry.trace import Span, SpanKind, StatusCode, get_current_span, get_tracer

from bytenite_mcp import __version__
from bytenite_mcp.api.errors import ByteNiteError

_tracer = get_tracer("bytenite_mcp", __version__)


@contextmanager
def trace_request(method: str, route: str) -> Iterator[Span]:
    """Open a span for a request and its retries.

    Args:
        method: The HTTP method.
        route: The path with its parameters unfilled, such as `/customer/jobs/{jobId}`: no id is ever told.
    """
    with _tracer.start_as_current_span(
        f"{method} {route}",
        kind=SpanKind.CLIENT,
        attributes={"http.request.method": method, "url.template": route, "http.request.resend_count": 0},
        # The text of an exception may hold what came from outside; its type says enough.
        record_exception=False,
        set_status_on_exception=False,
    ) as span:
        try:
            yield span
        except ByteNiteError as error:
            span.set_attribute("error.type", type(error).__name__)
            span.set_status(StatusCode.ERROR)
            raise


def note_retries(span: Span, count: int) -> None:
    """Tell how often a request was made again."""
    span.set_attribute("http.request.resend_count", count)


def note_status(status: int) -> None:
    """Tell the status of the answer to the request under way."""
    get_current_span().set_attribute("http.response.status_code", status)
