"""Finds secrets in encoded text: percent-encoding, escapes of JSON and HTML, Base64, hex, combining marks."""

import base64
import binascii
import html
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from urllib.parse import unquote

from bytenite_mcp.privacy.spans import Span

WORD_HINT = "[A-Za-z0-9+/]{32}"
HINT = r"%[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|\\x[0-7]|\\[nt]|&(?:quot|lt|gt|amp|apos|#)|eyJ|[\u0300-\u036f]"
"""A pattern: a text that matches neither this nor `WORD_HINT` has nothing that would be found here."""

_CODE = re.compile(
    r"%(?P<percent>[0-7][0-9A-Fa-f])|(?P<bytes>%[C-Fc-f][0-9A-Fa-f](?:%[89ABab][0-9A-Fa-f]){1,3})"
    r"|\\+(?P<control>[nrt])|\\+(?:x|u00)(?P<escape>[0-7][0-9A-Fa-f])"
    r"|\\+u(?P<letter>(?![dD][89A-Fa-f])[0-9A-Fa-f]{4})"
    r"|&(?:quot|lt|gt|amp|apos|#\d{1,3}|#x[0-9a-f]{2});|(?P<marked>[^\W\d_])[\u0300-\u036f]{1,20}"
)
_BASE64 = re.compile(
    r"(?<![A-Za-z0-9+/_-])(?:[A-Za-z0-9+/]{32,20000}|eyJ[A-Za-z0-9+/_-]{8,20000})={0,2}(?![A-Za-z0-9+/_-])"
)
_HEX = re.compile(r"(?:[0-9a-f]{2})+|(?:[0-9A-F]{2})+")
_DEEPEST = 3
_PRINTABLE = 0.95
"""The fraction of printable characters from which decoded bytes count as text."""

Find = Callable[[str], Iterable[Span]]


def find_in_codes(text: str, find: Find) -> Iterator[Span]:
    """Search the decoded forms of a text, and return the spans in the text itself."""
    yield from _find_in_escapes(text, find, _DEEPEST)
    for word in _BASE64.finditer(text):
        decoded = _decode_word(word[0])
        if any(True for _ in chain(find(decoded), find_in_codes(decoded, find))):
            yield word.span()


def _find_in_escapes(text: str, find: Find, depth: int) -> Iterator[Span]:
    decoded, places, offsets = _decode(text)
    if not places or not depth:
        return

    def to_original(place: int) -> int:
        n = bisect_right(places, place) - 1
        return place if n < 0 else offsets[n] + place - places[n]

    for start, end in [*find(decoded), *_find_in_escapes(decoded, find, depth - 1)]:
        yield to_original(start), to_original(end)


def _decode(text: str) -> tuple[str, list[int], list[int]]:
    """Decode a text; return it with the start and end of each of its characters in the original text."""
    parts: list[str] = []
    places: list[int] = []
    offsets: list[int] = []
    position = length = 0
    for code in _CODE.finditer(text):
        parts += [text[position : code.start()], _decode_character(code)]
        length += code.start() - position + 1
        places += [length - 1, length]
        offsets += [code.start(), code.end()]
        position = code.end()
    return "".join([*parts, text[position:]]), places, offsets


def _decode_character(code: re.Match[str]) -> str:
    digits = code["percent"] or code["escape"] or code["letter"]
    if code["bytes"]:
        return unquote(code["bytes"])[:1]
    if code["control"]:
        return "\t" if code["control"] == "t" else "\n"
    return code["marked"] or (chr(int(digits, 16)) if digits else html.unescape(code[0])[:1])


def _decode_word(word: str) -> str:
    """Decode a word from Base64 or hex; "" if it is neither."""
    bare = word.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        padded = bare + "=" * (-len(bare) % 4)
        text = (
            bytes.fromhex(bare) if _HEX.fullmatch(bare) else base64.b64decode(padded, validate=True)
        ).decode()
    except (binascii.Error, ValueError):
        return ""
    printable = sum(map(str.isprintable, text)) + text.count("\n")
    return text if printable >= _PRINTABLE * len(text) else ""
