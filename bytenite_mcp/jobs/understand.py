"""What a caller's filter means: values read by their field, and said back resolved."""

import difflib
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from bytenite_mcp.api.filters import Condition, Filter, Scalar
from bytenite_mcp.api.models import JobState, Priority, normalize_state
from bytenite_mcp.api.values import to_number
from bytenite_mcp.jobs import dates
from bytenite_mcp.jobs.errors import BadQuery
from bytenite_mcp.jobs.fields import Field, Kind, find_field

IN_PROGRESS = tuple(
    state for state in JobState if state not in (JobState.NEW, JobState.COMPLETE, JobState.FAILED)
)

_ABORTED = ("CANCELLED", "CANCELED", "ABORTED", "KILLED", "STOPPED")
_LIKELY_STATES: dict[str, tuple[JobState, ...]] = {
    **dict.fromkeys(("RUNNING", "PROCESSING", "ACTIVE", "EXECUTING", "IN_PROGRESS", "WORKING"), IN_PROGRESS),
    **dict.fromkeys(
        ("QUEUED", "PENDING", "WAITING", "SCHEDULED", "SUBMITTED"), (JobState.STARTED, JobState.UPLOADING)
    ),
    **dict.fromkeys(
        ("SUCCEEDED", "SUCCESS", "SUCCESSFUL", "DONE", "COMPLETED", "FINISHED", "OK"), (JobState.COMPLETE,)
    ),
    **dict.fromkeys((*_ABORTED, "ERROR", "ERRORED", "FAILURE", "TIMEOUT", "CRASHED"), (JobState.FAILED,)),
    **dict.fromkeys(("DRAFT", "CREATED"), (JobState.NEW,)),
}

_AT_TIME = 'such as "2026-11-02", "2026-11-02T15:00:00+01:00" or "now-7d"'


def understand(asked: Iterable[Filter], now: datetime, argument: str = "filters") -> list[Filter]:
    """Resolve filters into what will be asked: full field names, states, numbers, and instants in UTC.

    A date or a rounded time stands for all of that day, month…, so one filter may become two
    (`EQ 2026-11-02` is from its first instant to before the next day's).

    Raises:
        BadQuery: One cannot be understood; it names the argument and what would be right.
    """
    return [
        resolved
        for position, one in enumerate(asked)
        for resolved in _resolve(one, now, f"{argument}[{position}]")
    ]


def _resolve(one: Filter, now: datetime, argument: str) -> list[Filter]:
    found = find_field(one.field, f"{argument}.field")
    condition, where = one.condition, f"{argument}.value"
    _check_condition(found, condition, f"{argument}.condition")
    values = _values(one, found, where)
    if found.kind is Kind.TIME and condition is not Condition.LIKE:
        return _resolve_time(found, condition, values, now, where)
    read = [_read(value, found, condition, where) for value in values]
    return [Filter(field=found.name, condition=condition, value=read if condition.takes_list else read[0])]


def _check_condition(found: Field, condition: Condition, where: str) -> None:
    about_list = condition in (Condition.ARRAY_CONTAINS, Condition.ARRAY_CONTAINS_ANY)
    if found.kind is Kind.LIST and not about_list:
        raise BadQuery(
            where, f"{found.name} is a list; use FILTER_CONDITION_ARRAY_CONTAINS or _ARRAY_CONTAINS_ANY"
        )
    if about_list and found.kind not in (Kind.LIST, Kind.FREE):
        raise BadQuery(
            where, f"{found.name} is no list; use FILTER_CONDITION_EQ, or _IN with a list of values"
        )
    if condition.orders and found.kind in (Kind.STATE, Kind.PRIORITY, Kind.BOOLEAN):
        raise BadQuery(where, f"{found.name} has no order; use FILTER_CONDITION_IN with the values wanted")
    if condition is Condition.LIKE and found.kind in (Kind.NUMBER, Kind.TIME, Kind.BOOLEAN):
        raise BadQuery(
            where, f"LIKE is for text and {found.name} is a {found.kind.value}; use EQ, GT, GTE, LT or LTE"
        )


def _values(one: Filter, found: Field, where: str) -> list[Scalar]:
    """Check that there is a list where the condition wants one, and none where it does not."""
    value: Any = one.value
    if isinstance(value, str) and one.condition.takes_list and value.lstrip().startswith("["):
        value = _list_in(value)
    if one.condition.takes_list:
        if not isinstance(value, list) or not value:
            example = '["FAILED", "COMPLETE"]' if found.kind is Kind.STATE else '["a", "b"]'
            raise BadQuery(
                where, f"{one.condition.value} wants a list of at least one value, such as {example}"
            )
        return _sendable(value, where)
    if isinstance(value, list):
        example = '"FAILED"' if found.kind is Kind.STATE else '"a"'
        raise BadQuery(
            where,
            f"{one.condition.value} wants one value, such as {example}, not a list; "
            "for any of several use FILTER_CONDITION_IN",
        )
    return _sendable([value], where)


