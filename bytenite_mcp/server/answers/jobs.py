"""The answers of get_job, list_jobs and filter_jobs."""

from collections.abc import Sequence
from dataclasses import replace

from mcp.types import CallToolResult

from bytenite_mcp.api.values import JsonObject, write_count
from bytenite_mcp.jobs.ask import Question
from bytenite_mcp.jobs.find import Page
from bytenite_mcp.privacy.redact import CleanRecord, Job
from bytenite_mcp.server.answers.common import (
    describe_evaluation,
    describe_filters,
    describe_status,
    describe_zone,
    say_prices,
    say_unreadable,
)
from bytenite_mcp.server.render import count_fitting, render_concise, render_full, to_result
from bytenite_mcp.table.status import ODD, TableStatus

Records = Sequence[CleanRecord | None]

LONGEST_PAGE = 80_000
"""The most bytes of jobs in an answer; hosts refuse more than about 25,000 tokens."""

CUT = "More would not fit into an answer: continue at nextOffset, or ask for less detail."

TOO_LARGE = "Shown concisely, because the whole record is too large: {}."

GONE = "Shown concisely, because the whole record no longer exists: {}."


def answer_job(record: CleanRecord, detail: str, simulated: bool) -> CallToolResult:
    """Answer with one record."""
    shown = render_full(record) if detail == "full" else render_concise(record)
    note = ""
    if _is_too_large(shown):
        shown, note = render_concise(record), TOO_LARGE.format(record.get("id", "?"))
    notes = " ".join(filter(None, [note, say_prices([record])]))
    return to_result({"job": shown, "note": notes}, simulated)


def answer_page(
    page: Page, question: Question, simulated: bool, timezone: str = "UTC", records: Records | None = None
) -> CallToolResult:
    """Answer with a page of jobs, the question as interpreted, and how the page was found.

    If the whole records are given, they are shown instead of the rows; the record of a job that is gone is None.
    """
    rows = [render_concise(row, question.fields) for row in page.rows]
    rendered, note = _render_records(rows, records) if records else (rows, "")
    jobs = rendered[: max(1, count_fitting(rendered, LONGEST_PAGE))]
    cut = question.offset + len(jobs) if len(jobs) < len(rows) else None
    notes = [*_write_notes(page, question), note, CUT if cut else ""]
    content = {
        "total": page.total,
        "offset": question.offset,
        "count": len(jobs),
        "nextOffset": cut or page.next_offset,
        **describe_filters(question.filters),
        **(describe_zone(timezone) if question.filters else {}),
        "orderBy": str(question.order) if question.order.field else None,
        **describe_evaluation(page, question),
        **describe_status(_without_repeating(page), *notes),
        "jobs": jobs,
    }
    return to_result(content, simulated, table="jobs")


def _without_repeating(page: Page) -> TableStatus | None:
    """Return the state of the table, without its note on unreadable rows if the page counts them."""
    status = page.status
    if not status or not page.unreadable:
        return status
    return replace(status, notes=tuple(note for note in status.notes if note != ODD))


def _render_records(rows: Sequence[JsonObject], records: Records) -> tuple[list[JsonObject], str]:
    """Render whole records, and say which are shown as rows instead and why."""
    rendered, large, gone = list[JsonObject](), list[str](), list[str]()
    for row, record in zip(rows, records, strict=True):
        whole = None if record is None else render_full(record)
        if whole is None or _is_too_large(whole):
            (gone if whole is None else large).append(str(row.get("id", "?")))
            whole = row
        rendered.append(whole)
    return rendered, " ".join(
        text.format(", ".join(ids[:5])) for text, ids in ((TOO_LARGE, large), (GONE, gone)) if ids
    )


def _is_too_large(record: JsonObject) -> bool:
    return not count_fitting([record], LONGEST_PAGE)


def _write_notes(page: Page, question: Question) -> list[str]:
    unnamed = sum(not Job(CleanRecord(row)).id for row in page.rows)
    notes = [
        f"{write_count(page.unreadable, 'row')} could not be read as jobs: not shown."
        if page.unreadable
        else "",
        say_unreadable(page.gaps),
        f"Without a readable id: {write_count(unnamed, 'job')}." if unnamed else "",
        say_prices(page.rows),
        *page.hints,
    ]
    return notes if page.rows else [*notes, _explain_empty(page, question)]


def _explain_empty(page: Page, question: Question) -> str:
    if question.offset:
        return f"No job at offset {question.offset}; start again at offset 0."
    if page.unreadable:
        return ""
    if page.partial:
        return "No job that was read matches." if question.filters else ""
    if not question.filters:
        return "This account has no jobs."
    if page.hints:
        return ""
    advice = "leave filters out one at a time" if len(question.filters) > 1 else "try a wider value"
    return f"No job matches. If one should, {advice}, or see with list_jobs what there is."
