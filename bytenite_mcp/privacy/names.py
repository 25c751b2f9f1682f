"""Rates names by how surely their values are secrets.

A name is split into words, and rated by its last word together with the one before.
"""

from enum import IntEnum
from functools import lru_cache

from bytenite_mcp.privacy.words import listed, split_name


class Strength(IntEnum):
    """How surely the value of a name is a secret."""

    NONE = 0
    WEAK = 1
    """The value may be a secret: its form decides."""

    COUNTED = 2
    """The value is a secret, unless it is a placeholder or a number, as in `pass: 3` of tests or encoders."""

    STRONG = 3
    """The value is a secret, unless it is a placeholder."""

    @property
    def is_sure(self) -> bool:
        """Whether values are withheld even if they look like words."""
        return self > Strength.WEAK


STRONG = listed(
    """
    password passwd passwrd passw passwort pass pwd pswd psw pw passphrase passcode passkey secret credential cred creds
    psk otp totp mnemonic dockerconfigjson dockercfg kennwort motdepasse contrasena contraseña senha wachtwoord parola
    haslo hasło losenord lösenord sifre şifre mdp zugangsdaten heslo salasana adgangskode passord jelszo jelszó lozinka
    geslo parool parol κωδικός סיסמה пароль 密码 密碼 口令 パスワード 비밀번호 pword pwrd psswd pasword authtok
    """
)
WEAK = listed(
    """
    key token auth oauth authorization signature sig sas cookie bearer jwt pat webhook salt pepper hmac keytab assertion
    clave chave schluessel schlüssel 密钥 密鑰
    """
)
PAIRS = {
    (before, last): strength
    for strength, last, words in (
        (Strength.STRONG, "key", "private secret encryption signing master unseal"),
        (Strength.STRONG, "pin", "card user account login sim wallet"),
        (Strength.STRONG, "phrase", "seed recovery secret backup wallet pass"),
        (Strength.STRONG, "code", "recovery verification security backup auth pass pin unlock"),
        (Strength.STRONG, "code", "access door gate pairing invite"),
        (Strength.STRONG, "answer", "secret security recovery"),
        (Strength.STRONG, "url", "temp temporary signed presigned sas"),
        (Strength.STRONG, "uri", "signed presigned sas"),
        (Strength.STRONG, "word", "pass"),
        (Strength.STRONG, "passe", "de"),
        (Strength.WEAK, "url", "webhook hook"),
        (Strength.WEAK, "uri", "webhook"),
    )
    for before in words.split()
} | {("", "pass"): Strength.COUNTED}
"""Pairs of words whose strength differs from that of the last word alone."""

INNOCENT_BEFORE = {
    "key": listed(
        """
        primary foreign sort partition cache unique candidate composite natural surrogate lookup row range shard routing
        dedup deduplication idempotency correlation object record message event public publishable pub parent order
        distribution dist clustering chunk blob task job chroma answer hot arrow bib citation cite author inchi gene
        sample shot layer dataset compound trade asset column field group series feature label locale translation site
        join merge
        """
    ),
    "token": listed(
        """
        eos bos pad unk mask sep cls sot eot stop start end begin special prompt completion input output total max min
        num n next prev previous page continuation cursor sync image text audio video vision class patch per budget
        unexpected instance placeholder trigger concept
        """
    ),
    "pass": listed(
        """
        render forward backward low high band all first second third single two multi last final sub boarding ski num n
        max per each every depth shadow color z beauty aov light compiler warmup training encode encoding you we to can
        must should will
        """
    ),
    "signature": listed("time key method function type model call input output gene mutational"),
    "secret": listed("no existing"),
}
"""Words that make the next word harmless: the key of a column, the token of a model, the pass of a renderer."""

_NOUNS_FIRST = listed("senha contrasena contraseña clave chave haslo hasło parola")
"""Words for password or key in languages that put the noun first: `senha_banco`."""

_SUFFIXES = listed(
    """
    data value val values string str text file b64 base64 hex pem raw plain plaintext json encoded hash hashed base
    prod production staging dev test live sandbox old new current backup confirm confirmation again repeat eu us v
    """
)
"""Last words of a name that are ignored, because they only describe the form, copy or use of the value."""

_JOINED_SUFFIXES = ("data", "value", "string", "file", "b64", "hash")
"""Suffixes that may be joined to the word before."""

_PREPOSITIONS = ("for", "of", "from")
_DESCRIBING = listed(
    """
    type kind method scheme provider issuer audience scope scopes id ids name user username email region profile enabled
    expires expiry expiration ttl version algorithm alg required created updated at url uri endpoint host port path
    length size count limit policy format encoding source ref usage usages from iss aud sub exp
    """
)
"""Last words of members that describe the secret beside them."""

_NEVER_JOINED = listed("sig sas pat otp cred salt psw")
"""Words too short to be searched for at the end of other words, such as `compat` and `basalt`."""

