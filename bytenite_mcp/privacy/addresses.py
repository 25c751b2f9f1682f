"""Finds users and passwords in URLs, connection strings, netrc and pgpass files, and SQL."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit, urlunsplit

from bytenite_mcp.privacy.classify import is_harmless, is_placeholder, is_random
from bytenite_mcp.privacy.spans import WITHHELD, Span
from bytenite_mcp.privacy.words import WORDS

LOGIN_HINT = r"(?i:[a-z0-9+.-]:(?://|\\\\|\\/\\/)[^\s\x22\x27<>`]*@)"
QUERY_HINT = r"[?&#][0-9A-Za-z_.~\x{80}-\x{10ffff}-]+=[^&#\s]{20}"
CONNECTION_HINT = (
    r"@(?:tcp6?|unix|udp|cloudsql)?\(|jdbc:oracle|sqlplus|sqlldr|expdp|impdp|(?:exp|imp)\s|userid="
    r"|@(?://)?[A-Za-z0-9_.-]+:[0-9]{4}|:[^\s:/@\x22\x27<>]{4,}@[A-Za-z0-9_.-]|:(?:[0-9]{4,5}|\*):|password\s"
    r"|(?i:identified\s|set\spassword\s)|rtmps?://|://[^\s/]+/t/|://[^\s/:@]+:[^\n/@]*[\x22\x27 ][^\n/@]*@|(?i:auth\w*"
    r"|credentials?|log_?in|pdo|mysql\w*|__construct|\.connect|getconnection|authentication|fernet|cohere\.client|bot|github|openai|pinecone)\s{0,3}=?\s{0,3}\("
    r"|://[^\s/:@]+:[^\s/:@\x22]{6,}(?:[\x22\n]|$)|<Cookie |AUTH|LOGIN|UGFzc3dvcmQ6|USER "
)
"""Patterns, in Rust's syntax: a text without a match has nothing that the functions below would find."""

_URL = re.compile(
    r"""(?P<scheme>[a-z][a-z0-9+.-]{0,20}):(?://|\\\\|\\/\\/)(?P<rest>[^\s"'<>`]{1,4000})""", re.IGNORECASE
)
_WEB = frozenset(["http", "https", "ws", "wss", "s3", "gs", "file"])
_AUTHORITY, _WEB_AUTHORITY = re.compile(r"[^/?#]*"), re.compile(r"[^/?#\\]*")
_PORT = re.compile(r"[^@:/?#]*:\d{1,5}(?:[/?#]|$)")
_HOST = re.compile(r"@(?:[^@]*[.:\]]|localhost$)[^@]*$")
_QUERY = re.compile(r"[?&#](?P<name>[\w.~-]{1,60})=(?P<value>[^&#\s]{20,})")
_WITH_QUERY = re.compile(r"""(?<=/)[^\s"'<>`?#/]{0,200}[?#][^\s"'<>`]{1,4000}""")
_SIGNED = re.compile(
    r"[?&](?:(?:[\w-]{0,20}[_-])?sig(?:nature)?|ex=[0-9a-f]{1,16}&is=[0-9a-f]{1,16}&hm)=", re.IGNORECASE
)
_ONLY_IN_QUERIES = frozenset(["code", "policy", "ticket", "hmac", "appid"])
_PLAIN = re.compile(
    r"(?:(?<![\w/.@+-])|(?<=[^:]//)|(?<=^//))(?!mailto:)[\w.+-]{1,60}:(?P<value>[^\s:/@\"'<>]{4,200})@(?!sha\d|md5)[\w.-]{1,100}"
)
_PGPASS = re.compile(
    r"(?<![^\s\"'])(?:[\w.-]{1,200}|\*|\[[0-9a-f:]{2,40}\]):(?:\d{4,5}|\*):(?:[^\s:]|\\:){1,80}:(?:[^\s:]|\\:){1,80}:"
    r"(?P<value>[^\s\"']{1,200})"
)
_CUT = re.compile(r"://[\w.+-]{1,60}:(?!\d{1,5}(?:\W|$))(?P<value>[\w!$*+~.-]{6,100}?)(?:\.\.\.|…)?$")
"""The start of a URL with a password that is cut before its host."""

