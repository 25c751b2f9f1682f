"""Spans and log lines of the requests to ByteNite: what they contain, and what they never do."""

import logging
import re
from collections.abc import Iterator
from typing import Any

import anyio
import httpx
import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode
from starlette.applications import Starlette

from bytenite_mcp.api import tracing
from bytenite_mcp.api.client import Client
from bytenite_mcp.api.errors import ClosedPort, NotFound, ServerFailure, TimedOut, TooManyRequests
from bytenite_mcp.simulator import Fault, World
from tests.conftest import KEY, answering, client_to, make_client

pytestmark = pytest.mark.anyio


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(tracing, "_tracer", provider.get_tracer("test"))
    yield exporter
    provider.shutdown()


def last(spans: InMemorySpanExporter) -> ReadableSpan:
    return spans.get_finished_spans()[-1]


def told(span: ReadableSpan) -> dict[str, Any]:
    return dict(span.attributes or {})


async def test_a_request_is_a_span_named_by_its_route(
    client: Client, world: World, spans: InMemorySpanExporter
) -> None:
    job_id = world.rows("SELECT id FROM jobs")[0][0]
    await client.job(job_id)

    span = last(spans)
    assert (span.name, span.kind) == ("GET /customer/jobs/{jobId}", SpanKind.CLIENT)
    assert told(span) == {
        "http.request.method": "GET",
        "url.template": "/customer/jobs/{jobId}",
        "http.request.resend_count": 0,
        "http.response.status_code": 200,
    }
    assert span.status.status_code is StatusCode.UNSET


async def test_the_exchange_of_the_key_is_a_span_within(client: Client, spans: InMemorySpanExporter) -> None:
    await client.jobs(limit=1)
    exchange, request = spans.get_finished_spans()
    assert [exchange.name, request.name] == ["POST /auth/access_token", "GET /customer/jobs"]
    assert exchange.parent == request.context


async def test_retries_are_counted_in_one_span(
    client: Client, app: Starlette, spans: InMemorySpanExporter
) -> None:
    app.state.faults.set(Fault("503", on="jobs", times=2))
    await client.jobs(limit=1)
    assert told(last(spans))["http.request.resend_count"] == 2
    assert told(last(spans))["http.response.status_code"] == 200


async def test_a_failure_is_told_by_its_kind_and_status(
    client: Client, app: Starlette, spans: InMemorySpanExporter
) -> None:
    app.state.faults.set(Fault("500", on="jobs"))
    with pytest.raises(ServerFailure):
        await client.jobs(limit=1)
    span = last(spans)
    assert (told(span)["error.type"], told(span)["http.response.status_code"]) == ("ServerFailure", 500)
    assert span.status.status_code is StatusCode.ERROR
    assert span.events == ()


async def test_where_there_is_no_answer_there_is_no_status(spans: InMemorySpanExporter) -> None:
    def late(_: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("")

    async with client_to(answering(late), max_retries=0) as client:
        with pytest.raises(TimedOut):
            await client.jobs(limit=1)
    assert told(last(spans))["error.type"] == "TimedOut"
    assert "http.response.status_code" not in told(last(spans))


async def test_no_id_and_no_secret_is_in_any_span(client: Client, spans: InMemorySpanExporter) -> None:
    with pytest.raises(NotFound):
        await client.job("an-id-of-mine")
    with pytest.raises(NotFound):
        await client.logs("an-id-of-mine")

    everything = "".join(span.to_json() for span in spans.get_finished_spans())
    assert "/customer/logs" in everything
    assert not [word for word in ("an-id-of-mine", KEY, "bytenite.test") if word in everything]


async def test_without_a_configured_sdk_a_span_records_nothing() -> None:
    with tracing.trace_request("GET", "/customer/info") as span:
        assert not span.is_recording()


# The log


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG, "bytenite_mcp")
    return caplog


def lines(log: pytest.LogCaptureFixture) -> list[str]:
    """Return what was logged, with times as #."""
    return [re.sub(r"[\d.]+ (m?s)\b", r"# \1", message) for message in log.messages]


async def test_each_attempt_is_a_line_and_so_is_the_reason_of_each_retry(
    client: Client, app: Starlette, world: World, log: pytest.LogCaptureFixture
) -> None:
    app.state.faults.set(Fault("503", on="jobs", times=1), Fault("cut", on="jobs", times=1, after=1))
    await client.job(str(world.rows("SELECT id FROM jobs")[0][0]))
    assert lines(log) == [
        "POST /auth/access_token: 200 in # ms",
        "GET /customer/jobs/{jobId}: 503, ServerFailure in # ms",
        "retrying in # s (1 of 3): ByteNite had an internal failure (503).",
        "GET /customer/jobs/{jobId}: 200, UnreadableAnswer in # ms",
        "retrying in # s (2 of 3): bytenite.test answered with JSON that is cut or malformed, "
        "which is not what ByteNite's API documents.",
        "GET /customer/jobs/{jobId}: 200 in # ms",
    ]


async def test_where_there_is_no_answer_the_line_says_why_and_gives_the_number_of_the_error(
    log: pytest.LogCaptureFixture, free_tcp_port: int
) -> None:
    url = f"http://127.0.0.1:{free_tcp_port}/v1"
    async with make_client(base_url=url, max_retries=0) as client:
        with pytest.raises(ClosedPort):
            await client.jobs(limit=1)
    (line,) = lines(log)
    assert re.fullmatch(
        r"POST /auth/access_token: ClosedPort, ConnectError, .*ConnectionRefusedError \(errno \d+\) in # ms",
        line,
    )


async def test_a_retry_that_would_come_too_late_is_a_line(
    client: Client, app: Starlette, log: pytest.LogCaptureFixture
) -> None:
    app.state.faults.set(Fault("429", on="info", retry_after=9))
    with anyio.fail_after(5), pytest.raises(TooManyRequests):
        await client.info()
    assert lines(log)[-1] == (
        "giving up, because a wait of # s would be too long: ByteNite is limiting requests (429)."
    )


async def test_without_debug_nothing_is_logged_of_what_goes_well(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    await client.info()
    assert caplog.messages == []
