"""Other interpretations of the requested order, of its absence, and of its effect on pages."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from bytenite_mcp.simulator.errors import refuse
from bytenite_mcp.simulator.filter_meanings import Read
from bytenite_mcp.simulator.search import IsSet, Kind, Search
from bytenite_mcp.simulator.search_sql import build_path, find_kind, to_number
from bytenite_mcp.simulator.seeded_random import SeededRandom
from bytenite_mcp.simulator.times import to_sort_key
from bytenite_mcp.simulator.world import World

Arrange = Callable[[list[int], Search, World], list[int]]
"""Arranges the rows that were found; a page is cut from the result."""


def _name_field(order_by: str) -> str:
    return order_by.partition(" ")[0]


def _order(change: Callable[[str], str]) -> Read:
    """Replace the order with another; "" is the default order."""
    return lambda search, _: replace(search, order_by=change(search.order_by))


def _read_minus(order_by: str) -> str:
    if " " in order_by:
        refuse("unknown field")
    return f"{order_by[1:]} desc" if order_by.startswith("-") else order_by


READS: dict[str, Read] = {
    "order-unknown-400": _order(lambda by: by if by in ("", "createdAt") else refuse("unknown order")),
    "order-unknown-default": _order(lambda by: by if _name_field(by) in ("createdAt", "name") else ""),
    "order-desc-minus": _order(_read_minus),
    "order-desc-word": _order(lambda by: "" if by.startswith("-") else by),
    "order-desc-unsupported": _order(lambda by: _name_field(by.removeprefix("-"))),
    "order-always-desc": _order(lambda by: f"{_name_field(by)} desc" if by else ""),
    "order-by-updated-hidden": _order(lambda by: by.replace("createdAt", "submittedAt")),
    "order-ignored": _order(lambda _: ""),
    "order-filter-route-only": lambda search, _: (
        replace(search, order_by="") if search.route == "list" else search
    ),
    "order-nulls-left-out": lambda search, _: (
        replace(search, filters=(*search.filters, IsSet(_name_field(search.order_by))))
        if search.order_by
        else search
    ),
    "default-oldest-first": _order(lambda by: by or "createdAt asc"),
    "default-by-id": _order(lambda by: by or "id"),
}


# Arrangements of the rows that were found

_KEYS: dict[Kind, Callable[[Any], Any]] = {
    "time": to_sort_key,
    "number": lambda value: to_number(f"{value}"),
    "text": lambda value: f"{value}" if value else None,
}


def _with_order(arrange: Arrange) -> Arrange:
    return lambda numbers, search, world: arrange(numbers, search, world) if search.order_by else numbers


def _without_order(arrange: Arrange) -> Arrange:
    return lambda numbers, search, world: numbers if search.order_by else arrange(numbers, search, world)


def _shuffle(numbers: list[int], search: Search, _: World) -> list[int]:
    """Shuffle differently for each request."""
    return SeededRandom(search.turn).sample(numbers, len(numbers))


def _shuffle_ties(numbers: list[int], search: Search, world: World) -> list[int]:
    """Sort by the requested order, with unset values last, and shuffle equal values."""
    field, _, direction = (search.order_by or "createdAt desc").partition(" ")
    to_key = _KEYS[find_kind(field)]
    values = world.rows("SELECT number, json_extract(record, ?) FROM jobs", [build_path(field)])
    keys = {number: to_key(value) for number, value in values}
    shuffled = _shuffle(numbers, search, world)
    known = [number for number in shuffled if keys[number] is not None]
    known.sort(key=keys.__getitem__, reverse=direction.lower() == "desc")
    return known + [number for number in shuffled if keys[number] is None]


def _sort_by_change(numbers: list[int], _: Search, world: World) -> list[int]:
    records = {number: json.loads(record) for number, record in world.rows("SELECT number, record FROM jobs")}

    def find_latest(number: int) -> str:
        record = records[number]
        times = [record["createdAt"], *(record.get("stateTimestamps") or {}).values()]
        return max(to_sort_key(time) or "" for time in times)

    return sorted(numbers, key=find_latest, reverse=True)


def _put_unset_first(numbers: list[int], search: Search, world: World) -> list[int]:
    unset = set(world.find(replace(search, filters=(IsSet(_name_field(search.order_by), False),))))
    return sorted(numbers, key=lambda number: number not in unset)


def _sort_each_page(numbers: list[int], search: Search, world: World) -> list[int]:
    newest, end = world.find(replace(search, order_by="")), search.offset + search.limit
    places = {number: place for place, number in enumerate(numbers)}
    page = sorted(newest[search.offset : end], key=lambda number: places.get(number, 0))
    return [*newest[: search.offset], *page, *newest[end:]]


def _sort_first_page(numbers: list[int], search: Search, world: World) -> list[int]:
    return world.find(replace(search, order_by="")) if search.offset else numbers


ARRANGEMENTS: dict[str, Arrange] = {
    "order-ties-unstable": _shuffle_ties,
    "order-nulls-first": _with_order(_put_unset_first),
    "sort-within-page": _with_order(_sort_each_page),
    "sort-page-is-global-first": _with_order(_sort_first_page),
    "default-by-update": _without_order(_sort_by_change),
    "default-random": _without_order(_shuffle),
}
