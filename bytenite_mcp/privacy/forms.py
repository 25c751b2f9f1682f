"""Finds values beside their names without an equals sign or colon: pairs, XML, arguments, prose."""

import re
from collections.abc import Callable, Iterator

from bytenite_mcp.privacy.classify import is_random
from bytenite_mcp.privacy.extents import read_plain, read_quoted
from bytenite_mcp.privacy.named_values import Named, closes_quote, find_secret, find_value
from bytenite_mcp.privacy.names import Strength, is_describing, is_getter, strength_of
from bytenite_mcp.privacy.pairs import is_flag
from bytenite_mcp.privacy.spans import Span
from bytenite_mcp.privacy.words import WORDS

MANIFEST_HINT = "kind: Secret"
END = r"""[\\"'`*]{0,8}"""
"""A pattern of the quotes or stars after a name."""

_PAIR = re.compile(
    rf"""{END}[\s,;]{{0,60}}[-"'\\]{{0,4}}(?:\w{{0,20}}value|val|v|default|data|content|text)
    {END}[ \t]{{0,20}}(?:=>|[:=])[ \t]{{0,20}}
    |{END},?\s{{0,5}}\{{[^{{}}]{{0,300}}?\bdefault["']?[ \t]{{0,20}}[:=][ \t]{{0,20}}""",
    re.VERBOSE | re.IGNORECASE,
)
_PAIR_BEFORE = re.compile(
    r"""\b(?:\w{0,20}value|val)\\?["']?\s?[:=]\s?(?P<quote>\\?["']|)(?P<value>(?:(?!,\w+=)[^"'\\\n]){1,400})(?P=quote)[\s,]{1,20}
    \\?["']?\w{0,20}(?:name|key|id)\\?["']?\s?[:=]\s?\\?["']?$""",
    re.VERBOSE | re.IGNORECASE,
)
_ELEMENT = re.compile(r"[^<>\n]{0,200}>\s{0,40}(?:<!\[CDATA\[|<[Vv]alue>)?")
_PLIST = re.compile(r"</(?:key|name|th|dt)>\s{0,80}<(?:string|data|value|td|dd)[^<>]{0,100}>")
_CALL = re.compile(r"""["']?\([ ]{0,4}(?=[bru]?\\{0,3}["'])""")
_TUPLE = re.compile(r"""(?P<end>\\{0,7}["'])?[,;]\s{0,40}(?:s:\d{1,6}:|<<)?(?=[bru]?\\{0,7}["'])""")
_SHOWN = re.compile(
    r"""\)?[ \t]{0,20}\r?\n(?=(?P<quote>["'])[^"'\n][^\n]{0,200}(?P=quote)[ \t]*(?:\r?\n|$))"""
)
_IS_MEMBER = re.compile(r"""\\{0,7}["']\s{0,5}:""")
_CLOSES = re.compile(r"""\\{0,7}["']\s{0,5}[\])}]""")
HEREDOC = re.compile(
    r"""<<-?\\?["']?(?P<end>\w{1,40})["']?\r?\n(?P<value>.{1,4000}?)\r?\n[ \t]*(?P=end)\b""", re.DOTALL
)
_INPUT = re.compile(r"\r?\n(?![^\n]{0,200}type=missing)[^\n]{0,200}\binput_value=")
_FORM_DATA = re.compile(r'"[^\n]{0,200}(?:\r?\n[ \t]{0,20}){2,4}(?P<value>[^\n]{1,2000})')
_BLANK = re.compile(
    r"""\??[ \t]{1,20}(?:
    (?:(?:(?:was|is|has[ ]been)[ ])?(?:set|changed|reset)[ ]to|changed[ ]from|(?i:is|was|are)(?:[ ]now)?|to|equals|of
    |provided|supplied|given|used|received|lautet|ist|est|es|è|é)
    [ \t]{0,4}[:=]?[ \t]{1,4})?""",
    re.VERBOSE,
)
_CLAUSE = re.compile(
    r"[ \t]\(?[^\n:=]{1,60}?(?:[:=]|\bis)(?:[ \t]+|\s{1,10}(?=\S{8,200}[ \t]*(?:\r?\n|$)))(?=['\"]?[^\W_])"
)
_STATED = re.compile(
    r"(?:(?:^|\n)[ \t]*|(?i:\b(?:temp|temporary|initial|default|new|generated|random|one-time)[ ]))\S{1,30}"
    r"[ ](?:for|of)[ ][^\s:=]{1,60}(?:[ ][^\s:=]{1,60}){0,2}(?::|[ ]is)[ \t]+\Z"
)
"""What comes before a quoted password of words: `initial password for user ana: `."""

