"""wait_for_job as a task: begun, polled, cancelled; and unchanged for clients without tasks."""

import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import anyio
import httpx
import pytest
from mcp import Client, MCPError, StdioServerParameters
from mcp.types import (
    HEADER_MISMATCH,
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    MISSING_REQUIRED_CLIENT_CAPABILITY,
    CallToolResult,
)

from bytenite_mcp.server.app import build_server
from bytenite_mcp.server.deadline import CALL_LIMIT, TOO_LONG
from bytenite_mcp.server.http.app import PATH, make_app
from bytenite_mcp.server.http.caller import KEY_HEADER
from bytenite_mcp.simulator import World, create_app
from tests.conftest import Backend
from tests.server.conftest import SETTINGS, Asker, connected
from tests.server.serving import (
    KEY,
    answer_of,
    calling,
    environment,
    message,
    post,
    replica,
    served,
    with_key,
)
from tests.server.tasks import EXTENSION_ID, Polling, Task, ask_task

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend(hurried: Backend) -> Backend:
    return hurried


UUIDS = [f"{n}4ce2ca0-bf49-4fb7-a32f-da899167678e" for n in range(3)]


class Told:
    """A ByteNite whose jobs have the states, or whose answers have the statuses, that a test sets."""

    def __init__(self) -> None:
        self.states: dict[str, str] = {}
        self.asked = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("access_token"):
            return httpx.Response(200, json={"token": "t"})
        self.asked += 1
        job_id = request.url.path.rpartition("/")[2]
        state = self.states[job_id]
        if state.isdecimal():
            return httpx.Response(int(state))
        return httpx.Response(200, json={"job": {"id": job_id, "state": f"JOB_STATE_{state}"}})


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
async def asking(told: Told) -> AsyncIterator[Asker]:
    """A client with tasks."""
    async with connected(httpx.MockTransport(told), extensions=[Polling()]) as asker:
        yield asker


async def begin(asker: Asker, **arguments: Any) -> Task | CallToolResult:
    answer = await asker.client.session.call_tool("wait_for_job", arguments, allow_claimed=True)
    assert isinstance(answer, Task | CallToolResult)
    return answer


async def begin_task(asker: Asker, **arguments: Any) -> str:
    task = await begin(asker, **arguments)
    assert isinstance(task, Task)
    return task.task_id


async def get(asker: Asker, task_id: str) -> dict[str, Any]:
    return await ask_task(asker.client.session, "get", task_id)


async def test_a_call_is_answered_at_once_with_a_task_and_the_task_with_the_whole_result(
    asking: Asker, told: Told
) -> None:
    told.states["a"] = "STARTED"
    task = await begin(asking, job_id="a")
    assert isinstance(task, Task)
    shown = task.model_dump(by_alias=True)
    assert (shown["status"], shown["statusMessage"]) == ("working", "JOB_STATE_STARTED")
    assert (shown["ttlMs"], shown["pollIntervalMs"]) == (None, 2000)
    told.states["a"] = "MERGED"
    working = await get(asking, task.task_id)
    assert working["resultType"] == "complete"
    assert (working["status"], working["statusMessage"]) == ("working", "JOB_STATE_MERGED")
    told.states["a"], told.asked = "COMPLETE", 0
    completed = await get(asking, task.task_id)
    assert (completed["status"], told.asked) == ("completed", 1)
    ordinary = await asking.client.call_tool("wait_for_job", {"job_id": "a"})
    assert completed["result"] == ordinary.model_dump(
        mode="json", by_alias=True, exclude_none=True, exclude={"meta"}
    )
    assert completed["result"]["structuredContent"]["reached"] is True


async def test_arguments_without_a_value_do_not_keep_a_call_from_being_a_task(
    asking: Asker, told: Told
) -> None:
    told.states["a"] = "STARTED"
    assert isinstance(await begin(asking, job_id="a", until=None, timeout_seconds=""), Task)


