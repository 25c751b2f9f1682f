"""Redacts the log of a job, and the names of its outputs."""

from collections.abc import Mapping, Sequence, Set
from itertools import chain

from bytenite_mcp.api.models import to_text
from bytenite_mcp.api.values import Json, JsonObject
from bytenite_mcp.privacy.cutting import choose_secrets, cut_out
from bytenite_mcp.privacy.quick_check import may_hold_anything
from bytenite_mcp.privacy.sanitize import sanitize
from bytenite_mcp.privacy.texts import scrub, scrub_lines
from bytenite_mcp.privacy.walk import Walk


def clean_log(answer: Mapping[str, Json], withheld: Set[str]) -> JsonObject:
    """Redact a log, and cut values out of it that were withheld in the job's record or in another line.

    Each stream of lines is read as one text, because a key may extend over several lines.

    Args:
        answer: The lines by service, those of the task runner by task [D].
        withheld: The values withheld in the job's record.
    """
    found = set(withheld)
    tasks = answer.get("taskrunner")
    tasks = tasks if isinstance(tasks, Mapping) else {}
    streams = {service: _clean_stream(answer.get(service), found) for service in ("partitioner", "assembler")}
    logs = {sanitize(task): _clean_stream(_logs_of(value), found) for task, value in tasks.items()}
    if secrets := choose_secrets(found):
        for line in chain(*streams.values(), *logs.values()):
            line["log"] = cut_out(to_text(line["log"]), secrets)
    return {**streams, "taskrunner": {task: {"logs": lines} for task, lines in logs.items()}}


def name_unreadable(answer: Mapping[str, Json]) -> list[str]:
    """Name the services with lines that `clean_log` cannot read."""
    found = [name for name in ("partitioner", "assembler") if not _is_readable(answer.get(name))]
    tasks = answer.get("taskrunner")
    by_task = tasks if isinstance(tasks, Mapping) else {}
    if (tasks and not by_task) or not all(_is_readable(_logs_of(task)) for task in by_task.values()):
        found.append("taskrunner")
    return [name.upper() for name in found]


def clean_results(rows: Sequence[JsonObject], withheld: Set[str]) -> list[dict[str, str]]:
    """Return the redacted name of each output with its link, which is a secret, but was asked for."""
    secrets = choose_secrets(withheld)
    return [
        {"name": cut_out(scrub(to_text(row.get("name"))), secrets), "link": to_text(row.get("link"))}
        for row in rows
    ]


def _is_readable(rows: Json) -> bool:
    return not rows or (isinstance(rows, list) and all(map(_is_line, rows)))


def _is_line(row: Json) -> bool:
    """Whether a row is a line; an empty line may have no text."""
    return isinstance(row, str) or (isinstance(row, Mapping) and isinstance(row.get("log", ""), str | None))


def _logs_of(task: Json) -> Json:
    return task.get("logs") if isinstance(task, Mapping) else task


def _clean_stream(rows: Json, found: set[str]) -> list[JsonObject]:
    """Return the text, time and level of each line, and drop other rows."""
    lines = [
        {"log": row} if isinstance(row, str) else row for row in (rows if isinstance(rows, list) else ())
    ]
    lines = [line for line in lines if isinstance(line, Mapping)]
    texts = [_clean_json(sanitize(to_text(line.get("log"))), found) for line in lines]
    texts, withheld = scrub_lines(texts)
    found.update(withheld)
    return [
        {"log": text, "timestamp": line.get("timestamp"), "level": line.get("level")}
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
