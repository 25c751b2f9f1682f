"""Members that ByteNite's list omits are found out by one job."""

from contextlib import aclosing
from typing import Any

import httpx
import pytest

from bytenite_mcp.privacy.door import CleanClient
from bytenite_mcp.table.lean import find_lean
from bytenite_mcp.table.store import Store
from tests.conftest import Turns, answering, as_clean, client_to

pytestmark = pytest.mark.anyio

LISTED = {"id": "a", "state": "JOB_STATE_COMPLETE", "createdAt": "2026-03-04T15:00:00Z", "name": "a job"}


async def lean(store: Store, job: dict[str, Any]) -> list[str]:
    """Return the columns that the list omits, if a request for the job returns this."""
    async with aclosing(CleanClient(client_to(answering(job={"job": job}), max_retries=0))) as client:
        return await find_lean(client, store)


async def test_columns_that_the_job_has_and_the_list_has_not_are_named(store: Store) -> None:
    await store.put(as_clean(LISTED), 1)
    told = LISTED | {"paymentAmount": 2.5, "numChunks": 4, "params": {"app": {"steps": 1}}}
    told |= {"stateTimestamps": {"JOB_STATE_NEW": "2026-03-04T15:00:00Z"}}
    assert set(await lean(store, told)) == {"paymentAmount", "numChunks", "params", "stateTimestamps"}


async def test_zeros_in_place_of_values_are_named(store: Store) -> None:
    whole = {"params": {"preset": "fast"}, "dataSource": {"dataSourceDescriptor": "url"}}
    whole |= {"stateTimestamps": {"JOB_STATE_NEW": "2026-03-04T15:00:00Z"}}
    zeros = {"paymentAmount": 0, "numChunks": 0, "config": {"maxTaskRetries": 0, "isTestJob": False}}
    await store.put(as_clean(LISTED | whole | zeros), 1)
    told = {"paymentAmount": 2.5, "numChunks": 4, "config": {"maxTaskRetries": 0, "isTestJob": False}}
    assert await lean(store, LISTED | whole | told) == ["paymentAmount", "numChunks"]


async def test_a_failed_job_and_another_are_asked_for(store: Store) -> None:
    failed = LISTED | {"id": "b", "state": "JOB_STATE_FAILED"}
    await store.put(
        as_clean(LISTED, LISTED | {"id": "older", "createdAt": "2026-03-03T15:00:00Z"}, failed), 1
    )
    asked = Turns(httpx.Response(404))
    async with aclosing(CleanClient(client_to(answering(asked), max_retries=0))) as client:
        await find_lean(client, store)
    assert sorted(request.url.path[-2:] for request in asked.asked) == ["/a", "/b"]


async def test_a_list_that_only_lacks_errors_is_lean(store: Store) -> None:
    listed = LISTED | {"params": {"preset": "fast"}, "dataSource": {"dataSourceDescriptor": "url"}}
    listed |= {"state": "JOB_STATE_FAILED", "stateTimestamps": {"NEW": "2026-03-04T15:00:00Z"}}
    await store.put(as_clean(listed), 1)
    assert await lean(store, listed | {"errorMessage": "out of memory"}) == ["errorMessage"]


async def test_a_list_that_only_lacks_the_times_of_states_is_lean(store: Store) -> None:
    listed = LISTED | {"params": {"preset": "fast"}, "dataSource": {"dataSourceDescriptor": "url"}}
    await store.put(as_clean(listed), 1)
    assert await lean(store, listed | {"stateTimestamps": {"NEW": "2026-03-04T15:00:00Z"}}) == [
        "stateTimestamps"
    ]


async def test_a_list_that_tells_all_is_not_lean(store: Store) -> None:
    await store.put(as_clean(LISTED), 1)
    assert await lean(store, LISTED) == []


@pytest.mark.parametrize("status", [404, 429, 500])
async def test_a_job_that_cannot_be_asked_for_tells_nothing(status: int, store: Store) -> None:
    await store.put(as_clean(LISTED), 1)
    api = answering(Turns(httpx.Response(status)))
    async with aclosing(CleanClient(client_to(api, max_retries=0))) as client:
        assert await find_lean(client, store) == []


async def test_jobs_that_are_not_finished_tell_nothing_because_they_may_lack_values_yet(store: Store) -> None:
    await store.put(as_clean(LISTED | {"state": "JOB_STATE_MERGING"}), 1)
    assert await lean(store, LISTED | {"paymentAmount": 2.5}) == []
