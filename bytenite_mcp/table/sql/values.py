"""Writes the values of a query: cut and formatted in the database, then read as JSON."""

import math
import re
from typing import Any

from pydantic_core import from_json

from bytenite_mcp.api.values import LARGEST_EXACT, simplify
from bytenite_mcp.privacy.sanitize import sanitize

_NESTED_TIME = re.compile(r'(?<=")(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.\d+)?(?:(\+00)|(?="))')


def write_cut(sql: str, types: list[str], longest: int, limit: int) -> str:
    """Wrap a statement in a SELECT that cuts long values in the database."""
    shown = ", ".join(_show(f"c{n}", kind, longest) for n, kind in enumerate(types))
    aliases = ", ".join(f"c{n}" for n in range(len(types)))
    return f"SELECT {shown} FROM (\n{sql}\n) AS answer({aliases}) LIMIT {limit + 1:d}"


def _show(column: str, kind: str, longest: int) -> str:
    """Write the expression of a value as JSON, or as the start of its text."""
    if _is_nested(kind):
        # This many items have more characters than are shown, so a list that is cut never looks complete.
        column = f"to_json({column}[:{longest}])" if kind.endswith("]") else f"to_json({column})"
    elif kind in ("BOOLEAN", "FLOAT", "DOUBLE") or kind.endswith(("INT", "INTEGER")):
        return column
    elif kind.startswith("DECIMAL"):
        return f"{column}::DOUBLE"
    elif kind.startswith("TIMESTAMP"):
        return f"strftime({column}, '%Y-%m-%dT%H:%M:%S{'Z' if 'ZONE' in kind else ''}')"
    return f"left({column}::VARCHAR, {longest + 1})"


def read_value(value: Any, kind: str, longest: int) -> Any:
    """Convert a value to JSON; one that was cut, or is not JSON, stays a text."""
    if isinstance(value, int):
        return _exact(value)
    if isinstance(value, float):
        return _round(value) if math.isfinite(value) else str(value)
    if not isinstance(value, str):
        return value
    if len(value) > longest:
        return sanitize(value[: longest - 1]) + "…"
    text = _NESTED_TIME.sub(_write_time, value) if _is_nested(kind) and "TIMESTAMP" in kind else value
    try:
        read = from_json(sanitize(text), allow_inf_nan=False) if _is_nested(kind) else sanitize(text)
    except ValueError:
        return sanitize(text)
    return read if "JSON" in kind else _round_all(read)


def _write_time(time: re.Match[str]) -> str:
    return f"{time[1]}T{time[2]}{'Z' if time[3] else ''}"


def _exact(value: int) -> int | str:
    """Return a whole number, as a text if readers of JSON may round it."""
    return value if abs(value) <= LARGEST_EXACT else str(value)


def _is_nested(kind: str) -> bool:
    return kind == "JSON" or kind.endswith("]") or kind.startswith(("STRUCT", "MAP"))


def _round_all(value: Any) -> Any:
    """Round the fractions in nested JSON, whose depth the parser limits, and keep whole numbers exact."""
    if isinstance(value, dict):
        return {name: _round_all(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_round_all(item) for item in value]
    if isinstance(value, int):
        return _exact(value)
    return _round(value) if isinstance(value, float) else value


def _round(value: float) -> float:
    """Round to six digits, but keep at least two decimals."""
    whole = len(str(int(abs(value)))) if abs(value) >= 1 else 0
    rounded = round(value, max(2, 6 - whole)) if whole else float(f"{value:.6g}")
    return simplify(rounded)
