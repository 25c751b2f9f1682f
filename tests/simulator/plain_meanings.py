"""Each other meaning in plain Python: the one step of a server that differs, and how."""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from tests.simulator.plain import (  # fmt: skip
    DAY,
    KNOWN,
    LIFE,
    NUMBERS,
    SECOND,
    TIMES,
    Ask,
    Body,
    Change,
    Filter,
    Job,
    Refused,
    Server,
    instant,
    is_unset,
    like,
    order,
    right,
    value,
    wildcard,
)

INVALID = Refused(400, 3)
BROKEN = Refused(500, 13)
TEXTS = ("id", "name", "state", "templateId", "errorMessage", "priority")

NAMED: dict[str, Server] = {}
"""Servers by the names of their meanings."""


# Filters, one by one


def swap(given: Filter, fields: Sequence[str], **names: str) -> Filter:
    return given.of(names[given.name]) if given.field in fields and given.name in names else given


def held(given: Filter, job: Job, name: str, instead: Callable[[], bool]) -> bool:
    """What is documented, but for one condition."""
    return instead() if given.name in name.split() else right(given, job)


def unset(given: Filter, job: Job) -> bool:
    return is_unset(value(job, given.field))


def texts(given: Filter, job: Job, names: str, agrees: Callable[[str, str], bool]) -> bool:
    """Under these conditions a text matches too if it agrees with the value, or with a value of the list."""
    found = value(job, given.field)
    if given.name not in names.split() or given.field not in TEXTS or is_unset(found):
        return right(given, job)
    return right(given, job) or any(agrees(found, wanted) for wanted in given.values if wanted)


def reads(fields: Sequence[str], names: str, stored: Change, asked: Change = lambda left: left) -> Any:
    """Read the stored value, or the one asked for, otherwise under these conditions."""
    return lambda given, job: (
        right(given, job, stored, asked) if given.is_on(fields, *names.split()) else right(given, job)
    )


def cut(unit: int, plus: int = 0) -> Change:
    """Truncate times to whole units, as whole numbers."""
    return lambda text: None if instant(text) is None else (instant(text) + plus) // unit * unit  # type: ignore[operator]


def instants(stored: Change, asked: Change = instant) -> Any:
    """Compare times by whole numbers."""

    def compared(_: str, left: Any) -> Any:
        return left

    return lambda given, job: (
        right(given, job, stored, asked, compared)
        if given.is_on(TIMES, "EQ", "NEQ", "GT", "GTE", "LT", "LTE", "IN", "NOT_IN")
        else right(given, job)
    )


def as_texts(path: Sequence[str], write: Change) -> Any:
    """Compare values of these fields as texts."""

    def compared(_: str, left: Any) -> Any:
        return write(left)

    return lambda given, job: (
        right(given, job, compared=compared)
        if given.field in path and given.name != "LIKE"
        else right(given, job)
    )


def has_word(text: str, word: str) -> bool:
    return any(
        text[at : at + len(word)].lower() == word.lower()
        and not (text[:at][-1:].isalnum() or text[at + len(word) :][:1].isalnum())
        for at in range(len(text) + (text != ""))
    )


def spelt(found: Any) -> Any:
    return found if found is None or isinstance(found, str) else f"{found}"


def ordinal(given: Filter, job: Job) -> bool:
    if not given.is_on(["state"], "GT", "GTE", "LT", "LTE"):
        return right(given, job)
    return right(given, job, compared=lambda _, state: LIFE.index(state) if state in LIFE else None)


