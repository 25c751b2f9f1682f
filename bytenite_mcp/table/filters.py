"""Interprets a caller's filters: resolves field names, and reads values by the types of their fields."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from bytenite_mcp.api.filters import Condition, Filter, Scalar
from bytenite_mcp.api.values import simplify, to_number
from bytenite_mcp.table import dates
from bytenite_mcp.table.errors import BadQuery
from bytenite_mcp.table.fields import Field, Kind, find_field
from bytenite_mcp.table.rows import read_count
from bytenite_mcp.table.states import read_priority, resolve_states

_AT_TIME = 'such as "2026-11-02", "2026-11-02T15:00:00+01:00", "now-7d" or "now-1w/w"'


def understand(asked: Iterable[Filter], now: datetime) -> list[Filter]:
    """Resolve filters: full field names, states, numbers, and times in UTC.

    A date or time may mean a whole day, minute or second in the zone of `now`, so one filter may become two
    (`EQ 2026-11-02` is from the start of that day to before the start of the next).

    Raises:
        BadQuery: A filter is invalid; the message names the argument and what is valid.
    """
    return [
        resolved
        for position, given in enumerate(asked)
        for resolved in _resolve(given, now, f"filters[{position}]")
    ]


def _resolve(given: Filter, now: datetime, argument: str) -> list[Filter]:
    field = find_field(given.field, f"{argument}.field")
    condition, where = given.condition, f"{argument}.value"
    _check_condition(field, given, f"{argument}.condition")
    values = _values(given, field, where)
    if condition is Condition.LIKE:
        return [Filter(field=field.name, condition=condition, value=_as_text(values[0]))]
    if field.kind is Kind.STATE:
        return [resolve_states(condition, values, where)]
    if field.kind is Kind.TIME:
        return _resolve_time(field, condition, values, now, where)
    read = [_read(value, field, where) for value in values]
    return [Filter(field=field.name, condition=condition, value=read if condition.takes_list else read[0])]


def _check_condition(field: Field, given: Filter, where: str) -> None:
    condition = given.condition
    about_list = condition in (Condition.ARRAY_CONTAINS, Condition.ARRAY_CONTAINS_ANY)
    about_none = condition in (Condition.EQ, Condition.NEQ) and given.value == ""
    if field.kind is Kind.LIST and not (about_list or about_none):
        raise BadQuery(
            where,
            f"{field.name} is a list; use FILTER_CONDITION_ARRAY_CONTAINS or _ARRAY_CONTAINS_ANY, "
            'or FILTER_CONDITION_EQ with "" for none',
        )
    if about_list and field.kind not in (Kind.LIST, Kind.FREE):
        raise BadQuery(
            where, f"{field.name} is no list; use FILTER_CONDITION_EQ, or _IN with a list of values"
        )
    if condition.orders and field.kind in (Kind.STATE, Kind.PRIORITY, Kind.BOOLEAN):
        raise BadQuery(where, f"{field.name} has no order; use FILTER_CONDITION_IN with the values wanted")
    if condition is Condition.LIKE and field.kind is Kind.BOOLEAN:
        raise BadQuery(where, f"{field.name} is true or false; use FILTER_CONDITION_EQ")
    if condition is Condition.LIKE and field.kind in (Kind.NUMBER, Kind.TIME):
        raise BadQuery(
            where, f"LIKE is for text and {field.name} is a {field.kind.value}; use EQ, GT, GTE, LT or LTE"
        )


def _values(given: Filter, field: Field, where: str) -> list[Scalar]:
    """Check that the value is a list if and only if the condition takes one."""
    value: Any = given.value
    if isinstance(value, str) and given.condition.takes_list:
        value = _list_in(value)
    if given.condition.takes_list:
        if not isinstance(value, list) or not value:
            example = '["FAILED", "COMPLETE"]' if field.kind is Kind.STATE else '["a", "b"]'
            raise BadQuery(
                where, f"{given.condition.value} wants a list of at least one value, such as {example}"
            )
        return _sendable(value, where)
    if isinstance(value, list):
        example = '"FAILED"' if field.kind is Kind.STATE else '"a"'
        raise BadQuery(
            where,
            f"{given.condition.value} wants one value, such as {example}, not a list; "
            "for any of several use FILTER_CONDITION_IN",
        )
    return _sendable([value], where)


def _sendable(values: list[Scalar], where: str) -> list[Scalar]:
    """Refuse values that JSON in UTF-8 cannot express: infinite numbers, and lone surrogates."""
    for value in values:
        half = isinstance(value, str) and any("\ud800" <= character <= "\udfff" for character in value)
        if half or (not isinstance(value, str | bool) and to_number(value) is None):
            raise BadQuery(where, "holds a number or a character that cannot be sent")
    return values


def _list_in(text: str) -> Any:
    """Read a list that some hosts send as JSON in a string."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    scalars = isinstance(value, list) and all(
        isinstance(element, str | bool | int | float) for element in value
    )
    return value if scalars else text


