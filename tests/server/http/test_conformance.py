"""The protocol's own conformance suite, an npm package, finds nothing wrong with the server in either protocol era."""

import json
import os
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

# In CI a missing suite fails the tests instead: nobody reads what was skipped there.
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
    "prompts-list",
    "resources-list",
    "server-sse-multiple-streams",
    "tools-list",
)
LEGACY_ALONE = ("ping", "server-initialize", "server-session-lifecycle")
MODERN_ALONE = (
    "caching",
    "http-header-validation",
    "input-required-result-unsupported-methods",
    "sep-2164-resource-not-found",
    "server-stateless",
)
"""With those above, all but the scenarios of what this server does not have: logging to the client, subscriptions,
streams to be resumed, and asking the client for input. Tasks have tests of their own."""

CASES = [(era, name) for era in (LEGACY, MODERN) for name in BOTH]
CASES += [(LEGACY, name) for name in LEGACY_ALONE] + [(MODERN, name) for name in MODERN_ALONE]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    server = build_server(SETTINGS, httpx.ASGITransport(create_app(World())))
    add_fixtures(server)
    with served(make_app(server)) as address:
        yield f"{address}{PATH}"


def run_scenario(url: str, era: str, scenario: str, results: Path) -> list[Any]:
    """Run a scenario; return the result of each check."""
    asked = ["--url", url, "--scenario", scenario, "--spec-version", era, "--output-dir", str(results)]
    subprocess.run(
        [str(NODE), str(SUITE), "server", *asked], capture_output=True, text=True, timeout=120, check=False
    )
    (written,) = results.rglob("checks.json")
    return list(json.loads(written.read_text(encoding="utf-8")))


@pytest.mark.parametrize(("era", "scenario"), CASES)
def test_the_suite_finds_nothing_wrong(url: str, era: str, scenario: str, tmp_path: Path) -> None:
    checks = run_scenario(url, era, scenario, tmp_path)
    assert [each for each in checks if each["status"] == "FAILURE"] == []
    assert [each for each in checks if each["status"] == "SUCCESS"]
