"""get_job_results: outputs and their links, and why there are none."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from bytenite_mcp.simulator import create_app
from tests.conftest import answering
from tests.server.conftest import connected, ids, present_world

pytestmark = pytest.mark.anyio
JOB = {"job": {"id": "x", "state": "JOB_STATE_FAILED"}}


@pytest.mark.parametrize("body", [{"results": ["https://x.example/y"]}, {"files": [{"name": "a"}]}])
async def test_results_of_another_shape_are_an_error(body: dict[str, Any]) -> None:
    async with connected(answering(job=JOB, results=body)) as asker:
        answer = await asker.tell("get_job_results", job_id="x")
    assert "JSON without results" in answer.text


async def test_a_job_that_ended_at_the_end_of_the_calendar_has_no_end_of_retention() -> None:
    content = await results("COMPLETE", [], **BUCKET, endedAt="9999-12-31T23:59:59Z")
    assert "keptUntil" not in content
    assert content["note"] == "It is complete, but ByteNite lists no outputs yet; ask again in a minute."


async def test_rows_that_are_no_outputs_are_counted_and_hide_nothing() -> None:
    rows: list[Any] = [{"name": "a", "link": "https://x.example/y"}, None, "text", {"name": "b", "link": 7}]
    async with connected(answering(job=JOB, results={"results": rows})) as asker:
        content = (await asker.ask("get_job_results", job_id="x")).content
    assert content["results"] == [rows[0], {"name": "b", "link": ""}]
    assert content["total"] == 2
    assert content["note"].endswith(" 2 rows could not be read as outputs: not shown.")


# Results


async def results(state: str, links: list[dict[str, Any]] | None = None, **record: Any) -> dict[str, Any]:
    job = {"job": {"id": "x", "state": f"JOB_STATE_{state}", **record}}
    async with connected(answering(job=job, results={"results": links})) as asker:
        return (await asker.ask("get_job_results", job_id="x")).content


def ago(**passed: float) -> str:
    return (datetime.now(UTC) - timedelta(**passed)).strftime("%Y-%m-%dT%H:%M:%SZ")


BUCKET = {"dataDestination": {"dataSourceDescriptor": "bucket"}}
OWN = {"dataDestination": {"dataSourceDescriptor": "s3"}}


@pytest.mark.parametrize(
    ("state", "record", "note"),
    [
        ("NEW", {}, "It was never run, so it has no outputs."),
        ("PARTITIONED", {}, "It is not finished (PARTITIONED), so its outputs are not ready; wait_for_job tells when."),
        ("HIBERNATING", {}, "It is not finished (HIBERNATING), so its outputs are not ready; wait_for_job tells when."),
        ("HIBERNATING", {"endedAt": ago(hours=1)},
         "It ended in a state this server does not know (HIBERNATING), and ByteNite lists no outputs."),
        ("", {"endedAt": ago(hours=1)},
         "It ended in a state this server does not know, and ByteNite lists no outputs."),
        ("Failed", {}, "It failed, so it never produced outputs; diagnose_job says why."),
        ("FAILED", {}, "It failed, so it never produced outputs; diagnose_job says why."),
        ("COMPLETE", OWN,
         "It is complete; its outputs went to its own destination (s3), and ByteNite lists no links for them."),
        ("COMPLETE", {"dataDestination": None},
         "It is complete, but its record names no destination, and ByteNite lists no outputs."),
        ("COMPLETE", BUCKET | {"endedAt": ago(hours=1)},
         "It is complete, but ByteNite lists no outputs yet; ask again in a minute."),
        ("COMPLETE", BUCKET | {"endedAt": "2026-03-04T15:30:12Z"},
         "They are gone: a bucket keeps outputs 48 h, and the job ended 2026-03-04 15:30 UTC. "
         "Run it again to get them."),
    ],
)  # fmt: skip
@pytest.mark.parametrize("links", [None, []])
async def test_without_outputs_the_reason_is_said(state: str, record: Any, note: str, links: Any) -> None:
    content = await results(state, links, **record)
    assert (content["count"], content["results"], content["note"]) == (0, [], note)


async def test_a_404_for_the_results_of_a_job_that_exists_means_none_yet() -> None:
    async with connected(answering(job={"job": {"id": "x", "state": "JOB_STATE_NEW"}})) as asker:
        answer = await asker.ask("get_job_results", job_id="x")
    assert answer.content["note"] == "It was never run, so it has no outputs."


def link(signed: datetime, seconds: int) -> str:
    return (
        f"https://storage.example/x?X-Goog-Date={signed:%Y%m%dT%H%M%SZ}&X-Goog-Expires={seconds}"
        "&X-Goog-Signature=abcdef0123456789"
    )


async def test_outputs_come_with_their_links_and_when_those_end() -> None:
    signed = datetime.now(UTC).replace(microsecond=0)
    rows = [{"name": "a.png", "link": link(signed, 14399)}, {"name": "b.png", "link": link(signed, 600)}]
    content = await results("COMPLETE", rows)
    assert content["results"] == rows
    assert content["count"] == 2
    assert content["linksExpire"] == (signed + timedelta(seconds=600)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert content["note"] == (
        "Anyone who has a link can download the output. When they expire, ask again for new ones."
    )
    undated = await results("COMPLETE", [{"name": "c.png", "link": "https://h.example/c.png"}])
    assert undated["note"].endswith("Links expire after about 4 h; ask again for new ones.")


async def test_outputs_are_paged_and_none_is_passed_over() -> None:
    rows = [{"name": f"{n}.png", "link": f"https://storage.example/{n}?" + "s" * 1500} for n in range(45)]
    job = {"job": {"id": "x", "state": "JOB_STATE_COMPLETE"}}
    seen: list[str] = []
    async with connected(answering(job=job, results={"results": rows})) as asker:
        offset: int | None = 0
        while offset is not None:
            answer = await asker.ask("get_job_results", job_id="x", offset=offset)
            assert answer.content["total"] == 45
            seen += [output["name"] for output in answer.content["results"]]
            offset = answer.content.get("nextOffset")
        beyond = await asker.ask("get_job_results", job_id="x", offset=45)
    assert seen == [row["name"] for row in rows]
    assert beyond.content["note"] == "In all: 45 outputs."


@pytest.mark.parametrize("name", ["n" * 40_000, '"' * 40_000, "\u202e" * 40_000, "a"])
async def test_an_answer_has_at_most_20000_characters_whatever_outputs_there_are(name: str) -> None:
    rows = [{"name": name, "link": "https://x.example/" + "y" * min(3900, len(name))}]
    job = {"job": {"id": "x", "state": "JOB_STATE_COMPLETE"}}
    results = {"results": rows * (40_000 // len(name) + 30)}
    async with connected(answering(job=job, results=results)) as asker:
        answer = await asker.ask("get_job_results", job_id="x", limit=100)
    assert len(json.dumps(answer.content, ensure_ascii=False)) <= 20_000
    assert len(answer.text) <= 20_000
    assert answer.content["count"] > 0


async def test_it_is_said_until_when_a_bucket_keeps_the_outputs() -> None:
    ended = {"endedAt": "2026-03-04T15:30:12.5Z"}
    kept = await results("COMPLETE", [{"name": "a", "link": "https://x.example/y"}], **BUCKET, **ended)
    elsewhere = await results("COMPLETE", [{"name": "a", "link": "https://x.example/y"}], **OWN, **ended)
    assert kept["keptUntil"] == "2026-03-06T15:30:12Z"
    assert "keptUntil" not in elsewhere


async def test_expired_links_are_called_expired() -> None:
    content = await results(
        "COMPLETE", [{"name": "a", "link": link(datetime(2026, 1, 1, tzinfo=UTC), 14399)}]
    )
    assert content["linksExpire"] == "2026-01-01T03:59:59Z"
    assert "These links have expired" in content["note"]


async def test_the_captured_link_of_2023_is_read() -> None:
    captured = {
        "name": "out",
        "link": "https://storage.googleapis.com/b/x?x-goog-date=20230622T105411Z&x-goog-expires=14399",
    }
    content = await results("COMPLETE", [captured])
    assert content["linksExpire"] == "2023-06-22T14:54:10Z"


async def test_a_link_whose_expiry_is_beyond_the_calendar_has_no_expiry() -> None:
    content = await results(
        "COMPLETE", [{"name": "a", "link": link(datetime(9999, 12, 31, tzinfo=UTC), 9999999)}]
    )
    assert content["count"] == 1
    assert "linksExpire" not in content


@pytest.mark.parametrize("odd", ["javascript:alert(1)", "https://x\n/evil", "https://" + "x" * 5000])
async def test_a_link_that_is_not_a_url_is_withheld(odd: Any) -> None:
    content = await results("COMPLETE", [{"name": "a\u202eb", "link": odd}])
    assert content["results"] == [{"name": "a<U+202E>b", "link": "[withheld]"}]
    assert "Links withheld, because they are no URLs of HTTP, or too long: 1." in content["note"]


async def test_the_simulators_outputs_are_listed_while_they_are_kept() -> None:
    world = present_world(400)
    async with connected(create_app(world)) as asker:
        fresh = ids(
            world,
            "state = 'JOB_STATE_COMPLETE' "
            "AND json_extract(record, '$.dataDestination.dataSourceDescriptor') = 'bucket'",
        )
        kept = await asker.ask("get_job_results", job_id=fresh[0])
        gone = await asker.ask("get_job_results", job_id=fresh[-1])
    assert kept.content["count"] == len(kept.content["results"]) > 0
    assert all(re.fullmatch(r"https://\S+", output["link"]) for output in kept.content["results"])
    assert "When they expire, ask again for new ones." in kept.content["note"]
    assert "They are gone" in gone.content["note"]


async def test_a_missing_job_is_distinguished_from_one_without_results() -> None:
    async with connected(httpx.MockTransport(_nothing)) as asker:
        assert "no such record (404)" in await asker.fail("get_job_results", job_id="x")


def _nothing(request: httpx.Request) -> httpx.Response:
    found = request.url.path.endswith("access_token")
    return httpx.Response(200, content=json.dumps({"token": "t"})) if found else httpx.Response(404)
