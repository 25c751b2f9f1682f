"""Redacts records, logs and the names of outputs: replaces secrets by `[withheld]`.

ByteNite echoes the raw `accessKey` and `secretKey` of a data source [R]. So data sources show only an allow-list of
members. Elsewhere, values are withheld by their names, pairs and forms, at any depth. A withheld value that can only be
a secret is also cut out of the rest of the record, and of its log.
"""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import NamedTuple, NewType

from bytenite_mcp.api import models
from bytenite_mcp.api.models import LogService, to_text
from bytenite_mcp.api.values import Json, JsonObject
from bytenite_mcp.privacy.cutting import choose_secrets, cut_everywhere, cut_out, find_repeated
from bytenite_mcp.privacy.names import Strength
from bytenite_mcp.privacy.sanitize import sanitize, was_sanitized
from bytenite_mcp.privacy.texts import scrub, scrub_lines
from bytenite_mcp.privacy.walk import (
    IDS,
    READ_APART,
    SOURCES,
    UNWRITABLE,
    Walk,
    may_hold_anything,
    write_json,
)

CleanRecord = NewType("CleanRecord", Mapping[str, Json])
"""A redacted record; jobs, tables and answers are made only of these."""


@dataclass(frozen=True, slots=True, repr=False)
class Job(models.Job):
    """A typed view of a redacted record."""

    record: CleanRecord

    @property
    def can_be_asked_for(self) -> bool:
        """Whether its id is shown unchanged, and is one path segment."""
        return models.is_usable_id(self.id) and not was_sanitized(self.id)


_KEPT = IDS | {
    "appId", "state", "priority", "stateTimestamps", "createdAt", "submittedAt", "startAt", "startedAt", "endedAt",
    "completedAt", "deletedAt", "deadline",
}  # fmt: skip
"""Members from which repeated secrets are not cut, because jobs are found and distinguished by them."""


class Apart(NamedTuple):
    """The redacted data sources and `params` of a record.

    Attributes:
        shown: What is shown of them.
        withheld: The values withheld in them.
        doubtful: Texts as JSON, which would be shown if they occurred as identifiers in the rest of the record.
        written: What is shown as JSON.
    """

    shown: JsonObject
    withheld: Set[str]
    doubtful: Set[bytes]
    written: bytes

    def depends_on(self, rest: bytes) -> bool:
        """Whether the rest of a record, as JSON, may change what is shown."""
        return any(text in rest for text in self.doubtful)


Shared = dict[bytes, Apart]
"""What was redacted, by its JSON before, which has secrets: what several records share is redacted once."""

_MOST_SHARED, _LONGEST_SHARED = 1000, 4000
"""Entries that are kept at once, and bytes of one: together at most some megabytes."""


def clean_record(record: models.Record, shared: Shared | None = None) -> tuple[CleanRecord, frozenset[str]]:
    """Redact a record; return it with the withheld values, which must be cut out of its log and its outputs' names.

    Most records have secrets only in their data sources, which a fast check of their JSON shows. The user's parameters
    are checked separately, because most other secrets are in them.

    Args:
        record: The record.
        shared: A cache of redacted parts that records share; the parts of this one are added.
    """
    rest = write_json(record, READ_APART)
    apart = _clean_apart(record, rest, {} if shared is None or rest == UNWRITABLE else shared)
    shown: JsonObject = {**record, **apart.shown}
    withheld = apart.withheld
    if may_hold_anything(rest):
        walk = Walk(record, rest + write_json({"params": record.get("params")}))
        shown = walk.top(shown)
        withheld = withheld | walk.withheld
        rest = write_json(shown, READ_APART)
    if withheld:
        shown = _cut_out_repeated(shown, find_repeated(withheld, rest + apart.written))
    return CleanRecord(shown), frozenset(withheld)


def _clean_apart(record: models.Record, rest: bytes, shared: Shared) -> Apart:
    """Redact the data sources and `params` of a record, unless another record shares them."""
    found = {name: record[name] for name in READ_APART if name in record}
    own = write_json(found)
    if (known := shared.get(own)) and not known.depends_on(rest):
        return known
    params = write_json({"params": record.get("params")})
    walk = Walk(record, rest + params)
    shown = found | {name: walk.source(record[name], 0) for name in SOURCES if name in record}
    if may_hold_anything(params):
        shown["params"] = walk.member("params", record["params"], Strength.NONE, 0)
    apart = Apart(shown, walk.withheld, walk.doubtful, write_json(shown))
    if len(own) <= _LONGEST_SHARED and own != UNWRITABLE and not apart.depends_on(rest):
        if len(shared) >= _MOST_SHARED:
            shared.clear()
        shared[own] = apart
    return apart


def _cut_out_repeated(shown: JsonObject, secrets: frozenset[str]) -> JsonObject:
    if not secrets:
        return shown
    kept = {name: {"dataSourceDescriptor"} for name in SOURCES}
    return {
        cut_out(name, secrets): value
        if name in _KEPT
        else cut_everywhere(value, secrets, kept.get(name, frozenset()))
        for name, value in shown.items()
    }


# What belongs to a job: its log, and the names of its outputs


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
    return isinstance(row, str) or (isinstance(row, Mapping) and isinstance(row.get("log"), str | None))


def _clean_stream(service: LogService, task: str, rows: Json, found: set[str]) -> list[LogRow]:
    given = [
        {"log": row} if isinstance(row, str) else row for row in (rows if isinstance(rows, list) else ())
    ]
    lines = [line for line in given if isinstance(line, Mapping)]
    walk = Walk({}, b"")
    texts = [walk.structure(sanitize(to_text(line.get("log"))), 0) for line in lines]
    texts, withheld = scrub_lines(texts)
    found.update(withheld, walk.withheld)
    return [
        LogRow(service, task, text, line.get("timestamp"), line.get("level"))
        for text, line in zip(texts, lines, strict=True)
    ]
