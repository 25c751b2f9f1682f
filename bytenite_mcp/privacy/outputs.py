"""Redacts the log of a job, and the names of its outputs."""

from collections.abc import Iterator, Mapping, Sequence, Set
from typing import NamedTuple

from bytenite_mcp.api.models import LogService, to_text
from bytenite_mcp.api.values import Json, JsonObject
from bytenite_mcp.privacy.cutting import choose_secrets, cut_out
from bytenite_mcp.privacy.sanitize import sanitize
from bytenite_mcp.privacy.texts import scrub, scrub_lines
from bytenite_mcp.privacy.walk import Walk, may_hold_anything


class LogRow(NamedTuple):
    """A redacted line of a log; `task` is the task's id for lines of the task runner, else ""."""

    service: LogService
    task: str
    text: str
    timestamp: Json
    level: Json


def clean_log(answer: Mapping[str, Json], withheld: Set[str]) -> list[LogRow]:
    """Redact a log, and cut values out of it that were withheld in the job's record or in another line.

    Each stream of lines is read as one text, because a key may extend over several lines. Rows that are no lines are
    dropped.
    """
    found = set(withheld)
    rows = [row for stream in _split_streams(answer) for row in _clean_stream(*stream, found)]
    if secrets := choose_secrets(found):
        rows = [row._replace(text=cut_out(row.text, secrets)) for row in rows]
    return rows


def name_unreadable(answer: Mapping[str, Json]) -> list[LogService]:
    """Name the services with rows that `clean_log` drops."""
    unreadable = {service for service, _, rows in _split_streams(answer) if not _is_readable(rows)}
    return [service for service in LogService if service in unreadable]


def clean_results(rows: Sequence[JsonObject], withheld: Set[str]) -> list[dict[str, str]]:
    """Return the redacted name of each output with its link, which is a secret, but was asked for."""
    secrets = choose_secrets(withheld)
    return [
        {"name": cut_out(scrub(to_text(row.get("name"))), secrets), "link": to_text(row.get("link"))}
        for row in rows
    ]


def _split_streams(answer: Mapping[str, Json]) -> Iterator[tuple[LogService, str, Json]]:
    """Yield the rows of each service, those of the task runner by task [D]."""
    yield LogService.PARTITIONER, "", answer.get("partitioner")
    tasks = answer.get("taskrunner")
    # Anything but an object has no lines, and is unreadable unless it is empty.
    for task, rows in tasks.items() if isinstance(tasks, Mapping) else [("", bool(tasks))]:
        yield LogService.TASKRUNNER, sanitize(task), rows.get("logs") if isinstance(rows, Mapping) else rows
    yield LogService.ASSEMBLER, "", answer.get("assembler")


def _is_readable(rows: Json) -> bool:
    return not rows or (isinstance(rows, list) and all(map(_is_line, rows)))


def _is_line(row: Json) -> bool:
    """Whether a row is a line; an empty line may have no text."""
    return isinstance(row, str) or (isinstance(row, Mapping) and isinstance(row.get("log", ""), str | None))


def _clean_stream(service: LogService, task: str, rows: Json, found: set[str]) -> list[LogRow]:
    given = [
        {"log": row} if isinstance(row, str) else row for row in (rows if isinstance(rows, list) else ())
    ]
    lines = [line for line in given if isinstance(line, Mapping)]
    texts = [_clean_json(sanitize(to_text(line.get("log"))), found) for line in lines]
    texts, withheld = scrub_lines(texts)
    found.update(withheld)
    return [
        LogRow(service, task, text, line.get("timestamp"), line.get("level"))
        for text, line in zip(texts, lines, strict=True)
    ]


def _clean_json(text: str, found: set[str]) -> str:
    """Redact a line by its structure if it is JSON or ends with a JSON object."""
    start = 0 if text.startswith("[{") or not text.endswith("}") else max(0, text.find("{"))
    if not text.startswith(("{", "["), start) or not may_hold_anything(text):
        return text
    walk = Walk({}, b"")
    shown = walk.json(text[start:], 0)
    found |= walk.withheld
    return text[:start] + shown
