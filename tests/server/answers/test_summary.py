"""summarize_jobs, against SQL over the same world."""

from collections import defaultdict
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bytenite_mcp.server.answers.summary import count_groups
from bytenite_mcp.simulator import World, create_app
from bytenite_mcp.table.groups import NOT_COLUMNS, STATISTICS
from tests.conftest import answering
from tests.server.conftest import SETTINGS, Answer, Asker, Era, both_eras, connected, ids, page_of, world_of

pytestmark = pytest.mark.anyio

OTHER_GROUPS = {
    "templateId": "$.templateId",
    "appId": "$.appId",
    "app": "$.templateInfo.app",
    "owner": "$.templateInfo.owner",
    "dataSource": "$.dataSource.dataSourceDescriptor",
    "dataDestination": "$.dataDestination.dataSourceDescriptor",
}
SHORTENED = {"state": "substr(state, 11)", "priority": "substr(json_extract(record, '$.priority'), 20)"}
PERIODS = {"hour": "%Y-%m-%dT%H", "day": "%Y-%m-%d", "month": "%Y-%m"}
FINISHED_OR_DRAFT = ("COMPLETE", "FAILED", "NEW")
Row = dict[str, Any]


@pytest.fixture(scope="module")
def world() -> World:
    return world_of(1000, 1)


@pytest.fixture(scope="module")
async def asker(world: World) -> AsyncIterator[Asker]:
    """Connected once, because reading all jobs takes longer than any summary."""
    async with connected(create_app(world)) as asking:
        yield asking


def rows_of(answer: Answer) -> list[Row]:
    """Read the rows by column, without empty cells."""
    columns = answer.content["columns"]
    return [
        {name: None if cell == "" else cell for name, cell in zip(columns, row, strict=True)}
        for row in answer.content["rows"]
    ]


def by_sql(world: World, key: str = "''", where: str = "1") -> dict[str, list[tuple[Any, ...]]]:
    """Read the values that a summary is computed from, by group."""
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
    states = [row[0].removeprefix("JOB_STATE_") for row in rows]
    complete, failed, drafts = map(states.count, ("COMPLETE", "FAILED", "NEW"))
    pending = [row[1] or 0 for row, state in zip(rows, states, strict=True) if state not in FINISHED_OR_DRAFT]
    seconds = [
        row[3] for row, state in zip(rows, states, strict=True) if row[3] and state in FINISHED_OR_DRAFT[:2]
    ]
    return {
        "count": len(rows),
        "complete": complete,
        "failed": failed,
        "unfinished": len(pending),
        "failureRate": failed / (complete + failed) if complete + failed else None,
        "byc": sum(row[1] or 0 for row, state in zip(rows, states, strict=True) if state == "COMPLETE"),
        "bycPending": sum(pending),
        "chunks": sum(row[2] or 0 for row in rows),
        "p50": percentile(seconds, 50),
        "p95": percentile(seconds, 95),
        "max": max(seconds, default=None),
        "drafts": drafts,
        "deleted": 0,
        "unpriced": sum(
            row[1] is None for row, state in zip(rows, states, strict=True) if state == "COMPLETE"
        ),
    }


def assert_row(row: Row, rows: list[tuple[Any, ...]]) -> None:
    for name, value in expected(rows).items():
        if name in ("byc", "bycPending"):
            assert row.get(name, 0) == pytest.approx(value, abs=0.00501), name
        elif isinstance(value, float):
            assert row[name] == pytest.approx(value, rel=0.005, abs=0.00051), name
        elif name not in NOT_COLUMNS:
            assert row[name] == value, name


def test_each_group_has_the_agreed_columns() -> None:
    assert tuple(expected([])) == tuple(STATISTICS)


async def test_all_jobs_together_are_summed_up_in_one_row(asker: Asker, world: World) -> None:
    answer = await asker.ask("summarize_jobs")
    (row,) = rows_of(answer)
    assert answer.content["columns"] == [name for name in STATISTICS if name not in NOT_COLUMNS]
    assert_row(row, by_sql(world)["(none)"])


async def test_money_is_exact_to_the_cent(asker: Asker, world: World) -> None:
    (row,) = rows_of(await asker.ask("summarize_jobs"))
    assert row["byc"] == round(expected(by_sql(world)["(none)"])["byc"], 2)


