"""The MCP Inspector, a real client, gets the answers that each script asks for."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send

from bytenite_mcp.simulator import World, create_app
from tests.commands.running import free_ports
from tests.server.serving import TOKEN, replica_of, served

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "examples" / "inspector"
JOB = "ccf06fbe-428b-41c9-a4c1-c5e21cb571b0"
"""A captured record, with secrets in it."""
STUCK = "f4ce2ca0-bf49-4fb7-a32f-da899167678e"
"""A captured record of a job that never progressed."""
TOOLS = {"get_job", "list_jobs", "filter_jobs"}

Run = subprocess.CompletedProcess[str]


def inspector() -> str:
    return shutil.which("mcp-inspector", path=f"{ROOT / 'node_modules/.bin'}:{os.environ['PATH']}") or ""


def missing() -> str:
    if not shutil.which("node"):
        return "node is not installed"
    return "" if inspector() else "the MCP Inspector is not installed: examples/inspector/_prelude says how"


# In CI a missing Inspector fails the tests, because nobody reads there what was skipped.
pytestmark = [
    pytest.mark.inspector,
    pytest.mark.skipif(bool(missing()) and not os.environ.get("CI"), reason=missing() or "it is there"),
]


@pytest.fixture(scope="module", autouse=True)
def _served() -> Iterator[None]:
    with replica_of([FOLDER / "serve"], MCP_TOKENS=TOKEN) as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("MCP_URL", server.url)
        patch.setenv("MCP_TOKEN", TOKEN)
        yield


@cache
def run(script: str, *options: str) -> Run:
    return subprocess.run(
        [FOLDER / script, "--format", "json", "--quiet", *options],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def result(script: str, *options: str) -> Any:
    done = run(script, *options)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["result"]


def answer(script: str) -> Any:
    """Give a tool's structured answer."""
    called = result(script)
    assert called["isError"] is False
    assert called["content"][0]["text"]
    return called["structuredContent"]


def document(script: str) -> Any:
    """Give the one document that a resource holds."""
    (content,) = result(script)["contents"]
    return content


@pytest.mark.parametrize("era", ["legacy", "modern"])
def test_it_lists_the_tools_in_both_protocol_eras(era: str) -> None:
    tools = {tool["name"]: tool for tool in result("list-tools", "--protocol-era", era)["tools"]}

    assert tools.keys() >= TOOLS
    assert all(tool["annotations"]["readOnlyHint"] for tool in tools.values())


def test_its_strict_lint_finds_nothing_to_say_about_the_schemas() -> None:
    listed = result("lint-tools")["tools"]

    assert {tool["name"] for tool in listed} >= TOOLS
    assert run("lint-tools").stderr == ""


@pytest.mark.parametrize("era", ["legacy", "modern"])
def test_it_finds_the_view_of_the_tools_in_both_protocol_eras(era: str) -> None:
    lines = run("list-tools", "--protocol-era", era, "--app-info").stdout.splitlines()
    views = {tool["toolName"]: tool.get("resourceUri") for tool in map(json.loads, lines)}

    assert views["list_jobs"] == "ui://bytenite/jobs"
    assert views["get_job_logs"] is None


def test_every_tool_has_a_script_that_calls_it() -> None:
    scripts = "\n".join(path.read_text() for path in FOLDER.iterdir())
    called = set(re.findall(r"^call (\w+)", scripts, re.MULTILINE))

    assert called == {tool["name"] for tool in result("list-tools", "--protocol-era", "legacy")["tools"]}


def test_it_gets_a_whole_job_without_its_secrets() -> None:
    job = answer("get-job")["job"]

    assert job["id"] == JOB
    assert job["dataSource"]["params"]["bucketName"] == "input-bytenite"
    assert "MASKED" not in run("get-job").stdout


def test_it_lists_the_newest_jobs() -> None:
    page = answer("list-jobs")
    created = [job["createdAt"] for job in page["jobs"]]

    assert page["count"] == len(created) == page["nextOffset"] == 5
    assert created == sorted(created, reverse=True)


def test_it_finds_the_failed_jobs() -> None:
    page = answer("filter-jobs")

    assert page["total"] >= page["count"] > 0
    assert {job["state"] for job in page["jobs"]} == {"JOB_STATE_FAILED"}
    assert page["filters"][0] == "state EQ JOB_STATE_FAILED"


