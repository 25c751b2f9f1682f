"""The view shows each kind of answer, in both protocol eras, and asks the host for more."""

from typing import Any

import pytest
from playwright.async_api import expect
from syrupy.assertion import SnapshotAssertion

from bytenite_mcp.simulator import World
from tests.server.conftest import both_eras, ids, world_of
from tests.view.conftest import Viewing, in_a_browser

pytestmark = [pytest.mark.anyio, in_a_browser]

FAILED = {"field": "state", "condition": "FILTER_CONDITION_EQ", "value": "FAILED"}
WORLD: World = world_of(200, 7)
STATISTICS = [
    "count",
    "complete",
    "failed",
    "unfinished",
    "failureRate",
    "byc",
    "chunks",
    "p50",
    "p95",
    "max",
]
ALL = [200, 153, 16, 11, 0.0947, 12935.6, 6660, 379, 5814, 13740]
ONE = [27, 23, 1, 0, 0.042, 37.95, 1384, 158, 237, 246]
TABLES: dict[str, dict[str, Any]] = {
    "groups": {"columns": ["templateId", *STATISTICS], "rows": [["(all)", *ALL], ["monte-carlo-var", *ONE]]},
    "months": {
        "columns": ["month", *STATISTICS],
        "rows": [["(all)", *ALL], ["2026-01", *ONE], ["2026-02", *ONE]],
    },
    "rows": {"columns": ["name", "jobs"], "rows": [["nightly", 8], ["test", 4]], "note": "As asked."},
}
"""Answers of summarize_jobs and query_jobs."""

SHOWN: dict[str, tuple[str, dict[str, Any]]] = {
    "jobs": ("filter_jobs", {"filters": [FAILED], "limit": 3}),
    "a failed job": ("diagnose_job", {"job_id": ids(WORLD, "state = 'JOB_STATE_FAILED'")[0]}),
    "an unfinished job": ("diagnose_job", {"job_id": ids(WORLD, "state = 'JOB_STATE_PARTITIONED'")[0]}),
    "what is stuck or slow": ("diagnose_job", {}),
    "jobs waited for": ("wait_for_job", {"job_id": ids(WORLD, "state = 'JOB_STATE_COMPLETE'")[:2]}),
    "a record": ("get_job", {"job_id": ids(WORLD, "state = 'JOB_STATE_COMPLETE'")[0]}),
    "an error": ("get_job", {"job_id": "no-such-job"}),
}


@pytest.mark.parametrize("kind", SHOWN)
async def test_each_kind_of_answer_is_outlined_as_reviewed(
    viewing: Viewing, kind: str, snapshot: SnapshotAssertion
) -> None:
    tool, arguments = SHOWN[kind]
    await viewing.open({})
    await viewing.show(tool, **arguments)
    assert await viewing.frame.locator("main").aria_snapshot() == snapshot


@pytest.mark.parametrize("kind", TABLES)
async def test_each_kind_of_table_is_outlined_as_reviewed(
    viewing: Viewing, kind: str, snapshot: SnapshotAssertion
) -> None:
    await viewing.open({})
    await viewing.show_content(TABLES[kind])
    assert await viewing.frame.locator("main").aria_snapshot() == snapshot


@both_eras
async def test_jobs_are_listed_sorted_and_more_of_them_asked_for(viewing: Viewing) -> None:
    await viewing.open()
    await viewing.show("list_jobs", limit=10)
    rows = viewing.frame.locator("tbody tr")
    await expect(rows).to_have_count(10)
    await viewing.frame.get_by_role("button", name="Show more").click()
    await expect(rows).to_have_count(20)
    assert ("list_jobs", {"limit": 10, "offset": 10}) in viewing.called
    duration = viewing.frame.get_by_role("columnheader", name="Duration")
    await duration.get_by_role("button").click()
    await expect(duration).to_have_attribute("aria-sort", "ascending")
    await duration.get_by_role("button").click()
    await expect(duration).to_have_attribute("aria-sort", "descending")


