"""Finds private keys and PGP blocks of several lines."""

import re
from collections.abc import Iterator
from itertools import zip_longest

from bytenite_mcp.privacy.spans import Span
from bytenite_mcp.privacy.words import is_wordy

HINT = "BEGIN |Private-Lines:|END [A-Z0-9 ]*PRIVATE KEY"

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
