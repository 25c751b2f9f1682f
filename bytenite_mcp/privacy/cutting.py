"""What was withheld in one place of a record, cut out of its other places."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote, unquote

from bytenite_mcp.privacy.looks import SHORTEST_CUT, is_worth_cutting
from bytenite_mcp.privacy.spans import WITHHELD

_MOST = 200
"""Withheld values of one record that are looked for elsewhere, the longest; more come only with whole data sets."""

_PIECES = re.compile(r"[\s:@?&=\"',;]+")
_PERCENT = re.compile(rb"%[0-9A-Fa-f]{2}")
_ONE_WORD = re.compile(r"[\w.~+-]+")
_SHORTEST_STEP = 16
"""Characters of a step of a path that lets one in by itself."""


def choose_secrets(withheld: Iterable[str]) -> frozenset[str]:
    """Choose what is looked for elsewhere: what could be mistaken for nothing else."""
    pieces = {piece for value in withheld for piece in _pieces(value) if is_worth_cutting(piece)}
    return frozenset(sorted(pieces, key=len)[-_MOST:])


def find_repeated(withheld: Iterable[str], text: bytes) -> frozenset[str]:
    """Choose of them those that stand in a text, which is JSON; to look for them first takes less time."""
    # What is written in codes stands there unseen.
    if b"\\" in text or (b"%" in text and _PERCENT.search(text)):
        return choose_secrets(withheld)
    found = [piece for value in withheld for piece in _pieces(value) if piece.encode() in text]
    return choose_secrets(found)


def cut_everywhere(value: Any, secrets: frozenset[str], kept: frozenset[str] = frozenset()) -> Any:
    """Cut secrets out of every text in a value, members' names included, but not out of its own members in `kept`."""
    if isinstance(value, str):
        return _cut_out(value, secrets)
    if isinstance(value, dict):
        return {
            _cut_out(name, secrets): inner if name in kept else cut_everywhere(inner, secrets)
            for name, inner in value.items()
        }
    return [cut_everywhere(item, secrets) for item in value] if isinstance(value, list) else value


def _cut_out(text: str, secrets: frozenset[str]) -> str:
    if "%" in text or "\\" in text:
        secrets = secrets.union(*map(_encoded, secrets))
    # The longest first: one may be a part of another.
    for secret in sorted((secret for secret in secrets if secret in text), key=len, reverse=True):
        text = text.replace(secret, WITHHELD)
    return text


def _pieces(value: str) -> Iterable[str]:
    """Give a withheld value as other texts may have it: without blanks, by lines, and what lets one in by itself."""
    if len(value) < SHORTEST_CUT:
        return ()
    return (value,) if _ONE_WORD.fullmatch(value) else _pieces_of_many(value)


def _pieces_of_many(value: str) -> Iterator[str]:
    yield value.strip()
    if "\n" in value:
        yield from map(str.strip, value.splitlines())
    for piece in _PIECES.split(value):
        if len(piece) >= SHORTEST_CUT:
            yield piece
            if "%" in piece:
                yield unquote(piece)
            if "/" in piece:
                yield from (step for step in piece.split("/") if len(step) >= _SHORTEST_STEP)


def _encoded(secret: str) -> Iterator[str]:
    """Give a secret as addresses and JSON have it."""
    yield quote(secret, safe="", errors="replace")
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield secret.replace("/", "\\/")
