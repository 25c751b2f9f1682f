"""From records to what a model reads: lean structured content, and the same as text."""

import csv
import io
import json
import marshal
import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from hashlib import blake2b
from itertools import chain
from typing import Any

from mcp.types import CallToolResult, TextContent

from bytenite_mcp.api.models import JobState, Record
from bytenite_mcp.api.values import is_unset, reformat_time, to_number
from bytenite_mcp.privacy.redact import redact, scrub, secrets_of

ERROR_LENGTH = 160
"""Characters of an errorMessage in a concise record."""

TEXT_LENGTH = 200
"""Characters of its other texts; an id has no more."""

MOST_KEPT = 2000
"""Concise records that are kept, about a kilobyte each; by a digest, so that no secret is."""

_SHOWN_BEFORE: dict[bytes, dict[str, Any]] = {}
_WITHOUT_REFERENCES = 2
"""The version of marshal's format in which what is the same is written the same."""

_COMPACT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def concise(record: Record) -> dict[str, Any]:
    """Show the nine members people ask about most, unset ones left out, times to the second.

    A member of an unexpected type is not shown but named under `unreadable`. The same jobs are listed again and
    again: one that came before, the same to the last byte, is not searched for secrets anew.
    """
    written: Any = record
    try:
        content = blake2b(marshal.dumps(written, _WITHOUT_REFERENCES), digest_size=16).digest()
    except ValueError:  # nested too deeply
        return _concise(record)
    if content not in _SHOWN_BEFORE:
        if len(_SHOWN_BEFORE) >= MOST_KEPT:
            _SHOWN_BEFORE.clear()
        _SHOWN_BEFORE[content] = _concise(record)
    return dict(_SHOWN_BEFORE[content])


def _concise(record: Record) -> dict[str, Any]:
    secrets = secrets_of(record)
    shown: dict[str, Any] = {}
    unreadable = []
    for name, read in _READ.items():
        value = record.get(name)
        if not value and is_unset(value):
            continue
        one = read(value, secrets)
        if one is None:
            unreadable.append(name)
        else:
            shown[name] = one
    return shown | {"unreadable": unreadable} if unreadable else shown


def full(record: Record) -> dict[str, Any]:
    """Show the whole record, redacted, unknown members kept, unset ones left out; null for what JSON cannot say."""
    shown: dict[str, Any] = _finite(redact(record))
    return shown


def _text(value: Any, secrets: frozenset[str], longest: int = TEXT_LENGTH) -> str | None:
    if not isinstance(value, str):
        return None
    text = " ".join(scrub(value, secrets).split())
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _number(value: Any, _: frozenset[str]) -> float | None:
    read = to_number(value)
    return int(read) if read is not None and read.is_integer() else read


def _state(value: Any, secrets: frozenset[str]) -> str | None:
    # Nearly every state is one of these, which need no scrubbing.
    return value if isinstance(value, str) and value in _STATES else _text(value, secrets)


_STATES = frozenset(map(str, JobState))
_READ: dict[str, Callable[[Any, frozenset[str]], Any]] = {
    "id": _text,
    "name": _text,
    "state": _state,
    "templateId": _text,
    "createdAt": lambda value, _: reformat_time(value) or None,
    "duration": _number,
    "numChunks": _number,
    "paymentAmount": _number,
    "errorMessage": partial(_text, longest=ERROR_LENGTH),
}
"""The members of a concise record, and how each is read."""


def result(content: dict[str, Any], table: str = "") -> CallToolResult:
    """Make a tool's result, the same in both channels: hosts differ in which one the model sees.

    Args:
        content: What is answered.
        table: The member that holds rows, which become CSV in the text.
    """
    return CallToolResult(
        content=[TextContent(type="text", text=as_text(content, table))], structured_content=content
    )


def as_text(content: Mapping[str, Any], table: str = "") -> str:
    """Write content as text: a line a member, then the rows of the table; without a table as compact JSON."""
    rows = content.get(table)
    if not isinstance(rows, list) or any(dict in map(type, _values(row)) for row in rows):
        return compact(content)
    lines = [f"{name}: {_scalar(value)}" for name, value in content.items() if name not in (table, "columns")]
    return "\n".join([*lines, _rows(rows, content.get("columns")) if rows else f"{table}: none"])


def compact(value: Any) -> str:
    """Write JSON without blanks."""
    return _COMPACT.encode(value)


def _finite(value: Any) -> Any:
    """Replace NaN and infinity by null."""
    if isinstance(value, dict):
        return {name: one if isinstance(one, str) else _finite(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _values(row: Any) -> Any:
    return row.values() if isinstance(row, dict) else row if isinstance(row, list) else ()


def _rows(rows: Sequence[Any], columns: Sequence[str] | None) -> str:
    """Write rows as lines: texts as they are, lists and objects as CSV."""
    if isinstance(rows[0], str):
        return "\n".join(rows)
    if columns is None:
        columns = list(dict.fromkeys(chain.from_iterable(rows)))
        rows = [[row.get(name, "") for name in columns] for row in rows]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_scalar(value) for value in row] for row in rows)
    return out.getvalue().rstrip("\n")


def _scalar(value: Any) -> Any:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return ";".join(value)
    return value if isinstance(value, (int, float)) else compact(value)
