"""Other interpretations of limits and offsets, and other contents of a page."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from bytenite_mcp.simulator.errors import INTERNAL, NOT_FOUND, refuse
from bytenite_mcp.simulator.filter_meanings import Read
from bytenite_mcp.simulator.order_meanings import Arrange
from bytenite_mcp.simulator.search import Record, Search
from bytenite_mcp.simulator.seeded_random import SeededRandom
from bytenite_mcp.simulator.templates import COMPLETE, FAILED, RUN
from bytenite_mcp.simulator.world import World

Tell = Callable[[Record, Search, World], Record]
"""Returns another body for a page, or refuses the search; it is passed the search as requested."""

_MOST_ROWS = 1000
_LEAN = ("id", "name", "state", "templateId", "createdAt", "startedAt", "endedAt", "priority")
_BULKY = ("params", "dataSource", "dataDestination", "stateTimestamps", "errorMessage")


# Limits and offsets


def _limit(change: Callable[[int], int]) -> Read:
    return lambda search, _: replace(search, limit=change(search.limit))


def _offset(change: Callable[[int, int], int]) -> Read:
    """Change the offset with a function of the offset and the limit."""
    return lambda search, _: replace(search, offset=change(search.offset, search.limit))


def _refuse_unless(fits: Callable[[int, int], bool], message: str, *error: int) -> Read:
    """Refuse a search unless its offset and limit fit."""
    return lambda search, _: search if fits(search.offset, search.limit) else refuse(message, *error)


READS: dict[str, Read] = {
    "limit-cap-7": _limit(lambda _: 7),
    "limit-cap-10": _limit(lambda limit: min(limit, 10)),
    "limit-cap-50": _limit(lambda limit: min(limit, 50)),
    "limit-min-10": _limit(lambda limit: max(limit, 10)),
    "limit-one-400": _refuse_unless(lambda _, limit: limit >= 5, "limit must be >= 5"),
    "limit-400-above-10": _refuse_unless(lambda _, limit: limit <= 10, "limit must be <= 10"),
    "limit-400-above-100": _refuse_unless(lambda _, limit: limit <= 100, "limit must be <= 100"),
    "limit-500-above-100": _refuse_unless(lambda _, limit: limit <= 100, "limit too large", 500, INTERNAL),
    "limit-above-resets": _limit(lambda limit: limit if limit <= 100 else 20),
    "limit-shrinks": lambda search, _: (
        replace(search, limit=min(search.limit, 25)) if search.offset > _MOST_ROWS else search
    ),
    "limit-ignored-filter": lambda search, _: (
        replace(search, limit=20, offset=0) if search.route == "filter" else search
    ),
    "offset-multiple": _offset(lambda offset, limit: offset // limit * limit),
    "offset-multiple-400": _refuse_unless(lambda offset, limit: offset % limit == 0, "offset is no multiple"),
    "offset-in-pages": _offset(lambda offset, limit: offset * limit),
    "offset-one-based": _offset(lambda offset, _: max(0, offset - 1)),
    "offset-max-10000": _refuse_unless(lambda offset, limit: offset + limit <= 10_000, "window is too large"),
    "offset-ignored": _offset(lambda *_: 0),
    "offset-ignored-with-order": lambda search, _: replace(search, offset=0) if search.order_by else search,
}


# Arrangements of the rows, from which a page is cut


def _keep_newest(numbers: list[int], search: Search, world: World) -> list[int]:
    newest = set(world.find(Search())[:_MOST_ROWS])
    return [number for number in numbers if number in newest] if search.route == "filter" else numbers


ARRANGEMENTS: dict[str, Arrange] = {
    "route-caps-1000": _keep_newest,
    "total-cap-stops": lambda numbers, *_: numbers[:_MOST_ROWS],
}


# The rows of a page


def _rows(change: Callable[[Record], Record], route: str = "") -> Tell:
    """Change the records of every page, or of the pages of one route."""
    return lambda body, asked, _: (
        body | {"data": [*map(change, body["data"])]} if route in ("", asked.route) else body
    )


ROWS: dict[str, Tell] = {
    "row-lean-list": _rows(lambda record: {name: record.get(name) for name in _LEAN}, "list"),
    "row-lean-filter": _rows(lambda record: {n: v for n, v in record.items() if n not in _BULKY}, "filter"),
    "row-bare-filter": _rows(
        lambda record: {name: record[name] for name in ("id", "name", "state")}, "filter"
    ),
    "row-snake-case": _rows(
        lambda record: {re.sub("[A-Z]", lambda at: f"_{at[0].lower()}", n): v for n, v in record.items()}
    ),
    "row-milliseconds": _rows(
        lambda record: {
            name: re.sub(r"(\.\d{3})\d+", r"\1", value) if name.endswith("At") and value else value
            for name, value in record.items()
        },
        "filter",
    ),
    "row-short-states": _rows(lambda record: record | {"state": record["state"][10:]}, "filter"),
    "row-old-states": _rows(
        lambda record: (
            record | {"state": RUN[6], "endedAt": None} if record["state"] in (COMPLETE, FAILED) else record
        ),
        "filter",
    ),
    "nan-in-json": _rows(
        lambda record: record | {"duration": math.nan} if record["state"] == FAILED else record
    ),
    "id-other-case": _rows(lambda record: record | {"id": record["id"].upper()}),
    "id-braces": _rows(lambda record: record | {"id": record["id"].replace("-", "")}, "filter"),
}


# The pagination of a page


@dataclass(frozen=True)
class _Page:
    """The documented pagination, and the request."""

    total: int
    offset: int
    rows: int
    asked: Search
    world: World


def _paginate(**members: Callable[[_Page], Any]) -> Tell:
    """Change members of the pagination; one that becomes None is left out."""

    def tell(body: Record, asked: Search, world: World) -> Record:
        told = body["pagination"]
        page = _Page(told["total"], told["offset"], len(body["data"]), asked, world)
        pagination = told | {name: change(page) for name, change in members.items()}
        return body | {"pagination": {name: value for name, value in pagination.items() if value is not None}}

    return tell


PAGINATIONS: dict[str, Tell] = {
    "total-cap-1000": _paginate(total=lambda page: min(page.total, 1000)),
    "total-counts-deleted": _paginate(total=lambda page: page.total + page.world.deleted),
    "total-estimate": _paginate(
        total=lambda page: round(page.total * SeededRandom(page.asked.turn).uniform(0.97, 1.03))
    ),
    "total-first-page-only": _paginate(total=lambda page: 0 if page.offset else page.total),
    "total-minus-one": _paginate(total=lambda _: -1),
    "total-off-by-one": _paginate(total=lambda page: page.total - 1),
    "total-page": _paginate(total=lambda page: page.rows),
    "total-pages": _paginate(total=lambda page: math.ceil(page.total / page.asked.limit)),
    "total-remaining": _paginate(total=lambda page: max(0, page.total - page.offset)),
    "total-unfiltered": _paginate(
        total=lambda page: len(page.world.find(Search())) if page.asked.route == "filter" else page.total
    ),
    "total-zero": _paginate(total=lambda _: 0),
    "hasnext-false": _paginate(hasNext=lambda _: False),
    "hasnext-true": _paginate(hasNext=lambda _: True),
    "hasnext-by-full-page": _paginate(hasNext=lambda page: page.rows == page.asked.limit),
    # Last, because the meanings above read the members that these remove or change.
    "hasnext-missing": _paginate(hasNext=lambda _: None, hasPrevious=lambda _: None),
    "total-string": _paginate(total=lambda page: str(page.total), offset=lambda page: str(page.offset)),
    "total-missing": _paginate(
        total=lambda page: (page.total or None) if page.asked.route == "list" else None,
        offset=lambda page: page.offset or None,
    ),
}


# Other bodies instead of a page


def _write_ok_false(message: str, code: str) -> Record:
    error = {"code": code, "message": message, "description": ""}
    return {"ok": False, "requestId": "r", "message": message, "error": error}


def _if_empty(instead: Callable[[Record], Record], route: str = "") -> Tell:
    """Change empty pages: of one route, or of both."""
    return lambda body, asked, _: instead(body) if not body["data"] and route in ("", asked.route) else body


BODIES: dict[str, Tell] = {
    "page-wrapped-jobs": _rows(lambda record: {"job": record, "templateInfo": record.get("templateInfo")}),
    "offset-beyond-400": _if_empty(lambda _: refuse("offset out of range", 400, 11)),
    "empty-404": _if_empty(lambda _: refuse("no jobs found", 404, NOT_FOUND)),
    "empty-500": _if_empty(lambda _: refuse("no rows", 500, INTERNAL), "filter"),
    "limit-empty-above-100": lambda body, asked, _: body if asked.limit <= 100 else body | {"data": []},
    "page-data-null": _if_empty(lambda body: body | {"data": None}),
    "empty-ok-false": _if_empty(lambda _: _write_ok_false("no rows", "NOT_FOUND"), "filter"),
    "ok-false-200": lambda body, asked, _: (
        body if len(asked.filters) <= 1 else _write_ok_false("invalid", "INVALID_ARGUMENT")
    ),
    "pagination-null": lambda body, asked, _: (
        body | {"pagination": None} if asked.route == "filter" else body
    ),
}

TELLINGS: dict[str, Tell] = {**ROWS, **PAGINATIONS, **BODIES}
