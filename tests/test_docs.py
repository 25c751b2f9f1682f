"""The documents describe all that exists, and nothing that does not."""

import argparse
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from bytenite_mcp.api.errors import UnusableId
from bytenite_mcp.cli import OUTPUT_CLOSED, _parser
from bytenite_mcp.config import Settings, name_variable
from bytenite_mcp.server import tools
from bytenite_mcp.server.arguments import JobId
from bytenite_mcp.server.errors import HINTS
from bytenite_mcp.server.prompts import PROMPTS
from bytenite_mcp.simulator import World, create_app
from tests.server.conftest import connected

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md")]
}
JOB_IDS = str(TypeAdapter(JobId).json_schema())
EVERYTHING = "\n".join(DOCUMENTS.values())
SETTINGS = {name_variable(name): name for name in Settings.environment_fields()}
TOOLS = {function.__name__ for function in tools.TOOLS}
NAMED_PROMPTS = {function.__name__ for function in PROMPTS}
documents = pytest.mark.parametrize("name", DOCUMENTS)


def commands() -> dict[str, argparse.ArgumentParser]:
    for action in _parser()._actions:
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    raise AssertionError


def options() -> Iterator[str]:
    for parser in commands().values():
        for action in parser._actions:
            yield from (option for option in action.option_strings if option not in ("-h", "--help"))


@documents
def test_every_setting_that_is_named_exists(name: str) -> None:
    assert set(re.findall(r"\bBYTENITE_[A-Z_]*[A-Z]\b", DOCUMENTS[name])) <= set(SETTINGS)


@pytest.mark.parametrize("setting", SETTINGS)
def test_every_setting_is_told(setting: str) -> None:
    assert re.search(rf"`{setting}`", EVERYTHING)


def test_the_defaults_in_the_table_are_the_defaults() -> None:
    table = re.findall(r"^\| `(BYTENITE_\w+)` \| (?:`([^`]*)`)? ?\|", README, re.MULTILINE)
    assert len(table) >= 7
    defaults = Settings()
    for setting, told in table:
        value = getattr(defaults, SETTINGS[setting])
        assert told == (
            "" if setting == "BYTENITE_API_KEY" else f"{value:g}" if isinstance(value, float) else str(value)
        )


@pytest.mark.parametrize("tool", sorted(TOOLS))
def test_every_tool_has_a_row_with_an_example_question(tool: str) -> None:
    assert re.search(rf"^\| `{tool}` \| \S.*[.?] \|$", README, re.MULTILINE)


@pytest.mark.parametrize("prompt", sorted(NAMED_PROMPTS))
def test_every_prompt_is_told(prompt: str) -> None:
    assert f"`{prompt}`" in README


@pytest.mark.anyio
async def test_the_answers_that_are_told_are_those_of_the_demo() -> None:
    failed = [{"field": "state", "condition": "EQ", "value": "FAILED"}]
    price = "round(sum(byc) / sum(numChunks), 2)"
    dearest = f"SELECT templateId, {price} FROM jobs WHERE byc IS NOT NULL GROUP BY 1 ORDER BY 2 DESC LIMIT 1"
    async with connected(create_app(World())) as demo:
        causes = (await demo.ask("summarize_jobs", filters=failed, group_by=["cause"])).content["rows"]
        ((template, price),) = (await demo.ask("query_jobs", sql=dearest)).content["rows"]
        stuck = (await demo.ask("diagnose_job")).content
    every, memory, timeout, code = (row[1] for row in causes[:4])
    assert (
        f"{every} of 200 failed: {memory} out of memory, {timeout} by a timeout, "
        f"{code} by an exception in the app's code, {every - memory - timeout - code} for other reasons."
        in README
    )
    assert f"`{template}`: {price} BYC." in README
    assert f"4 of {stuck['total']} unfinished jobs may be, 1 of them most likely;" in README
    assert f"Of {stuck['total']} unfinished: 1 most likely stuck, 3 may be stuck" in stuck["finding"]


def test_every_job_that_is_named_is_in_the_demo() -> None:
    told = "\n".join([EVERYTHING, JOB_IDS, HINTS[UnusableId]])
    named = set(re.findall(r"\b[0-9a-f]{8}-[0-9a-f-]{27}\b", told))
    assert named
    assert named <= {job_id for (job_id,) in World().rows("SELECT id FROM jobs")}


@documents
def test_every_tool_or_prompt_that_is_named_exists(name: str) -> None:
    verbs = "get|list|filter|summarize|diagnose|wait|triage|what|explain|cost"
    named = set(re.findall(rf"`((?:{verbs})_[a-z_]+)`", DOCUMENTS[name]))
    assert named <= TOOLS | NAMED_PROMPTS


@pytest.mark.parametrize("uri", ["bytenite://jobs/{job_id}", "bytenite://jobs", "bytenite://reference"])
def test_every_resource_is_told(uri: str) -> None:
    assert f"`{uri}`" in README


@pytest.mark.parametrize("command", sorted(commands()))
def test_every_command_is_told(command: str) -> None:
    assert f"`bytenite-mcp {command}`" in README


@documents
def test_every_command_that_is_named_exists(name: str) -> None:
    named = set(re.findall(r"`(?:\$ )?bytenite-mcp ([a-z]\S*?)[`\s]", DOCUMENTS[name]))
    assert named <= set(commands())


@pytest.mark.parametrize("option", sorted(set(options())))
def test_every_option_is_told(option: str) -> None:
    assert re.search(rf"{option}\b", EVERYTHING)


@documents
def test_every_link_to_a_file_leads_to_one(name: str) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", DOCUMENTS[name])
    missing = [link for link in links if not (ROOT / name).parent.joinpath(link).exists()]
    assert missing == []


@documents
def test_every_piece_of_json_can_be_read(name: str) -> None:
    for text in re.findall(r"```json\n(.*?)```", DOCUMENTS[name], re.DOTALL):
        assert json.loads(text)


@documents
def test_every_script_that_is_named_exists(name: str) -> None:
    for script in re.findall(r"\bscripts/(\w+)", DOCUMENTS[name]):
        assert (ROOT / "scripts" / script).exists()


def test_the_exit_codes_that_are_promised_are_those_of_the_commands() -> None:
    (promised,) = re.findall(r"^\| Exit codes: (.+?) \|", DOCUMENTS["docs/stability.md"], re.MULTILINE)
    package = ROOT / "bytenite_mcp"
    code = "\n".join(
        path.read_text(encoding="utf-8")
        for path in [package / "cli.py", *(package / "commands").glob("*.py")]
    )
    returned = re.findall(r"^ +return (\d+)(?: if .+ else (\d+))?$", code, re.MULTILINE)
    numbers = {int(number) for found in returned for number in found if number} | {OUTPUT_CLOSED}
    assert {int(number) for number in re.findall(r"\d+", promised)} == numbers
