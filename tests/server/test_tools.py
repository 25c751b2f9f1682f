"""Each tool: what it says of itself."""

from datetime import UTC, datetime, timedelta

import pytest

from bytenite_mcp.simulator import World, create_app
from tests.server.conftest import Asker, connected
from tests.server.test_definitions import tools_of

pytestmark = pytest.mark.anyio

FAILED = {"field": "state", "condition": "FILTER_CONDITION_EQ", "value": "FAILED"}


async def test_every_tool_only_reads_and_says_so_with_all_four_hints(asker: Asker) -> None:
    for tool in await tools_of(asker):
        hints = tool.annotations
        assert hints is not None
        assert (hints.read_only_hint, hints.destructive_hint) == (True, False)
        assert (hints.idempotent_hint, hints.open_world_hint) == (True, True)


async def test_each_tool_has_a_hint_of_one_line_that_hosts_find_it_by(asker: Asker) -> None:
    for tool in await tools_of(asker):
        hint = (tool.meta or {})["anthropic/searchHint"]
        assert "ByteNite" in hint
        assert len(hint) < 80


async def test_reading_many_jobs_reports_how_far_it_came(world: World) -> None:
    reports: list[tuple[float, float | None, str | None]] = []

    async def note(progress: float, total: float | None, message: str | None) -> None:
        reports.append((progress, total, message))

    async with connected(create_app(world, meanings=["filters-ignored"], max_page=50)) as asker:
        await asker.client.call_tool("filter_jobs", {"filters": [FAILED]}, progress_callback=note)
    read = [report[0] for report in reports]
    assert read == sorted(set(read))
    assert reports[-1] == (200, 200, "200 jobs read")


async def test_a_diagnosis_counts_until_bytenites_time_also_without_a_template() -> None:
    now = datetime(2031, 5, 6, 7, tzinfo=UTC)
    world = World(0, clock=lambda: now)
    started = (now - timedelta(minutes=10)).isoformat()
    job_id = world.add(state="JOB_STATE_STARTED", templateId="", startedAt=started)
    async with connected(create_app(world)) as asker:
        answer = await asker.ask("diagnose_job", job_id=job_id)
    assert answer.content["now"] == "2031-05-06T07:00:00Z"


async def test_now_is_bytenites_in_filters_and_in_sql_however_wrong_the_clock_here_is() -> None:
    now = datetime(2031, 5, 6, 7, tzinfo=UTC)
    world = World(0, clock=lambda: now)
    for days in (0.5, 2, 40):
        world.add(createdAt=(now - timedelta(days=days)).isoformat())
    recent = [{"field": "createdAt", "condition": "GTE", "value": "NOW-7d"}]
    this_week = "SELECT count(*) FROM jobs WHERE createdAt > now() - INTERVAL 7 DAY"
    async with connected(create_app(world)) as asker:
        filtered = await asker.ask("filter_jobs", filters=recent)
        summary = await asker.ask("summarize_jobs", filters=recent)
        queried = await asker.ask("query_jobs", sql=this_week)
    assert filtered.content["total"] == summary.content["rows"][0][0] == queried.content["rows"][0][0] == 2
    assert filtered.content["filters"][0].startswith("createdAt GTE 2031-04-29T07:00:0")
