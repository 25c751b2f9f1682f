"""Finds the extent of a value after a name: quoted, in brackets, in the lines below, or plain.

Each search is bounded, so that the time is linear in the length of the text.
"""

import re
from collections.abc import Iterator

from bytenite_mcp.privacy.classify import is_placeholder, is_random
from bytenite_mcp.privacy.spans import Span
from bytenite_mcp.privacy.words import is_wordy

OPEN_QUOTE = re.compile(r"""[\\$bruf@]{0,4}["'`]""")

_QUOTED = r"""\$?"(?:[^"\\]|\\.|"")*+"|\$?'(?:[^'\\]|\\.|'')*+'|`[^`]*+`"""
_SHELL_WORD = re.compile(rf"""[bruf@]?(?:{_QUOTED})(?:{_QUOTED}|\\'|[^\s,;:)\]}}>&|"'\\<]++)*""", re.DOTALL)
_WHOLE = (
    re.compile(r"""[bruf]?(\"{3}|'{3})(?P<value>.*?)\1""", re.DOTALL),
    re.compile(r"""(?P<quote>\\+["'])(?P<value>.*?)(?<!\\)(?P=quote)""", re.DOTALL),
    re.compile(r"\{(?P<value>(?:[^{}\n\"':]|:(?! )|\}\})*+)\}(?=[;\"']|$)"),
)
"""Values in triple quotes, in escaped quotes, and in the braces of ODBC."""

_RUN = re.compile(r"(?:\\.|[\S\xa0])++")
_BRACKET = re.compile(
    r"""[\[\](){}]|(?<![\w\\])[bru]?(?P<quoted>"(?:[^"\\\n]|\\.)*+"|'(?:[^'\\\n]|\\.)*+')"""
)
_OPENING = {")": "(", "]": "[", "}": "{"}
_NEXT = re.compile(
    r"""[,;&][ ]?["']?[A-Za-z_](?:[\w.-]{0,40}|[A-Za-z]{0,20}(?:[ ][A-Z][A-Za-z]{0,20}){1,3})["']?  # another name
    [ ]?[=:](?!/)
    | ["'`](?=[\s,;:)\]}>]|$)                                     # the quote it stands in
    | \\[nrt](?=[\w"'\[{-])                                       # a line's end in codes""",
    re.VERBOSE,
)
"""Patterns that end an unquoted value before the next space."""

_COMMAND = re.compile(r"\s+(?:[\w./-]+\s+){0,3}(?:-{1,2}\w|[\w.]+=|[|>]|&&? |\./)")
"""What follows an assignment in front of a command: the command with its flags, or another assignment."""

_SHORT, _LONG = 400, 20_000
_MOST_TRAILING = 20
_TRAILING = ".,;:!?>\"'`\\|"


def read_quoted(text: str, start: int) -> Span | None:
    """Return the span inside quotes, including all adjacent parts; an unclosed quote extends to the end of the line."""
    limit = start + _LONG
    for pattern in _WHOLE:
        if found := pattern.match(text, start, limit):
            return found.span("value")
    opening = OPEN_QUOTE.match(text, start)
    if not opening:
        return None
    found = _SHELL_WORD.match(text, start, limit)
    if not found:
        return opening.end(), end_of_line(text, opening.end())
    quote = opening[0][-1]
    whole = found[0].count(quote) == 2 and found[0].endswith(quote)
    return (opening.end(), found.end() - 1) if whole else found.span()


def read_plain(text: str, start: int) -> Span | None:
    """Return the span of an unquoted value: up to a space, or to the next name."""
    found = _RUN.match(text, start, start + _SHORT)
    if not found:
        return None
    end = _before_next(text, start, found.end())
    if end == start + _SHORT and (longer := _RUN.match(text, start)):
        end = longer.end()
    return start, _trim(text, start, end)


def read_to(text: str, start: int, end: int) -> Span:
    """Return the span of a value up to `end`, or of its first word if other text follows it."""
    end = _before_next(text, start, end)
    first = _RUN.match(text, start, end)
    if first and first.end() < end:
        rest = text[first.end() : end]
        word = first[0]
        is_variable = word.startswith("$") and is_placeholder(word)
        if is_variable or _COMMAND.match(rest) or (is_random(word) and is_wordy(rest)):
            end = first.end()
    return start, _trim(text, start, end)


def read_brackets(text: str, start: int) -> Span:
    """Return the span between brackets; if they are not closed, or far below, the rest of the line, or a block."""
    depth = 0
    for found in _BRACKET.finditer(text, start, start + 10 * _SHORT):
        depth += 0 if found["quoted"] else -1 if found[0] in _OPENING else 1
        if depth == 0:
            return start + 1, found.start()
    line, end = text.rfind("\n", 0, start) + 1, end_of_line(text, start)
    if not text[start + 1 : end].strip():
        end = max([end, *(stop for _, stop in read_block(text, end + 1, indent_of(text[line:end])))])
    return start + 1, end


def read_block(text: str, start: int, indent: int) -> Iterator[Span]:
    """Yield the lines from `start` that are indented deeper."""
    while start < len(text):
        end = end_of_line(text, start)
        line = text[start:end]
        if line.strip() and indent_of(line) <= indent:
            return
        yield start + len(line) - len(line.lstrip()), start + len(line.rstrip())
        start = end + 1


def indent_of(line: str) -> int:
    """Count the leading spaces of a line; text after the dash of a list is two deeper."""
    bare = line.lstrip(" \t")
    return len(line) - len(bare) + (2 if bare.startswith("- ") else 0)


def end_of_line(text: str, start: int) -> int:
    """Return where a line ends."""
    end = text.find("\n", start)
    return end if end >= 0 else len(text)


def _before_next(text: str, start: int, end: int) -> int:
    found = _NEXT.search(text, start, end)
    return found.start() if found else end


def _trim(text: str, start: int, end: int) -> int:
    """Exclude the punctuation or bracket after a value."""
    for _ in range(_MOST_TRAILING):
        last = text[end - 1 : end]
        opening = _OPENING.get(last)
        unmatched = opening and text.count(opening, start, end) < text.count(last, start, end)
        if end <= start or not (last in _TRAILING or unmatched) or is_placeholder(text[start:end]):
            break
        end -= 1
    return end
