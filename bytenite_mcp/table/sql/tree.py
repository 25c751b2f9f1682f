"""Checks the parse tree of a model's SELECT, which runs only if every node of it is known."""

from collections.abc import Iterator
from typing import Any

from bytenite_mcp.table.errors import BadQuery

Node = dict[str, Any]

DEEPEST = 150
"""The deepest nesting of the tree's JSON; a nested expression takes two or three levels."""

MOST_NODES = 20_000

_ANYWHERE = {"class", "type", "alias", "query_location", "query_location_length"}
_FIELDS = {
    kind: set(fields.split())
    for kind, fields in {
        "SELECT_NODE": "modifiers cte_map select_list from_table where_clause group_expressions group_sets "
        "aggregate_handling having sample qualify",
        "SET_OPERATION_NODE": "modifiers cte_map setop_type setop_all left right children",
        "ORDER_MODIFIER": "orders",
        "LIMIT_MODIFIER": "limit offset limit_type",
        "DISTINCT_MODIFIER": "distinct_on_targets",
        "ORDER_DEFAULT": "null_order expression",
        "ASCENDING": "null_order expression",
        "DESCENDING": "null_order expression",
        "EMPTY": "sample",
        "BASE_TABLE": "sample schema_name table_name column_name_alias catalog_name at_clause qualified_name",
        "JOIN": "sample left right condition join_type ref_type using_columns delim_flipped is_implicit "
        "duplicate_eliminated_columns ranking_expression nearest_count nearest_order_type nearest_approx",
        "TABLE_FUNCTION": "sample function column_name_alias with_ordinality",
        "EXPRESSION_LIST": "sample expected_names expected_types values",
        "SUBQUERY": "sample subquery subquery_type child comparison_type column_name_alias",
        "COLUMN_REF": "column_names",
        "CONSTANT": "literal",
        "STAR": "relation_name exclude_list replace_list columns expr qualified_exclude_list rename_list",
        "FUNCTION": "function_name schema catalog filter order_bys distinct is_operator export_state arguments "
        "qualified_name is_legacy_function_call",
        "WINDOW": "function_name schema catalog partitions orders start end start_expr end_expr offset_expr "
        "default_expr ignore_nulls has_ignore_nulls filter_expr exclude_clause distinct arg_orders arguments "
        "qualified_name is_legacy_function_call",
        "OPERATOR": "children",
        "CAST": "child try_cast type_expr",
        "TYPE": "schema catalog type_name children qualified_name",
        "COMPARISON": "left right",
        "CONJUNCTION": "children",
        "BETWEEN": "input lower upper",
        "CASE": "case_checks else_expr",
        "LAMBDA": "lhs expr syntax_type",
    }.items()
}
"""The known fields of each kind of node; in a later version of DuckDB, an unknown field may mean anything."""

_PARTS = [
    {"node", "named_param_map"}, {"map"}, {"key", "value"}, {"name", "expression"}, {"kind", "text"}, {"path"},
    {"when_expr", "then_expr"}, {"catalog", "schema", "table", "column"},
    {"aliases", "materialized", "key_targets", "payload_aggregates", "query_node"},
]  # fmt: skip
"""The known fields of the parts of nodes, which have no type."""

