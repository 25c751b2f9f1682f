"""Redacts records: replaces secrets by a mark.

ByteNite echoes the raw `accessKey` and `secretKey` of a data source [R]. So data sources show only an allow-list of
members. Elsewhere, values are withheld by their names, pairs and forms, at any depth. A withheld value that can only be
a secret is also cut out of the rest of the record, and of its log.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, NewType

from bytenite_mcp.api import models
from bytenite_mcp.api.values import Json, JsonObject
from bytenite_mcp.privacy.addresses import safe_url
from bytenite_mcp.privacy.cutting import cut_everywhere, cut_out_of_members, find_repeated
from bytenite_mcp.privacy.looks import is_random, is_secret
from bytenite_mcp.privacy.names import Strength, fold_name, is_describing, strength_of
from bytenite_mcp.privacy.pairs import (
    find_table,
    is_flag,
    strengths_of_columns,
    strengths_of_items,
    strengths_of_members,
)
from bytenite_mcp.privacy.sanitize import sanitize, was_sanitized
from bytenite_mcp.privacy.spans import WITHHELD, cut, cut_lines
from bytenite_mcp.privacy.suspicion import SOURCES, may_hold_anything, write_json
from bytenite_mcp.privacy.texts import find_secrets, may_hold_secret, scrub

CleanRecord = NewType("CleanRecord", Mapping[str, Json])
"""A redacted record; jobs, tables and answers are made of these only."""


@dataclass(frozen=True, slots=True, repr=False)
class Job(models.Job):
    """A typed view of a redacted record."""

    record: CleanRecord

    @property
    def can_be_asked_for(self) -> bool:
        """Whether its id is shown unchanged, and is one path segment."""
        return models.is_usable_id(self.id) and not was_sanitized(self.id)


_FOLDED_SOURCES = frozenset(map(fold_name, SOURCES))
_SOURCE_TYPE = "bytenite.data_source."
_SHOWN_OF_SOURCE = frozenset({"@type", "name", "bucketname", "cloudregion", "secretid", "url"})
_IDS = frozenset({"id", "templateId"})
_KEPT = _IDS | {
    "appId", "state", "priority", "stateTimestamps", "createdAt", "submittedAt", "startAt", "startedAt", "endedAt",
    "completedAt", "deletedAt", "deadline",
}  # fmt: skip
"""Members out of which values withheld elsewhere are not cut, because jobs are found and distinguished by these."""

_DESCRIPTOR = frozenset(["dataSourceDescriptor"])
"""Members of a data source out of which nothing is cut."""

_READ_APART = {*SOURCES, "params"}
_MADE_UP = re.compile(r"[\w+/=-]{16,}")
"""A member's name inside a secret object that may itself be a secret."""

_LONGEST_KNOWN = 60
_DEEPEST = 40
_TOO_DEEP = "[nested too deeply to show]"


def clean_record(record: models.Record) -> tuple[CleanRecord, frozenset[str]]:
    """Redact a record; return it with the withheld values, which are to be cut out of its log and outputs' names.

    Most records have secrets only in their data sources, which a fast check of their JSON shows. The user's parameters
    are checked separately, because most other secrets are in them.
    """
    rest, params = write_json(record, _READ_APART), write_json({"params": record.get("params")})
    reading = _Reading(record, rest + params)
    sources = {name: reading.source(record[name], 0) for name in SOURCES if name in record}
    shown = {**record, **sources}
    if may_hold_anything(params):
        shown["params"] = reading.member("params", record["params"], Strength.NONE, 0)
        params = write_json(shown["params"])
    if may_hold_anything(rest):
        shown = reading.top(shown)
        rest = write_json(shown, _READ_APART)
    if reading.withheld and (secrets := find_repeated(reading.withheld, rest + params + write_json(sources))):
        sources = {name: cut_everywhere(source, secrets, _DESCRIPTOR) for name, source in sources.items()}
        shown = cut_out_of_members(shown, secrets, _KEPT | sources.keys()) | sources
    return CleanRecord(shown), frozenset(reading.withheld)


class _Name(NamedTuple):
    """What a member's name says.

    Attributes:
        strength: How surely its value is a secret.
        is_source: Whether its value is a data source.
        is_plain: Whether the name itself is shown unchanged.
    """

    strength: Strength
    is_source: bool
    is_plain: bool


