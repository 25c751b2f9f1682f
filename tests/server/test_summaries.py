"""summarize_jobs, against SQL over the same world."""

from collections import defaultdict
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bytenite_mcp.jobs.summary_columns import STATISTICS
from bytenite_mcp.simulator import World, create_app

from .conftest import Answer, Asker, answering, connected, page_of, world_of

pytestmark = pytest.mark.anyio

OTHER_GROUPS = {
    "state": "$.state",
    "templateId": "$.templateId",
    "priority": "$.priority",
    "appId": "$.appId",
    "app": "$.templateInfo.app",
    "owner": "$.templateInfo.owner",
    "dataSource": "$.dataSource.dataSourceDescriptor",
}
PERIODS = {"hour": "%Y-%m-%dT%H", "day": "%Y-%m-%d", "month": "%Y-%m"}
Row = dict[str, Any]


@pytest.fixture
def world() -> World:
    return world_of(1000, 1)


def rows_of(answer: Answer) -> list[Row]:
    """Read the rows by column; an empty cell has nothing to tell."""
    columns = answer.content["columns"]
    return [
        {name: None if cell == "" else cell for name, cell in zip(columns, row, strict=True)}
        for row in answer.content["rows"]
    ]


def by_sql(world: World, key: str = "''", where: str = "1") -> dict[str, list[tuple[Any, ...]]]:
    """Read what a summary is made of, by group."""
    found = world.rows(
        f"SELECT {key}, state, CAST(json_extract(record, '$.paymentAmount') AS REAL), "
        "CAST(json_extract(record, '$.numChunks') AS INTEGER), json_extract(record, '$.duration'), "
        f"json_extract(record, '$.createdAt') FROM jobs WHERE {where}"
    )
    groups = defaultdict(list)
    for group, *row in found:
        groups[str(group or "(none)")].append(tuple(row))
    return groups


def percentile(values: list[float], share: int) -> float | None:
    """Interpolate linearly between the closest ranks, in exact arithmetic."""
    if not values:
        return None
    ordered = [Fraction(value) for value in sorted(values)]
    rank = Fraction(share, 100) * (len(ordered) - 1)
    below = int(rank)
    above = min(below + 1, len(ordered) - 1)
    return float(ordered[below] + (rank - below) * (ordered[above] - ordered[below]))


def expected(rows: list[tuple[Any, ...]]) -> Row:
    complete = sum(row[0] == "JOB_STATE_COMPLETE" for row in rows)
    failed = sum(row[0] == "JOB_STATE_FAILED" for row in rows)
    paid = sum(row[1] or 0 for row in rows)
    seconds = [row[3] for row in rows if row[3]]
    days = sorted(row[4][:10] for row in rows)
    return {
        "count": len(rows),
        "complete": complete,
        "failed": failed,
        "successRate": complete / (complete + failed) if complete + failed else None,
        "bycTotal": paid,
        "bycMean": paid / len(rows) if rows else None,
        "chunks": sum(row[2] or 0 for row in rows),
        "secondsTotal": sum(seconds),
        "secondsMean": sum(seconds) / len(seconds) if seconds else None,
        "p50": percentile(seconds, 50),
        "p95": percentile(seconds, 95),
        "max": max(seconds, default=None),
        "first": days[0] if days else None,
        "last": days[-1] if days else None,
    }


def assert_row(row: Row, rows: list[tuple[Any, ...]]) -> None:
    for name, value in expected(rows).items():
        if name not in row:
            assert name in ("first", "last")
        elif isinstance(value, float):
            assert row[name] == pytest.approx(value, rel=0.005), name
        else:
            assert row[name] == value, name


def test_what_is_told_of_each_group_is_what_was_agreed() -> None:
    assert tuple(expected([])) == STATISTICS


async def test_all_jobs_together_are_summed_up_in_one_row(asker: Asker, world: World) -> None:
    answer = await asker.ask("summarize_jobs")
    (row,) = rows_of(answer)
    assert answer.content["columns"] == list(STATISTICS)
    assert_row(row, by_sql(world)["(none)"])


async def test_sums_are_exact_to_six_digits(asker: Asker, world: World) -> None:
    (row,) = rows_of(await asker.ask("summarize_jobs"))
    wanted = expected(by_sql(world)["(none)"])
    assert row["bycTotal"] == pytest.approx(wanted["bycTotal"], rel=1e-5)
    assert row["secondsTotal"] == pytest.approx(wanted["secondsTotal"], rel=1e-5)


@pytest.mark.parametrize("group", OTHER_GROUPS)
async def test_each_group_is_right(asker: Asker, world: World, group: str) -> None:
    answer = await asker.ask("summarize_jobs", group_by=[group], limit=100)
    everything, *rows = rows_of(answer)
    wanted = by_sql(world, f"json_extract(record, '{OTHER_GROUPS[group]}')")
    assert everything[group] == "(all)"
    assert {row[group] for row in rows} == set(wanted)
    for row in rows:
        assert_row(row, wanted[row[group]])


async def test_test_jobs_are_told_from_others(asker: Asker, world: World) -> None:
    rows = rows_of(await asker.ask("summarize_jobs", group_by=["isTestJob"]))
    wanted = by_sql(
        world, "CASE json_extract(record, '$.config.isTestJob') WHEN 1 THEN 'true' ELSE 'false' END"
    )
    assert {row["isTestJob"]: row["count"] for row in rows[1:]} == {
        name: len(found) for name, found in wanted.items()
    }


