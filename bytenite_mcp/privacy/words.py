"""Words: splits names into words, and checks whether values consist of ordinary words."""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from importlib.resources import files
from string import ascii_lowercase, ascii_uppercase, digits

_COLUMNS = re.compile(" {2,}")
_PARTS = re.compile(r"[bB](?:[aA][sS][eE])?64|[A-Z]+(?![a-z])|[A-Z]?[^\W\d_A-Z]+|\d+")
_HIDDEN = re.compile(r"<U\+[0-9A-F]{4,6}>|[\u0300-\u036f]")
_LATIN = str.maketrans(
    "\u0430\u0441\u0435\u043e\u0440\u0445\u0443\u0456\u0455\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0425\u03bf\u03b1"
    + "".join(map(chr, [*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B)])),
    "aceopxyisABEKMHOPCTXoa" + digits + ascii_uppercase + ascii_lowercase,
)
"""Letters of other alphabets, and full-width ones, that look like Latin letters."""

MIXED = (
    "[A-Za-z][\u0370-\u03ff\u0400-\u04ff]|[\u0370-\u03ff\u0400-\u04ff][A-Za-z]|[\uff21-\uff3a\uff41-\uff5a]"
)
"""A pattern of words that mix alphabets or have full-width letters, and so may imitate other words."""

_MIXED = re.compile(MIXED)
_PLAIN = str.maketrans("│┃║“”„«»→➜", "|||" + 5 * '"' + "==")
_CONTINUED = re.compile(r"[\\`^]\r?\n(?:> )?|^> ", re.MULTILINE)
_ZERO = re.compile(r"(?<=[A-Za-z])0(?=[A-Za-z])")
_TOKENS = re.compile(r"[^\W_]+")
_CASES = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_LONG_PARTS = re.compile(r"[A-Z]{4,}(?![a-z])|[A-Z]?[a-z]{3,}")
_CODE = re.compile(r"([A-Za-z]+)\d{1,3}|\d{1,4}([A-Za-z]{1,3})|([A-Za-z])\d{1,3}[A-Za-z]?\d?")
"""A word with a number at its end or start, such as `sha256`, `layer12`, `720p`, `s3v4`."""


def read_table(name: str) -> list[list[str]]:
    """Read the rows of a file of this package, with columns that are separated by two or more spaces."""
    text = (files(__package__) / name).read_text(encoding="utf-8")
    return [_COLUMNS.split(line) for line in text.splitlines() if not line.startswith("#")]


def _read_lists(name: str) -> dict[str, frozenset[str]]:
    lists: dict[str, frozenset[str]] = {}
    for title, words in read_table(name):
        lists[title] = lists.get(title, frozenset()) | frozenset(words.split())
    return lists


WORDS = _read_lists("lists.txt")
"""Lists of words, which the file explains."""


@cache
def _dictionary() -> frozenset[str]:
    return frozenset(word for [line] in read_table("words.txt") for word in line.split())


@cache
def _triples() -> frozenset[str]:
    """Return all sequences of three letters in ordinary words."""
    return frozenset(word[n : n + 3] for word in _dictionary() for n in range(len(word) - 2))


def spell_plainly(text: str) -> str:
    """Write a text in plain letters and lines, without changing its length.

    Letters of words in mixed alphabets become the Latin letters they look like, drawn bars become `|`, typographic
    quotes straight ones, arrows `=`, a line that the shell continues is joined with
    the next, and the marks of quoted lines are spaces.
    """
    text = _CONTINUED.sub(lambda end: " " * len(end[0]), text)
    if text.isascii():
        return text
    return (text.translate(_LATIN) if _MIXED.search(text) else text).translate(_PLAIN)


def split_name(name: str) -> list[str]:
    """Split a member's name into words in lower case: `dbPass`, `DB_PASS`, `SSHKey`, `x-functions-key`."""
    return [part.lower() for part in _PARTS.findall(_ZERO.sub("o", spell_plainly(_HIDDEN.sub("", name))))]


def in_dictionary(word: str) -> bool:
    """Whether a lower-case word or its singular is in the dictionary."""
    return word in _dictionary() or (word.endswith("s") and word[:-1] in _dictionary())


@lru_cache(4096)
def is_word(word: str) -> bool:
    """Whether letters are an ordinary word, or resemble one by their sequences of three letters."""
    word = "".join(c for c in unicodedata.normalize("NFKD", word.lower()) if not unicodedata.combining(c))
    if not word.isascii():
        return True
    if len(word) <= 3 or in_dictionary(word) or any(in_dictionary(stem) for stem in _stems(word)):
        return True
    triples = [word[n : n + 3] for n in range(len(word) - 2)]
    return len(word) <= 20 and sum(map(_triples().__contains__, triples)) >= 0.75 * len(triples)


def _stems(word: str) -> Iterator[str]:
    for ending in ("ed", "er", "ing", "ly"):
        if word.endswith(ending):
            yield from (word.removesuffix(ending), word.removesuffix(ending) + "e")
    if word.endswith("ied"):
        yield word.removesuffix("ied") + "y"


def is_wordy(text: str) -> bool:
    """Whether a text consists of ordinary words and small numbers, like names, paths and sentences."""
    tokens = _TOKENS.findall(text)
    odd = [token for token in tokens if not token.isalpha() and not (token.isdecimal() and len(token) <= 6)]
    if not all(map(_is_code, odd)):
        return False
    words = [token for token in tokens if token.isalpha()]
    short = sum(len(token) < 4 for token in words)
    # Many short words without spaces are more likely a generated identifier.
    few = short <= max(3, len(words) // 2) or any(map(str.isspace, text))
    return few and len(odd) <= max(len(words), 1) and all(map(_consists_of_words, words))


def without_words(text: str) -> str:
    """Remove dictionary words from a text: little remains of a name, and nearly all of a random key."""
    return _LONG_PARTS.sub(lambda part: "" if in_dictionary(part[0].lower()) else part[0], text)


def _is_code(token: str) -> bool:
    found = _CODE.fullmatch(token)
    if not found:
        return False
    letters = found[1] or found[2] or found[3]
    return len(letters) == 1 or in_dictionary(letters.lower())


def _consists_of_words(token: str) -> bool:
    """Whether letters are a word, or words in camel case; random letters change case more often."""
    parts = _CASES.findall(token) if token.isascii() else [token]
    return len(parts) <= 1 + len(token) // 5 and all(map(is_word, parts))
