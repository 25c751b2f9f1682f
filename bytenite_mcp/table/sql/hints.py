"""Finds mistakes in a query that are not errors: comparisons that no job can meet, and values that are not final."""

import calendar
from collections.abc import Iterator, Mapping, Set
from typing import TYPE_CHECKING

from bytenite_mcp.api.models import JobState, Priority
from bytenite_mcp.api.values import write_count
from bytenite_mcp.table.causes import Cause
from bytenite_mcp.table.fields import EASILY_MISREAD, EVERY_FIELD
from bytenite_mcp.table.filter_hints import name_versions
from bytenite_mcp.table.nearest import find_nearest
from bytenite_mcp.table.sql.traps import EQUAL, TOTALS, TYPES, find_trap
from bytenite_mcp.table.sql.tree import Node, column_name, joined_tables, literal, walk
from bytenite_mcp.table.states import likely_states

if TYPE_CHECKING:
    from bytenite_mcp.table.database import Cursor

_KNOWN = {
    "state": [state.short for state in JobState],
    "priority": [priority.removeprefix("EXECUTION_PRIORITY_") for priority in Priority],
    "cause": list(map(str, Cause)),
    "dayname": list(calendar.day_name),
    "monthname": list(calendar.month_name)[1:],
}
"""The texts that a column or a function can have."""

_MADE_OF = {
    "byc": ["paymentamount", "state"],
    "finished": ["state"],
    "waitseconds": ["createdat", "startedat"],
    "errorkind": ["errormessage"],
    "cause": ["errormessage"],
}
"""Computed columns, in lower case, and the columns that they are computed from."""

_VIEWED = {"stages": ["stages"], "unfinished": ["stages", "state"]}
"""Tables that are views, and what their rows are computed from."""

_SAME = (*EQUAL, "COMPARE_DISTINCT_FROM", "COMPARE_NOT_DISTINCT_FROM")
_IS = "{} = ?"
_LIKE = {"~~": "{} ~~ ?", "!~~": "{} ~~ ?", "~~*": "{} ~~* ?", "!~~*": "{} ~~* ?"} | {
    name: name + "({}, ?)"
    for name in [
        "contains",
        "starts_with",
        "prefix",
        "ends_with",
        "suffix",
        "regexp_matches",
        "regexp_full_match",
    ]
}
"""Operators and functions that search a text, as tests of it."""

_CONTAINS = {"contains", "list_contains", "list_has", "array_contains", "array_has"}
_CASES = {"lower": str.lower, "lcase": str.lower, "upper": str.upper, "ucase": str.upper}
_MOST_CHECKED, _MOST_TOLD, _MOST_GAPS, _LONGEST = 10, 3, 5, 40

_WORDS_OF_FILTERS = {"FINISHED": "WHERE finished", "UNFINISHED": "WHERE NOT finished"}
_TESTS_OF_NULL = ("OPERATOR_IS_NULL", "OPERATOR_IS_NOT_NULL", "OPERATOR_COALESCE")
_OF_FAILED = ("errormessage", "errorkind", "cause")
"""Columns that are null in all jobs but failed ones."""

_Compared = tuple[str, str, str, str]
"""A column in lower case, the function that it is in or "", the test of its value, and the text."""


def find_hints(cursor: "Cursor", query: Node, unreadable: Mapping[str, int], *, whole: bool) -> list[str]:
    """Return the notes for the answer to a query.

    Args:
        cursor: A cursor of the table, to look for what the query looks for.
        query: Its parse tree.
        unreadable: The number of unreadable values of each column.
        whole: Whether the table has all jobs, so that it shows what no job has.
    """
    nodes = [*walk(query)][::-1]
    columns = _renamed(nodes)
    named = {name for node in nodes for name in _named(node)}
    shown = named if _shows_all(query["node"]) else named - {"*"}
    gaps = {name: count for name, count in unreadable.items() if not shown.isdisjoint({"*", name.lower()})}
    hints = [
        *(_find_texts(cursor, nodes, columns) if whole else ()),
        *dict.fromkeys(find_trap(cursor, node) for node in nodes),
        *_find_omitted(cursor, nodes, columns),
        EASILY_MISREAD["owner"] if "owner" in named else "",
        _find_uncharged(cursor, nodes),
        _find_unpriced(cursor, named),
    ]
    return [hint for hint in hints if hint][:_MOST_TOLD] + _say_unreadable(gaps)


