"""Other interpretations of filters than the documented one.

A rule replaces a filter with a condition, or drops it (None). Interpretations are applied in this order: those of
all filters together (SETS), those of one filter (RULES), those of a route (ROUTES).
"""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from bytenite_mcp.simulator.errors import INTERNAL, refuse
from bytenite_mcp.simulator.search import AllOf, AnyOf, Condition, Filter, IsSet, Kind, Pattern, Search
from bytenite_mcp.simulator.search_sql import READINGS, find_kind
from bytenite_mcp.simulator.times import DAY, format_time
from bytenite_mcp.simulator.world import World

Read = Callable[[Search, World], Search]
"""Returns the search that is run instead, or refuses the search."""
Rule = Callable[[Filter], Condition | None]

NOTHING = AnyOf(())
_KNOWN = ("id", "name", "state", "templateId", "createdAt")
_COMPARED = "EQ NEQ GT GTE LT LTE IN NOT_IN"
_ROUTE_AGE = 30 * DAY


def _on(names: str, rule: Rule) -> Rule:
    """Apply a rule to filters with these conditions only, given as words."""
    return lambda given: rule(given) if given.name in names.split() else given


def _on_list(names: str, rule: Rule) -> Rule:
    return _on(names, lambda given: rule(given) if isinstance(given.operand, list) else given)


def _in(fields: str, rule: Rule) -> Rule:
    """Apply a rule to one field only, or to the fields of one kind."""
    return lambda given: rule(given) if fields in (given.field, find_kind(given.field)) else given


def _swap(**names: str) -> Rule:
    """Replace conditions with others."""
    return lambda given: replace(given, condition=f"FILTER_CONDITION_{names.get(given.name, given.name)}")


def _map(change: Callable[[Any], Any], only: type | tuple[type, ...] = object) -> Callable[[Filter], Filter]:
    """Change a filter's value, or each item of its list; with ``only``, values of that type only."""

    def rule(given: Filter) -> Filter:
        changed = [change(value) if isinstance(value, only) else value for value in given.operands]
        return replace(given, operand=changed if isinstance(given.operand, list) else changed[0])

    return rule


def _reread(
    name: str, fields: str, names: str = _COMPARED, *, both: bool = False, kind: Kind | None = None
) -> Rule:
    """Apply a reading to the stored value before the comparison and, with ``both``, to the filter's value."""

    def rule(given: Filter) -> Condition:
        given = _map(READINGS[name])(given) if both else given
        return replace(given, readings=(*given.readings, name), kind=kind or given.kind)

    return _on(names, _in(fields, rule))


def _match_also(write: Callable[[str], str]) -> Rule:
    """Also match texts that contain a regular expression."""

    def rule(given: Filter) -> Condition:
        texts = [value for value in given.operands if value and isinstance(value, str)]
        return AnyOf((given, *(Pattern(given.field, write(text)) for text in texts)))

    return _in("text", rule)


def _like(write: Callable[[str], str]) -> Rule:
    """Match the value of LIKE as a regular expression."""

    def rule(given: Filter) -> Condition:
        return Pattern(given.field, write(given.operand)) if isinstance(given.operand, str) else given

    return _on("LIKE", rule)


def _translate(value: str, many: str = "%", single: str = "_") -> str:
    """Convert a pattern with wildcards to a regular expression that matches whole texts."""
    meaning = {many: ".*", single: "."}
    return rf"\A{''.join(meaning.get(letter, re.escape(letter)) for letter in value)}\Z"


def _refuse_if(regex: str, message: str) -> Callable[[Filter], Filter]:
    return _map(lambda value: refuse(message) if re.search(regex, value) else value, only=str)


