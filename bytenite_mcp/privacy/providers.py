"""Finds credentials by their format: those that `providers.txt` and `webhooks.txt` list, and private keys.

The rest after a prefix must not consist of ordinary words: `sk-learn` is not a key.
"""

import re
from collections.abc import Iterator
from functools import cache
from itertools import zip_longest
from typing import NamedTuple

from bytenite_mcp.privacy.classify import is_placeholder, is_random
from bytenite_mcp.privacy.spans import Span
from bytenite_mcp.privacy.words import is_wordy, read_table


class Format(NamedTuple):
    """The format of a provider's credentials: a row of a table."""

    provider: str
    prefix: str
    rest: str
    sign: str = ""


TOKENS, WEBHOOKS = ([Format(*row) for row in read_table(f"{name}.txt")] for name in ("providers", "webhooks"))
_SCHEMES = re.compile(
    r"(?i:\b(?:bearer|apikey|ssws|(?P<basic>basic))\s{1,3})(?!--|[\[(<{])(?P<value>[^\s\"',;<>)}\]]{8,})"
)


def find_tokens(text: str) -> Iterator[Span]:
    """Find credentials by their format."""
    for found in _compile_tokens().finditer(text):
        if not is_wordy(found[0]):
            yield found.span()


def find_webhooks(text: str) -> Iterator[Span]:
    """Find the secret parts of webhooks' URLs."""
    for found in (found for pattern in _compile_webhooks() for found in pattern.finditer(text)):
        address = found[1].rstrip(".,;:)]}")
        if not is_placeholder(address) and not is_wordy(address):
            yield found.start(1), found.start(1) + len(address)


def find_after_schemes(text: str) -> Iterator[Span]:
    """Find the value after an authorization scheme without the header's name: `Bearer …`, `Basic …`."""
    for found in _SCHEMES.finditer(text):
        if is_random(found["value"]) or (found["basic"] and found["value"].endswith("=")):
            yield found.span("value")


@cache
def _compile_tokens() -> re.Pattern[str]:
    return re.compile(
        r"(?<![A-Za-z0-9])(?:" + "|".join(f"{known.prefix}{known.rest}" for known in TOKENS) + ")"
    )


@cache
def _compile_webhooks() -> list[re.Pattern[str]]:
    return [re.compile(f"{known.prefix}({known.rest})") for known in WEBHOOKS]


SCHEMES_HINT = r"(?i:bearer|basic|apikey|ssws)\s"
_PREFIXES = "|".join(known.prefix for known in TOKENS if not known.sign)
# The class before the prefixes stands once: one before each made the automaton so large that it was often rebuilt.
TOKENS_HINT = "|".join(
    [*(known.sign for known in TOKENS if known.sign), f"(?:^|[^A-Za-z0-9])(?:{_PREFIXES})"]
)
WEBHOOKS_HINT = "|".join(known.prefix for known in WEBHOOKS)
"""Patterns, in Rust's syntax: a text without a match has nothing that the functions above would find."""


# Private keys and PGP blocks of several lines

KEYS_HINT = "BEGIN |Private-Lines:|END [A-Z0-9 ]*PRIVATE KEY"

_MARKS = re.compile(
    r"(?P<begins>-{4,5} ?BEGIN [A-Z0-9 ]{0,40}(?:PRIVATE KEY(?: BLOCK)?|PGP MESSAGE) ?-{4,5}|Private-Lines: \d+)"
    r"|(?P<ends>-{4,5} ?END [A-Z0-9 ]{0,40}PRIVATE KEY ?-{4,5})|-{4,5} ?END [A-Z0-9 ]{0,60}-{4,5}|Private-MAC: \S+"
)
_LINE = re.compile(
    r"(?:\\n|\s){1,4}(?:[^\n]{0,120}[ \t|])??"
    r"(?P<key>[A-Za-z0-9+/]{16,200}={0,2}|[A-Za-z0-9+/]{2,200}={1,2})(?=\s|\\n|[\"']|$)"
)
_LINE_BEFORE = re.compile(r"(?<![A-Za-z0-9+/=])[A-Za-z0-9+/]{4,200}={0,2}(?:\\n|\s){1,20}$")
_LONGEST_LINE = 210
_LONGEST = 20_000


def find_keys(text: str) -> Iterator[Span]:
    """Find keys; a key without its first or last line extends as far as lines look like those of a key."""
    marks = list(_MARKS.finditer(text))
    if marks and marks[0]["ends"]:
        yield _start_of_lines(text, marks[0].start()), marks[0].end()
    for mark, following in zip_longest(marks, marks[1:]):
        if mark["begins"]:
            ended = following and not following["begins"] and following.end() - mark.end() <= _LONGEST
            yield mark.start(), following.end() if ended else _end_of_lines(text, mark.end())


def _start_of_lines(text: str, position: int) -> int:
    while (line := _LINE_BEFORE.search(text, max(0, position - _LONGEST_LINE), position)) and not is_wordy(
        line[0]
    ):
        position = line.start()
    return position


def _end_of_lines(text: str, position: int) -> int:
    while (line := _LINE.match(text, position)) and not is_wordy(line["key"]):
        position = line.end()
    return position
