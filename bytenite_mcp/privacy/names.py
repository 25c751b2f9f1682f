"""Rates names by how surely their values are secrets.

A name is split into words, and rated by its last word together with the one before; if these say nothing, by those with
which it begins.
"""

from enum import IntEnum
from functools import lru_cache
from itertools import pairwise

from bytenite_mcp.privacy.words import WORDS, split_name


class Strength(IntEnum):
    """How surely the value of a name is a secret."""

    NONE = 0
    WEAK = 1
    """The value may be a secret: its form decides."""

    COUNTED = 2
    """The value is a secret, unless it is a placeholder or a number, as in `pass: 3` of tests or encoders."""

    STRONG = 3
    """The value is a secret, unless it is a placeholder."""

    @property
    def is_sure(self) -> bool:
        """Whether values are withheld even if they look like words."""
        return self > Strength.WEAK


STRONG_WORDS = WORDS["strong"]
PAIRS = {
    (before, last): strength
    for strength in (Strength.WEAK, Strength.STRONG)
    for title, words in WORDS.items()
    for last in [title.removeprefix(f"{strength.name.lower()} ")]
    for before in (words if last != title else ())
} | {("", "pass"): Strength.COUNTED}
"""Pairs of words whose strength differs from that of the last word alone."""

_JOINED_SUFFIXES = ("data", "value", "string", "file", "b64", "hash")
"""Suffixes that may be joined to the word before."""

_PREPOSITIONS = ("for", "of", "from")

_TERMS = STRONG_WORDS | WORDS["weak"]
_JOINED = sorted(
    {
        word
        for word in _TERMS | {"tokens", "keys", "secrets", "passwords", "credentials", "cookies"}
        if word.isascii()
    }
    - WORDS["never joined"],
    key=len,
    reverse=True,
)
_ENDS = _TERMS | {last for _, last in PAIRS}
_FIRST_PAIRS = frozenset(f"{before} {last}" for before in WORDS["first pair"] for last in ("key", "token"))

_LONGEST = 100
"""The most characters of a name that are read; the first ones are ignored."""


@lru_cache(8192)
def strength_of(name: str) -> Strength:
    """Rate how surely the value of a name is a secret, regardless of the name's case and separators."""
    words = _relevant_words(name[-_LONGEST:])
    if not words:
        return Strength.NONE
    if words[0] in WORDS["noun first"]:
        words = words[:1]
    strength = _rate(words)
    # What follows a secret's name may say whose it is: `PASSWORD_DB`, `API_KEY_OPENAI`.
    if not strength and words[-1] not in WORDS["describing"] | WORDS["other"] and _begins_with_secret(words):
        return Strength.WEAK
    return strength


def _begins_with_secret(words: list[str]) -> bool:
    pairs = (f"{one} {other}" for one, other in pairwise(words[:-1]))
    return not WORDS["first"].isdisjoint(words[:-1]) or not _FIRST_PAIRS.isdisjoint(pairs)


def _rate(words: list[str]) -> Strength:
    """Rate words by the last of them together with the one before."""
    last, before = words[-1], words[-2] if len(words) > 1 else ""
    if strength := PAIRS.get((before, last)):
        return strength
    if before in WORDS.get(f"harmless {last}", ()):
        return Strength.NONE
    return (
        Strength.STRONG if last in STRONG_WORDS else Strength.WEAK if last in WORDS["weak"] else Strength.NONE
    )


@lru_cache(8192)
def may_end_name(name: str) -> bool:
    """Whether a word is a secret's name, alone or after another word."""
    words = _relevant_words(name[-_LONGEST:])
    return bool(words) and (words[-1] in _ENDS or strength_of(name) > Strength.NONE)


@lru_cache(4096)
def is_describing(name: str) -> bool:
    """Whether a member of a secret object only describes the secret, and so is harmless."""
    words = split_name(name)
    return bool(words) and words[-1] in WORDS["describing"]


def is_getter(name: str) -> bool:
    """Whether a function's name says that it returns a secret, so that its arguments are harmless."""
    return not WORDS["getter"].isdisjoint(_relevant_words(name[-_LONGEST:])[:-1])


@lru_cache(4096)
def fold_name(name: str) -> str:
    """Normalize the case and separators of a name."""
    return name.replace("_", "").replace("-", "").lower()


def _relevant_words(name: str) -> list[str]:
    """Split a name into words, joined ones too, and remove ignored words from its end."""
    words = [part for word in split_name(name) for part in _split_joined(word)]
    if words[:3] == ["mot", "de", "passe"]:
        return words[:3]
    for preposition in _PREPOSITIONS:
        if preposition in words[1:]:
            words = words[: words.index(preposition, 1)]
    if words[-3:] == ["core", "windows", "net"] and "key" in words:
        words = words[: words.index("key") + 1]
    while words and (words[-1] in WORDS["suffix"] or words[-1].isdecimal()):
        words.pop()
    if words and words[-1] not in _TERMS and words[-1].removesuffix("s") in _ENDS:
        words[-1] = words[-1].removesuffix("s")
    return words


def _split_joined(word: str) -> list[str]:
    """Split a joined word that ends like a secret's name: `openaikey`, `dbpass`, `keydata`."""
    for suffix in _JOINED_SUFFIXES:
        rest = word.removesuffix(suffix)
        if rest != word and any(map(rest.endswith, _JOINED)):
            return [*_split_joined(rest), suffix]
    if word not in _TERMS and word not in WORDS["whole"]:
        for end in _JOINED:
            if word.endswith(end) and word != end:
                return [*_split_joined(word.removesuffix(end)), end]
    return [word]


def _hint() -> str:
    short = sorted(WORDS["never joined"])
    spelt = "|".join(sorted(_TERMS - WORDS["never joined"]))
    pairs = "|".join(f"{before}[^A-Za-z]*{last}" for before, last in sorted(PAIRS) if last not in _TERMS)
    alone = "|".join(spelling for word in short for spelling in (word, word.capitalize(), word.upper()))
    camel = "|".join(word.capitalize() for word in short)
    # A text that ends with a name has no value after it, but may have one before.
    ends = "(?:[A-Z0-9_.-][A-Za-z0-9_.-]*)?[^A-Za-z0-9_.-]"
    return (
        rf"(?i:{spelt}|{pairs})(?i:s|{'|'.join(_JOINED_SUFFIXES)})?{ends}"
        rf"|(?:^|[^A-Za-z]|[A-Z])(?:{alone})[sS]?{ends}|[a-z](?:{camel})s?{ends}|<U\+"
        r"|(?: (?:as|is|for|=) |value: [^\n]+\n)[A-Za-z_ :]*$"
    )


HINT = _hint()
"""A pattern, in Rust's syntax: a text without a match has no secret's name."""
