"""Credentials in texts: what they look like, and how they are cut out.

What is found depends on looks alone, so a text from anywhere can be looked at.
"""

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Annotated
from urllib.parse import SplitResult, unquote, unquote_plus, urlsplit, urlunsplit

from pydantic import StringConstraints, TypeAdapter

from bytenite_mcp.privacy.names import looks_secret
from bytenite_mcp.privacy.sanitize import sanitize

WITHHELD = "[withheld]"

_MOST_PAIRS = 200
"""Pairs of one address's query that are looked at."""

_URL = re.compile(r"""[a-z][a-z0-9+.-]{0,20}://[^\s'"<>]+""", re.IGNORECASE)
_NO_PLAIN_URL = re.compile(r"[@?#\[\]]|[^!-~]")
"""What a URL has that carries credentials or cannot be taken apart; most have nothing of the kind."""


_CREDENTIAL = r"""
    (?=[abceghpstx-][acefhiklopruswxy-])(?:  # what any of them begins with: most places are passed over at once
    (?P<kept>\b(?:bearer|basic(?=\s{1,3}[a-z]{0,99}[0-9+/=]))\s{1,3}) (?P<bearer>[\w.~+/=-]{8,})
    | (?P<name>(?:passw(?:or)?d|passphrase|\bpwd|secret|token|credential|signature|authorization|cookie
        |(?:api|access|account|private)[_-]?key)[\w-]{0,40}[\\"']{0,4}\s{0,20}(?:=>|[=:])\s{0,20}
        |--(?:password|passphrase|pwd|secret|token|api-?key)\s{1,3})
      (?:\\?(?P<quote>["'])(?P<quoted>.{3,4000}?)\\?(?P=quote)
        | [\\"']{0,4}(?:(?:bearer|basic|token|digest|apikey)\s{1,3})?(?!\[withheld)(?P<plain>[^\s"',;&)}\]]{3,}))
    | \beyJ[\w-]{8,300}+\.[\w-]{8,}+\.[\w-]*+
    | \b(?:AKIA|ASIA)[A-Z0-9]{16}\b
    | \b(?:sk|pk|glpat|github_pat|gh[oprsu]|xox[abprs])[-_][\w-]{16,} | \bhf_[a-z0-9]{30,} | \bAIza[\w-]{35}
    | -----BEGIN\ [A-Z ]{0,30}PRIVATE\ KEY-----[\s\S]*?(?:-----END\ [A-Z ]{0,30}PRIVATE\ KEY-----|\Z)
    )"""


@cache
def _credential() -> re.Pattern[str]:
    """Compile the pattern when it is first needed, as that takes half a hundredth of a start."""
    return re.compile(_CREDENTIAL, re.IGNORECASE | re.VERBOSE)


def search_for(pattern: str) -> Callable[[str | bytes], bool]:
    """Search with Pydantic's regular expressions, which take a tenth of the time of Python's; text has to be UTF-8."""
    return TypeAdapter(Annotated[str, StringConstraints(pattern=pattern)]).validator.isinstance_python


KNOWN_BY_LOOK = r"""
    eyj | (?:^|[^a-z0-9_])(?: a[ks]ia[a-z0-9]{16} | hf_[a-z0-9]{30} | aiza
        | (?:[sp]k|glpat|github_pat|gh[oprsu]|xox[abprs])[-_] )
    | (?:bearer|basic)\s | private\x20key"""

may_hold_credential = search_for(
    rf"""(?ix) :// | [\x1b\u{{9b}}] | {KNOWN_BY_LOOK}
    | (?:passw|passphrase|pwd|secret|token|credential|signature|authorization|cookie|key)[^=:\x00]{{0,80}}[=:]
    | --(?:pass|pwd|secret|token|api)"""
)
"""Whether `_CREDENTIAL` or `_URL` could find anything in a text, or once what hides it is cleaned away; mostly not."""


def without_credentials(text: str) -> str:
    """Cut what looks like a credential out of a text."""
    if "://" in text:
        text = _URL.sub(_without_credentials, text)
    return _credential().sub(_withheld, text) if may_hold_credential(text) else text


def found_in(text: str) -> Iterator[str]:
    """Give the credentials that will be cut out of a text."""
    if _is_plain_url(text):
        return
    for found in _credential().finditer(text):
        credential = found["bearer"] or found["quoted"] or found["plain"] or found.group()
        yield from (credential, credential.rpartition(" ")[2])
    if "://" in text:
        for found in _URL.finditer(text):
            yield from credentials_of(found.group().rstrip(".,;:)]}"))


def _is_plain_url(text: str) -> bool:
    """Whether a text is an address in which nothing can let anybody in, as most are; to take it apart takes long."""
    scheme, _, rest = text.partition("://")
    return (
        scheme in ("http", "https", "s3", "gs")
        and not _NO_PLAIN_URL.search(rest)
        and not may_hold_credential(rest)
    )


def parts_of(secret: str) -> Iterator[str]:
    """Give what of a secret lets somebody in by itself: it may be an address, or JSON with a key in it."""
    if _URL.fullmatch(secret):
        yield from credentials_of(secret)
    elif may_hold_credential(secret.encode(errors="replace")):
        yield from found_in(sanitize(secret))


def safe_url(url: str) -> str:
    """Cut the user, password, query and fragment off a URL, and show that there were any."""
    if not _NO_PLAIN_URL.search(url):
        return url
    try:
        parts = _split(url)
    except ValueError:
        return WITHHELD
    cut = parts.query or parts.fragment or "@" in parts.netloc
    address = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
    return f"{address}?{WITHHELD}" if cut else address


def _without_credentials(found: re.Match[str]) -> str:
    """Keep a URL in a text as it is, unless it carries credentials, or did before they were cut out."""
    url = found.group().replace(WITHHELD, "withheld")
    return safe_url(url) if any(credentials_of(url)) else found.group()


def credentials_of(url: str) -> Iterator[str]:
    """Give the parts of a URL that let somebody in: user, password, and secret-looking query values."""
    if not _NO_PLAIN_URL.search(url):
        return
    try:
        parts = _split(url)
    except ValueError:
        yield url
        return
    pairs = [pair.partition("=") for pair in parts.query.split("&", _MOST_PAIRS)]
    query = [value for name, _, value in pairs if looks_secret(unquote(name))]
    for part in filter(None, (*parts.netloc.rpartition("@")[0].split(":", 1), *query)):
        yield part
        if "%" in part or "+" in part:
            yield from (unquote(part), unquote_plus(part))


def _split(url: str) -> SplitResult:
    """Take a URL apart.

    Raises:
        ValueError: It is none, or the password in it stands where none is looked for, as in `user:pa/ss@host`.
    """
    parts = urlsplit(url)
    if "@" in url and not (parts.netloc and parts.port != 0):
        raise ValueError("a user but no host")
    return parts


def _withheld(found: re.Match[str]) -> str:
    return (found["kept"] or found["name"] or "") + WITHHELD