@lru_cache(4096)
def _read_name(name: str) -> _Name:
    return _Name(strength_of(name), fold_name(name) in _FOLDED_SOURCES, scrub(name) == name)


class _Reading:
    """One pass over a record: copies it with secrets replaced, and collects these."""

    def __init__(self, record: models.Record, written: bytes) -> None:
        self.withheld: set[str] = set()
        self._record = record
        self._written = written
        self._identifiers: frozenset[str] | None = None

    def top(self, record: Mapping[str, Json]) -> JsonObject:
        """Copy the members of a record whose data sources and parameters have been copied."""
        nested = {name for name, value in record.items() if isinstance(value, dict | list)}
        calm = set(_READ_APART)
        if not may_hold_anything(write_json(record, nested)):
            calm |= record.keys() - nested
        shown: JsonObject = {}
        for name, value in record.items():
            if name in _IDS and isinstance(value, str):
                shown[name] = sanitize(value)
            elif name in calm or not may_hold_anything(write_json({name: value})):
                shown[name] = value
            else:
                shown[self.name(name, shown)] = self.member(name, value, Strength.NONE, 0)
        return shown

    def value(self, value: Json, strength: Strength, depth: int) -> Json:
        if isinstance(value, str):
            return self.text(value, strength, depth) if value else value
        if isinstance(value, dict | list):
            if depth > _DEEPEST:
                return _TOO_DEEP
            if isinstance(value, dict):
                return self.members(value, strength, depth + 1)
            return self.items(value, strength, depth + 1)
        if not strength or value is None or isinstance(value, bool) or not is_secret(str(value), strength):
            return value
        return self.withhold(str(value))

    def member(self, name: str, value: Json, strength: Strength, depth: int) -> Json:
        known = _read_name(name)
        if known.is_source:
            return self.source(value, depth)
        return self.value(value, max(known.strength, strength), depth)

    def members(self, members: Mapping[str, Json], inherited: Strength, depth: int) -> JsonObject:
        kind = members.get("@type")
        if isinstance(kind, str) and _SOURCE_TYPE in kind:
            return self.source_params(members, depth)
        paired, table = strengths_of_members(members), find_table(members)
        shown: JsonObject = {}
        for name, value in members.items():
            if name in table and isinstance(value, list):
                read: Json = self.rows(value, table[name], depth)
            elif name in paired:
                read = self.value(value, max(paired[name], inherited), depth)
            else:
                above = Strength.NONE if inherited and is_describing(name) else inherited
                read = self.member(name, value, above, depth)
            shown[self.name(name, shown, inherited)] = read
        return shown

    def name(self, name: str, taken: Mapping[str, Json], inherited: Strength = Strength.NONE) -> str:
        """Return a member's name, which may itself be redacted; names that would then collide stay distinct."""
        if not inherited and name not in taken and _read_name(name).is_plain:
            return name
        made_up = inherited and _MADE_UP.fullmatch(name) and is_random(name)
        shown = first = self.withhold(name) if made_up else self.plain(name)
        while shown in taken:
            shown = f"{first} {len(taken)}"
        return shown

    def items(self, items: Sequence[Json], inherited: Strength, depth: int) -> list[Json]:
        head, rows = (items[0], items[1:]) if items else (None, [])
        if isinstance(head, list) and (columns := strengths_of_columns(head, rows)):
            return [self.items(head, inherited, depth), *self.rows(rows, columns, depth)]
        strengths = strengths_of_items(items)
        texts = [item for item in items if isinstance(item, str)]
        if len(texts) == len(items) > 1:
            items = self.lines(texts)
        return [
            self.value(item, max(inherited, strength), depth)
            for item, strength in zip(items, strengths, strict=True)
        ]

    def rows(self, rows: Sequence[Json], columns: list[Strength], depth: int) -> list[Json]:
        """Copy the rows of a table by the strengths of its columns, or the only row."""
        lists = [row for row in rows if isinstance(row, list)]
        if len(lists) == len(rows):
            return [self.row(row, columns, depth + 1) for row in lists]
        return self.row(rows, columns, depth)

    def row(self, row: Sequence[Json], columns: list[Strength], depth: int) -> list[Json]:
        return [self.value(*cell, depth + 1) for cell in zip(row, columns, strict=True)]

    def lines(self, items: Sequence[str]) -> list[str]:
        """Cut out secrets that only show if items are read together, as lines or as a command's arguments."""
        items = list(map(sanitize, items))
        argued = any(item == "=" or is_flag(item) for item in items)
        text = (" " if argued else "\n").join(items)
        spans = find_secrets(text)
        self.withheld.update(text[start:end] for start, end in spans)
        return cut_lines(items, spans)

    def text(self, text: str, strength: Strength, depth: int) -> str:
        if strength and is_secret(sanitize(text), strength) and not self.is_identifier(text, strength):
            return self.withhold(sanitize(text))
        if text[0] in "[{" and depth < _DEEPEST and may_hold_secret(text):
            text = self.json(text, depth + 1)
        return self.plain(text)

    def plain(self, text: str) -> str:
        text = sanitize(text)
        if not (spans := find_secrets(text)):
            return text
        self.withheld.update(text[start:end] for start, end in spans)
        return cut(text, spans)

    def json(self, text: str, depth: int) -> str:
        """Redact a text that is JSON by its structure."""
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            return text
        shown = self.value(value, Strength.NONE, depth)
        separators = (", ", ": ") if '": ' in text else (",", ":")
        indent = 2 if "\n" in text else None
        return (
            text
            if shown == value
            else json.dumps(shown, ensure_ascii=False, separators=separators, indent=indent)
        )

    def source(self, source: Json, depth: int) -> Json:
        """Copy the descriptor of a data source and the allowed parameters."""
        if not isinstance(source, dict):
            return self.hide(source, depth)
        shown: JsonObject = {}
        for name, value in source.items():
            spelt = fold_name(name)
            if spelt == "params" and isinstance(value, dict):
                shown[name] = self.source_params(value, depth + 1)
            elif spelt == "datasourcedescriptor" and isinstance(value, str):
                shown[name] = self.listed(spelt, value)
            else:
                shown[self.name(name, shown)] = self.hide(value, depth + 1)
        return shown

    def source_params(self, params: Mapping[str, Json], depth: int) -> JsonObject:
        shown: JsonObject = {}
        for name, value in params.items():
            if not value or isinstance(value, bool):
                shown[self.name(name, shown)] = value
            elif (spelt := fold_name(name)) in _SHOWN_OF_SOURCE and isinstance(value, str):
                shown[name] = self.listed(spelt, value)
            else:
                shown[self.name(name, shown)] = self.hide(value, depth + 1)
        return shown

    def listed(self, name: str, text: str) -> str:
        """Redact an allowed parameter; cached, because kinds, buckets and regions are few and repeat."""
        if name == "url":
            text, cut_off = safe_url(sanitize(text))
            self.withheld.update(cut_off)
        elif name != "name" and len(text) <= _LONGEST_KNOWN and _read_name(text).is_plain:
            return text
        return self.plain(text)

    def hide(self, value: Json, depth: int) -> Json:
        """Withhold every text and number, at any depth."""
        if not value or isinstance(value, bool):
            return value
        if not isinstance(value, dict | list):
            return self.withhold(sanitize(str(value)))
        if depth > _DEEPEST:
            return _TOO_DEEP
        if isinstance(value, list):
            return [self.hide(item, depth + 1) for item in value]
        shown: JsonObject = {}
        for name, inner in value.items():
            shown[self.name(name, shown)] = self.hide(inner, depth + 1)
        return shown

    def withhold(self, text: str) -> str:
        self.withheld.add(text)
        return WITHHELD

    def is_identifier(self, text: str, strength: Strength) -> bool:
        """Whether a possible secret also occurs as an identifier: as a member's name, an id or a name."""
        if strength is not Strength.WEAK:
            return False
        if self._written.count(write_json(text)) < 2:
            return False
        if self._identifiers is None:
            self._identifiers = frozenset(_identifiers(self._record, 0))
        return text in self._identifiers


def _identifiers(value: Json, depth: int) -> Iterator[str]:
    if isinstance(value, list):
        for item in value if depth < _DEEPEST else ():
            yield from _identifiers(item, depth + 1)
    elif isinstance(value, Mapping) and depth < _DEEPEST:
        yield from value
        for name, inner in value.items():
            if isinstance(inner, str) and name.lower().endswith(("id", "name")):
                yield inner
            yield from _identifiers(inner, depth + 1)
