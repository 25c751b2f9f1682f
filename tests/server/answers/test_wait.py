"""wait_for_job through the protocol; tests/jobs/test_watch.py tests its timing."""

from datetime import UTC, datetime, timedelta

import anyio
import httpx
import pytest

from bytenite_mcp.server import deadline
from bytenite_mcp.simulator import World
from tests.conftest import Backend, answering
from tests.server.conftest import Asker, Era, both_eras, connected, ids

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend(hurried: Backend) -> Backend:
    return hurried


class Hurrying:
    """A clock that, once started, advances by ten minutes each time it is read."""

    def __init__(self) -> None:
        self.time = datetime(2026, 3, 4, tzinfo=UTC)
        self.step = timedelta()

    def __call__(self) -> datetime:
        self.time += self.step
        return self.time


@pytest.fixture
def clock() -> Hurrying:
    return Hurrying()


@pytest.fixture
def world(clock: Hurrying) -> World:
    return World(60, seed=7, clock=clock)


@both_eras
async def test_a_finished_job_is_answered_at_once(asker: Asker, world: World) -> None:
    job_id = ids(world, "state = 'JOB_STATE_FAILED'")[0]
    answer = await asker.ask("wait_for_job", job_id=job_id)
    assert answer.content["reached"] is True
    assert answer.content["waitedSeconds"] == 0
    assert answer.content["job"]["state"] == "JOB_STATE_FAILED"
    assert answer.content["meaning"]


@both_eras
async def test_running_out_of_time_is_an_answer_that_says_where_the_job_stands(
    asker: Asker, world: World
) -> None:
    job_id = ids(world, "state = 'JOB_STATE_STARTED'")[-1]
    answer = await asker.ask("wait_for_job", job_id=job_id, timeout_seconds=1)
    assert answer.content["reached"] is False
    assert answer.content["waitedSeconds"] == 1
    assert answer.content["job"]["state"] == "JOB_STATE_STARTED"
    assert answer.content["note"] == "Time ran out; the job goes on. Call again to keep waiting."


@both_eras
@pytest.mark.parametrize(("until", "last"), [("finished", "COMPLETE"), ("changed", None)])
async def test_each_look_is_reported_with_the_name_of_the_state(
    asker: Asker, world: World, clock: Hurrying, until: str, last: str | None
) -> None:
    reports: list[tuple[float, float | None, str | None]] = []

    async def note(progress: float, total: float | None, message: str | None) -> None:
        reports.append((progress, total, message))
        clock.step = timedelta(minutes=15)

    job_id = ids(world, "state = 'JOB_STATE_MERGED'")[0]
    result = await asker.client.call_tool(
        "wait_for_job", {"job_id": job_id, "until": until}, progress_callback=note
    )
    assert result.structured_content
    assert result.structured_content["reached"] is True
    assert reports[0][2] == "JOB_STATE_MERGED"
    assert result.structured_content["job"]["state"] == f"JOB_STATE_{last or 'COMPLETE'}"
    assert reports[-1][2] == result.structured_content["job"]["state"]
    assert all(total == 45 for _, total, _ in reports)
    assert reports == sorted(reports, key=lambda report: report[0])


@both_eras
async def test_a_state_that_plays_tricks_is_reported_with_the_tricks_visible(era: Era) -> None:
    reports: list[str | None] = []

    async def note(progress: float, total: float | None, message: str | None) -> None:
        reports.append(message)

    record = {"id": "x", "state": "\ud800\u202etoken=hunter2hunter2"}
    async with connected(answering(job={"job": record}), era) as asker:
        await asker.client.call_tool(
            "wait_for_job", {"job_id": "x", "timeout_seconds": 1}, progress_callback=note
        )
    assert set(reports) == {"\ufffd<U+202E>token=[withheld]"}


