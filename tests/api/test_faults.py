"""One call in each situation of a list, which was written without looking at the client, over a real socket.

Each costs ByteNite a bounded number of requests, tells of each in a line of the log, and shows no key, token or id.
"""

import gzip
import json
import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass
from traceback import format_exception
from typing import Any

import anyio
import pytest

from bytenite_mcp.api import errors
from bytenite_mcp.api.errors import ByteNiteError
from bytenite_mcp.cli import _TALKATIVE
from tests.api.scripted import GOOD, JOB, JOB_ID, TOKEN, TOKEN_GIVEN, Sent, answer, scripted
from tests.conftest import VirtualTime, make_client

pytestmark = pytest.mark.anyio

KEY = "hunter2-key-that-is-long-enough"
TRIES = 4

WHOLE = json.dumps(JOB).encode()
HALF = WHOLE[: len(WHOLE) // 2]
HTML = answer(b"<html><h1>Sign in</h1></html>", "200 OK", "content-type: text/html")
REFUSED = answer({"code": 16, "message": "no"}, "401 Unauthorized")
DOWN = answer(b"<html>Service Unavailable</html>", "503 Service Unavailable")
PACKED = gzip.compress(WHOLE * 200)
AUTHORIZATION = f"x-debug: {TOKEN}"


def named(name: bytes) -> Sent:
    """Answer with a job whose name is this JSON."""
    return answer(b'{"job": {"id": "%b", "name": %b}}' % (JOB_ID.encode(), name))


def limited(*headers: str) -> Sent:
    return answer(b"", "429 Too Many Requests", *headers)


@dataclass(frozen=True)
class Case:
    """A situation, and the expected outcome.

    Attributes:
        reads: What ByteNite answers in turn, the last again and again.
        error: What the call fails with; None if it is answered.
        said: A part of what the error says.
        asked: How many reads ByteNite sees.
        exchanges: What it answers to the exchange of the key.
        exchanged: How many exchanges it sees.
        fresh: Whether there is no token yet.
        waited: At least how many seconds are waited.
    """

    reads: Sequence[Sent]
    error: type[ByteNiteError] | None = None
    said: str = ""
    asked: int = 1
    exchanges: Sequence[Sent] = (TOKEN_GIVEN,)
    exchanged: int = 0
    fresh: bool = False
    waited: float = 0.0


def mended(*failures: Sent, waited: float = 0.1) -> Case:
    """Some failures, and then an answer."""
    return Case([*failures, GOOD], asked=len(failures) + 1, waited=waited)


def lasting(failure: Sent, error: type[ByteNiteError], said: str = "") -> Case:
    """A permanent failure, which is retried as often as allowed."""
    return Case([failure], error, said, asked=TRIES)


def final(failure: Sent, error: type[ByteNiteError], said: str = "") -> Case:
    """A failure that is not retried."""
    return Case([failure], error, said)


def exchange(
    *exchanges: Sent, error: type[ByteNiteError] | None = None, said: str = "", times: int = 1
) -> Case:
    """An exchange of the key with these answers."""
    asked = 0 if error else 1
    return Case([GOOD], error, said, asked, exchanges, exchanged=times, fresh=True)


def expiring(expires_in: Any) -> Case:
    return exchange(answer(json.dumps({"token": TOKEN, "expiresIn": expires_in}).encode()))


def tokenless(body: bytes) -> Case:
    return exchange(answer(body), error=errors.UnexpectedAnswer, said="no token for the key")


CASES = {
    # a status of 200 with a wrong body
    "cut-once": mended(answer(HALF, missing=500, then="close")),
    "cut-always": lasting(answer(HALF, missing=500, then="close"), errors.ConnectionLost),
    "cut-json-whole-http": mended(answer(HALF)),
    "empty-once": mended(answer()),
    "empty-always": lasting(answer(), errors.UnreadableAnswer, "an empty body"),
    "204": lasting(Sent(b"HTTP/1.1 204 No Content\r\n\r\n"), errors.UnreadableAnswer, "an empty body"),
    "html-once": mended(HTML),
    "html-always": lasting(HTML, errors.UnreadableAnswer, "an HTML page"),
    "json-null": lasting(answer(b"null"), errors.UnreadableAnswer),
    "json-list-for-object": final(answer(b"[]"), errors.UnexpectedAnswer, "not a JSON object"),
    "json-error-in-200": final(answer({"error": "internal"}), errors.UnexpectedAnswer, "without a job"),
    "json-bom": Case([answer(b"\xef\xbb\xbf" + WHOLE)]),
    "json-utf16": lasting(answer(json.dumps(JOB).encode("utf-16")), errors.UnreadableAnswer),
    "json-bad-utf8": Case([named(b'"caf\xff"')]),
    "json-surrogate": Case([named(rb'"\ud800"')]),
    "json-5000-digits": lasting(named(b"9" * 5000), errors.UnreadableAnswer),
    "json-deep": lasting(answer(b"[" * 100_000), errors.UnreadableAnswer),
    "length-too-long": lasting(answer(WHOLE, missing=10, then="hang"), errors.TimedOut),
    # The rest of the first answer is read as the second.
    "length-too-short": Case([answer(WHOLE, missing=-10), GOOD], asked=3),
    "bad-gzip": mended(answer(b"this is no gzip", "200 OK", "content-encoding: gzip")),
    "cut-gzip": mended(answer(PACKED[: len(PACKED) // 2], "200 OK", "content-encoding: gzip")),
    "gzip-bomb": final(
        answer(gzip.compress(b"0" * 2**26), "200 OK", "content-encoding: gzip"),
        errors.TooLarge,
        "more than 32 MiB",
    ),
    "bad-chunk": mended(Sent(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n")),
    # statuses
    "503-once": mended(DOWN),
    "503-always": lasting(DOWN, errors.ServerFailure, "(503)"),
    "503-retry-after": mended(answer(b"", "503 Service Unavailable", "retry-after: 2"), waited=2),
    "429-ra-0": lasting(limited("retry-after: 0"), errors.TooManyRequests),
    "429-ra-2": mended(limited("retry-after: 2"), waited=2),
    "429-ra-3600": final(limited("retry-after: 3600"), errors.TooManyRequests),
    "429-ra-longer-than-left": final(limited("retry-after: 44"), errors.TooManyRequests),
    "429-ra-date-past": mended(limited("retry-after: Thu, 01 Jan 1970 00:00:00 GMT")),
    "429-ra-date-skew": mended(
        limited("date: Thu, 05 Mar 2026 10:00:00 GMT", "retry-after: Thu, 05 Mar 2026 10:00:03 GMT"), waited=3
    ),
    **{
        f"429-ra-garbage {value[:10]}": mended(limited(f"retry-after: {value}"))
        for value in ("soon", "", "-5", "1.5", "1e9", "nan", "inf", "Wed, 99 Foo 2026")
    },
    "429-ra-garbage 5,000 digits": final(limited(f"retry-after: {'9' * 5000}"), errors.TooManyRequests),
    "429-ra-garbage two headers": mended(limited("retry-after: 1", "retry-after: 2")),
    "500": lasting(answer(b"", "500 Internal Server Error"), errors.ServerFailure, "(500)"),
    "502-504": mended(answer(b"", "502 Bad Gateway"), answer(b"", "504 Gateway Timeout")),
    "404": final(answer({"code": 5, "message": f"no {JOB_ID}"}, "404 Not Found"), errors.NotFound),
    "400": final(answer({"message": "no such field"}, "400 Bad Request"), errors.InvalidRequest),
    "403": final(answer({"code": 7}, "403 Forbidden"), errors.Forbidden),
    "302-other-host": final(
        answer(b"", "302 Found", "location: https://elsewhere.example/"), errors.UnexpectedAnswer, "a redirect"
    ),
    "304": final(Sent(b"HTTP/1.1 304 Not Modified\r\n\r\n"), errors.UnexpectedAnswer),
    "100-continue": Case([Sent(b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n" + GOOD.data)]),
    "error-repeats-token": lasting(
        answer({"message": f"{TOKEN} is tired"}, "500 Internal Server Error", AUTHORIZATION), errors.ServerFailure
    ),
    # tokens
    "first-exchange": exchange(TOKEN_GIVEN),
    "401-then-renew": Case([REFUSED, GOOD], asked=2, exchanged=1),
    "refused-after-good": Case([REFUSED], errors.TokenRefused, asked=3, exchanged=2, fresh=True),
    "bearer-mends": Case([REFUSED, REFUSED, GOOD], asked=3, exchanged=1),
    "bearer-not-remembered-on-503": Case([REFUSED, REFUSED, DOWN, GOOD], asked=4, exchanged=1, waited=0.1),
    "bearer-refused": Case([REFUSED], errors.TokenRefused, "accepted the API key", asked=3, exchanged=1),
    "exchange-400": exchange(
        answer({"message": f"bad api key {KEY}"}, "400 Bad Request"),
        error=errors.ExchangeRefused,
        said="did not exchange the API key for an access token (400)",
    ),
    "exchange-401": exchange(REFUSED, error=errors.Unauthenticated, said="did not accept the API key"),
    "exchange-403": exchange(answer(b"", "403 Forbidden"), error=errors.ExchangeRefused),
    "exchange-404": exchange(answer(b"", "404 Not Found"), error=errors.NoSuchRoute),
    "exchange-429": exchange(limited("retry-after: 1"), TOKEN_GIVEN, times=2),
    "exchange-500": exchange(
        answer(b"", "500 Internal Server Error"), error=errors.ServerFailure, said="internal failure", times=TRIES
    ),
    "exchange-cut": exchange(answer(HALF), TOKEN_GIVEN, times=2),
    **{
        f"exchange-no-token {body.decode()}": tokenless(body)
        for body in (b"{}", b'{"token": null}', b'{"token": ""}', b'{"token": 5}', b'{"token": ["x"]}')
    },
    "exchange-token-newline": tokenless(json.dumps({"token": TOKEN + "\r\n"}).encode()),
    "exchange-token-newline not ASCII": tokenless(json.dumps({"token": TOKEN + "ö"}).encode()),
    **{
        f"exchange-expires-odd {value}": expiring(value)
        for value in ("3600", 3600.5, 0, -1, None, True, math.inf, math.nan, 10**18, "2026-01-01", 3_600_000)
    },
    "exchange-html": exchange(HTML, error=errors.UnreadableAnswer, said="an HTML page", times=TRIES),
    # the connection
    "reset-before-headers": mended(Sent(b"", then="reset")),
    "reset-after-headers": mended(answer(HALF, missing=500, then="reset")),
    "closed-clean": mended(Sent(b"", then="close")),
    "accept-then-silence": lasting(Sent(b"", then="hang"), errors.TimedOut),
    "garbage-status": lasting(Sent(b"SSH-2.0-OpenSSH_9.6\r\n\r\n", then="close"), errors.ConnectionLost),
    "garbage-status repeats token": lasting(
        Sent(f"HTTP/1.1 {TOKEN}\r\n\r\n".encode(), then="close"), errors.ConnectionLost
    ),
    "huge-headers": lasting(answer(WHOLE, "200 OK", "x: " + "y" * 1_000_000), errors.ConnectionLost),
    # the log
    "log-split-secret": exchange(
        answer(f"{KEY[:15]}\n{KEY[15:]}".encode(), "400 Bad Request", "content-type: text/plain"),
        error=errors.ExchangeRefused,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
async def test_a_call_comes_to_a_good_end(name: str, caplog: pytest.LogCaptureFixture) -> None:
    case = CASES[name]
    set_to_debug(caplog)
    clock = VirtualTime()
    failed: ByteNiteError | None = None
    async with scripted(case.reads, case.exchanges) as api:
        timeout = 0.2 if case.error is errors.TimedOut else 10.0
        async with make_client(
            base_url=api.url, api_key=KEY, clock=clock, sleep=clock.sleep, timeout=timeout
        ) as client:
            if not case.fresh:
                await client.check_key()
                api.exchanged = 0
                caplog.clear()
            try:
                record = await client.job(JOB_ID)
            except ByteNiteError as error:
                failed = error
    assert type(failed) is (case.error or type(None))
    assert failed or record["id"] == JOB_ID
    assert case.said in str(failed)
    assert (api.asked, api.exchanged) == (case.asked, case.exchanged)
    assert case.waited <= sum(clock.slept) <= 15
    attempts = [line for line in caplog.messages if line.startswith(("GET /customer", "POST /auth"))]
    assert len(attempts) == case.asked + case.exchanged
    told = caplog.text + "".join(format_exception(failed) if failed else "")
    assert not [secret for secret in (KEY, TOKEN, JOB_ID, KEY[:15], "html>", "SSH-2.0") if secret in told]


async def test_two_hundred_calls_at_once_are_answered() -> None:
    async with scripted() as api, make_client(base_url=api.url) as client, anyio.create_task_group() as group:
        for _ in range(200):
            group.start_soon(client.job, JOB_ID)
    assert (api.asked, api.exchanged) == (200, 1)


async def test_a_connection_that_was_closed_meanwhile_is_not_noticed() -> None:
    async with scripted([answer(JOB, then="close"), GOOD]) as api, make_client(base_url=api.url) as client:
        for _ in range(2):
            assert (await client.job(JOB_ID))["id"] == JOB_ID
    assert api.asked == 2


def set_to_debug(caplog: pytest.LogCaptureFixture) -> None:
    """Log as the command line does at DEBUG."""
    for library in _TALKATIVE:
        caplog.set_level(logging.WARNING, library)
    caplog.set_level(logging.DEBUG)
