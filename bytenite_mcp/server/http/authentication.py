"""Authenticates callers over HTTP, by bearer tokens or JWTs."""

import hmac
import logging
import re
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import anyio
import jwt
from mcp.server.auth.provider import AccessToken, TokenVerifier
from mcp.server.auth.settings import AuthSettings

from bytenite_mcp.config import Settings, SettingsError

ASYMMETRIC = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
"""The accepted algorithms. With a symmetric one, anyone who can verify a JWT could forge one."""

KEYS_TIMEOUT = 5.0
"""Seconds that fetching an identity provider's keys may take; they are cached for five minutes."""

CLOCK_SKEW = 30.0
"""Seconds by which an identity provider's clock may differ from ours."""

_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]{16,}")

_log = logging.getLogger(__name__)


class Authentication(NamedTuple):
    """The authentication of callers, as the SDK takes it."""

    settings: AuthSettings
    verifier: TokenVerifier


def make_authentication(settings: Settings) -> Authentication | None:
    """Make the authentication; None if no setting asks for one.

    Raises:
        SettingsError: The bearer tokens cannot be read, or are invalid.
    """
    if listed := settings.mcp_tokens.get_secret_value():
        # The SDK requires an issuer, but publishes it only together with a resource URL.
        urls = {"issuer_url": "https://localhost", "resource_server_url": None}
        return Authentication(AuthSettings.model_validate(urls), BearerTokens(read_tokens(listed)))
    if settings.mcp_jwt_issuer:
        urls = {"issuer_url": settings.mcp_jwt_issuer, "resource_server_url": settings.mcp_jwt_audience}
        auth = AuthSettings.model_validate({**urls, "validate_token_resource": True})
        return Authentication(auth, JsonWebTokens(settings))
    return None


def read_tokens(listed: str) -> list[str]:
    """Read bearer tokens, separated by white space or commas.

    A text with a dot or a slash is the path of a file of tokens.

    Raises:
        SettingsError: The file cannot be read, or a token is too short or malformed. The message repeats no token.
    """
    if set(listed) & set("./\\"):
        try:
            listed = Path(listed).expanduser().read_text(encoding="utf-8-sig")
        except (OSError, ValueError, RuntimeError):
            raise SettingsError(
                "BYTENITE_MCP_TOKENS: the file cannot be read (a token with a dot or slash goes into a file)."
            ) from None
    tokens = re.split(r"[\s,]+", listed.strip(" \t\r\n,"))
    if not all(_TOKEN.fullmatch(token) for token in tokens):
        raise SettingsError(
            "BYTENITE_MCP_TOKENS: each token is 16 or more letters, digits or -._~+/= "
            '(`python -c "import secrets; print(secrets.token_urlsafe())"` makes one).'
        )
    return tokens


class BearerTokens(TokenVerifier):
    """Accepts the tokens of a list."""

    def __init__(self, tokens: list[str]) -> None:
        self._digests = [sha256(token.encode()).digest() for token in tokens]

    async def verify_token(self, token: str) -> AccessToken | None:
        """Find a token in the list; comparing it with all of them keeps the time constant."""
        given = sha256(token.encode()).digest()
        places = [place for place, known in enumerate(self._digests) if hmac.compare_digest(known, given)]
        return AccessToken(token=token, client_id=f"token {places[0]}", scopes=[]) if places else None


class JsonWebTokens(TokenVerifier):
    """Accepts JWTs that an identity provider signed for this server."""

    def __init__(self, settings: Settings) -> None:
        self._issuer = settings.mcp_jwt_issuer
        self._audience = settings.mcp_jwt_audience
        self._keys = jwt.PyJWKClient(settings.mcp_jwks_url, timeout=KEYS_TIMEOUT)
        self._threads = anyio.CapacityLimiter(4)

    async def verify_token(self, token: str) -> AccessToken | None:
        """Check signature, issuer, audience and times, in a thread because keys may have to be fetched."""
        try:
            claims = await anyio.to_thread.run_sync(self._read_claims, token, limiter=self._threads)
        except (jwt.PyJWKClientConnectionError, OSError) as error:
            _log.error("the identity provider's keys cannot be fetched: %s", type(error).__name__)
            return None
        except (jwt.PyJWTError, ValueError, RecursionError):
            return None
        return AccessToken(
            token=token,
            client_id=str(claims.get("client_id") or claims.get("azp") or claims["sub"]),
            scopes=str(claims.get("scope", "")).split(),
            expires_at=int(claims["exp"]),
            resource=self._audience,
            subject=claims["sub"],
            claims={"iss": self._issuer},
        )

    def _read_claims(self, token: str) -> dict[str, Any]:
        if jwt.get_unverified_header(token).get("alg") not in ASYMMETRIC:
            raise jwt.InvalidAlgorithmError
        return jwt.decode(
            token,
            self._keys.get_signing_key_from_jwt(token),
            algorithms=ASYMMETRIC,
            audience=self._audience,
            issuer=self._issuer,
            leeway=CLOCK_SKEW,
            options={"require": ["exp", "iss", "aud", "sub"]},
        )