@pytest.mark.parametrize("group", [*OTHER_GROUPS, *SHORTENED])
async def test_each_group_is_right(asker: Asker, world: World, group: str) -> None:
    answer = await asker.ask("summarize_jobs", group_by=[group], limit=100)
    everything, *rows = rows_of(answer)
    key = SHORTENED.get(group) or f"json_extract(record, '{OTHER_GROUPS[group]}')"
    wanted = by_sql(world, key)
    assert everything[group] == "(all)"
    assert {row[group] for row in rows} == set(wanted)
    for row in rows:
        assert_row(row, wanted[row[group]])


async def test_test_jobs_are_distinguished_from_others(asker: Asker, world: World) -> None:
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
async def test_periods_begin_in_the_time_zone(asker: Asker, world: World, period: str, zone: str) -> None:
    wanted = defaultdict(list)
    for job in by_sql(world)["(none)"]:
        created = datetime.fromisoformat(job[4][:19] + "+00:00").astimezone(ZoneInfo(zone))
        if period == "week":
            monday = created.date() - timedelta(days=created.weekday())
            wanted[monday.isoformat()].append(job)
        else:
            offset = created.isoformat()[-6:] if period == "hour" and zone != "UTC" else ""
            wanted[created.strftime(PERIODS[period]) + offset].append(job)
    _, *rows = rows_of(await asker.ask("summarize_jobs", group_by=[period], timezone=zone, limit=100))
    named = [row for row in rows if not row[period].startswith("(other)")]
    assert len(named) == min(100, len(wanted))
    for row in named:
        assert_row(row, wanted[row[period]])


async def test_periods_come_in_time_and_the_oldest_are_folded(asker: Asker, world: World) -> None:
    answer = await asker.ask("summarize_jobs", group_by=["day"], limit=5)
    _, *rows = rows_of(answer)
    assert "Not shown: any day without jobs." in answer.content["note"]
    days = sorted(by_sql(world, "substr(json_extract(record, '$.createdAt'), 1, 10)"))
    assert [row["day"] for row in rows] == [*days[-5:], f"(other) {len(days) - 5} groups"]


async def test_a_day_may_be_the_one_on_which_jobs_ended(asker: Asker, world: World) -> None:
    _, *rows = rows_of(await asker.ask("summarize_jobs", group_by=["month"], time="endedAt", limit=100))
    wanted = by_sql(world, "substr(json_extract(record, '$.endedAt'), 1, 7)")
    assert {row["month"]: row["count"] for row in rows} == {
        name: len(found) for name, found in wanted.items()
    }
    assert rows[-1]["month"] == "(none)"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"group_by": ["owner"]}, "owner is the template's; who ran a job is not recorded."),
        ({"group_by": ["region"]}, "regions are where a job must run; where it ran is not recorded."),
        (
            {"group_by": ["state"], "time": "endedAt"},
            "`time` has no effect without a group from hour to weekday;",
        ),
        ({"order_by": "byc"}, "order_by has no effect without group_by."),
    ],
)
async def test_what_a_group_does_not_mean_and_an_argument_does_not_do_is_told(
    asker: Asker, arguments: dict[str, Any], said: str
) -> None:
    assert said in (await asker.ask("summarize_jobs", **arguments)).content["note"]
    plain = await asker.ask("summarize_jobs", group_by=["month"], time="endedAt", order_by="byc")
    assert "no effect" not in plain.content["note"]


async def test_groups_come_by_any_column(asker: Asker) -> None:
    for order, column, falling in (("byc", "byc", True), ("failureRate asc", "failureRate", False)):
        _, *rows = rows_of(await asker.ask("summarize_jobs", group_by=["appId"], order_by=order, limit=100))
        values = [row[column] for row in rows if row[column] is not None]
        assert len(set(values)) > 3
        assert values == sorted(values, reverse=falling)


