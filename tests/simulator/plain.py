"""What an answer has to be, worked out in plain Python over the records; nothing here is the simulator's."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from operator import ge, gt, itemgetter, le, lt
from typing import Any

Job = dict[str, Any]
Body = dict[str, Any]

TIMES = ("createdAt", "endedAt", "startedAt", "submittedAt", "deletedAt")
NUMBERS = ("numChunks", "duration", "paymentAmount")
LIFE = [
    f"JOB_STATE_{name}"
    for name in (
        "NEW", "STARTED", "UPLOADING", "PARTITIONING", "PARTITIONED", "TASKS_COMPLETED", "MERGING", "MERGED",
        "DOWNLOADING", "COMPLETE", "FAILED",
    )
]  # fmt: skip
KNOWN = ("id", "name", "state", "templateId", "createdAt")
SECOND = 10**9
DAY = 86_400 * SECOND


@dataclass(frozen=True)
class Filter:
    field: str
    name: str
    operand: Any

    def of(self, name: str, *operand: Any) -> "Filter":
        """The same field under another condition."""
        return Filter(self.field, name, operand[0] if operand else self.operand)

    @property
    def values(self) -> list[Any]:
        return self.operand if isinstance(self.operand, list) else [self.operand]

    def is_on(self, fields: Sequence[str], *names: str) -> bool:
        return self.field in fields and (not names or self.name in names)


@dataclass(frozen=True)
class Ask:
    """A request for a page."""

    filters: tuple[Filter, ...] = ()
    route: str = "filter"
    order_by: str = ""
    limit: int = 20
    offset: int = 0

    @property
    def column(self) -> str:
        return self.order_by.removeprefix("-").partition(" ")[0]


@dataclass(frozen=True)
class Refused:
    status: int
    code: int


# Values


def value(job: Job, path: str) -> Any:
    found: Any = job
    for name in steps(path):
        found = found.get(name) if isinstance(found, dict) else None
    return found


@cache
def steps(path: str) -> list[str]:
    return path.split(".")


def is_unset(found: Any) -> bool:
    return found is None or found in ("", [], {})


def instant(text: Any) -> int | None:
    """Nanoseconds since 1970."""
    return read_instant(text) if isinstance(text, str) else None


@cache
def read_instant(text: str) -> int | None:
    parts = re.fullmatch(r"(.{19})(?:\.(\d+))?(Z|[+-]\d\d:\d\d)", text)
    if not parts:
        return None
    whole = datetime.fromisoformat(f"{parts[1]}{parts[3]}").timestamp()
    return int(whole) * SECOND + int((parts[2] or "0").ljust(9, "0"))


def number(found: Any) -> float | None:
    return float(found) if found not in (None, "") else None


def key(path: str, found: Any) -> Any:
    """Return what values are compared and sorted by."""
    if path in TIMES:
        return instant(found)
    return number(found) if path in NUMBERS else (found or None)


# Filters, as documented

ORDERINGS: dict[str, Callable[[Any, Any], bool]] = {"GT": gt, "GTE": ge, "LT": lt, "LTE": le}
Change = Callable[[Any], Any]


def wildcard(pattern: str) -> str:
    return "".join({"%": ".*", "_": "."}.get(letter, re.escape(letter)) for letter in pattern)


def same(left: Any) -> Any:
    return left


def right(given: Filter, job: Job, stored: Change = same, asked: Change = same, compared: Any = key) -> bool:
    """Whether a job matches; values are compared after these changes, by this key."""
    found = stored(value(job, given.field))
    match given.name:
        case "EQ":
            return equals(given.field, found, asked(given.operand), compared)
        case "IN":
            return any(equals(given.field, found, asked(operand), compared) for operand in given.operand)
        case "NEQ" | "NOT_IN":
            return not right(
                given.of({"NEQ": "EQ", "NOT_IN": "IN"}[given.name]), job, stored, asked, compared
            )
        case "LIKE":
            return like(f"(?is){wildcard(asked(given.operand))}", found)
        case "ARRAY_CONTAINS" | "ARRAY_CONTAINS_ANY":
            return isinstance(found, list) and bool(set(found) & set(given.values))
    left, wanted = compared(given.field, found), compared(given.field, asked(given.operand))
    return left is not None and ORDERINGS[given.name](left, wanted)


def equals(path: str, found: Any, operand: Any, compared: Any = key) -> bool:
    if operand in ("", None) and not isinstance(operand, bool | int):
        return is_unset(found)
    if isinstance(operand, bool):
        return found is operand or (not operand and is_unset(found))
    if operand == 0 and compared is key and is_unset(found):
        return True
    return bool(compared(path, found) == compared(path, operand))


def like(regex: str, found: Any) -> bool:
    return isinstance(found, str) and found != "" and re.fullmatch(regex, found) is not None


# A server: what it does in each step, as documented unless a meaning changes it


def order(jobs: list[Job], order_by: str, compared: Any = key) -> list[Job]:
    """Sort as asked for; what is unset comes last, and ties are by id."""
    path, _, direction = (order_by or "createdAt desc").partition(" ")
    keyed = [(compared(path, value(job, path)), job) for job in sorted(jobs, key=lambda job: str(job["id"]))]
    known = sorted(
        (pair for pair in keyed if pair[0] is not None), key=itemgetter(0), reverse=direction == "desc"
    )
    return [job for _, job in known] + [job for found, job in keyed if found is None]


def is_bad_order(order_by: str) -> bool:
    field, _, direction = order_by.partition(" ")
    return order_by != "" and (
        field not in (*TIMES, *NUMBERS, *KNOWN) or direction not in ("", "asc", "desc")
    )


@dataclass
class Server:
    """The steps of a server: as documented, except for what a meaning changes."""

    reads: Callable[[Ask], Ask] = same
    refuses: Callable[[Ask, list[Job]], Refused | None] = lambda *_: None
    sees: Callable[[list[Job], Ask], list[Job]] = lambda jobs, _: jobs
    uses: Callable[[tuple[Filter, ...]], Sequence[Filter]] = same
    matches: Callable[[Filter, Job], bool] = right
    joins: Callable[[Sequence[tuple[Filter, bool]]], bool] = lambda results: all(good for _, good in results)
    sorts: Callable[[list[Job], Ask], list[Job]] = lambda found, ask: order(found, ask.order_by)
    tells: Callable[[Body, Ask, list[Job]], Body | Refused] = lambda body, *_: body

    def answer(self, asked: Ask, jobs: list[Job]) -> Body | Refused:
        ask = self.reads(asked)
        if is_bad_order(ask.order_by):
            return Refused(400, 3)
        if refused := self.refuses(asked, jobs):
            return refused
        found = self.sorts([job for job in self.sees(jobs, ask) if self.keeps(job, ask)], ask)
        page = found[ask.offset : ask.offset + ask.limit]
        pagination = {
            "total": len(found),
            "offset": asked.offset,
            "hasPrevious": asked.offset > 0,
            "hasNext": ask.offset + len(page) < len(found),
        }
        return self.tells({"pagination": pagination, "data": page}, asked, jobs)

    def keeps(self, job: Job, ask: Ask) -> bool:
        return self.joins([(given, self.matches(given, job)) for given in self.uses(ask.filters)])
