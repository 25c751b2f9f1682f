"""What may leave: secrets withheld and seen to be withheld.

ByteNite echoes the raw `accessKey` and `secretKey` of a data source [R]. So what a data source shows is
an allow-list; elsewhere values under secret-looking names are withheld at any depth, credentials inside
texts are cut out, and what is withheld in one place of a record is cut out of every other place.
"""

import re
from collections.abc import Iterator, Mapping
from enum import Enum
from functools import lru_cache
from typing import Any
from urllib.parse import SplitResult, unquote, unquote_plus, urlsplit, urlunsplit

from bytenite_mcp.api.models import Record
from bytenite_mcp.api.values import is_unset
from bytenite_mcp.jobs.clean import clean
from bytenite_mcp.jobs.fields import looks_secret

WITHHELD = "[withheld]"

_SOURCES = {"datasource", "datadestination"}
_SHOWN_OF_SOURCE = {"@type", "name", "bucketname", "cloudregion", "secretid", "url"}
_SOURCE_TYPE = "bytenite.data_source."
_DEEPEST = 40
_MOST_SECRETS = 200
"""Withheld values of one record that are looked for elsewhere; more come only with whole withheld data sets."""

_SHORTEST_SECRET = 6
"""Characters; a shorter withheld value is cut out where it stands, but not looked for elsewhere."""

_URL = re.compile(r"""[a-z][a-z0-9+.-]{0,20}://[^\s'"<>]+""", re.IGNORECASE)
_CREDENTIAL = re.compile(
    r"""
    (?P<kept>\b(?:bearer|basic(?=\s{1,3}[a-z]{0,99}[0-9+/=]))\s{1,3}) (?P<bearer>[\w.~+/=-]{8,})
    | (?P<name>(?:passw(?:or)?d|passphrase|\bpwd|secret|token|credential|signature|authorization|cookie
        |(?:api|access|private)[_-]?key)[\w-]{0,40}[\\"']{0,4}\s{0,3}(?:=>|[=:])\s{0,3})
      (?:\\?(?P<quote>["'])(?P<quoted>.{3,4000}?)\\?(?P=quote)
        | [\\"']{0,4}(?:(?:bearer|basic|token)\s{1,3})?(?!\[withheld)(?P<plain>[^\s"',;&)}\]]{3,}))
    | \beyJ[\w-]{8,300}+\.[\w-]{8,}+\.[\w-]*+
    | \b(?:AKIA|ASIA)[A-Z0-9]{16}\b
    | \b(?:sk|pk|glpat|github_pat|gh[oprsu]|xox[abprs])[-_][\w-]{16,} | \bhf_[a-z0-9]{30,} | \bAIza[\w-]{35}
    | -----BEGIN\ [A-Z ]{0,30}PRIVATE\ KEY-----[\s\S]*?(?:-----END\ [A-Z ]{0,30}PRIVATE\ KEY-----|\Z)
    """,
    re.IGNORECASE | re.VERBOSE,
)


_HINT = re.compile(
    r"://|bearer|basic|passw|passp|pwd|secret|token|credential|signature|authorization|cookie|key|eyj"
    r"|[sp]k[-_]|glpat|github_pat|gh[oprsu]|xox|hf_|aiza|a[ks]ia[a-z0-9]{16}|[\x1b\x9b]"
)
"""Any text with a credential has one of these in it, in lower case, or a terminal sequence that may cut one in two;
most have none, and are not looked at further."""


def redact(record: Record) -> dict[str, Any]:
    """Give a whole record as it may be shown: secrets withheld, texts cleaned, unset members left out."""
    shown, secrets = _withheld(record)
    return {scrub(name, secrets): _scrubbed(one, secrets) for name, one in shown.items()}


def secrets_of(record: Record) -> frozenset[str]:
    """Collect the texts a record withholds, to cut them out of what belongs to it, such as its log."""
    return _withheld(record)[1]


def scrub(text: str, secrets: frozenset[str] = frozenset()) -> str:
    """Make what would hide in a text from outside visible, then cut credentials out of it.

    Args:
        text: A name, an error, a log line.
        secrets: Known values to cut out wherever they stand.
    """
    text = clean(text)
    # The longest first: one may be a part of another.
    for secret in sorted((one for one in secrets if one in text), key=len, reverse=True):
        text = text.replace(secret, WITHHELD)
    if not _suspicious(text):
        return text
    if "://" in text:
        text = _URL.sub(_without_credentials, text)
    return _CREDENTIAL.sub(lambda found: (found["kept"] or found["name"] or "") + WITHHELD, text)


def _suspicious(text: str) -> bool:
    return _HINT.search(text.lower()) is not None


def _withheld(record: Record) -> tuple[dict[str, Any], frozenset[str]]:
    """Copy a record without what its names say is secret; gives the secrets, those inside its texts included."""
    hidden: set[str] = set()
    texts: list[str] = []
    shown = _members(record, hidden, texts, 0)
    if _suspicious("\n".join(texts)):
        for text in filter(_suspicious, map(clean, texts)):
            hidden.update(_found_in(text))
    return shown, _worth_looking_for(hidden)


def _worth_looking_for(hidden: set[str]) -> frozenset[str]:
    long = (clean(text) for text in hidden if len(text) >= _SHORTEST_SECRET)
    return frozenset(sorted(long, key=len, reverse=True)[:_MOST_SECRETS])