async def test_errors_that_differ_only_in_ids_and_numbers_are_one_group(asker: Asker, world: World) -> None:
    failed = [{"field": "state", "condition": "EQ", "value": "FAILED"}]
    _, *rows = rows_of(await asker.ask("summarize_jobs", group_by=["errorMessage"], filters=failed))
    for opening in ("CUDA out of memory", "Timeout: task", "ModuleNotFoundError", "Insufficient balance"):
        (count,) = world.rows(
            "SELECT count(*) FROM jobs WHERE json_extract(record, '$.errorMessage') LIKE ?", [f"{opening}%"]
        )[0]
        assert [row["count"] for row in rows if row["errorMessage"].startswith(opening)] == (
            [count] if count else []
        )


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "America/New_York", "Pacific/Auckland"])
@pytest.mark.parametrize("period", [*PERIODS, "week"])
async def test_periods_begin_as_they_do_in_the_time_zone(
    asker: Asker, world: World, period: str, zone: str
) -> None:
    wanted = defaultdict(list)
    for job in by_sql(world)["(none)"]:
        created = datetime.fromisoformat(job[4][:19] + "+00:00").astimezone(ZoneInfo(zone))
        if period == "week":
            monday = created.date() - timedelta(days=created.weekday())
            wanted[monday.isoformat()].append(job)
        else:
            wanted[created.strftime(PERIODS[period])].append(job)
    _, *rows = rows_of(await asker.ask("summarize_jobs", group_by=[period], timezone=zone, limit=100))
    named = [row for row in rows if not row[period].startswith("(other)")]
    assert len(named) == min(100, len(wanted))
    for row in named:
        assert_row(row, wanted[row[period]])


async def test_groups_come_by_size_and_the_rest_is_folded_into_other(asker: Asker, world: World) -> None:
    everything, *rows = rows_of(await asker.ask("summarize_jobs", group_by=["templateId"], limit=4))
    wanted = by_sql(world, "templateId")
    sizes = sorted((len(found) for found in wanted.values()), reverse=True)
    assert [row["count"] for row in rows[:4]] == sizes[:4]
    shown = {row["templateId"] for row in rows[:4]}
    assert rows[4]["templateId"] == f"(other) {len(wanted) - 4} groups"
    assert_row(rows[4], [row for name, found in wanted.items() if name not in shown for row in found])
    assert_row(everything, [row for found in wanted.values() for row in found])


async def test_two_groups_cross_each_other(asker: Asker, world: World) -> None:
    _, *rows = rows_of(await asker.ask("summarize_jobs", group_by=["state", "dataSource"], limit=100))
    wanted = by_sql(world, "state || ' ' || json_extract(record, '$.dataSource.dataSourceDescriptor')")
    assert {
        f"{row['state']} {row['dataSource']}": row["count"] for row in rows if "(none)" not in row.values()
    } == {name: len(found) for name, found in wanted.items() if name != "(none)"}


@pytest.mark.parametrize("meaning", ["", "filters-ignored", "eq-only"])
async def test_a_summary_of_some_is_right_whatever_the_api_does_with_filters(
    world: World, meaning: str
) -> None:
    asked = [
        {"field": "state", "condition": "IN", "value": ["FAILED", "COMPLETE"]},
        {"field": "createdAt", "condition": "GTE", "value": "2026-02"},
        {"field": "createdAt", "condition": "LT", "value": "2026-03"},
    ]
    wanted = by_sql(
        world, where="state IN ('JOB_STATE_FAILED', 'JOB_STATE_COMPLETE') "
        "AND json_extract(record, '$.createdAt') LIKE '2026-02-%'",
    )  # fmt: skip
    async with connected(create_app(world, meanings=meaning.split())) as asker:
        answer = await asker.ask("summarize_jobs", filters=asked)
    (row,) = rows_of(answer)
    assert_row(row, wanted["(none)"])
    assert answer.content["evaluated"] == ("local" if meaning else "api")


async def test_a_summary_of_nothing_says_so(asker: Asker) -> None:
    nobody = [{"field": "name", "condition": "EQ", "value": "nobody"}]
    answer = await asker.ask("summarize_jobs", filters=nobody, group_by=["state"])
    assert [row["count"] for row in rows_of(answer)] == [0]
    assert answer.content["note"] == "No job matches; use list_jobs to see what there is."


async def test_rows_that_cannot_be_read_are_told_even_where_nothing_else_is_there() -> None:
    async with connected(answering(jobs=page_of(3, None))) as asker:
        answer = await asker.ask("summarize_jobs")
    assert "No job matches" in answer.content["note"]
    assert "2 rows could not be read as jobs." in answer.content["note"]


async def test_ten_thousand_jobs_take_no_more_requests_than_pages_and_two() -> None:
    world = world_of(10_000, 5)
    app = create_app(world)
    reports: list[float] = []

    async def note(progress: float, total: float | None, message: str | None) -> None:
        reports.append(progress)

    async with connected(app) as asker:
        result = await asker.client.call_tool("summarize_jobs", {}, progress_callback=note)
    assert len(app.state.requests) <= 10 + 2
    assert len(reports) == 10
    assert reports[-1] == 10_000
    answer = Answer.of(result)
    (states,) = world.rows("SELECT count(*) FROM jobs WHERE state = 'JOB_STATE_FAILED'")[0]
    (row,) = rows_of(answer)
    assert (row["count"], row["failed"]) == (10_000, states)
