"""Records as resources, and the list of the newest."""

import json
import re
from typing import Any
from urllib.parse import quote

import pytest
from mcp import MCPError
from mcp.types import Resource, TextResourceContents
from starlette.applications import Starlette
from syrupy.assertion import SnapshotAssertion

from bytenite_mcp.config import Settings
from bytenite_mcp.simulator import Fault, World
from tests.conftest import answering
from tests.server.conftest import Asker, both_eras, connected, ids, page_of

pytestmark = pytest.mark.anyio

FIXED = ["bytenite://jobs", "bytenite://reference"]


async def read(asker: Asker, uri: str) -> TextResourceContents:
    (content,) = (await asker.client.read_resource(uri)).contents
    assert isinstance(content, TextResourceContents)
    return content


async def refused(asker: Asker, uri: str) -> Any:
    with pytest.raises(MCPError) as error:
        await asker.client.read_resource(uri)
    return error.value.error


async def listed(asker: Asker) -> list[Resource]:
    """Follow the cursors to the end."""
    page = await asker.client.list_resources()
    resources = list(page.resources)
    while page.next_cursor:
        page = await asker.client.list_resources(cursor=page.next_cursor)
        resources += page.resources
    return resources


@both_eras
async def test_a_job_can_be_read_by_its_template(asker: Asker, world: World) -> None:
    (template,) = (await asker.client.list_resource_templates()).resource_templates
    assert template.uri_template == "bytenite://jobs/{job_id}"
    assert template.title
    assert template.description
    assert template.mime_type == "application/json"
    job_id = ids(world, "1")[0]
    content = await read(asker, template.uri_template.replace("{job_id}", job_id))
    assert content.mime_type == "application/json"
    assert json.loads(content.text) == (await asker.ask("get_job", job_id=job_id)).content


@both_eras
async def test_the_newest_page_of_jobs_is_what_list_jobs_gives(asker: Asker) -> None:
    content = await read(asker, "bytenite://jobs")
    assert content.mime_type == "application/json"
    assert json.loads(content.text) == (await asker.ask("list_jobs")).content


async def test_the_reference_is_as_reviewed(asker: Asker, snapshot: SnapshotAssertion) -> None:
    assert (await read(asker, "bytenite://reference")).text == snapshot


@both_eras
async def test_the_list_shows_what_is_fixed_and_the_newest_fifty_jobs(asker: Asker, world: World) -> None:
    resources = await listed(asker)
    newest = [f"bytenite://jobs/{quote(job_id, safe='')}" for job_id in ids(world, "1")[:50]]
    assert [str(resource.uri) for resource in resources] == [*FIXED, *newest]


async def test_every_entry_says_what_it_is_and_how_large(asker: Asker) -> None:
    resources = await listed(asker)
    assert all(resource.title and resource.description and resource.mime_type for resource in resources)
    for resource in resources[2:]:
        assert re.fullmatch(r"[A-Z_]+, created \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", resource.description or "")
        text = (await read(asker, str(resource.uri))).text
        assert resource.size == len(text.encode())


async def test_a_large_record_is_read_whole_and_is_as_large_as_was_listed() -> None:
    job = {
        "id": "a",
        "state": "JOB_STATE_STARTED",
        "paymentAmount": 2,
        "params": {"prompt": "word " * 30_000},
    }
    async with connected(
        answering(job={"job": job}, jobs={"data": [job], "pagination": {"total": 1}})
    ) as asker:
        entry = (await listed(asker))[-1]
        text = (await read(asker, "bytenite://jobs/a")).text
    assert json.loads(text)["job"]["params"] == job["params"]
    assert entry.size == len(text.encode())


async def test_an_entry_without_a_name_is_titled_by_its_id(asker: Asker, world: World) -> None:
    (nameless,) = [
        job for job in ids(world, "json_extract(record, '$.name') = ''") if job in ids(world, "1")[:50]
    ][:1]
    entry = next(resource for resource in await listed(asker) if str(resource.uri).endswith(nameless))
    assert entry.title == nameless


async def test_an_entry_says_no_more_than_its_record() -> None:
    async with connected(answering(jobs=page_of({"id": "a", "name": " My\n run "}))) as asker:
        entry = (await listed(asker))[-1]
    assert (entry.title, entry.description) == ("My run", "state unknown")


