"""Compares ByteNite's filters with ours, by one question for each condition."""

from collections.abc import AsyncIterator
from typing import NamedTuple

from bytenite_mcp.api.errors import ByteNiteError
from bytenite_mcp.api.filters import Condition, Filter, Value
from bytenite_mcp.jobs.ask import Question
from bytenite_mcp.jobs.find import Finder
from bytenite_mcp.privacy.door import CleanClient
from bytenite_mcp.server.errors import explain
from bytenite_mcp.table.filters import understand, utc_now
from bytenite_mcp.table.reader import Reader
from bytenite_mcp.table.room import Room

ASKED: dict[Condition, tuple[str, Value]] = {
    Condition.EQ: ("state", "COMPLETE"),
    Condition.NEQ: ("state", "COMPLETE"),
    Condition.GT: ("numChunks", 1),
    Condition.GTE: ("createdAt", "now-30d"),
    Condition.LT: ("createdAt", "now-30d"),
    Condition.LTE: ("numChunks", 1),
    Condition.IN: ("state", ["COMPLETE", "FAILED"]),
    Condition.NOT_IN: ("state", ["COMPLETE", "FAILED"]),
    Condition.LIKE: ("templateId", "%A%"),
    Condition.ARRAY_CONTAINS: ("regions.whitelist", "eu"),
    Condition.ARRAY_CONTAINS_ANY: ("regions.whitelist", ["eu", "us"]),
}
"""The field and value that each condition is tried with; most accounts use these fields."""


class Compared(NamedTuple):
    """How ByteNite's answer to a filter compares with ours: `same`, `differs`, `partial` or `failed`, and why."""

    asked: str
    outcome: str
    why: str = ""


async def compare_filters(client: CleanClient, max_jobs: int) -> AsyncIterator[Compared]:
    """Ask ByteNite for a page with each condition, and compare it with the table of all jobs, read once."""
    async with Room(max_jobs) as room:
        reader = Reader(client, room)
        try:
            for condition, (field, value) in ASKED.items():
                asked = Filter(field=field, condition=condition, value=value)
                compared = await _compare(Finder(client, reader), asked)
                yield compared
                # Every further question would wait as long for the table.
                if compared.outcome == "partial":
                    break
        finally:
            await reader.aclose()


async def _compare(finder: Finder, asked: Filter) -> Compared:
    words = f"{asked.field} {asked.condition.short} {asked.value}"
    try:
        page = await finder.page(Question(understand([asked], utc_now())))
    except ByteNiteError as error:
        return Compared(words, "failed", explain(error))
    if page.partial:
        return Compared(words, "partial", "not all jobs could be read in time, so the comparison ends here")
    return Compared(words, "differs" if page.why else "same", page.why)
