"""Reads the value after a secret's name, and judges whether it is a secret."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bytenite_mcp.privacy.looks import is_placeholder, is_random, is_secret
from bytenite_mcp.privacy.names import Strength
from bytenite_mcp.privacy.spans import Span
from bytenite_mcp.privacy.values import OPEN_QUOTE, end_of_line, read_brackets, read_plain, read_quoted

_ITEM = re.compile(r"""[^\[\](){},"']+""")
_SCHEME = re.compile(
    r"(?:(?P<plain>bearer|basic|token|apikey|api-key|ssws|negotiate|ntlm|bot)"
    r"|digest|hawk|mac|oauth|signature|aws4\S{1,30}) {1,8}(?=\S)",
    re.IGNORECASE,
)
_CHANGED = re.compile(r"""["'] -> (?=["'])""")
_PARAMETER = re.compile(r"""[\w-]{1,30}=\\?["']?(?P<value>[^"'\s,\\]{12,})""")
_SENTENCE = re.compile(
    r"(?:must|is|are|was|not|required|failed|invalid|incorrect|wrong|missing|expired|denied|mismatch|does|cannot"
    r"|should|too|unable|authentication|access|no|none|has|for|and|or|in|the|a|an)[ ,.]",
    re.IGNORECASE,
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
    """

    text: str
    name: str
    start: int
    end: int
    strength: Strength

    @property
    def before(self) -> str:
        """The character before the name."""
        return self.text[max(self.start - 1, 0) : self.start]


def is_marked(text: str, start: int) -> bool:
    """Whether the end of a value is marked: by quotes, brackets or a header's scheme."""
    return text[start] in "[{(" or bool(OPEN_QUOTE.match(text, start)) or bool(_SCHEME.match(text, start))


def find_written(named: Named, start: int) -> Iterator[Span]:
    """Find a value in quotes, in brackets, after the scheme of a header, or unquoted."""
    text = named.text
    if span := read_quoted(text, start):
        yield from find_secret(named, span)
        if changed := _CHANGED.match(text, span[1]):
            yield from find_written(named, changed.end())
    elif text.startswith(("[", "{", "('", '("'), start):
        yield from _find_in_brackets(named, start)
    elif scheme := _SCHEME.match(text, start):
        yield from _find_after_scheme(named, scheme)
    elif not is_sentence(named, start) and (span := read_plain(text, start)):
        yield from find_secret(named, span)


def find_secret(named: Named, span: Span, strength: Strength | None = None) -> Iterator[Span]:
    """Yield a value if it is a secret."""
    if is_secret(named.text[span[0] : span[1]], strength or named.strength):
        yield span


def is_sentence(named: Named, start: int) -> bool:
    """Whether the text after a name is a sentence about it: `password: must be longer`."""
    follows = named.text[start - 1 : start] == " " and _SENTENCE.match(named.text, start)
    return named.strength.is_sure and bool(follows)


def _find_after_scheme(named: Named, scheme: re.Match[str]) -> Iterator[Span]:
    """Find the value after the scheme of a header; if the scheme has parameters, the random ones of these."""
    text, start = named.text, scheme.end()
    if not scheme["plain"]:
        parameters = _PARAMETER.finditer(text, start, end_of_line(text, start))
        yield from (part.span("value") for part in parameters if is_random(part["value"]))
    elif span := read_plain(text, start):
        yield from find_secret(named, span, Strength.STRONG)


def _find_in_brackets(named: Named, start: int) -> Iterator[Span]:
    """Find values in brackets: the whole content if the name is sure, otherwise each text of a plain list."""
    span = read_brackets(named.text, start)
    if is_placeholder(named.text[start : span[1] + 1]):
        return
    if named.strength.is_sure:
        yield from find_secret(named, span)
    elif named.text[start] != "{":
        for item in _ITEM.finditer(named.text, *span):
            yield from find_secret(named, item.span())