MATCHES: dict[str, Callable[[Filter, Job], bool]] = {
    "field-unknown-ignored": lambda given, job: given.field not in KNOWN or right(given, job),
    "field-unknown-empty": lambda given, job: given.field in KNOWN and right(given, job),
    "gt-is-gte": lambda given, job: right(given, job) or (given.name == "GT" and right(given.of("EQ"), job)),
    "gte-is-gt": lambda given, job: (
        right(given, job) and not (given.name == "GTE" and right(given.of("EQ"), job))
    ),
    "lte-is-lt": lambda given, job: (
        right(given, job) and not (given.name == "LTE" and right(given.of("EQ"), job))
    ),
    "lt-gt-swapped-for-times": lambda given, job: right(
        swap(given, TIMES, GT="LT", GTE="LTE", LT="GT", LTE="GTE"), job
    ),
    "in-first": lambda given, job: held(
        given, job, "IN", lambda: right(given.of("EQ", given.operand[0]), job)
    ),
    "in-last": lambda given, job: held(
        given, job, "IN", lambda: right(given.of("EQ", given.operand[-1]), job)
    ),
    "in-needs-two": lambda given, job: (
        right(given, job) and not (given.name == "IN" and len(given.operand) == 1)
    ),
    "id-filter-ignored": lambda given, job: given.is_on(["id"], "IN") or right(given, job),
    "array-any-is-all": lambda given, job: held(
        given, job, "ARRAY_CONTAINS_ANY", lambda: set(given.operand) <= set(value(job, given.field) or ())
    ),
    "neq-drops-null": lambda given, job: (
        right(given, job) and not (given.name == "NEQ" and unset(given, job))
    ),
    "not-in-drops-null": lambda given, job: (
        right(given, job) and not (given.name == "NOT_IN" and unset(given, job))
    ),
    "neq-empty-matches-all": lambda given, job: (
        (given.name == "NEQ" and given.operand == "") or right(given, job)
    ),
    "eq-empty-matches-none": lambda given, job: (
        not (given.name == "EQ" and given.operand in ("", None)) and right(given, job)
    ),
    "eq-empty-ignored": lambda given, job: given.operand == "" or right(given, job),
    "zero-is-unset": lambda given, job: given.operand in ("", 0, False) or right(given, job),
    "like-null-matches": lambda given, job: right(given, job) or (given.name == "LIKE" and unset(given, job)),
    "time-null-is-zero": reads(
        TIMES, "EQ NEQ GT GTE LT LTE IN NOT_IN", lambda found: found or "1970-01-01T00:00:00Z"
    ),
    "number-null-is-zero": reads(NUMBERS, "EQ NEQ GT GTE LT LTE IN NOT_IN", lambda found: found or 0),
    "eq-any-case": lambda given, job: texts(given, job, "EQ IN", lambda a, b: a.casefold() == b.casefold()),
    "eq-trims": lambda given, job: texts(given, job, "EQ", lambda a, b: a.rstrip(" ") == b.rstrip(" ")),
    "eq-is-prefix": lambda given, job: texts(given, job, "EQ", str.startswith),
    "like-case-sensitive": lambda given, job: held(
        given, job, "LIKE", lambda: like(f"(?s){wildcard(given.operand)}", value(job, given.field))
    ),
    "like-newline": lambda given, job: held(
        given, job, "LIKE", lambda: like(f"(?i){wildcard(given.operand)}", value(job, given.field))
    ),
    "like-no-underscore": lambda given, job: held(
        given,
        job,
        "LIKE",
        lambda: like(f"(?is){re.escape(given.operand).replace('%', '.*')}", value(job, given.field)),
    ),
    "like-glob": lambda given, job: held(
        given,
        job,
        "LIKE",
        lambda: like(
            "(?is)" + re.escape(given.operand).replace(r"\*", ".*").replace(r"\?", "."),
            value(job, given.field),
        ),
    ),
    "like-substring": lambda given, job: held(
        given, job, "LIKE", lambda: given.operand.lower() in (value(job, given.field) or "").lower() != ""
    ),
    "like-prefix-only": lambda given, job: held(
        given,
        job,
        "LIKE",
        lambda: (
            not unset(given, job)
            and value(job, given.field).lower().startswith(given.operand.replace("%", "").lower())
        ),
    ),
    "like-whole-word": lambda given, job: held(
        given,
        job,
        "LIKE",
        lambda: has_word(value(job, given.field) or "", given.operand.replace("%", "")),
    ),
    "like-always-contains": lambda given, job: held(
        given, job, "LIKE", lambda: right(given.of("LIKE", f"%{given.operand}%"), job)
    ),
    "time-as-text": as_texts(TIMES, lambda left: left or None),
    "time-offset-ignored": reads(
        TIMES, "", lambda found: found, lambda text: re.sub(r"[+-]\d\d:\d\d$", "Z", text)
    ),
    "time-to-second": instants(cut(SECOND), cut(SECOND)),
    "time-to-millisecond": instants(cut(SECOND // 1000)),
    "time-rounded-up": instants(cut(SECOND // 1000, SECOND // 2000)),
    "time-date-only": instants(cut(DAY), cut(DAY)),
    "number-as-text": as_texts(NUMBERS, spelt),
    "number-truncated": reads(
        NUMBERS,
        "",
        lambda found: found,
        lambda given: math.trunc(given) if isinstance(given, float) else given,
    ),
    "state-short-only": lambda given, job: right(
        given, job | {"state": job["state"].replace("JOB_STATE_", "")}
    ),
    "state-gt-ordinal": ordinal,
    "state-unknown-is-new": lambda given, job: right(
        given, job | ({} if job["state"] in LIFE or given.name == "LIKE" else {"state": LIFE[0]})
    ),
}
NAMED |= {name: Server(matches=match) for name, match in MATCHES.items()}


# Filters together


def grouped(filters: Sequence[Filter]) -> list[list[Filter]]:
    return [
        [given for given in filters if given.field == path] for path in {given.field: 0 for given in filters}
    ]


def any_of_each_field(results: Sequence[tuple[Filter, bool]]) -> bool:
    return all(
        any(good for given, good in results if given.field == path) for path in {g.field for g, _ in results}
    )


NAMED |= {
    "filters-ignored": Server(uses=lambda _: ()),
    "filters-first-only": Server(uses=lambda filters: filters[:1]),
    "filters-last-only": Server(uses=lambda filters: filters[-1:]),
    "filters-first-two": Server(uses=lambda filters: filters[:2]),
    "filters-same-field-first": Server(uses=lambda filters: [group[0] for group in grouped(filters)]),
    "filters-same-field-last": Server(uses=lambda filters: [group[-1] for group in grouped(filters)]),
    "filters-same-field-or": Server(joins=any_of_each_field),
    "filters-ored": Server(joins=lambda results: not results or any(good for _, good in results)),
    "filters-empty-none": Server(
        sees=lambda jobs, ask: [] if ask.route == "filter" and not ask.filters else jobs
    ),
}


# What a route hides

MONTH_AGO = instant("2026-02-02T15:30:12.345678Z") or 0


HIDES: dict[str, Callable[[Job, Ask], bool]] = {
    "route-hides-drafts": lambda job, ask: ask.route == "filter" and job["state"] == LIFE[0],
    "route-hides-unfinished": lambda job, ask: ask.route == "filter" and job["state"] not in LIFE[-2:],
    "route-hides-deleted": lambda job, ask: ask.route == "filter" and bool(job["deletedAt"]),
    "list-hides-deleted": lambda job, ask: ask.route == "list" and bool(job["deletedAt"]),
    "route-hides-old": lambda job, ask: (
        ask.route == "filter" and (instant(job["createdAt"]) or 0) < MONTH_AGO
    ),
}


def seeing(hides: Callable[[Job, Ask], bool]) -> Server:
    return Server(sees=lambda jobs, ask: [job for job in jobs if not hides(job, ask)])


NAMED |= {name: seeing(hides) for name, hides in HIDES.items()}
NAMED["route-caps-1000"] = Server(
    sees=lambda jobs, ask: order(jobs, "")[:1000] if ask.route == "filter" else jobs
)


# Refusals


def refusing(when: Callable[[Ask], bool], what: Refused = INVALID) -> Server:
    return Server(refuses=lambda ask, _: what if when(ask) else None)


def some(found: Callable[[Filter], bool]) -> Callable[[Ask], bool]:
    return lambda ask: any(found(given) for given in ask.filters)


def times_with(regex: str) -> Callable[[Ask], bool]:
    return some(lambda given: given.field in TIMES and any(re.search(regex, text) for text in given.values))


NAMED |= {
    "filter-403": refusing(lambda ask: ask.route == "filter", Refused(403, 7)),
    "filter-501": refusing(lambda ask: ask.route == "filter", Refused(501, 12)),
    "field-unknown-400": refusing(some(lambda given: given.field not in KNOWN)),
    "field-nested-400": refusing(some(lambda given: "." in given.field)),
    "eq-only": refusing(some(lambda given: given.name != "EQ")),
    "in-scalar-only": refusing(some(lambda given: given.name in ("IN", "NOT_IN"))),
    "filters-ten-max": refusing(lambda ask: len(ask.filters) > 10),
    "time-fraction-refused": refusing(times_with(r"\.\d{4}")),
    "time-z-required": refusing(times_with(r"[+-]\d\d:\d\d$")),
    "limit-one-400": refusing(lambda ask: ask.limit < 5),
    "limit-400-above-10": refusing(lambda ask: ask.limit > 10),
    "limit-400-above-100": refusing(lambda ask: ask.limit > 100),
    "limit-500-above-100": refusing(lambda ask: ask.limit > 100, BROKEN),
    "offset-multiple-400": refusing(lambda ask: ask.offset % ask.limit != 0),
    "offset-max-10000": refusing(lambda ask: ask.offset + ask.limit > 10_000),
    "order-unknown-400": refusing(lambda ask: ask.order_by not in ("", "createdAt")),
    "null-column-500": Server(
        refuses=lambda ask, jobs: (
            BROKEN
            if any(
                is_unset(value(job, path))
                for path in {ask.column, *(given.field for given in ask.filters)} - {""}
                for job in jobs
            )
            else None
        )
    ),
}  # fmt: skip


# Orders


def newest(found: list[Job]) -> list[Job]:
    return order(found, "")


def latest_change(job: Job) -> int:
    return max(
        instant(text) or 0 for text in [job["createdAt"], *(job.get("stateTimestamps") or {}).values()]
    )


def each_page(found: list[Job], ask: Ask) -> list[Job]:
    page = newest(found)[ask.offset : ask.offset + ask.limit]
    return [
        *newest(found)[: ask.offset],
        *order(page, ask.order_by),
        *newest(found)[ask.offset + ask.limit :],
    ]


def nulls_first(found: list[Job], ask: Ask) -> list[Job]:
    return sorted(order(found, ask.order_by), key=lambda job: not is_unset(value(job, ask.column)))


def sorting(sort: Callable[[list[Job], Ask], list[Job]]) -> Server:
    """Sort in another way if an order is asked for."""
    return Server(sorts=lambda found, ask: sort(found, ask) if ask.order_by else newest(found))


def reading(change: Callable[[str, Ask], str]) -> Server:
    """Read the order otherwise."""
    return Server(reads=lambda ask: replace(ask, order_by=change(ask.order_by, ask)))


NAMED |= {
    "order-unknown-default": reading(
        lambda by, ask: by if ask.column in ("", "createdAt", "name") and by[:1] != "-" else ""
    ),
    "order-desc-minus": reading(
        lambda by, _: "- bad" if " " in by else f"{by[1:]} desc" if by.startswith("-") else by
    ),
    "order-desc-word": reading(lambda by, _: "" if by.startswith("-") else by),
    "order-desc-unsupported": reading(lambda by, _: by.removeprefix("-").removesuffix(" desc")),
    "order-always-desc": reading(lambda by, _: by and f"{by.removesuffix(' desc')} desc"),
    "order-by-updated-hidden": reading(lambda by, _: by.replace("createdAt", "submittedAt")),
    "order-ignored": reading(lambda *_: ""),
    "order-filter-route-only": reading(lambda by, ask: by if ask.route == "filter" else ""),
    "order-nulls-left-out": Server(
        sees=lambda jobs, ask: [
            job for job in jobs if not ask.order_by or not is_unset(value(job, ask.column))
        ]
    ),
    "order-nulls-first": sorting(nulls_first),
    "sort-within-page": sorting(each_page),
    "sort-page-is-global-first": sorting(
        lambda found, ask: newest(found) if ask.offset else order(found, ask.order_by)
    ),
    "default-oldest-first": reading(lambda by, _: by or "createdAt"),
    "default-by-id": reading(lambda by, _: by or "id"),
    "default-by-update": Server(
        sorts=lambda found, ask: (
            order(found, ask.order_by)
            if ask.order_by
            else sorted(newest(found), key=latest_change, reverse=True)
        )
    ),
}


# Limits and offsets

PAGES: dict[str, Callable[[Ask], tuple[int, int]]] = {
    "limit-cap-7": lambda ask: (ask.offset, 7),
    "limit-cap-10": lambda ask: (ask.offset, min(10, ask.limit)),
    "limit-cap-50": lambda ask: (ask.offset, min(50, ask.limit)),
    "limit-min-10": lambda ask: (ask.offset, max(10, ask.limit)),
    "limit-above-resets": lambda ask: (ask.offset, ask.limit if ask.limit <= 100 else 20),
    "limit-shrinks": lambda ask: (ask.offset, min(25, ask.limit) if ask.offset > 1000 else ask.limit),
    "limit-ignored-filter": lambda ask: (0, 20) if ask.route == "filter" else (ask.offset, ask.limit),
    "offset-multiple": lambda ask: (ask.offset - ask.offset % ask.limit, ask.limit),
    "offset-in-pages": lambda ask: (ask.offset * ask.limit, ask.limit),
    "offset-one-based": lambda ask: (ask.offset - 1 if ask.offset else 0, ask.limit),
    "offset-ignored": lambda ask: (0, ask.limit),
    "offset-ignored-with-order": lambda ask: (0 if ask.order_by else ask.offset, ask.limit),
}


def paging(pages: Callable[[Ask], tuple[int, int]]) -> Server:
    return Server(reads=lambda ask: replace(ask, offset=pages(ask)[0], limit=pages(ask)[1]))


NAMED |= {name: paging(pages) for name, pages in PAGES.items()}


# Rows


def rows(change: Callable[[Job], Job], route: str = "") -> Server:
    return Server(
        tells=lambda body, ask, _: (
            body | {"data": [change(job) for job in body["data"]]} if route in ("", ask.route) else body
        )
    )


def without(job: Job, *names: str) -> Job:
    return {name: job[name] for name in job if name not in names}


def in_milliseconds(time: str | None) -> str | None:
    whole, dot, fraction = (time or "").removesuffix("Z").partition(".")
    return f"{whole}.{fraction[:3]}Z" if dot else time


NAMED |= {
    "row-lean-list": rows(
        lambda job: {
            name: job.get(name)
            for name in ("id", "name", "state", "templateId", "createdAt", "startedAt", "endedAt", "priority")
        },
        "list",
    ),
    "row-lean-filter": rows(
        lambda job: without(
            job, "params", "dataSource", "dataDestination", "stateTimestamps", "errorMessage"
        ),
        "filter",
    ),
    "row-bare-filter": rows(lambda job: {name: job.get(name) for name in ("id", "name", "state")}, "filter"),
    "row-snake-case": rows(
        lambda job: {"".join(f"_{c.lower()}" if c.isupper() else c for c in name): job[name] for name in job}
    ),
    "row-milliseconds": rows(
        lambda job: job | {name: in_milliseconds(job[name]) for name in job if name[-2:] == "At"}, "filter"
    ),
    "row-short-states": rows(lambda job: job | {"state": job["state"].replace("JOB_STATE_", "")}, "filter"),
    "row-old-states": rows(
        lambda job: (
            job | {"state": "JOB_STATE_MERGED", "endedAt": None} if job["state"] in LIFE[-2:] else job
        ),
        "filter",
    ),
    "nan-in-json": rows(lambda job: job | {"duration": "NaN"} if job["state"] == LIFE[-1] else job),
    "id-other-case": rows(lambda job: job | {"id": job["id"].upper()}),
    "id-braces": rows(lambda job: job | {"id": job["id"].replace("-", "")}, "filter"),
    "page-wrapped-jobs": rows(lambda job: {"job": job, "templateInfo": job.get("templateInfo")}),
}


# Totals, and whole answers


def paginating(change: Callable[[Body, Ask], Body]) -> Server:
    """Change members of the pagination; an empty text leaves one out."""

    def tell(body: Body, ask: Ask, _: list[Job]) -> Body:
        told = body["pagination"] | change(body["pagination"] | {"rows": len(body["data"])}, ask)
        return body | {"pagination": {name: told[name] for name in told if told[name] != ""}}

    return Server(tells=tell)


def totalling(change: Callable[[int], Any]) -> Server:
    return paginating(lambda page, _: {"total": change(page["total"])})


def emptied(tell: Callable[[Body], Body | Refused], route: str = "") -> Server:
    return Server(
        tells=lambda body, ask, _: tell(body) if not body["data"] and route in ("", ask.route) else body
    )


def say_no(message: str, code: str) -> Body:
    return {
        "ok": False, "requestId": "r", "message": message,
        "error": {"code": code, "message": message, "description": ""},
    }  # fmt: skip


NAMED |= {
    "total-cap-1000": totalling(lambda total: min(1000, total)),
    "total-counts-deleted": totalling(lambda total: total + 1),  # the account of the test has lost one job
    "total-minus-one": totalling(lambda _: -1),
    "total-off-by-one": totalling(lambda total: total - 1),
    "total-zero": totalling(lambda _: 0),
    "total-first-page-only": paginating(lambda page, _: {"total": page["total"] if page["offset"] == 0 else 0}),
    "total-page": paginating(lambda page, _: {"total": page["rows"]}),
    "total-pages": paginating(lambda page, ask: {"total": -(-page["total"] // ask.limit)}),
    "total-remaining": paginating(lambda page, _: {"total": max(page["total"] - page["offset"], 0)}),
    "total-string": paginating(lambda page, _: {"total": f"{page['total']}", "offset": f"{page['offset']}"}),
    "total-missing": paginating(
        lambda page, ask: {
            "total": "" if ask.route == "filter" else page["total"] or "",
            "offset": page["offset"] or "",
        }
    ),
    "total-unfiltered": Server(
        tells=lambda body, ask, jobs: (
            body | {"pagination": body["pagination"] | {"total": len(jobs)}} if ask.route == "filter" else body
        )
    ),
    "hasnext-false": paginating(lambda *_: {"hasNext": False}),
    "hasnext-true": paginating(lambda *_: {"hasNext": True}),
    "hasnext-missing": paginating(lambda *_: {"hasNext": "", "hasPrevious": ""}),
    "hasnext-by-full-page": paginating(lambda page, ask: {"hasNext": page["rows"] == ask.limit}),
    "pagination-null": Server(
        tells=lambda body, ask, _: body | {"pagination": None} if ask.route == "filter" else body
    ),
    "page-data-null": emptied(lambda body: body | {"data": None}),
    "empty-404": emptied(lambda _: Refused(404, 5)),
    "empty-500": emptied(lambda _: BROKEN, "filter"),
    "empty-ok-false": emptied(lambda _: say_no("no rows", "NOT_FOUND"), "filter"),
    "offset-beyond-400": emptied(lambda _: Refused(400, 11)),
    "ok-false-200": Server(
        tells=lambda body, ask, _: say_no("invalid", "INVALID_ARGUMENT") if len(ask.filters) > 1 else body
    ),
    "limit-empty-above-100": Server(
        tells=lambda body, ask, _: body if ask.limit <= 100 else body | {"data": []}
    ),
    "total-cap-stops": Server(sorts=lambda found, ask: order(found, ask.order_by)[:1000]),
}  # fmt: skip


SHUFFLED = ("default-random", "order-ties-unstable", "total-estimate")
"""Meanings that differ from one request to the next: none has a right answer."""
