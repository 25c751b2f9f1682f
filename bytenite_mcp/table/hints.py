"""Finds mistakes in a query that are not errors: comparisons that no job can meet, and values that are not final."""

import calendar
import re
from collections.abc import Iterator, Mapping, Set
from typing import TYPE_CHECKING

from bytenite_mcp.api.models import JobState, Priority
from bytenite_mcp.privacy.sanitize import sanitize, shorten
from bytenite_mcp.table.causes import Cause
from bytenite_mcp.table.fields import EVERY_FIELD
from bytenite_mcp.table.states import likely_states
from bytenite_mcp.table.tree import Node, walk

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

_TYPES = {field.in_sql.lower(): field.stored_as for field in EVERY_FIELD}
_IS = "{} = ?"
_EQUAL = ("COMPARE_EQUAL", "COMPARE_NOTEQUAL")
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
_CASES = {"lower", "lcase", "upper", "ucase"}
_TOTALS = {"sum", "avg", "mean", "median", "quantile_cont", "percentile_cont"}
_OFFSET = re.compile(r":\d\d(\.\d+)? ?[+-](?!00(:?00)?\Z)\d\d(:?\d\d)?\Z")
_MOST_CHECKED, _MOST_TOLD, _LONGEST = 10, 3, 40

_Compared = tuple[str, str, str, str]
"""A column in lower case, the function that it is in or "", the test of its value, and the text."""


def find_hints(cursor: "Cursor", query: Node, unreadable: Mapping[str, int]) -> list[str]:
    """Return the notes for the answer to a query.

    Args:
        cursor: A cursor of the table, to look for what the query looks for.
        query: Its parse tree.
        unreadable: The number of unreadable values of each column.
    """
    nodes = [*walk(query)][::-1]
    columns = _renamed(nodes)
    compared = dict.fromkeys(found for node in nodes for found in _compare(node, columns))
    wrong = [_find_text(cursor, *found) for found in [*compared][:_MOST_CHECKED]]
    wrong += dict.fromkeys(_find_trap(cursor, node) for node in nodes)
    named = {name for node in nodes for name in _named(node)}
    gaps = [
        f"{column} could not be read, or not whole, in {count:,} job{'' if count == 1 else 's'}."
        for column, count in sorted(unreadable.items())
        if not named.isdisjoint({"*", column.lower()})
    ]
    prices = (_find_uncharged(cursor, nodes), _find_unpriced(cursor, named))
    return [hint for hint in (*wrong, *prices) if hint][:_MOST_TOLD] + gaps[:5]


def _named(node: Node) -> Iterator[str]:
    """Yield the columns that a node names, in lower case, and those they are computed from; * for a whole table."""
    for name in map(str.lower, node.get("column_names", ())):
        yield from (name, *_MADE_OF.get(name, ()))
    yield from _VIEWED.get(node.get("table_name", "").lower(), ())
    stars = (chosen.get("class") == "STAR" for chosen in node.get("select_list", ()))
    if any(stars) and _is_table(node["from_table"]):
        yield "*"


def _is_table(source: Node) -> bool:
    """Whether a FROM clause is a table, or a join with one, rather than a subquery."""
    if source["type"] == "JOIN":
        return _is_table(source["left"]) or _is_table(source["right"])
    return source["type"] == "BASE_TABLE" and source["table_name"].lower() in ("jobs", "unfinished")


def _renamed(nodes: list[Node]) -> dict[str, str]:
    """Return the columns by their aliases, in lower case; "" for the alias of anything else."""
    chosen = [node for node in nodes if node.get("alias") and node.get("class")]
    return {node["alias"].lower(): _column(node).lower() for node in chosen}


def _compare(node: Node, columns: Mapping[str, str]) -> Iterator[_Compared]:
    """Yield the comparisons of a column with a text."""
    for test, left, right in _pairs(node):
        for column, text in ((left, right), (right, left)):
            function = column.get("function_name", "")
            if function in _CASES:
                (column,) = (given["expression"] for given in column["arguments"])
            name, literal = _column(column).lower() or function, _literal(text)
            if name and literal["kind"] == "STRING":
                yield columns.get(name, name), function, test, literal["text"]


def _pairs(node: Node) -> Iterator[tuple[str, Node, Node]]:
    """Yield the expressions that a node compares, with the test."""
    match node:
        case {"class": "COMPARISON", "type": kind, "left": left, "right": right} if kind in _EQUAL:
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


def _find_text(cursor: "Cursor", column: str, function: str, test: str, text: str) -> str:
    """Say that no job has a text in a column; "" if one has, or may have."""
    known = _KNOWN.get(column, [])
    kind = _TYPES.get(column, "VARCHAR" if known else "")
    if not kind.startswith("VARCHAR"):
        return ""
    value, test = (f"unnest({column})", _IS) if kind.endswith("]") else (column, test)
    if column not in _TYPES:
        function, value = "", "NULL"
    source = f"(SELECT {value} AS value FROM jobs UNION ALL SELECT unnest(?::VARCHAR[]))"
    has = f"SELECT 1 FROM {source} WHERE {test.format(f'{function}(value)')} LIMIT 1"
    if cursor.execute(has, [known, text]).fetchone():
        return ""
    name = next((field.in_sql for field in EVERY_FIELD if field.in_sql.lower() == column), column)
    said = f"{name} is never {text[:_LONGEST]!r}; "
    if not text:
        return said + "what is unset is NULL."
    meant = [state.short for state in likely_states(text)] if column == "state" else []
    if meant:
        return f"{said}most likely meant: {', '.join(meant)}."
    if known:
        return f"{said}it is one of {'; '.join(known)}."
    near = f"SELECT DISTINCT value FROM {source} WHERE contains(lower(value), ?) ORDER BY 1 LIMIT 3"
    core = text.strip("%").lower()
    values = [value for (value,) in cursor.execute(near, [[], core]).fetchall()]
    found = ", ".join(repr(shorten(sanitize(value), _LONGEST)) for value in values)
    case = " (LIKE is case-sensitive, ILIKE is not)" if test == _LIKE["~~"] else ""
    return f"No row has the {name} {text[:_LONGEST]!r}" + (f"; there is {found}{case}." if found else ".")


