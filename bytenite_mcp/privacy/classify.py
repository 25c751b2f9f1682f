"""Classifies values by their form: placeholders, counts, ordinary words, or random characters."""

import re

from bytenite_mcp.privacy.names import STRONG_WORDS, Strength
from bytenite_mcp.privacy.spans import WITHHELD
from bytenite_mcp.privacy.words import WORDS, in_dictionary, is_wordy, split_name, without_words

_LONGEST_FREED = 300
"""The most characters of a word, path or placeholder."""

_LONGEST_TOO_SHORT = 5
"""Characters. A value that is no longer is not a key or token: `USDC`, `NaCl`."""

_MOST_WORDS_OF_PASS, _LONGEST_EXTENSION = 3, 6

SHORTEST_CUT = 8
"""The fewest characters, not counting words, of a withheld value that is also cut out elsewhere."""

_PLACEHOLDERS = WORDS["placeholder"] | STRONG_WORDS
_PLACEHOLDER = re.compile(
    r"""
    [\s*•.xX_-]* | \d{1,2}                                      # nothing, or what stands for hidden characters
    | [<\[({]{1,3}[^<>\[\](){}"'$=\d]{0,60}[>\])}]{1,3}         # <password>, [REDACTED], {{ secret }}
    | (?:\$\{\{|\{\{[ ]?(?:lookup|env)\b(?!.*=))[^{}]{0,80}\}\} | (?:\$\{|\{\{)[\w.: -]{1,80}(?:\[withheld\])?\}{1,2}
    | \$[A-Z_]{2,80} | \$\(.{0,200}\)                           # variables
    | %s | %\(\w{1,80}\)s | %\w{1,80}% | \#\{\w{1,80}\}
    | (?:your|insert|enter|replace|put|add)[ _-][A-Za-z _-]{1,60} | (?:not|no|un)[ _-]?(?:set|provided|given|found)
    | (?:this[ ])?field[ ](?:is[ ])?required[.]? | this[ ]field[ ]may[ ]not[ ]be[ ](?:blank|null)[.]?
    | can't[ ]be[ ]blank
    | (?:is[ ])?too[ ](?:short|long|common|weak)(?:[ ][(][a-z ]{1,20}\d{1,4}[ ][a-z ]{1,30}[)])?
    | ensure[ ]this[ ](?:field|value)[ ]has[ ][a-z ]{1,20}\d{1,4}[ ][a-z ]{1,30}[.]?
    | arn:aws[\w-]*:(?:secretsmanager|ssm):.{1,200}
    """,
    re.VERBOSE | re.IGNORECASE,
)
_ORIGIN = re.compile(
    r"""
    (?:(?:os|self|args|config|settings|env|secrets?)\.(?=[A-Za-z_])|process\.env|environ)[\w.\[\]()"'-]{0,100}
    | (?:\w{1,40}\.){0,3}(?:get\w{0,20}|input|str|env|prompt|load\w{0,20}|read\w{0,20})\([^()]{0,100}\)
    | projects/[\w-]{1,60}/secrets/[\w-]{1,60}(?:/versions/(?:\d{1,6}|latest))?
    | (?:vault|op|env|ssm|sm|ref|file|secretref|secret|kms|awssm|gcpsm|akv):[\w/.:#-]{1,200}
    """,
    re.VERBOSE | re.IGNORECASE,
)
"""Code or an address that says where a secret is kept, if it consists of words."""

_NO_PLACEHOLDER = re.compile(r"[\w+=-]*\d[\w+=-]*")
"""A fast check: a value with a digit and only these characters is not a placeholder; most secrets match."""

_PATH = re.compile(
    r"(?:~|\.{1,2})/|/(?:app|builds?|content|data|dev|etc|gpfs|home|lustre|mnt|nfs|opt|private|proc|projects?|root|run"
    r"|scratch|secrets?|srv|storage|tmp|users|usr|var|vault|vol|volumes?|work|workspaces?)(?:/|$)"
    r"|[A-Z]:\\{1,2}(?:Users|ProgramData|Windows)\\|(?=.*\.[a-z]\w{1,4}$)(?:/|[A-Z]:\\)",
    re.IGNORECASE,
)
"""The start of a path in a usual folder, or of a path that ends with an extension."""

_HOME = re.compile(r"^(?:/home|/Users|[A-Za-z]:\\{1,2}Users)[/\\]{1,2}[\w.~-]{1,32}(?=[/\\])")
"""A person's folder; its name need not consist of words."""

_KEY_FILE = re.compile(r"(?<=[/\\]\.ssh[/\\])id_\w{3,10}$")
_OF_SECRET = re.compile(
    r"(?:~|\.{1,2})?/(?:app|certs?|data|etc|home|keys?|mnt|opt|root|run|secrets?|srv|usr|var|vault|work\w{0,6})/"
    r"[\w./@~-]{1,200}\.(?:json|pem|key|keytab|crt|p12|pfx|jks|lic)"
)
"""A file in which secrets are kept, in a usual folder."""