@pytest.mark.parametrize(
    ("template", "ran", "least", "most"),
    [("t", 60, 60_000, 60_000), ("t", 500, 10_000, 25_250), ("t", 598, 2000, 2000), ("new", 60, 2000, 2000)],
)
async def test_the_poll_interval_follows_the_usual_time_left(
    template: str, ran: int, least: int, most: int
) -> None:
    world, now = World(0), datetime.now(UTC)
    for _ in range(3):
        world.add(state="JOB_STATE_COMPLETE", templateId="t", duration=600)
    began = (now - timedelta(seconds=ran)).isoformat()
    job_id = world.add(state="JOB_STATE_PARTITIONED", templateId=template, startedAt=began)
    async with connected(create_app(world), extensions=[Polling()]) as asker:
        await asker.ask("summarize_jobs")
        task = await begin(asker, job_id=job_id)
        assert isinstance(task, Task)
        working = await get(asker, task.task_id)
    for told in (task.model_dump(by_alias=True), working):
        assert least <= told["pollIntervalMs"] <= most


async def test_a_change_is_relative_to_the_state_when_waiting_began(asking: Asker, told: Told) -> None:
    told.states |= {"a": "STARTED", "b": "STARTED"}
    task_id = await begin_task(asking, job_id=["a", "b"], until="changed")
    assert (await get(asking, task_id))["status"] == "working"
    told.states["b"] = "MERGED"
    jobs = (await get(asking, task_id))["result"]["structuredContent"]["jobs"]
    assert [job.get("was") for job in jobs] == [None, "JOB_STATE_STARTED"]


async def test_several_jobs_must_all_finish(asking: Asker, told: Told) -> None:
    told.states |= {"a": "STARTED", "b": "COMPLETE"}
    task_id = await begin_task(asking, job_id=["a", "b"])
    assert (await get(asking, task_id))["status"] == "working"
    told.states["a"] = "FAILED"
    assert (await get(asking, task_id))["result"]["structuredContent"]["done"] == ["a", "b"]


@pytest.mark.parametrize(
    "arguments",
    [
        {"job_id": "done"},
        {"job_id": "done", "until": "changed"},
        {"job_id": "a", "timeout_seconds": 1},
        {"job_id": UUIDS, "timeout_seconds": 45},
        {"job_id": "\u00e9", "timeout_seconds": 45},
        {"job_id": "gone"},
        {"job_id": ["a", "gone"]},
        {"job_id": []},
        {"job_id": "a", "timeout": 45},
    ],
)
async def test_settled_invalid_short_and_oversized_waits_stay_ordinary_calls(
    asking: Asker, told: Told, arguments: dict[str, Any]
) -> None:
    told.states |= {
        "a": "STARTED",
        "done": "COMPLETE",
        "gone": "404",
        "%C3%A9": "STARTED",
        "\u00e9": "STARTED",
    }
    told.states |= dict.fromkeys(UUIDS, "STARTED")
    assert isinstance(await begin(asking, **arguments), CallToolResult)


async def test_other_tools_and_calls_without_arguments_stay_ordinary_calls(asking: Asker, told: Told) -> None:
    told.states["a"] = "STARTED"
    call = partial(asking.client.session.call_tool, allow_claimed=True)
    assert isinstance(job := await call("get_job", {"job_id": "a"}), CallToolResult)
    assert isinstance(nothing := await call("wait_for_job"), CallToolResult)
    assert not job.is_error
    assert "job_id" in str(nothing.content)


@pytest.mark.parametrize("era", ["auto", "legacy"])
@pytest.mark.parametrize("knows", [False, True])
async def test_without_the_extension_or_the_era_nothing_changes(told: Told, era: Any, knows: bool) -> None:
    told.states["a"] = "STARTED"
    extensions = [Polling()] if knows else []
    code = METHOD_NOT_FOUND if era == "legacy" else MISSING_REQUIRED_CLIENT_CAPABILITY
    async with connected(httpx.MockTransport(told), era, extensions=extensions) as asker:
        answer = await begin(asker, job_id="a")
        assert isinstance(answer, Task) == (knows and era == "auto")
        announced = asker.client.server_capabilities.extensions or {}
        assert (EXTENSION_ID in announced) == (era == "auto")
        tools = (await asker.client.list_tools()).model_dump(by_alias=True)
        if isinstance(answer, CallToolResult):
            for method in ("get", "cancel", "update"):
                with pytest.raises(MCPError) as refused:
                    await ask_task(asker.client.session, method, "x")
                assert refused.value.code == code
    async with connected(httpx.MockTransport(told), era) as asker:
        assert tools == (await asker.client.list_tools()).model_dump(by_alias=True)


