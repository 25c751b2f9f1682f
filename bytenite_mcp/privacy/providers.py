"""Finds credentials by their format, which `providers.txt` and `webhooks.txt` list.

The rest after a prefix must not consist of ordinary words: `sk-learn` is not a key.
"""

import re
from collections.abc import Iterator
from functools import cache
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
