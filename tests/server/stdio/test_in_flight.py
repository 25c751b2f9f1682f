"""Reused and similar ids while an endless call is in flight; and cancelled calls."""

from typing import Any

import anyio
import httpx
import pytest

from bytenite_mcp.server.app import build_server
from bytenite_mcp.server.stdio.serving import LINGER
from tests.conftest import Backend
from tests.server.conftest import SETTINGS
from tests.server.stdio.exchanging import OPENING, cancelled, exchange, get_job, request

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend(hurried: Backend) -> Backend:
    return hurried


async def answer_no_question_about_jobs(asked: httpx.Request) -> httpx.Response:
    if not asked.url.path.endswith("access_token"):
        await anyio.sleep_forever()
    return httpx.Response(200, json={"token": "t", "expiresIn": "3600"})


async def answered(*lines: bytes) -> list[tuple[Any, int]]:
    """Return the id of each answer, and the code of its error or 0, in order."""
    server = build_server(SETTINGS, httpx.MockTransport(answer_no_question_about_jobs))
    answers = await exchange(b"\n".join([*OPENING["legacy"], *lines]), server)
    return [(answer["id"], answer.get("error", {"code": 0})["code"]) for answer in answers][1:]


async def test_a_second_request_with_an_id_in_flight_is_refused() -> None:
    assert await answered(get_job(5), request(5, "ping"), cancelled(5)) == [(5, -32600)]


async def test_an_id_may_be_used_again_once_its_request_is_cancelled() -> None:
    assert await answered(get_job(5), cancelled(5), request(5, "ping")) == [(5, 0)]


async def test_what_is_cancelled_is_not_answered_and_does_not_hold_up_the_end() -> None:
    began = anyio.current_time()
    assert await answered(get_job(5), get_job("six"), cancelled("six"), cancelled(5)) == []
    assert anyio.current_time() - began < LINGER


async def test_only_its_own_id_cancels_a_request() -> None:
    others = ["5", " 5", "0_5", "\u0665", "five", 50, 5.5, True, None, {}, [5]]
    assert await answered(get_job(5), *map(cancelled, others)) == [(5, -32000)]


async def test_a_number_id_and_its_string_cannot_be_in_flight_together() -> None:
    assert await answered(get_job(5), request("5", "ping"), cancelled("5"), cancelled(5)) == [("5", -32600)]


async def test_a_call_that_outlasts_its_input_is_answered_with_an_error_after_a_while() -> None:
    began = anyio.current_time()
    assert await answered(get_job(5)) == [(5, -32000)]
    assert LINGER <= anyio.current_time() - began < LINGER + 0.5
