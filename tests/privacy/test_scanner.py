"""A public scanner, which does not know our rules, finds nothing in the redacted corpora."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

import pytest

from bytenite_mcp.privacy.redact import clean_log, clean_record, clean_results
from bytenite_mcp.privacy.texts import scrub
from tests.privacy.corpora import JOB, PROVIDERS, SECRETS, carry, make_token, texts

ROOT = Path(__file__).parents[2]
PRESET = "@secretlint/secretlint-rule-preset-recommend"
NODE = shutil.which("node", path=f"{ROOT}/node_modules/.bin:{os.environ['PATH']}")
MISSING = "" if NODE and (ROOT / "node_modules" / PRESET).exists() else f"npm's {PRESET} is not installed"

# In CI a missing scanner fails the test, because nobody reads there what was skipped.
pytestmark = [
    pytest.mark.scanner,
    pytest.mark.skipif(bool(MISSING) and not os.environ.get("CI"), reason=MISSING or "it is there"),
]

CASES = [*SECRETS.values(), *(carry(make_token(case, Random(name))) for name, case in PROVIDERS.items())]
"""Records and logs that hold secrets."""


def clean(case: Mapping[str, Any]) -> list[Any]:
    """Yield all redacted parts of a case: its record, its log, the names of its outputs, and errors."""
    lines = case.get("log", [])
    record, withheld = clean_record(JOB | case.get("record", {}))
    log = clean_log({"partitioner": [{"log": line} for line in lines]}, withheld)
    outputs = clean_results([{"name": name} for name in lines], withheld)
    return [record, log, outputs, *map(scrub, lines)]


def scan(values: list[Any]) -> list[str]:
    """Return the scanner's findings in values, as JSON and line by line as texts."""
    assert NODE, MISSING
    written = "\n".join([*map(json.dumps, values), *texts(values)])
    command = [NODE, str(Path(__file__).with_name("scan.mjs"))]
    done = subprocess.run(command, input=written, capture_output=True, text=True, timeout=60, check=True)
    return list(json.loads(done.stdout))


def test_it_finds_secrets_in_the_corpora_as_they_are() -> None:
    assert len(scan(CASES)) > 50


def test_it_finds_nothing_in_what_leaves_of_them() -> None:
    assert scan([value for case in CASES for value in clean(case)]) == []
