"""The settings, read once from the environment and passed down; there is no global instance."""

import difflib
import ipaddress
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)

PREFIX = "BYTENITE_"

LONGEST_KEY = 10_000
"""The most characters of an API key; ByteNite's have about 500 [D]."""

_HTTP_URL = re.compile(
    r"https?://([a-z0-9._-]+|\[[0-9a-f:.]+\])(:\d{1,5})?([/?#][!-\[\]-~]*)?", re.IGNORECASE
)

_JWT_FIELDS = ("mcp_jwt_issuer", "mcp_jwt_audience", "mcp_jwks_url")


class SettingsError(Exception):
    """A setting is misspelt or its value is invalid; the message names it and says what is valid."""


class Settings(BaseModel):
    """All settings; a field's environment variable is `BYTENITE_` and the field's name in capitals."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, str_strip_whitespace=True
    )

    api_key: Annotated[SecretStr, Field(description="Your ByteNite API key.")] = SecretStr("")
    api_key_file: Annotated[
        str, Field(description="A file that holds the API key instead; read once, at start-up.")
    ] = ""
    base_url: Annotated[str, Field(description="URL of the API.")] = "https://api.bytenite.com/v1"
    jobs_prefix: Annotated[
        Literal["customer", "computing"],
        BeforeValidator(lambda prefix: prefix.strip("/").lower()),
        Field(description="Path prefix of the job routes: `customer`, or `computing` if they have moved."),
    ] = "customer"
    timeout: Annotated[float, Field(gt=0, le=45, description="Timeout of a request, in seconds.")] = 10.0
    max_retries: Annotated[int, Field(ge=0, le=10, description="Retries after a transient failure.")] = 3
    max_jobs: Annotated[
        int,
        Field(
            ge=0,
            le=1_000_000,
            description="The most jobs in memory for all callers together, besides the newest 500 of each; "
            "with 0, none are read in advance.",
        ),
    ] = 200_000
    timezone: Annotated[
        str, Field(description="Time zone of dates and of groups by day, unless a call names another.")
    ] = "UTC"
    log_level: Annotated[
        Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"],
        BeforeValidator(str.upper),
        Field(description="Log level; the log goes to standard error."),
    ] = "WARNING"

    mcp_tokens: Annotated[
        SecretStr,
        Field(description="Bearer tokens of callers over HTTP: a file of them, or a list."),
    ] = SecretStr("")
    mcp_jwt_issuer: Annotated[
        str, Field(description="Identity provider that issues the JWTs of callers over HTTP.")
    ] = ""
    mcp_jwt_audience: Annotated[str, Field(description="This server's public URL, as in the JWTs.")] = ""
    mcp_jwks_url: Annotated[str, Field(description="URL of the identity provider's keys.")] = ""

    key_from_header: Annotated[
        bool,
        Field(exclude=True, description="Each caller over HTTP sends its own key (`--key-from-header`)."),
    ] = False
    demo: Annotated[bool, Field(exclude=True, description="Use the embedded simulator (`--demo`).")] = False

    @field_validator("api_key")
    @classmethod
    def _check_key(cls, key: SecretStr) -> SecretStr:
        return SecretStr(check_key(key.get_secret_value().strip()))

    @field_validator("timezone")
    @classmethod
    def _check_timezone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ValueError, OSError, KeyError):
            raise ValueError("should be an IANA name such as Europe/Berlin or UTC") from None
        return name

    @field_validator("base_url")
    @classmethod
    def _check_base_url(cls, url: str) -> str:
        return check_url(url, "https://api.bytenite.com/v1")

    @field_validator("mcp_jwt_issuer", "mcp_jwt_audience", "mcp_jwks_url")
    @classmethod
    def _check_trusted_url(cls, url: str) -> str:
        return _check_https(url, "https://login.example.com/tenant") if url else url

    @model_validator(mode="after")
    def _check_authentication(self) -> Self:
        jwt = {name_variable(field): getattr(self, field) for field in _JWT_FIELDS}
        missing = [name for name, value in jwt.items() if not value]
        if missing and len(missing) < len(jwt):
            raise ValueError(f"{', '.join(jwt)} belong together; not set: {', '.join(missing)}.")
        if self.mcp_tokens.get_secret_value() and not missing:
            raise ValueError(f"Set BYTENITE_MCP_TOKENS or {', '.join(jwt)}, not both.")
        return self

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Self:
        """Read the settings.

        Raises:
            SettingsError: A `BYTENITE_` name is unknown, or a value is invalid; the message does not repeat it.
        """
        given = {name: value for name, value in environ.items() if name.upper().startswith(PREFIX)}
        known = {name_variable(field): field for field in cls.environment_fields()}
        for name in given:
            if name not in known:
                raise SettingsError(f"{name} is not a setting. {_advise(name, known)}")
        values = {known[name]: value.strip() for name, value in given.items() if value.strip()}
        if "api_key_file" in values:
            if "api_key" in values:
                raise SettingsError("Set BYTENITE_API_KEY or BYTENITE_API_KEY_FILE, not both.")
            values["api_key"] = read_key(values["api_key_file"])
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise SettingsError(
                "\n".join(_explain(problem["loc"], problem["msg"]) for problem in error.errors())
            ) from None

    @classmethod
    def environment_fields(cls) -> list[str]:
        """The fields that have an environment variable; the others are command-line options only."""
        return [name for name, field in cls.model_fields.items() if not field.exclude]

    @property
    def host(self) -> str:
        """The API's host and port, as shown in error messages."""
        return urlsplit(self.base_url).netloc


