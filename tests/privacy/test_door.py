"""All that passes the door is redacted: jobs, pages, logs and the names of outputs."""

from contextlib import aclosing
from typing import Any

import httpx
import pytest

from bytenite_mcp.api.errors import NotFound
from bytenite_mcp.privacy.door import CleanClient
from tests.conftest import answering, client_to

pytestmark = pytest.mark.anyio

SECRET = "xK9-ab7Q2wZt5Lm"
JOB = {"id": "a", "name": f"run {SECRET}", "params": {"password": SECRET}}
SHOWN = {"id": "a", "name": "run [withheld]", "params": {"password": "[withheld]"}}
LOGS = {"partitioner": [{"log": f"using {SECRET}", "level": "INFO", "timestamp": "t"}]}
RESULTS = {"results": [{"name": f"{SECRET}.mp4", "link": f"https://h.example/?sig={SECRET}"}]}


def door(**bodies: Any) -> CleanClient:
    return CleanClient(client_to(answering(**bodies), max_retries=0))


async def test_a_job_comes_redacted() -> None:
    async with aclosing(door(job={"job": JOB})) as client:
        assert await client.job("a") == SHOWN


async def test_a_page_comes_redacted_with_its_counts_as_they_were() -> None:
    body = {"data": [JOB, "no job"], "pagination": {"totalCount": 7, "hasNext": True}}
    async with aclosing(door(jobs=body, filter=body)) as client:
        for page in (await client.jobs(limit=2), await client.filter_jobs([], limit=2)):
            assert page.jobs == [SHOWN]
            assert page.unreadable == 1


async def test_what_is_withheld_in_a_job_is_cut_out_of_its_log() -> None:
    async with aclosing(door(job={"job": JOB}, logs=LOGS)) as client:
        record, log, left_out, failure = await client.job_and_log("a")
    assert record == SHOWN
    assert log == [("PARTITIONER", "", "using [withheld]", "t", "INFO")]
    assert left_out == []
    assert failure is None


async def test_parts_of_a_log_that_cannot_be_read_are_named() -> None:
    async with aclosing(door(job={"job": JOB}, logs={"assembler": [5]})) as client:
        assert (await client.job_and_log("a"))[2] == ["ASSEMBLER, which is unreadable"]


async def test_an_output_keeps_its_link_and_has_its_name_redacted() -> None:
    async with aclosing(door(job={"job": JOB}, results={"results": [*RESULTS["results"], 7]})) as client:
        record, outputs, unreadable = await client.job_and_results("a")
    assert record == SHOWN
    assert unreadable == 1
    assert outputs == [{"name": "[withheld].mp4", "link": f"https://h.example/?sig={SECRET}"}]


async def test_a_job_without_log_or_outputs_has_none() -> None:
    async with aclosing(door(job={"job": JOB})) as client:
        assert (await client.job_and_log("a"))[2] == []
        assert (await client.job_and_results("a"))[1] == []


async def test_a_job_that_is_not_there_is_not_found_whatever_is_asked_of_it() -> None:
    async with aclosing(door(logs=LOGS, results=RESULTS)) as client:
        for ask in (client.job, client.job_and_log, client.job_and_results):
            with pytest.raises(NotFound):
                await ask("a")


async def test_its_connections_are_closed_with_it() -> None:
    closed: list[bool] = []

    class Transport(httpx.MockTransport):
        async def aclose(self) -> None:
            closed.append(True)

    async with aclosing(CleanClient(client_to(Transport(lambda _: httpx.Response(404))))) as client:
        assert client.host == "bytenite.test"
        assert not client.simulated
    assert closed


async def test_what_pages_share_is_forgotten_once_no_page_is_fetched_and_no_question_waits() -> None:
    async with aclosing(door(jobs={"data": [JOB, JOB | {"id": "b"}]})) as client:
        await client.jobs(limit=2)
        assert not client._shared
        with client.sharing():
            await client.jobs(limit=2)
            assert client._shared
        assert not client._shared
