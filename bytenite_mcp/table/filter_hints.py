"""Finds mistakes in filters that are not errors: values and members that no job has, and why no job matches."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING

from pydantic_core import from_json

from bytenite_mcp.api.filters import Condition, Filter, Scalar
from bytenite_mcp.api.models import JobState
from bytenite_mcp.api.values import Json, write_count
from bytenite_mcp.privacy.texts import scrub
from bytenite_mcp.table.conditions import column_of, kind_of, write_shown, write_where
from bytenite_mcp.table.fields import Kind
from bytenite_mcp.table.groups import NONE
from bytenite_mcp.table.matches import name_asked
from bytenite_mcp.table.nearest import find_nearest, render_texts
from bytenite_mcp.table.order import NEWEST_FIRST, Order
from bytenite_mcp.table.schema import RECORDS, write_unreadable
from bytenite_mcp.table.states import likely_states

if TYPE_CHECKING:
    from bytenite_mcp.table.database import Cursor

_MOST_TOLD, _MOST_CHECKED, _MOST_NAMED = 3, 10, 3
_FEW = 8
"""The most different values of a field that are all named if none is similar."""

_NOT_EXACT = (Condition.LIKE, Condition.GT, Condition.GTE, Condition.LT, Condition.LTE)


def find_hints(
    cursor: "Cursor", filters: Sequence[Filter], matches: int | None, order: Order = NEWEST_FIRST
) -> list[str]:
    """Return what to tell about filters and an order.

    Args:
        cursor: A cursor of a table with all jobs.
        filters: The filters, as understood.
        matches: The number of jobs that match, if it is known.
        order: The order of the jobs.
    """
    if not cursor.execute(f"SELECT 1 FROM {RECORDS} LIMIT 1").fetchone():
        return []
    sought = [
        name for name in name_asked(filters, order) if kind_of(name) is Kind.FREE or name == order.field
    ]
    members = (_find_member(cursor, name) for name in sought)
    values = (hint for given in filters for hint in _check_values(cursor, given))
    told = dict[str, None]()
    for hint in filter(None, chain(members, values)):
        told[hint] = None
        if len(told) > _MOST_TOLD:  # finding each takes time
            return [*[*told][:_MOST_TOLD], "There is more to tell of this kind."]
    return [*told] or ([*_explain_empty(cursor, filters)][:_MOST_TOLD] if matches == 0 else [])


def _check_values(cursor: "Cursor", given: Filter) -> Iterator[str]:
    """Say which texts no job has, and which versions of a template there are."""
    kind, field = kind_of(given.field), given.field
    if given.condition is Condition.LIKE:
        yield "" if _has(cursor, given) else _explain_like(cursor, given)
    if kind not in (Kind.TEXT, Kind.LIST) or given.condition in _NOT_EXACT:
        return
    values = given.value if isinstance(given.value, list) else [given.value]
    test = Condition.ARRAY_CONTAINS if kind is Kind.LIST else Condition.EQ
    for text in map(str, filter(None, values[:_MOST_CHECKED])):
        if not _has(cursor, Filter(field=field, condition=test, value=text)):
            which = f"{field} {render_texts([text])}" if len(values) > 1 else f"that {field}"
            yield scrub(_explain_unknown(cursor, field, which, text))
        elif field == "templateId":
            yield name_versions(cursor, text, values)


def _explain_like(cursor: "Cursor", given: Filter) -> str:
    pattern, kind = str(given.value), kind_of(given.field)
    if "\\" in pattern:
        return "In LIKE a backslash is itself, and % and _ cannot be escaped; query_jobs has LIKE … ESCAPE."
    if "*" in pattern and "%" not in pattern:
        return "In LIKE, * is itself: put % around a part of the text."
    if not set("%_") & set(pattern):
        return "LIKE without % compares the whole text: put % around a part of it."
    if kind is Kind.STATE and _is_cut(cursor, given.field):
        return ""
    if kind is Kind.STATE:
        states = likely_states(pattern.strip("%")) or JobState
        return f"No job is in such a state; documented are {', '.join(state.short for state in states)}."
    if kind is not Kind.TEXT or given.field == "id":
        return ""
    return _explain_unknown(cursor, given.field, f"a matching {given.field}", pattern.strip("%"))


def _has(cursor: "Cursor", given: Filter) -> bool:
    where, values = write_where([given])
    return cursor.execute(f"SELECT 1 FROM {RECORDS} WHERE {where} LIMIT 1", values).fetchone() is not None


def _is_cut(cursor: "Cursor", field: str) -> bool:
    """Whether a job has a value of a field that could not be read, or not whole, and so may have anything."""
    cut = f"SELECT 1 FROM {RECORDS} WHERE {write_unreadable(column_of(field))} LIMIT 1"
    return cursor.execute(cut).fetchone() is not None


def _explain_printed(text: str) -> str:
    """Say what a text means that summarize_jobs prints in place of those of jobs; "" for any other."""
    if text == NONE:
        return f'{NONE} stands for what is not set: use EQ with "".'
    if set("…#") & set(text):
        return "# stands for numbers, and … for what was cut: use LIKE with % in their place."
    return ""


def _explain_unknown(cursor: "Cursor", field: str, which: str, text: str) -> str:
    """Say that no job has a text, and which are similar, what it means or, if they are few, which there are."""
    column = column_of(field)
    value = f"unnest({column})" if kind_of(field) is Kind.LIST else column
    is_cut = _is_cut(cursor, field)
    if found := find_nearest(cursor, value, RECORDS, text):
        return f"There is {found}." if is_cut else f"No job has {which}; there is {found}."
    if is_cut or field == "id" or (printed := _explain_printed(text)):
        return "" if is_cut or field == "id" else printed
    every = f"""SELECT value FROM (SELECT DISTINCT {value} AS value FROM {RECORDS})
        WHERE value IS NOT NULL ORDER BY 1 LIMIT {_FEW + 1}"""
    few = [value for (value,) in cursor.execute(every).fetchall()]
    there = f"; it is one of {render_texts(few)}" if 0 < len(few) <= _FEW else ""
    return f"No job has {which}{there}."


def name_versions(cursor: "Cursor", template: str, asked: Sequence[Scalar] = ()) -> str:
    """Say that a template's id has no version, and which others than these `asked` for have one."""
    select = f"""SELECT templateId, count(*), count(*) OVER () FROM {RECORDS} WHERE starts_with(templateId, ?)
        AND NOT list_contains(?::VARCHAR[], templateId) GROUP BY ALL ORDER BY 2 DESC LIMIT {_MOST_NAMED}"""
    found = cursor.execute(select, [f"{template}@", [*map(str, asked)]]).fetchall()
    versions = ", ".join(f"{render_texts([name])} ({count:,} in all)" for name, count, _ in found)
    left = found[0][-1] - len(found) if found else 0
    more = f" and {left} more" if left else ""
    return f"Other than this templateId are those with a version: {versions}{more}." if versions else ""