class _Role(Enum):
    PLAIN, SECRET, SOURCE = range(3)


@lru_cache(4096)
def _role(name: str) -> _Role:
    if _spelling(name) in _SOURCES:
        return _Role.SOURCE
    return _Role.SECRET if looks_secret(name) else _Role.PLAIN


def _members(value: Mapping[str, Any], hidden: set[str], texts: list[str], depth: int) -> dict[str, Any]:
    """Copy an object with what is withheld replaced, noting each text that was, and each that was not."""
    shown = {}
    for name, one in value.items():
        if is_unset(one):
            continue
        role = _role(name)
        if role is _Role.PLAIN or (role is _Role.SECRET and _counts_tokens(name, one)):
            shown[name] = _withhold(one, hidden, texts, depth + 1)
        else:
            shown[name] = _hide(one, hidden) if role is _Role.SECRET else _source(one, hidden)
    return shown


def _withhold(value: Any, hidden: set[str], texts: list[str], depth: int) -> Any:
    if isinstance(value, str):
        texts.append(value)
        return value
    if not isinstance(value, dict | list):
        return value
    if depth > _DEEPEST:
        return "[nested too deeply to show]"
    if isinstance(value, list):
        return [_withhold(one, hidden, texts, depth + 1) for one in value]
    kind = value.get("@type")
    if isinstance(kind, str) and _SOURCE_TYPE in kind:
        return _source_params(value, hidden)
    return _members(value, hidden, texts, depth)


def _counts_tokens(name: str, value: Any) -> bool:
    """Whether a member such as `max_tokens` is a number of a language model's tokens."""
    return isinstance(value, int | float) and _spelling(name).endswith("tokens")


def _source(source: Any, hidden: set[str]) -> Any:
    if not isinstance(source, dict):
        return _hide(source, hidden)
    shown: dict[str, Any] = {}
    for name, value in source.items():
        if is_unset(value):
            continue
        if _spelling(name) == "params" and isinstance(value, dict):
            shown[name] = _source_params(value, hidden)
        else:
            named = _spelling(name) == "datasourcedescriptor" and isinstance(value, str)
            shown[name] = value if named else _hide(value, hidden)
    return shown


def _source_params(params: dict[str, Any], hidden: set[str]) -> dict[str, Any]:
    shown = {}
    for name, value in params.items():
        if is_unset(value):
            continue
        if _spelling(name) not in _SHOWN_OF_SOURCE or not isinstance(value, str):
            value = _hide(value, hidden)
        else:
            hidden.update(_found_in(value) if _suspicious(value) else ())
            value = safe_url(value) if _spelling(name) == "url" else value
        shown[name] = value
    return shown


def _hide(value: Any, hidden: set[str]) -> str:
    for one in _texts(value, 0):
        hidden.add(one)
        hidden.update(_credentials_of(one))
    return WITHHELD


def _found_in(text: str) -> Iterator[str]:
    """Give the credentials that will be cut out of a text."""
    for found in _CREDENTIAL.finditer(text):
        credential = found["bearer"] or found["quoted"] or found["plain"] or found.group()
        yield from (credential, credential.rpartition(" ")[2])
    if "://" in text:
        for found in _URL.finditer(text):
            yield from _credentials_of(found.group().rstrip(".,;:)]}"))


def _texts(value: Any, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list) and depth < _DEEPEST:
        for one in value.values() if isinstance(value, dict) else value:
            yield from _texts(one, depth + 1)


def _scrubbed(value: Any, secrets: frozenset[str]) -> Any:
    if isinstance(value, str):
        return value if value == WITHHELD else scrub(value, secrets)
    if isinstance(value, dict):
        return {scrub(name, secrets): _scrubbed(one, secrets) for name, one in value.items()}
    return [_scrubbed(one, secrets) for one in value] if isinstance(value, list) else value


def safe_url(url: str) -> str:
    """Cut the user, password, query and fragment off an URL, and show that there were any."""
    try:
        parts = _split(url)
    except ValueError:
        return WITHHELD
    cut = parts.query or parts.fragment or "@" in parts.netloc
    address = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
    return f"{address}?{WITHHELD}" if cut else address


def _without_credentials(found: re.Match[str]) -> str:
    """Keep an URL in a text as it is, unless it carries credentials, or did before they were cut out."""
    url = found.group().replace(WITHHELD, "withheld")
    return safe_url(url) if any(_credentials_of(url)) else found.group()


def _credentials_of(url: str) -> Iterator[str]:
    """Give the parts of an URL that let somebody in: user, password, and secret-looking query values."""
    if "://" not in url:
        return
    try:
        parts = _split(url)
    except ValueError:
        yield url
        return
    pairs = [pair.partition("=") for pair in parts.query.split("&", _MOST_SECRETS)]
    query = [value for name, _, value in pairs if looks_secret(unquote(name))]
    for part in (*parts.netloc.rpartition("@")[0].split(":", 1), *query):
        yield from {part, unquote(part), unquote_plus(part)} - {""}


def _split(url: str) -> SplitResult:
    """Take an URL apart.

    Raises:
        ValueError: It is none, or the password in it stands where none is looked for, as in `user:pa/ss@host`.
    """
    parts = urlsplit(url)
    if "@" in url and not (parts.netloc and parts.port != 0):
        raise ValueError("a user but no host")
    return parts


@lru_cache(4096)
def _spelling(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()