_FILE = re.compile(r"[\w ./@%:\\-]{1,280}\.([A-Za-z7]\w{0,11})")
_NUMBER = re.compile(
    r"[+-]?\d{1,3}(?:,\d{3}){1,3}|[+-]?\d{1,9}(?:\.\d{1,20})?(?:e[+-]?\d{1,3})?%?", re.IGNORECASE
)
_COUNTED = re.compile(
    r"\d{1,3}(?:/\d{1,4}|:[a-z][\w-]{0,30}=.*)|completed?|done|ok|finished|started|skip(?:ped)?|fail(?:ed)?|errors?|total|analysis"
)
_TEST = re.compile("tests?[ _:./]|Test[A-Z][a-z]+[A-Z]")
_CALL = re.compile(r"[A-Za-z_$][\w$]{0,60}(?:\.[\w$]{1,60}){0,4}\((?:[\w$.]*[{\[]?|[^\"'`]*\))")
_COLOUR = re.compile(r"(?:\#[0-9a-fA-F]{3,8}|0x[0-9a-fA-F]{6})(?::[\d.]{1,6}){0,2}|0x[0-9a-fA-F]{40}")
_TIME = re.compile(
    r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?", re.IGNORECASE
)
_PUBLIC = re.compile(
    r"(?:ssh-(?:rsa|ed25519|dss)|ecdsa-sha2-\S+) AAAA.*|-----BEGIN (?:[A-Z]+ )?(?:PUBLIC KEY|CERTIFICATE)-.*",
    re.DOTALL,
)
_SIGNAL = re.compile(r"SIG[A-Z]{2,6}\d{0,2}")
_INCHI_KEY = re.compile(r"[A-Z]{14}-[A-Z]{10}-[A-Z]")
_PRODUCT = re.compile(r"[A-Z][a-z]{2,20}/\d{1,3}(?:\.\d{1,4}){1,3}")
"""A program with its version, as in `User-Agent`."""

_HARMLESS_FORMS = (_NUMBER, _CALL, _COLOUR, _TIME, _PUBLIC, _SIGNAL, _INCHI_KEY, _PRODUCT)


def is_secret(text: str, strength: Strength) -> bool:
    """Whether a value is a secret, if its name has a strength."""
    if strength is Strength.WEAK:
        return len(text) > _LONGEST_TOO_SHORT and not is_harmless(text)
    if strength is Strength.COUNTED and (
        len(text) == 1
        or _NUMBER.fullmatch(text.strip())
        or _COUNTED.fullmatch(text)
        or _names_pass(text)
        or (_TEST.match(text) and is_wordy(text))
    ):
        return False
    return strength.is_sure and not is_placeholder(text)


def _names_pass(text: str) -> bool:
    """Whether a text is the name of a pass of a renderer, an encoder or a compiler: `CryptoObject00`."""
    if text in WORDS["harmless pass"]:
        return True
    words = [word for word in split_name(text) if not (word.isdecimal() and len(word) <= 2)]
    return 0 < len(words) <= _MOST_WORDS_OF_PASS and WORDS["name of pass"].issuperset(words)


def is_placeholder(text: str) -> bool:
    """Whether a text stands for a secret: empty, true, false, none, `***`, `${NAME}`, a file."""
    bare = _strip(text)
    if len(bare) > _LONGEST_FREED or (len(bare) > 2 and _NO_PLACEHOLDER.fullmatch(bare)):
        return False
    if bare.lower() in _PLACEHOLDERS or _PLACEHOLDER.fullmatch(bare):
        return True
    if WITHHELD in bare:
        return not any(map(str.isalnum, bare.replace(WITHHELD, "")))
    if _ORIGIN.fullmatch(bare):
        return is_wordy(bare)
    is_path = bool(_PATH.match(bare))
    return is_path and (bool(_OF_SECRET.fullmatch(bare)) or is_wordy(_HOME.sub("", _KEY_FILE.sub("", bare))))


def is_harmless(text: str) -> bool:
    """Whether the form of a value shows that it is no secret: a count, ordinary words, a file."""
    bare = _strip(text)
    if is_placeholder(bare) or any(pattern.fullmatch(bare) for pattern in _HARMLESS_FORMS):
        return True
    if (file := _FILE.fullmatch(bare)) and _is_extension(file[1].lower()):
        return True
    return len(bare) <= _LONGEST_FREED and (
        is_wordy(bare.replace(WITHHELD, "")) or not any(map(str.isalnum, bare))
    )


def _is_extension(word: str) -> bool:
    return word in WORDS["extension"] or (len(word) <= _LONGEST_EXTENSION and in_dictionary(word))


def is_random(text: str) -> bool:
    """Whether a word looks generated, or like a password: it mixes digits and letters, or cases, and has no words."""
    return len(text) >= 6 and _is_mixed(text) and not is_harmless(text)


def is_worth_cutting(secret: str) -> bool:
    """Whether a withheld value is cut out wherever else it occurs: if it is long, mixed, and not made of words."""
    if len(secret) < SHORTEST_CUT or not (_is_mixed(secret) or secret.isdecimal()):
        return False
    rest = without_words(secret)
    return len(rest) >= SHORTEST_CUT and (_is_mixed(rest) or rest.isdecimal())


def _strip(text: str) -> str:
    return text.strip().strip("\"'`").strip()


def _is_mixed(text: str) -> bool:
    """Whether a text has digits and letters, or letters of both cases beyond a capital at its start."""
    has_digit, has_letter = any(map(str.isdigit, text)), any(map(str.isalpha, text))
    return has_letter and (has_digit or (text != text.lower() and text[1:] != text[1:].lower()))
