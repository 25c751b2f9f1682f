"""The one border where our errors become what a model or a person can act on."""

from collections.abc import Iterable
from typing import Any

from pydantic import ValidationError

from bytenite_mcp.api.errors import ByteNiteError, Refusal
from bytenite_mcp.jobs.errors import BadQuery
from bytenite_mcp.jobs.redact import scrub

LONGEST = 1000
"""Characters of an error."""

UNEXPECTED = (
    "This server failed in a way it did not foresee. The details are in its log; trying again may help."
)


def explain(error: ByteNiteError | BadQuery) -> str:
    """Say what happened and what to do, in one or two lines."""
    if isinstance(error, BadQuery):
        return scrub(str(error))[:LONGEST]
    said = f' It said: "{_one_line(error.detail)}".' if isinstance(error, Refusal) and error.detail else ""
    return f"{error}{said}\n{error.hint}".strip()[:LONGEST]


def explain_arguments(error: ValidationError) -> str:
    """Rewrite a validation error as one line an argument; what was sent is not repeated."""
    lines = dict.fromkeys(
        _sentence(problem) for problem in error.errors(include_url=False, include_input=False)
    )
    return "\n".join(list(lines)[:5])[:LONGEST]


def unknown_arguments(names: Iterable[str], schema: dict[str, Any]) -> str:
    """Refuse arguments a tool does not have, and name those it has."""
    known = ", ".join(schema["properties"]) or "none"
    shown = ", ".join(_one_line(repr(name)[:60]) for name in sorted(names)[:5])
    return f"Unknown argument {shown}. Valid: {known}."


def _sentence(problem: Any) -> str:
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in problem["loc"])
    name = _one_line("".join(parts).lstrip(".")[:80])
    match problem["type"]:
        case "missing":
            return f"{name}: this argument is required."
        case "extra_forbidden":
            return f"{name}: unknown. Valid: field, condition, value."
        case "literal_error" | "enum":
            return f"{name}: should be {problem['ctx']['expected']}."
        case "string_pattern_mismatch":
            return f"{name}: must not contain '/', '\\', '?', '#' or '%'."
        case "model_type":
            return f"{name}: should be an object with field, condition and value."
        case "value_error":
            return f"{name}: {problem['ctx']['error']}."
    return f"{name}: {problem['msg'][0].lower()}{problem['msg'][1:]}."


def _one_line(text: str) -> str:
    return " ".join(scrub(text).split())[:300]
