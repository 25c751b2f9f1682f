"""What answers cost a model, in calls and tokens, beside a generic bridge; prints a table, never passes or fails.

`python benchmarks/questions.py` asks every question of tests/questions in a simulated account of a thousand jobs.
"""

import json
import subprocess
import sys
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from statistics import mean, median
from typing import Any

import anyio
from mcp import Client

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.peer_environment import FASTMCP, peer_python  # noqa: E402
from bytenite_mcp.simulator import World, create_app  # noqa: E402
from tests.questions.asking import (  # noqa: E402
    MODES,
    Answer,
    Question,
    ask,
    is_right,
    serve,
    standing_still,
    tokens,
)
from tests.questions.catalogue import QUESTIONS  # noqa: E402

JOBS = 1000
PAGE = 20
"""Rows of a page if the model names no limit."""
SAMPLES = (0, 200, 400, 600, 800)
"""Offsets of the pages from which the size of a record is measured."""

Call = tuple[str, dict[str, Any]]


INSTEAD = {
    "get_job": "get_job",
    "wait_for_job": "get_job",
    "diagnose_job": "get_job",
    "get_job_logs": "get_job_logs",
    "get_job_results": "get_job_results",
}
"""The bridge's calls that replace one of our tools; for a diagnosis, the record alone counts as enough."""

KIN = {"Are others of its template failing as job {id} did?": 50}
"""Questions about one job that also need other jobs' records, and how many of these our answer uses."""


@dataclass(frozen=True)
class Need:
    """What the bridge's model would have to read.

    Attributes:
        records: Records it has to see, a page at a time.
        calls: Calls about one job, which are really made.
    """

    records: int = 0
    calls: tuple[Call, ...] = ()


def need(question: Question, answer: Answer) -> Need:
    """Work out the calls of a model that knows the API well and trusts its filters, totals and order."""
    content = answer.results[-1].structured_content or {}
    asked = question.calls[-1]
    match asked.tool:
        case "summarize_jobs":
            return Need(int(content["rows"][0][content["columns"].index("count")]))
        case "filter_jobs" | "list_jobs":
            return Need(max(1, len(content["jobs"])))
    record = content.get("job", content)
    about = {"jobId": record["id"]}
    more: tuple[Call, ...] = ()
    if asked.tool == "get_job_results" and not content["results"]:
        more = (("get_job", about),)
    return Need(KIN.get(question.text, len(question.calls) - 1), ((INSTEAD[asked.tool], about), *more))


async def ours(world: World) -> dict[str, list[Answer]]:
    """Ask everything in each mode."""
    answers: dict[str, list[Answer]] = {}
    for mode in MODES:
        async with Client(serve(create_app(world, meanings=mode.split()))) as client:
            answers[mode] = [await ask(question, client, world) for question in QUESTIONS]
    return answers


async def our_definitions(world: World) -> int:
    """Tokens of our tools' definitions without output schemas."""
    async with Client(serve(create_app(world))) as client:
        tools = (await client.list_tools()).tools
    shown = [
        one.model_dump(mode="json", by_alias=True, exclude_none=True, exclude={"output_schema"})
        for one in tools
    ]
    return len(json.dumps(shown, ensure_ascii=False, separators=(",", ":"))) // 4


def bridge(calls: list[Call]) -> dict[str, Any] | None:
    """Make the bridge's environment and let it answer; None if that is not possible."""
    asked = {"jobs": JOBS, "calls": [{"tool": tool, "arguments": arguments} for tool, arguments in calls]}
    try:
        said = run([peer_python(), str(Path(__file__).parent / "bridge.py")], 300, json.dumps(asked))
    except (subprocess.SubprocessError, OSError) as error:
        print(f"No bridge to compare with: {error}", file=sys.stderr)
        return None
    return dict(json.loads(said))


