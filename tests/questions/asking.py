"""A question in plain words, the calls that answer it, and the right answer by SQL over the simulator's world."""

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

import httpx
from mcp import Client
from mcp.shared.dispatcher import ProgressFnT
from mcp.types import CallToolResult, TextContent
from pydantic import SecretStr
from starlette.applications import Starlette

from bytenite_mcp.config import Settings
from bytenite_mcp.server.app import build_server
from bytenite_mcp.server.mcp_server import ByteNiteServer
from bytenite_mcp.simulator import World

MODES = ("", "filters-ignored", "eq-only")
"""The simulator's meaning of filters: the documented one or others; with --many, all."""

APART = {
    "filter-403": "every question with a filter ends in an error",
    "offset-ignored": "only the first page of the list can be read, which the answers say",
    "list-hides-deleted": "nothing tells that jobs are missing before a filter finds one",
    "row-lean-list": "the list has no values to answer from, which the answers say",
    "nan-in-json": "durations cannot be read, which the answers say",
    "id-other-case": "jobs cannot be had by the ids that are listed",
}
"""Meanings for which no answer can be right, and why."""

APART_IF_MANY = {
    "total-cap-stops": "the list ends after 1,000 jobs, which the answers say",
    "default-random": "each page has another order, so that some jobs are on none, which the answers say",
    "offset-in-pages": "only the first page of the list can be read, which the answers say",
}
"""The same for accounts of thousands of jobs, whose answers stay partial."""

TABLE = """
CREATE TABLE IF NOT EXISTS job AS
    SELECT id, record, templateId AS template,
        substr(state, 11) AS state,
        julianday(json_extract(record, '$.createdAt')) AS created,
        julianday(json_extract(record, '$.startedAt')) AS started,
        julianday(json_extract(record, '$.endedAt')) AS ended,
        julianday(json_extract(record, '$.startAt')) AS planned,
        json_extract(record, '$.name') AS name,
        substr(json_extract(record, '$.priority'), 20) AS priority,
        coalesce(json_extract(record, '$.appId'), '') AS app,
        json_extract(record, '$.duration') AS seconds,
        CAST(json_extract(record, '$.paymentAmount') AS REAL) AS byc,
        CAST(json_extract(record, '$.numChunks') AS INTEGER) AS chunks,
        coalesce(json_extract(record, '$.errorMessage'), '') AS error,
        coalesce(json_extract(record, '$.config.isTestJob'), 0) AS test,
        json_extract(record, '$.dataSource.dataSourceDescriptor') AS source,
        json_extract(record, '$.dataDestination.dataSourceDescriptor') AS destination
    FROM jobs
"""
"""The jobs with typed columns and times as Julian days, for the SQL of the right answers."""

ASKED = "WITH asked(id) AS (SELECT ?) "
"""Precedes each question's SQL: the job that it names."""


@dataclass(frozen=True)
class Day:
    """A date that the asker knows: SQLite's modifiers of today, in UTC; `plus` is written after it."""

    modifiers: tuple[str, ...]
    plus: str = ""


@dataclass(frozen=True)
class From:
    """An argument that is taken from the first answer."""

    take: Callable[[CallToolResult], Any]


class Asked:
    """An argument that is the id of the job the question names."""


ID = Asked()


@dataclass(frozen=True)
class Call:
    """A call of a tool; arguments may hold `Day`, `From` and `ID`."""

    tool: str
    arguments: dict[str, Any]


@dataclass(frozen=True)
class Since:
    """A time as it should be on the wire: SQLite's modifiers of the present moment."""

    modifiers: tuple[str, ...]


@dataclass(frozen=True)
class Question:
    """A question and how to tell whether it was answered rightly.

    Attributes:
        text: As people ask it; `{id}` stands for the job it names.
        calls: What a competent model would call.
        read: Takes what was asked for out of the last answer's structured content.
        right: SQL after `ASKED` that gives the right answer.
        shape: What the SQL gives: a value, a list, values by name, rows by name, or names of which any is right.
        about: SQL after `ASKED` that gives the id of the job it names.
        sent: The filters that should be on the wire, if the API honours them.
        within: How far numbers may be off, relatively: most are shown with three digits.
    """

    text: str
    calls: tuple[Call, ...]
    read: Callable[[dict[str, Any]], Any]
    right: str
    shape: Literal["value", "list", "table", "rows", "any"] = "value"
    about: str = ""
    sent: tuple[tuple[str, str, Any], ...] = ()
    within: float = 0.005


