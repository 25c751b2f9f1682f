"""Redacts records: replaces secrets by `[withheld]`.

ByteNite echoes the raw `accessKey` and `secretKey` of a data source [R]. So data sources show only an allow-list of
members. Elsewhere, values are withheld by their names, pairs and forms, at any depth. A withheld value that can only be
a secret is also cut out of the rest of the record, and of its log.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import NewType

from bytenite_mcp.api import models
from bytenite_mcp.api.values import Json, JsonObject
from bytenite_mcp.privacy.cutting import cut_everywhere, cut_out, find_repeated
from bytenite_mcp.privacy.names import Strength
from bytenite_mcp.privacy.quick_check import SOURCES, UNWRITABLE, may_hold_anything, write_json
from bytenite_mcp.privacy.sanitize import was_sanitized
from bytenite_mcp.privacy.walk import IDS, READ_APART, Walk

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


@dataclass(frozen=True, slots=True, repr=False)
class Part:
    """A redacted data source, data destination or `params` of a record.

    Attributes:
        shown: What is shown of it.
        withheld: The values withheld in it.
        doubtful: Texts as JSON, which would be shown if they occurred as identifiers elsewhere in the record.
        written: What is shown as JSON.
    """

    shown: Json
    withheld: Set[str]
    doubtful: Set[bytes]
    written: bytes

    def depends_on(self, others: Sequence[bytes]) -> bool:
        """Whether other parts of a record, as JSON, may change what is shown."""
        return any(text in other for text in self.doubtful for other in others)


Parts = dict[bytes, Part]
"""Redacted parts by their JSON before, which has secrets: what several records share is redacted once."""

_MOST_PARTS = 2000


def clean_record(record: models.Record, shared: Parts | None = None) -> tuple[CleanRecord, frozenset[str]]:
    """Redact a record; return it with the withheld values, which must be cut out of its log and its outputs' names.

    Most records have secrets only in their data sources, which a fast check of their JSON shows. The user's parameters
    are checked separately, because most other secrets are in them.

    Args:
        record: The record.
        shared: Parts of other records, to which the parts of this one are added.
    """
    written = {name: write_json({name: record[name]}) for name in READ_APART if name in record}
    written[""] = rest = write_json(record, READ_APART)
    if shared is None or UNWRITABLE in written.values():
        shared = {}
    parts = {name: _clean_part(name, record, written, shared) for name in READ_APART if name in record}
    shown: JsonObject = {**record, **{name: part.shown for name, part in parts.items()}}
    withheld = set().union(*(part.withheld for part in parts.values()))
    if may_hold_anything(rest):
        walk = Walk(record, rest + written.get("params", b""))
        shown = walk.top(shown)
        withheld |= walk.withheld
        rest = write_json(shown, READ_APART)
    if withheld:
        text = b"".join([rest, *(part.written for part in parts.values())])
        shown = _cut_out_repeated(shown, find_repeated(withheld, text))
    return CleanRecord(shown), frozenset(withheld)


def _cut_out_repeated(shown: JsonObject, secrets: frozenset[str]) -> JsonObject:
    if not secrets:
        return shown
    return {
        cut_out(name, secrets): value
        if name in _KEPT
        else cut_everywhere(value, secrets, _DESCRIPTOR if name in SOURCES else frozenset())
        for name, value in shown.items()
    }


def _clean_part(name: str, record: models.Record, written: Mapping[str, bytes], shared: Parts) -> Part:
    """Redact a part of a record, unless another record has shared its own."""
    others = [text for other, text in written.items() if other != name]
    if (known := shared.get(written[name])) and not known.depends_on(others):
        return known
    walk = Walk(record, written[""] + written.get("params", b""))
    if name in SOURCES or may_hold_anything(written[name]):
        shown = walk.member(name, record[name], Strength.NONE, 0)
        part = Part(shown, walk.withheld, walk.doubtful, write_json({name: shown}))
    else:
        part = Part(record[name], set(), set(), written[name])
    if not part.depends_on(others):
        if len(shared) >= _MOST_PARTS:
            shared.clear()
        shared[written[name]] = part
    return part
