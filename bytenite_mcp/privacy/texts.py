"""Finds and cuts secrets in texts and their decoded forms, by one list of rules."""

import base64
import html
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import chain, pairwise
from typing import Annotated
from urllib.parse import unquote

from pydantic import StringConstraints, TypeAdapter

from bytenite_mcp.privacy import (
    addresses,
    assignments,
    commands,
    forms,
    names,
    providers,
    tables,
)
from bytenite_mcp.privacy.extents import end_of_line
from bytenite_mcp.privacy.sanitize import sanitize
from bytenite_mcp.privacy.spans import WITHHELD, Span, cut, cut_lines, join
from bytenite_mcp.privacy.words import MIXED, spell_plainly

RULES: tuple[tuple[str, Callable[[str], Iterable[Span]]], ...] = (
    (providers.KEYS_HINT, providers.find_keys),
    (providers.TOKENS_HINT, providers.find_tokens),
    (providers.WEBHOOKS_HINT, providers.find_webhooks),
    (providers.SCHEMES_HINT, providers.find_after_schemes),
    (names.HINT, assignments.find_assigned),
    (names.HINT, tables.find_in_tables),
    (names.HINT, tables.find_inserted),
    (names.HINT, forms.find_in_prose),
    (forms.MANIFEST_HINT, forms.find_in_manifests),
    (addresses.LOGIN_HINT, addresses.find_logins),
    (addresses.QUERY_HINT, addresses.find_in_queries),
    (addresses.CONNECTION_HINT, addresses.find_connections),
    (commands.HINT, commands.find_in_commands),
)
"""All rules, in any order: a pattern, in Rust's syntax, that matches every text with such a secret, and a search."""

WORD_HINT = "[A-Za-z0-9+/]{32}"
CODE_HINT = (
    r"%[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|\\x[0-7]|\\[nt]|&(?:quot|lt|gt|amp|apos|#)|eyJ|[\u0300-\u036f]"
)
"""A pattern: a text that matches neither this nor `WORD_HINT` has nothing that would be found here."""

ANY_HINT = "|".join(sorted({hint for hint, _ in RULES} | {WORD_HINT, CODE_HINT, MIXED}))
"""A pattern that matches every text in which some rule finds something."""

_SHORT = 8_000
_LINES_READ_ON = 60
"""Lines to read after a line with a hint; a key has about fifty."""

_LONGEST_WINDOW = 200_000
_OVERLAP = 20_000
"""More than any rule reads, so that a secret that one window cuts in two is whole in the next."""


@cache
def search_for(pattern: str) -> Callable[[str | bytes], bool]:
    """Make a search with pydantic's regular expressions (Rust's), which take a tenth of the time of Python's.

    The text must be valid UTF-8.
    """
    # Compiled at the first search, because it takes milliseconds and megabytes.
    compiled = cache(
        lambda: TypeAdapter(Annotated[str, StringConstraints(pattern=pattern)]).validator.isinstance_python
    )
    return lambda text: compiled()(text)


may_hold_secret = search_for(ANY_HINT)
"""Whether a rule may find something in a text: a fast check, which most texts pass."""


def scrub(text: str) -> str:
    """Sanitize an untrusted text, and cut credentials out of it."""
    text = sanitize(text)
    return cut(text, find_secrets(text))


def scrub_to_line(text: str, most: int) -> str:
    """Scrub a text, and write at most some characters of it in one line."""
    return " ".join(scrub(text).split())[:most]


def scrub_lines(lines: list[str], separator: str = "\n") -> tuple[list[str], list[str]]:
    """Scrub sanitized lines as one text, because a secret may extend over several; return the parts cut out, too."""
    text = separator.join(lines)
    spans = find_secrets(text)
    return (cut_lines(lines, spans) if spans else lines), [text[start:end] for start, end in spans]


def find_secrets(text: str) -> list[Span]:
    """Find secrets in a text and in its decoded forms; return their spans in order."""
    if not may_hold_secret(text):
        return []
    return join(span for span in _search_windows(text) if text[slice(*span)] != WITHHELD)


