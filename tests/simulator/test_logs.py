import json
from typing import Any

import pytest

from bytenite_mcp.simulator import World
from tests.simulator.conftest import Asker, Clock

pytestmark = pytest.mark.anyio


def lines(log: Any) -> Any:
    tasks = [line for task in log["taskrunner"].values() for line in task["logs"]]
    return [*log["partitioner"], *log["assembler"], *tasks]


def in_state(world: World, state: Any) -> Any:
    found = world.rows("SELECT record FROM jobs WHERE state = ? ORDER BY number", [f"JOB_STATE_{state}"])
    return [json.loads(text) for (text,) in found]


async def log_of(asker: Asker, job_id: Any, **asked: Any) -> Any:
    return (await asker.post("logs", {"jobId": job_id, **asked})).json()


async def test_a_draft_has_no_log(asker: Asker, world: World) -> None:
    for job in in_state(world, "NEW"):
        assert await log_of(asker, job["id"]) == {"partitioner": [], "assembler": [], "taskrunner": {}}


async def test_a_failed_jobs_log_tells_its_error(asker: Asker, world: World) -> None:
    failed = in_state(world, "FAILED")
    assert len(failed) > 10
    for job in failed:
        assert job["errorMessage"] in [line["log"] for line in lines(await log_of(asker, job["id"]))]


async def test_a_traceback_hides_from_a_filter_by_error(asker: Asker, world: World) -> None:
    job = next(job for job in in_state(world, "FAILED") if job["errorMessage"].startswith("CUDA"))
    told = [line["log"] for line in lines(await log_of(asker, job["id"], levels=["ERROR"]))]
    assert told == []
    told = [line["log"] for line in lines(await log_of(asker, job["id"], levels=["UNKNOWN"]))]
    assert "Traceback (most recent call last):" in told


async def test_users_lines_have_no_level_and_no_container(asker: Asker, world: World) -> None:
    log = lines(await log_of(asker, in_state(world, "COMPLETE")[0]["id"]))
    assert {(line["level"] == "UNKNOWN", line["container"]) for line in log} == {(True, ""), (False, "main")}


async def test_a_log_is_the_same_every_time(asker: Asker, world: World) -> None:
    job_id = in_state(world, "COMPLETE")[0]["id"]
    assert await log_of(asker, job_id) == await log_of(asker, job_id)


async def test_a_running_jobs_log_grows_with_the_clock(asker: Asker, world: World, clock: Clock) -> None:
    running = in_state(world, "PARTITIONED")[-2]
    before = lines(await log_of(asker, running["id"]))
    clock.move(15)
    after = lines(await log_of(asker, running["id"]))
    assert len(after) > len(before)
    assert [line for line in before if line in after] == before


async def test_there_is_a_log_for_each_task_and_tasks_can_be_chosen(asker: Asker, world: World) -> None:
    job = in_state(world, "COMPLETE")[0]
    log = await log_of(asker, job["id"])
    assert len(log["taskrunner"]) == job["numChunks"]
    task = next(iter(log["taskrunner"]))
    assert (await log_of(asker, job["id"], taskIds=[task]))["taskrunner"] == {task: log["taskrunner"][task]}


async def test_services_can_be_chosen(asker: Asker, world: World) -> None:
    log = await log_of(asker, in_state(world, "COMPLETE")[0]["id"], services=["ASSEMBLER"])
    assert log["assembler"]
    assert not log["partitioner"]
    assert not log["taskrunner"]


async def test_some_logs_have_hundreds_of_lines(asker: Asker, world: World) -> None:
    sizes = [len(lines(await log_of(asker, job["id"]))) for job in in_state(world, "COMPLETE")[:20]]
    assert max(sizes) > 300


@pytest.mark.parametrize(
    "body",
    [
        {}, {"jobId": 5}, {"jobId": "text", "levels": ["LOUD"]}, {"jobId": "text", "services": ["KITCHEN"]},
        {"jobId": "text", "taskIds": [1]}, {"jobId": "text", "levels": [["INFO"]]},
        {"jobId": "text", "page": 1},
    ],
)  # fmt: skip
async def test_a_bad_question_is_refused(asker: Asker, body: Any) -> None:
    answer = await asker.post("logs", body)
    assert (answer.status_code, answer.json()["code"]) == (400, 3)


async def test_an_unknown_job_has_no_log(asker: Asker) -> None:
    assert (await asker.post("logs", {"jobId": "unknown"})).status_code == 404