@both_eras
@pytest.mark.parametrize(("later", "waited"), [("503", 42), ("no answer", 44), ("the same state", 42)])
async def test_a_wait_that_saw_the_job_ends_as_an_answer_whatever_comes_later(
    era: Era, later: str, waited: int
) -> None:
    looks = 0

    async def answer(request: httpx.Request) -> httpx.Response:
        nonlocal looks
        if request.url.path.endswith("access_token"):
            return httpx.Response(200, json={"token": "t"})
        looks += 1
        if looks > 1 and later == "503":
            return httpx.Response(503)
        if looks > 1 and later == "no answer":
            await anyio.sleep_forever()
        return httpx.Response(200, json={"job": {"id": "x", "state": "JOB_STATE_STARTED"}})

    async with connected(httpx.MockTransport(answer), era) as asker:
        content = (await asker.ask("wait_for_job", job_id="x", timeout_seconds=45)).content
    assert looks > 1
    assert (content["reached"], content["waitedSeconds"]) == (False, waited)
    assert content["job"]["state"] == "JOB_STATE_STARTED"
    assert content["note"] == (
        "Time ran out; the job goes on. Call again to keep waiting."
        if later == "the same state"
        else f"Time ran out; ByteNite did not answer lately, so this was the job's state {waited} s ago."
    )


async def test_no_wait_is_asked_for_that_outlasts_its_call(asker: Asker) -> None:
    (tool,) = [tool for tool in (await asker.client.list_tools()).tools if tool.name == "wait_for_job"]
    assert tool.input_schema["properties"]["timeout_seconds"]["maximum"] == deadline.CALL_LIMIT


def several(request: httpx.Request) -> httpx.Response:
    states = {"a": "COMPLETE", "b": "STARTED", "c": "NEW", "d": "STARTED", "e": "FAILED"}
    job_id = request.url.path.rpartition("/")[2]
    if job_id == "access_token":
        return httpx.Response(200, json={"token": "t"})
    if job_id not in states:
        return httpx.Response(404)
    job = {"id": job_id, "name": "n", "state": f"JOB_STATE_{states[job_id]}", "templateId": "t"}
    deleted = {"deletedAt": "2026-03-04T15:00:00Z"} if job_id == "d" else {}
    return httpx.Response(200, json={"job": job | deleted})


@pytest.mark.parametrize(
    ("job_id", "note"),
    [
        ("d", "Time ran out; the job was soft-deleted, so it may never finish."),
        (["a", "c"], "Time ran out. 1 is a draft; drafts do nothing until somebody runs them."),
        (["a", "d"], "Time ran out. 1 was soft-deleted, and may never finish."),
        (["b", "d"], "Time ran out; 1 goes on. Call again with these to keep waiting. "
         "1 was soft-deleted, and may never finish."),
    ],
)  # fmt: skip
async def test_jobs_that_will_not_go_on_are_not_said_to(job_id: object, note: str) -> None:
    async with connected(httpx.MockTransport(several)) as asker:
        answer = await asker.ask("wait_for_job", job_id=job_id, timeout_seconds=1)
    assert answer.content["note"] == note


async def test_waiting_for_several_jobs_names_the_finished_and_the_unreadable_ones() -> None:
    async with connected(httpx.MockTransport(several)) as asker:
        answer = await asker.ask("wait_for_job", job_id=["a", "b", "c", "z", "a"], timeout_seconds=1)
    assert (answer.content["reached"], answer.content["done"]) == (False, ["a"])
    assert answer.content["jobs"] == [
        {"id": "a", "name": "n", "state": "JOB_STATE_COMPLETE"},
        {"id": "b", "name": "n", "state": "JOB_STATE_STARTED"},
        {"id": "c", "name": "n", "state": "JOB_STATE_NEW"},
        {"id": "z", "error": "ByteNite has no such record (404)."},
    ]
    assert answer.content["note"] == (
        "Time ran out; 1 goes on. Call again with these to keep waiting. "
        "1 is a draft; drafts do nothing until somebody runs them."
    )