_TOKEN_CLAUSE = re.compile(
    r"[ \t](?:\([^\n()]{1,40}\)|\[[^\n\]]{1,40}\]|(?:from|for|received|obtained|loaded|acquired|used|found|generated"
    r"|created)\b[^\n:=]{0,40}):[ \t]+(?P<value>[\w.~+/=-]{20,200})(?=[\s,;]|$)"
)
_IS_TOKEN = re.compile(r"(?:^|[\W_])(?:token|(?:api|access|auth)[ _-]?key)$", re.IGNORECASE)
_SETS = re.compile(r"[a-z_]{1,30}=\w")
_SETTING = re.compile(
    r"\b(?:set|SET|setx|config|configure|ENV|ARG|SetEnv|pass)[ \t]+(?:--?\w{1,20}[ \t]+)?\S{0,80}\Z"
)
_DIRECTIVES = ("requirepass", "masterauth")
"""Redis's settings, which its file writes without a sign between name and value."""

_WORD_AFTER = re.compile(r"[ _-](\w{1,20})")
_FIRST_WORD = re.compile(r"[A-Za-z]+(?=\s)")
_USE_AS = re.compile(r"(?P<value>\S{6,80}) (?:as|is|for|=) (?:(?:the|our|your|my|a) )?(?:[A-Za-z]{1,20} )?$")
_PROSE = re.compile(
    r"(?:パスワード|密码|密碼|口令|비밀번호)(?:は|是|为|為|는|은)[\s:\uff1a\u300c\u300e\x22']{0,4}(?P<value>[!-~]{6,200})"
)
_DOCUMENT = re.compile(r"^(?!---).*?(?=^---|\Z)", re.MULTILINE | re.DOTALL)
_KIND = re.compile(rf"^[ ]*{MANIFEST_HINT}[ ]*$", re.MULTILINE)
_DATA = re.compile(
    r"^(?P<indent>[ ]*)(?:data|stringData):[ ]*\n(?P=indent)[ ]+(?P<value>[^\n]+(?:\n(?P=indent)[ ]+[^\n]+)*)",
    re.MULTILINE,
)
_ID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}|[0-9A-F]{16}(?:[0-9A-F]{24})?")
"""A UUID, or the id or fingerprint of a PGP key."""

_ODD = re.compile(r"(?=.*\d)\w{2,40}[!#$%^&*+~?]+\w.{0,40}")
"""Words and a number, joined by characters that join them only in passwords."""

_WORDS_OF_SENTENCES = (
    WORDS["function word"] | WORDS["placeholder"] | {"see", "unchanged", "failed", "rejected"}
)
_LONGEST_ELEMENT = 20_000
_SHORTEST_IN_CLAUSE, _SHORTEST_USED_TOKEN = 6, 20
_LEAST = {Strength.WEAK: 12}
"""The fewest characters of a value that only a space separates from its name; five for stronger names."""


def find_before(named: Named) -> Iterator[Span]:
    """Find a value before its name: `value="…" name="password"`, "use … as the password"."""
    text, start = named.text, named.start
    if named.before in ("'", '"', " ", "=") and (
        found := _PAIR_BEFORE.search(text, max(0, start - 460), start)
    ):
        yield from find_secret(named, found.span("value"))
    used = _USE_AS.search(text, max(0, start - 130), start) if named.before == " " else None
    following = _WORD_AFTER.match(text, named.end)
    describes = following and is_describing(following[1])
    long = used and len(used["value"]) >= _SHORTEST_USED_TOKEN and _is_token(named) and not describes
    if used and (named.strength.is_sure or long) and is_random(used["value"]):
        yield used.span("value")


def find_in_prose(text: str) -> Iterator[Span]:
    """Find a password in a sentence of a language that writes no spaces."""
    return (found.span("value") for found in _PROSE.finditer(text) if is_random(found["value"]))


def find_in_manifests(text: str) -> Iterator[Span]:
    """Find the data of Kubernetes Secrets, whatever its names are."""
    for document in _DOCUMENT.finditer(text):
        if _KIND.search(document[0]):
            yield from (data.span("value") for data in _DATA.finditer(text, *document.span()))


def find_beside(named: Named) -> Iterator[Span]:
    """Find a value after its name, in one of the forms."""
    for form, find in _FORMS:
        if found := form.match(named.text, named.end):
            yield from find(named, found)
            return


def _find_element(named: Named, found: re.Match[str]) -> Iterator[Span]:
    text, start = named.text, found.end()
    if found[0].startswith("</") or "<" in text[max(0, named.start - 200) : named.start].rpartition(">")[2]:
        end = text.find("<", start, start + _LONGEST_ELEMENT)
        end = text.find("]]>", start, start + _LONGEST_ELEMENT) if "CDATA" in found[0] else end
        if end > start and text.startswith(("</", "<\\/", "]]>"), end):
            yield from find_secret(named, (start, end))


