"""Finding out whether the API honours a filter, when the rows it gave match by luck or by its work."""

from typing import Any

from bytenite_mcp.api.filters import Condition, Filter
from bytenite_mcp.api.models import JobState, Priority
from bytenite_mcp.api.values import get_path, is_unset
from bytenite_mcp.jobs.match import compile_test, kind_of
from bytenite_mcp.privacy.redact import CleanRecord
from bytenite_mcp.table.fields import Kind

_NOWHERE: dict[Kind, tuple[Any, Any]] = {
    Kind.NUMBER: (-1e15, 1e15),
    Kind.TIME: ("1970-01-01T00:00:00Z", "9999-01-01T00:00:00Z"),
}
_TEXTS = ("!", "~~~~~~~~")


def contradiction(one: Filter, record: CleanRecord) -> Filter | None:
    """Make a filter of the same field and condition that a known record does not match.

    An API that honours the condition then counts fewer jobs than there are; one that ignores it counts all.
    None where no such filter can be made.
    """
    value = get_path(record, one.field)
    operand = _operand(one, value)
    if operand is None:
        return None
    other = Filter(
        field=one.field, condition=one.condition, value=[operand] if one.condition.takes_list else operand
    )
    return None if compile_test(other)(value) else other


def _operand(one: Filter, value: Any) -> Any:
    kind = kind_of(one.field)
    lowest, highest = _NOWHERE.get(kind, _TEXTS)
    match one.condition:
        case Condition.NEQ | Condition.NOT_IN:
            if is_unset(value):
                return {Kind.NUMBER: 0, Kind.BOOLEAN: False}.get(kind, "")
            return value if isinstance(value, str | int | float) else None
        case Condition.GT | Condition.GTE:
            return highest
        case Condition.LT | Condition.LTE:
            return lowest
        case Condition.LIKE:
            return _TEXTS[1]
    if kind in (Kind.STATE, Kind.PRIORITY):
        members = list(JobState if kind is Kind.STATE else Priority)
        return next(member.value for member in members if member != value)
    # A text may spell it, and then counts as it.
    return str(value).lower() != "true" if kind is Kind.BOOLEAN else highest
