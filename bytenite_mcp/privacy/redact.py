"""What may leave: secrets withheld and seen to be withheld.

ByteNite echoes the raw `accessKey` and `secretKey` of a data source [R]. So what a data source shows is
an allow-list; elsewhere values under secret-looking names are withheld at any depth, credentials inside
texts are cut out, and what is withheld in one place of a record is cut out of every other place.
"""

import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from pydantic_core import to_json

from bytenite_mcp.api.models import Record
from bytenite_mcp.api.values import is_unset
from bytenite_mcp.privacy.credentials import (
    KNOWN_BY_LOOK,
    WITHHELD,
    found_in,
    may_hold_credential,
    parts_of,
    safe_url,
    search_for,
    without_credentials,
)
from bytenite_mcp.privacy.names import SOURCES, fold_name, looks_secret
from bytenite_mcp.privacy.sanitize import sanitize

_ALWAYS_READ = {"dataSource", "dataDestination"}
_SHOWN_OF_SOURCE = {"@type", "name", "bucketname", "cloudregion", "secretid", "url"}
_SOURCE_TYPE = "bytenite.data_source."
_DEEPEST = 40
_MOST_SECRETS = 200
"""Withheld values of one record that are looked for elsewhere; more come only with whole withheld data sets."""

_SHORTEST_SECRET = 6
"""Characters; a shorter withheld value is cut out where it stands, but not looked for elsewhere."""

_ONE_WORD = re.compile(r"[\w.~/+-]+=*")
"""What has no parts and no blanks, as most keys."""

_GAP = '(?-i:[^a-zA-Z0-9"])*'
_SOURCE_NAME = "[-_]*".join("data") + f"[-_]*(?:{'[-_]*'.join('source')}|{'[-_]*'.join('dest')})"
_may_hold_secret = search_for(
    rf"""(?ix) \\ | \u{{9b}} | :// | {KNOWN_BY_LOOK} | {_SOURCE_NAME}
    | token | secret | credential | signature | cookie | bearer | authorization | pwd | pass{_GAP}(?:w|phrase)
    | (?:api|access|private){_GAP}key | session{_GAP}id | connection{_GAP}string | (?:temp|signed){_GAP}url
    | (?:auth|keys?|sig|sas|pass)(?-i:[^a-z])"""
)
"""Whether a record written as JSON could have anything that is withheld; a backslash could hide it from this look.

It must find whatever `looks_secret`, `may_hold_credential` and `SOURCES` do, and may find more.
"""


def redact(record: Record) -> dict[str, Any]:
    """Give a whole record as it may be shown: secrets withheld, texts cleaned, unset members left out."""
    hidden: set[str] = set()
    texts: list[str] = []
    shown = _members(record, hidden, texts, 0)
    secrets = _worth_looking_for(record, hidden, texts)
    return {scrub(name, secrets): _scrubbed(one, secrets) for name, one in shown.items()}


def secrets_of(record: Record) -> frozenset[str]:
    """Collect the texts a record withholds, to cut them out of what belongs to it, such as its log."""
    hidden: set[str] = set()
    texts: list[str] = []
    if _needs_reading(record):
        _members(record, hidden, texts, 0)
    else:
        _read_sources(record, hidden, texts)
    return _worth_looking_for(record, hidden, texts)


def _needs_reading(record: Record) -> bool:
    """Whether a record can hold a secret elsewhere than in its data sources; to read through all takes long."""
    try:
        return _may_hold_secret(to_json(record, exclude=_ALWAYS_READ))
    except ValueError:  # it cannot be written as JSON
        return True


def scrub(text: str, secrets: frozenset[str] = frozenset()) -> str:
    """Make what would hide in a text from outside visible, then cut credentials out of it.

    Args:
        text: A name, an error, a log line.
        secrets: Known values to cut out wherever they stand.
    """
    text = sanitize(text)
    if secrets and ("%" in text or "\\" in text):
        secrets = secrets.union(*map(_encoded, secrets))
    # The longest first: one may be a part of another.
    if found := [one for one in secrets if one in text]:
        for secret in sorted(found, key=len, reverse=True):
            text = text.replace(secret, WITHHELD)
    return without_credentials(text)


def _read_sources(record: Record, hidden: set[str], texts: list[str]) -> None:
    for name in _ALWAYS_READ:
        _source(record.get(name), hidden, texts)


def _worth_looking_for(record: Record, hidden: set[str], texts: list[str]) -> frozenset[str]:
    """Give what was hidden, with what will be cut out of the texts that were not, as far as it is long enough."""
    if may_hold_credential("\0".join(texts).encode(errors="replace")):
        for text in texts:
            if may_hold_credential(text.encode(errors="replace")):
                hidden.update(found_in(sanitize(text)))
    if len(hidden) > _MOST_SECRETS:
        hidden = _first(record, hidden)
    return frozenset(sanitize(text) for text in hidden if len(text) >= _SHORTEST_SECRET)


