"""Decodes answers: reads the documented shapes, and raises an error for everything else."""

import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple
from urllib.parse import urlsplit

from pydantic_core import from_json

from bytenite_mcp.api.errors import Refusal, TooLarge, UnexpectedAnswer, UnreadableAnswer, to_refusal
from bytenite_mcp.api.models import JobPage, Record, to_text
from bytenite_mcp.api.retry import read_retry_after
from bytenite_mcp.api.values import Json, JsonObject, to_number

LARGEST_ANSWER = 32 * 1024 * 1024
"""The most bytes of one answer; a page of 1,000 large records has about a fifth of that."""

_FREE_FORM = {"params", "state_timestamps"}
"""Objects that keep their members' names, because users chose them, or they are states."""

_NEXT_WORD = re.compile("_([a-z0-9])")


class Answer(NamedTuple):
    """An answer, and when it was made by the server's clock, to the second; None if that is unknown."""

    value: JsonObject
    served_at: datetime | None


async def read_body(headers: Mapping[str, str], chunks: AsyncIterator[bytes], host: str) -> bytes:
    """Read a body of at most `LARGEST_ANSWER` bytes.

    Raises:
        TooLarge: It is larger.
        UnexpectedAnswer: It is compressed more than once, so its size cannot be bounded while it is read.
    """
    if "," in headers.get("content-encoding", ""):
        # Each layer may grow a thousandfold, and is decompressed before its size is counted.
        raise UnexpectedAnswer(host, "a body that is compressed more than once")
    body = bytearray()
    async for chunk in chunks:
        body += chunk
        if len(body) > LARGEST_ANSWER:
            raise TooLarge(host, f"more than {LARGEST_ANSWER >> 20} MiB")
    return bytes(body)


def decode(status: int, headers: Mapping[str, str], body: bytes, host: str) -> JsonObject:
    """Decode an answer.

    Raises:
        Refusal: It is an error in one of the documented shapes, one of which has status 200 [D].
        UnreadableAnswer: It is truncated, or not JSON.
        UnexpectedAnswer: It is a redirect, or not an object.
    """
    if 300 <= status < 400:
        raise UnexpectedAnswer(
            host, f"a redirect to {_describe_target(headers)} (not followed: a key goes to one host only)"
        )
    value = _decode_json(body)
    if status >= 400 or (isinstance(value, dict) and value.get("ok") is False):
        raise _make_refusal(status, headers, value, body)
    if value is None:
        raise UnreadableAnswer(host, _describe_body(body))
    if not isinstance(value, dict):
        raise UnexpectedAnswer(host, _describe_body(body))
    return value


def read_job(answer: JsonObject, job_id: str, host: str) -> Record:
    """Extract the record from the answer to a request for a job."""
    record = answer.get("job")
    if not isinstance(record, dict) or not record:
        raise UnexpectedAnswer(host, "JSON without a job")
    if (found := to_text(record.get("id"))).casefold() not in ("", job_id.casefold()):
        raise UnexpectedAnswer(host, f"another job than the one asked for (its id is {found[:200]!r})")
    return _normalize(record, answer)


def _normalize(record: JsonObject, answer: JsonObject) -> Record:
    """Copy `templateInfo` from the answer into the record, which has it itself since July 2025 [D].

    Rename members in snake case, which protobuf JSON allows [I], to camel case.
    """
    info = answer.get("templateInfo", answer.get("template_info"))
    if info and not (record.get("templateInfo") or record.get("template_info")):
        record = {**record, "templateInfo": info}
    if "created_at" not in record:
        return record
    return {
        _rename(name): member if name in _FREE_FORM else _rename_members(member)
        for name, member in record.items()
    }


def _rename_members(value: Json) -> Json:
    if not isinstance(value, dict):
        return value
    return {_rename(name): _rename_members(member) for name, member in value.items()}


def _rename(name: str) -> str:
    return _NEXT_WORD.sub(lambda found: found[1].upper(), name)


def read_page(answer: Answer, host: str) -> JobPage:
    """Extract the rows from the answer to a list or filter request."""
    rows, pagination = answer.value.get("data"), answer.value.get("pagination")
    elsewhere = any(member and isinstance(member, list) for member in answer.value.values())
    if (
        not isinstance(rows, list | None)
        or not isinstance(pagination, dict | None)
        or (rows is None and (pagination is None or elsewhere))
    ):
        raise UnexpectedAnswer(host, "JSON that is not a page of jobs")
    pagination = pagination or {}
    records = [_unwrap(row) for row in rows or () if isinstance(row, dict)]
    total = to_number(pagination.get("total"))
    return JobPage(
        jobs=records,
        # An unset total may read 0 [C], so one below the number of rows received is ignored.
        total=None if total is None or total < len(records) else int(total),
        has_next=pagination.get("hasNext", pagination.get("has_next")) is True,
        unreadable=len(rows or ()) - len(records),
        served_at=answer.served_at,
    )


def _unwrap(row: JsonObject) -> Record:
    """Extract the record from a row, which may wrap it as the answer to a request for one job does [I]."""
    record = row.get("job")
    return _normalize(record, row) if isinstance(record, dict) and "id" not in row else _normalize(row, {})


def read_results(answer: JsonObject, host: str) -> list[Json]:
    """Extract the outputs, some of which may not be objects; null, or an empty answer, means none yet [C]."""
    rows = answer.get("results", [] if not answer else "")
    if not isinstance(rows, list | None) or (rows and not any(isinstance(row, dict) for row in rows)):
        raise UnexpectedAnswer(host, "JSON without results")
    return rows or []


def read_logs(answer: JsonObject, host: str) -> JsonObject:
    """Check that the answer to a request for logs has some at a documented place, or is empty."""
    services = answer.keys() & {"partitioner", "assembler", "taskrunner"}
    if answer and not any(isinstance(answer[service], list | dict | None) for service in services):
        raise UnexpectedAnswer(host, "JSON without logs")
    return answer


def _describe_target(headers: Mapping[str, str]) -> str:
    try:
        named = urlsplit(headers.get("location", "")).hostname
    except ValueError:
        named = None
    return repr(named[:100]) if named else "another place"


def _decode_json(body: bytes) -> Json:
    """Parse JSON with pydantic's parser and, if that fails, with Python's; None if both fail.

    Python's parser takes twice the time and four times the memory, but accepts lone surrogates, invalid UTF-8, a byte
    order mark, and hundreds of levels.
    """
    with suppress(ValueError):
        # Only names are cached: the cache outlives the answer, and values may be secrets.
        value: Json = from_json(body, cache_strings="keys")
        return value
    try:
        value = json.loads(body.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError):
        return None
    return value


def _describe_body(body: bytes) -> str:
    start = body[:200].lstrip().lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return "an HTML page"
    if start.startswith(b"{"):
        return "JSON that is cut or malformed"
    return "an empty body" if not body.strip() else "something that is not a JSON object"


def _make_refusal(status: int, headers: Mapping[str, str], value: Json, body: bytes) -> Refusal:
    members = value if isinstance(value, dict) else {}
    inner = members.get("error")
    error = inner if isinstance(inner, dict) else {}
    details = (error.get("description"), error.get("message"), members.get("message"), inner)
    detail = next(filter(None, map(to_text, details)), "")
    if value is None and headers.get("content-type", "").startswith("text/plain"):
        detail = body[:500].decode("utf-8", "replace").strip()
    return to_refusal(status, error.get("code", members.get("code")), detail, read_retry_after(headers))
