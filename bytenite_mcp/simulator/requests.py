"""Parses request bodies and query strings, and refuses unknown members."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from bytenite_mcp.simulator.errors import Refusal
from bytenite_mcp.simulator.search import Filter, Json, Record, Search

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
class LogQuery:
    """A request for the log of a job; an empty tuple means all."""

    job_id: str
    task_ids: tuple[str, ...]
    levels: tuple[str, ...]
    services: tuple[str, ...]


def read_key(raw: bytes) -> str:
    """Read the API key of a token request."""
    return str(_require(_read_json(raw, _KEY), "apiKey", "the body"))


def read_search(raw: bytes) -> Search:
    """Read the body of ``jobs/filter``, all members of which are optional [D]."""
    body = _read_json(raw, _SEARCH)
    page = _check_members(body.get("pagination", {}), _PAGINATION, "pagination")
    for name, count in page.items():
        if count < 0:
            raise Refusal(f"pagination.{name} must not be negative")
    filters = tuple(_read_filter(member, f"filters[{n}]") for n, member in enumerate(body.get("filters", [])))
    limit, offset = page.get("limit", 0), page.get("offset", 0)
    return Search(limit, offset, body.get("orderBy", ""), filters, route="filter")


def read_query(query: Mapping[str, str]) -> Search:
    """Read the query string of ``GET jobs``."""
    unknown = sorted(set(query) - {"pagination.limit", "pagination.offset", "orderBy"})
    if unknown:
        raise Refusal(f"unknown parameter {unknown[0]!r}")
    limit, offset = (_read_digits(query.get(f"pagination.{name}", "0"), name) for name in _PAGINATION)
    return Search(limit, offset, query.get("orderBy", ""))


def read_log_query(raw: bytes) -> LogQuery:
    """Read the body of a request for logs."""
    body = _read_json(raw, _LOGS)
    job_id = str(_require(body, "jobId", "the body"))
    task_ids, levels, services = (tuple(body.get(name, [])) for name in ("taskIds", "levels", "services"))
    for name, given, known in (("levels", levels, LEVELS), ("services", services, SERVICES)):
        for word in given:
            if word not in known:
                raise Refusal(f"{name}: {word!r} is none of {', '.join(known)}")
    if not all(isinstance(task, str) for task in task_ids):
        raise Refusal("taskIds: all must be strings")
    return LogQuery(job_id, task_ids, levels, services)


def _read_json(raw: bytes, types: Mapping[str, type]) -> Record:
    try:
        body = json.loads(raw.decode(), parse_constant=_refuse_constant)
        json.dumps(body, ensure_ascii=False).encode()  # a lone surrogate is not valid in SQL or protobuf
    except (ValueError, RecursionError) as error:
        raise Refusal("the body is not JSON") from error
    return _check_members(body, types, "the body")


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(constant)


def _check_members(value: Json, types: Mapping[str, type], where: str) -> Record:
    if not isinstance(value, dict):
        raise Refusal(f"{where} must be an object")
    for name, member in value.items():
        if name not in types:
            raise Refusal(f"{where}: unknown member {name!r}")
        # Not isinstance: in Python a boolean is an int, in protobuf it is not.
        if types[name] is not object and type(member) is not types[name]:
            raise Refusal(f"{where}: {name!r} has the wrong type")
    return value


def _require(body: Record, name: str, where: str) -> Any:
    if name not in body:
        raise Refusal(f"{where}: {name!r} is missing")
    return body[name]


def _read_filter(value: Json, where: str) -> Filter:
    members = _check_members(value, _FILTER, where)
    field, condition, holder = (_require(members, name, where) for name in _FILTER)
    held = _check_members(holder, _ANY, f"{where}.value")
    kind, operand = (_require(held, name, f"{where}.value") for name in _ANY)
    if kind != ANY_TYPE:
        raise Refusal(f"{where}.value: @type must be {ANY_TYPE}")
    return Filter(field, condition, operand)


def _read_digits(text: str, name: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 1000):
        raise Refusal(f"pagination.{name} must be a whole number, not negative")
    return int(text)
