"""Finds passwords in command lines that do not name them, such as `curl -u` and `mysql -p`; `tools.txt` lists these."""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import product
from typing import NamedTuple

from bytenite_mcp.privacy.classify import is_placeholder, is_random
from bytenite_mcp.privacy.extents import end_of_line
from bytenite_mcp.privacy.spans import Span, join
from bytenite_mcp.privacy.words import read_table


class Tool(NamedTuple):
    """An argument of a command-line tool that is a password: a row of the table."""

    names: str
    before: str
    pair: str = ""


TOOLS = [Tool(*row) for row in read_table("tools.txt")]
_LONGEST = 400
"""The most characters of a command that are read."""

_NAMES = "|".join(f"(?:{tool.names})" for tool in TOOLS)
_VALUE = r"""(?P<value>"[^"\n]{1,200}"|'[^'\n]{1,200}'|[^\s"'|;&]{1,200})"""
_BEGINS = re.compile(rf"(?<![\w.-])(?:{_NAMES})(?=(?:\.exe)?\s)")
_SEPARATOR = re.compile(r"[:%,]")
_READERS = (
    r"(?:--password-stdin|--with-token|\bsudo -S|\bchpasswd|\bpasswd --stdin|\bkinit|\bsecret (?:put|create)"
    r"|\bcryptsetup)"
)
"""Commands that read a password from their input."""

_PIPED = re.compile(
    rf"\b(?:echo|printf)\s+(?:-\w+\s+)?(?P<value>[^|\n]{{1,200}}?)\s*\|[^|\n]{{0,200}}{_READERS}"
)
_AFTER_USER = re.compile(
    r"(?:\s-[ulU][ =]?|\s--user(?:name)?[ =])\S{1,80}\s(?:[^\n|;&]{0,100}?\s)??-[pP][ =]?(?P<value>[^\s|;&]{6,200})"
)
"""The usual flags for a user and a password."""

_HERE = re.compile(
    rf"(?:{_READERS}[^\n|;<]{{0,100}}<<<\s*|::add-mask::)"
    r"""(?P<value>"[^"\n]{1,200}"|'[^'\n]{1,200}'|\S{1,200})"""
)

_LIST = re.compile(r"""\[(?:(?:"[^"\n]{0,400}"|'[^'\n]{0,400}'),? ?){2,100}\]""")
_ITEM = re.compile(r"""(?P<quote>["'])(?P<item>.*?)(?P=quote)""")

HINT = (
    rf"(?:^|[^A-Za-z0-9_.-])(?:{_NAMES})(?:\.exe)?[\s\x22\x27]|--password-stdin|--with-token|add-mask|kinit"
    r"|sudo -S|passwd|secret (?:put|create)"
    r"|cryptsetup|\s-[pP]"
)
"""A pattern, in Rust's syntax: a text without a match has no password that would be found here."""


def find_in_commands(text: str) -> Iterator[Span]:
    """Find passwords in command lines, and in lists of arguments as Python writes them."""
    yield from _find_in_line(text)
    for written in _LIST.finditer(text):
        items = [item.span("item") for item in _ITEM.finditer(text, *written.span())]
        line = " ".join(text[start:end] for start, end in items)
        secrets = {line[start:end] for start, end in _find_in_line(line)}
        for (start, end), secret in product(items, secrets):
            if (found := text.find(secret, start, end)) >= 0:
                yield found, end


def _find_in_line(text: str) -> Iterator[Span]:
    arguments: dict[str, list[Span]] = {}
    for begin in _BEGINS.finditer(text):
        end = min(end_of_line(text, begin.end()), begin.end() + _LONGEST)
        arguments.setdefault(begin[0], []).append((begin.end(), end))
    for name, spans in arguments.items():
        yield from _find_arguments(text, name, join(spans))
    for pattern in (_PIPED, _HERE):
        yield from (
            found.span("value") for found in pattern.finditer(text) if not is_placeholder(found["value"])
        )
    yield from (found.span("value") for found in _AFTER_USER.finditer(text) if is_random(found["value"]))


def _find_arguments(text: str, name: str, spans: Iterable[Span]) -> Iterator[Span]:
    """Find passwords in the arguments of a tool; the arguments of adjacent commands are searched together."""
    tools = [tool for tool in _compile_tools() if tool[0].fullmatch(name)]
    for (start, end), (_, passwords, is_pair) in product(spans, tools):
        for found in passwords.finditer(text, start, end):
            value = found["value"].strip("\"'")
            is_split = not is_pair or _SEPARATOR.search(value)
            if is_split and not is_placeholder(value.rpartition(":")[2]):
                yield found.span("value")


@cache
def _compile_tools() -> list[tuple[re.Pattern[str], re.Pattern[str], bool]]:
    return [
        (re.compile(tool.names), re.compile(rf"(?<=\s){tool.before}{_VALUE}"), bool(tool.pair))
        for tool in TOOLS
    ]