def _named(node: Node) -> Iterator[str]:
    """Yield the columns that a node names, in lower case, and those they are computed from; * for a whole table."""
    for name in map(str.lower, node.get("column_names", ())):
        yield from (name, *_MADE_OF.get(name, ()))
    yield from _VIEWED.get(node.get("table_name", "").lower(), ())
    stars = (chosen.get("class") == "STAR" for chosen in node.get("select_list", ()))
    if any(stars) and not {"jobs", "unfinished"}.isdisjoint(joined_tables(node["from_table"]).values()):
        yield "*"


def _shows_all(node: Node) -> bool:
    """Whether the outermost SELECT of a query has a star, which may show all columns of a WITH or subquery."""
    stars = [chosen for chosen in node.get("select_list", ()) if chosen["class"] == "STAR"]
    return any(not star["exclude_list"] for star in stars) or any(map(_shows_all, node.get("children", ())))


def _renamed(nodes: list[Node]) -> dict[str, str]:
    """Return the columns by their aliases, in lower case; "" for the alias of anything else."""
    chosen = [node for node in nodes if node.get("alias") and node.get("class")]
    listed = [
        name for node in nodes for name in (*node.get("column_name_alias", ()), *node.get("aliases", ()))
    ]
    replaced = [part["key"] for node in nodes for part in node.get("replace_list", ())]
    by_alias = {node["alias"].lower(): column_name(node).lower() for node in chosen}
    return by_alias | dict.fromkeys(map(str.lower, (*listed, *replaced)), "")


def _compare(node: Node, columns: Mapping[str, str]) -> Iterator[_Compared]:
    """Yield the comparisons of a column with a text."""
    for test, left, right in _pairs(node):
        for column, text in ((left, right), (right, left)):
            function = column.get("function_name", "")
            if function in _CASES:
                (column,) = (given["expression"] for given in column["arguments"])
            name, given = column_name(column).lower() or function, literal(text)
            if name and given["kind"] == "STRING":
                yield columns.get(name, name), function, test, given["text"]


def _exclude(node: Node, columns: Mapping[str, str]) -> Iterator[str]:
    """Yield the columns of which a node excludes a text."""
    match node:
        case {"type": "COMPARE_NOTEQUAL"} | {"function_name": "!~~" | "!~~*"}:
            excluding = node
        case {"type": "OPERATOR_NOT", "children": [excluding]}:
            pass
        case _:
            return
    yield from (column for column, _, _, text in _compare(excluding, columns) if text)


def _named_in(tree: Node) -> Iterator[str]:
    return (name for node in walk(tree) for name in _named(node))


def _pairs(node: Node) -> Iterator[tuple[str, Node, Node]]:
    """Yield the expressions that a node compares, with the test."""
    match node:
        case {"class": "COMPARISON", "type": kind, "left": left, "right": right} if kind in _SAME:
            yield _IS, left, right
        case {"class": "OPERATOR", "type": "COMPARE_IN" | "COMPARE_NOT_IN", "children": [left, *rights]}:
            yield from ((_IS, left, right) for right in rights)
        case {"class": "FUNCTION", "function_name": name, "arguments": [left, right]} if name in _LIKE:
            yield _LIKE[name], left["expression"], right["expression"]
        case {"class": "FUNCTION", "function_name": name, "arguments": [left, right]} if name in _CONTAINS:
            yield from ((_IS, item, right["expression"]) for item in _items(left["expression"]))
        case {"subquery_type": "ANY", "child": left, "subquery": {"node": {"select_list": [items]}}}:
            if items.get("function_name") == "unnest":
                yield from ((_IS, left, item) for item in _items(items["arguments"][0]["expression"]))


def _items(node: Node) -> list[Node]:
    """Return the items of a list that is written out, or else a list's expression itself."""
    if node.get("function_name") == "list_value":
        return [given["expression"] for given in node["arguments"]]
    return [node] if node.get("class") == "COLUMN_REF" else []


def _find_texts(cursor: "Cursor", nodes: list[Node], columns: Mapping[str, str]) -> Iterator[str]:
    compared = dict.fromkeys(found for node in nodes for found in _compare(node, columns))
    return (_find_text(cursor, *found) for found in [*compared][:_MOST_CHECKED])


