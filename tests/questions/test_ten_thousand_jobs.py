from dataclasses import dataclass
from math import ceil
from typing import Any

import pytest
from mcp import Client

from bytenite_mcp.simulator import World, create_app

from .asking import MODES, Question, ask, is_right, serve
from .catalogue import FAILED, IN_MONTH, IN_WEEK, MONTH, TODAY, WEEK, summary, where

pytestmark = pytest.mark.anyio

PAGE = 1000
PERIODS = ("hour", "day", "week", "month")
"""Groups that say themselves when their jobs were created."""

STATISTICS = """
    , chosen AS (SELECT {key} AS key, * FROM job WHERE {condition}),
    ranked AS (
        SELECT key, seconds, row_number() OVER (PARTITION BY key ORDER BY seconds) - 1 AS place,
            count(*) OVER (PARTITION BY key) - 1 AS last
        FROM chosen WHERE seconds > 0),
    ran AS (
        SELECT key, sum(seconds) AS total, avg(seconds) AS mean, max(seconds) AS longest,
            sum(seconds * max(0, 1 - abs(place - last * 0.5))) AS p50,
            sum(seconds * max(0, 1 - abs(place - last * 0.95))) AS p95
        FROM ranked GROUP BY key)
    SELECT key, count(*), sum(state = 'COMPLETE'), sum(state = 'FAILED'),
        sum(state = 'COMPLETE') * 1.0 / nullif(sum(state IN ('COMPLETE', 'FAILED')), 0),
        sum(byc), avg(byc), sum(chunks), coalesce(total, 0), mean, p50, p95, longest
        {seen}
    FROM chosen LEFT JOIN ran USING (key) GROUP BY key
"""


@dataclass(frozen=True)
class Case:
    """A summary, and by what and of which jobs SQL makes the same.

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
        seen = "" if self.group_by in PERIODS else ", min(date(created)), max(date(created))"
        return Question(
            f"A summary {self}",
            (summary(*self.filters, by=by, limit=100, timezone=self.timezone),),
            self.rows,
            STATISTICS.format(key=self.key, condition=self.condition, seen=seen),
            "rows",
        )

    def rows(self, content: dict[str, Any]) -> dict[str, list[Any]]:
        rows: list[list[Any]] = [[None if one == "" else one for one in row] for row in content["rows"]]
        if not self.group_by:
            return {"": rows[0]}
        return {name[: self.letters]: values for name, *values in rows[1:]}


UNFILTERED = (
    Case("", "''"),
    Case("state", "'JOB_STATE_' || state"),
    Case("templateId", "template"),
    Case("app", "coalesce(nullif(app, ''), '(none)')"),
    Case("dataSource", "source"),
    Case("month", "strftime('%Y-%m', created, '+9 hours')", timezone="Asia/Tokyo"),
)
FILTERED = (
    Case("", "''", (FAILED,), "state = 'FAILED'"),
    Case("errorMessage", "substr(error, 1, 12)", (FAILED, MONTH), f"state = 'FAILED' AND {IN_MONTH}", 12),
    Case("day", "date(created)", (WEEK,), IN_WEEK),
    Case("hour", "strftime('%Y-%m-%dT%H', created)", (where("createdAt", "EQ", "now/d"),), TODAY),
    Case(
        "priority",
        "'EXECUTION_PRIORITY_' || priority",
        (
            where("templateId", "LIKE", "video%"),
            where("numChunks", "GT", 30),
            where("isTestJob", "NEQ", True),
        ),
        "template LIKE 'video%' AND chunks > 30 AND NOT test",
    ),
)
CASES = [(case, "") for case in UNFILTERED] + [(case, mode) for case in FILTERED for mode in MODES]


@pytest.mark.parametrize(("case", "mode"), CASES, ids=str)
async def test_a_summary_of_ten_thousand_jobs_is_right_tells_its_progress_and_asks_little_beside_its_pages(
    case: Case, mode: Any, large_world: World
) -> None:
    app = create_app(large_world, meanings=mode.split())
    told: list[tuple[float, float | None]] = []

    async def tell(progress: float, total: float | None, message: str | None) -> None:
        told.append((progress, total))

    async with Client(serve(app)) as client:
        answer = await ask(case.question(), client, large_world, tell)

    assert is_right(case.question(), answer), (answer.given, answer.right)
    content = answer.results[0].structured_content or {}
    matching = content["rows"][0][content["columns"].index("count")]
    pages = max(1, ceil(content.get("read", matching) / PAGE))
    assert len(app.state.requests) <= pages + 2
    assert len(told) >= pages
    assert told == sorted(told)
    assert told[-1] == (content.get("read", matching),) * 2
