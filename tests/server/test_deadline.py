"""Calls, lists and completions end in time, whatever ByteNite does; here in virtual time."""

import anyio
import httpx
import pytest
from mcp import MCPError
from mcp.types import ResourceTemplateReference

from bytenite_mcp.server import deadline
from tests.conftest import HOST, Backend
from tests.server.conftest import SETTINGS, connected
from tests.server.test_definitions import TOOLS
from tests.server.test_faults import arguments_of

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend(hurried: Backend) -> Backend:
    return hurried


@pytest.mark.parametrize("place", [*TOOLS, "bytenite://jobs", "bytenite://jobs/{}"])
async def test_a_call_ends_in_time_whatever_bytenite_does(place: str) -> None:
    left, began = 0, anyio.current_time()

    async def never(_: httpx.Request) -> httpx.Response:
        nonlocal left
        try:
            await anyio.sleep_forever()
        finally:
            left += 1
        raise AssertionError

    slowest = SETTINGS.model_copy(update={"timeout": 45.0})
    async with connected(httpx.MockTransport(never), settings=slowest) as asker:
        if place in TOOLS:
            arguments = arguments_of(place, "x") | (
                {"timeout_seconds": 45} if place == "wait_for_job" else {}
            )
            said = await asker.fail(place, **arguments)
            # Calls that poll or read all jobs notice that ByteNite never answered, and say so if there is time.
            waits = place == "wait_for_job" or not arguments.get("job_id")
            told = (f"{HOST} did not answer", *([] if place == "wait_for_job" else [deadline.TOO_LONG]))
            assert said.startswith(told if waits else deadline.TOO_LONG)
        else:
            with pytest.raises(MCPError, match="took longer than"):
                await asker.client.read_resource(place.format("x"))
    assert left >= 1
    assert anyio.current_time() - began < deadline.CALL_LIMIT + 1


async def test_lists_and_completions_end_in_time_too() -> None:
    async def never(_: httpx.Request) -> httpx.Response:
        await anyio.sleep_forever()
        raise AssertionError

    began = anyio.current_time()
    slowest = SETTINGS.model_copy(update={"timeout": 45.0})
    async with connected(httpx.MockTransport(never), settings=slowest) as asker:
        listed = (await asker.client.list_resources()).resources
        assert deadline.NO_LIST in str(
            next(resource for resource in listed if resource.name == "jobs").description
        )
        template = ResourceTemplateReference(type="ref/resource", uri="bytenite://jobs/{job_id}")
        completed = await asker.client.complete(template, {"name": "job_id", "value": "a"})
        assert completed.completion.values == []
    assert anyio.current_time() - began == pytest.approx(2 * deadline.LIST_LIMIT, abs=0.5)
