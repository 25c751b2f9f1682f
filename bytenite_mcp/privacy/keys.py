"""Private keys and PGP blocks, over as many lines as they have."""

import re
from collections.abc import Iterator

from bytenite_mcp.privacy.spans import Span
from bytenite_mcp.privacy.words import is_wordy

HINT = "BEGIN |Private-Lines:"

_BEGINS = re.compile(
    r"-{4,5} ?BEGIN [A-Z0-9 ]{0,40}(?:PRIVATE KEY(?: BLOCK)?|PGP MESSAGE) ?-{4,5}|Private-Lines: \d+"
)
_ENDS = re.compile(r"-{4,5} ?END [A-Z0-9 ]{0,60}-{4,5}|Private-MAC: \S+")
_LINE = re.compile(
    r"(?:\\n|\s){1,4}(?:[^\n]{0,120}[ \t|])??"
    r"(?P<key>[A-Za-z0-9+/]{16,200}={0,2}|[A-Za-z0-9+/]{2,200}={1,2})(?=\s|\\n|[\"']|$)"
)
_LONGEST = 20_000


def find_keys(text: str) -> Iterator[Span]:
    """Give where keys stand; one whose end is missing goes on as long as its lines look like a key's."""
    position = 0
    while begin := _BEGINS.search(text, position):
        end = _ENDS.search(text, begin.end(), begin.end() + _LONGEST)
        position = end.end() if end else _end_of_lines(text, begin.end())
        yield begin.start(), position


def _end_of_lines(text: str, position: int) -> int:
    while (line := _LINE.match(text, position)) and not is_wordy(line["key"]):
        position = line.end()
    return position
