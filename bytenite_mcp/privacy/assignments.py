"""Finds values of secret names in texts: env, JSON, YAML, TOML, headers, code. The forms without = or : are in `forms`.

A name is found first, anywhere in the text; the text after it determines the form of its value.
"""

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from itertools import takewhile

from bytenite_mcp.privacy.classify import is_placeholder, is_random
from bytenite_mcp.privacy.extents import end_of_line, indent_of, read_block, read_plain, read_to
from bytenite_mcp.privacy.forms import END, HEREDOC, find_before, find_beside
from bytenite_mcp.privacy.named_values import (
    Named,
    closes_quote,
    find_secret,
    find_value,
    has_no_value,
    is_marked,
)
from bytenite_mcp.privacy.names import Strength, is_describing, may_end_name, strength_of
from bytenite_mcp.privacy.spans import Span

_NAME = re.compile(r"(?:[\w.-]|<U\+[0-9A-F]{4,6}>)+")
_WORD_BEFORE = re.compile(r"([^\W_][\w.-]{0,30}) $")
_NO_NAME = re.compile(
    r"(?:arn:aws[\w:/.-]{0,200}|\b(?:DEBUG|INFO|WARNING|ERROR|CRITICAL):[\w-]{1,60}\.[\w.-]{1,60})$"
)
"""A part of an ARN, or a logger before its message."""

_OF_URL = re.compile(r"//.+:.?", re.DOTALL)
_OF_PATH = re.compile(r"[\w.]/[\w.-]+(?![\w.-]|=|: ).*", re.DOTALL)
_LINE_START = re.compile(
    r"""(?:^|\n)(?:[\[\d][^\n]{0,80}?[\]:|][ ])?[ \t>+]{0,20}
    (?:(?:[-*]|export|declare[ ]-x|set|env|local|readonly|\$env:)[ \t]*){0,3}["']?$""",
    re.IGNORECASE | re.VERBOSE,
)
_FLOW_START = re.compile(r"[{\[(](?:[^{}\[\]()\n]{0,200}[, ])?(?:\w{1,20} )?$")
_FLOW_WORDS = re.compile(r"(?: (?![\w.]+[:=])[^\s,{}\[\]()]+)+(?=[,}\])]| [\w.]+[:=])")
_TITLE_START = re.compile(r"(?:^|\n)[ \t]{0,20}(?:[\w.-]{1,30} (?:/ )?){1,2}$")
_TYPE = (
    r":[ ]?&?(?:'static[ ])?(?:\w{0,12}[<\[])?(?:str|[Ss]tring|SecretStr|bytes)[>\]]?(?:[ ]\|[ ]None)?[ ]?(?==)"
    r"|As[ ]String[ ](?==)"
)
_OR_ELSE = r"""\)?[ ](?:\|\||\?[?:]|or|to)(?=[ ]["'`])"""
_ASSIGN = re.compile(
    rf"""(?P<end>{END}\]?\)?)[ \t.]{{0,40}}(?:{_TYPE})?
    (?:=>|[:?+]=|:-|->|<-|={{1,3}}|::?(?!(?:amd64|arm64)\b)|\uff1a|\uff1d|{_OR_ELSE}|(?<=[ \t])\|(?=[ \t]))
    (?:\*\*)?[ \t]{{0,40}}
    (?:</\w{{1,10}}>[ \t]{{0,20}}|!!?\w{{1,20}}[ \t]{{1,4}}|\s{{0,40}}string\(\d{{1,6}}\)[ ](?="))?""",
    re.VERBOSE,
)
_BLOCK_SCALAR = re.compile(r"[|>][+-]?\d?[ \t]{0,20}(?:#[^\n]{0,200})?\r?\n")
_ENTRY = re.compile(r"(?:-[ ]+)?(?:(?P<name>[\w.-]+):[ \t]+)?(?P<value>.*)", re.DOTALL)
_COOKIES = re.compile(r"""["']?(?P<value>[^\s;="']+=[^\s;"']*(?:;[ ]?[^\s;="']+(?:=[^\s;"']*)?)*)""")
_ALONE = re.compile(
    r"(?:[ \t]*\r?\n)?(?:\S{0,30}\d\d:\d\d\S{0,20} (?:\[?[A-Z]{4,8}\]? )?)?[ \t]*(?P<value>\S{8,200})[ \t]*(?:\r?\n|$)"
)
"""A word alone in a line of a log, perhaps after its time and level."""

_CONTINUING = re.compile(r"[^\s:=]+")
_LONGEST_IN_QUOTES = 4000


def find_assigned(text: str) -> Iterator[Span]:
    """Find the values of secret names in a text."""
    passed: deque[Span] = deque()
    judged = bytearray(len(text))
    for name in _NAME.finditer(text):
        while passed and passed[0][1] <= name.start():
            passed.popleft()
        if (passed and passed[0][0] <= name.start()) or not may_end_name(name[0]):
            continue
        if (strength := _strength_of(text, name)) and (strength.is_sure or not judged[name.start()]):
            for span in _find_values(Named(text, name[0], *name.span(), strength, judged)):
                # Between the values of a name that is not sure, there may be members with names of their own.
                passed.append((name.end(), span[1]) if strength.is_sure else span)
                yield span


