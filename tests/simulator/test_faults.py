import re
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette

from bytenite_mcp.simulator import Fault
from bytenite_mcp.simulator.faults import OWN_PARAMETERS

from .conftest import Asker, Failing

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
    kinds = (kind for kind in OWN_PARAMETERS if not kind.isdigit())
    assert all(kind in (Fault.__doc__ or "") for kind in kinds)
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
