"""No withheld value is shown by any tool or resource."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from mcp import MCPError
from mcp.types import PromptReference, TextResourceContents

from bytenite_mcp.api.values import JsonObject
from bytenite_mcp.privacy.redact import clean_record
from bytenite_mcp.server.render import render_concise
from bytenite_mcp.simulator import PLANTED, create_app
from tests.conftest import answering
from tests.server.conftest import SETTINGS, Answer, Asker, connected, ids, page_of, world_of

pytestmark = pytest.mark.anyio


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """All log lines, at DEBUG."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield written
    root.setLevel(level)
    root.removeHandler(handler)


def said(answer: Answer) -> str:
    return answer.text + json.dumps(answer.content, ensure_ascii=False)


async def looked_at(asker: Asker, job_ids: list[str]) -> list[str]:
    """Read jobs one by one, and some of them in every way."""
    leaving = [said(await asker.tell("get_job", job_id=job_id)) for job_id in job_ids]
    for job_id in job_ids[::25]:
        tools = ("diagnose_job", "get_job_logs", "get_job_results")
        leaving += [said(await asker.tell(tool, job_id=job_id)) for tool in tools]
        (content,) = (await asker.client.read_resource(f"bytenite://jobs/{job_id}")).contents
        assert isinstance(content, TextResourceContents)
        leaving.append(content.text)
    return leaving


async def listed(asker: Asker) -> list[str]:
    """Read all jobs together."""
    pages = [
        {"offset": offset, "detail": detail}
        for detail in ("full", "concise")
        for offset in range(0, 1000, 100)
    ]
    groups = ("state", "templateId", "owner", "dataSource", "errorMessage")
    return [
        repr(await asker.client.list_resources()),
        *[said(await asker.tell("list_jobs", limit=100, **page)) for page in pages],
        *[said(await asker.tell("summarize_jobs", group_by=[group], limit=100)) for group in groups],
    ]


@pytest.mark.parametrize("quarter", range(4))
async def test_no_planted_secret_of_a_thousand_jobs_leaves_when_they_are_looked_at(quarter: int) -> None:
    world = world_of(1000, 11)
    assert len(world.secrets) > 500
    async with connected(create_app(world)) as asker:
        leaving = await looked_at(asker, ids(world, "1")[quarter::4])
    assert len(leaving) > 250
    assert not [text for text in leaving if PLANTED in text]
    assert "[withheld]" in "".join(leaving)


async def test_no_planted_secret_of_a_thousand_jobs_leaves_when_they_are_listed() -> None:
    async with connected(create_app(world_of(1000, 11))) as asker:
        leaving = await listed(asker)
    assert sum(text.count("[withheld]") for text in leaving) > 1000
    assert not [text for text in leaving if PLANTED in text]


async def test_no_planted_secret_is_in_the_log_at_debug(log: io.StringIO) -> None:
    world = world_of(200, 7)
    async with connected(create_app(world)) as asker:
        await looked_at(asker, ids(world, "1")[:60])
        await listed(asker)
    assert log.getvalue()
    assert PLANTED not in log.getvalue()


