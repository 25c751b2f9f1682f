"""Accounts: a key is exchanged for a token, which lets its holder see that account alone."""

from typing import Any

import pytest
from starlette.applications import Starlette

from bytenite_mcp.simulator import World, create_app

from .conftest import Asker, Clock, asking, refused

pytestmark = pytest.mark.anyio


async def test_a_key_is_exchanged_for_a_token(app: Starlette) -> None:
    answer = await asking(app).sign_in()
    assert answer.json()["token"]
    assert answer.json()["expiresIn"] == "3600"


async def test_a_wrong_key_is_refused(app: Starlette) -> None:
    assert refused(await asking(app).sign_in("wrong"), 401, 16)


async def test_a_token_dies_after_an_hour(asker: Asker, clock: Clock) -> None:
    clock.move(3599)
    assert (await asker.get("jobs")).status_code == 200
    clock.move(1)
    assert refused(await asker.get("jobs"), 401, 16)


@pytest.mark.parametrize("header", ["", "nonsense"])
async def test_without_a_good_token_there_is_nothing(asker: Asker, header: Any) -> None:
    asker.http.headers["Authorization"] = header
    for path in ("jobs", "jobs/text", "jobs/text/results", "info"):
        assert refused(await asker.get(path), 401, 16)


async def test_a_bearer_prefix_is_refused(asker: Asker) -> None:
    asker.http.headers["Authorization"] = "Bearer " + asker.http.headers["Authorization"]
    assert refused(await asker.get("jobs"), 401, 16)


async def test_accounts_never_see_each_others_jobs(clock: Clock) -> None:
    ours, theirs = (World(50, seed, clock=clock, api_key=key) for seed, key in ((1, "ours"), (2, "theirs")))
    client = asking(create_app(ours, theirs))
    await client.sign_in("ours")
    page = (await client.get("jobs", **{"pagination.limit": "1000"})).json()
    assert {job["id"] for job in page["data"]} == {job_id for (job_id,) in ours.rows("SELECT id FROM jobs")}
    (hidden,) = theirs.rows("SELECT id FROM jobs WHERE number = 20")[0]
    assert refused(await client.get(f"jobs/{hidden}"), 404, 5)


def test_two_accounts_cannot_share_a_key(world: World) -> None:
    with pytest.raises(ValueError, match="share one api_key"):
        create_app(world, world)
