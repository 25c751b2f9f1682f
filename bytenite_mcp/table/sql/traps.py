"""Finds expressions of a query that hardly mean what they seem to, in DuckDB's SQL."""

import re
from collections.abc import Container
from typing import TYPE_CHECKING, Any

from bytenite_mcp.table.fields import EVERY_FIELD
from bytenite_mcp.table.sql.tree import Node, column_name, joined_tables, literal, walk

if TYPE_CHECKING:
    from bytenite_mcp.table.database import Cursor

EQUAL = ("COMPARE_EQUAL", "COMPARE_NOTEQUAL")
TYPES = {field.in_sql.lower(): field.stored_as for field in EVERY_FIELD}
"""The type of each column, by its name in lower case."""

TOTALS = {"sum", "avg", "mean", "median", "quantile_cont", "percentile_cont"}
"""Aggregates that count a row's value as often as the row is repeated."""

_ORDERED = (
    "COMPARE_LESSTHAN",
    "COMPARE_LESSTHANOREQUALTO",
    "COMPARE_GREATERTHAN",
    "COMPARE_GREATERTHANOREQUALTO",
)
_BY_LETTERS = (
    "state is a text, which is ordered by the alphabet; write state IN (…), or order by stages.entered."
)
_NEVER_ZERO = "duration is never 0; what is unset is NULL."
_LONGEST = 40
_OFFSET = re.compile(r":\d\d(\.\d+)? ?[+-](?!00(:?00)?\Z)\d\d(:?\d\d)?\Z")


def find_trap(cursor: "Cursor", node: Node, renamed: Container[str] = ()) -> str:
    """Explain a comparison, a path or a call that probably does not do what was intended; "" for any other.

    `renamed` has the aliases of the query in lower case, which are not the columns of the same name.
    """
    found = next(filter(None, (trap(node) for trap in _TRAPS)), "")
    return found or _not_in_null(cursor, node) or _by_column(node, renamed)


def _equal_to_null(node: Node) -> str:
    match node:
        case {"class": "COMPARISON", "type": kind, "left": left, "right": right} if kind in EQUAL:
            if "NULL_LITERAL" in (literal(left)["kind"], literal(right)["kind"]):
                return "A comparison with NULL is never true; write IS NULL or IS NOT NULL."
    return ""


def _midnight_for_a_day(node: Node) -> str:
    match node:
        case {"type": "COMPARE_EQUAL" | "COMPARE_LESSTHANOREQUALTO", "left": time, "right": day} | {
            "class": "BETWEEN",
            "input": time,
            "upper": day,
        }:
            name = column_name(time)
            if TYPES.get(name.lower()) == "TIMESTAMPTZ" and _is_day(day):
                said = f"A date compared with {name} means 00:00 UTC of that day"
                return f"{said}; {name}::DATE compares whole days."
    return ""


def _dropped_offset(node: Node) -> str:
    match node:
        case {"class": "CAST", "child": time, "type_expr": {"type_name": kind}}:
            text, kind = literal(time)["text"], kind.upper()
            if kind in ("TIMESTAMP", "DATETIME") and _OFFSET.search(text):
                return f"{kind} drops the offset of {text[:_LONGEST]!r}; write TIMESTAMPTZ."
    return ""


def _path_without_dollar(node: Node) -> str:
    match node:
        case {"class": "LAMBDA", "expr": path} | {
            "function_name": "->>" | "json_extract" | "json_extract_string" | "json_value",
            "arguments": [_, {"expression": path}],
        }:
            text = literal(path)["text"][:_LONGEST]
            if "." in text and not text.startswith(("$", "/")):
                return f"{text!r} is the name of one member; the path to a nested one is '$.{text}'."
    return ""


def _repeated_by_join(node: Node) -> str:
    match node:
        case {"type": "SELECT_NODE", "from_table": {"type": "JOIN"} as join}:
            if column := _find_repeated(node, join):
                return (
                    f"The join repeats each job for each of its stages, and so does its {column} in the aggregate; "
                    "aggregate stages by jobId first, or choose one state."
                )
    return ""


def _day_by_number(node: Node) -> str:
    name = node.get("function_name", "")
    if name == "date_part":
        name = literal(node["arguments"][0]["expression"])["text"].lower()
    if name in ("dow", "dayofweek", "weekday"):
        return f"{name} is 0 on Sunday and 6 on Saturday; isodow is 1 on Monday and 7 on Sunday."
    return ""