async def test_withheld_values_are_marked(asker: Asker) -> None:
    record = {
        "id": "x",
        "params": {
            "app": {"hf_token": "t" * 20, "steps": 3, "list": [{"API-Key": ["k1xQ9w2Z", "k2xQ9w2Z"], "fine": 1}]},
            "preset": "",
        },
        "dataSource": {
            "dataSourceDescriptor": "s3",
            "params": {
                "@type": "type.googleapis.com/bytenite.data_source.S3DataSource",
                "BUCKET_NAME": "b", "cloudRegion": "eu", "accessKey": "AAAA1111", "secret_key": "BBBB2222",
                "secretId": "id-1", "tempUrl": "https://t.example/CCCC3333", "somethingNew": "DDDD4444",
            },
        },
        "dataDestination": {
            "dataSourceDescriptor": "url",
            "params": {"url": "https://u:EEEE5555@h.example/a?sig=FFFF6666#g", "password": "GGGG7777"},
        },
        "description": "uses BBBB2222 and https://h.example/?X-Amz-Signature=HHHH8888",
        "errorMessage": "login with password=IIII9999 failed",
    }  # fmt: skip
    async with connected(answering(job={"job": record})) as other:
        job = (await other.ask("get_job", job_id="x")).content["job"]
    assert job == {
        "id": "x",
        "params": {
            "app": {
                "hf_token": "[withheld]", "steps": 3, "list": [{"API-Key": ["[withheld]"] * 2, "fine": 1}],
            },
        },
        "dataSource": {
            "dataSourceDescriptor": "s3",
            "params": {
                "@type": "type.googleapis.com/bytenite.data_source.S3DataSource",
                "BUCKET_NAME": "b", "cloudRegion": "eu", "accessKey": "[withheld]", "secret_key": "[withheld]",
                "secretId": "id-1", "tempUrl": "[withheld]", "somethingNew": "[withheld]",
            },
        },
        "dataDestination": {
            "dataSourceDescriptor": "url",
            "params": {"url": "https://h.example/a?[withheld]", "password": "[withheld]"},
        },
        "description": "uses [withheld] and https://h.example/?X-Amz-Signature=[withheld]",
        "errorMessage": "login with password=[withheld] failed",
    }  # fmt: skip


async def test_a_secret_of_a_record_is_cut_out_of_its_concise_form_and_its_diagnosis() -> None:
    record = {
        "id": "x", "state": "JOB_STATE_FAILED", "name": "run with KKKK1111",
        "errorMessage": "KKKK1111 was refused", "createdAt": "2026-03-04T15:00:00Z",
        "dataSource": {"dataSourceDescriptor": "s3", "params": {"accessKey": "KKKK1111"}},
    }  # fmt: skip
    logs = {"partitioner": [{"log": "error with KKKK1111", "level": "ERROR"}]}
    transport = answering(job={"job": record}, jobs=page_of(record), logs=logs, results={"results": []})
    async with connected(transport) as asker:
        answers = [
            await asker.ask("list_jobs"),
            await asker.ask("get_job", job_id="x", detail="concise"),
            await asker.ask("diagnose_job", job_id="x"),
            await asker.ask("wait_for_job", job_id="x"),
            await asker.ask("summarize_jobs", group_by=["errorMessage"]),
        ]
        listed = repr(await asker.client.list_resources())
    for answer in answers:
        assert "KKKK1111" not in answer.text + json.dumps(answer.content)
        assert "[withheld]" in answer.text
    assert "KKKK1111" not in listed


