"""Finds mistakes in a query that are not errors: comparisons that no job can meet, and values that are not final."""

import re
from collections.abc import Iterator, Mapping
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
}
_MADE_OF = {
    "byc": ["paymentamount"],
    "waitseconds": ["createdat", "startedat"],
    "errorkind": ["errormessage"],
    "cause": ["errormessage"],
}
"""Computed columns, in lower case, and the columns that they are computed from."""

_TYPES = {field.in_sql.lower(): field.stored_as for field in EVERY_FIELD}
_IS = "{} = ?"
_EQUAL = ("COMPARE_EQUAL", "COMPARE_NOTEQUAL")
_LIKE = {"~~": "{} ~~ ?", "!~~": "{} ~~ ?", "~~*": "{} ~~* ?", "!~~*": "{} ~~* ?"} | {
    name: name + "({}, ?)"
    for name in (
        "contains",
        "starts_with",
        "prefix",
        "ends_with",
        "suffix",
        "regexp_matches",
        "regexp_full_match",
    )
}
"""Operators and functions that search a text, as tests of it."""

_CONTAINS = {"contains", "list_contains", "list_has", "array_contains", "array_has"}
_CASES = {"lower", "lcase", "upper", "ucase"}
_JSON_PATHS = {"->>", "json_extract", "json_extract_string", "json_value"}
_TOTALS = {"sum", "avg", "mean", "median", "quantile_cont", "percentile_cont"}
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
    wrong += dict.fromkeys(hint for node in nodes for hint in (_check_time(node), _check_null(node)))
    wrong += dict.fromkeys(
        hint for node in nodes for hint in (_check_path(node), _check_not_in(cursor, node))
    )
    named = {name for node in nodes for name in _named(node)}
    gaps = [
        f"{column} could not be read, or not whole, in {count:,} job{'' if count == 1 else 's'}."
        for column, count in sorted(unreadable.items())
        if not named.isdisjoint({"*", column.lower()})
    ]
    return [hint for hint in (*wrong, _check_prices(cursor, nodes)) if hint][:_MOST_TOLD] + gaps[:5]


def _named(node: Node) -> Iterator[str]:
    """Yield the columns that a node names, in lower case, and those they are computed from; * for a whole table."""
    for name in map(str.lower, node.get("column_names", ())):
        yield from (name, *_MADE_OF.get(name, ()))
    if node.get("table_name", "").lower() in ("stages", "unfinished"):
        yield "stages"
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
    return {node["alias"].lower(): "".join(node.get("column_names", [])[-1:]).lower() for node in chosen}


def _compare(node: Node, columns: Mapping[str, str]) -> Iterator[_Compared]:
    """Yield the comparisons of a column with a text."""
    for test, left, right in _pairs(node):
        for column, text in ((left, right), (right, left)):
            function = column.get("function_name", "")
            if function in _CASES:
                (column,) = (given["expression"] for given in column["arguments"])
            if column.get("class") == "COLUMN_REF" and _text(text) is not None:
                name = column["column_names"][-1].lower()
                yield columns.get(name, name), function, test, text["literal"]["text"]


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


def _text(node: Node) -> str | None:
    literal = node.get("literal", {})
    return literal["text"] if literal.get("kind") == "STRING" else None


def _find_text(cursor: "Cursor", column: str, function: str, test: str, text: str) -> str:
    """Say that no job has a text in a column; "" if one has, or may have."""
    kind, known = _TYPES.get(column, ""), _KNOWN.get(column, [])
    if not kind.startswith("VARCHAR"):
        return ""
    value, test = (f"unnest({column})", _IS) if kind.endswith("]") else (column, test)
    source = f"(SELECT {value} AS value FROM jobs UNION ALL SELECT unnest(?::VARCHAR[]))"
    has = f"SELECT 1 FROM {source} WHERE {test.format(f'{function}(value)')} LIMIT 1"
    if cursor.execute(has, [known, text]).fetchone():
        return ""
    name = next(field.in_sql for field in EVERY_FIELD if field.in_sql.lower() == column)
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
    found = [
        repr(shorten(sanitize(value), _LONGEST)) for (value,) in cursor.execute(near, [[], core]).fetchall()
    ]
    case = " (LIKE minds the case, ILIKE does not)" if found and test == _LIKE["~~"] else ""
    return f"No job has the {name} {text[:_LONGEST]!r}" + (
        f"; there is {', '.join(found)}{case}." if found else "."
    )