def _find_argument(named: Named, found: re.Match[str]) -> Iterator[Span]:
    span = read_quoted(named.text, found.end())
    if span and not is_getter(named.name):
        yield from find_secret(named, span)


def _find_next_text(named: Named, found: re.Match[str]) -> Iterator[Span]:
    """Find the quoted text after a quoted name, unless it is a name too: both may be columns."""
    span = read_quoted(named.text, found.end()) if found["end"] or named.before == "{" else None
    value = named.text[slice(*span)] if span else ""
    is_name = any(says(value) for says in (strength_of, is_describing, is_flag))
    is_name = is_name or bool(span and _IS_MEMBER.match(named.text, span[1]))
    opens = named.text[max(0, named.start - 2) : named.start].strip("\"'`")[-1:] in ("(", "[", "{")
    opens = opens and (
        named.strength is not Strength.COUNTED or bool(span and _CLOSES.match(named.text, span[1]))
    )
    if span and not is_name and (opens or named.name.startswith("-") or is_random(value)):
        yield from find_secret(named, span)


def _find_form_data(named: Named, found: re.Match[str]) -> Iterator[Span]:
    if named.text.endswith('name="', 0, named.start):
        yield from find_secret(named, found.span("value"))


def _find_after_blank(named: Named, found: re.Match[str]) -> Iterator[Span]:
    """Find a value that only a space separates from its name: the value of a flag, or one that is no word."""
    text, start = named.text, found.end()
    if named.name.startswith("-") or _is_set(named, start):
        if not text.startswith("--", start):
            yield from find_value(named, start)
        return
    if closes_quote(named, start):
        return
    if named.strength is Strength.COUNTED and _SETS.match(text, start):
        return
    quoted = None if text.startswith("{", start) else read_quoted(text, start)
    span = quoted or read_plain(text, start)
    if quoted and named.strength is Strength.STRONG and "pass" in named.name.lower():
        yield from find_value(named, start)
    elif span and _is_no_word(text[slice(*span)], _LEAST.get(named.strength, 5)):
        yield span
    else:
        yield from _find_in_clause(named)


def _is_set(named: Named, start: int) -> bool:
    """Whether a command or a directive sets a value, rather than a sentence: `set password before the run`."""
    before = named.text[max(0, named.start - 100) : named.start]
    line = before.rpartition("\n")[2] + named.text[named.end : start]
    is_directive = named.name in _DIRECTIVES and not line.strip()
    if not is_directive and not _SETTING.search(before):
        return False
    word = _FIRST_WORD.match(named.text, start)
    return not word or word[0].lower() not in WORDS["function word"]


def _find_in_clause(named: Named) -> Iterator[Span]:
    """Find a password after a clause that begins with its name: `temporary password for root: …`."""
    if named.strength is Strength.WEAK:
        yield from _find_token_in_clause(named)
        return
    clause = _CLAUSE.match(named.text, named.end) if named.strength is Strength.STRONG else None
    if not clause:
        return
    quoted = read_quoted(named.text, clause.end())
    span = quoted or read_plain(named.text, clause.end())
    if span and _is_no_word(named.text[slice(*span)].lstrip("\"'"), _SHORTEST_IN_CLAUSE):
        yield span
    elif quoted and _STATED.search(named.text, max(0, named.start - 40), clause.end()):
        words = named.text[slice(*quoted)].lower().split()
        if _WORDS_OF_SENTENCES.isdisjoint(words):
            yield from find_secret(named, quoted)


def _find_token_in_clause(named: Named) -> Iterator[Span]:
    """Find a random value after a clause that begins with the name of a token: `access token obtained: …`."""
    clause = _TOKEN_CLAUSE.match(named.text, named.end)
    if clause and _is_token(named) and _is_no_word(clause["value"], 0):
        yield clause.span("value")


def _is_token(named: Named) -> bool:
    return bool(_IS_TOKEN.search(named.text[max(0, named.start - 12) : named.end]))


def _is_no_word(value: str, least: int) -> bool:
    if len(value) < least or not value[0].isalnum() or "](" in value or _ID.fullmatch(value):
        return False
    return is_random(value) or bool(_ODD.fullmatch(value))


_FORMS: tuple[tuple[re.Pattern[str], Callable[[Named, re.Match[str]], Iterator[Span]]], ...] = (
    (_PAIR, lambda named, found: find_value(named, found.end())),
    (HEREDOC, lambda named, found: find_secret(named, found.span("value"))),
    (_PLIST, _find_element),
    (_ELEMENT, _find_element),
    (_CALL, _find_argument),
    (_TUPLE, _find_next_text),
    (_SHOWN, lambda named, found: find_value(named, found.end())),
    (_FORM_DATA, _find_form_data),
    (_INPUT, lambda named, found: find_value(named, found.end())),
    (_BLANK, _find_after_blank),
)
