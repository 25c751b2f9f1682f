"""The one border where our errors become what a model or a person can act on."""

from collections.abc import Iterable, Mapping, Set
from typing import Any

from pydantic import ValidationError

from bytenite_mcp.api.errors import ByteNiteError, Refusal
from bytenite_mcp.jobs.errors import BadQuery
from bytenite_mcp.privacy.redact import scrub

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
        _explain_problem(problem) for problem in error.errors(include_url=False, include_input=False)
    )
    return "\n".join(list(lines)[:5])[:LONGEST]


def explain_unknown_arguments(names: Iterable[str], known: Iterable[str]) -> str:
    """Name the arguments a tool or prompt does not have, and those it has."""
    shown = ", ".join(_one_line(repr(name)[:60]) for name in sorted(names)[:5])
    return f"Unknown argument {shown}. Valid: {', '.join(known) or 'none'}."


def explain_misnamed_arguments(given: Set[str], required: Mapping[str, bool]) -> str:
    """Say which arguments a prompt does not have or misses; empty if none."""
    if unknown := given - required.keys():
        return explain_unknown_arguments(unknown, required)
    return "\n".join(
        _explain_missing(name) for name, needed in required.items() if needed and name not in given
    )


def _explain_missing(name: str) -> str:
    return f"{name}: this argument is required."


def _explain_problem(problem: Any) -> str:
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in problem["loc"])
    name = _one_line("".join(parts).lstrip(".")[:80])
    match problem["type"]:
        case "missing":
            return _explain_missing(name)
        case "extra_forbidden":
            return f"{name}: unknown. Valid: field, condition, value."
        case "literal_error" | "enum":
            return f"{name}: should be {problem['ctx']['expected']}."
        case "list_type":
            return f"{name}: should be a list."
        case "too_long":
            return f"{name}: at most {problem['ctx']['max_length']} items."
        case "string_pattern_mismatch":
            return f"{name}: must not contain '/', '\\', '?', '#' or '%'."
        case "model_type":
            return f"{name}: should be an object with field, condition and value."
        case "value_error":
            return f"{name}: {problem['ctx']['error']}."
    return f"{name}: {problem['msg'][0].lower()}{problem['msg'][1:]}."


def _one_line(text: str) -> str:
    return " ".join(scrub(text).split())[:300]
