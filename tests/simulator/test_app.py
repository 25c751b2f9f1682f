import json
from typing import Any

import pytest
from starlette.applications import Starlette

from bytenite_mcp.simulator import World, create_app
from bytenite_mcp.simulator.times import to_sort_key
from tests.simulator.conftest import Asker, Clock, asking, refused

pytestmark = pytest.mark.anyio


async def test_a_page_has_twenty_rows_newest_first_and_echoes_no_limit(asker: Asker) -> None:
    page = (await asker.get("jobs")).json()
    assert page["pagination"] == {"total": 200, "offset": 0, "hasPrevious": False, "hasNext": True}
    keys = [to_sort_key(job["createdAt"]) or "" for job in page["data"]]
    assert len(keys) == 20
    assert keys == sorted(keys, reverse=True)


async def test_pages_together_are_all_the_jobs_once(asker: Asker) -> None:
    rows = []
    for offset in range(0, 201, 67):
        query = {"pagination.limit": "67", "pagination.offset": str(offset)}
        page = (await asker.get("jobs", **query)).json()
        rows += [job["id"] for job in page["data"]]
        assert page["pagination"]["hasPrevious"] == (offset > 0)
        assert page["pagination"]["hasNext"] == (len(rows) < 200)
    assert len(rows) == len(set(rows)) == 200


async def test_a_page_has_twenty_rows_by_default_and_never_more_than_the_largest(world: World) -> None:
    client = asking(create_app(world, max_page=30))
    await client.sign_in()
    assert len((await client.get("jobs", **{"pagination.limit": "100"})).json()["data"]) == 30
    assert len((await client.post("jobs/filter", {"pagination": {"limit": 0}})).json()["data"]) == 20


@pytest.mark.parametrize(
    ("order", "pick"),
    [
        ("duration", lambda job: job["duration"]),
        ("numChunks asc", lambda job: float(job["numChunks"])),
        ("config.taskTimeout", lambda job: job["config"].get("taskTimeout")),
        ("name", lambda job: job["name"] or None),
        ("startedAt", lambda job: to_sort_key(job["startedAt"])),
    ],
)
async def test_jobs_are_ordered_by_any_field_with_the_unset_last(asker: Asker, order: Any, pick: Any) -> None:
    page = (await asker.get("jobs", orderBy=order, **{"pagination.limit": "1000"})).json()
    values = [pick(job) for job in page["data"]]
    known = [value for value in values if value is not None]
    assert values[: len(known)] == sorted(known)


async def test_an_order_may_be_descending(asker: Asker) -> None:
    body = {"orderBy": "duration desc", "pagination": {"limit": 5}}
    spent = [job["duration"] for job in (await asker.post("jobs/filter", body)).json()["data"]]
    assert spent == sorted(spent, reverse=True)


async def test_both_prefixes_answer_alike(asker: Asker) -> None:
    there = await asker.http.get("computing/jobs")
    assert there.json() == (await asker.get("jobs")).json()


async def test_a_job_has_its_template_inside_and_beside(asker: Asker) -> None:
    job = (await asker.get("jobs")).json()["data"][0]
    answer = (await asker.get(f"jobs/{job['id']}")).json()
    assert answer == {"job": job, "templateInfo": job["templateInfo"]}


async def test_unknown_routes_and_methods_are_told_in_json(asker: Asker) -> None:
    assert refused(await asker.get("nothing"), 404, 5)
    assert refused(await asker.get("jobs/"), 404, 5)
    assert refused(await asker.http.delete("customer/jobs"), 405, 12)


async def test_info_is_a_sign_of_life(asker: Asker) -> None:
    assert set((await asker.get("info")).json()) == {"version", "messages"}


async def test_the_app_remembers_what_it_was_asked(asker: Asker, app: Starlette) -> None:
    await asker.filter("state", "EQ", "JOB_STATE_NEW")
    await asker.get("jobs", orderBy="name")
    first, second = app.state.requests
    assert (first.method, first.path) == ("POST", "/v1/customer/jobs/filter")
    assert first.body["filters"][0]["field"] == "state"
    assert second.query == {"orderBy": "name"}
    app.state.requests.clear()
    assert not app.state.requests


async def test_a_page_is_the_records_text_untouched(asker: Asker, world: World) -> None:
    (text,) = world.rows("SELECT record FROM jobs WHERE number = 30")[0]
    answer = await asker.filter("id", "EQ", json.loads(text)["id"])
    assert text in answer.text


# Accounts: a key is exchanged for a token, which lets its holder see that account alone


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