_TERMS = STRONG | WEAK
_JOINED = sorted(
    {word for word in _TERMS | listed("tokens keys secrets passwords credentials cookies") if word.isascii()}
    - _NEVER_JOINED,
    key=len,
    reverse=True,
)
_WHOLE = listed(
    """
    monkey donkey turkey whiskey hockey jockey lackey mickey flunkey latchkey turnkey lowkey malarkey
    bypass compass encompass trespass surpass overpass underpass betoken enclave conclave
    """
)
"""Ordinary words that end like a secret's name."""

_GETTERS = listed("get read fetch load lookup find verify check has require is reset update need needs")
_LAST_OF_PAIRS = frozenset(last for _, last in PAIRS)
_LONGEST = 100
"""The most characters of a name that are read; the first ones are ignored."""


@lru_cache(8192)
def strength_of(name: str) -> Strength:
    """Rate how surely the value of a name is a secret, regardless of the name's case and separators."""
    words = _relevant_words(name[-_LONGEST:])
    if not words:
        return Strength.NONE
    if words[0] in _NOUNS_FIRST:
        words = words[:1]
    last, before = words[-1], words[-2] if len(words) > 1 else ""
    if strength := PAIRS.get((before, last)):
        return strength
    if before in INNOCENT_BEFORE.get(last, ()):
        return Strength.NONE
    return Strength.STRONG if last in STRONG else Strength.WEAK if last in WEAK else Strength.NONE


@lru_cache(8192)
def may_end_name(name: str) -> bool:
    """Whether a word is a secret's name, alone or after another word."""
    words = _relevant_words(name[-_LONGEST:])
    return bool(words) and (words[-1] in _TERMS or words[-1] in _LAST_OF_PAIRS or words[0] in _NOUNS_FIRST)


@lru_cache(4096)
def is_describing(name: str) -> bool:
    """Whether a member of a secret object only describes the secret, and so is harmless."""
    words = split_name(name)
    return bool(words) and words[-1] in _DESCRIBING


def is_getter(name: str) -> bool:
    """Whether a function's name says that it returns a secret, so that its arguments are harmless."""
    return not _GETTERS.isdisjoint(_relevant_words(name[-_LONGEST:])[:-1])


@lru_cache(4096)
def fold_name(name: str) -> str:
    """Normalize the case and separators of a name."""
    return name.replace("_", "").replace("-", "").lower()


def _relevant_words(name: str) -> list[str]:
    """Split a name into words, joined ones too, and remove ignored words from its end."""
    words = [part for word in split_name(name) for part in _split_joined(word)]
    if words[:3] == ["mot", "de", "passe"]:
        return words[:3]
    for preposition in _PREPOSITIONS:
        if preposition in words[1:]:
            words = words[: words.index(preposition, 1)]
    if words[-3:] == ["core", "windows", "net"] and "key" in words:
        words = words[: words.index("key") + 1]
    while words and (words[-1] in _SUFFIXES or words[-1].isdecimal()):
        words.pop()
    if words and words[-1] not in _TERMS and words[-1].removesuffix("s") in _TERMS:
        words[-1] = words[-1].removesuffix("s")
    return words


def _split_joined(word: str) -> list[str]:
    """Split a joined word that ends like a secret's name: `openaikey`, `dbpass`, `keydata`."""
    for suffix in _JOINED_SUFFIXES:
        rest = word.removesuffix(suffix)
        if rest != word and any(map(rest.endswith, _JOINED)):
            return [*_split_joined(rest), suffix]
    if word not in _TERMS and word not in _WHOLE:
        for end in _JOINED:
            if word.endswith(end) and word != end:
                return [*_split_joined(word.removesuffix(end)), end]
    return [word]


def _hint() -> str:
    short = sorted(_NEVER_JOINED)
    spelt = "|".join(sorted(_TERMS - _NEVER_JOINED))
    pairs = "|".join(f"{before}[^A-Za-z]*{last}" for before, last in sorted(PAIRS) if last not in _TERMS)
    alone = "|".join(spelling for word in short for spelling in (word, word.capitalize(), word.upper()))
    camel = "|".join(word.capitalize() for word in short)
    # A text that ends with a name has no value after it, but may have one before.
    ends = "(?:[A-Z0-9_.-][A-Za-z0-9_.-]*)?[^A-Za-z0-9_.-]"
    return (
        rf"(?i:{spelt}|{pairs})(?i:s|{'|'.join(_JOINED_SUFFIXES)})?{ends}"
        rf"|(?:^|[^A-Za-z]|[A-Z])(?:{alone})[sS]?{ends}|[a-z](?:{camel})s?{ends}|<U\+"
        r"|(?: (?:as|is|for|=) |value: [^\n]+\n)[A-Za-z_ :]*$"
    )


HINT = _hint()
"""A pattern, in Rust's syntax: a text without a match has no secret's name."""
