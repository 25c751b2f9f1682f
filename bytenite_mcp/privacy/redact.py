"""Redacts records: replaces secrets by `[withheld]`.

ByteNite echoes the raw `accessKey` and `secretKey` of a data source [R]. So data sources show only an allow-list of
members. Elsewhere, values are withheld by their names, pairs and forms, at any depth. A withheld value that can only be
a secret is also cut out of the rest of the record, and of its log.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NewType

from bytenite_mcp.api import models
from bytenite_mcp.api.values import Json
from bytenite_mcp.privacy.cutting import cut_everywhere, cut_out_of_members, find_repeated
from bytenite_mcp.privacy.names import Strength
from bytenite_mcp.privacy.quick_check import SOURCES, may_hold_anything, write_json
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


def clean_record(record: models.Record) -> tuple[CleanRecord, frozenset[str]]:
    """Redact a record; return it with the withheld values, which must be cut out of its log and its outputs' names.

    Most records have secrets only in their data sources, which a fast check of their JSON shows. The user's parameters
    are checked separately, because most other secrets are in them.
    """
    rest, params = write_json(record, READ_APART), write_json({"params": record.get("params")})
    walk = Walk(record, rest + params)
    sources = {name: walk.source(record[name], 0) for name in SOURCES if name in record}
    shown = {**record, **sources}
    if may_hold_anything(params):
        shown["params"] = walk.member("params", record["params"], Strength.NONE, 0)
        params = write_json(shown["params"])
    if may_hold_anything(rest):
        shown = walk.top(shown)
        rest = write_json(shown, READ_APART)
    if walk.withheld and (secrets := find_repeated(walk.withheld, rest + params + write_json(sources))):
        sources = {name: cut_everywhere(source, secrets, _DESCRIPTOR) for name, source in sources.items()}
        shown = cut_out_of_members(shown, secrets, _KEPT | sources.keys()) | sources
    return CleanRecord(shown), frozenset(walk.withheld)
