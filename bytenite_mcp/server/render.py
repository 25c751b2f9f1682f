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
"""Concise records that are kept, about a kilobyte each; under a digest, so that no secret is kept."""

_RENDERED_BEFORE: dict[bytes, dict[str, Any]] = {}
_WITHOUT_REFERENCES = 2
"""Version 2 of marshal's format writes equal values as equal bytes; later ones write references."""

_COMPACT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def render_concise(record: Record) -> dict[str, Any]:
    """Render the nine members people ask about most, unset ones left out, times to the second.

    A member of an unexpected type is named under `unreadable` instead. The same jobs are listed again and again, so a
    record that came before, equal to the last byte, is not searched for secrets anew.
    """
    serializable: Any = record
    try:
        digest = blake2b(marshal.dumps(serializable, _WITHOUT_REFERENCES), digest_size=16).digest()
    except ValueError:  # nested too deeply
        return _read_members(record)
    if digest not in _RENDERED_BEFORE:
        if len(_RENDERED_BEFORE) >= MOST_KEPT:
            _RENDERED_BEFORE.clear()
        _RENDERED_BEFORE[digest] = _read_members(record)
    return dict(_RENDERED_BEFORE[digest])


def _read_members(record: Record) -> dict[str, Any]:
    secrets = secrets_of(record)
    members: dict[str, Any] = {}
    unreadable = []
    for name, read in _READERS.items():
        value = record.get(name)
        if not value and is_unset(value):
            continue
        member = read(value, secrets)
        if member is None:
            unreadable.append(name)
        else:
            members[name] = member
    return members | {"unreadable": unreadable} if unreadable else members


def render_full(record: Record) -> dict[str, Any]:
    """Render the whole record, redacted, unknown members kept, unset ones left out; null for what JSON cannot say."""
    rendered: dict[str, Any] = _replace_non_finite(redact(record))
    return rendered


def _read_text(value: Any, secrets: frozenset[str], longest: int = TEXT_LENGTH) -> str | None:
    if not isinstance(value, str):
        return None
    text = " ".join(scrub(value, secrets).split())
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _read_number(value: Any, _: frozenset[str]) -> float | None:
    number = to_number(value)
    return int(number) if number is not None and number.is_integer() else number


def _read_state(value: Any, secrets: frozenset[str]) -> str | None:
    # Nearly every state is one of these, which need no scrubbing.
    return value if isinstance(value, str) and value in _STATES else _read_text(value, secrets)


_STATES = frozenset(map(str, JobState))
_READERS: dict[str, Callable[[Any, frozenset[str]], Any]] = {
    "id": _read_text,
    "name": _read_text,
    "state": _read_state,
    "templateId": _read_text,
    "createdAt": lambda value, _: reformat_time(value) or None,
    "duration": _read_number,
    "numChunks": _read_number,
    "paymentAmount": _read_number,
    "errorMessage": partial(_read_text, longest=ERROR_LENGTH),
}
"""The members of a concise record, and how each is read."""


def round_to_digits(value: float, digits: int) -> float:
    """Round to so many significant digits, but never away from a whole number."""
    if abs(value) >= 10 ** (digits - 1):
        return round(value)
    rounded = float(f"{value:.{digits}g}")
    return int(rounded) if rounded.is_integer() else rounded


def to_result(content: dict[str, Any], table: str = "") -> CallToolResult:
    """Make a tool's result, the same in both channels: hosts differ in which one the model sees.

    Args:
        content: What is answered.
        table: The member that holds rows, which become CSV in the text.
    """
    return CallToolResult(
        content=[TextContent(type="text", text=render_text(content, table))], structured_content=content
    )


def render_text(content: Mapping[str, Any], table: str = "") -> str:
    """Write content as text: a line for each member, then the rows of the table; without a table as JSON."""
    rows = content.get(table)
    if not isinstance(rows, list) or any(dict in map(type, _list_values(row)) for row in rows):
        return render_json(content)
    lines = [
        f"{name}: {_render_cell(value)}" for name, value in content.items() if name not in (table, "columns")
    ]
    return "\n".join([*lines, _render_rows(rows, content.get("columns")) if rows else f"{table}: none"])


def render_json(value: Any) -> str:
    """Write JSON without blanks."""
    return _COMPACT.encode(value)


def _replace_non_finite(value: Any) -> Any:
    """Replace NaN and infinity by null."""
    if isinstance(value, dict):
        return {
            name: member if isinstance(member, str) else _replace_non_finite(member)
            for name, member in value.items()
        }
    if isinstance(value, list):
        return [_replace_non_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _list_values(row: Any) -> Any:
    return row.values() if isinstance(row, dict) else row if isinstance(row, list) else ()


def _render_rows(rows: Sequence[Any], columns: Sequence[str] | None) -> str:
    """Write rows as lines: texts as they are, lists and objects as CSV."""
    if isinstance(rows[0], str):
        return "\n".join(rows)
    if columns is None:
        columns = list(dict.fromkeys(chain.from_iterable(rows)))
        rows = [[row.get(name, "") for name in columns] for row in rows]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_render_cell(value) for value in row] for row in rows)
    return out.getvalue().rstrip("\n")


def _render_cell(value: Any) -> Any:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ";".join(value)
    return value if isinstance(value, (int, float)) else render_json(value)
