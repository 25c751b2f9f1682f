"""The protocol's own conformance suite, an npm package, finds nothing wrong with the server in either protocol era."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.server.serving import LEGACY, MODERN, replica

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

BOTH = (
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
"""The scenarios that ask for nothing that this server does not have; the others call tools of the suite's own."""

CASES = [(era, name) for era in (LEGACY, MODERN) for name in BOTH]
CASES += [(LEGACY, name) for name in LEGACY_ALONE] + [(MODERN, name) for name in MODERN_ALONE]

WANTS_A_TOOL = "Not testable: server does not list the diagnostic tool"
"""How the suite says that a check calls a tool of its own, which is no failure of ours."""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with replica("--demo") as started:
        yield started.url


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
    failed = [each for each in checks if each["status"] == "FAILURE"]

    assert [each for each in failed if not each["errorMessage"].startswith(WANTS_A_TOOL)] == []
    assert [each for each in checks if each["status"] == "SUCCESS"]
