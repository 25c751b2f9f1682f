"""What all answers have in common: the label of simulated data, the filters as understood, who evaluated them."""

from collections.abc import Sequence
from typing import Any

from bytenite_mcp.api.filters import Filter, Value
from bytenite_mcp.jobs.find import Page, Tallied
from bytenite_mcp.privacy.redact import scrub
from bytenite_mcp.server.current_client import current_client
from bytenite_mcp.server.render import compact


def understood(filters: Sequence[Filter]) -> dict[str, Any]:
    """Say the filters back, resolved, one short text each."""
    said = [f"{one.field} {one.condition.short} {_spoken(one.value)}" for one in filters]
    return {"filters": [scrub(one) for one in said]} if filters else {}


def _spoken(value: Value) -> str:
    return value if isinstance(value, str) and value else compact(value)


def labelled(content: dict[str, Any]) -> dict[str, Any]:
    """Drop what is not set, and mark simulated data as such."""
    label = {"simulated": True} if current_client().simulated else {}
    return label | {name: value for name, value in content.items() if value is not None and value != ""}


def evaluation(found: Page | Tallied, filters: Sequence[Filter]) -> dict[str, Any]:
    """Say who found the jobs and, where that was this server, why and from how many."""
    partial = {"partial": True} if found.partial else {}
    if found.why:
        return {"evaluated": "local", "why": found.why, "read": found.read, **partial}
    return ({"evaluated": "api"} if filters else {}) | partial