def _find_text(cursor: "Cursor", column: str, function: str, test: str, text: str) -> str:
    """Say that no job has a text in a column; "" if one has, or may have."""
    known = _KNOWN.get(column, [])
    kind = TYPES.get(column, "VARCHAR" if known else "")
    if not kind.startswith("VARCHAR"):
        return ""
    value, test = (f"unnest({column})", _IS) if kind.endswith("]") else (column, test)
    if column not in TYPES:
        function, value = "", "NULL"
    source = f"(SELECT {value} AS value FROM jobs UNION ALL SELECT unnest(?::VARCHAR[]))"
    has = f"SELECT 1 FROM {source} WHERE {test.format(f'{function}(value)')} LIMIT 1"
    if cursor.execute(has, [known, text]).fetchone():
        if test == _LIKE["~~"] and not function and column in TYPES:
            return _find_other_case(cursor, column, text)
        return name_versions(cursor, text) if (column, test) == ("templateid", _IS) else ""
    name = f"{function}({_spell(column)})" if function else _spell(column)
    said = f"{name} is never {text[:_LONGEST]!r}; "
    if not text:
        return said + "what is unset is NULL."
    if column == "state" and text.upper() in _WORDS_OF_FILTERS:
        return f"{said}write {_WORDS_OF_FILTERS[text.upper()]}."
    meant = [state.short for state in likely_states(text)] if column == "state" else []
    if meant:
        spell = _CASES.get(function, str)
        return f"{said}most likely meant: {', '.join(map(spell, meant))}."
    if known:
        return f"{said}documented are {'; '.join(known)}."
    found = find_nearest(cursor, value, "jobs", text.strip("%"))
    case = " (LIKE is case-sensitive, ILIKE is not)" if test == _LIKE["~~"] else ""
    return f"No row has the {name} {text[:_LONGEST]!r}" + (f"; there is {found}{case}." if found else ".")


def _find_other_case(cursor: "Cursor", column: str, pattern: str) -> str:
    """Say of how many more jobs a text matches a pattern in another case."""
    select = f"SELECT count(*) FROM jobs WHERE {column} ILIKE $text AND NOT {column} LIKE $text"
    (more,) = cursor.execute(select, {"text": pattern}).fetchone() or (0,)
    return f"LIKE is case-sensitive: ILIKE would match {write_count(more, 'more job')}." if more else ""


def _find_omitted(cursor: "Cursor", nodes: list[Node], columns: Mapping[str, str]) -> Iterator[str]:
    """Say in how many jobs a column is null of which a query excludes texts, and so these jobs, too."""
    tested = {name for node in nodes if node.get("type") in _TESTS_OF_NULL for name in _named_in(node)}
    excluded = dict.fromkeys(column for node in nodes for column in _exclude(node, columns))
    for column in excluded:
        if TYPES.get(column, "").startswith("VARCHAR") and column not in {*tested, *_OF_FAILED}:
            (count,) = cursor.execute(f"SELECT count(*) FROM jobs WHERE {column} IS NULL").fetchone() or (0,)
            name = _spell(column)
            said = f"{name} is NULL in {write_count(count, 'job')}, which <> and NOT leave out"
            yield f"{said}; add OR {name} IS NULL to have them." if count else ""


def _spell(column: str) -> str:
    return next((field.in_sql for field in EVERY_FIELD if field.in_sql.lower() == column), column)


def _say_unreadable(counts: Mapping[str, int]) -> list[str]:
    """Say of each column in how many jobs it could not be read; of all beyond the first few, how many they are."""
    gaps = [
        f"{column} could not be read, or not whole, in {write_count(count, 'job')}."
        for column, count in sorted(counts.items())
    ]
    more = len(gaps) - _MOST_GAPS
    return [*gaps[:_MOST_GAPS], f"{more} other columns also had unreadable values."] if more > 1 else gaps


def _find_uncharged(cursor: "Cursor", nodes: list[Node]) -> str:
    """Say that a total has prices of jobs that were not charged, unless the query tells jobs apart by their state."""
    totals = [node for node in nodes if node.get("function_name") in TOTALS]
    named = {name.lower() for node in totals for part in walk(node) for name in part.get("column_names", ())}
    if "paymentamount" not in named or any(literal(node)["text"] == "COMPLETE" for node in nodes):
        return ""
    uncharged = (
        "SELECT count(*), sum(paymentAmount) FROM jobs WHERE state <> 'COMPLETE' AND paymentAmount > 0"
    )
    count, total = cursor.execute(uncharged).fetchone() or (0, 0)
    said = f"{write_count(count, 'job')} not COMPLETE, with a paymentAmount of {total or 0:,.2f} BYC"
    return f"Among all jobs, not charged: {said}; byc is what was." if count else ""


def _find_unpriced(cursor: "Cursor", named: Set[str]) -> str:
    """Say that no completed job has a price, if a query names prices."""
    prices = "SELECT count(*), count(paymentAmount) FROM jobs WHERE state = 'COMPLETE'"
    complete, priced = cursor.execute(prices).fetchone() or (0, 0)
    unknown = "paymentamount" in named and complete and not priced
    return "No completed job has a paymentAmount, so byc 0 may mean unknown." if unknown else ""