RULES: dict[str, Rule] = {
    # Fields
    "field-unknown-ignored": lambda given: given if given.field in _KNOWN else None,
    "field-unknown-empty": lambda given: given if given.field in _KNOWN else NOTHING,
    "field-unknown-400": lambda given: given if given.field in _KNOWN else refuse("unknown field"),
    "field-nested-400": lambda given: refuse("unknown field") if "." in given.field else given,
    # Conditions
    "eq-only": lambda given: given if given.name == "EQ" else refuse(f"{given.condition} is not supported"),
    "gt-is-gte": _swap(GT="GTE"),
    "gte-is-gt": _swap(GTE="GT"),
    "lte-is-lt": _swap(LTE="LT"),
    "lt-gt-swapped-for-times": _in("time", _swap(GT="LT", GTE="LTE", LT="GT", LTE="GTE")),
    "in-first": _on_list("IN", lambda given: replace(given, operand=given.operands[:1])),
    "in-last": _on_list("IN", lambda given: replace(given, operand=given.operands[-1:])),
    "in-needs-two": _on_list("IN", lambda given: given if len(given.operands) > 1 else NOTHING),
    "in-scalar-only": _on_list("IN NOT_IN", lambda _: refuse("value must be a string")),
    "id-filter-ignored": _on("IN", lambda given: None if given.field == "id" else given),
    "array-any-is-all": _on_list(
        "ARRAY_CONTAINS_ANY",
        lambda given: AllOf(tuple(replace(given, operand=[value]) for value in given.operands)),
    ),
    # Values that are unset, zero or false
    "neq-drops-null": _on("NEQ", lambda given: AllOf((given, IsSet(given.field)))),
    "not-in-drops-null": _on("NOT_IN", lambda given: AllOf((given, IsSet(given.field)))),
    "neq-empty-matches-all": _on("NEQ", lambda given: None if given.operand == "" else given),
    "eq-empty-matches-none": _on("EQ", lambda given: NOTHING if given.operand in ("", None) else given),
    "eq-empty-ignored": lambda given: None if given.operand == "" else given,
    "zero-is-unset": lambda given: None if given.operand in ("", 0) else given,
    "like-null-matches": _on("LIKE", lambda given: AnyOf((given, IsSet(given.field, False)))),
    "time-null-is-zero": _reread("time-null-is-zero", "time"),
    "number-null-is-zero": _reread("number-null-is-zero", "number"),
    # Texts
    "eq-any-case": _on("EQ IN", _match_also(lambda value: rf"(?i)\A{re.escape(value)}\Z")),
    "eq-trims": _on("EQ", _match_also(lambda value: rf"\A{re.escape(value.rstrip(' '))} *\Z")),
    "eq-is-prefix": _on("EQ", _match_also(lambda value: rf"\A{re.escape(value)}")),
    "like-case-sensitive": _like(lambda value: f"(?s){_translate(value)}"),
    "like-newline": _like(lambda value: f"(?i){_translate(value)}"),
    "like-no-underscore": _like(lambda value: f"(?is){_translate(value, single='')}"),
    "like-glob": _like(lambda value: f"(?is){_translate(value, '*', '?')}"),
    "like-substring": _like(lambda value: f"(?i){re.escape(value)}"),
    "like-prefix-only": _like(lambda value: rf"(?i)\A{re.escape(value.replace('%', ''))}"),
    "like-whole-word": _like(lambda value: rf"(?i)(?<![^\W_]){re.escape(value.replace('%', ''))}(?![^\W_])"),
    "like-always-contains": _on("LIKE", _map("%{}%".format, only=str)),
    # Times
    "time-as-text": _in("time", lambda given: replace(given, kind="text")),
    "time-offset-ignored": _in("time", _map(lambda value: re.sub(r"[+-]\d\d:\d\d\Z", "Z", value), only=str)),
    "time-fraction-refused": _in("time", _refuse_if(r"\.\d{4}", "a time has at most milliseconds")),
    "time-z-required": _in("time", _refuse_if(r"[+-]\d\d:\d\d\Z", "a time must end in Z")),
    "time-to-second": _reread("time-to-second", "time", both=True),
    "time-to-millisecond": _reread("time-to-millisecond", "time"),
    "time-rounded-up": _reread("time-rounded-up", "time"),
    "time-date-only": _reread("time-date-only", "time", both=True),
    # Numbers
    "number-as-text": _reread("number-as-text", "number", both=True, kind="text"),
    "number-truncated": _in("number", _map(int, only=float)),
    # States
    "state-short-only": _reread("state-short-only", "state", f"{_COMPARED} LIKE"),
    "state-gt-ordinal": _reread("state-gt-ordinal", "state", "GT GTE LT LTE", both=True, kind="number"),
    "state-unknown-is-new": _reread("state-unknown-is-new", "state"),
}