def _other_use(node: Node) -> str:
    """Say what a function or an index means here, if its use suggests something else."""
    match node:
        case {
            "function_name": "count",
            "arguments": [{"expression": {"class": "COMPARISON" | "CONJUNCTION"}}],
        }:
            return "count(condition) counts where it is not NULL, be it false; write count(*) FILTER (WHERE condition)."
        case {"type": "ARRAY_EXTRACT", "children": [_, place]} if literal(place)["text"] == "0":
            return "Lists begin at 1, so that [0] is NULL."
        case {
            "function_name": "max" | "min" as name,
            "arguments": [{"expression": {"function_name": "->>" | "json_extract_string"}}],
        }:
            return f"{name} of a text compares its letters; cast numbers: (params->>'$.a')::DOUBLE."
    return ""


_TRAPS = (
    _equal_to_null,
    _midnight_for_a_day,
    _dropped_offset,
    _path_without_dollar,
    _repeated_by_join,
    _day_by_number,
    _other_use,
)


def _not_in_null(cursor: "Cursor", node: Node) -> str:
    """Say that NOT IN is never true, as its SELECT has a NULL."""
    match node:
        case {"type": "OPERATOR_NOT", "children": [{"subquery_type": "ANY", "subquery": {"node": inner}}]}:
            name = column_name(inner.get("select_list", [{}])[0])
            known = any(part.get("type") == "OPERATOR_IS_NOT_NULL" for part in walk(inner))
            null = f'SELECT 1 FROM jobs WHERE "{name}" IS NULL LIMIT 1'
            if name.lower() in TYPES and not known and cursor.execute(null).fetchone():
                said = f"NOT IN is never true if any {name} of its SELECT is NULL"
                return f"{said}; add WHERE {name} IS NOT NULL."
    return ""


def _by_column(node: Node, renamed: Container[str]) -> str:
    """Explain what is special about a column in a comparison or an aggregate; "" if nothing is."""
    match node:
        case {"class": "COMPARISON", "type": kind, "left": column, "right": value}:
            name, given = column_name(column).lower(), literal(value)
            by_letters = name == "state" and kind in _ORDERED and given["kind"] == "STRING"
            is_unset = name == "duration" and kind == "COMPARE_EQUAL" and given["text"] == "0"
        case {"function_name": "max" | "min", "arguments": [{"expression": column}]}:
            name = column_name(column).lower()
            by_letters, is_unset = name == "state", False
        case _:
            return ""
    if name in renamed:
        return ""
    return _BY_LETTERS if by_letters else _NEVER_ZERO if is_unset else ""


def _find_repeated(select: Node, join: Node) -> str:
    """Return the first column of jobs in a total over a join with stages, unless those are told apart; else ""."""
    stages = {alias for alias, name in joined_tables(join).items() if name == "stages"}
    if not stages or any(part.get("join_type") in ("SEMI", "ANTI") for part in walk(join)):
        return ""
    states = _name_columns([join, select["where_clause"], select["group_expressions"], select["select_list"]])
    jobs = _name_columns(select["group_expressions"])
    if any([alias, "state"] in states or [alias, "jobid"] in jobs for alias in stages):
        return ""
    totalled = [column for chosen in select["select_list"] for column in _find_totalled(chosen)]
    return next((name for name in totalled if name.lower() in TYPES), "")


def _name_columns(tree: Any) -> list[list[str]]:
    """Return the columns that are named in a tree, each perhaps after its table, in lower case."""
    return [[*map(str.lower, node["column_names"])][-2:] for node in walk(tree) if "column_names" in node]


def _find_totalled(node: Node) -> list[str]:
    """Return the columns that an expression totals as they are, perhaps in a call such as `round`."""
    arguments = [given["expression"] for given in node.get("arguments", ())]
    if node.get("function_name") in TOTALS:
        is_plain = not node.get("distinct") and not node.get("filter")
        return [column_name(arguments[0])] if is_plain and arguments else []
    return [column for argument in arguments for column in _find_totalled(argument)]


def _is_day(node: Node) -> bool:
    cast = node.get("class") == "CAST" and node["type_expr"].get("type_name", "").lower() == "date"
    today = node.get("function_name", column_name(node)).lower() in ("today", "current_date")
    return cast or today or bool(re.fullmatch(r"\d{4}-\d\d-\d\d", literal(node)["text"]))
