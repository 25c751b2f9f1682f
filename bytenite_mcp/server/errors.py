"""Explains errors to a model or a person: what happened, and what to do."""

from collections.abc import Collection
from math import ceil

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from bytenite_mcp.api import errors
from bytenite_mcp.privacy.texts import scrub, scrub_to_line
from bytenite_mcp.table.errors import BadQuery, TableFull, TableLost

EXPECTED = (errors.ByteNiteError, BadQuery, TableFull, TableLost)
"""The errors that the rooms below raise on purpose; any other is a bug."""

LONGEST_ERROR, LONGEST_DETAIL = 1000, 300
"""The most characters of an error, and of what it quotes."""

UNEXPECTED = "This server failed unexpectedly. The details are in its log; trying again may help."

_FILTERS = {"filters", "filter", "where", "state", "status", "name", "template", "template_id", "templateId"}
"""What models pass to list_jobs in order to filter."""

_KEY = "Check the API key (BYTENITE_API_KEY, or what your MCP client sends): it may be"
_IS_API = "BYTENITE_BASE_URL is ByteNite's API and that no proxy answers in its place."

HINTS: dict[type[errors.ByteNiteError], str] = {
    errors.MissingKey: "Set BYTENITE_API_KEY in this server's configuration, "
    "or start it with `serve --demo` to try it on simulated jobs.",
    errors.KeyNotSent: "Configure your MCP client to send it in the header X-ByteNite-API-Key.",
    errors.UnusableId: "job_id is usually a UUID such as f4ce2ca0-bf49-4fb7-a32f-da899167678e; list_jobs shows ids.",
    errors.Unreachable: "ByteNite's hosted API may have been shut down. Check the network and BYTENITE_BASE_URL, "
    "or start the server with --demo for simulated jobs.",
    errors.UntrustedCertificate: "Check BYTENITE_BASE_URL and this machine's clock. Where a company inspects TLS, "
    "its root certificate belongs in the system's, or in the file that SSL_CERT_FILE names.",
    errors.ProxyFailed: "Check the proxy that HTTPS_PROXY or the system's settings name; "
    "NO_PROXY names hosts to reach without it.",
    errors.UnsupportedProxy: "ALL_PROXY or HTTPS_PROXY names it. Set HTTPS_PROXY to an HTTP proxy, which precedes "
    "ALL_PROXY, or put the host into NO_PROXY to reach it without one.",
    errors.TimedOut: "Try again; if it stays slow, raise BYTENITE_TIMEOUT or ask for less at once.",
    errors.ConnectionLost: "Try again in a moment.",
    errors.UnexpectedAnswer: f"Check that {_IS_API}",
    errors.UnreadableAnswer: f"Try again in a moment; if it lasts, check that {_IS_API}",
    errors.InvalidRequest: "If the call has filters or an order_by, try fewer or others; "
    "otherwise check the id, then BYTENITE_BASE_URL and BYTENITE_JOBS_PREFIX.",
    errors.Unauthenticated: f"{_KEY} mistyped, expired or revoked. Trying again will not help.",
    errors.TokenRefused: "The key is valid. Check that BYTENITE_BASE_URL and BYTENITE_JOBS_PREFIX belong together and "
    "that no proxy changes the header Authorization; if so, only ByteNite can fix it.",
    errors.ExchangeRefused: f"{_KEY} truncated, mistyped, or not allowed to use the API. Trying again will not help.",
    errors.Forbidden: "Use a key that may do this, of the account that owns the jobs. Trying again will not help.",
    errors.NotFound: "Check the id, which must be whole; filter_jobs finds jobs by name, or by a part of the id.",
    errors.NoSuchRoute: "Check BYTENITE_BASE_URL (ByteNite's ends in /v1) and BYTENITE_JOBS_PREFIX.",
    errors.TooManyRequests: "Try again in a minute.",
    errors.Unimplemented: "Trying again will not help; other tools may answer without it.",
    errors.ServerFailure: "Try again in a minute; if it lasts, ByteNite's service is down.",
}
"""What to do about an error, by its class or the nearest of its base classes that is listed."""


def explain(error: Exception) -> str:
    """Say what happened and what to do about an expected error, in one or two lines."""
    if not isinstance(error, errors.ByteNiteError):
        return scrub(str(error))[:LONGEST_ERROR]
    said = (
        f' It said: "{scrub_to_line(error.detail, LONGEST_DETAIL)}".'
        if isinstance(error, errors.Refusal) and error.detail
        else ""
    )
    return f"{error}{said}\n{_advise(error)}".strip()[:LONGEST_ERROR]


def explain_arguments(error: ValidationError) -> str:
    """Explain a validation error, with a line for each argument, without repeating the values."""
    lines = dict.fromkeys(
        _explain_problem(problem) for problem in error.errors(include_url=False, include_input=False)
    )
    return "\n".join(list(lines)[:5])[:LONGEST_ERROR]


def explain_unknown_arguments(names: Collection[str], known: Collection[str]) -> str:
    """Name the arguments that a tool or prompt does not have, and those that it has."""
    shown = ", ".join(scrub_to_line(repr(name)[:60], LONGEST_DETAIL) for name in sorted(names)[:5])
    filters = not _FILTERS.isdisjoint(names) and "order_by" in known and "filters" not in known
    elsewhere = " filter_jobs takes filters." if filters else ""
    return f"Unknown argument {shown}. Valid: {', '.join(known) or 'none'}.{elsewhere}"


def _advise(error: errors.ByteNiteError) -> str:
    if isinstance(error, errors.TooManyRequests) and error.retry_after:
        return f"Try again in {ceil(error.retry_after)} s."
    return next((HINTS[kind] for kind in type(error).__mro__ if kind in HINTS), "")


def _explain_problem(problem: ErrorDetails) -> str:
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in problem["loc"])
    name = scrub_to_line("".join(parts).lstrip(".")[:80], LONGEST_DETAIL)
    match problem["type"]:
        case "missing" | "missing_argument":
            return f"{name}: this argument is required."
        case "extra_forbidden":
            return f"{name}: unknown. Valid: field, condition, value."
        case "string_pattern_mismatch":
            return f"{name}: must not contain '/', '\\', '?', '#' or '%'."
        case "too_long":
            return f"{name}: at most {problem['ctx']['max_length']} items, not {problem['ctx']['actual_length']}."
        case "too_short":
            return f"{name}: at least {problem['ctx']['min_length']} items, not {problem['ctx']['actual_length']}."
        case "model_type":
            members = " with field, condition and value" if "filters" in problem["loc"] else ""
            return f"{name}: should be an object{members}."
    said = problem["msg"].removeprefix("Value error, ").removeprefix("Input ")
    return f"{name}: {said[0].lower()}{said[1:]}."