def _search_windows(text: str) -> Iterator[Span]:
    """Search the windows of a text; one with a secret near its end is extended, because a table may have many rows."""
    searched = 0
    for start, stop in _find_windows(text):
        while stop > searched:
            parts = _divide(text, start, stop)
            found = [
                (part + begin, part + end) for part, to in parts for begin, end in _find_in(text[part:to])
            ]
            yield from found
            searched = stop
            if found and text.count("\n", max(end for _, end in found), stop) < _LINES_READ_ON // 2:
                stop = end_of_line(text, 2 * stop - start)


def _find_in(text: str) -> Iterator[Span]:
    yield from _find_by_rules(text)
    yield from find_in_encodings(text, _find_by_rules)


def _find_by_rules(text: str) -> Iterator[Span]:
    for spelt in {text, spell_plainly(text)}:
        for hint, find in RULES:
            if search_for(hint)(spelt):
                yield from find(spelt)


def _find_windows(text: str) -> list[Span]:
    """Return the parts of a long text to search: the lines with a hint, one before, and some after each."""
    if len(text) <= _SHORT:
        return [(0, len(text))]
    starts = [0, *(found.end() for found in re.finditer("\n", text)), len(text) + 1]
    hinted = (n for n, line in enumerate(pairwise(starts)) if may_hold_secret(text[slice(*line)]))
    last = len(starts) - 1
    # A value may stand in the line before its name.
    return join((starts[max(n - 1, 0)], starts[min(n + _LINES_READ_ON, last)] - 1) for n in hinted)


def _divide(text: str, start: int, end: int) -> Iterator[Span]:
    """Divide a long window, because a single search keeps other threads waiting."""
    while end - start > _LONGEST_WINDOW:
        yield start, start + _LONGEST_WINDOW
        latest = start + _LONGEST_WINDOW - _OVERLAP
        start = text.rfind("\n", latest - _OVERLAP, latest) + 1 or latest
    yield start, end


# Encoded text: percent-encoding, escapes of JSON and HTML, Base64, hex, combining marks

_CODE = re.compile(
    r"%(?P<percent>[0-7][0-9A-Fa-f])|(?P<bytes>%[C-Fc-f][0-9A-Fa-f](?:%[89ABab][0-9A-Fa-f]){1,3})"
    r"|\\+(?P<control>[nrt])|\\+(?:x|u00)(?P<escape>[0-7][0-9A-Fa-f])"
    r"|\\+u(?P<letter>(?![dD][89A-Fa-f])[0-9A-Fa-f]{4})"
    r"|&(?:quot|lt|gt|amp|apos|#\d{1,3}|#x[0-9a-f]{2});|[^\W\d_][\u0300-\u036f]{1,20}"
)
_BASE64 = re.compile(
    r"(?<![A-Za-z0-9+/_-])(?:[A-Za-z0-9+/]{32,20000}|eyJ[A-Za-z0-9+/_-]{8,20000})={0,2}(?![A-Za-z0-9+/_-])"
)
_HEX = re.compile(r"(?:[0-9a-f]{2})+|(?:[0-9A-F]{2})+")
_DEEPEST = 3
_PRINTABLE = 0.95
"""The fraction of printable characters from which decoded bytes count as text."""

Find = Callable[[str], Iterable[Span]]


def find_in_encodings(text: str, find: Find) -> Iterator[Span]:
    """Search the decoded forms of a text, and return the spans in the text itself."""
    yield from _find_in_escapes(text, find, _DEEPEST)
    for word in _BASE64.finditer(text):
        decoded = _decode_word(word[0])
        if any(True for _ in chain(find(decoded), find_in_encodings(decoded, find))):
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
    # The first character of a letter with marks is the letter.
    return chr(int(digits, 16)) if digits else html.unescape(code[0])[:1]


def _decode_word(word: str) -> str:
    """Decode a word from Base64 or hex; "" if it is neither."""
    bare = word.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        padded = bare + "=" * (-len(bare) % 4)
        text = (
            bytes.fromhex(bare) if _HEX.fullmatch(bare) else base64.b64decode(padded, validate=True)
        ).decode()
    except ValueError:
        return ""
    printable = sum(map(str.isprintable, text)) + text.count("\n")
    return text if printable >= _PRINTABLE * len(text) else ""