def run(command: list[str], seconds: float, given: str = "") -> str:
    """Run a program and return its output."""
    done = subprocess.run(  # noqa: S603
        command, input=given, stdout=subprocess.PIPE, text=True, timeout=seconds, check=True
    )
    return done.stdout


async def main() -> None:
    """Ask, compare and print."""
    world = standing_still(JOBS)
    answers = await ours(world)
    needs = [need(*each) for each in zip(QUESTIONS, answers[MODES[0]], strict=True)]
    pages: list[Call] = [
        ("list_jobs", {"pagination.limit": PAGE, "pagination.offset": start}) for start in SAMPLES
    ]
    single = [call for one in needs for call in one.calls]
    said = bridge([*pages, *single])
    record, sizes = 0.0, iter([0] * len(single))
    if said:
        sampled, measured = said["answers"][: len(pages)], said["answers"][len(pages) :]
        record = mean(one["tokens"] / one["records"] for one in sampled)
        sizes = iter([one["tokens"] for one in measured])
    theirs = [
        (
            ceil(one.records / PAGE) + len(one.calls),
            round(one.records * record) + sum(next(sizes) for _ in one.calls),
        )
        for one in needs
    ]
    show(answers, theirs if said else [])
    print()
    sum_up(answers, await our_definitions(world))
    if said:
        explain(theirs, record, said["definitions"])


def show(answers: dict[str, list[Answer]], theirs: list[tuple[int, int]]) -> None:
    """Print a line a question."""
    print(
        f"{'':62}{'calls':>6}{'tokens':>9}{'ignored':>9}{'eq only':>9}{'  | bridge: calls   tokens' if theirs else ''}"
    )
    for number, question in enumerate(QUESTIONS):
        spent = "".join(f"{answers[mode][number].tokens:>9,}" for mode in MODES)
        beside = f"  | {theirs[number][0]:>13}{theirs[number][1]:>9,}" if theirs else ""
        print(f"{question.text[:60]:62}{len(question.calls):>6}{spent}{beside}")


def sum_up(answers: dict[str, list[Answer]], definitions: int) -> None:
    """Print the sums of our answers."""
    for mode, given in answers.items():
        right = sum(is_right(*each) for each in zip(QUESTIONS, given, strict=True))
        spent = [tokens(result) for one in given for result in one.results]
        print(
            f"Ours, filters {mode}: {right} of {len(given)} right, {len(spent)} calls; "
            f"tokens a call: median {median(spent):.0f}, most {max(spent)}; all: {sum(spent):,}."
        )
    print(f"Our definitions, without output schemas: {definitions:,} tokens.")


def explain(theirs: list[tuple[int, int]], record: float, definitions: int) -> None:
    """Print the sums of the bridge's answers, and how both were found."""
    read = [spent for _, spent in theirs]
    print(f"""\
Bridge ({FASTMCP}, FastMCP.from_openapi): tokens a question: median {median(read):,.0f}, most {max(read):,};
all: {sum(read):,} in {sum(calls for calls, _ in theirs):,} calls. Its definitions: {definitions:,} tokens.

How this was found. Tokens are characters / 4 of the larger channel, results only. Both see the same {JOBS:,}
simulated jobs. Ours is measured, and "right" is what SQL over those jobs says. The bridge's is reckoned from
its real answers: {record:,.0f} tokens a record, the mean of {len(SAMPLES)} pages of {PAGE}, times
the records the answer is made of, {PAGE} a page; where a question is about one job, its calls were really made.

In its favour: its model finds each filter and order at once and never errs in counting; it trusts them, and takes
a count from the `total` of a page of one; one record is enough for a diagnosis, without log and siblings.
Against it: counts by group could also be had with one `total` a group, {record:,.0f} tokens each, if the groups
are known; larger pages take fewer calls, for the same tokens.
Where the API ignores filters it has no way to notice: its counts are wrong, and to count itself it must read all
jobs, about {JOBS * record:,.0f} tokens in {ceil(JOBS / PAGE)} calls a question.""")


anyio.run(main)
