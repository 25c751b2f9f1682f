"""Renders records for models, as structured content and as text with the same content, with few tokens."""

import csv
import io
import json
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from itertools import accumulate, chain
from typing import Any

from mcp.types import CallToolResult, TextContent
from pydantic_core import to_json

from bytenite_mcp.api.values import (
    Json,
    JsonObject,
    is_unset,
    is_unset_time,
    reformat_time,
    simplify,
    to_duration,
    to_quantity,
)
from bytenite_mcp.privacy.redact import CleanRecord
from bytenite_mcp.table.matches import NOT_READABLE
from bytenite_mcp.table.rows import read_count

ERROR_LENGTH = 160
"""The most characters of an errorMessage in a concise record."""

TEXT_LENGTH = 200
"""The most characters of other texts in a concise record; an id has no more."""

_TIMES = ("createdAt", "deletedAt")

_LINK = re.compile(r"\](?=\(|:\s*+\S{0,99}?(?:[:&\\]|//))")
"""The place to break in an inline link, and in the definition of a reference: before an absolute URL."""

_FETCHING = (
    "a|applet|area|audio|base|bgsound|body|button|embed|form|frame|i?frame|image|img|input|link|math|meta|object|portal"
    "|script|source|style|svg|t(?:able|body|[dhr])|track|video"
)
_TAG = re.compile(rf"<(?=[!?]|/?(?:{_FETCHING})\b|[a-z](?![^=:&>]{{0,200}}(?:>|\Z)))", re.IGNORECASE)
"""The place to break in a tag that may make a client fetch something: by its name, an attribute, or a URL.

`List<int>` and `<module>` in Python's tracebacks are not changed.
"""

_COMPACT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def render_concise(record: Mapping[str, object], more: Sequence[str] = ()) -> JsonObject:
    """Render the members that people ask about most, and those in `more`.

    Unset members are left out, and times are cut to the second. A member of an unexpected type is named under
    `unreadable` instead.
    """
    members: JsonObject = {}
    unreadable = []
    for name in dict.fromkeys([*_READERS, *more]):
        value = record.get(name)
        if is_unset(value) or (name in _TIMES and is_unset_time(value)):
            continue
        member = _READERS.get(name, _read_any)(value)
        if member is None:
            unreadable.append(name)
        elif member or name != "duration":  # a duration of 0 is unset
            members[name] = member
    return members | {"unreadable": unreadable} if unreadable else members


def render_full(record: CleanRecord) -> JsonObject:
    """Render the whole record, without unset members; NaN, infinity and a negative duration become null."""
    members = {
        name: _leave_out_unset(member)
        for name, member in record.items()
        if not (is_unset(member) or (name.endswith("At") and is_unset_time(member)))
    }
    is_negative = (to_quantity(members.get("duration"), "s") or 0) < 0
    return members | {"duration": None} if is_negative else members


def _read_text(value: object, longest: int = TEXT_LENGTH) -> str | None:
    if not isinstance(value, str):
        return None
    # Further words could not be shown, so they are not split.
    text = " ".join(value.split(maxsplit=longest))
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _read_any(value: Json) -> Json:
    """Read a value that already has the type of its column."""
    return _read_text(value) if isinstance(value, str) else None if value is NOT_READABLE else value


def _read_time(value: Json) -> str | None:
    return reformat_time(value) or None


def _simplified(read: Callable[[Json], float | None]) -> Callable[[Json], float | None]:
    return lambda value: None if (number := read(value)) is None else simplify(number)


_READERS: dict[str, Callable[[Any], Json]] = {
    "id": lambda value: value if isinstance(value, str) else None,
    "name": _read_text,
    "state": _read_text,
    "templateId": _read_text,
    "createdAt": _read_time,
    "duration": _simplified(to_duration),
    "numChunks": read_count,
    "paymentAmount": _simplified(partial(to_quantity, unit="BYC")),
    "errorMessage": partial(_read_text, longest=ERROR_LENGTH),
    "deletedAt": _read_time,
}
"""The members of a concise record, and the functions that read them."""


def round_to_digits(value: float, digits: int) -> float:
    """Round to a number of significant digits, but keep all digits before the decimal point."""
    return simplify(round(value, 0) if abs(value) >= 10 ** (digits - 1) else float(f"{value:.{digits}g}"))


def to_result(content: Mapping[str, Json], simulated: bool, table: str = "") -> CallToolResult:
    """Make a tool's result, with the content both structured and as text, because a host may show either.

    The member `table` holds rows, which become CSV in the text.
    """
    labelled = label(content, simulated)
    text = _disarm(render_text(labelled, table))
    return CallToolResult(content=[TextContent(type="text", text=text)], structured_content=labelled)


def to_failure(text: str) -> CallToolResult:
    """Make the result of a call that failed."""
    return CallToolResult(content=[TextContent(type="text", text=text)], is_error=True)


def label(content: Mapping[str, Json], simulated: bool) -> JsonObject:
    """Drop unset members, and label simulated data."""
    members: JsonObject = {name: value for name, value in content.items() if value not in (None, "")}
    return {"simulated": True, **members} if simulated else members


def _disarm(text: str) -> str:
    """Break links, images and references of Markdown, and the tags of HTML, so that no client fetches anything."""
    return _TAG.sub("< ", _LINK.sub("] ", text))


def render_text(content: Mapping[str, Json], table: str = "") -> str:
    """Write content as text: a line for each member, then the rows of the table; without a table, as JSON."""
    rows = content.get(table)
    if not isinstance(rows, list) or any(dict in map(type, _list_values(row)) for row in rows):
        return render_json(content)
    lines = [
        f"{name}: {_render_cell(value)}" for name, value in content.items() if name not in (table, "columns")
    ]
    return "\n".join([*lines, _render_rows(rows, content.get("columns")) if rows else f"{table}: none"])


def render_json(value: Json) -> str:
    """Write JSON without spaces."""
    return _COMPACT.encode(value)


def count_fitting(values: Iterable[object], budget: int) -> int:
    """Count how many of the first values fit into a number of bytes of JSON."""
    ends = accumulate(len(to_json(value)) + 1 for value in values)
    return sum(end <= budget for end in ends)


def _leave_out_unset(value: Json) -> Json:
    """Drop unset members, and replace NaN and infinity by null."""
    if isinstance(value, dict):
        return {name: _leave_out_unset(member) for name, member in value.items() if not is_unset(member)}
    if isinstance(value, list):
        return [_leave_out_unset(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _list_values(row: Json) -> Iterable[Json]:
    return row.values() if isinstance(row, dict) else row if isinstance(row, list) else ()


def _render_rows(rows: Sequence[Any], columns: Json) -> str:
    """Write rows as lines: strings as they are, lists and objects as CSV."""
    if isinstance(rows[0], str):
        return "\n".join(rows)
    if not isinstance(columns, list):
        columns = list(dict.fromkeys(chain.from_iterable(rows)))
        rows = [[row.get(name, "") for name in columns] for row in rows]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_render_cell(value) for value in row] for row in rows)
    return out.getvalue().rstrip("\n")


def _render_cell(value: Json) -> str | int | float:
    if value is None:
        return ""
    if isinstance(value, (str, int, float)) and not isinstance(value, bool):
        return value
    # Texts that are empty or have a semicolon could not be told apart.
    if (
        value
        and isinstance(value, list)
        and all(isinstance(item, str) and item and ";" not in item for item in value)
    ):
        return ";".join(value)
    return render_json(value)