@both_eras
async def test_a_row_opens_its_diagnosis_in_place_and_the_model_is_told(viewing: Viewing) -> None:
    await viewing.open()
    answer = await viewing.show("filter_jobs", filters=[FAILED], limit=5)
    job = answer["structuredContent"]["jobs"][0]["id"]
    name = viewing.frame.locator(".name").first
    await name.click()
    await expect(viewing.frame.locator(".detail .stages li").last).to_contain_text("Failed")
    await expect(name).to_have_attribute("aria-expanded", "true")
    await expect(name).to_be_focused()
    (context,) = await viewing.heard("contexts")
    assert job in context["content"][0]["text"]
    await name.click()
    await expect(viewing.frame.locator(".detail")).to_have_count(0)


async def test_a_duration_is_shown_beside_the_usual_of_its_template(viewing: Viewing) -> None:
    await viewing.open()
    await viewing.show("list_jobs", limit=20)
    await expect(viewing.frame.locator(".bar .tick").first).to_be_attached()
    assert [tool for tool, _ in viewing.called] == ["list_jobs", "summarize_jobs"]


async def test_a_question_is_handed_to_the_chat(viewing: Viewing) -> None:
    await viewing.open()
    await viewing.show("filter_jobs", filters=[FAILED], limit=2)
    await viewing.frame.get_by_role("button", name="Why did they fail?").click()
    (message,) = await viewing.heard("messages")
    assert message["role"] == "user"
    assert message["content"][0]["text"].startswith("Why did job ")


async def test_a_record_can_be_diagnosed(viewing: Viewing) -> None:
    await viewing.open()
    await viewing.show("get_job", job_id=ids(WORLD, "state = 'JOB_STATE_FAILED'")[0])
    await viewing.frame.get_by_role("button", name="Diagnose").click()
    await expect(viewing.frame.locator(".stages li").first).to_contain_text("New")
    await expect(viewing.frame.get_by_text("Whole record")).to_be_visible()


async def test_rows_of_one_label_and_one_number_have_bars(viewing: Viewing) -> None:
    await viewing.open()
    await viewing.show_content(
        {"columns": ["hour", "jobs"], "rows": [["09", 4], ["10", 8]], "simulated": True}
    )
    widths = await viewing.frame.locator(".bar i").evaluate_all("bars => bars.map(bar => bar.style.width)")
    assert widths == ["50%", "100%"]
    await expect(viewing.frame.get_by_text("none of these jobs is real")).to_be_visible()


async def test_texts_of_a_table_are_shown_as_they_are_and_rates_never_as_all_or_nothing(
    viewing: Viewing,
) -> None:
    await viewing.open()
    await viewing.show_content(
        {
            "columns": ["id", "failureRate", "p95"],
            "rows": [["007", 0.0004, 90], ["1e3", 0.9996, ""]],
            "more": True,
        }
    )
    cells = await viewing.frame.locator("tbody td").all_inner_texts()
    assert cells == ["007", "<0.1%", "1m 30s", "1e3", ">99.9%", "\N{EN DASH}"]
    await expect(viewing.frame.locator("h1")).to_have_text("2+ rows")


async def test_periods_are_joined_by_a_line_only_where_none_is_missing(viewing: Viewing) -> None:
    await viewing.open()
    rows: list[list[Any]] = [["(all)", 9, 6, 3], ["2026-03-01T05", 4, 2, 2], ["2026-03-01T06", 2, 2, 0]]
    rows += [["2026-03-01T09", 2, 2, 0], ["(other) 12 groups", 1, 0, 1]]
    await viewing.show_content({"columns": ["hour", "count", "complete", "failed"], "rows": rows})
    path = await viewing.frame.locator("path.good").first.get_attribute("d")
    assert path == "M0 0L250 0M1000 0"


async def test_what_an_answer_lacks_is_as_plain_as_in_the_text(viewing: Viewing) -> None:
    await viewing.open()
    content = {
        "total": 1, "count": 1, "partial": True, "evaluated": "local", "why": "refused",
        "asOf": "2026-03-04T10:00:00Z", "orderBy": "createdAt asc", "note": "PARTIAL: narrow it.",
        "jobs": [{"id": "a", "name": "[withheld]", "unreadable": ["duration"]}],
    }  # fmt: skip
    await viewing.show_content(content)
    for told in (
        "Partial: not all jobs were read", "Worked out by this server: refused", "As of 2026-03-04 10:00:00 UTC",
        "Order: createdAt asc", "PARTIAL: narrow it.", "Unreadable: duration",
    ):  # fmt: skip
        await expect(viewing.frame.get_by_text(told)).to_be_visible()
    await expect(viewing.frame.locator("mark")).to_have_text("[withheld]")