def _strength_of(text: str, name: re.Match[str]) -> Strength:
    """Rate a name together with the word before it (`primary key`, `API key`); a part of a URL is not a name."""
    around = text[max(0, name.start() - 2) : name.end() + 2]
    is_no_name = around.startswith(":", 1) and _NO_NAME.search(text, max(0, name.start() - 120), name.end())
    if is_no_name or _OF_URL.fullmatch(around) or _OF_PATH.fullmatch(around):
        return Strength.NONE
    before = _WORD_BEFORE.search(text, max(0, name.start() - 32), name.start())
    return strength_of(f"{before[1]} {name[0]}" if before else name[0])


def _find_values(named: Named) -> Iterator[Span]:
    yield from find_before(named)
    found = _ASSIGN.match(named.text, named.end)
    if found and closes_quote(named, found.end()):
        yield from find_beside(replace(named, end=found.end()))
    elif found:
        yield from _find_assigned_value(named, found)
    else:
        yield from find_beside(named)


def _find_assigned_value(named: Named, found: re.Match[str]) -> Iterator[Span]:
    text, start = named.text, found.end()
    if named.before == "$" and "|" in found[0]:
        return
    if start == len(text) or text.startswith(("\r", "\n", "\\\n"), start):
        yield from _find_below(named, start)
    elif heredoc := HEREDOC.match(text, start):
        yield from find_secret(named, heredoc.span("value"))
    elif block := _BLOCK_SCALAR.match(text, start):
        if lines := list(read_block(text, block.end(), _indent(named))):
            yield from find_secret(named, (lines[0][0], lines[-1][1]), Strength.STRONG)
    elif named.name.lower().endswith("cookie") and (cookies := _COOKIES.match(text, start)):
        yield from find_secret(named, cookies.span("value"), Strength.STRONG)
    elif not is_marked(text, start) and (end := _reach(named, found)):
        if not has_no_value(named, start):
            for value in find_secret(named, read_to(text, start, end)):
                yield from (value, *_find_continued(named, end))
    else:
        yield from find_value(named, start)


def _find_continued(named: Named, end: int) -> Iterator[Span]:
    """Find the words below a value that are indented deeper, which continue it in YAML."""
    lines = read_block(named.text, end + 1, _indent(named))
    for line in takewhile(lambda line: _CONTINUING.fullmatch(named.text, *line), lines):
        yield from find_secret(named, line)


def _reach(named: Named, found: re.Match[str]) -> int:
    """Return where an unquoted value must end: with its line, or with the quotes around both name and value."""
    text, start = named.text, found.end()
    if named.before in ("'", '"') and not found["end"]:
        return max(
            0, text.find(named.before, start, min(end_of_line(text, start), start + _LONGEST_IN_QUOTES))
        )
    if not named.strength.is_sure:
        return 0
    if named.strength is Strength.STRONG and _begins_line(named, _FLOW_START):
        return _end_of_flow(text, start)
    titled = text.endswith(": ", 0, start) and _begins_line(named, _TITLE_START)
    return (
        end_of_line(text, start) if titled or named.before == ";" or _begins_line(named, _LINE_START) else 0
    )


def _end_of_flow(text: str, start: int) -> int:
    """Return where the words of a member of `{a: b c, d: e}` or `[a=b c]` end; 0 if it has one word or none."""
    first = read_plain(text, start)
    more = _FLOW_WORDS.match(text, first[1]) if first and not is_placeholder(text[slice(*first)]) else None
    return more.end() if more else 0


def _begins_line(named: Named, start: re.Pattern[str]) -> bool:
    """Whether only what a pattern allows stands between the start of the line and the name."""
    return bool(start.search(named.text, max(0, named.start - 160), named.start))


def _find_below(named: Named, start: int) -> Iterator[Span]:
    """Find the values in the lines below a name that are indented deeper, as in YAML, or a random word in the next."""
    text = named.text
    below = end_of_line(text, start) + 1
    lines = list(read_block(text, below, _indent(named)))
    if lines and not _begins_line(named, _LINE_START):
        # Perhaps not YAML but code: `def refresh() -> Token:`.
        lines = [
            line for line in lines[:1] if is_random(text[slice(*line)]) and " " not in text[slice(*line)]
        ]
    for line in lines:
        entry = _ENTRY.fullmatch(text, *line)
        if entry and not text.endswith(":", *line) and not (entry["name"] and is_describing(entry["name"])):
            yield from find_secret(named, entry.span("value"))
    alone = _ALONE.match(text, below) if named.strength.is_sure and not lines else None
    if alone and is_random(alone["value"]):
        yield alone.span("value")


def _indent(named: Named) -> int:
    start = named.text.rfind("\n", max(0, named.start - 200), named.start) + 1
    return indent_of(named.text[start : named.start]) if start or named.start < 200 else 0