def _sendable(values: list[Scalar], where: str) -> list[Scalar]:
    """Refuse what JSON in UTF-8 cannot carry: infinite numbers, and half characters written as escapes in a list."""
    for value in values:
        half = isinstance(value, str) and any("\ud800" <= character <= "\udfff" for character in value)
        if half or (not isinstance(value, str | bool) and to_number(value) is None):
            raise BadQuery(where, "holds a number or a character that cannot be sent")
    return values


def _list_in(text: str) -> Any:
    """Read a list that was sent as JSON in a text, as some hosts do."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    scalars = isinstance(value, list) and all(isinstance(one, str | bool | int | float) for one in value)
    return value if scalars else text


def _read(value: Scalar, found: Field, condition: Condition, where: str) -> Scalar:
    if value == "" or condition is Condition.LIKE:
        return value if isinstance(value, str) else str(value)
    match found.kind:
        case Kind.STATE:
            return _read_state(value, where)
        case Kind.PRIORITY:
            return _read_priority(value, where)
        case Kind.BOOLEAN:
            return _read_boolean(value, found, where)
        case Kind.NUMBER:
            return _read_number(value, found, where)
        case Kind.TEXT:
            return value if isinstance(value, str) else json.dumps(value)
        case _:
            return value


def _read_state(value: Scalar, where: str) -> str:
    key = normalize_state(str(value))
    word = key.removeprefix("JOB_STATE_")
    if word in JobState.__members__:
        return key
    likely = _LIKELY_STATES.get(word)
    if not likely:
        near = difflib.get_close_matches(word, [state.short for state in JobState], n=1, cutoff=0.6)
        likely = (JobState[near[0]],) if near else ()
    if not likely:
        raise BadQuery(
            where, f"there is no state {str(value)[:40]!r}; states are {', '.join(s.short for s in JobState)}"
        )
    aside = (
        " (an aborted run ends FAILED like any other; only errorMessage may tell)" if word in _ABORTED else ""
    )
    said = f"ByteNite has no state {str(value)[:40]!r}{aside}; most likely meant: {_state_filter(likely)}"
    raise BadQuery(where, said)


def _state_filter(states: tuple[JobState, ...]) -> str:
    one = len(states) == 1
    condition = Condition.EQ if one else Condition.IN
    wanted: Any = states[0].value if one else [state.value for state in states]
    return json.dumps({"field": "state", "condition": condition.value, "value": wanted})


def _read_priority(value: Scalar, where: str) -> str:
    word = str(value).strip().upper().removeprefix("EXECUTION_PRIORITY_")
    if word not in Priority.__members__:
        raise BadQuery(
            where,
            f"there is no priority {str(value)[:40]!r}; they are {', '.join(p.value for p in Priority)}",
        )
    return Priority[word].value


def _read_boolean(value: Scalar, found: Field, where: str) -> bool:
    read = {"true": True, "false": False}.get(str(value).strip().lower())
    if read is None:
        raise BadQuery(where, f"{found.name} is true or false, not {str(value)[:40]!r}")
    return read


def _read_number(value: Scalar, found: Field, where: str) -> float:
    read = to_number(value.strip() if isinstance(value, str) else value)
    if read is None:
        raise BadQuery(where, f"{found.name} is a number ({found.meaning}), not {str(value)[:40]!r}")
    return int(read) if read.is_integer() and abs(read) < 2**53 else read


def _resolve_time(
    found: Field, condition: Condition, values: list[Scalar], now: datetime, where: str
) -> list[Filter]:
    if values == [""] and condition in (Condition.EQ, Condition.NEQ):
        return [Filter(field=found.name, condition=condition, value="")]
    spans = [_read_time(value, found, now, where) for value in values]
    if all(span.start == span.end for span in spans):
        moments: list[Scalar] = [dates.to_wire(span.start) for span in spans]
        return [
            Filter(
                field=found.name, condition=condition, value=moments if condition.takes_list else moments[0]
            )
        ]
    return _within(found.name, condition, spans[0], where)


def _read_time(value: Scalar, found: Field, now: datetime, where: str) -> dates.Span:
    try:
        return dates.parse(value if isinstance(value, str) else "", now)
    except ValueError:
        raise BadQuery(
            where,
            f"{found.name} is a time, {_AT_TIME} (UTC unless it has an offset), not {str(value)[:40]!r}",
        ) from None


def _within(name: str, condition: Condition, span: dates.Span, where: str) -> list[Filter]:
    """Ask about a whole day, month… by its first instant and the first after it."""
    start, end = dates.to_wire(span.start), dates.to_wire(span.end)
    bounds = {
        Condition.EQ: [(Condition.GTE, start), (Condition.LT, end)],
        Condition.GT: [(Condition.GTE, end)],
        Condition.GTE: [(Condition.GTE, start)],
        Condition.LT: [(Condition.LT, start)],
        Condition.LTE: [(Condition.LT, end)],
    }
    if condition not in bounds:
        raise BadQuery(
            where,
            f"a span of time such as a day cannot be used with {condition.value}; use GTE and LT with its bounds",
        )
    return [Filter(field=name, condition=one, value=value) for one, value in bounds[condition]]


def utc_now() -> datetime:
    """The present moment, in UTC."""
    return datetime.now(UTC)
