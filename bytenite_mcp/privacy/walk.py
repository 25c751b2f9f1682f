"""Copies a record and replaces secrets, which names, pairs and forms reveal, at any depth."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence, Set
from functools import cached_property, lru_cache
from itertools import chain, repeat

from pydantic_core import to_json

from bytenite_mcp.api.models import Record
from bytenite_mcp.api.values import Json, JsonObject
from bytenite_mcp.privacy import literals, pairs
from bytenite_mcp.privacy.addresses import safe_url
from bytenite_mcp.privacy.classify import is_random, is_secret
from bytenite_mcp.privacy.names import Strength, fold_name, is_describing, strength_of
from bytenite_mcp.privacy.sanitize import UNSAFE, sanitize
from bytenite_mcp.privacy.spans import WITHHELD
from bytenite_mcp.privacy.texts import ANY_HINT, may_hold_secret, scrub, scrub_lines, search_for

SOURCES = ("dataSource", "dataDestination")
"""Members that are always read in full."""

_FOLDED_SOURCES = frozenset(map(fold_name, SOURCES))
_SOURCE_TYPE = "bytenite.data_source."
_SHOWN_OF_SOURCE = frozenset({"datasourcedescriptor"})
_SHOWN_OF_PARAMS = frozenset({"@type", "name", "bucketname", "cloudregion", "secretid", "url"})
READ_APART = {*SOURCES, "params"}
"""Members of a record that are copied separately."""

IDS = frozenset({"id", "templateId"})
"""Members that are shown unchanged except for hidden characters."""

_GENERATED = re.compile(r"[\w+/=-]{12,}")
"""A member's name that may be a secret itself, if it is in a secret object."""

_LONGEST_KNOWN = 60
_DEEPEST = 40
TOO_DEEP = "[nested too deeply to show]"
"""Stands for what is nested too deeply to be searched for secrets."""

_DATA_SOURCE = "[-_]*".join("data") + f"[-_]*(?:{'[-_]*'.join('source')}|{'[-_]*'.join('destination')})"
# Repetitions with a count, of classes such as \w, soon make this expression too large for a deterministic automaton;
# the search then takes twenty times as long.
may_hold_anything = search_for(rf"\\|{UNSAFE}|{pairs.HINT}|(?i:{_DATA_SOURCE})|{ANY_HINT}")
"""Whether JSON may have anything to withhold or to make visible, or needs a full reading: escapes, hidden characters,
pairs, nested data sources."""

UNWRITABLE = b"\\"
"""Stands for the JSON of a value that has none, such as a lone surrogate; it always fails the check."""


def write_json(value: Json, without: set[str] | None = None) -> bytes:
    """Write a value as JSON, or as `UNWRITABLE`."""
    try:
        return to_json(value, exclude=without)
    except ValueError:
        return UNWRITABLE


@lru_cache(4096)
def _is_plain(name: str) -> bool:
    """Whether a member's name is shown unchanged."""
    return scrub(name) == name


