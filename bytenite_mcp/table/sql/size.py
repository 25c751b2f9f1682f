"""Bounds the size of a row in a model's SELECT before it runs, and refuses one that may be too large.

DuckDB's memory limit applies to sorting, grouping and joining, but not to the results of functions over the 2,048 rows
that it processes at a time. So the largest possible size of a row is computed here, through columns, aliases and WITHs,
which DuckDB expands wherever they are named.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from bytenite_mcp.table.sql.functions import (
    AGGREGATES,
    COLLECTING,
    FUNCTIONS,
    NUMBER_SIZE,
    TABLE_FUNCTIONS,
    TYPES,
    WINDOW_FUNCTIONS,
    Gives,
    is_text,
    result_size,
)
from bytenite_mcp.table.sql.scope import TABLES, Known, Relation, Scope
from bytenite_mcp.table.sql.tree import Node, not_allowed, refusal, walk

LARGEST_ROW = 250_000
"""The largest possible size of a row, in bytes."""

_NODE, _COLUMN, _GROUPING_SET = 16, 200, 5_000
_SESSION = {"user", "current_user", "session_user", "current_role", "current_schema", "current_catalog"}
"""Names that DuckDB reads as values of its own where no column has them."""

MOST_COLLECTED = 1000
"""The most values that `max(x, n)` and its like may collect of each group."""

_COLLECTED = 20_000
"""The size in bytes that is assumed for a list or text collected from many rows; its real size has no bound."""


def check_sizes(statement: Node) -> None:
    """Check that the rows of a statement are small enough.

    Args:
        statement: A tree of known nodes.

    Raises:
        BadQuery: A row may be too large, or a name does not exist; the message says what to do.
    """
    _Sizes().query(statement["node"], TABLES, Scope())


def _children(value: Any) -> Iterator[Node]:
    """Yield the expressions directly below a node, or in a list."""
    for member in value.values() if isinstance(value, dict) else value:
        if isinstance(member, dict) and "class" in member:
            yield member
        elif isinstance(member, (dict, list)):
            yield from _children(member)


@dataclass(slots=True)
class _Sizes:
    """Adds up the size of a row while walking a query; each method returns the size of a value in bytes."""

    spent: int = 0

    def spend(self, size: int) -> None:
        self.spent += size
        if self.spent > LARGEST_ROW:
            raise refusal(
                "it is too large to run safely; use fewer joins, WITHs, stars and texts made of others, "
                "or ask in two queries"
            )

    def query(self, node: Node, known: Known, around: Scope) -> Relation:
        before = self.spent
        known = self.withs(node["cte_map"]["map"], known, around)
        if node["type"] == "SELECT_NODE":
            relation = self.select(node, known, around.inside())
        else:
            parts = [self.query(part, known, around) for part in node["children"]]
            relation = _widest(parts, by_name=node["setop_type"] == "UNION_BY_NAME")
            self.modifiers(node, known, around.inside())
        return Relation(relation.columns, relation.cell, relation.collected, self.spent - before)

    def withs(self, withs: Iterable[Node], known: Known, around: Scope) -> Known:
        for named in withs:
            before = self.spent
            relation = self.query(named["value"]["query_node"], known, around)
            # DuckDB expands it wherever it is named, so its size counts there.
            self.spent = before
            known = {**known, named["key"].lower(): relation}
        return known

    def select(self, node: Node, known: Known, scope: Scope) -> Relation:
        self.source(node["from_table"], known, scope)
        cells, columns = [0], 0
        for chosen in node["select_list"]:
            if chosen["class"] == "STAR":
                cell, width = self.star(chosen, known, scope)
            else:
                before, width = self.spent, 1
                cell = self.expression(chosen, known, scope)
                scope.aliases[chosen["alias"].lower()] = (cell, self.spent - before)
            cells.append(cell)
            columns += width
        for member in ("where_clause", "group_expressions", "having", "qualify"):
            self.all([node[member]], known, scope)
        self.spend(_GROUPING_SET * max(0, len(node["group_sets"]) - 1))
        self.modifiers(node, known, scope)
        return self.checked(Relation(columns, max(cells), scope.collects), scope)

    def checked(self, relation: Relation, scope: Scope) -> Relation:
        collected = any(source.collected for source in scope.sources)
        if collected and (scope.repeats or len(scope.sources) > 1):
            raise refusal(
                "a list or text collected from many rows (list, string_agg) must not be repeated by a join, unnest "
                "or window; collect in the outermost SELECT"
            )
        return Relation(relation.columns, relation.cell, relation.collected or collected)

    def modifiers(self, node: Node, known: Known, scope: Scope) -> None:
        for child in _children(node["modifiers"]):
            if child["class"] == "STAR":  # ORDER BY ALL
                self.star(child, known, scope)
            else:
                self.expression(child, known, scope)

    def star(self, node: Node, known: Known, scope: Scope) -> tuple[int, int]:
        named = scope.relations.get(node["relation_name"].lower())
        sources = [named] if named else scope.sources
        width = sum(source.columns for source in sources)
        self.spend(_COLUMN * width)
        replaced = self.all([node["replace_list"], node["expr"]], known, scope)
        return max([replaced, *(source.cell for source in sources)]), width

    def source(self, node: Node, known: Known, scope: Scope) -> None:
        match node["type"]:
            case "BASE_TABLE":
                relation = known.get(node["table_name"].lower())
                if not relation:
                    tables = ", ".join([*TABLES, *(name for name in known if name not in TABLES)][:8])
                    raise refusal(f"there is no table {node['table_name'][:40]!r}; there are {tables}")
                self.spend(relation.cost)
                scope.add(node["alias"] or node["table_name"], relation)
            case "JOIN":
                self.source(node["left"], known, scope)
                self.source(node["right"], known, scope)
                self.all([node["condition"]], known, scope)
            case "SUBQUERY":
                relation = self.query(node["subquery"]["node"], known, scope)
                scope.add(node["alias"], relation)
            case "TABLE_FUNCTION":
                scope.add(node["alias"], self.table_function(node["function"], known, scope))
            case "EXPRESSION_LIST":
                cell = self.all(node["values"], known, scope)
                scope.add(node["alias"], Relation(max(map(len, node["values"])), cell))
            case "EMPTY":
                pass
            case other:
                raise not_allowed(other)

    def table_function(self, node: Node, known: Known, scope: Scope) -> Relation:
        name = node["function_name"].lower()
        if name not in TABLE_FUNCTIONS:
            raise refusal(f"there is no function {name[:40]} in FROM; there are {', '.join(TABLE_FUNCTIONS)}")
        _check_names(node)
        return Relation(TABLE_FUNCTIONS[name], self.all(node["arguments"], known, scope), scope.collects)

    def all(self, values: Any, known: Known, scope: Scope) -> int:
        """Walk all expressions in a list or node."""
        return max([0, *(self.expression(child, known, scope) for child in _children(values or []))])

    def expression(self, node: Node, known: Known, scope: Scope) -> int:
        self.spend(_NODE)
        match node["class"]:
            case "COLUMN_REF":
                return self.column([name.lower() for name in node["column_names"]], scope)
            case "CONSTANT":
                return len(node["literal"]["text"].encode())
            case "SUBQUERY":
                return self.subquery(node, known, scope)
            case "FUNCTION" | "WINDOW":
                return self.function(node, known, scope)
            case "CAST":
                return self.cast(node, known, scope)
            case "LAMBDA" if not is_text(node["expr"]):
                raise not_allowed("a lambda")
            case "STAR":
                raise not_allowed("* or COLUMNS inside an expression")
            case "COMPARISON" | "CONJUNCTION" | "BETWEEN":
                self.all(node, known, scope)
                return NUMBER_SIZE
        size = self.all(node, known, scope)
        self.spend(size if node["class"] == "LAMBDA" else 0)
        return size

    def column(self, names: list[str], scope: Scope) -> int:
        size, cost = scope.aliases.get(names[0], (0, 0)) if len(names) == 1 else (0, 0)
        if len(names) == 1 and names[0] in _SESSION - scope.aliases.keys():
            raise refusal(f"there is no column {names[0]}; owner is who owns the job's template")
        self.spend(cost)
        row = scope.relations.get(names[0])
        whole = row.cell * row.columns if row and len(names) == 1 else 0
        return max(size, whole, scope.cell)

    def subquery(self, node: Node, known: Known, scope: Scope) -> int:
        inside = self.query(node["subquery"]["node"], known, scope)
        if inside.collected:
            # Without FROM there is one row.
            scope.repeats = scope.repeats or bool(scope.sources)
            scope.sources.append(inside)
        self.all([node["child"]], known, scope)
        return inside.cell if node["subquery_type"] == "SCALAR" else NUMBER_SIZE

    def function(self, node: Node, known: Known, scope: Scope) -> int:
        name, arguments = node["function_name"].lower(), [given["expression"] for given in node["arguments"]]
        sizes = [self.expression(argument, known, scope) for argument in arguments]
        self.all([value for key, value in node.items() if key != "arguments"], known, scope)
        if name != "struct_pack":
            _check_names(node)
        if len(arguments) > AGGREGATES.get(name, len(arguments)):
            _check_number(name, arguments[-1])
        collects = name in COLLECTING or len(arguments) > AGGREGATES.get(name, len(arguments))
        if node["class"] == "WINDOW":
            if collects or name not in WINDOW_FUNCTIONS:
                raise refusal(f"{name[:40]} is not allowed as a window function; use GROUP BY")
            scope.repeats = True
            return max([NUMBER_SIZE, *sizes])
        if collects:
            scope.collects = True
            return _COLLECTED
        if name in AGGREGATES:
            return max([NUMBER_SIZE, *sizes])
        if name == "unnest":
            scope.repeats = True
            return max(sizes, default=0)
        size = result_size(name, arguments, sizes)
        self.spend(0 if FUNCTIONS[name] is Gives.ARGUMENT else size)
        return size

    def cast(self, node: Node, known: Known, scope: Scope) -> int:
        types = [part["type_name"].lower() for part in walk(node["type_expr"]) if part.get("class") == "TYPE"]
        for name in types:
            if name not in TYPES:
                raise refusal(
                    f"the type {name[:40]} is not allowed; there are VARCHAR, DOUBLE, BIGINT, DATE and the like"
                )
        size = self.expression(node["child"], known, scope) + NUMBER_SIZE
        size = {"list": 16 * size}.get(types[0], size)
        self.spend(size)
        return size


def _check_number(name: str, number: Node) -> None:
    """Check how many values of each group an aggregate collects, because DuckDB makes room for all at once."""
    text = number.get("literal", {}).get("text", "")
    if not text.isdecimal() or int(text) > MOST_COLLECTED:
        raise refusal(
            f"the last argument of {name}, the number of values, is at most {MOST_COLLECTED:,}; "
            "greatest and least compare values"
        )


def _widest(parts: list[Relation], *, by_name: bool) -> Relation:
    return Relation(
        (sum if by_name else max)(part.columns for part in parts),
        max(part.cell for part in parts),
        any(part.collected for part in parts),
    )


def _check_names(node: Node) -> None:
    for given in node["arguments"]:
        if given["name"]:
            raise not_allowed(f"a named argument ({given['name'][:40]})")
