"""Reads the value after a secret's name, and judges whether it is a secret."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from bytenite_mcp.privacy.classify import is_placeholder, is_random, is_secret
from bytenite_mcp.privacy.extents import OPEN_QUOTE, end_of_line, read_brackets, read_plain, read_quoted
from bytenite_mcp.privacy.names import Strength, is_describing, strength_of
from bytenite_mcp.privacy.spans import Span
from bytenite_mcp.privacy.words import WORDS

_MEMBER = re.compile(r"""["'](\w{1,60})\\*["']\s{0,5}:""")
_BARE_MEMBERS = re.compile(r"(?:\s{0,40}\w{1,60}: [^\s,:()\[\]{}]{1,60}(?:,|\s{0,40}\Z))+")
"""The inside of an object without quotes, whose values are words."""

_REFERENCE = re.compile(
    r"""[A-Za-z_$][\w$]{0,60}(?:\.[\w$]{1,60}){0,4}(?:\.|\[["']?)(?P<last>[A-Za-z_]\w{0,60})["']?\]?"""
)
_ITEM = re.compile(
    r"""(?:(?:(?P<quote>\\{0,3}["'])(?P<quoted>[^"'\\\n]{1,60})(?P=quote)\s{0,5}:
    |(?P<bare>[\w.-]{1,60}(?:[ ][\w.-]{1,60}){0,3}):(?=[\s"'\[{]))\s{0,5})?
    (?:(?P<prefix>[a-z]{0,2})(?P<open>\\{0,3}["'])(?P<text>(?:\\.|[^\\\n])*?)(?P=open)
    |(?P<plain>[^\s\[\](){},"'](?:[^\[\](){},"'\n]*[^\s\[\](){},"'])?)|(?P<opening>[\[({]))?""",
    re.VERBOSE,
)
"""An item of a list, or a member with its name."""

_SCHEME = re.compile(
    r"(?:(?P<plain>bearer|basic|token|apikey|api-key|apitoken|geniekey|splunk|aws|ssws|negotiate|ntlm|bot)"
    r"|digest|hawk|mac|oauth|signature|aws4\S{1,30}) {1,8}(?!realm=)(?=\S)",
    re.IGNORECASE,
)
_CLOSING = re.compile(r"""["'`](?=[\s),;:+%.\]}]|$)(?![ \t]{1,20}["'`])""")
_QUOTE = re.compile(r"""(?<!\w)["'`]|["'`](?!\w)""")
"""A quote, not an apostrophe."""

_LONGEST_LINE = 400
_CHANGED = re.compile(r"""["'] (?:->|to|\+|\.{1,2}) (?=["'])""")
_LAST_OF_NAMES = re.compile(r"(?:^|\n)[ \t]*(?:\w{1,40}, ?)+$")
_NEXT_VALUE = re.compile(r"""["'], ?(?=["'])""")
_PARAMETER = re.compile(r"""[\w-]{1,30}=\\?["']?(?P<value>[^"'\s,\\]{12,})""")
_SENTENCE = re.compile(
    r"(?:(?:password|token|key|secret|value|user|username|it|you) )?"
    r"(?:must|expected|is|are|was|not|required|failed|invalid|incorrect|wrong|missing|expired|denied|mismatch|does|cannot"
    r"|should|too|unable|found|file not|please|try again|contact|see the|authentication|access|no|none|has|raise|return"
    r"|at least|at most)[ ,.]",
    re.IGNORECASE,
)
_ASKING = re.compile(r"""[\w.]{1,80}\((?:"[^"()\n]{0,100}"|'[^'()\n]{0,100}')\)""")
"""A call that asks for the value: `input("Password: ")`."""

_COUNT = re.compile(r"\d{1,6}(?:/\d{1,6})? [A-Za-z]")
_WORDS = re.compile(
    r"(?P<words>[a-z]{1,20}(?:,? [A-Za-z]{1,20}){1,12})(?: \d{1,4})?(?P<end>[.?!])?(?=[\s;,:'\")]|$)"
)


@dataclass(frozen=True, slots=True)
class Named:
    """A secret's name in a text.

    Attributes:
        text: The text.
        name: The name.
        start: The start of the name.
        end: The end of the name.
        strength: How surely its value is a secret.
        judged: Marks the characters of the text in brackets that were searched as the values of a weak name. Other
            weak names in them are not searched, which would take time with the square of their number.
    """

    text: str
    name: str
    start: int
    end: int
    strength: Strength
    judged: bytearray = field(default_factory=bytearray)

    @property
    def before(self) -> str:
        """The character before the name."""
        return self.text[max(self.start - 1, 0) : self.start]


def is_marked(text: str, start: int) -> bool:
    """Whether the form of a value shows where it ends: quotes, brackets, or the scheme of a header."""
    return text[start] in "[{(" or bool(OPEN_QUOTE.match(text, start)) or bool(_SCHEME.match(text, start))


def closes_quote(named: Named, start: int) -> bool:
    """Whether a quote closes the one in which the name stands: `input("Password: ")`."""
    closing = _CLOSING.match(named.text, start)
    if not closing:
        return False
    line = max(named.text.rfind("\n", 0, named.start), named.start - _LONGEST_LINE)
    return sum(quote[0] == closing[0] for quote in _QUOTE.finditer(named.text, line + 1, start)) % 2 == 1


def find_value(named: Named, start: int) -> Iterator[Span]:
    """Find a value in quotes, in brackets, after the scheme of a header, or unquoted."""
    text = named.text
    if span := read_quoted(text, start):
        yield from find_secret(named, span)
        several = _LAST_OF_NAMES.search(text, max(0, named.start - 100), named.start)
        if more := (_NEXT_VALUE if several else _CHANGED).match(text, span[1]):
            yield from find_value(named, more.end())
    elif text.startswith(("[", "{", "("), start) and not _goes_on(text, start):
        yield from _find_in_brackets(named, start)
    elif scheme := _SCHEME.match(text, start):
        yield from _find_after_scheme(named, scheme)
    elif not has_no_value(named, start) and (span := read_plain(text, start)):
        yield from find_secret(named, span)


def find_secret(named: Named, span: Span, strength: Strength | None = None) -> Iterator[Span]:
    """Yield a value if it is a secret."""
    if is_secret(named.text[slice(*span)], strength or named.strength) and not _is_reference(named, span):
        yield span


def _is_reference(named: Named, span: Span) -> bool:
    """Whether a value is code that refers to such a secret: `handler.password`, `raw["token"]`, `api_key=api_key`.

    A password may also end in a dot and a word, so a value with a digit, or with a weaker name, is no reference.
    """
    value = named.text[slice(*span)]
    if named.text[span[0] - 1] in "\"'`":
        return False
    found = _REFERENCE.fullmatch(value)
    is_member = found is not None and strength_of(found["last"]) >= named.strength
    return value == named.name.rpartition(".")[2] or (is_member and not any(map(str.isdigit, value)))


def has_no_value(named: Named, start: int) -> bool:
    """Whether no value follows: a sentence (`password: must be longer`), a count (`pass: 12 fail: 0`), a question."""
    text = named.text
    if (asking := _ASKING.match(text, start)) and is_placeholder(asking[0]):
        return True
    if not named.strength.is_sure or text[start - 1 : start] != " " or text[start - 2 : start] == "= ":
        return False
    counted = named.strength is Strength.COUNTED or named.name.endswith("s")
    follows = _SENTENCE.match(text, start) or (counted and _COUNT.match(text, start))
    return bool(follows) or _is_prose(named, start)


def _is_prose(named: Named, start: int) -> bool:
    """Whether a sentence follows: words with a function word and, if the name begins the line, a full stop."""
    found = _WORDS.match(named.text, start)
    if not found or WORDS["function word"].isdisjoint(found["words"].lower().split()):
        return False
    begun = named.text.rfind("\n", 0, named.start) + 1
    return bool(found["end"]) or bool(named.text[begun : named.start].strip(" \t\"'-"))


def _find_after_scheme(named: Named, scheme: re.Match[str]) -> Iterator[Span]:
    """Find the value after the scheme of a header or, if the scheme has parameters, their random values."""
    text, start = named.text, scheme.end()
    if not scheme["plain"]:
        parameters = _PARAMETER.finditer(text, start, end_of_line(text, start))
        yield from (part.span("value") for part in parameters if is_random(part["value"]))
    elif (span := read_plain(text, start)) and text[slice(*span)].lower() not in WORDS["function word"]:
        yield from find_secret(named, span, Strength.STRONG)


def _goes_on(text: str, start: int) -> bool:
    """Whether brackets only begin a value in one line: `[a]b`."""
    end = read_brackets(text, start)[1]
    return text[end + 1 : end + 2].isalnum() and "\n" not in text[start:end] and " " not in text[start:end]


def _find_in_brackets(named: Named, start: int) -> Iterator[Span]:
    """Find values in brackets: members and items, or the whole content if the name is sure and it has quotes."""
    span = read_brackets(named.text, start)
    bare = named.strength.is_sure and _BARE_MEMBERS.fullmatch(named.text, *span)
    if not bare and is_placeholder(named.text[start : span[1] + 1]):
        return
    if bare or not named.strength.is_sure:
        yield from _find_items(named, *span)
        return
    members = _MEMBER.findall(named.text, *span)
    if not members or not all(map(is_describing, members)):
        yield from find_secret(named, span)


def _find_items(named: Named, start: int, end: int) -> Iterator[Span]:
    """Find secret items of a list and values of members, except those that only describe the secret."""
    while start < end and (item := _ITEM.match(named.text, start, end)):
        start = max(item.end(), start + 1)
        name = item["quoted"] or item["bare"]
        if name and is_describing(name):
            # What is in its brackets describes, too.
            start = read_brackets(named.text, item.end() - 1)[1] if item["opening"] else start
            continue
        if not named.strength.is_sure:
            named.judged[slice(*item.span())] = b"\1" * len(item[0])
        is_call = item["plain"] and named.text.startswith("(", item.end())
        if not is_call and "r" not in (item["prefix"] or ""):
            yield from find_secret(named, item.span("text" if item["open"] else "plain"))