@both_eras
async def test_the_list_comes_in_pages(asker: Asker) -> None:
    first = await asker.client.list_resources()
    assert len(first.resources) == 25
    assert first.next_cursor
    second = await asker.client.list_resources(cursor=first.next_cursor)
    third = await asker.client.list_resources(cursor=second.next_cursor)
    assert (len(second.resources), len(third.resources), third.next_cursor) == (25, 2, None)


@both_eras
@pytest.mark.parametrize(
    "cursor", ["", "0", "-1", "x", "25x", "²", "99999999", "25.0", "\x00", "9" * 5000, f"{1:06}9"]
)
async def test_an_unknown_cursor_is_invalid_params(asker: Asker, cursor: str) -> None:
    with pytest.raises(MCPError) as error:
        await asker.client.list_resources(cursor=cursor)
    assert error.value.error.code == -32602
    assert "cursor" in error.value.error.message


@both_eras
async def test_an_unknown_job_is_invalid_params_with_its_uri(asker: Asker) -> None:
    error = await refused(asker, "bytenite://jobs/no-such-job")
    assert error.code == -32602
    assert error.data["uri"] == "bytenite://jobs/no-such-job"
    assert "filter_jobs finds" in error.message


@both_eras
@pytest.mark.parametrize(
    "uri",
    [
        "bytenite://nothing",
        "bytenite://jobs/../admin",
        "bytenite://jobs/..",
        "bytenite://jobs/%2e%2e",
        "bytenite://jobs/a%2Fb",
        "bytenite://jobs/a%00b",
        "bytenite://jobs/%2Fetc%2Fpasswd",
        "bytenite://jobs/a?b=c",
        "bytenite://jobs/",
        "file:///etc/passwd",
        "nonsense",
        "bytenite://jobs/" + "x" * 10_000,
    ],
)
async def test_a_uri_that_leads_elsewhere_is_refused_and_nothing_else_is_asked_for(
    asker: Asker, uri: str
) -> None:
    error = await refused(asker, uri)
    assert error.code == -32602
    assert len(error.message) <= 11_000
    assert asker.sent() == []


async def test_an_id_with_odd_characters_can_be_listed_and_read() -> None:
    record = {"id": "run 7:é", "name": "x"}
    async with connected(answering(jobs=page_of(record), job={"job": record})) as asker:
        entry = (await listed(asker))[-1]
        assert str(entry.uri) == "bytenite://jobs/run%207%3A%C3%A9"
        assert json.loads((await read(asker, str(entry.uri))).text)["job"]["id"] == "run 7:é"


@both_eras
async def test_a_failure_is_said_when_a_record_or_the_newest_page_is_read(
    app: Starlette, asker: Asker, world: World
) -> None:
    app.state.faults.set(Fault("503"))
    for uri in (f"bytenite://jobs/{ids(world, '1')[0]}", "bytenite://jobs"):
        error = await refused(asker, uri)
        assert "ByteNite had an internal failure (503)" in error.message
        assert "Try again in a minute" in error.message


@both_eras
async def test_with_the_api_down_what_is_fixed_is_still_listed_and_the_reason_said(
    app: Starlette, asker: Asker
) -> None:
    app.state.faults.set(Fault("503"))
    jobs, reference = await listed(asker)
    assert [str(jobs.uri), str(reference.uri)] == FIXED
    assert (jobs.description or "").startswith(
        "Cannot be listed now. ByteNite had an internal failure (503)."
    )
    assert "Cannot" not in (reference.description or "")
    assert (await read(asker, "bytenite://reference")).text


@pytest.mark.parametrize("era", ["auto", "legacy"])
async def test_without_a_key_what_is_fixed_is_still_listed_and_the_reason_said(
    app: Starlette, era: Any
) -> None:
    async with connected(app, era, Settings()) as asker:
        jobs, reference = await listed(asker)
    assert [str(jobs.uri), str(reference.uri)] == FIXED
    assert "BYTENITE_API_KEY" in (jobs.description or "")


@both_eras
@pytest.mark.parametrize(
    "uri", ["bytenite://" + "x" * 5000, "bytenite://jobs/" + "y" * 5000, "http://" + "z" * 901]
)
async def test_an_error_is_short_however_long_the_uri_is(asker: Asker, uri: str) -> None:
    with pytest.raises(MCPError) as failure:
        await asker.client.read_resource(uri)
    assert len(failure.value.error.message) + len(str(failure.value.error.data)) <= 1000
    assert "at most 900 are read" in failure.value.error.message