async def test_of_several_jobs_those_that_bytenite_says_nothing_about_are_named() -> None:
    async def hang(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/b"):
            await anyio.sleep_forever()
        return several(request)

    async with connected(httpx.MockTransport(hang)) as asker:
        answer = await asker.ask("wait_for_job", job_id=["a", "b", "c"], timeout_seconds=1)
    assert (answer.content["reached"], answer.content["done"]) == (False, ["a"])
    assert answer.content["jobs"] == [
        {"id": "a", "name": "n", "state": "JOB_STATE_COMPLETE"},
        {"id": "c", "name": "n", "state": "JOB_STATE_NEW", "secondsAgo": 3},
        {"id": "b", "error": "bytenite.test did not answer within 3 s."},
    ]


async def test_a_job_that_is_gone_while_it_is_waited_for_is_not_said_to_go_on() -> None:
    seen = set[str]()

    def forget(request: httpx.Request) -> httpx.Response:
        path = request.url.path
        gone = path in seen and path.endswith("/d")
        seen.add(path)
        return httpx.Response(404) if gone else several(request)

    async with connected(httpx.MockTransport(forget)) as asker:
        answer = await asker.ask("wait_for_job", job_id=["b", "d"], timeout_seconds=3)
    assert answer.content["note"] == (
        "Time ran out; 1 goes on. Call again with these to keep waiting. 1 can no longer be fetched."
    )


@pytest.mark.parametrize(
    ("job_id", "said"),
    [
        ("a", "It had finished already: nothing will change."),
        (["a"], "It had finished already: nothing will change."),
        ('["a"]', "It had finished already: nothing will change."),
        (["a", "e"], "All had finished already: nothing will change."),
        (["a", "z"], None),
    ],
)
async def test_a_change_of_finished_jobs_is_not_waited_for(job_id: object, said: str | None) -> None:
    async with connected(httpx.MockTransport(several)) as asker:
        answer = await asker.ask("wait_for_job", job_id=job_id, until="changed")
    assert answer.content["reached"] is False
    assert answer.content["waitedSeconds"] == 0
    assert answer.content.get("note") == said


async def test_a_change_that_may_still_come_is_worth_another_call() -> None:
    async with connected(httpx.MockTransport(several)) as asker:
        answer = await asker.ask("wait_for_job", job_id="b", until="changed", timeout_seconds=1)
    assert answer.content["note"] == "Time ran out; the job goes on. Call again to keep waiting."


@pytest.mark.parametrize("job_id", [[], [str(n) for n in range(21)], ["a/b"]])
async def test_more_than_twenty_and_what_are_no_ids_are_refused(job_id: list[str]) -> None:
    async with connected(httpx.MockTransport(several)) as asker:
        assert "job_id" in await asker.fail("wait_for_job", job_id=job_id)


async def test_a_draft_is_not_said_to_go_on() -> None:
    record = {"id": "x", "state": "JOB_STATE_NEW"}
    async with connected(answering(job={"job": record})) as asker:
        answer = await asker.ask("wait_for_job", job_id="x", timeout_seconds=1)
    assert answer.content["note"] == "Time ran out; a draft does nothing until somebody runs it."


class Hanging(httpx.AsyncBaseTransport):
    """A ByteNite that never answers, and records whether a request still waits."""

    def __init__(self) -> None:
        self.asked = anyio.Event()
        self.left = anyio.Event()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("access_token"):
            return httpx.Response(200, json={"token": "t"})
        self.asked.set()
        try:
            await anyio.sleep_forever()
        finally:
            self.left.set()
        raise AssertionError


@both_eras
@pytest.mark.parametrize(
    "tool", ["wait_for_job", "get_job", "diagnose_job", "get_job_logs", "get_job_results"]
)
async def test_cancelling_a_call_stops_its_work_at_once(tool: str, era: Era) -> None:
    hanging = Hanging()
    async with connected(hanging, era) as asker:
        with anyio.fail_after(5):
            async with anyio.create_task_group() as group:
                group.start_soon(asker.client.call_tool, tool, {"job_id": "x"})
                await hanging.asked.wait()
                group.cancel_scope.cancel()
            await hanging.left.wait()
    assert hanging.left.is_set()