@pytest.mark.parametrize("method", ["get", "cancel", "update"])
@pytest.mark.parametrize("task_id", ["", "x", "done/1772638212345/NEW/a", "finished/1772638212345/NEW/a/b/c"])
async def test_an_id_that_is_no_question_is_refused(
    asking: Asker, told: Told, method: str, task_id: str
) -> None:
    with pytest.raises(MCPError) as refused:
        await ask_task(asking.client.session, method, task_id)
    assert refused.value.code == INVALID_PARAMS
    assert told.asked == 0


@pytest.mark.parametrize("method", ["get", "cancel", "update"])
def test_a_header_that_names_another_task_is_refused(method: str, told: Told) -> None:
    task_id = "finished/1772638212345/NEW/a"
    asked = message(f"tasks/{method}", taskId=task_id)
    asked["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"] = {
        "extensions": {EXTENSION_ID: {}}
    }
    with served(make_app(build_server(SETTINGS, httpx.MockTransport(told)))) as address:
        refused = post(f"{address}{PATH}", {"MCP-Name": f"{task_id}b"}, asked)
    assert refused.status_code == 400
    assert answer_of(refused)["error"]["code"] == HEADER_MISMATCH
    assert told.asked == 0


async def test_cancelling_ends_a_task_and_asks_nothing_more(asking: Asker, told: Told) -> None:
    told.states["a"] = "STARTED"
    task_id = await begin_task(asking, job_id="a")
    other = await begin_task(asking, job_id="a", until="changed")
    assert await ask_task(asking.client.session, "cancel", task_id) == {"resultType": "complete"}
    told.asked = 0
    cancelled = await get(asking, task_id)
    assert (cancelled["status"], told.asked) == ("cancelled", 0)
    assert "result" not in cancelled
    assert (await get(asking, other))["status"] == "working"


async def test_updates_of_a_task_are_accepted_and_change_nothing(asking: Asker, told: Told) -> None:
    told.states["a"] = "STARTED"
    task_id = await begin_task(asking, job_id="a")
    assert await ask_task(asking.client.session, "update", task_id) == {"resultType": "complete"}
    assert (await get(asking, task_id))["status"] == "working"


async def test_a_transient_failure_is_reported_and_ends_nothing(asking: Asker, told: Told) -> None:
    told.states |= {"a": "COMPLETE", "b": "STARTED"}
    task_id = await begin_task(asking, job_id=["a", "b"])
    told.states["b"] = "503"
    working = await get(asking, task_id)
    assert working["status"] == "working"
    assert "internal failure" in working["statusMessage"]
    told.states |= {"a": "404", "b": "STARTED"}
    assert (await get(asking, task_id))["status"] == "working"


async def test_a_server_that_has_not_reached_bytenite_yet_answers_that_a_task_is_working() -> None:
    async with connected(httpx.MockTransport(lambda _: httpx.Response(503)), extensions=[Polling()]) as asker:
        began = int(datetime.now(UTC).timestamp() * 1000)
        working = await get(asker, f"finished/{began}/STARTED/a")
    assert working["status"] == "working"
    assert "internal failure" in working["statusMessage"]


async def test_a_poll_that_is_not_answered_in_time_ends_nothing(told: Told) -> None:
    async def answer(request: httpx.Request) -> httpx.Response:
        if not request.url.path.endswith("access_token"):
            await anyio.sleep_forever()
        return told(request)

    slow = SETTINGS.model_copy(update={"timeout": 60.0})
    async with connected(httpx.MockTransport(answer), settings=slow, extensions=[Polling()]) as asker:
        began = anyio.current_time()
        working = await get(asker, f"finished/{int(datetime.now(UTC).timestamp() * 1000)}/STARTED/a")
        assert anyio.current_time() - began == pytest.approx(CALL_LIMIT, abs=1)
    assert (working["status"], working["statusMessage"]) == ("working", TOO_LONG)


