"""Malformed and hostile records: each is shown as far as possible, and hides no other."""

import json
import unicodedata
from typing import Any

import pytest
from mcp.types import TextResourceContents
from starlette.applications import Starlette

from bytenite_mcp.simulator import Fault, World
from tests.conftest import Backend, answering
from tests.server.conftest import Asker, both_eras, connected, ids, page_of

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend(hurried: Backend) -> Backend:
    return hurried


NASTY = {
    "turns text round": ("a\u202egnp.exe\u2066", "a<U+202E>gnp.exe<U+2066>"),
    "hides text": ("a\u200b\u00ad\ufeffb\U000e0041", "a<U+200B><U+00AD><U+FEFF>b<U+E0041>"),
    "paints the terminal": ("\x1b[31mred\x1b[0m\x1b]0;title\x07", "red"),
    "rings and deletes": ("a\x07\x08\x7f\x00b", "a<U+0007><U+0008><U+007F><U+0000>b"),
    "is half a character": ("a\udcffb\ud83d", "a\ufffdb\ufffd"),
    "is two halves of one": ("\ud83d\ude80", "\U0001f680"),
    "breaks lines oddly": ("a\u2028b\rc", "a b c"),
}


def text_of(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False)


async def test_a_link_or_an_image_in_a_name_is_text_that_no_client_fetches() -> None:
    name = "![x](https://evil.example/?q=1) [y](https://evil.example) <img src=https://evil.example>"
    async with connected(answering(job={"job": {"id": "x", "name": name}})) as asker:
        answer = await asker.ask("get_job", job_id="x")
    assert "](" not in answer.text
    assert "<img" not in answer.text
    assert "![x] (https://evil.example/?q=1) [y] (https://evil.example) < img" in answer.text


@both_eras
@pytest.mark.parametrize("nasty", NASTY)
async def test_a_name_that_plays_tricks_is_shown_with_the_tricks_visible(era: Any, nasty: str) -> None:
    name, shown = NASTY[nasty]
    record = {"id": "x", "name": name, "state": "JOB_STATE_FAILED", "errorMessage": name, "templateId": name}
    logs = {
        "taskrunner": {name: {"logs": [{"log": name, "level": "ERROR", "timestamp": "2026-03-04T15:00:00Z"}]}}
    }
    transport = answering(
        job={"job": record}, jobs=page_of(record), filter=page_of(record), logs=logs,
        results={"results": [{"name": name, "link": "https://x.example/y"}]},
    )  # fmt: skip
    async with connected(transport, era) as asker:
        listed = await asker.ask("list_jobs")
        assert listed.content["jobs"][0]["name"] == shown
        answers = [
            listed,
            await asker.ask("get_job", job_id="x"),
            await asker.ask("diagnose_job", job_id="x"),
            await asker.ask("get_job_logs", job_id="x"),
            await asker.ask("get_job_results", job_id="x"),
            await asker.ask("summarize_jobs", group_by=["templateId", "errorMessage"]),
            await asker.ask("wait_for_job", job_id="x"),
        ]
        resources = (await asker.client.list_resources()).resources
        (content,) = (await asker.client.read_resource("bytenite://jobs/x")).contents
    assert isinstance(content, TextResourceContents)
    said = (
        [answer.text for answer in answers] + [text_of(answer.content) for answer in answers] + [content.text]
    )
    said += [f"{resource.title}{resource.name}{resource.description}" for resource in resources]
    for text in said:
        assert not [character for character in text if harms(character)]
        text.encode()


def harms(character: str) -> bool:
    return character != "\n" and unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp")


@both_eras
async def test_a_record_of_wrong_types_is_shown_as_unreadable_by_id_and_the_others_whole(
    asker: Asker, app: Starlette, world: World
) -> None:
    good = (await asker.ask("list_jobs")).content["jobs"]
    app.state.faults.set(Fault("wrong_types"))
    bad, *others = (await asker.ask("list_jobs")).content["jobs"]
    assert others == good[1:]
    assert bad["id"] == good[0]["id"]
    assert set(bad["unreadable"]) == {
        "templateId", "createdAt", "duration", "numChunks", "errorMessage",
    }  # fmt: skip


@pytest.mark.parametrize("fault", ["wrong_types", "unknown_state"])
async def test_every_tool_answers_about_an_unexpected_record(
    asker: Asker, app: Starlette, world: World, fault: str
) -> None:
    job_id = ids(world, "state = 'JOB_STATE_COMPLETE'")[0]
    app.state.faults.set(Fault(fault))
    for tool in ("get_job", "diagnose_job", "get_job_logs", "get_job_results"):
        await asker.ask(tool, job_id=job_id)
    await asker.ask("wait_for_job", job_id=job_id, timeout_seconds=1)
    await asker.ask("filter_jobs", filters=[{"field": "name", "condition": "LIKE", "value": "%"}])
    for group in ("state", "templateId", "owner", "isTestJob", "day", "errorMessage", "dataSource"):
        answer = await asker.ask("summarize_jobs", group_by=[group])
        assert answer.content["rows"][0][1] == 200
    assert (await asker.client.list_resources()).resources
    assert (await asker.client.read_resource(f"bytenite://jobs/{job_id}")).contents