def _first(record: Record, hidden: set[str]) -> set[str]:
    """Keep those of data sources, and the longest of the others."""
    first: set[str] = set()
    _read_sources(record, first, [])
    return first.union(sorted(hidden, key=len)[-_MOST_SECRETS:])


@lru_cache(4096)
def _withheld_as(name: str) -> str:
    """How what is under a name is withheld: as a "source", as a "secret", or not at all."""
    if fold_name(name) in SOURCES:
        return "source"
    return "secret" if looks_secret(name) else ""


def _members(value: Mapping[str, Any], hidden: set[str], texts: list[str], depth: int) -> dict[str, Any]:
    """Copy an object with what is withheld replaced, noting each text that was, and each that was not."""
    shown: dict[str, Any] = {}
    for name, one in value.items():
        if not one and is_unset(one):
            continue
        withheld = _withheld_as(name)
        if not withheld and isinstance(one, str):  # as `_copied` would, sooner: most members are texts
            texts.append(one)
            shown[name] = one
        elif not withheld or (withheld == "secret" and _counts_tokens(name, one)):
            shown[name] = _copied(one, hidden, texts, depth + 1)
        elif withheld == "secret":
            shown[name] = _hide(one, hidden)
        else:
            shown[name] = _source(one, hidden, texts)
    return shown


def _copied(value: Any, hidden: set[str], texts: list[str], depth: int) -> Any:
    if isinstance(value, str):
        texts.append(value)
        return value
    if not isinstance(value, (dict, list)):
        return value
    if depth > _DEEPEST:
        return "[nested too deeply to show]"
    if isinstance(value, list):
        return [_copied(one, hidden, texts, depth + 1) for one in value]
    kind = value.get("@type")
    if isinstance(kind, str) and _SOURCE_TYPE in kind:
        return _source_params(value, hidden, texts)
    return _members(value, hidden, texts, depth)


def _counts_tokens(name: str, value: Any) -> bool:
    """Whether a member such as `max_tokens` is a number of a language model's tokens."""
    return isinstance(value, int | float) and fold_name(name).endswith("tokens")


def _source(source: Any, hidden: set[str], texts: list[str]) -> Any:
    if not isinstance(source, dict):
        return _hide(source, hidden)
    shown: dict[str, Any] = {}
    for name, value in source.items():
        if not value and is_unset(value):
            continue
        if fold_name(name) == "params" and isinstance(value, dict):
            shown[name] = _source_params(value, hidden, texts)
        else:
            named = fold_name(name) == "datasourcedescriptor" and isinstance(value, str)
            shown[name] = value if named else _hide(value, hidden)
    return shown


def _source_params(params: dict[str, Any], hidden: set[str], texts: list[str]) -> dict[str, Any]:
    shown = {}
    for name, value in params.items():
        if not value and is_unset(value):
            continue
        spelt = fold_name(name)
        if spelt not in _SHOWN_OF_SOURCE or not isinstance(value, str):
            shown[name] = _hide(value, hidden)
        elif spelt == "url":
            hidden.update(found_in(sanitize(value)))
            shown[name] = safe_url(value)
        else:
            texts.append(value)
            shown[name] = value
    return shown


def _hide(value: Any, hidden: set[str], depth: int = 0) -> str:
    """Note every text in a value, and what an address among them lets one in with."""
    if isinstance(value, str):
        hidden.add(value)
        if not _ONE_WORD.fullmatch(value):
            hidden.update(_also_written(value))
    elif isinstance(value, (dict, list)) and depth < _DEEPEST:
        for one in value.values() if isinstance(value, dict) else value:
            _hide(one, hidden, depth + 1)
    return WITHHELD


def _also_written(secret: str) -> Iterator[str]:
    """Give a secret as other texts may have it: without blanks, by lines, and in parts."""
    yield secret.strip()
    if "\n" in secret:
        yield from map(str.strip, secret.splitlines())
    yield from parts_of(secret)


def _encoded(secret: str) -> Iterator[str]:
    """Give a secret as addresses and JSON have it."""
    yield quote(secret, safe="", errors="replace")
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield secret.replace("/", "\\/")


def _scrubbed(value: Any, secrets: frozenset[str]) -> Any:
    if isinstance(value, str):
        return value if value == WITHHELD else scrub(value, secrets)
    if isinstance(value, dict):
        return {scrub(name, secrets): _scrubbed(one, secrets) for name, one in value.items()}
    return [_scrubbed(one, secrets) for one in value] if isinstance(value, list) else value