async def test_neither_key_nor_token_is_in_any_answer_log_or_repr(log: io.StringIO) -> None:
    key, token = "the-very-key-" + "k" * 40, "the-very-token-" + "t" * 40

    def refuse(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("access_token"):
            return httpx.Response(200, json={"token": token})
        return httpx.Response(500, json={"code": 13, "message": "internal"})

    settings = SETTINGS.model_validate({**SETTINGS.model_dump(), "api_key": key, "log_level": "DEBUG"})
    async with connected(httpx.MockTransport(refuse), settings=settings) as asker:
        said = [(await asker.tell("list_jobs")).text]
        with pytest.raises(MCPError) as error:
            await asker.client.read_resource("bytenite://jobs/x")
        said += [repr(error.value), repr(settings), str(settings), log.getvalue()]
    assert not [text for text in said if key in text or token in text]


@pytest.mark.parametrize("where", ["exchange", "call"])
async def test_a_key_or_token_that_the_api_repeats_in_an_error_is_cut_out(where: str) -> None:
    key, token = "the-very-key-" + "k" * 40, "the-very-token-" + "t" * 40

    def repeat(request: httpx.Request) -> httpx.Response:
        exchange = request.url.path.endswith("access_token")
        if exchange and where == "call":
            return httpx.Response(200, json={"token": token})
        return httpx.Response(403, json={"code": 7, "message": f"{key} and {token} may not do that"})

    settings = SETTINGS.model_validate({**SETTINGS.model_dump(), "api_key": key})
    async with connected(httpx.MockTransport(repeat), settings=settings) as asker:
        said = await asker.fail("list_jobs")
    assert key not in said
    assert where == "exchange" or token not in said


def test_a_secret_inside_a_withheld_address_is_cut_out_of_a_concise_record_too() -> None:
    address = "https://cdn.example.com/in.mp4?token=PLANTED-in-an-address"
    source: JsonObject = {
        "dataSourceDescriptor": "file",
        "params": {"tempUrl": address, "name": "password=hunter2hunter2"},
    }
    other = {"@type": "type.googleapis.com/bytenite.data_source.HttpDataSource", "username": "withheld-user"}
    name = "from PLANTED-in-an-address by withheld-user with hunter2hunter2"
    record, _ = clean_record({"id": "x", "name": name, "dataSource": source, "inputs": other})
    shown = render_concise(record)
    assert shown["name"] == "from [withheld] by withheld-user with [withheld]"


GUESSES: dict[str, list[dict[str, Any]]] = {
    "filter_jobs": [
        {"filters": [{"field": field, "condition": condition, "value": value}]}
        for field in ("errorMessage", "name", "params.app.command")
        for condition, value in (("LIKE", "%{}%"), ("GT", "login with {}"), ("GTE", "login with {}"))
    ],
    "get_job_logs": [{"job_id": "x", "contains": "{}"}],
}


@pytest.mark.parametrize("tool", GUESSES)
async def test_withheld_values_cannot_be_guessed_bit_by_bit(tool: str) -> None:
    """A right and a wrong guess get the same answer."""
    secret = "LLLL1111MMMM"
    text = f"login with {secret} and password=PPPP9999 failed"
    record = {
        "id": "x", "state": "JOB_STATE_FAILED", "errorMessage": text, "name": text,
        "params": {"app": {"command": text}}, "dataSource": {"params": {"secretKey": secret}},
    }  # fmt: skip
    transport = answering(
        job={"job": record},
        jobs=page_of(record),
        filter=page_of(record),
        logs={"partitioner": [{"log": text}]},
    )
    async with connected(transport) as asker:
        for guess in GUESSES[tool]:
            for right, wrong in (("LLLL11", "LLLL12"), ("password=PPPP", "password=PPPQ")):
                answers = [json.loads(json.dumps(guess).replace("{}", value)) for value in (right, wrong)]
                told = [(await asker.ask(tool, **arguments)).content for arguments in answers]
                for content in told:
                    content.pop("filters", None)
                assert told[0] == told[1]


async def test_withheld_values_are_not_completions() -> None:
    record = {"id": "x", "name": "my password=NNNN1234"}
    ref = PromptReference(type="ref/prompt", name="explain_job")
    async with connected(answering(jobs=page_of(record))) as asker:
        found = {
            typed: (await asker.client.complete(ref, {"name": "job_id", "value": typed})).completion.values
            for typed in ("my pass", "password=N", "password=M")
        }
    assert found == {"my pass": ["x"], "password=N": [], "password=M": []}


async def test_a_secret_of_a_record_names_no_group_and_no_output() -> None:
    secret = "LLLL1111MMMM"
    record = {
        "id": "x", "state": "JOB_STATE_FAILED", "templateId": "t", "templateInfo": {"app": secret, "owner": secret},
        "dataSource": {"params": {"secretKey": secret}}, "errorMessage": f"no {secret}",
    }  # fmt: skip
    logs = {"taskrunner": {"t1": {"logs": [{"log": f"x {secret}", "timestamp": "2026-03-04T15:00:00Z"}]}}}
    transport = answering(
        job={"job": record}, jobs=page_of(record), filter=page_of(record), logs=logs,
        results={"results": [{"name": secret, "link": "https://x.example/y"}]},
    )  # fmt: skip
    async with connected(transport) as asker:
        leaving = [
            said(await asker.tell("summarize_jobs", group_by=[group]))
            for group in ("app", "owner", "errorMessage")
        ]
        leaving += [
            said(await asker.tell(tool, job_id="x"))
            for tool in ("diagnose_job", "get_job_logs", "get_job_results", "get_job")
        ]
        resources = await asker.client.list_resources()
    leaving += [
        f"{resource.title} {resource.name} {resource.description}" for resource in resources.resources
    ]
    assert "[withheld]" in "".join(leaving)
    assert not [text for text in leaving if secret[:6] in text]
