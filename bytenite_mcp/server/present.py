"""From records to what a model reads: lean structured content, and the same as text."""

import csv
import io
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from mcp.types import CallToolResult, TextContent

from bytenite_mcp.api.models import Record
from bytenite_mcp.api.values import is_unset, moment, number
from bytenite_mcp.jobs.redact import redact, scrub, secrets_of

ERROR_LENGTH = 160
"""Characters of an errorMessage in a concise record."""

TEXT_LENGTH = 200
"""Characters of its other texts; an id has no more."""

_TEXTS = ("id", "name", "state", "templateId")
_NUMBERS = ("duration", "numChunks", "paymentAmount")
CONCISE = (*_TEXTS, "createdAt", *_NUMBERS, "errorMessage")


def concise(record: Record) -> dict[str, Any]:
    """Show the nine members people ask about most, unset ones left out, times to the second.

    A member of an unexpected type is not shown but named under `unreadable`.
    """
    secrets = secrets_of(record)
    shown: dict[str, Any] = {}
    unreadable = []
    for name in CONCISE:
        value = record.get(name)
        if is_unset(value):
            continue
        read = _read(name, value, secrets)
        if read is None:
            unreadable.append(name)
        else:
            shown[name] = read
    return shown | ({"unreadable": unreadable} if unreadable else {})


def full(record: Record) -> dict[str, Any]:
    """Show the whole record, redacted, unknown members kept, unset ones left out."""
    return redact(record)


def _read(name: str, value: Any, secrets: frozenset[str]) -> Any:
    if name == "createdAt":
        when = moment(value)
        return when and second(when)
    if name in _NUMBERS:
        read = number(value)
        return int(read) if read is not None and read.is_integer() else read
    if not isinstance(value, str):
        return None
    longest = ERROR_LENGTH if name == "errorMessage" else TEXT_LENGTH
    text = " ".join(scrub(value, secrets).split())
    return text if len(text) <= longest else text[: longest - 1] + "…"


def second(when: Any) -> str:
    """Spell a time in UTC to the second."""
    return str(when.strftime("%Y-%m-%dT%H:%M:%SZ"))


def result(content: dict[str, Any], table: str = "") -> CallToolResult:
    """Make a tool's result, the same in both channels: hosts differ in which one the model sees.

    Args:
        content: What is answered; it is made safe to write as JSON.
        table: The member that holds rows, which become CSV in the text.
    """
    content = finite(content)
    return CallToolResult(
        content=[TextContent(type="text", text=as_text(content, table))], structured_content=content
    )


def as_text(content: Mapping[str, Any], table: str = "") -> str:
    """Write content as text: a line a member, then the rows of the table; without a table as compact JSON."""
    rows = content.get(table)
    if not isinstance(rows, list) or any(isinstance(value, dict) for row in rows for value in _values(row)):
        return compact(content)
    lines = [f"{name}: {_scalar(value)}" for name, value in content.items() if name not in (table, "columns")]
    return "\n".join([*lines, _rows(rows, content.get("columns")) if rows else f"{table}: none"])


def compact(value: Any) -> str:
    """Write JSON without blanks."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def finite(value: Any) -> Any:
    """Replace what JSON cannot say (NaN, infinity) by null."""
    if isinstance(value, dict):
        return {name: finite(one) for name, one in value.items()}
    if isinstance(value, list):
        return [finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _values(row: Any) -> Any:
    return row.values() if isinstance(row, dict) else row if isinstance(row, list) else ()


def _rows(rows: Sequence[Any], columns: Sequence[str] | None) -> str:
    """Write rows as lines: texts as they are, lists and objects as CSV."""
    if isinstance(rows[0], str):
        return "\n".join(rows)
    if columns is None:
        columns = list(dict.fromkeys(name for row in rows for name in row))
        rows = [[row.get(name, "") for name in columns] for row in rows]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_scalar(value) for value in row] for row in rows)
    return out.getvalue().rstrip("\n")


def _scalar(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return ";".join(value)
    return value if isinstance(value, str | int | float) else compact(value)
