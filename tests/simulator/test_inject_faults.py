"""What each fault makes of an answer."""

import json
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from .conftest import Asker, Clock, Failing

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
async def test_a_status_has_a_gateway_body(asker: Asker, failing: Failing, status: Any) -> None:
    failing(str(status))
    answer = await asker.get("jobs")
    assert answer.status_code == status
    assert set(answer.json()) == {"code", "message", "details"}
    assert "retry-after" not in answer.headers


async def test_a_429_may_say_how_long_to_wait(asker: Asker, failing: Failing, clock: Clock) -> None:
    failing("429:retry_after=2,times=1", "429:retry_after=2,as_date=true")
    assert (await asker.get("jobs")).headers["retry-after"] == "2"
    until = parsedate_to_datetime((await asker.get("jobs")).headers["retry-after"])
    assert isinstance(until, datetime)
    assert 2 <= (until - clock()).total_seconds() < 3


async def test_in_process_a_reset_is_raised(asker: Asker, failing: Failing) -> None:
    failing("reset")
    with pytest.raises(ConnectionResetError):
        await asker.get("jobs")


async def test_a_cut_answer_is_half_of_what_was_announced(asker: Asker, failing: Failing) -> None:
    failing("cut")
    answer = await asker.get("jobs")
    assert len(answer.content) == int(answer.headers["content-length"]) // 2
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        answer.json()


@pytest.mark.parametrize("status", [200, 502])
async def test_a_proxy_answers_with_a_page(asker: Asker, failing: Failing, status: Any) -> None:
    failing(f"html:status={status}")
    answer = await asker.get("jobs")
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")


async def test_an_error_may_come_with_http_200(asker: Asker, failing: Failing) -> None:
    failing("ok_false:code=404")
    answer = await asker.get("jobs")
    assert answer.status_code == 200
    assert answer.json()["ok"] is False
    assert answer.json()["error"]["code"] == 404


async def test_json_may_be_no_answer_at_all(asker: Asker, failing: Failing) -> None:
    failing("not_a_page")
    body = (await asker.get("jobs")).json()
    assert not isinstance(body["data"], list)
    assert not isinstance(body["job"], dict)


async def test_one_record_of_a_page_has_wrong_types(asker: Asker, failing: Failing) -> None:
    good = (await asker.get("jobs")).json()["data"]
    failing("wrong_types")
    bad, *others = (await asker.get("jobs")).json()["data"]
    assert others == good[1:]
    assert isinstance(bad["createdAt"], int)
    assert isinstance(bad["config"], str)
    assert bad["id"] == good[0]["id"]


async def test_a_single_job_may_have_wrong_types_too(asker: Asker, failing: Failing) -> None:
    failing("wrong_types")
    assert (await asker.get("jobs/text")).json()["job"]["dataSource"] == ["s3"]


async def test_a_refusal_without_a_record_stays_a_refusal(asker: Asker, failing: Failing) -> None:
    failing("wrong_types")
    assert (await asker.get("jobs/unknown")).status_code == 404


async def test_a_state_and_a_source_nobody_has_seen(asker: Asker, failing: Failing) -> None:
    failing("unknown_state")
    first, second, *_ = (await asker.get("jobs")).json()["data"]
    assert first["state"] == "JOB_STATE_HIBERNATING"
    assert first["dataSource"]["dataSourceDescriptor"] == "tape"
    assert second["state"] != "JOB_STATE_HIBERNATING"


async def test_a_key_is_refused_and_nothing_else(asker: Asker, failing: Failing) -> None:
    failing("key_refused")
    assert (await asker.get("jobs")).status_code == 200
    assert (await asker.sign_in()).status_code == 401


async def test_a_redirect_leads_to_another_host(asker: Asker, failing: Failing) -> None:
    failing("redirect")
    answer = await asker.get("jobs")
    assert answer.status_code == 302
    assert "elsewhere.example.invalid" in answer.headers["location"]


async def test_an_endless_body_ends_after_all(asker: Asker, failing: Failing) -> None:
    failing("endless:bytes=200000")
    answer = await asker.get("jobs")
    assert len(answer.content) > 200_000
    with pytest.raises(json.JSONDecodeError):
        answer.json()
