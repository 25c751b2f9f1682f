"""A world that changes: by its methods, and while it is asked."""

import json
import sqlite3
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import anyio
import pytest
from starlette.applications import Starlette

from bytenite_mcp.simulator import Fault, World, create_app
from bytenite_mcp.simulator.app import ReceivedRequest
from tests.simulator.conftest import Asker, Clock, asking

pytestmark = pytest.mark.anyio


def record_of(world: World, job_id: str) -> Any:
    return json.loads(world.find_record(job_id) or "null")


def find_in_state(world: World, state: str) -> str:
    ((job_id,), *_) = world.rows(
        "SELECT id FROM jobs WHERE state = ? ORDER BY number DESC", [f"JOB_STATE_{state}"]
    )
    return str(job_id)


def snapshot(world: World) -> dict[str, str]:
    return dict(world.rows("SELECT id, record FROM jobs"))


async def list_ids(asker: Asker, **query: str) -> list[str]:
    page = (await asker.get("jobs", **{"pagination.limit": "1000", **query})).json()
    assert page["pagination"]["total"] == len(page["data"])
    return [job["id"] for job in page["data"]]


# What each method changes, and that it changes nothing else


async def test_a_new_job_is_a_draft_of_now_at_the_head_of_the_list(asker: Asker, world: World) -> None:
    before = await list_ids(asker)
    job_id = world.add(name="mine")
    assert await list_ids(asker) == [job_id, *before]
    record = record_of(world, job_id)
    assert (record["name"], record["state"], record["startedAt"]) == ("mine", "JOB_STATE_NEW", None)
    assert record["createdAt"].startswith("2026-03-04T15:30:12")
    assert record.keys() == record_of(world, find_in_state(world, "COMPLETE")).keys()


def test_changes_are_the_same_every_time(clock: Clock) -> None:
    def change() -> dict[str, str]:
        world = World(20, clock=clock)
        world.finish(world.add(), "CUDA out of memory")
        return snapshot(world)

    assert change() == change()


def test_a_record_may_be_whatever_is_given(world: World) -> None:
    job_id = world.add(id="odd", createdAt=None, numChunks="many", state="JOB_STATE_PAUSED")
    assert job_id == "odd"
    assert record_of(world, "odd")["numChunks"] == "many"


def test_a_world_may_begin_empty(clock: Clock) -> None:
    world = World(0, clock=clock)
    assert snapshot(world) == {}
    job_id = world.add()
    assert list(snapshot(world)) == [job_id]


@pytest.mark.parametrize(
    ("change", "state", "changed"),
    [
        ("edit", "COMPLETE", {"name"}),
        ("mark_deleted", "COMPLETE", {"deletedAt"}),
        ("run", "NEW", {"state", "startedAt", "stateTimestamps"}),
        (
            "finish", "PARTITIONED",
            {"state", "endedAt", "stateTimestamps", "duration", "paymentAmount"},
        ),
        (
            "fail", "PARTITIONED",
            {"state", "endedAt", "stateTimestamps", "duration", "errorMessage"},
        ),
    ],
)  # fmt: skip
def test_a_method_changes_what_it_says_of_one_job_and_nothing_else(
    change: str, state: str, changed: set[str], world: World
) -> None:
    job_id = find_in_state(world, state)
    before, old = snapshot(world), record_of(world, job_id)
    match change:
        case "edit":
            world.edit(job_id, name="another")
        case "fail":
            world.finish(job_id, "it broke")
        case name:
            getattr(world, name)(job_id)
    new = record_of(world, job_id)
    assert {member for member in new if new[member] != old[member]} == changed
    assert {other for other, text in snapshot(world).items() if text != before[other]} == {job_id}


def test_a_finished_job_agrees_with_itself(world: World, clock: Clock) -> None:
    job_id = world.add()
    clock.move(5)
    world.run(job_id)
    clock.move(90)
    world.finish(job_id)
    record = record_of(world, job_id)
    assert (record["state"], record["duration"], record["paymentAmount"]) == ("JOB_STATE_COMPLETE", 90, 1)
    entered = {
        "JOB_STATE_NEW": record["createdAt"],
        "JOB_STATE_STARTED": record["startedAt"],
        "JOB_STATE_COMPLETE": record["endedAt"],
    }
    assert {state: text[:19] for state, text in record["stateTimestamps"].items()} == {
        state: text[:19] for state, text in entered.items()
    }


def test_a_job_that_was_changed_no_longer_moves_with_the_clock(world: World, clock: Clock) -> None:
    job_id = find_in_state(world, "PARTITIONED")
    world.edit(job_id, name="another")
    clock.move(3600)
    assert record_of(world, job_id)["state"] == "JOB_STATE_PARTITIONED"