async def test_days_in_filters_are_those_of_the_time_zone(asker: Asker, world: World) -> None:
    (day,) = world.rows("SELECT max(substr(json_extract(record, '$.createdAt'), 1, 10)) FROM jobs WHERE "
                        "json_extract(record, '$.createdAt') < '2026-02-20'")[0]  # fmt: skip
    asked = [{"field": "createdAt", "condition": "EQ", "value": day}]
    answer = await asker.ask("summarize_jobs", filters=asked, group_by=["day"], timezone="Asia/Tokyo")
    everything, *rows = rows_of(answer)
    wanted = by_sql(world, where="date(json_extract(record, '$.createdAt'), '+9 hours') = '" + day + "'")
    assert [row["day"] for row in rows] == [day]
    assert_row(everything, wanted["(none)"])


@both_eras
async def test_days_are_those_of_the_zone_that_is_set_unless_a_call_names_another(
    world: World, era: Era
) -> None:
    day = "2026-02-11"
    asked = [{"field": "createdAt", "condition": "EQ", "value": day}]
    settings = SETTINGS.model_copy(update={"timezone": "Asia/Tokyo"})
    wanted = len(ids(world, "date(json_extract(record, '$.createdAt'), '+9 hours') = ?", day))
    assert wanted
    async with connected(create_app(world), era, settings) as asker:
        summary = await asker.ask("summarize_jobs", filters=asked, group_by=["day"])
        found = await asker.ask("filter_jobs", filters=asked)
        elsewhere = await asker.ask("filter_jobs", filters=asked, timezone="utc")
        in_utc = await asker.ask("summarize_jobs", filters=asked, timezone="UTC")
    everything, *rows = rows_of(summary)
    assert (everything["count"], [row["day"] for row in rows]) == (wanted, [day])
    assert found.content["total"] == wanted
    assert summary.content["timezone"] == found.content["timezone"] == "Asia/Tokyo"
    assert "timezone" not in {**in_utc.content, **elsewhere.content}
    assert elsewhere.content["total"] == rows_of(in_utc)[0]["count"] != wanted
    assert in_utc.content["filters"][0] == f"createdAt GTE {day}T00:00:00Z"


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
    wanted = by_sql(
        world, "substr(state, 11) || ' ' || json_extract(record, '$.dataSource.dataSourceDescriptor')"
    )
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
    app = create_app(world, meanings=meaning.split())
    async with connected(app) as asker:
        answer = await asker.ask("summarize_jobs", filters=asked)
    (row,) = rows_of(answer)
    assert_row(row, wanted["(none)"])


async def test_a_summary_of_an_account_without_jobs_says_that() -> None:
    async with connected(create_app(World(0))) as asker:
        answer = await asker.ask("summarize_jobs")
    assert answer.content["note"] == "This account has no jobs."


async def test_a_summary_of_nothing_says_so(asker: Asker) -> None:
    nobody = [{"field": "duration", "condition": "GT", "value": 1e9}]
    answer = await asker.ask("summarize_jobs", filters=nobody, group_by=["state"])
    assert [row["count"] for row in rows_of(answer)] == [0]
    assert answer.content["note"] == "No job matches. If one should, list_jobs shows what there is."


async def test_jobs_that_are_neither_complete_nor_failed_are_counted_in_the_note() -> None:
    states = ["COMPLETE", "FAILED", "STARTED", "NEW", "NEW"]
    jobs = [
        {"id": str(n), "state": f"JOB_STATE_{state}", "paymentAmount": n + 1}
        for n, state in enumerate(states)
    ]
    jobs[1]["deletedAt"] = "2026-03-04T15:00:00Z"
    async with connected(answering(jobs=page_of(5, *jobs))) as asker:
        answer = await asker.ask("summarize_jobs")
    (row,) = rows_of(answer)
    assert (row["unfinished"], row["byc"], row["bycPending"]) == (1, 1, 3)
    assert (
        "Count includes 1 unfinished (bycPending: their provisional prices) and 2 drafts and 1 soft-deleted (in "
        "any state)." in answer.content["note"]
    )
    jobs = [{"id": "a"}, {"id": "b", "state": "JOB_STATE_CANCELLED", "endedAt": "2026-03-04T15:00:00Z"}]
    async with connected(answering(jobs=page_of(2, *jobs))) as asker:
        answer = await asker.ask("summarize_jobs")
    assert "Count includes 2 without a readable state or ended in an unknown one." in answer.content["note"]
    jobs = [{"id": "a", "state": "JOB_STATE_NEW", "deletedAt": "2026-03-04T15:00:00Z"}]
    async with connected(answering(jobs=page_of(1, *jobs))) as asker:
        answer = await asker.ask("summarize_jobs")
    assert answer.content["note"].endswith(
        "rounded. Count includes 1 draft and 1 soft-deleted (in any state)."
    )


