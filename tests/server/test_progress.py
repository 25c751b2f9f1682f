"""Long calls report how far they came."""

import pytest

from bytenite_mcp.simulator import World, create_app

from .conftest import connected

pytestmark = pytest.mark.anyio

FAILED = {"field": "state", "condition": "FILTER_CONDITION_EQ", "value": "FAILED"}


async def test_reading_many_jobs_reports_how_far_it_came(world: World) -> None:
    reports: list[tuple[float, float | None, str | None]] = []

    async def note(progress: float, total: float | None, message: str | None) -> None:
        reports.append((progress, total, message))

    async with connected(create_app(world, meanings=["filters-ignored"], max_page=50)) as asker:
        await asker.client.call_tool("filter_jobs", {"filters": [FAILED]}, progress_callback=note)
    assert reports == sorted(reports, key=lambda report: report[0])
    assert reports[-1] == (200, 200, "200 jobs read")
