import json
import re
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette

from bytenite_mcp.simulator import Fault
from bytenite_mcp.simulator.faults import OWN_PARAMETERS
from tests.simulator.conftest import Asker, Clock, Failing

pytestmark = pytest.mark.anyio


def test_a_fault_is_read_from_its_text() -> None:
    fault = Fault.parse("429:retry_after=2,times=3,on=jobs/filter")
    assert fault == Fault("429", retry_after=2, times=3, on="jobs/filter")
    assert Fault.parse("503:retry_after=1.5,as_date=yes,after=2") == Fault(
        "503", retry_after=1.5, as_date=True, after=2
    )


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ("flood", "unknown kind of fault 'flood'; known: slow, 429"),
        ("500:seconds=2", "fault '500' has no parameter 'seconds'; it takes on, times, after"),
        ("slow:seconds=long", "fault 'slow': 'long' is no value for seconds"),
        ("slow:seconds=nan", "fault 'slow': 'nan' is no value for seconds"),
        ("429:retry_after=inf", "fault '429': 'inf' is no value for retry_after"),
        ("token_dies:uses=-1", "fault 'token_dies': '-1' is no value for uses"),
        ("html:status=9999", "fault 'html': '9999' is no value for status"),
        ("429:as_date=maybe", "fault '429': 'maybe' is no value for as_date"),
        ("slow:times=", "fault 'slow': '' is no value for times"),
    ],
)
def test_a_bad_spec_tells_what_is_wrong(spec: Any, told: Any) -> None:
    with pytest.raises(ValueError, match="fault") as error:
        Fault.parse(spec)
    assert str(error.value).startswith(told)


async def test_a_fault_hits_so_many_requests_after_so_many(asker: Asker, failing: Failing) -> None:
    failing("500:after=1,times=2")
    assert [(await asker.get("jobs")).status_code for _ in range(5)] == [200, 500, 500, 200, 200]


async def test_a_fault_hits_only_its_path(asker: Asker, failing: Failing) -> None:
    failing("500:on=jobs/filter")
    assert (await asker.get("jobs")).status_code == 200
    assert (await asker.post("jobs/filter", {})).status_code == 500


async def test_the_token_route_is_spared_unless_named(asker: Asker, failing: Failing) -> None:
    failing("500")
    assert (await asker.sign_in()).status_code == 200
    failing("500:on=auth")
    assert (await asker.http.post("auth/access_token", json={})).status_code == 500


async def test_faults_can_be_taken_away(asker: Asker, failing: Failing, app: Starlette) -> None:
    failing("500")
    assert (await asker.get("jobs")).status_code == 500
    app.state.faults.set()
    assert (await asker.get("jobs")).status_code == 200


async def test_a_slow_answer_is_the_answer(asker: Asker, failing: Failing) -> None:
    failing("slow:seconds=0.001", "slow:seconds=0")
    assert (await asker.get("jobs")).json()["pagination"]["total"] == 200


async def test_a_slow_answer_may_be_a_failure(asker: Asker, failing: Failing) -> None:
    failing("slow:seconds=0", "503")
    assert (await asker.get("jobs")).status_code == 503


async def test_a_token_dies_after_some_uses_and_a_new_one_heals_it(asker: Asker, failing: Failing) -> None:
    failing("token_dies:uses=2")
    assert [(await asker.get("jobs")).status_code for _ in range(3)] == [200, 200, 401]
    await asker.sign_in()
    assert (await asker.get("jobs")).status_code == 200


async def test_a_failed_request_is_remembered_too(asker: Asker, failing: Failing, app: Starlette) -> None:
    failing("500")
    await asker.get("jobs")
    assert [seen.path for seen in app.state.requests] == ["/v1/customer/jobs"]


def test_every_kind_and_parameter_is_documented() -> None:
    document = Path(__file__).parents[2].joinpath("docs", "simulator.md").read_text(encoding="utf-8")
    section = document.partition("## Faults")[2].partition("## Meanings")[0]
    names = {
        *OWN_PARAMETERS,
        "on",
        "times",
        "after",
        *(name for own in OWN_PARAMETERS.values() for name in own),
    }
    assert {name for name in names if not re.search(rf"`{name}\b", section)} == set()


# What each fault makes of an answer


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