async def test_a_deleted_job_is_gone_and_its_id_may_be_used_again(asker: Asker, world: World) -> None:
    before = await list_ids(asker)
    job_id = find_in_state(world, "COMPLETE")
    world.delete(job_id)
    assert (await asker.get(f"jobs/{job_id}")).status_code == 404
    assert await list_ids(asker) == [other for other in before if other != job_id]
    world.add(id=job_id)
    assert await list_ids(asker) == [job_id, *(other for other in before if other != job_id)]
    assert (await asker.get(f"jobs/{job_id}")).json()["job"]["state"] == "JOB_STATE_NEW"


def test_an_id_in_use_is_refused_and_the_job_stays(world: World) -> None:
    job_id = find_in_state(world, "COMPLETE")
    before = snapshot(world)
    with pytest.raises(sqlite3.IntegrityError):
        world.add(id=job_id)
    with pytest.raises(sqlite3.IntegrityError):
        world.edit("text", id=job_id)
    assert snapshot(world) == before


@pytest.mark.parametrize("change", ["edit", "run", "finish", "mark_deleted", "delete"])
def test_a_job_that_is_not_there_cannot_be_changed(change: str, world: World) -> None:
    with pytest.raises(KeyError, match="nobody"):
        getattr(world, change)("nobody")


async def test_a_change_is_seen_by_a_search_that_was_asked_before(asker: Asker, world: World) -> None:
    async def count() -> Any:
        return (await asker.filter("name", "EQ", "mine")).json()["pagination"]["total"]

    assert await count() == 0
    job_id = world.add(name="mine")
    assert await count() == 1
    world.edit(job_id, name="yours")
    assert await count() == 0


# Changes while it is asked


async def test_a_world_may_change_between_the_pages_of_one_reading(world: World) -> None:
    async def create_one_job(request: ReceivedRequest) -> None:
        if request.query.get("pagination.offset") == "20":
            world.add()

    asker = asking(create_app(world, on_request=create_one_job))
    await asker.sign_in()
    pages = [(await asker.get("jobs", **{"pagination.offset": offset})).json() for offset in ("0", "20")]
    assert [page["pagination"]["total"] for page in pages] == [200, 201]
    assert pages[1]["data"][0] == pages[0]["data"][-1]


async def test_a_request_may_be_held_back_until_the_world_has_changed(world: World) -> None:
    changed = anyio.Event()

    async def hold(request: ReceivedRequest) -> None:
        if request.path.endswith("/jobs"):
            await changed.wait()

    asker = asking(create_app(world, on_request=hold))
    await asker.sign_in()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(list_ids, asker)
        await asker.get("info")
        world.add(id="late")
        changed.set()
    assert "late" in await list_ids(asker)


async def test_one_request_may_be_chosen_to_fail(world: World) -> None:
    async def fail_page_two(request: ReceivedRequest) -> None:
        if request.query.get("pagination.offset") == "20":
            app.state.faults.set(Fault("500", times=1))

    app: Starlette = create_app(world, on_request=fail_page_two)
    asker = asking(app)
    await asker.sign_in()
    statuses = [
        (await asker.get("jobs", **{"pagination.offset": offset})).status_code for offset in ("0", "20", "40")
    ]
    assert statuses == [200, 500, 200]


# The clock


@pytest.mark.parametrize("fault", ["", "503", "ok_false", "cut", "redirect", "token_dies:uses=0"])
async def test_every_answer_has_the_date_of_the_simulated_clock(
    asker: Asker, app: Starlette, clock: Clock, fault: str
) -> None:
    clock.move(26 * 3600)
    await asker.sign_in()
    app.state.faults.set(*([Fault.parse(fault)] if fault else []))
    (date,) = (await asker.get("jobs")).headers.get_list("date")
    assert parsedate_to_datetime(date) == clock().replace(microsecond=0)


async def test_the_clock_may_be_replaced_and_new_jobs_follow_it(
    asker: Asker, world: World, clock: Clock
) -> None:
    world.clock = lambda: clock() - timedelta(hours=2)
    answer = await asker.get(f"jobs/{world.add()}")
    assert answer.json()["job"]["createdAt"].startswith("2026-03-04T13:30:12")
    assert answer.headers["date"] == "Wed, 04 Mar 2026 13:30:12 GMT"


async def test_the_date_may_differ_from_the_clock_or_be_left_out(world: World, clock: Clock) -> None:
    dates = [clock() - timedelta(minutes=10), None]
    asker = asking(create_app(world, date=lambda: dates[0]))
    assert (await asker.sign_in()).headers["date"] == "Wed, 04 Mar 2026 15:20:12 GMT"
    dates.pop(0)
    assert "date" not in (await asker.get("jobs")).headers
