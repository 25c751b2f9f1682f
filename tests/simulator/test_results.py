import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from bytenite_mcp.simulator import World
from tests.simulator.conftest import Asker, Clock

pytestmark = pytest.mark.anyio


def ids(world: World, where: Any) -> Any:
    return [job_id for (job_id,) in world.rows(f"SELECT id FROM jobs WHERE {where}")]


async def answers(asker: Asker, world: World, where: Any) -> Any:
    return [await asker.get(f"jobs/{job_id}/results") for job_id in ids(world, where)]


async def test_before_the_end_there_are_no_results_in_one_way_or_another(asker: Asker, world: World) -> None:
    others = "('JOB_STATE_NEW', 'JOB_STATE_COMPLETE', 'JOB_STATE_FAILED')"
    running = await answers(asker, world, f"state NOT IN {others}")
    assert {json.dumps(answer.json()) for answer in running} == {'{"results": null}', '{"results": []}'}
    assert all(answer.status_code == 404 for answer in await answers(asker, world, "state = 'JOB_STATE_NEW'"))


async def test_a_failed_job_has_none(asker: Asker, world: World) -> None:
    failed = await answers(asker, world, "state = 'JOB_STATE_FAILED'")
    assert all(answer.json() == {"results": []} for answer in failed)


COMPLETE = """state = 'JOB_STATE_COMPLETE'
    AND json_extract(record, '$.dataDestination.dataSourceDescriptor') {} 'bucket'"""


async def test_a_link_looks_signed_and_leads_nowhere(asker: Asker, world: World, clock: Clock) -> None:
    found = await answers(asker, world, COMPLETE.format("<>"))
    links = [urlsplit(file["link"]) for answer in found for file in answer.json()["results"]]
    assert links
    assert all(link.hostname == "storage.example.invalid" for link in links)
    signed = parse_qs(links[0].query)
    assert signed["X-Goog-Expires"] == ["14399"]
    assert signed["X-Goog-Date"] == [clock().strftime("%Y%m%dT%H%M%SZ")]
    assert signed["X-Goog-Signature"][0]


async def test_a_temporary_bucket_is_emptied_after_two_days(asker: Asker, world: World, clock: Clock) -> None:
    newest = ids(world, f"{COMPLETE.format('=')} ORDER BY created DESC LIMIT 1")[0]
    assert (await asker.get(f"jobs/{newest}/results")).json()["results"]
    clock.move(48 * 3600)
    await asker.sign_in()
    assert (await asker.get(f"jobs/{newest}/results")).json() == {"results": []}


async def test_an_unknown_job_has_no_results(asker: Asker) -> None:
    assert (await asker.get("jobs/unknown/results")).json()["code"] == 5
