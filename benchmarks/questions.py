"""What answers cost a model, in calls and tokens, beside a generic bridge; prints a table, never passes or fails.

`python benchmarks/questions.py` asks every question of tests/questions in a simulated account of a thousand jobs.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from statistics import mean, median
from typing import Any

import anyio
from mcp import Client
from peers import FASTMCP, fastmcp
from processes import Program, simulator

from bytenite_mcp.simulator import World, create_app

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.questions.asking import (
    MODES,
    Answer,
    Question,
    ask,
    is_right,
    serve,
    standing_still,
    tokens,
)
from tests.questions.catalogue import QUESTIONS

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
"""The bridge's call instead of one of our tools; for a diagnosis, the record alone counts as enough."""

SIBLINGS = {"Are others of its template failing as job {id} did?": 50}
"""Questions about one job that need other jobs' records too, and how many our answer uses."""


@dataclass(frozen=True)
class Need:
    """What a model would have to read through the bridge.

    Attributes:
        records: The number of records, read a page at a time.
        calls: Calls about one job, which are really made.
    """

    records: int = 0
    calls: tuple[Call, ...] = ()


def need(question: Question, answer: Answer) -> Need:
    """Return the need of a model that knows the API well and trusts its filters, totals and order."""
    content = answer.results[-1].structured_content or {}
    asked = question.calls[-1]
    match asked.tool:
        case "summarize_jobs":
            return Need(int(content["rows"][0][content["columns"].index("count")]))
        case "filter_jobs" | "list_jobs":
            return Need(max(1, len(content["jobs"])))
        case "query_jobs":
            return Need(JOBS)
    record = content.get("job") or content.get("jobs", [content])[0]
    about = {"jobId": record["id"]}
    more: tuple[Call, ...] = ()
    if asked.tool == "get_job_results" and not content["results"]:
        more = (("get_job", about),)
    return Need(SIBLINGS.get(question.text, len(question.calls) - 1), ((INSTEAD[asked.tool], about), *more))


async def ours(world: World) -> dict[str, list[Answer]]:
    """Ask every question in each mode."""
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
    return len(compact(shown)) // 4


@dataclass(frozen=True)
class Bridge:
    """What the bridge's definitions and answers cost, in tokens, and the records in each answer."""

    definitions: int
    tokens: Sequence[int]
    records: Sequence[int]


def ask_bridge(calls: list[Call]) -> Bridge | None:
    """Install and start the bridge, and make calls; None if that is not possible."""
    try:
        with simulator(JOBS) as environment:
            program = Program(fastmcp(environment), environment)
            try:
                tools = program.open()["tools"]
                answers = [program.call(*call) for call in calls]
            finally:
                program.end()
    except (subprocess.SubprocessError, OSError, RuntimeError) as error:
        print(f"No bridge to compare with: {error}", file=sys.stderr)
        return None
    shown = [{name: one[name] for name in one.keys() - {"outputSchema", "_meta"}} for one in tools]
    contents = [answer.get("structuredContent") or {} for answer in answers]
    texts = ["".join(block.get("text", "") for block in answer["content"]) for answer in answers]
    return Bridge(
        len(compact(shown)) // 4,
        [max(len(text), len(compact(one))) // 4 for text, one in zip(texts, contents, strict=True)],
        [len(one.get("data") or []) for one in contents],
    )


def compact(value: Any) -> str:
    """Write JSON without spaces."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


async def main() -> None:
    """Ask, compare and print."""
    world = standing_still(JOBS)
    answers = await ours(world)
    needs = [need(*each) for each in zip(QUESTIONS, answers[MODES[0]], strict=True)]
    pages: list[Call] = [
        ("list_jobs", {"pagination.limit": PAGE, "pagination.offset": start}) for start in SAMPLES
    ]
    bridge = ask_bridge([*pages, *(call for one in needs for call in one.calls)])
    theirs, record = [], 0.0
    if bridge:
        sampled = zip(bridge.tokens[: len(pages)], bridge.records[: len(pages)], strict=True)
        record = mean(spent / rows for spent, rows in sampled)
        sizes = iter(bridge.tokens[len(pages) :])
        theirs = [
            (
                ceil(one.records / PAGE) + len(one.calls),
                round(one.records * record) + sum(next(sizes) for _ in one.calls),
            )
            for one in needs
        ]
    show(answers, theirs)
    print()
    sum_up(answers, await our_definitions(world))
    if bridge:
        explain(theirs, record, bridge.definitions)


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
    """Print the sums of the bridge's answers, and how the figures were computed."""
    read = [spent for _, spent in theirs]
    print(f"""\
Bridge ({FASTMCP}, FastMCP.from_openapi): tokens a question: median {median(read):,.0f}, most {max(read):,};
all: {sum(read):,} in {sum(calls for calls, _ in theirs):,} calls. Its definitions: {definitions:,} tokens.

Tokens are characters / 4 of the larger channel, results only. Both see the same {JOBS:,} simulated jobs. Our figures
are measured; SQL over those jobs says what is right. The bridge's are computed from its real answers: {record:,.0f}
tokens a record, the mean of {len(SAMPLES)} pages of {PAGE}, times the records that an answer needs, {PAGE} a page; all
jobs for a question that we answer with SQL. Calls about one job were really made.

In the bridge's favour: its model knows each filter and order at once, trusts them, never miscounts, and takes a count
from the `total` of a page of one record; one record is enough for a diagnosis, without the log and other jobs.
Against it: if the groups are known, a count by group needs one `total` for each, {record:,.0f} tokens; larger pages
need fewer calls, for the same tokens.
If the API ignores filters, the bridge's counts are wrong and nothing shows it. To count by itself, its model must
read all jobs: about {JOBS * record:,.0f} tokens in {ceil(JOBS / PAGE)} calls a question.""")


anyio.run(main)