def _find_member(cursor: "Cursor", name: str) -> str:
    """Say that no job has a value of a field, and where a member of params is instead; "" if one has."""
    has = f"SELECT 1 FROM {RECORDS} WHERE {write_shown(name)} IS NOT NULL LIMIT 1"
    if cursor.execute(has).fetchone() or _is_cut(cursor, name):
        return ""
    member = name.rpartition(".")[2]
    select = f"SELECT DISTINCT params FROM {RECORDS} WHERE contains(params, ?) LIMIT {_MOST_CHECKED}"
    found = (from_json(params) for (params,) in cursor.execute(select, [f'"{member}"']).fetchall())
    paths = dict.fromkeys(path for params in found for path in _find_paths(params, "params", member))
    there = f"; there is {render_texts([*paths][:_MOST_NAMED])}" if paths else ""
    return scrub(f"No job has {render_texts([name])}{there}.")


def _find_paths(value: Json, path: str, member: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, inside in value.items():
            if name == member:
                yield f"{path}.{name}"
            yield from _find_paths(inside, f"{path}.{name}", member)


def _explain_empty(cursor: "Cursor", filters: Sequence[Filter]) -> Iterator[str]:
    """Say without the filters of which field jobs match, and whether none of these has a value of it."""
    for name in name_asked(filters, NEWEST_FIRST):
        others = [given for given in filters if given.field != name]
        where, values = write_where(others)
        counts = f"SELECT count(*), count({write_shown(name)}) FROM {RECORDS} WHERE {where}"
        count, valued = cursor.execute(counts, values).fetchone() or (0, 0)
        unset = "" if valued or _is_cut(cursor, name) else f", none of them with {name}"
        if count and (unset or others):
            yield f"Without the filters on {name}: {write_count(count, 'job')}{unset}."