def _check_time(node: Node) -> str:
    """Say that a comparison of a time with a day leaves out the rest of that day."""
    match node:
        case {
            "class": "COMPARISON",
            "type": "COMPARE_EQUAL" | "COMPARE_LESSTHANOREQUALTO",
            "left": left,
            "right": day,
        }:
            pass
        case {"class": "BETWEEN", "input": left, "upper": day}:
            pass
        case _:
            return ""
    name = "".join(left.get("column_names", [])[-1:])
    if not _TYPES.get(name.lower(), "").startswith("TIMESTAMP") or not _is_day(day):
        return ""
    return f"A date compared with {name} means 00:00 UTC of that day; {name}::DATE compares whole days."


def _is_day(node: Node) -> bool:
    cast = node.get("class") == "CAST" and node["type_expr"].get("type_name", "").lower() == "date"
    today = node.get("function_name", "".join(node.get("column_names", []))).lower()
    return (
        cast
        or today in ("today", "current_date")
        or bool(re.fullmatch(r"\d{4}-\d\d-\d\d", _text(node) or ""))
    )


def _check_null(node: Node) -> str:
    sides = (node.get("left"), node.get("right")) if node.get("type") in _EQUAL else ()
    null = any(
        isinstance(side, dict) and side.get("literal", {}).get("kind") == "NULL_LITERAL" for side in sides
    )
    return "A comparison with NULL is never true; write IS NULL or IS NOT NULL." if null else ""


def _check_not_in(cursor: "Cursor", node: Node) -> str:
    """Say that NOT IN is never true, as a NULL is among the values of its subquery."""
    match node:
        case {"type": "OPERATOR_NOT", "children": [{"subquery_type": "ANY", "subquery": {"node": inner}}]}:
            name = "".join(inner.get("select_list", [{}])[0].get("column_names", [])[-1:])
        case _:
            return ""
    guarded = any(part.get("type") == "OPERATOR_IS_NOT_NULL" for part in walk(inner))
    if guarded or name.lower() not in _TYPES:
        return ""
    null = cursor.execute(f'SELECT 1 FROM jobs WHERE "{name}" IS NULL LIMIT 1').fetchone()
    return (
        f"NOT IN is never true if any {name} of its SELECT is NULL; add WHERE {name} IS NOT NULL."
        if null
        else ""
    )


def _check_path(node: Node) -> str:
    """Say that a JSON path without $ is the name of a single member."""
    match node:
        case {"class": "LAMBDA", "expr": path}:
            pass
        case {"class": "FUNCTION", "function_name": name, "arguments": [_, {"expression": path}]} if (
            name in _JSON_PATHS
        ):
            pass
        case _:
            return ""
    text = _text(path) or ""
    if "." not in text or text.startswith(("$", "/")):
        return ""
    return (
        f"{text[:_LONGEST]!r} is the name of one member; the path to a nested one is '$.{text[:_LONGEST]}'."
    )


def _check_prices(cursor: "Cursor", nodes: list[Node]) -> str:
    """Say that a total has prices of jobs that were not charged, unless the query tells jobs apart by their state."""
    totals = [node for node in nodes if node.get("function_name") in _TOTALS]
    named = {name.lower() for node in totals for part in walk(node) for name in part.get("column_names", ())}
    if "paymentamount" not in named or any(_text(node) == "COMPLETE" for node in nodes):
        return ""
    uncharged = "SELECT count(*), sum(paymentAmount) FROM jobs WHERE byc IS NULL AND paymentAmount > 0"
    count, total = cursor.execute(uncharged).fetchone() or (0, 0)
    said = f"{count:,} job{'' if count == 1 else 's'} not COMPLETE have a paymentAmount ({total or 0:,.2f} BYC in all)"
    return f"{said}, which was not charged; byc is what was." if count else ""