def test_it_compares_templates() -> None:
    table = answer("summarize-jobs")

    assert table["columns"][:2] == ["templateId", "count"]
    everything, *groups = [row[1] for row in table["rows"]]
    assert everything == sum(groups) == 200
    assert len(groups) == 6


def test_it_answers_a_question_in_sql() -> None:
    table = answer("query-jobs")
    prices = [price for _, price in table["rows"]]

    assert table["columns"] == ["templateId", "bycPerChunk"]
    assert len(prices) == 5
    assert prices == sorted(prices, reverse=True)


def test_it_tells_why_a_job_is_not_done() -> None:
    diagnosis = answer("diagnose-job")

    assert (diagnosis["job"]["id"], diagnosis["job"]["state"]) == (STUCK, "JOB_STATE_PARTITIONING")
    assert diagnosis["finding"]
    assert diagnosis["nextStep"]


def test_it_reads_the_log_of_a_job() -> None:
    log = answer("get-job-logs")

    assert log["id"] == STUCK
    assert len(log["lines"]) == log["shown"] > 0
    assert "PARTITIONER" in log["lines"][0]


def test_it_tells_why_a_job_has_no_outputs() -> None:
    outputs = answer("get-job-results")

    assert (outputs["id"], outputs["count"], outputs["results"]) == (STUCK, 0, [])
    assert "not finished" in outputs["note"]


def test_it_waits_for_a_job_no_longer_than_asked() -> None:
    waited = answer("wait-for-job")

    assert waited["job"]["id"] == STUCK
    assert waited["reached"] is False
    assert 0 < waited["waitedSeconds"] < 10


def test_it_drives_a_task_to_its_end() -> None:
    world = World(5)
    app, job_id = create_app(world), world.add()
    world.run(job_id)
    looks: list[str] = []

    async def finishing(scope: Scope, receive: Receive, send: Send) -> None:
        """Finish the job after it was read once."""
        await app(scope, receive, send)
        if scope.get("path", "").endswith(job_id):
            looks.append(job_id)
            if len(looks) == 1:
                world.finish(job_id)

    with served(finishing) as upstream:
        settings = ["-e", "BYTENITE_API_KEY=demo-key", "-e", f"BYTENITE_BASE_URL={upstream}/v1"]
        server = [*settings, sys.executable, "-m", "bytenite_mcp", "serve", "--protocol-era", "modern"]
        call = ["--method", "tools/call", "--tool-name", "wait_for_job", "--tool-arg", f"job_id={job_id}"]
        done = subprocess.run(
            [inspector(), "--cli", *server, "--format", "json", "--quiet", *call],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
    waited = json.loads(done.stdout)["result"]["structuredContent"]
    assert waited["job"]["state"] == "JOB_STATE_COMPLETE"
    assert waited["waitedSeconds"] >= 2
    assert len(looks) == 2


def test_it_says_how_to_start_the_server_if_none_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    (port,) = free_ports(1)
    monkeypatch.setenv("MCP_URL", f"http://127.0.0.1:{port}/mcp")
    unanswered = run("list-tools", "--protocol-era", "auto")

    assert unanswered.returncode == 4
    assert unanswered.stderr.endswith("Start examples/inspector/serve first, in another terminal.\n")


def test_a_mistake_is_a_tool_error_that_names_the_valid_arguments() -> None:
    refused = run("refused-call")
    called = json.loads(refused.stdout)["result"]

    assert refused.returncode == 5
    assert called["isError"] is True
    assert "filters" in called["content"][0]["text"]


def test_it_lists_the_newest_jobs_as_resources() -> None:
    resources = result("list-resources")["resources"]

    assert {"bytenite://jobs", "bytenite://reference"} <= {resource["uri"] for resource in resources}
    assert len(resources) > 20
    assert all(resource["title"] and resource["description"] for resource in resources)


def test_it_lists_the_template_of_a_job() -> None:
    (template,) = result("list-templates")["resourceTemplates"]
    assert template["uriTemplate"] == "bytenite://jobs/{job_id}"


def test_it_reads_the_reference() -> None:
    content = document("read-reference")

    assert content["uri"] == "bytenite://reference"
    assert "JOB_STATE_PARTITIONED" in content["text"]


def test_it_reads_the_newest_jobs() -> None:
    page = json.loads(document("read-jobs")["text"])
    assert len(page["jobs"]) == page["count"] == 20


def test_it_reads_a_job_as_the_tool_gives_it() -> None:
    content = document("read-job")

    assert content["mimeType"] == "application/json"
    assert json.loads(content["text"]) == answer("get-job")
