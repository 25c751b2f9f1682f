"""Cuts values that were withheld in one place of a record out of the rest of it."""

import json
import re
from collections.abc import Iterable, Iterator, Set
from urllib.parse import quote, unquote

from bytenite_mcp.api.values import Json
from bytenite_mcp.privacy.classify import SHORTEST_CUT, is_worth_cutting
from bytenite_mcp.privacy.spans import WITHHELD

_MOST = 200
"""The most withheld values of a record that are searched for elsewhere; only whole data sets have more."""

_PIECES = re.compile(r"[\s:@?&=\"',;]+")
_PERCENT = re.compile(rb"%[0-9A-Fa-f]{2}")
_ONE_WORD = re.compile(r"[\w.~+-]+")
_SHORTEST_STEP = 16
"""The fewest characters of a path segment that counts as a credential by itself."""


def choose_secrets(withheld: Iterable[str]) -> frozenset[str]:
    """Choose the values to search for elsewhere: those that can only be secrets."""
    pieces = {piece for value in withheld for piece in _pieces(value) if is_worth_cutting(piece)}
    return frozenset(sorted(pieces, key=len)[-_MOST:])


def find_repeated(withheld: Iterable[str], text: bytes) -> frozenset[str]:
    """Choose the values that occur in a JSON text: most do not, and need no search in the record."""
    # Encoded values would not be found by a search, so they are kept.
    if b"\\" in text or (b"%" in text and _PERCENT.search(text)):
        return choose_secrets(withheld)
    found = [piece for value in withheld for piece in _pieces(value) if piece.encode() in text]
    return choose_secrets(found)


def cut_everywhere(value: Json, secrets: frozenset[str], kept: Set[str] = frozenset()) -> Json:
    """Cut secrets out of all texts, numbers and members' names of a value, except the top-level members in `kept`."""
    if isinstance(value, str):
        return cut_out(value, secrets)
    if isinstance(value, dict):
        return {
            cut_out(name, secrets): inner if name in kept else cut_everywhere(inner, secrets)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [cut_everywhere(item, secrets) for item in value]
    return WITHHELD if str(value) in secrets else value


def cut_out(text: str, secrets: frozenset[str]) -> str:
    """Cut secrets out of a text."""
    if "%" in text or "\\" in text:
        secrets = secrets.union(*map(_encoded, secrets))
    # The longest first, because one may be a part of another.
    for secret in sorted((secret for secret in secrets if secret in text), key=len, reverse=True):
        text = text.replace(secret, WITHHELD)
    return text


def _pieces(value: str) -> Iterable[str]:
    """Yield the parts of a withheld value to search for: stripped, each line, and parts that may be credentials."""
    if len(value) < SHORTEST_CUT:
        return ()
    return (value,) if _ONE_WORD.fullmatch(value) else _pieces_of_many(value)


def _pieces_of_many(value: str) -> Iterator[str]:
    yield from map(str.strip, (value, *value.splitlines()))
    for piece in _PIECES.split(value):
        yield from (piece, unquote(piece))
        yield from (step for step in piece.split("/") if len(step) >= _SHORTEST_STEP)


def _encoded(secret: str) -> Iterator[str]:
    """Yield a secret as it is encoded in URLs and JSON."""
    yield quote(secret, safe="", errors="replace")
    yield from (json.dumps(secret, ensure_ascii=only_ascii)[1:-1] for only_ascii in (False, True))
    yield secret.replace("/", "\\/")