def _interpret(rule: Rule, condition: Condition) -> Condition | None:
    if isinstance(condition, Filter):
        return rule(condition)
    if isinstance(condition, AllOf | AnyOf):
        return type(condition)(_interpret_all(rule, condition.parts))
    return condition


def _interpret_all(rule: Rule, conditions: tuple[Condition, ...]) -> tuple[Condition, ...]:
    interpreted = (_interpret(rule, condition) for condition in conditions)
    return tuple(condition for condition in interpreted if condition is not None)


def _apply(rule: Rule) -> Read:
    return lambda search, _: replace(search, filters=_interpret_all(rule, search.filters))


# All filters together


def _set(change: Callable[[tuple[Any, ...]], tuple[Condition, ...]]) -> Read:
    return lambda search, _: replace(search, filters=change(search.filters))


def _per_field(change: Callable[[tuple[Filter, ...]], Condition]) -> Read:
    """Replace the filters on each field with one condition."""

    def combine(filters: tuple[Filter, ...]) -> tuple[Condition, ...]:
        fields = dict.fromkeys(given.field for given in filters)
        return tuple(change(tuple(one for one in filters if one.field == field)) for field in fields)

    return _set(combine)


def _refuse_null(search: Search, world: World) -> Search:
    """Refuse fields that are unset in any job."""
    ordered = [search.order_by.partition(" ")[0]] if search.order_by else []
    for field in [*(given.field for given in search.filters if isinstance(given, Filter)), *ordered]:
        if world.find(Search(filters=(IsSet(field, False),))):
            refuse("cannot scan null", 500, INTERNAL)
    return search


SETS: dict[str, Read] = {
    "null-column-500": _refuse_null,
    "filters-ignored": _set(lambda _: ()),
    "filters-first-only": _set(lambda filters: filters[:1]),
    "filters-last-only": _set(lambda filters: filters[-1:]),
    "filters-first-two": _set(lambda filters: filters[:2]),
    "filters-ten-max": _set(lambda filters: filters if len(filters) <= 10 else refuse("too many filters")),
    "filters-same-field-first": _per_field(lambda same: same[0]),
    "filters-same-field-last": _per_field(lambda same: same[-1]),
    "filters-same-field-or": _per_field(AnyOf),
    "filters-ored": _set(lambda filters: (AnyOf(filters),) if filters else ()),
    "filters-empty-none": lambda search, _: replace(
        search, filters=search.filters if search.filters or search.route == "list" else (NOTHING,)
    ),
}

# Routes that hide jobs, or do not exist


def _only(route: str, condition: Condition) -> Read:
    """Restrict a route to jobs that match a condition."""
    return lambda search, _: (
        replace(search, filters=(*search.filters, condition)) if search.route == route else search
    )


def _hide_old(search: Search, world: World) -> Search:
    since = Filter("createdAt", "FILTER_CONDITION_GTE", format_time(world.now - _ROUTE_AGE, 9))
    return _only("filter", since)(search, world)


def _refuse_route(status: int, code: int, message: str) -> Read:
    return lambda search, _: refuse(message, status, code) if search.route == "filter" else search


ROUTES: dict[str, Read] = {
    "filter-403": _refuse_route(403, 7, "permission denied"),
    "filter-501": _refuse_route(501, 12, "unimplemented"),
    "route-hides-drafts": _only("filter", Filter("state", "FILTER_CONDITION_NEQ", "JOB_STATE_NEW")),
    "route-hides-unfinished": _only(
        "filter", Filter("state", "FILTER_CONDITION_IN", ["JOB_STATE_COMPLETE", "JOB_STATE_FAILED"])
    ),
    "route-hides-deleted": _only("filter", IsSet("deletedAt", False)),
    "list-hides-deleted": _only("list", IsSet("deletedAt", False)),
    "route-hides-old": _hide_old,
}

READS: dict[str, Read] = {**SETS, **{name: _apply(rule) for name, rule in RULES.items()}, **ROUTES}
