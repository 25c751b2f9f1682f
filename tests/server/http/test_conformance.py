"""The protocol's own conformance suite, an npm package, finds nothing wrong with the server in either protocol era."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from bytenite_mcp.server.app import build_server
from bytenite_mcp.server.http.app import PATH, make_app
from bytenite_mcp.simulator import World, create_app
from tests.server.conftest import SETTINGS
from tests.server.http.suite import add_fixtures
from tests.server.serving import LEGACY, MODERN, served

ROOT = Path(__file__).parents[3]
NODE = shutil.which("node", path=f"{ROOT}/node_modules/.bin:{os.environ['PATH']}")
SUITE = ROOT / "node_modules" / "@modelcontextprotocol" / "conformance" / "dist" / "index.js"

# In CI a missing suite fails the tests, because nobody reads there what was skipped.
pytestmark = [
    pytest.mark.conformance,
    pytest.mark.skipif(
        not (NODE and SUITE.exists()) and not os.environ.get("CI"),
        reason="npm's @modelcontextprotocol/conformance is not installed",
    ),
]

CONTENT = (
    "tools-call-simple-text",
    "tools-call-image",
    "tools-call-audio",
    "tools-call-embedded-resource",
    "tools-call-mixed-content",
    "tools-call-error",
    "tools-call-with-progress",
    "resources-read-text",
    "resources-read-binary",
    "resources-templates-read",
    "prompts-get-simple",
    "prompts-get-with-args",
    "prompts-get-embedded-resource",
    "prompts-get-with-image",
)
"""Scenarios that ask for tools, resources and prompts of the suite's own, which pass through this server's parts."""

BOTH = (
    *CONTENT,
    "completion-complete",
    "dns-rebinding-protection",
    "json-schema-2020-12",
    "prompts-list",
    "resources-list",
    "server-sse-multiple-streams",
    "tools-list",
)
ALONE = {
    LEGACY: ("ping", "server-initialize", "server-session-lifecycle"),
    MODERN: (
        "caching",
        "http-custom-header-server-validation",
        "http-header-validation",
        "input-required-result-unsupported-methods",
        "sep-2164-resource-not-found",
        "server-stateless",
    ),
}
NOT_APPLICABLE = {
    "elicitation-": "this server never asks the client for input",
    "input-required-result-": "this server never asks the client for input",
    "tools-call-elicitation": "this server never asks the client for input",
    "tools-call-sampling": "this server never asks the client for a model's answer",
    "logging-set-level": "this server sends no log messages to the client",
    "tools-call-with-logging": "this server sends no log messages to the client",
    "resources-subscribe": "this server offers no subscriptions",
    "resources-unsubscribe": "this server offers no subscriptions",
    "server-sse-polling": "this server keeps no streams that could be resumed",
    "sep-2640-skills-": "this server offers no skills",
    "tasks-": "only wait_for_job is a task, and no tool of the suite's; tests/server/test_tasks.py tests it",
}
"""Why scenarios, by the beginnings of their names, are not run."""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    server = build_server(SETTINGS, httpx.ASGITransport(create_app(World())))
    add_fixtures(server)
    with served(make_app(server)) as address:
        yield f"{address}{PATH}"


def run_suite(url: str, era: str, results: Path) -> None:
    """Run all scenarios of an era in one process, which writes what it checked into folders."""
    asked = ["--url", url, "--suite", "all", "--spec-version", era, "--output-dir", str(results)]
    subprocess.run(
        [str(NODE), str(SUITE), "server", *asked], capture_output=True, text=True, timeout=120, check=False
    )


def read_results(results: Path, scenario: str) -> list[Any]:
    """Read the result of each check of a scenario."""
    (written,) = results.glob(f"server-{scenario}-????-??-??T*/checks.json")
    return list(json.loads(written.read_text(encoding="utf-8")))


@pytest.mark.parametrize("era", ALONE)
def test_the_suite_finds_nothing_wrong(url: str, era: str, tmp_path: Path) -> None:
    run_suite(url, era, tmp_path)
    checked = {scenario: read_results(tmp_path, scenario) for scenario in (*BOTH, *ALONE[era])}
    results = [(scenario, check) for scenario, each in checked.items() for check in each]
    assert [(scenario, check) for scenario, check in results if check["status"] == "FAILURE"] == []
    assert {scenario for scenario, check in results if check["status"] == "SUCCESS"} == checked.keys()


def test_every_scenario_is_run_or_does_not_apply() -> None:
    listed = subprocess.run(
        [str(NODE), str(SUITE), "list", "--server"], capture_output=True, text=True, timeout=60, check=True
    )
    known = set(re.findall(r"^  - (\S+)", listed.stdout, re.MULTILINE))
    run = {*BOTH, *ALONE[LEGACY], *ALONE[MODERN]}
    assert run <= known
    assert [name for name in sorted(known - run) if not name.startswith(tuple(NOT_APPLICABLE))] == []