def name_variable(field: str) -> str:
    """Name the environment variable of a field."""
    return PREFIX + field.upper()


def read_key(path: str) -> str:
    """Read the API key from a file.

    Raises:
        SettingsError: The file cannot be read or holds no key. The message repeats neither the path nor the contents.
    """
    name = name_variable("api_key_file")
    try:
        with Path(path).expanduser().open(encoding="utf-8-sig") as file:
            text = file.read(LONGEST_KEY + 1)
    except UnicodeError:
        raise SettingsError(f"{name}: the file is not UTF-8 text; save the API key as plain text.") from None
    except (OSError, ValueError, RuntimeError) as error:
        why = getattr(error, "strerror", None) or "invalid path"
        raise SettingsError(
            f"{name}: the file cannot be read ({why}); name a file that this user can read."
        ) from None
    if not text.strip():
        raise SettingsError(f"{name}: the file is empty; save the API key in it.")
    try:
        return check_key(text.strip())
    except ValueError as error:
        raise SettingsError(f"{name}: {error}") from None


def check_key(key: str) -> str:
    """Return the key if it is well-formed.

    Raises:
        ValueError: It is malformed. The message does not repeat the key.
    """
    if not key.isascii() or len(key.split()) > 1 or len(key) > LONGEST_KEY:
        raise ValueError("an API key is one word of ASCII characters; copy it again")
    if key.startswith("$"):
        raise ValueError("looks like a variable that your client did not fill in; is that variable set?")
    return key


def check_url(url: str, example: str) -> str:
    """Return the URL without a trailing slash if it is safe to send a key to: HTTPS or loopback, no credentials in it.

    Raises:
        ValueError: It is not; the message says why.
    """
    parts = urlsplit(url)
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("must not carry a user, password, query or fragment")
    return _check_https(url, example).rstrip("/")


def _check_https(url: str, example: str) -> str:
    parts = urlsplit(url)
    if not _HTTP_URL.fullmatch(url) or not parts.hostname or parts.port == 0:
        raise ValueError(f"should look like {example}")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError("must be https, so that no secret travels in the clear (http only on loopback)")
    return url


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine's loopback."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _advise(name: str, known: Iterable[str]) -> str:
    """Name the setting that a name resembles, or all settings."""
    named = {setting.removeprefix(PREFIX): setting for setting in known}
    near = difflib.get_close_matches(name.upper().removeprefix(PREFIX), named, n=1, cutoff=0.5)
    return (
        f"Did you mean {named[near[0]]}?" if near else f"Unset it, or use one of {', '.join(named.values())}."
    )


def _explain(location: tuple[int | str, ...], message: str) -> str:
    subject = f"{name_variable(str(location[0]))}: " if location else ""
    return subject + message.removeprefix("Value error, ")