@pytest.mark.parametrize(("price", "told"), [(None, True), (0, False), (2, False)])
async def test_a_sum_of_no_prices_is_said_to_be_unknown(price: float | None, told: bool) -> None:
    job = {"id": "a", "state": "JOB_STATE_COMPLETE", "paymentAmount": price}
    async with connected(answering(jobs=page_of(1, job), job={"job": job})) as asker:
        summary = await asker.ask("summarize_jobs")
        queried = await asker.ask("query_jobs", sql="SELECT sum(byc) FROM jobs")
        counted = await asker.ask("query_jobs", sql="SELECT count(*) FROM jobs")
    assert [
        "may mean unknown" in answer.content.get("note", "") for answer in (summary, queried, counted)
    ] == [told, told, False]


async def test_what_cannot_be_read_is_left_out_and_told() -> None:
    odd = {"state": "JOB_STATE_COMPLETE", "paymentAmount": {}, "duration": "soon", "numChunks": 2}
    jobs = [{"id": "a", **odd}, {"id": "b", **odd, "paymentAmount": "much", "templateId": 7}]
    async with connected(answering(jobs=page_of(2, *jobs))) as asker:
        answer = await asker.ask("summarize_jobs", group_by=["templateId"])
    _, unset, unreadable = rows_of(answer)
    assert (unset["templateId"], unset["byc"], unset["p50"]) == ("(none)", 0, None)
    assert (unreadable["templateId"], unreadable["byc"], unreadable["chunks"]) == ("(unreadable)", None, 2)
    assert answer.content["note"].endswith(
        "Could not be read, or not whole: duration of 2 jobs, paymentAmount of 1 job, templateId of 1 job."
    )


async def test_rates_are_not_rounded_to_0_or_1_and_prices_not_to_0() -> None:
    states = ["FAILED"] * 2999 + ["COMPLETE"]
    jobs = [
        {"id": str(n), "state": f"JOB_STATE_{state}", "paymentAmount": 0.0004}
        for n, state in enumerate(states)
    ]
    async with connected(answering(jobs=page_of(3000, *jobs))) as asker:
        (row,) = rows_of(await asker.ask("summarize_jobs"))
    assert (row["failureRate"], row["byc"]) == (0.9997, 0.0004)


async def test_prices_are_rounded_to_the_cent_even_to_1() -> None:
    jobs = [{"id": str(n), "state": "JOB_STATE_COMPLETE", "paymentAmount": 0.498} for n in range(2)]
    async with connected(answering(jobs=page_of(2, *jobs))) as asker:
        (row,) = rows_of(await asker.ask("summarize_jobs"))
    assert row["byc"] == 1


def test_long_names_leave_room_for_fewer_groups() -> None:
    rows = [["x" * 90, *[1234.5] * len(STATISTICS)] for _ in range(20)]
    assert 0 < count_groups(rows, 20) < 20
    assert count_groups([["x", *[1] * len(STATISTICS)] for _ in range(20)], 20) == 20
    assert count_groups([["x" * 9000, *[1] * len(STATISTICS)]], 1) == 1


async def test_a_summary_asks_for_no_filter_and_reads_jobs_once() -> None:
    world = world_of(3000, 5)
    app = create_app(world)
    failed = [{"field": "state", "condition": "EQ", "value": "FAILED"}]
    async with connected(app) as asker:
        await asker.ask("summarize_jobs")
        read = len(app.state.requests)
        answer = await asker.ask("summarize_jobs", filters=failed)

    assert len(app.state.requests) <= read + 2
    assert not any(seen.path.endswith("/filter") for seen in app.state.requests)
    (count,) = world.rows("SELECT count(*) FROM jobs WHERE state = 'JOB_STATE_FAILED'")[0]
    assert rows_of(answer)[0]["count"] == count
    assert "asOf" in answer.content