_ALLOWED: dict[str, tuple[Any, ...]] = {
    "schema": ("",), "catalog": ("",), "schema_name": ("",), "catalog_name": ("",), "sample": (None,),
    "at_clause": (None,), "named_param_map": ([],), "export_state": (False,),
    "expected_types": ([],), "key_targets": ([],), "payload_aggregates": ([],), "ranking_expression": (None,),
    "nearest_approx": (False,), "nearest_count": (1,), "duplicate_eliminated_columns": ([],),
    "ref_type": ("REGULAR", "CROSS", "NATURAL", "ASOF"),
    "join_type": ("INNER", "LEFT", "RIGHT", "OUTER", "SEMI", "ANTI"),
    "subquery_type": ("SCALAR", "EXISTS", "NOT_EXISTS", "ANY"), "limit_type": ("ROW_COUNT",),
    "exclude_clause": ("NO_OTHER",),
    "setop_type": ("UNION", "UNION_BY_NAME", "INTERSECT", "EXCEPT"), "syntax_type": ("SINGLE_ARROW",),
}  # fmt: skip
_SAID = {
    "schema": "a schema", "catalog": "a catalog", "schema_name": "a schema", "catalog_name": "a catalog",
    "exclude_clause": "EXCLUDE in a window",
    "sample": "a sample", "at_clause": "AT", "limit_type": "LIMIT in percent",
    "named_param_map": "a parameter", "PARAMETER": "a parameter", "syntax_type": "a lambda",
    "RECURSIVE_CTE_NODE": "WITH RECURSIVE", "SHOW_REF": "DESCRIBE, SHOW or SUMMARIZE", "PIVOT": "PIVOT or UNPIVOT",
    "POSITIONAL_REFERENCE": "a column by its number",
}  # fmt: skip
_INSTEAD = {
    "WITH RECURSIVE": "for each day, write FROM generate_series(first, last, INTERVAL 1 DAY) AS t(day)",
    "DESCRIBE, SHOW or SUMMARIZE": "the columns of jobs, stages and unfinished are in the description of query_jobs",
    "PIVOT or UNPIVOT": "write count(*) FILTER (WHERE …) for each column",
    "a lambda": "write unnest; for a member of params write params->>'$.app.steps', in a list '$.app.sizes[0]'",
    "full join": "write LEFT JOIN, UNION ALL, or count(*) FILTER (WHERE …) for each part",
    "ARRAY CONSTRUCTOR": "write ['a', 'b']",
    "COLLATE": "write lower(name)",
    "a sample": "write ORDER BY random() LIMIT 10",
    "LIMIT in percent": "write LIMIT 10",
    "a method": "write upper(name), not name.upper()",
}
_OPERATORS = {
    "OPERATOR_NOT", "OPERATOR_IS_NULL", "OPERATOR_IS_NOT_NULL", "OPERATOR_COALESCE", "OPERATOR_TRY",
    "COMPARE_IN", "COMPARE_NOT_IN", "ARRAY_EXTRACT", "ARRAY_SLICE", "STRUCT_EXTRACT", "GROUPING_FUNCTION",
}  # fmt: skip


def check_nodes(statement: Node) -> None:
    """Check that a statement consists of known nodes.

    Raises:
        BadQuery: A node is unknown; the message says which, and what to do.
    """
    for node in walk(statement):
        _check_node(node)


def refusal(problem: str) -> BadQuery:
    """Make the error for invalid SQL."""
    return BadQuery("sql", problem)


def too_deep() -> BadQuery:
    """Make the error for SQL that is nested too deeply, or has too many parts."""
    return refusal("it is nested too deeply, or too long; break it up with WITH, or ask in two queries")


def walk(tree: Any) -> Iterator[Node]:
    """Yield every object in a tree, without recursion because its depth is not limited.

    Raises:
        BadQuery: It is too deep or too large.
    """
    waiting, seen = [(tree, 0)], 0
    while waiting:
        value, depth = waiting.pop()
        seen += 1
        if depth > DEEPEST or seen > MOST_NODES:
            raise too_deep()
        if isinstance(value, dict):
            yield value
        members = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        waiting += ((member, depth + 1) for member in members if isinstance(member, (dict, list)))


def _check_node(node: Node) -> None:
    kind = node.get("class") or node.get("type")
    known = _FIELDS.get(kind, set()) | _ANYWHERE if kind else next(filter(set(node).issubset, _PARTS), set())
    if (kind and kind not in _FIELDS) or (kind == "OPERATOR" and node["type"] not in _OPERATORS):
        said = _SAID.get(kind) or node["type"].split("_QUERY_NODE")[0].removeprefix("OPERATOR_").replace(
            "_", " "
        )
        raise not_allowed(said)
    for name, value in node.items():
        if name not in known or (name in _ALLOWED and value not in _ALLOWED[name]):
            if kind == "FUNCTION" and name == "schema":
                raise not_allowed("a method")
            said = (
                f"{str(value).lower()} join" if name in ("ref_type", "join_type") else name.replace("_", " ")
            )
            raise not_allowed(_SAID.get(name, said))


def not_allowed(what: str) -> BadQuery:
    """Make the error for SQL that is not allowed."""
    instead = _INSTEAD.get(what, "write one SELECT over jobs, stages and unfinished")
    return refusal(f"{what} is not allowed; {instead}")


def column_name(node: Node) -> str:
    """Return the name of a column; "" for any other expression."""
    return "".join(node.get("column_names", [])[-1:])


def joined_tables(source: Node) -> dict[str, str]:
    """Return the tables of a FROM clause by their aliases, without those of its subqueries; names in lower case."""
    if source["type"] == "JOIN":
        return joined_tables(source["left"]) | joined_tables(source["right"])
    name = source.get("table_name", "").lower()
    return {source["alias"].lower() or name: name} if name else {}


def literal(node: Node) -> dict[str, str]:
    """Return the kind and the text of a constant; "" for any other expression."""
    given: dict[str, str] = node.get("literal", {"kind": "", "text": ""})
    return given
