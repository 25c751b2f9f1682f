"""Finds secrets by names beside them in a record: `{"name": …, "value": …}`, `[name, value]`, arguments."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import TypeGuard

from bytenite_mcp.api.values import Json
from bytenite_mcp.privacy.classify import is_random
from bytenite_mcp.privacy.names import Strength, fold_name, is_describing, strength_of
from bytenite_mcp.privacy.words import WORDS, split_name

HINT = r'"kty"|(?i:(?:sensitive|secure|masked|protected|encrypted)[-_]*"\s*:\s*true)'
"""A pattern, in Rust's syntax: in JSON without a match, only names make pairs secret."""

_LONGEST_NAME = 100
_FLAG = re.compile(r"--?[A-Za-z][\w.-]{0,60}")


def strengths_of_members(members: Mapping[str, Json]) -> dict[str, Strength]:
    """Rate the names and values of pairs, and the parts of a JSON Web Key, which their own names do not rate."""
    if "kty" in members:
        return {name: Strength.STRONG for name in members if name in WORDS["web key"]}
    values = [name for name in members if _is_one_of(name, WORDS["value"], "value")]
    if not values:
        return {}
    named = {
        name
        for name, value in members.items()
        if _is_one_of(name, WORDS["naming"], "name", "key") and _could_name(value)
    }
    strength = max((strength_of(members[name]) for name in named), default=Strength.NONE)
    if any(members[name] is True for name in members if fold_name(name) in WORDS["marker"]):
        strength = Strength.STRONG
    values = [name for name in values if not (name in named and strength_of(members[name]))]
    return dict.fromkeys(named, Strength.NONE) | (dict.fromkeys(values, strength) if strength else {})


def strengths_of_columns(head: Json, rows: Json) -> list[Strength]:
    """Rate the columns of a table by its head; [] if none is secret, or it is not a table."""
    if not (isinstance(head, list) and isinstance(rows, list) and all(map(_could_name, head))):
        return []
    # A list of scalars that is as long as the head is a single row.
    table = rows if all(isinstance(row, list) for row in rows) else [rows]
    fits = any(isinstance(row, list) and len(row) == len(head) for row in table)
    strengths = [strength_of(name) for name in head]
    return strengths if fits and any(strengths) else []


def strengths_of_items(items: Sequence[Json]) -> list[Strength]:
    """Rate each item of a list by the item before: a flag, or the name of a pair."""
    strengths = [Strength.NONE] * len(items)
    for position, (before, item) in enumerate(pairwise(items), start=1):
        if _could_name(before) and _follows(before, item, len(items)):
            strengths[position] = strength_of(before)
    return strengths


def find_table(members: Mapping[str, Json]) -> dict[str, list[Strength]]:
    """Find the member that holds the rows of a table, and rate its columns."""
    if WORDS["head"].isdisjoint(members):
        return {}
    heads = [value for name, value in members.items() if name in WORDS["head"]]
    rows = [name for name in members if name in WORDS["rows"]]
    found = {name: strengths_of_columns(head, members[name]) for name in rows for head in heads}
    return {name: strengths for name, strengths in found.items() if strengths}


def is_flag(text: str) -> bool:
    """Whether an argument of a command is a flag, without a value."""
    return bool(_FLAG.fullmatch(text))


@lru_cache(4096)
def _is_one_of(name: str, listed: frozenset[str], *last: str) -> bool:
    """Whether a name is listed, or its last word is one of `last`, as in `ParameterValue`."""
    return fold_name(name) in listed or split_name(name)[-1:] in ([word] for word in last)


def _could_name(value: Json) -> TypeGuard[str]:
    return isinstance(value, str) and len(value) <= _LONGEST_NAME and not value.endswith(".")


def _follows(before: str, item: Json, count: int) -> bool:
    """Whether an item can be the value of the item before: there are only two items, or it is random.

    Two names, such as those of columns, are not a pair.
    """
    if is_flag(before):
        return not (isinstance(item, str) and item.startswith("--"))
    if not isinstance(item, str):
        return count == 2
    return (count == 2 or is_random(item)) and not (is_describing(item) or strength_of(item))
