from dataclasses import dataclass
from typing import Any

import pytest
from mcp import Client

from bytenite_mcp.simulator import World, create_app
from tests.questions.asking import Answer, Question, ask, is_right, serve
from tests.questions.catalogue import FAILED, IN_MONTH, IN_WEEK, MONTH, TODAY, WEEK, summary, where

pytestmark = pytest.mark.anyio

STATISTICS = """
    , chosen AS (
        SELECT {key} AS key, state, chunks, seconds, iif(state = 'COMPLETE', byc, 0) AS paid,
            iif(state IN ('NEW', 'COMPLETE', 'FAILED'), 0, byc) AS pending
        FROM job WHERE {condition}),
    ranked AS (
        SELECT key, seconds, row_number() OVER (PARTITION BY key ORDER BY seconds) - 1 AS place,
            count(*) OVER (PARTITION BY key) - 1 AS last
        FROM chosen WHERE seconds > 0 AND state IN ('COMPLETE', 'FAILED')),
    ran AS (
        SELECT key, max(seconds) AS longest, sum(seconds * max(0, 1 - abs(place - last * 0.5))) AS p50,
            sum(seconds * max(0, 1 - abs(place - last * 0.95))) AS p95
        FROM ranked GROUP BY key)
    SELECT key, count(*), sum(state = 'COMPLETE'), sum(state = 'FAILED'),
        sum(state NOT IN ('NEW', 'COMPLETE', 'FAILED')),
        sum(state = 'FAILED') * 1.0 / nullif(sum(state IN ('COMPLETE', 'FAILED')), 0),
        {paid}, {pending}, sum(chunks), p50, p95, longest
    FROM chosen LEFT JOIN ran USING (key) GROUP BY key
"""
CENTS = "coalesce(nullif(round({0}, 2), 0), nullif(round({0}, 3), 0), nullif(round({0}, 4), 0), 0)"
"""To the cent, but not to nothing."""

JOBS = 10_000
COLUMNS = (
    "count", "complete", "failed", "unfinished", "failureRate", "byc", "bycPending", "chunks", "p50", "p95", "max",
)  # fmt: skip


@dataclass(frozen=True)
class Case:
    """A summary, and how SQL computes the same.

    Attributes:
        group_by: What is asked for.
        key: SQL of a group's name.
        filters: Which jobs.
        condition: SQL of the same.
        letters: How much of a group's name is compared.
    """

    group_by: str
    key: str
    filters: tuple[Any, ...] = ()
    condition: str = "1"
    letters: int = 60
    timezone: str = "UTC"

    def __str__(self) -> str:
        return f"by {self.group_by or 'nothing'}, {len(self.filters)} filters"

    def question(self) -> Question:
        by = (self.group_by,) if self.group_by else ()
        return Question(
            f"A summary {self}",
            (summary(*self.filters, by=by, limit=100, timezone=self.timezone),),
            self.rows,
            STATISTICS.format(
                key=self.key,
                condition=self.condition,
                paid=CENTS.format("sum(paid)"),
                pending=CENTS.format("sum(pending)"),
            ),
            "rows",
            within=0.03,
        )

    def rows(self, content: dict[str, Any]) -> dict[str, list[Any]]:
        """Read the statistics of each group; a column that no group has anything in is left out."""
        found = {}
        for row in content["rows"][1:] if self.group_by else content["rows"]:
            values = {
                name: None if cell == "" else cell for name, cell in zip(content["columns"], row, strict=True)
            }
            found[row[0][: self.letters] if self.group_by else ""] = [values.get(name, 0) for name in COLUMNS]
        return found


CASES = (
    Case("", "''"),
    Case("state", "state"),
    Case("templateId", "template"),
    Case("app", "coalesce(nullif(app, ''), '(none)')"),
    Case("dataSource", "source"),
    Case("month", "strftime('%Y-%m', created, '+9 hours')", timezone="Asia/Tokyo"),
    Case("", "''", (FAILED,), "state = 'FAILED'"),
    Case("errorMessage", "substr(error, 1, 12)", (FAILED, MONTH), f"state = 'FAILED' AND {IN_MONTH}", 12),
    Case("day", "date(created)", (WEEK,), IN_WEEK),
    Case("hour", "strftime('%Y-%m-%dT%H', created)", (where("createdAt", "EQ", "now/d"),), TODAY),
    Case(
        "priority",
        "priority",
        (
            where("templateId", "LIKE", "video%"),
            where("numChunks", "GT", 30),
            where("isTestJob", "NEQ", True),
        ),
        "template LIKE 'video%' AND chunks > 30 AND NOT test",
    ),
)


def is_partial(answer: Answer) -> bool:
    """Whether not all jobs have been read yet, which can happen if many tests run at once."""
    return bool((answer.results[0].structured_content or {}).get("partial"))


async def test_summaries_of_ten_thousand_jobs_are_right_tell_their_progress_and_read_the_jobs_once(
    large_mode: str, large_world: World
) -> None:
    app = create_app(large_world, meanings=large_mode.split())
    told: list[tuple[float, float | None]] = []

    async def tell(progress: float, total: float | None, message: str | None) -> None:
        told.append((progress, total))

    async with Client(serve(app)) as client:
        while is_partial(first := await ask(CASES[0].question(), client, large_world, tell)):
            pass
        read = len(app.state.requests)
        answers = [await ask(case.question(), client, large_world) for case in CASES]

    wrong = [
        str(case)
        for case, answer in zip(CASES, answers, strict=True)
        if not is_right(case.question(), answer)
    ]
    assert is_right(CASES[0].question(), first)
    assert not wrong
    assert told == sorted(told)
    assert told[-1][0] == JOBS
    assert len(app.state.requests) - read <= 2 * len(CASES)
