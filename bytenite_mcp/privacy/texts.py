"""Finds and cuts secrets in texts, by one list of rules."""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import pairwise
from typing import Annotated

from pydantic import StringConstraints, TypeAdapter

from bytenite_mcp.privacy import (
    addresses,
    assignments,
    commands,
    decodings,
    forms,
    names,
    providers,
    tables,
)
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

ANY_HINT = "|".join(sorted({hint for hint, _ in RULES} | {decodings.WORD_HINT, decodings.HINT, MIXED}))
"""A pattern that matches every text in which some rule finds something."""

_SHORT = 8_000
_LINES_READ_ON = 60
"""Lines after one with a hint that a rule may need: a key has about fifty."""

_LONGEST_WINDOW = 200_000
_OVERLAP = 20_000
"""More than any rule reads at once, so that what one window cuts in two is whole in the next."""


@cache
def search_for(pattern: str) -> Callable[[str | bytes], bool]:
    """Make a search with pydantic's regular expressions (Rust's), which take a tenth of the time of Python's.

    The text must be valid UTF-8.
    """
    # Compiled at the first search: it takes milliseconds and megabytes that a start is not worth.
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


def scrub_lines(lines: list[str], separator: str = "\n") -> tuple[list[str], list[str]]:
    """Scrub lines as one text, because a secret may extend over several; return them with the parts cut out."""
    lines = [sanitize(line) for line in lines]
    text = separator.join(lines)
    spans = find_secrets(text)
    return (cut_lines(lines, spans) if spans else lines), [text[start:end] for start, end in spans]


def find_secrets(text: str) -> list[Span]:
    """Find secrets in a text and in its decoded forms; return their spans in order."""
    if not may_hold_secret(text):
        return []
    found = [
        (start + begin, start + end)
        for start, stop in _find_windows(text)
        for begin, end in _find_in(text[start:stop])
    ]
    return join(span for span in found if text[slice(*span)] != WITHHELD)


def _find_in(text: str) -> Iterator[Span]:
    yield from _find_by_rules(text)
    yield from decodings.find_in_codes(text, _find_by_rules)


def _find_by_rules(text: str) -> Iterator[Span]:
    for spelt in {text, spell_plainly(text)}:
        for hint, find in RULES:
            if search_for(hint)(spelt):
                yield from find(spelt)


def _find_windows(text: str) -> list[Span]:
    """Return the parts of a long text to search: the lines with a hint, and some after each."""
    if len(text) <= _SHORT:
        return [(0, len(text))]
    starts = [0, *(found.end() for found in re.finditer("\n", text)), len(text) + 1]
    hinted = (n for n, line in enumerate(pairwise(starts)) if may_hold_secret(text[slice(*line)]))
    windows = join((starts[n], starts[min(n + _LINES_READ_ON, len(starts) - 1)] - 1) for n in hinted)
    return [part for window in windows for part in _divide(text, *window)]


def _divide(text: str, start: int, end: int) -> Iterator[Span]:
    """Divide a long window, because a single search keeps other threads waiting."""
    while end - start > _LONGEST_WINDOW:
        yield start, start + _LONGEST_WINDOW
        latest = start + _LONGEST_WINDOW - _OVERLAP
        start = text.rfind("\n", latest - _OVERLAP, latest) + 1 or latest
    yield start, end