def _find_trap(cursor: "Cursor", node: Node) -> str:
    """Say of a comparison or a path what it means, if that is hardly what is meant; else ""."""
    match node:
        case {"class": "COMPARISON", "type": kind, "left": left, "right": right} if kind in _EQUAL and (
            "NULL_LITERAL" in (_literal(left)["kind"], _literal(right)["kind"])
        ):
            return "A comparison with NULL is never true; write IS NULL or IS NOT NULL."
        case {
            "class": "COMPARISON",
            "type": "COMPARE_EQUAL" | "COMPARE_LESSTHANOREQUALTO",
            "left": time,
            "right": day,
        } | {"class": "BETWEEN", "input": time, "upper": day} if _TYPES.get(
            _column(time).lower()
        ) == "TIMESTAMPTZ" and _is_day(day):
            name = _column(time)
            return (
                f"A date compared with {name} means 00:00 UTC of that day; {name}::DATE compares whole days."
            )
        case {"class": "CAST", "child": time, "type_expr": {"type_name": kind}} if kind.lower() in (
            "timestamp",
            "datetime",
        ) and _OFFSET.search(text := _literal(time)["text"]):
            return f"{kind.upper()} drops the offset of {text[:_LONGEST]!r}; write TIMESTAMPTZ."
        case {"class": "LAMBDA", "expr": path} | {
            "function_name": "->>" | "json_extract" | "json_extract_string" | "json_value",
            "arguments": [_, {"expression": path}],
        } if "." in (text := _literal(path)["text"][:_LONGEST]) and not text.startswith(("$", "/")):
            return f"{text!r} is the name of one member; the path to a nested one is '$.{text}'."
        case {"function_name": "weekday" | "dayofweek" as name}:
            return f"{name} is 0 on Sunday and 6 on Saturday; isodow is 1 on Monday and 7 on Sunday."
        case {"type": "OPERATOR_NOT", "children": [{"subquery_type": "ANY", "subquery": {"node": inner}}]}:
            name = _column(inner.get("select_list", [{}])[0])
            known = any(part.get("type") == "OPERATOR_IS_NOT_NULL" for part in walk(inner))
            null = f'SELECT 1 FROM jobs WHERE "{name}" IS NULL LIMIT 1'
            if name.lower() in _TYPES and not known and cursor.execute(null).fetchone():
                return (
                    f"NOT IN is never true if any {name} of its SELECT is NULL; add WHERE {name} IS NOT NULL."
                )
    return ""


def _column(node: Node) -> str:
    """Return the name of a column; "" for any other expression."""
    return "".join(node.get("column_names", [])[-1:])


def _literal(node: Node) -> dict[str, str]:
    literal: dict[str, str] = node.get("literal", {"kind": "", "text": ""})
    return literal


def _is_day(node: Node) -> bool:
    cast = node.get("class") == "CAST" and node["type_expr"].get("type_name", "").lower() == "date"
    today = node.get("function_name", _column(node)).lower() in ("today", "current_date")
    return cast or today or bool(re.fullmatch(r"\d{4}-\d\d-\d\d", _literal(node)["text"]))


def _find_uncharged(cursor: "Cursor", nodes: list[Node]) -> str:
    """Say that a total has prices of jobs that were not charged, unless the query tells jobs apart by their state."""
    totals = [node for node in nodes if node.get("function_name") in _TOTALS]
    named = {name.lower() for node in totals for part in walk(node) for name in part.get("column_names", ())}
    if "paymentamount" not in named or any(_literal(node)["text"] == "COMPLETE" for node in nodes):
        return ""
    uncharged = (
        "SELECT count(*), sum(paymentAmount) FROM jobs WHERE state <> 'COMPLETE' AND paymentAmount > 0"
    )
    count, total = cursor.execute(uncharged).fetchone() or (0, 0)
    said = f"{count:,} job{'' if count == 1 else 's'} not COMPLETE have a paymentAmount ({total or 0:,.2f} BYC in all)"
    return f"{said}, which was not charged; byc is what was." if count else ""


def _find_unpriced(cursor: "Cursor", named: Set[str]) -> str:
    """Say that no completed job has a price, if a query names prices."""
    prices = "SELECT count(*), count(paymentAmount) FROM jobs WHERE state = 'COMPLETE'"
    complete, priced = cursor.execute(prices).fetchone() or (0, 0)
    unknown = "paymentamount" in named and complete and not priced
    return "No completed job has a paymentAmount, so that byc 0 may mean unknown." if unknown else ""
