"""Fetches a log that is too large for one answer: by service and, if a part is still too large, by level."""

from collections.abc import Awaitable, Callable

from bytenite_mcp.api.errors import TooLarge
from bytenite_mcp.api.models import LogLevel, LogService
from bytenite_mcp.api.values import JsonObject

_SEVERE = (LogLevel.ERROR, LogLevel.FATAL, LogLevel.PANIC)
_ATTEMPTS = (
    ((), ""),
    ((LogLevel.UNKNOWN, LogLevel.WARN, *_SEVERE), " below WARN"),
    (_SEVERE, " below ERROR and without a level"),
)

Ask = Callable[..., Awaitable[JsonObject]]
"""Fetches a log, as `Client.logs` does."""


async def fetch_log(ask: Ask, job_id: str) -> tuple[JsonObject, list[str]]:
    """Fetch a job's log, and name the parts that are missing because they are too large.

    Raises:
        TooLarge: Every part is too large.
        ByteNiteError: `ask` failed.
    """
    try:
        return await ask(job_id), []
    except TooLarge as failure:
        too_large = failure
    log: JsonObject = {}
    left_out = []
    # One at a time, because each answer may take the most memory that an answer may.
    for service in LogService:
        lines, missing = await _fetch_service(ask, job_id, service)
        log |= lines
        left_out += missing
    if not log:
        raise too_large
    return log, left_out


async def _fetch_service(ask: Ask, job_id: str, service: LogService) -> tuple[JsonObject, list[str]]:
    for levels, missing in _ATTEMPTS:
        try:
            answer = await ask(job_id, levels=levels, services=[service])
        except TooLarge:
            continue
        name = service.lower()
        return {name: answer.get(name)}, [f"{service}{missing}"] if missing else []
    return {}, [service.value]
