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
_LONGEST = 40
_OFFSET = re.compile(r":\d\d(\.\d+)? ?[+-](?!00(:?00)?\Z)\d\d(:?\d\d)?\Z")
_DAYS = "{} is 0 on Sunday and 6 on Saturday; isodow is 1 on Monday and 7 on Sunday."


def find_trap(cursor: "Cursor", node: Node, renamed: Container[str] = ()) -> str:
    """Explain a comparison or path that probably does not do what was intended; "" for any other.

    `renamed` has the aliases of the query in lower case, which are not the columns of the same name.
    """
    match node:
        case {"class": "COMPARISON", "type": kind, "left": left, "right": right} if kind in EQUAL and (
            "NULL_LITERAL" in (literal(left)["kind"], literal(right)["kind"])
        ):
            return "A comparison with NULL is never true; write IS NULL or IS NOT NULL."
        case {
            "class": "COMPARISON",
            "type": "COMPARE_EQUAL" | "COMPARE_LESSTHANOREQUALTO",
            "left": time,
            "right": day,
        } | {"class": "BETWEEN", "input": time, "upper": day} if TYPES.get(
            column_name(time).lower()
        ) == "TIMESTAMPTZ" and _is_day(day):
            name = column_name(time)
            return (
                f"A date compared with {name} means 00:00 UTC of that day; {name}::DATE compares whole days."
            )
        case {"class": "CAST", "child": time, "type_expr": {"type_name": kind}} if kind.lower() in (
            "timestamp",
            "datetime",
        ) and _OFFSET.search(text := literal(time)["text"]):
            return f"{kind.upper()} drops the offset of {text[:_LONGEST]!r}; write TIMESTAMPTZ."
        case {"class": "LAMBDA", "expr": path} | {
            "function_name": "->>" | "json_extract" | "json_extract_string" | "json_value",
            "arguments": [_, {"expression": path}],
        } if "." in (text := literal(path)["text"][:_LONGEST]) and not text.startswith(("$", "/")):
            return f"{text!r} is the name of one member; the path to a nested one is '$.{text}'."
        case {"type": "OPERATOR_NOT", "children": [{"subquery_type": "ANY", "subquery": {"node": inner}}]}:
            name = column_name(inner.get("select_list", [{}])[0])
            known = any(part.get("type") == "OPERATOR_IS_NOT_NULL" for part in walk(inner))
            null = f'SELECT 1 FROM jobs WHERE "{name}" IS NULL LIMIT 1'
            if name.lower() in TYPES and not known and cursor.execute(null).fetchone():
                return (
                    f"NOT IN is never true if any {name} of its SELECT is NULL; add WHERE {name} IS NOT NULL."
                )
    return _find_misnomer(node) or _find_by_column(node, renamed)


def _find_misnomer(node: Node) -> str:
    """Say what a function or a join means here, if it means something else elsewhere; else ""."""
    match node:
        case {"type": "SELECT_NODE", "from_table": {"type": "JOIN"} as join} if column := _find_repeated(
            node, join
        ):
            return (
                f"The join repeats each job for each of its stages, and so does its {column} in the aggregate; "
                "aggregate stages by jobId first, or choose one state."
            )
        case {"function_name": "weekday" | "dayofweek" as name}:
            return _DAYS.format(name)
        case {"function_name": "date_part", "arguments": [{"expression": part}, _]} if (
            name := literal(part)["text"].lower()
        ) in ("dow", "dayofweek", "weekday"):
            return _DAYS.format(name)
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


def _find_by_column(node: Node, renamed: Container[str]) -> str:
    """Explain what is special about a column in a comparison or an aggregate; "" if nothing is."""
    match node:
        case {"class": "COMPARISON", "type": kind, "left": column, "right": text} if kind in _ORDERED:
            is_state = column_name(column).lower() == "state" and literal(text)["kind"] == "STRING"
            return _BY_LETTERS if is_state and "state" not in renamed else ""
        case {"function_name": "max" | "min", "arguments": [{"expression": column}]}:
            return _BY_LETTERS if column_name(column).lower() == "state" and "state" not in renamed else ""
        case {"class": "COMPARISON", "type": "COMPARE_EQUAL", "left": column, "right": zero}:
            is_unset = column_name(column).lower() == "duration" and literal(zero)["text"] == "0"
            return (
                "duration is never 0; what is unset is NULL."
                if is_unset and "duration" not in renamed
                else ""
            )
    return ""


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