async def test_a_caller_without_a_key_is_told_so(told: Told) -> None:
    settings = SETTINGS.model_copy(update={"key_from_header": True})
    async with connected(httpx.MockTransport(told), settings=settings, extensions=[Polling()]) as asker:
        answer = await begin(asker, job_id="a")
        with pytest.raises(MCPError, match=KEY_HEADER) as refused:
            await get(asker, "finished/1772638212345/STARTED/a")
    assert isinstance(answer, CallToolResult)
    assert KEY_HEADER in str(answer.content)
    assert refused.value.code == INVALID_REQUEST


async def test_a_call_ends_in_time_although_the_first_poll_is_not_answered() -> None:
    async def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("access_token"):
            return httpx.Response(200, json={"token": "t"})
        await anyio.sleep_forever()
        raise AssertionError

    slow = SETTINGS.model_copy(update={"timeout": 45.0})
    async with Client(build_server(slow, httpx.MockTransport(answer)), extensions=[Polling()]) as client:
        began = anyio.current_time()
        result = await client.call_tool("wait_for_job", {"job_id": "x"})
        assert result.is_error
        assert anyio.current_time() - began <= CALL_LIMIT


async def test_a_job_that_is_gone_completes_its_task_with_a_tool_error(asking: Asker, told: Told) -> None:
    told.states["a"] = "STARTED"
    task_id = await begin_task(asking, job_id="a")
    told.states["a"] = "404"
    completed = await get(asking, task_id)
    assert completed["status"] == "completed"
    assert completed["result"]["isError"] is True
    assert "no such record" in completed["result"]["content"][0]["text"]


async def test_a_task_of_a_day_is_completed_with_where_its_job_stands(asking: Asker, told: Told) -> None:
    told.states["a"] = "NEW"
    began = datetime.now(UTC) - timedelta(days=1, seconds=1)
    completed = await get(asking, f"finished/{int(began.timestamp() * 1000)}/NEW/a")
    content = completed["result"]["structuredContent"]
    assert (content["reached"], content["note"][:9]) == (False, "Time ran ")


@pytest.fixture
def job(world: World) -> str:
    """A job that runs until it is finished."""
    job_id = world.add()
    world.run(job_id)
    return job_id


@pytest.fixture
def world() -> World:
    return World(20)


async def test_a_client_over_stdio_is_told_when_the_job_is_finished(world: World, job: str) -> None:
    polling = Polling(between=lambda: world.finish(job) if len(polling.seen) == 2 else None)
    with served(create_app(world)) as upstream:
        settings = environment({"API_KEY": KEY, "BASE_URL": f"{upstream}/v1"})
        command = StdioServerParameters(
            command=sys.executable, args=["-m", "bytenite_mcp", "serve"], env=settings
        )
        with anyio.fail_after(30):
            async with Client(command, extensions=[polling]) as client:
                answer = await client.call_tool("wait_for_job", {"job_id": job})
    assert polling.seen == ["working", "working", "completed"]
    assert answer.structured_content
    assert answer.structured_content["job"]["state"] == "JOB_STATE_COMPLETE"


async def test_any_replica_answers_and_only_to_the_key_that_sees_the_job(world: World, job: str) -> None:
    polling = Polling()
    with (
        served(create_app(world)) as upstream,
        replica("--key-from-header", BASE_URL=f"{upstream}/v1") as one,
        replica("--key-from-header", BASE_URL=f"{upstream}/v1") as two,
        anyio.fail_after(30),
    ):
        async with (
            calling(one.url, headers=with_key(KEY), extensions=[polling]) as begins,
            calling(two.url, headers=with_key(KEY), extensions=[polling]) as ends,
            calling(two.url, headers=with_key("another-key"), extensions=[polling]) as stranger,
        ):
            task = await begins.session.call_tool("wait_for_job", {"job_id": job}, allow_claimed=True)
            assert isinstance(task, Task)
            assert (await ask_task(ends.session, "get", task.task_id))["status"] == "working"
            world.finish(job)
            completed = await ask_task(ends.session, "get", task.task_id)
            refused = await ask_task(stranger.session, "get", task.task_id)
    assert completed["result"]["structuredContent"]["job"]["state"] == "JOB_STATE_COMPLETE"
    assert refused["result"]["isError"] is True
    assert job not in str(refused["result"])
