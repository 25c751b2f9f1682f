"""Finds mistakes in a query that are not errors: comparisons that no job can meet, and values that are not final."""

import calendar
from collections.abc import Iterable, Iterator, Mapping, Set
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
_FILLED = ("state", "errormessage", "errorkind", "cause")
"""Columns that every job has, or every failed job."""

_NO_TABLE: Node = {"type": "EMPTY", "alias": ""}
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
    named, hiding = {name for node in nodes for name in _named(node)}, _hiding(nodes, columns)
    hints = [
        *(_find_by_jobs(cursor, nodes, columns, named) if whole else ()),
        *dict.fromkeys(find_trap(cursor, node, hiding) for node in nodes),
        EASILY_MISREAD["owner"] if "owner" in named and columns.get("owner", "owner") == "owner" else "",
    ]
    shown = named - {"*"} | (_starred(query["node"]) if "*" in named else set())
    gaps = {name: count for name, count in unreadable.items() if name.lower() in shown}
    return [hint for hint in hints if hint][:_MOST_TOLD] + _say_unreadable(gaps)


def _hiding(nodes: list[Node], columns: Mapping[str, str]) -> Set[str]:
    """Return the aliases that may hide the columns of their names: in a single SELECT, conditions prefer columns."""
    selects = sum(node.get("type") == "SELECT_NODE" for node in nodes)
    return {alias for alias, column in columns.items() if alias != column} if selects > 1 else set()


def _find_by_jobs(
    cursor: "Cursor", nodes: list[Node], columns: Mapping[str, str], named: Set[str]
) -> Iterator[str]:
    """Find what the table shows, if it has all jobs; what is said may be ""."""
    compared = dict.fromkeys(found for node in nodes for found in _compare(node, columns))
    yield _find_uncharged(cursor, nodes)
    yield _find_unpriced(cursor, named)
    yield from (_find_text(cursor, *found, compared) for found in [*compared][:_MOST_CHECKED])
    yield from _find_omitted(cursor, nodes, columns, compared)


def _named(node: Node) -> Iterator[str]:
    """Yield the columns that a node names, in lower case, and those they are computed from; * for a whole table."""
    for name in map(str.lower, node.get("column_names", ())):
        yield from (name, *_MADE_OF.get(name, ()))
    yield from _VIEWED.get(node.get("table_name", "").lower(), ())
    stars = (chosen.get("class") == "STAR" for chosen in node.get("select_list", ()))
    if any(stars) and not {"jobs", "unfinished"}.isdisjoint(joined_tables(node["from_table"]).values()):
        yield "*"


def _starred(node: Node) -> set[str]:
    """Return the columns of jobs that stars of the outermost SELECT may show, in lower case."""
    every = {field.in_sql.lower() for field in EVERY_FIELD if field.shown}
    stars = [chosen for chosen in node.get("select_list", ()) if chosen["class"] == "STAR"]
    excluded = [
        (*star["exclude_list"], *(part["column"] for part in star["qualified_exclude_list"]))
        for star in stars
    ]
    shown = [every.difference(map(str.lower, names)) for names in excluded]
    return set[str]().union(*shown, *map(_starred, node.get("children", ())))


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


def _exclude(node: Node, columns: Mapping[str, str]) -> Iterator[_Compared]:
    """Yield the comparisons by which a node excludes a text."""
    match node:
        case {"type": "COMPARE_NOTEQUAL"} | {"function_name": "!~~" | "!~~*"}:
            excluding = node
        case {"type": "OPERATOR_NOT", "children": [excluding]} if "DISTINCT" not in excluding["type"]:
            pass
        case _:
            return
    yield from (found for found in _compare(excluding, columns) if found[-1])


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


def _find_text(
    cursor: "Cursor", column: str, function: str, test: str, text: str, compared: Iterable[_Compared]
) -> str:
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
        others = [other for named, *_, other in compared if named == column and other != text]
        return _find_similar(cursor, column, test, text, others) if column in TYPES and not function else ""
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
        words = [word for word in text.strip("%").lower().split() if len(word) > 3]
        similar = [value for value in known if any(word in value.lower() for word in words)]
        return f"{said}{'most likely meant:' if similar else 'documented are'} {'; '.join(similar or known)}."
    if "\\" in text and test in _LIKE.values():
        return f"{said}a backslash escapes only with ESCAPE '\\'."
    found = find_nearest(cursor, value, "jobs", text.strip("%"))
    case = " (LIKE is case-sensitive, ILIKE is not)" if test == _LIKE["~~"] else ""
    return f"No row has the {name} {text[:_LONGEST]!r}" + (f"; there is {found}{case}." if found else ".")


def _find_similar(cursor: "Cursor", column: str, test: str, text: str, others: Iterable[str]) -> str:
    """Say of how many more jobs a text matches a pattern in another case, or which versions a template has."""
    if (column, test) == ("templateid", _IS) and not any(other.startswith(f"{text}@") for other in others):
        return name_versions(cursor, text)
    if test != _LIKE["~~"] or text.lower() in map(str.lower, others):
        return ""
    select = f"SELECT count(*) FROM jobs WHERE {column} ILIKE $text AND NOT {column} LIKE $text"
    (more,) = cursor.execute(select, {"text": text}).fetchone() or (0,)
    return f"LIKE is case-sensitive: ILIKE would match {write_count(more, 'more job')}." if more else ""


def _find_omitted(
    cursor: "Cursor", nodes: list[Node], columns: Mapping[str, str], compared: Iterable[_Compared]
) -> Iterator[str]:
    """Say in how many jobs a column is null of which a query only excludes texts, and so these jobs, too."""
    tested = {name for node in nodes if node.get("type") in _TESTS_OF_NULL for name in _named_in(node)}
    wheres = [
        node["where_clause"]
        for node in nodes
        if "jobs" in joined_tables(node.get("from_table") or _NO_TABLE).values()
    ]
    parts = (part for where in wheres for part in walk(where))
    excluded = dict.fromkeys(found for part in parts for found in _exclude(part, columns))
    required = {found[0] for found in compared if found not in excluded}
    for column in dict.fromkeys(found[0] for found in excluded):
        if TYPES.get(column, "").startswith("VARCHAR") and column not in {*tested, *required, *_FILLED}:
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
