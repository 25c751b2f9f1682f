"""Each tool and resource with each fault of the API."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import anyio
import httpx
import pytest
from mcp import Client, MCPError
from starlette.applications import Starlette

from bytenite_mcp.commands.ports import listen
from bytenite_mcp.commands.simulate import serve
from bytenite_mcp.server.app import build_server
from bytenite_mcp.server.mcp_server import ByteNiteServer
from bytenite_mcp.simulator import Fault, World, create_app
from bytenite_mcp.simulator.faults import OWN_PARAMETERS
from tests.conftest import Backend
from tests.server.conftest import SETTINGS, Answer, Asker, connected, ids
from tests.server.test_definitions import TOOLS
from tests.simulator.test_socket import knock_until_refused

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend(hurried: Backend) -> Backend:
    return hurried


SECONDS = 20
"""The seconds that one call may take on a busy machine."""

FAILED = {"field": "state", "condition": "EQ", "value": "FAILED"}
FAULTS = {
    **{kind: kind for kind in OWN_PARAMETERS},
    "slow": "slow:seconds=0.01",
    "429 that says how long": "429:retry_after=600",
    "503 with a date": "503:retry_after=600,as_date=yes",
    "html with 200": "html:status=200",
    "ok_false of a missing job": "ok_false:code=404",
    "a token that never works": "token_dies:uses=0",
    "endless": "endless:bytes=34000000",
}
MORE: dict[str, dict[str, Any]] = {
    "get_job_logs": {"contains": "/a|e/", "context": 2, "before": "now"},
    "get_job_results": {"limit": 5, "offset": 1},
    "wait_for_job": {"timeout_seconds": 1},
}
"""The arguments of calls beside an id."""

HARMLESS = {"slow", "wrong_types", "unknown_state", "token_dies"}
"""Faults despite which every call is answered."""

ADVICE = ("Try again", "Trying again will not help", "Check ", "Change the arguments")


def arguments_of(tool: str, job_id: str) -> dict[str, Any]:
    if tool in ("list_jobs", "summarize_jobs"):
        return {}
    if tool == "filter_jobs":
        return {"filters": [FAILED]}
    if tool == "query_jobs":
        return {"sql": "SELECT count(*) FROM jobs"}
    return {"job_id": job_id, **MORE.get(tool, {})}


@pytest.fixture
def job_id(world: World) -> str:
    return ids(world, "state = 'JOB_STATE_FAILED'")[0]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("tool", TOOLS)
async def test_a_tool_answers_or_says_what_happened_and_what_to_do(
    asker: Asker, app: Starlette, job_id: str, tool: str, fault: str
) -> None:
    app.state.faults.set(Fault.parse(FAULTS[fault]))
    with anyio.fail_after(SECONDS):
        answer = await asker.tell(tool, **arguments_of(tool, job_id))
    if fault in HARMLESS:
        assert not answer.failed, answer.text
    elif answer.failed:
        assert_clean(answer.text)
    else:
        # The simulator says 404 here, and a job that exists without results has none yet.
        assert (tool, fault) == ("get_job_results", "ok_false of a missing job")


@pytest.mark.parametrize("fault", FAULTS)
async def test_what_is_stuck_is_told_or_why_that_cannot_be(asker: Asker, app: Starlette, fault: str) -> None:
    app.state.faults.set(Fault.parse(FAULTS[fault]))
    with anyio.fail_after(SECONDS):
        answer = await asker.tell("diagnose_job")
    assert answer.failed == (fault not in HARMLESS)
    if answer.failed:
        assert_clean(answer.text)


@pytest.mark.parametrize("fault", FAULTS)
async def test_of_several_jobs_each_is_told_or_why_it_cannot_be(
    asker: Asker, app: Starlette, world: World, fault: str
) -> None:
    wanted = ids(world, "state = 'JOB_STATE_FAILED'")[:3]
    app.state.faults.set(Fault.parse(FAULTS[fault]))
    with anyio.fail_after(SECONDS):
        answer = await asker.tell("wait_for_job", job_id=wanted, timeout_seconds=1)
    failures = (
        [answer.text] if answer.failed else [job["error"] for job in answer.content["jobs"] if "error" in job]
    )
    assert bool(failures) == (fault not in HARMLESS)
    for failure in failures:
        assert_clean(failure)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("uri", ["bytenite://jobs", "bytenite://jobs/{}"])
async def test_a_resource_is_read_or_says_what_happened_and_what_to_do(
    asker: Asker, app: Starlette, job_id: str, uri: str, fault: str
) -> None:
    app.state.faults.set(Fault.parse(FAULTS[fault]))
    failure = ""
    with anyio.fail_after(SECONDS):
        try:
            await asker.client.read_resource(uri.format(job_id))
        except MCPError as error:
            failure = error.error.message
    assert bool(failure) == (fault not in HARMLESS)
    if failure:
        assert_clean(failure)


@pytest.mark.parametrize("fault", FAULTS)
async def test_the_lists_are_given_whatever_the_api_does(asker: Asker, app: Starlette, fault: str) -> None:
    app.state.faults.set(Fault.parse(FAULTS[fault]))
    with anyio.fail_after(SECONDS):
        resources = (await asker.client.list_resources()).resources
        tools = (await asker.client.list_tools()).tools
        prompts = (await asker.client.list_prompts()).prompts
    assert [str(resource.uri) for resource in resources[:2]] == ["bytenite://jobs", "bytenite://reference"]
    assert len(tools) == len(TOOLS)
    assert len(prompts) == 4


@pytest.mark.parametrize("tool", TOOLS)
async def test_a_failure_that_a_retry_fixes_is_not_noticed(app: Starlette, job_id: str, tool: str) -> None:
    patient = SETTINGS.model_copy(update={"max_retries": 2})
    async with connected(app, settings=patient) as asker:
        undisturbed = await asker.ask(tool, **arguments_of(tool, job_id))
        app.state.faults.set(Fault("503", times=1))
        assert (await asker.ask(tool, **arguments_of(tool, job_id))).content == undisturbed.content


@pytest.mark.parametrize(
    "fault", ["500", "502", "504", "429:retry_after=0.1", "cut", "not_a_page", "token_dies:uses=1"]
)
async def test_after_a_failure_the_next_call_is_answered(asker: Asker, app: Starlette, fault: str) -> None:
    app.state.faults.set(Fault.parse(fault))
    await asker.tell("list_jobs")
    app.state.faults.set()
    assert (await asker.ask("list_jobs")).content["count"] == 20


async def test_the_key_is_never_sent_along_a_redirect(asker: Asker, app: Starlette) -> None:
    app.state.faults.set(Fault("redirect"))
    said = await asker.fail("list_jobs")
    assert "a key goes to one host only" in said
    assert {request.headers["host"] for request in app.state.requests} == {"bytenite.test"}


# Over a real port, where connections can break


@contextmanager
def broken_by(fault: str) -> Iterator[ByteNiteServer]:
    """Serve a simulator with a fault on a port; yield a server over it."""
    listening = listen("127.0.0.1", 0)
    app = create_app(World(60, seed=7), faults=[Fault.parse(fault)])
    serving = threading.Thread(target=serve, args=(app, listening), daemon=True)
    serving.start()
    url = f"http://127.0.0.1:{listening.getsockname()[1]}/v1"
    with httpx.Client(transport=httpx.HTTPTransport(retries=9)) as patient, suppress(httpx.TransportError):
        patient.get(f"{url}/customer/info")
    if fault.startswith("refused"):
        knock_until_refused(f"{url}/auth/access_token")
    yield build_server(SETTINGS.model_copy(update={"base_url": url}))
    app.state.refuse_connections(0)


@pytest.fixture(scope="module", params=["refused:seconds=600", "reset", "cut"])
def broken(request: pytest.FixtureRequest) -> Iterator[tuple[str, ByteNiteServer]]:
    with broken_by(request.param) as server:
        yield request.param, server


@pytest.mark.parametrize("place", [*TOOLS, "bytenite://jobs", "bytenite://jobs/{}"])
async def test_a_broken_connection_is_said_with_what_to_do(
    broken: tuple[str, ByteNiteServer], job_id: str, place: str
) -> None:
    fault, server = broken
    async with Client(server) as client:
        with anyio.fail_after(SECONDS):
            if place in TOOLS:
                answer = Answer.of(await client.call_tool(place, arguments_of(place, job_id)))
                assert answer.failed
                said = answer.text
            else:
                with pytest.raises(MCPError) as failure:
                    await client.read_resource(place.format(job_id))
                said = failure.value.error.message
    assert_clean(said)
    if fault.startswith("refused"):
        assert "127.0.0.1" in said
        assert "BYTENITE_BASE_URL" in said
        assert "--demo" in said


async def test_an_answer_without_an_end_is_given_up() -> None:
    with broken_by("endless:bytes=34000000") as server:
        async with Client(server) as client:
            with anyio.fail_after(SECONDS):
                answer = Answer.of(await client.call_tool("list_jobs", {}))
    assert "answered with more than 32 MiB" in answer.text


def assert_clean(said: str) -> None:
    assert 0 < len(said) <= 1000
    assert any(advice in said for advice in ADVICE), said
    for word in ("Traceback", "httpx", "failed unexpectedly", "Error executing"):
        assert word not in said
