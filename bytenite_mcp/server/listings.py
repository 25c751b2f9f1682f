"""Answers that list jobs: one record, or a page of them and how they were found."""

from collections.abc import Sequence
from typing import Any

from mcp.types import CallToolResult
from pydantic_core import to_json

from bytenite_mcp.api.filters import Condition, Filter
from bytenite_mcp.api.models import Record
from bytenite_mcp.jobs.find import Page
from bytenite_mcp.jobs.order import Order
from bytenite_mcp.server.answers import evaluation, labelled, understood
from bytenite_mcp.server.render import compact, concise, full, result

LONGEST_PAGE = 80_000
"""Characters of the jobs in one answer; hosts refuse more than about 25,000 tokens."""

CUT = "More would not fit into one answer: go on at nextOffset, or ask for less detail."

DETAIL = {"concise": concise, "full": full}


TOO_LARGE = "Too large for an answer as a whole, so shown concisely: {}."


def answer_job(record: Record, detail: str) -> CallToolResult:
    """Answer with one record."""
    (job,), note = _shown([record], detail)
    return result(labelled({"job": job, "note": note}))


def answer_page(page: Page, filters: Sequence[Filter], order: Order, detail: str) -> CallToolResult:
    """Answer with a page of jobs, what was asked as it was understood, and how it was found."""
    shown, too_large = _shown(page.jobs, detail)
    jobs = _as_many_as_fit(shown)
    cut = page.offset + len(jobs) if len(jobs) < len(page.jobs) else None
    content = labelled(
        {
            "total": page.total,
            "offset": page.offset,
            "count": len(jobs),
            "nextOffset": cut or page.next_offset,
            **understood(filters),
            **({"orderBy": str(order)} if order.field else {}),
            **evaluation(page, filters),
            "note": " ".join(filter(None, [_note(page, filters), too_large, CUT if cut else ""])),
            "jobs": jobs,
        }
    )
    return result(content, table="jobs")


def _shown(records: Sequence[Record], detail: str) -> tuple[list[dict[str, Any]], str]:
    """Give records as they are shown, and say which alone would be more than an answer can hold."""
    shown = [DETAIL[detail](record) for record in records]
    large = [n for n, job in enumerate(shown) if detail == "full" and len(to_json(job)) > LONGEST_PAGE]
    for position in large:
        shown[position] = concise(records[position])
    named = ", ".join(str(shown[position].get("id", "?")) for position in large[:5])
    return shown, TOO_LARGE.format(named) if large else ""


def _as_many_as_fit(jobs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Keep the jobs that one answer can hold, but at least the first."""
    if len(to_json(jobs)) <= LONGEST_PAGE:
        return jobs
    room = LONGEST_PAGE
    for position, job in enumerate(jobs):
        room -= len(compact(job))
        if room < 0:
            return jobs[: max(position, 1)]
    return jobs


def _note(page: Page, filters: Sequence[Filter]) -> str:
    notes = []
    if page.partial:
        notes.append(
            f"PARTIAL: only {page.read} jobs were read. Narrow by createdAt, or raise BYTENITE_MAX_SCAN."
        )
    if page.unreadable:
        notes.append(f"{page.unreadable} rows could not be read as jobs and are not shown.")
    if not page.jobs:
        notes.append(_empty(page, filters))
    return " ".join(filter(None, notes))


def _empty(page: Page, filters: Sequence[Filter]) -> str:
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
    if any(one.condition is Condition.LIKE and not set("%_") & set(str(one.value)) for one in filters):
        return "No job matches. LIKE without % compares the whole text: put % around a part of it."
    several = (
        "Leave filters out one at a time to see which excludes all"
        if len(filters) > 1
        else "Try a wider value"
    )
    return f"No job matches. {several}, or use list_jobs to see what there is."
