"""The workflows are valid, an auditor finds nothing unsafe in them, and they test all systems that we support."""

import json
import os
import re
import subprocess
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from tests.packaging.making import ROOT, bundles

TOOLS = ROOT / ".venv-bundles" / "bin"
FOLDER = ROOT / ".github" / "workflows"
WORKFLOWS = sorted(FOLDER.glob("*.yml"))

# In CI missing tools fail the tests, because nobody reads there what was skipped.
needs_tools = pytest.mark.skipif(
    not (TOOLS / "zizmor").exists() and not os.environ.get("CI"), reason="run packaging/tools first"
)


def read(name: str) -> Any:
    return yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))


def run(tool: str, *words: str) -> str:
    done = subprocess.run(
        [TOOLS / tool, *words, *map(str, WORKFLOWS)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda workflow: workflow.name)
def test_every_action_is_pinned_by_a_commit(workflow: Any) -> None:
    used = re.findall(r"uses: (.*)", workflow.read_text(encoding="utf-8"))
    assert used
    assert [each for each in used if not re.fullmatch(r"[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", each)] == []


def test_the_wheel_is_tested_on_every_python_that_the_package_names() -> None:
    tested = read("test.yml")["jobs"]["wheel"]["strategy"]["matrix"]
    named = [each.split(" :: ")[-1] for each in bundles.PROJECT["classifiers"]]
    assert set(tested["python"]) >= {each for each in named if re.fullmatch(r"3\.\d+", each)}
    assert {system.split("-")[0] for system in tested["os"]} == {"ubuntu", "windows", "macos"}
    assert tested["dependencies"] == ["pinned", "newest"]


@pytest.mark.bundles
@needs_tools
def test_github_would_read_them() -> None:
    assert "ok" in run("check-jsonschema", "--builtin-schema", "vendor.github-workflows")


@pytest.mark.bundles
@needs_tools
def test_an_auditor_finds_nothing_unsafe() -> None:
    assert json.loads(run("zizmor", "--offline", "--no-progress", "--format", "json")) == []