def _read(value: Scalar, field: Field, where: str) -> Scalar:
    if value == "":
        return value
    match field.kind:
        case Kind.PRIORITY:
            return read_priority(value, where)
        case Kind.BOOLEAN:
            return _read_boolean(value, field, where)
        case Kind.NUMBER:
            return _read_number(value, field, where)
        case Kind.TEXT:
            return _as_text(value)
        case _:
            return value


def _as_text(value: Scalar) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _read_boolean(value: Scalar, field: Field, where: str) -> bool:
    read = {"true": True, "false": False}.get(str(value).strip().lower())
    if read is None:
        raise BadQuery(where, f"{field.name} is true or false, not {str(value)[:40]!r}")
    return read


def _read_number(value: Scalar, field: Field, where: str) -> float:
    value = value.strip() if isinstance(value, str) else value
    if (whole := read_count(value)) is not None:
        return whole
    read = to_number(value)
    if read is None:
        raise BadQuery(where, f"{field.name} is a number ({field.meaning}), not {str(value)[:40]!r}")
    return simplify(read)


def _resolve_time(
    field: Field, condition: Condition, values: list[Scalar], now: datetime, where: str
) -> list[Filter]:
    if values == [""] and condition in (Condition.EQ, Condition.NEQ):
        return [Filter(field=field.name, condition=condition, value="")]
    given = [value for value in values if value != "" or not condition.takes_list]
    spans = [_read_time(value, field, now, where) for value in given]
    instants = [value for value, span in zip(given, spans, strict=True) if _is_instant_of_now(value, span)]
    if instants and not condition.orders:
        raise BadQuery(
            where,
            f"{instants[0]} is one instant: round it ({instants[0]}/d is that day), or use GTE for since then",
        )
    if not condition.takes_list and spans[0].end > spans[0].start and condition is not Condition.NEQ:
        return _within(field.name, condition, spans[0])
    if not all(span.is_moment for span in spans):
        raise BadQuery(
            where,
            f"{condition.value} cannot take a span of time such as a day; use EQ or, for several or all but one, "
            "query_jobs",
        )
    unset: list[Scalar] = [""] if len(given) < len(values) else []
    moments = unset + [dates.to_wire(span.start) for span in spans]
    return [
        Filter(field=field.name, condition=condition, value=moments if condition.takes_list else moments[0])
    ]


def _read_time(value: Scalar, field: Field, now: datetime, where: str) -> dates.Span:
    try:
        return dates.parse(value if isinstance(value, str) else "", now)
    except ValueError as error:
        given = f"{str(value)[:40]!r}"
        if str(error) != dates.NO_TIME:
            raise BadQuery(where, f"there is no time {given}: {error}") from error
        zone = f"{now.tzinfo} unless it has an offset"
        raise BadQuery(where, f"{field.name} is a time, {_AT_TIME} ({zone}), not {given}") from None


def _is_instant_of_now(value: Scalar, span: dates.Span) -> bool:
    return dates.is_relative(str(value)) and span.start == span.end


def _within(name: str, condition: Condition, span: dates.Span) -> list[Filter]:
    """Make the filters for a whole second, minute, day… from its first instant and the first one after it."""
    start, end = dates.to_wire(span.start), dates.to_wire(span.end)
    bounds = {
        Condition.EQ: [(Condition.GTE, start), (Condition.LT, end)],
        Condition.GT: [(Condition.GTE, end)],
        Condition.GTE: [(Condition.GTE, start)],
        Condition.LT: [(Condition.LT, start)],
        Condition.LTE: [(Condition.LT, end)],
    }
    return [Filter(field=name, condition=bound, value=value) for bound, value in bounds[condition]]
