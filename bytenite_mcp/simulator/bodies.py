"""Request bodies, read strictly: what this server does not know, it refuses."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from .refusals import invalid

ANY_TYPE = "type.googleapis.com/google.protobuf.Value"
LEVELS = ("UNKNOWN", "TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL", "PANIC")
SERVICES = ("PARTITIONER", "ASSEMBLER", "TASKRUNNER")

_KEY = {"apiKey": str}
_SEARCH = {"pagination": dict, "filters": list, "orderBy": str}
_PAGINATION = {"limit": int, "offset": int}
_FILTER = {"field": str, "condition": str, "value": dict}
_ANY = {"@type": str, "value": object}
_LOGS = {"jobId": str, "taskIds": list, "levels": list, "services": list}


@dataclass(frozen=True)
class Filter:
    """One condition on one field; ``operand`` is any JSON value."""

    field: str
    condition: str
    operand: Any


@dataclass(frozen=True)
class Search:
    """Which jobs, in which order, and which rows of them; a ``limit`` of 0 means the default."""

    limit: int = 0
    offset: int = 0
    order_by: str = ""
    filters: tuple[Filter, ...] = ()


@dataclass(frozen=True)
class LogQuery:
    """Whose log, and which part of it; an empty tuple means all."""

    job_id: str
    task_ids: tuple[str, ...]
    levels: tuple[str, ...]
    services: tuple[str, ...]


def read_key(raw: bytes) -> str:
    """The API key of a token request."""
    return str(_required(_read(raw, _KEY), "apiKey", "the body"))


def read_search(raw: bytes) -> Search:
    """The body of ``jobs/filter``, every member of which is optional [D]."""
    body = _read(raw, _SEARCH)
    page = _members(body.get("pagination", {}), _PAGINATION, "pagination")
    limit, offset = (_row_count(page.get(name, 0), f"pagination.{name}") for name in _PAGINATION)
    filters = tuple(_filter(each, f"filters[{n}]") for n, each in enumerate(body.get("filters", [])))
    return Search(limit, offset, body.get("orderBy", ""), filters)


def read_query(query: Mapping[str, str]) -> Search:
    """The query string of ``GET jobs``."""
    unknown = sorted(set(query) - {"pagination.limit", "pagination.offset", "orderBy"})
    if unknown:
        raise invalid(f"unknown parameter {unknown[0]!r}")
    limit, offset = (_digits(query.get(f"pagination.{name}", "0"), name) for name in _PAGINATION)
    return Search(limit, offset, query.get("orderBy", ""))


def read_log_query(raw: bytes) -> LogQuery:
    """The body of a request for logs."""
    body = _read(raw, _LOGS)
    job_id = str(_required(body, "jobId", "the body"))
    task_ids, levels, services = (tuple(body.get(name, [])) for name in ("taskIds", "levels", "services"))
    for name, given, known in (("levels", levels, LEVELS), ("services", services, SERVICES)):
        for each in given:
            if each not in known:
                raise invalid(f"{name}: {each!r} is not one of {', '.join(known)}")
    if not all(isinstance(each, str) for each in task_ids):
        raise invalid("taskIds: every one must be a string")
    return LogQuery(job_id, task_ids, levels, services)


def _read(raw: bytes, types: Mapping[str, type]) -> dict[str, Any]:
    try:
        body = json.loads(raw.decode(), parse_constant=_not_json)
        json.dumps(body, ensure_ascii=False).encode()  # a lone surrogate is no text, in SQL or in protobuf
    except (ValueError, RecursionError) as error:
        raise invalid("the body is not JSON") from error
    return _members(body, types, "the body")


def _not_json(constant: str) -> NoReturn:
    raise ValueError(constant)


def _members(value: Any, types: Mapping[str, type], where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise invalid(f"{where} must be an object")
    for name, member in value.items():
        if name not in types:
            raise invalid(f"{where}: unknown member {name!r}")
        # Not isinstance: to Python a boolean is an int, to protobuf it is not.
        if types[name] is not object and type(member) is not types[name]:
            raise invalid(f"{where}: {name!r} has the wrong type")
    return value


def _required(body: dict[str, Any], name: str, where: str) -> Any:
    if name not in body:
        raise invalid(f"{where}: {name!r} is missing")
    return body[name]


def _filter(value: Any, where: str) -> Filter:
    members = _members(value, _FILTER, where)
    field, condition, holder = (_required(members, name, where) for name in _FILTER)
    held = _members(holder, _ANY, f"{where}.value")
    kind, operand = (_required(held, name, f"{where}.value") for name in _ANY)
    if kind != ANY_TYPE:
        raise invalid(f"{where}.value: @type must be {ANY_TYPE}")
    return Filter(field, condition, operand)


def _row_count(count: int, name: str) -> int:
    if count < 0:
        raise invalid(f"{name} must not be negative")
    return count


def _digits(text: str, name: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 1000):
        raise invalid(f"pagination.{name} must be a whole number, not negative")
    return int(text)
