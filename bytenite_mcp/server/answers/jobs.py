"""Answers that show jobs: one record, or a page of them and how they were found."""

from collections.abc import Sequence
from typing import Any

from mcp.types import CallToolResult
from pydantic_core import to_json

from bytenite_mcp.api.filters import Condition, Filter
from bytenite_mcp.jobs.find import Page
from bytenite_mcp.privacy.redact import CleanRecord
from bytenite_mcp.server.answers.common import describe_evaluation, describe_filters, describe_gaps, label
from bytenite_mcp.server.render import render_concise, render_full, render_json, to_result
from bytenite_mcp.table.order import Order

LONGEST_PAGE = 80_000
"""Characters of the jobs in one answer; hosts refuse more than about 25,000 tokens."""

CUT = "More would not fit into one answer: go on at nextOffset, or ask for less detail."

TOO_LARGE = "Too large for an answer as a whole, so shown concisely: {}."

_RENDER = {"concise": render_concise, "full": render_full}


def answer_job(record: CleanRecord, detail: str, simulated: bool) -> CallToolResult:
    """Answer with one record."""
    (job,), note = _render_records([record], detail)
    return to_result(label({"job": job, "note": note}, simulated))


def answer_page(
    page: Page, filters: Sequence[Filter], order: Order, detail: str, simulated: bool
) -> CallToolResult:
    """Answer with a page of jobs, what was asked as it was understood, and how it was found."""
    rendered, too_large = _render_records(page.jobs, detail)
    jobs = _cut_to_fit(rendered)
    cut = page.offset + len(jobs) if len(jobs) < len(page.jobs) else None
    content = {
        "total": page.total,
        "offset": page.offset,
        "count": len(jobs),
        "nextOffset": cut or page.next_offset,
        **describe_filters(filters),
        **({"orderBy": str(order)} if order.field else {}),
        **describe_evaluation(page, filters),
        "note": " ".join(filter(None, [*_write_notes(page, filters), too_large, CUT if cut else ""])),
        "jobs": jobs,
    }
    return to_result(label(content, simulated), table="jobs")


def _render_records(records: Sequence[CleanRecord], detail: str) -> tuple[list[dict[str, Any]], str]:
    """Render records, and say which alone would be more than an answer can hold."""
    rendered = [_RENDER[detail](record) for record in records]
    large = [n for n, job in enumerate(rendered) if detail == "full" and len(to_json(job)) > LONGEST_PAGE]
    for position in large:
        rendered[position] = render_concise(records[position])
    ids = ", ".join(str(rendered[position].get("id", "?")) for position in large[:5])
    return rendered, TOO_LARGE.format(ids) if large else ""


def _cut_to_fit(jobs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Keep the jobs that one answer can hold, but at least the first."""
    if len(to_json(jobs)) <= LONGEST_PAGE:
        return jobs
    room = LONGEST_PAGE
    for position, job in enumerate(jobs):
        room -= len(render_json(job))
        if room < 0:
            return jobs[: max(position, 1)]
    return jobs


def _write_notes(page: Page, filters: Sequence[Filter]) -> list[str]:
    notes = describe_gaps(page, " and are not shown")
    return notes if page.jobs else [*notes, _explain_empty(page, filters)]


def _explain_empty(page: Page, filters: Sequence[Filter]) -> str:
    if page.offset:
        return f"No job at offset {page.offset}; start again at offset 0."
    if page.unreadable:
        return ""
    if not filters:
        return (
            f"ByteNite counts {page.total} jobs, but gave none."
            if page.total
            else "This account has no jobs."
        )
    if any(asked.condition is Condition.LIKE and not set("%_") & set(str(asked.value)) for asked in filters):
        return "No job matches. LIKE without % compares the whole text: put % around a part of it."
    advice = (
        "Leave filters out one at a time to see which excludes all"
        if len(filters) > 1
        else "Try a wider value"
    )
    return f"No job matches. {advice}, or use list_jobs to see what there is."