async def test_an_unknown_state_is_shown_unchanged(asker: Asker, app: Starlette, world: World) -> None:
    app.state.faults.set(Fault("unknown_state"))
    first = (await asker.ask("list_jobs", limit=1)).content["jobs"][0]
    assert first["state"] == "JOB_STATE_HIBERNATING"


@pytest.mark.parametrize(
    "odd",
    [
        {"state": "JOB_STATE_PAUSED", "duration": 0, "numChunks": 1.5},
        {"duration": "0s", "numChunks": "2e1", "paymentAmount": "0"},
        {"duration": "-4", "numChunks": 2**63, "paymentAmount": "much", "createdAt": "0001-01-01T00:00:00Z"},
    ],
)
async def test_a_row_of_the_table_and_a_single_job_are_shown_alike(odd: dict[str, Any]) -> None:
    record = {"id": "x", "name": "n"} | odd
    pages = page_of(record, {"id": "y", "name": "m"})
    async with connected(answering(job={"job": record}, jobs=pages, filter=pages)) as asker:
        alone = (await asker.ask("get_job", job_id="x", detail="concise")).content["job"]
        listed = (await asker.ask("list_jobs", order_by="name desc")).content
    assert listed["evaluated"] == "api"
    assert listed["jobs"][0] == alone


async def test_rows_that_are_no_records_are_counted_and_hide_nothing() -> None:
    page = page_of({"id": "a"}, None, "text", 7, ["x"], {"id": "b"})
    async with connected(answering(jobs=page)) as asker:
        content = (await asker.ask("list_jobs")).content
    assert [job["id"] for job in content["jobs"]] == ["a", "b"]
    assert content["note"] == "4 rows could not be read as jobs: not shown."


@pytest.mark.parametrize(
    "odd",
    [
        {"id": "x", "duration": 1e400},
        {"id": "x", "duration": "1e999"},
        {"id": "x", "numChunks": 10**400},
        {"id": "x", "numChunks": 1.7e308, "duration": 1.7e308, "paymentAmount": 1.7e308},
    ],
)
async def test_nan_and_infinity_do_not_break_an_answer(odd: dict[str, Any]) -> None:
    async with connected(
        answering(job={"job": odd}, jobs=page_of(odd, odd | {"id": "y"}, {"id": "z"}))
    ) as asker:
        for content in (
            (await asker.ask("get_job", job_id="x")).content,
            (await asker.ask("list_jobs")).content,
            (await asker.ask("summarize_jobs")).content,
        ):
            assert "Infinity" not in json.dumps(content)
            assert "NaN" not in json.dumps(content)


@pytest.mark.parametrize("seconds", [-40, "-40s", {"units": "-40"}])
async def test_a_negative_duration_cannot_be_read_in_any_answer(seconds: Any) -> None:
    ahead = {"id": "x", "state": "JOB_STATE_COMPLETE", "duration": seconds}
    jobs = page_of(ahead, ahead | {"id": "y", "duration": 20})
    async with connected(answering(job={"job": ahead}, jobs=jobs, filter=jobs, logs={})) as asker:
        whole = (await asker.ask("get_job", job_id="x")).content["job"]
        concise = (await asker.ask("get_job", job_id="x", detail="concise")).content["job"]
        listed = (await asker.ask("list_jobs")).content["jobs"]
        below = [{"field": "duration", "condition": "LT", "value": 5}]
        filtered = (await asker.ask("filter_jobs", filters=below)).content
        summary = (await asker.ask("summarize_jobs")).content
        queried = (await asker.ask("query_jobs", sql="SELECT min(duration) FROM jobs")).content
        diagnosed = (await asker.ask("diagnose_job", job_id="x")).content
    assert whole["duration"] is None
    for job in (concise, listed[0], diagnosed["job"]):
        assert (job.get("duration"), job["unreadable"]) == (None, ["duration"])
    assert filtered["total"] == 0
    assert filtered["note"].startswith("Could not be read, or not whole: duration of 1 job.")
    (row,) = summary["rows"]
    assert dict(zip(summary["columns"], row, strict=True))["p50"] == 20
    assert "duration of 1 job" in summary["note"]
    assert queried["rows"] == [[20]]
    assert "duration could not be read, or not whole, in 1 job" in queried["note"]
    assert diagnosed["finding"] == "It finished."


async def test_a_deeply_nested_record_is_shown_to_a_certain_depth() -> None:
    deep: Any = "bottom"
    for _ in range(150):
        deep = {"d": [deep]}
    async with connected(answering(job={"job": {"id": "x", "params": {"app": deep}}})) as asker:
        answer = await asker.ask("get_job", job_id="x")
    assert "nested too deeply to show" in answer.text
    assert "bottom" not in answer.text


async def test_a_huge_name_does_not_make_a_huge_answer() -> None:
    record = {"id": "x", "name": "n" * 200_000, "errorMessage": "e" * 200_000, "templateId": "t" * 200_000}
    async with connected(answering(job={"job": record}, jobs=page_of(record))) as asker:
        job = (await asker.ask("list_jobs")).content["jobs"][0]
        (_, _, entry) = (await asker.client.list_resources()).resources
    assert {name: len(value) for name, value in job.items()} == {
        "id": 1, "name": 200, "errorMessage": 160, "templateId": 200,
    }  # fmt: skip
    assert len(entry.title or "") == 80