@dataclass
class Answer:
    """The result of asking."""

    given: Any
    right: Any
    results: list[CallToolResult] = field(default_factory=list)

    @property
    def tokens(self) -> int:
        """Tokens of all results together."""
        return sum(map(tokens, self.results))


def standing_still(jobs: int, moment: datetime | None = None) -> World:
    """Make a world at a moment, and stop its clock; the current one by default, because "last week" depends on it."""
    moment = moment or datetime.now(UTC)
    world = World(jobs, clock=lambda: moment)
    world.rows(TABLE)
    world.rows("CREATE TABLE clock AS SELECT julianday(?) AS now", [moment.isoformat()])
    return world


def serve(app: Starlette) -> ByteNiteServer:
    """Make a server over a simulator; it forgets what it read when a client leaves."""
    settings = Settings(api_key=SecretStr("demo-key"), base_url="https://bytenite.test/v1")
    return build_server(settings, httpx.ASGITransport(app, raise_app_exceptions=False))


async def ask(
    question: Question, client: Client, world: World, progress: ProgressFnT | None = None
) -> Answer:
    """Ask until the right answer is the same before and after, because it changes with the time of day."""
    job_id = str(world.rows(ASKED + question.about, [""])[0][0]) if question.about else ""
    while True:
        right = rightly(question, world, job_id)
        results: list[CallToolResult] = []
        for call in question.calls:
            arguments = _filled(call.arguments, world, job_id, results)
            results.append(await client.call_tool(call.tool, arguments, progress_callback=progress))
        if rightly(question, world, job_id) == right:
            return Answer(question.read(results[-1].structured_content or {}), right, results)


def rightly(question: Question, world: World, job_id: str = "") -> Any:
    """Compute the right answer by SQL."""
    rows = world.rows(ASKED + question.right, [job_id])
    match question.shape:
        case "value":
            return rows[0][0]
        case "table":
            return dict(rows)
        case "rows":
            return {name: values for name, *values in rows}
        case _:
            return [value for (value,) in rows]


def is_right(question: Question, answer: Answer) -> bool:
    """Compare an answer with the right one."""
    if question.shape == "any":
        return answer.given in answer.right
    return is_same(answer.given, answer.right, question.within)


def tokens(result: CallToolResult) -> int:
    """Estimate the tokens of the larger channel, four characters each."""
    text = "".join(block.text for block in result.content if isinstance(block, TextContent))
    structured = json.dumps(result.structured_content, ensure_ascii=False, separators=(",", ":"))
    return max(len(text), len(structured)) // 4


def filters_sent(app: Starlette) -> list[list[dict[str, Any]]]:
    """Return the filters of every request that had some."""
    return [seen.body["filters"] for seen in app.state.requests if seen.path.endswith("/jobs/filter")]


def _filled(value: Any, world: World, job_id: str, answered: list[CallToolResult]) -> Any:
    match value:
        case dict():
            return {name: _filled(one, world, job_id, answered) for name, one in value.items()}
        case list():
            return [_filled(one, world, job_id, answered) for one in value]
        case Day(modifiers, plus):
            return f"{moment(world, 'date', modifiers)}{plus}"
        case Asked():
            return job_id
        case From(take):
            return take(answered[0])
    return value


def moment(world: World, function: str, modifiers: Sequence[str]) -> Any:
    """Ask SQLite what time it is in a world."""
    marks = ", ".join(["(SELECT now FROM clock)", *("?" for _ in modifiers)])
    return world.rows(f"SELECT {function}({marks})", modifiers)[0][0]


def is_same(given: Any, right: Any, within: float) -> bool:
    match given, right:
        case dict(), dict():
            return given.keys() == right.keys() and all(
                is_same(given[key], right[key], within) for key in right
            )
        case list(), list():
            return len(given) == len(right) and all(
                is_same(a, b, within) for a, b in zip(given, right, strict=True)
            )
        case (float(), int() | float()) | (int(), float()):
            return math.isclose(given, right, rel_tol=within, abs_tol=1e-9)
    return bool(given == right)
