"""Redacts records: replaces secrets by `[withheld]`.

ByteNite echoes the raw `accessKey` and `secretKey` of a data source [R]. So data sources show only an allow-list of
members. Elsewhere, values are withheld by their names, pairs and forms, at any depth. A withheld value that can only be
a secret is also cut out of the rest of the record, and of its log.
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import NamedTuple, NewType

from bytenite_mcp.api import models
from bytenite_mcp.api.values import Json, JsonObject
from bytenite_mcp.privacy.cutting import cut_everywhere, cut_out, find_repeated
from bytenite_mcp.privacy.names import Strength
from bytenite_mcp.privacy.sanitize import was_sanitized
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
"""Members that are left whole, because jobs are found and distinguished by them."""

_DESCRIPTOR = frozenset(["dataSourceDescriptor"])
"""Members of a data source that are left whole."""


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
        shared: What other records may have in common with this one, to which its own is added.
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
    return {
        cut_out(name, secrets): value
        if name in _KEPT
        else cut_everywhere(value, secrets, _DESCRIPTOR if name in SOURCES else frozenset())
        for name, value in shown.items()
    }