class Walk:
    """One walk over a record.

    Args:
        record: The record.
        written: The record as JSON; a value that occurs in it only once is no identifier.

    Attributes:
        withheld: The secrets that were replaced.
        doubtful: The texts as JSON that would be secrets if they were no identifiers of the record.
    """

    def __init__(self, record: Record, written: bytes) -> None:
        self.withheld: set[str] = set()
        self.doubtful: set[bytes] = set()
        self._record = record
        self._written = written

    def top(self, record: Mapping[str, Json]) -> JsonObject:
        """Copy a record; its data sources and parameters are copies already."""
        shown: JsonObject = {}
        for name, value in record.items():
            if name in READ_APART:
                shown[name] = value
            elif name in IDS and isinstance(value, str):
                shown[name] = sanitize(value)
            else:
                shown[self._name(name, record, shown)] = self.member(name, value, Strength.NONE, 0)
        return shown

    def _value(self, value: Json, strength: Strength, depth: int) -> Json:
        if isinstance(value, str):
            return self._text(value, strength, depth) if value else value
        if isinstance(value, dict | list):
            if depth > _DEEPEST:
                return TOO_DEEP
            if isinstance(value, dict):
                return self._members(value, strength, depth + 1)
            return self._items(value, strength, depth + 1)
        if not strength or value is None or isinstance(value, bool) or not is_secret(str(value), strength):
            return value
        return self._withhold(str(value))

    def member(self, name: str, value: Json, strength: Strength, depth: int) -> Json:
        """Copy the value of a member, which is at least as surely a secret as `strength`."""
        if fold_name(name) in _FOLDED_SOURCES:
            return self.source(value, depth)
        return self._value(value, max(strength_of(name), strength), depth)

    def _members(self, members: Mapping[str, Json], inherited: Strength, depth: int) -> Json:
        kind = members.get("@type")
        if isinstance(kind, str) and _SOURCE_TYPE in kind:
            return self.source(members, depth, _SHOWN_OF_PARAMS)
        if "dataSourceDescriptor" in members:
            return self.source(members, depth)
        paired, table = pairs.strengths_of_members(members), pairs.find_table(members)
        shown: JsonObject = {}
        for name, value in members.items():
            if name in table and isinstance(value, list):
                read: Json = self._rows(value, table[name], depth)
            elif name in paired:
                read = self._value(value, max(paired[name], inherited), depth)
            else:
                above = Strength.NONE if inherited and is_describing(name) else inherited
                read = self.member(name, value, above, depth)
            shown[self._name(name, members, shown, inherited)] = read
        return shown

    def _name(
        self,
        name: str,
        members: Mapping[str, Json],
        shown: Mapping[str, Json],
        inherited: Strength = Strength.NONE,
    ) -> str:
        """Return the name to show for a member, which differs from those shown so far and from other members' names."""
        if not inherited and _is_plain(name):
            return name
        generated = inherited and _GENERATED.fullmatch(name) and is_random(name)
        found = first = self._withhold(name) if generated else self._plain(name)
        count = 0
        while found in shown or (found in members and found != name):
            count += 1
            found = f"{first} {count}"
        return found

    def _items(self, items: Sequence[Json], inherited: Strength, depth: int) -> list[Json]:
        items = [sanitize(item) if isinstance(item, str) else item for item in items]
        head, rows = (items[0], items[1:]) if items else (None, [])
        if isinstance(head, list) and (columns := pairs.strengths_of_columns(head, rows)):
            return [self._items(head, inherited, depth), *self._rows(rows, columns, depth)]
        strengths = pairs.strengths_of_items(items)
        texts = [item for item in items if isinstance(item, str)]
        if len(texts) == len(items) > 1:
            items = self._lines(texts)
        return [
            self._value(item, max(inherited, strength), depth)
            for item, strength in zip(items, strengths, strict=True)
        ]

    def _rows(self, rows: Sequence[Json], columns: list[Strength], depth: int) -> list[Json]:
        """Copy the rows of a table by the strengths of its columns, or the only row."""
        lists = [row for row in rows if isinstance(row, list)]
        if len(lists) == len(rows):
            return [self._row(row, columns, depth + 1) for row in lists]
        return self._row(rows, columns, depth)

    def _row(self, row: Sequence[Json], columns: list[Strength], depth: int) -> list[Json]:
        # A row may have fewer cells, or more.
        rated = zip(row, chain(columns, repeat(Strength.NONE)), strict=False)
        return [self._value(value, strength, depth + 1) for value, strength in rated]

    def _lines(self, items: list[str]) -> list[str]:
        """Cut out secrets that only appear when items are read together, as lines or as the arguments of a command."""
        argued = any(item == "=" or pairs.is_flag(item) for item in items)
        shown, withheld = scrub_lines(items, " " if argued else "\n")
        self.withheld.update(withheld)
        return shown

    def _text(self, text: str, strength: Strength, depth: int) -> str:
        if strength and is_secret(sanitize(text), strength) and not self._is_identifier(text, strength):
            return self._withhold(sanitize(text))
        if depth < _DEEPEST and text.rstrip()[-1:] in ("]", "}"):
            text = self.structure(text, depth + 1)
        return self._plain(text)

    def _plain(self, text: str) -> str:
        text = sanitize(text)
        if not may_hold_secret(text):
            return text
        [shown], withheld = scrub_lines([text])
        self.withheld.update(withheld)
        return shown

    def structure(self, text: str, depth: int) -> str:
        """Redact a text by its structure if it is JSON, or a dict as Python writes it, or ends with one."""
        end = len(text.rstrip())
        whole, opening = ("[{", "{") if text.endswith("}", 0, end) else ("[", "[{")
        start = 0 if text.startswith(whole) else max(0, text.find(opening))
        if not text.startswith(("{", "["), start) or not may_hold_anything(text):
            return text
        written = text[start:end]
        try:
            shown = self._json(written, json.loads(written), depth)
        except (ValueError, RecursionError):
            shown = self._literal(written)
        return text[:start] + shown + text[end:]

    def _literal(self, text: str) -> str:
        """Redact a dict as Python writes it."""
        value = literals.read_literal(text)
        if value is None:
            return text
        inside = Walk({}, b"")
        inside._value(value, Strength.NONE, 0)
        self.withheld |= inside.withheld
        return literals.withhold(text, inside.withheld)

    def _json(self, text: str, value: Json, depth: int) -> str:
        shown = self._value(value, Strength.NONE, depth)
        separators = (", ", ": ") if '": ' in text else (",", ":")
        indent = 2 if "\n" in text else None
        return (
            text
            if shown == value
            else json.dumps(shown, ensure_ascii=False, separators=separators, indent=indent)
        )

    def source(self, source: Json, depth: int, allowed: Set[str] = _SHOWN_OF_SOURCE) -> Json:
        """Copy a data source or its parameters: the allowed texts; the rest is withheld."""
        if not isinstance(source, dict):
            return self._hide(source, depth)
        shown: JsonObject = {}
        for name, value in source.items():
            spelt = fold_name(name)
            if spelt == "params" and isinstance(value, dict) and allowed is _SHOWN_OF_SOURCE:
                shown[name] = self.source(value, depth + 1, _SHOWN_OF_PARAMS)
            elif spelt in allowed and value and isinstance(value, str):
                shown[name] = self._listed(spelt, value)
            else:
                shown[self._name(name, source, shown)] = self._hide(value, depth + 1)
        return shown

    def _listed(self, name: str, text: str) -> str:
        """Redact an allowed text; cached, because kinds, buckets and regions are few and repeat."""
        if name == "url":
            text, cut_off = safe_url(sanitize(text))
            self.withheld.update(cut_off)
        elif name != "name" and len(text) <= _LONGEST_KNOWN and _is_plain(text):
            return text
        return self._plain(text)

    def _hide(self, value: Json, depth: int) -> Json:
        """Withhold every text and number, at any depth."""
        if not value or isinstance(value, bool):
            return value
        if not isinstance(value, dict | list):
            return self._withhold(sanitize(str(value)))
        if depth > _DEEPEST:
            return TOO_DEEP
        if isinstance(value, list):
            return [self._hide(item, depth + 1) for item in value]
        return self.source(value, depth, frozenset())

    def _withhold(self, text: str) -> str:
        self.withheld.add(text)
        return WITHHELD

    def _is_identifier(self, text: str, strength: Strength) -> bool:
        """Whether a possible secret also occurs as an identifier: as a member's name, an id or a name."""
        if strength is not Strength.WEAK:
            return False
        quoted = write_json(text)
        self.doubtful.add(quoted)
        return self._written.count(quoted) > 1 and text in self._identifiers

    @cached_property
    def _identifiers(self) -> frozenset[str]:
        return frozenset(_find_identifiers(self._record, 0))


def _find_identifiers(value: Json, depth: int) -> Iterator[str]:
    if isinstance(value, list):
        for item in value if depth < _DEEPEST else ():
            yield from _find_identifiers(item, depth + 1)
    elif isinstance(value, Mapping) and depth < _DEEPEST:
        yield from value
        for name, inner in value.items():
            if isinstance(inner, str) and name.lower().endswith(("id", "name")):
                yield inner
            yield from _find_identifiers(inner, depth + 1)
