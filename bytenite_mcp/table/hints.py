"""Finds mistakes in a query that are not errors: texts that no row can have, and partly unreadable columns."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from bytenite_mcp.api.models import JobState, Priority
from bytenite_mcp.table.causes import Cause
from bytenite_mcp.table.states import likely_states
from bytenite_mcp.table.tree import Node, walk

_STATES = [state.short for state in JobState]
_KNOWN = {
    "state": _STATES,
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

_LIKE = {"~~": 0, "!~~": 0, "~~*": re.IGNORECASE, "!~~*": re.IGNORECASE}


def find_hints(query: Node, unreadable: Mapping[str, int]) -> list[str]:
    """Return the notes for the answer to a query.

    Args:
        query: Its parse tree.
        unreadable: The number of unreadable values of each column.
    """
    nodes = [*walk(query)][::-1]
    wrong = dict.fromkeys(_explain(*compared) for node in nodes for compared in _compared(node))
    named = {name for node in nodes for name in _named(node)}
    gaps = [
        f"{column} could not be read, or not whole, in {count:,} job{'' if count == 1 else 's'}."
        for column, count in sorted(unreadable.items())
        if not named.isdisjoint({"*", column.lower()})
    ]
    return [hint for hint in wrong if hint][:3] + gaps[:5]


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


def _compared(node: Node) -> Iterator[tuple[str, str, bool, int]]:
    """Yield each comparison of a column with a text: the column, the text, whether it is a pattern, and flags."""
    match node:
        case {"class": "COMPARISON", "left": left, "right": right}:
            pairs, like, flags = [(left, right), (right, left)], False, 0
        case {"class": "OPERATOR", "type": "COMPARE_IN" | "COMPARE_NOT_IN", "children": [left, *rights]}:
            pairs, like, flags = [(left, right) for right in rights], False, 0
        case {"class": "FUNCTION", "function_name": name, "arguments": [left, right]} if name in _LIKE:
            pairs, like, flags = [(left["expression"], right["expression"])], True, _LIKE[name]
        case _:
            return
    for column, text in pairs:
        if column.get("class") == "COLUMN_REF" and text.get("literal", {}).get("kind") == "STRING":
            yield column["column_names"][-1].lower(), text["literal"]["text"], like, flags


def _explain(column: str, text: str, like: bool, flags: int) -> str:
    """Say that a column never has a text; "" if it may."""
    known = _KNOWN.get(column, [])
    pattern = _like(text) if like else re.escape(text)
    if not known or any(re.fullmatch(pattern, value, flags) for value in known):
        return ""
    meant = [state.short for state in likely_states(text)] if column == "state" else []
    right = f"most likely meant: {', '.join(meant)}" if meant else f"it is one of {'; '.join(known)}"
    return f"{column} is never {text[:40]!r}; {right}."


def _like(text: str) -> str:
    """Convert a pattern of LIKE to a regular expression; runs of % become one, because each could backtrack."""
    parts: dict[str, Any] = {"%": ".*", "_": "."}
    return "".join(parts.get(character, re.escape(character)) for character in re.sub("%+", "%", text[:100]))