_LITERAL = r"""(?:"[^"\n]{0,200}"|'[^'\n]{0,200}')"""
_SURE = (
    # Go: user:password@tcp(host)
    re.compile(r"(?<![\w/:@])[\w.+-]{1,60}:(?P<value>[^\s\"']{1,200}?)@(?:tcp6?|unix|udp|cloudsql)?\("),
    # Oracle: user/password@host, after a word that says so, or with a port
    re.compile(
        r"""(?:jdbc:oracle:\w{2,5}:|\b(?:sqlplus|sqlldr|expdp|impdp|exp|imp)\s+(?:-\w{1,20}\s+){0,4}|\buserid=)"""
        r"""["']?[\w$#.-]{1,60}/(?P<value>"[^"\n]{1,100}"|[^\s"']{1,200})@(?=[\w/(])"""
    ),
    re.compile(
        r"""(?<![\w/.@:-])[\w$#]{1,40}/(?P<value>"[^"\n]{1,100}"|[^\s"'/@]{1,100})@(?://)?[\w.-]{1,100}:\d{4,5}(?=[:/])"""
    ),
    # user:password@host:port without a scheme, of a proxy or before a path
    re.compile(
        r"(?:(?<==)|(?<=proxy )|(?<![\w/.@+:-])(?=\S{0,300}:\d{4,5}/))"
        r"[\w.+-]{1,60}:(?P<value>[^\s:/@\"'<>]{4,100})@[\w-][\w.-]{0,100}:\d{4,5}(?![\w.:@])"
    ),
    # netrc, on one line or several
    re.compile(
        r"\b(?:machine|login)\s+(?!(?:with|via|by|using|without)\s)\S{1,200}(?:\s+account\s+\S{1,200})?\s+password\s+(?P<value>\S{1,200})"
    ),
    # a stream key, and a token in the path of a package channel
    re.compile(r"\brtmps?://[^\s\"'<>/]{1,200}/(?:[\w-]{1,40}/){1,2}(?P<value>[\w-]{12,200})"),
    re.compile(r"\bhttps?://[^\s\"'<>/]{1,200}/t/(?P<value>[\w-]{16,200})(?=/)"),
    # a proxy's host, port, user and password
    re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}:\d{2,5}:[^\s:\"']{1,80}:(?P<value>[^\s:\"']{4,200})"),
    # a password with quotes or spaces in it
    re.compile(
        r"(?<=://)(?P<value>[\w.+-]{1,60}:(?!\d{1,5}[\"' ,])[^\n/<>@\"' ]{0,100}[\"' ][^\n/<>@]{0,100})@(?=[\w.-])"
    ),
    # the arguments of a call in code: user and password, or an address before these
    re.compile(
        r"\b(?:http(?:basic|digest|proxy)auth|\w{0,20}credentials?|passwordauthentication|pdo|getconnection|log_?in"
        rf"|auth\s{{0,3}}=|\bdb\.auth)\s{{0,3}}\((?:\s{{0,40}}{_LITERAL}\s{{0,3}},){{1,4}}\s{{0,40}}(?P<value>{_LITERAL})\s{{0,40}}\)",
        re.IGNORECASE,
    ),
    # the third argument of a call in code, or in the stack that PHP prints
    re.compile(
        r"\b(?:pdo|(?:py)?mysql\w{0,20})(?:(?:->|::)__construct|\.connect)?"
        rf"\((?:{_LITERAL}, ?){{2}}(?P<value>{_LITERAL})",
        re.IGNORECASE,
    ),
    # a cookie as Python's requests shows it
    re.compile(r"<Cookie [\w.-]{1,60}=(?P<value>\S{1,400}) for "),
    # SMTP, IMAP, FTP, POP3, Redis
    re.compile(
        r"\bAUTH (?:PLAIN|LOGIN|XOAUTH2) (?P<value>[A-Za-z0-9+/]{8,4000}={0,2}(?: [A-Za-z0-9+/]{8,400}={0,2})?)"
    ),
    re.compile(r"\b334 UGFzc3dvcmQ6\s{1,3}(?:[^\n\s]{1,20}\s){0,3}(?P<value>[A-Za-z0-9+/]{4,400}={0,2})"),
    re.compile(
        r"(?:\bLOGIN \S{1,100}@\S{1,100}|\b[A-Za-z]{1,4}\d{1,6} LOGIN \S{1,100}|\bAUTH default) (?P<value>\S{1,200})"
    ),
    re.compile(r"\bUSER \S{1,100}\s(?:[^\n]{0,200}\n){1,3}?[^\n]{0,40}?\bPASS (?P<value>\S{1,200})"),
    re.compile(r"""\"AUTH\" (?:\"[^"]{1,60}\" )?(?P<value>\"[^"]{1,200}\")"""),
    # SQL
    re.compile(
        r"\b(?:identified\s+(?:with\s+\S{1,60}\s+)?(?:by|as)|set\s+password\s+for\s+\S{1,100}\s*=)\s*"
        r"""(?P<value>'(?:[^'\n]|''){1,200}'|"[^"\n]{1,200}")""",
        re.IGNORECASE,
    ),
    re.compile(
        r"\buser\s+\S{1,100}\s+identified\s+(?:with\s+\S{1,60}\s+)?(?:by|as)\s+(?P<value>\S{1,200})",
        re.IGNORECASE,
    ),
)


