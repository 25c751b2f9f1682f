"""Prompts: questions for people to pick from a menu, with the calls that answer them."""

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any

from mcp.server import MCPServer
from pydantic import AfterValidator, Field

from bytenite_mcp.privacy.texts import scrub_to_line
from bytenite_mcp.server.mcp_server import ByteNitePrompt
from bytenite_mcp.table import dates

TIMES = ("now-24h", "now-7d", "now-30d", "now/d", "now/w", "now/M", "now-1M/M")
"""The completions of a time."""

_to_line = partial(scrub_to_line, most=200)


def _require(text: str) -> str:
    if line := _to_line(text):
        return line
    raise ValueError("this argument is required")


def _read_time(text: str) -> str:
    """Check a time as a filter does; "" is valid, because clients send it for a blank argument."""
    line = _to_line(text)
    try:
        if line:
            dates.parse(line, dates.utc_now())
    except ValueError:
        raise ValueError("should be a date (2026-11-02, 2026-11) or date maths (now-7d, now-1M/M)") from None
    return line


def triage_failures(
    since: Annotated[
        str, AfterValidator(_read_time), Field(description="A date, or date maths; else now-7d")
    ] = "",
    template: Annotated[
        str, AfterValidator(_to_line), Field(description="A template's name; else all templates")
    ] = "",
) -> str:
    """Find out what failed, what the failures have in common, and what to do first."""
    since = since or "now-7d"
    of = f" of the template {template}" if template else ""
    also = f", templateId EQ {template}" if template else ""
    return (
        f"Which of my ByteNite jobs{of} created since {since} failed, and what do the failures have in common?\n"
        f"1. Call summarize_jobs with filters state EQ FAILED, createdAt GTE {since}{also}, "
        "group_by errorMessage and templateId.\n"
        "2. Call diagnose_job for one job of the largest group (filter_jobs finds one).\n"
        "Then tell me: how many failed, the two or three common causes with their share, and what to do first. "
        "Say what is certain and what is only likely."
    )


def what_is_stuck() -> str:
    """Find the running jobs that are stuck or slow, why, and what to do about them."""
    return (
        "Which of my ByteNite jobs are stuck or slow?\n"
        "1. Call diagnose_job without job_id: it compares all unfinished jobs with their templates' usual times.\n"
        "2. Call diagnose_job with the id of the worst, five at most, for why.\n"
        "Then tell me: which are stuck, which are only slower than usual, why, and what to do about each. "
        "Say how many unfinished jobs there are, and how many you did not look into."
    )


def explain_job(
    job_id: Annotated[str, AfterValidator(_require), Field(description="The job's id")],
) -> str:
    """Explain in plain words what is going on with one job."""
    return (
        f"What is going on with the ByteNite job {job_id}?\n"
        "Call diagnose_job with that id; if its log lines do not settle it, call get_job_logs.\n"
        "Then tell me in plain words: where it is, whether that is normal, why, and what to do next."
    )


def cost_report(
    period: Annotated[
        str, AfterValidator(_read_time), Field(description="A month or day, or date maths; else now-30d")
    ] = "",
) -> str:
    """Report what jobs cost, by template, and which templates fail often."""
    period = period or "now-30d"
    span = dates.parse(period, dates.utc_now())
    condition, words = ("GTE", "since") if span.is_moment else ("EQ", "in")
    return (
        f"What did my ByteNite jobs created {words} {period} cost?\n"
        f"Call summarize_jobs with the filter createdAt {condition} {period}, group_by templateId.\n"
        "Then tell me: the total in ByteChips (BYC), the templates that cost most, what a job of each costs, "
        "and which templates fail often. A failed job is usually charged nothing; "
        "jobs still running have no final price."
    )


PROMPTS: dict[Callable[..., str], str] = {
    triage_failures: "Triage failures",
    what_is_stuck: "What is stuck",
    explain_job: "Explain a job",
    cost_report: "Cost report",
}


def add_prompts(server: MCPServer[Any]) -> None:
    """Add the prompts to a server."""
    for function, title in PROMPTS.items():
        server.add_prompt(ByteNitePrompt.from_function(function, title=title))