_LOGGED_IN = re.compile(
    r"\b(?:log_?in|authenticate|fernet|cohere\.client|bot|github|openai|pinecone)\(\s{0,10}"
    r"""(?:"[^"\n]{1,100}",\s{0,5}|'[^'\n]{1,100}',\s{0,5})?["'](?P<value>[\w=+/-]{16,200})["']\s{0,10}(?:\)|,\s{0,5}\w{1,40}=)""",
    re.IGNORECASE,
)
"""The only unnamed argument of a call that logs in, or the second of two."""


def find_logins(text: str) -> Iterator[Span]:
    """Find users and passwords in the URLs of a text."""
    for url in _URL.finditer(text):
        end = _end_of_login(url["scheme"].lower() in _WEB, url["rest"])
        user, colon, password = url["rest"][:end].partition(":")
        grants_access = colon and (not is_placeholder(password) if password else not is_harmless(user))
        if grants_access or is_random(user):
            yield url.start("rest"), url.start("rest") + end


def _end_of_login(is_web: bool, rest: str) -> int:
    """Return where the user and password of a URL end; 0 if there are none.

    A password may contain characters that end a host (`/`, `?`, `#`, `@`), so it extends to the last `@`, unless the
    colon before it is that of a port.
    """
    authority = (_WEB_AUTHORITY if is_web else _AUTHORITY).match(rest)
    host = authority[0] if authority else ""
    if "@" in host:
        return (host if is_web and _HOST.search(host) else rest).rfind("@")
    return max(0, rest.rfind("@")) if ":" in host and not _PORT.match(rest) else 0


def find_in_queries(text: str) -> Iterator[Span]:
    """Find random values in the queries of URLs: all of a signed URL, otherwise those of names such as `code`."""
    for url in _WITH_QUERY.finditer(text):
        signed = bool(_SIGNED.search(url[0]))
        for part in _QUERY.finditer(text, *url.span()):
            if is_random(part["value"]) and (signed or part["name"].lower() in _ONLY_IN_QUERIES):
                yield part.span("value")


def find_connections(text: str) -> Iterator[Span]:
    """Find passwords in connection strings that are not URLs, in netrc and pgpass lines, and in SQL."""
    for pattern in _SURE:
        yield from (
            found.span("value")
            for found in pattern.finditer(text)
            if not is_placeholder(found["value"]) and found["value"] not in WORDS["function word"]
        )
    for pattern in (_PLAIN, _CUT, _LOGGED_IN):
        yield from (found.span("value") for found in pattern.finditer(text) if is_random(found["value"]))
    yield from (
        found.span("value")
        for found in _PGPASS.finditer(text)
        if "\\:" in found["value"] or not is_harmless(found["value"])
    )


def safe_url(url: str) -> tuple[str, list[str]]:
    """Remove user, password, query and fragment from a URL, with a mark; withhold a malformed URL as a whole.

    Returns:
        The URL to show, and the removed parts.
    """
    try:
        parts = urlsplit(url)
        odd = url.count("@") > parts.netloc.count("@") or ("@" in url and parts.port == 0)
    except ValueError:
        odd = True
    if odd:
        return WITHHELD, [url]
    user = parts.netloc.rpartition("@")[0]
    cut_off = [part for part in (user, parts.query, parts.fragment) if part and part != WITHHELD]
    if not cut_off:
        return url, []
    address = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
    return f"{address}?{WITHHELD}", cut_off
