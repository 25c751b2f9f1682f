"""Authentication with bearer tokens, and with the JWTs of an identity provider."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bytenite_mcp.config import Settings, SettingsError
from bytenite_mcp.server.http.app import make_http_app
from bytenite_mcp.server.http.authentication import read_tokens
from bytenite_mcp.simulator import create_app
from tests.server.conftest import Era, both_eras, world_of
from tests.server.serving import KEY, OTHER_TOKEN, TOKEN, bearing, calling, post, served

pytestmark = pytest.mark.anyio

AUDIENCE = "https://mcp.example.com/mcp"
METADATA = "/.well-known/oauth-protected-resource/mcp"
RSA_KEY = rsa.generate_private_key(65537, 2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())
ANOTHER_KEY = rsa.generate_private_key(65537, 2048)


@pytest.fixture(scope="module")
def upstream() -> Iterator[str]:
    with served(create_app(world_of(20, 1))) as url:
        yield url


# Bearer tokens


@pytest.fixture(scope="module")
def guarded(upstream: str) -> Iterator[str]:
    given = {"api_key": KEY, "base_url": f"{upstream}/v1", "mcp_tokens": f"{TOKEN}, {OTHER_TOKEN}"}
    with served(make_http_app(Settings.model_validate({**given, "log_level": "CRITICAL"}))) as url:
        yield f"{url}/mcp"


@both_eras
@pytest.mark.parametrize("token", [TOKEN, OTHER_TOKEN])
async def test_a_caller_with_a_token_of_the_list_is_answered(guarded: str, era: Era, token: str) -> None:
    async with calling(guarded, era, bearing(token)) as client:
        assert not (await client.call_tool("list_jobs", {"limit": 1})).is_error


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN[:-1]}",
        f"Bearer {TOKEN}, {OTHER_TOKEN}",
        f"Basic {TOKEN}",
        TOKEN,
    ],
)
def test_a_caller_without_is_told_to_authenticate(guarded: str, header: str) -> None:
    refused = post(guarded, {"Authorization": header})

    assert refused.status_code == 401
    assert refused.headers["www-authenticate"].startswith("Bearer error=")
    assert TOKEN not in refused.text


def test_a_token_in_the_address_opens_nothing(guarded: str) -> None:
    assert post(f"{guarded}?access_token={TOKEN}").status_code == 401


def test_tokens_are_read_from_a_list_or_a_file(tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    file.write_text(f"{TOKEN}\n\n{OTHER_TOKEN}\nwith.dots/and+slashes==\n")

    assert read_tokens(f" {TOKEN},\n{OTHER_TOKEN} ,") == [TOKEN, OTHER_TOKEN]
    assert read_tokens(str(file)) == [TOKEN, OTHER_TOKEN, "with.dots/and+slashes=="]
    # As Windows' Notepad may write it.
    file.write_text(f"{TOKEN}\r\n", encoding="utf-8-sig")
    assert read_tokens(str(file)) == [TOKEN]


@pytest.mark.parametrize(
    "listed", [TOKEN[:15], f"{TOKEN} short", f"{TOKEN}; {OTHER_TOKEN}", "sixteen-letters-ü"]
)
def test_a_token_that_is_short_or_odd_is_refused_without_being_shown(listed: str) -> None:
    with pytest.raises(SettingsError, match="BYTENITE_MCP_TOKENS: each token is 16 or more") as refused:
        read_tokens(listed)
    assert listed not in str(refused.value)


@pytest.mark.parametrize(
    "listed",
    [
        "/no/such/file-of-tokens",
        "no-such-file.txt",
        "~/no-such-file",
        "~no-such-user/tokens",
        "a\\b",
        f"{TOKEN}.x\0",
    ],
)
def test_a_path_that_leads_nowhere_is_not_taken_for_a_token(listed: str) -> None:
    with pytest.raises(SettingsError, match="the file cannot be read") as refused:
        read_tokens(listed)
    assert listed not in str(refused.value)


def test_an_empty_file_opens_nothing(tmp_path: Path) -> None:
    file = tmp_path / "tokens.txt"
    file.write_text("\n")
    with pytest.raises(SettingsError):
        read_tokens(str(file))


# JWTs


class Provider:
    """An identity provider that publishes its keys and counts how often they are fetched."""

    def __init__(self) -> None:
        self.fetched = 0
        pss = {**public(RSA_KEY.public_key(), "pss"), "alg": "PS512"}
        self.keys = [public(RSA_KEY.public_key(), "rsa"), public(EC_KEY.public_key(), "ec"), pss]
        self.app = Starlette(routes=[Route("/keys", self._keys)])

    async def _keys(self, _: Request) -> Response:
        self.fetched += 1
        return JSONResponse({"keys": self.keys})


def public(key: Any, name: str) -> dict[str, Any]:
    kind = jwt.algorithms.RSAAlgorithm if isinstance(key, rsa.RSAPublicKey) else jwt.algorithms.ECAlgorithm
    return {**kind.to_jwk(key, as_dict=True), "kid": name, "use": "sig"}


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with served(Provider().app) as url:
        yield url


@pytest.fixture(scope="module")
def trusting(upstream: str, issuer: str) -> Iterator[str]:
    with served(make_http_app(trusting_settings(upstream, issuer))) as url:
        yield url


def trusting_settings(upstream: str, issuer: str) -> Settings:
    return Settings.model_validate(
        {
            "api_key": KEY, "base_url": f"{upstream}/v1", "log_level": "CRITICAL",
            "mcp_jwt_issuer": issuer, "mcp_jwt_audience": AUDIENCE, "mcp_jwks_url": f"{issuer}/keys",
        }
    )  # fmt: skip


def claims(issuer: str, **changes: Any) -> dict[str, Any]:
    now = int(time.time())
    given = {"iss": issuer, "aud": AUDIENCE, "sub": "somebody", "iat": now, "exp": now + 60, **changes}
    return {name: value for name, value in given.items() if value is not None}


def token(
    issuer: str, key: Any = RSA_KEY, name: str = "rsa", algorithm: str = "RS256", **changes: Any
) -> str:
    return jwt.encode(claims(issuer, **changes), key, algorithm, {"kid": name})


def forged(issuer: str, algorithm: str, signature: Callable[[bytes], bytes]) -> str:
    """Make a token that the library would refuse to make."""
    parts = [{"alg": algorithm, "kid": "rsa", "typ": "JWT"}, claims(issuer)]
    body = b".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in parts)
    return (body + b"." + base64.urlsafe_b64encode(signature(body)).rstrip(b"=")).decode()


@both_eras
async def test_a_caller_with_a_jwt_for_this_server_is_answered(trusting: str, issuer: str, era: Era) -> None:
    async with calling(f"{trusting}/mcp", era, bearing(token(issuer))) as client:
        assert not (await client.call_tool("list_jobs", {"limit": 1})).is_error


@pytest.mark.parametrize(
    "good",
    [
        lambda issuer: token(issuer, EC_KEY, "ec", "ES256"),
        lambda issuer: token(issuer, name="pss", algorithm="PS512"),
        lambda issuer: token(issuer, aud=["https://other.example.com", AUDIENCE]),
        lambda issuer: token(issuer, iat=int(time.time()) + 20),
    ],
    ids=["elliptic curve", "PSS", "several audiences", "issued by a clock ahead of ours"],
)
def test_a_jwt_may_be(trusting: str, issuer: str, good: Callable[[str], str]) -> None:
    assert post(f"{trusting}/mcp", bearing(good(issuer))).status_code == 200


@pytest.mark.parametrize(
    "bad",
    [
        lambda issuer: token(issuer, aud="https://other.example.com/mcp"),
        lambda issuer: token(issuer, aud=None),
        lambda issuer: token("https://other.example.com"),
        lambda issuer: token(issuer, exp=int(time.time()) - 1),
        lambda issuer: token(issuer, exp=None),
        lambda issuer: token(issuer, sub=None),
        lambda issuer: token(issuer, nbf=int(time.time()) + 600),
        lambda issuer: token(issuer, ANOTHER_KEY),
        lambda issuer: token(issuer, ANOTHER_KEY, "unknown"),
        lambda issuer: token(issuer, EC_KEY, "rsa", "ES256"),
        lambda issuer: forged(issuer, "none", lambda _: b""),
        lambda issuer: forged(issuer, "HS256", signed_with_the_public_key),
        lambda issuer: token(issuer)[:-8],
        lambda _: "a.b.c",
        lambda _: base64.urlsafe_b64encode(b"[" * 6000).decode() + ".e30.",
        lambda _: TOKEN,
    ],
    ids=[
        "for another audience", "for no audience", "of another issuer", "expired", "never expiring", "of nobody",
        "not good yet", "signed with another key", "signed with an unknown key", "signed with a key of another kind",
        "not signed", "signed with the public key as a secret", "cut off", "no JWT", "nested deeply", "a word",
    ],
)  # fmt: skip
def test_a_jwt_may_not_be(trusting: str, issuer: str, bad: Callable[[str], str]) -> None:
    refused = post(f"{trusting}/mcp", bearing(bad(issuer)))

    assert refused.status_code == 401
    assert f'resource_metadata="https://mcp.example.com{METADATA}"' in refused.headers["www-authenticate"]


def signed_with_the_public_key(body: bytes) -> bytes:
    pem = RSA_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return hmac.digest(pem, body, hashlib.sha256)


def test_the_metadata_document_names_the_provider_and_this_server(trusting: str, issuer: str) -> None:
    document = httpx.get(f"{trusting}{METADATA}").json()
    assert document["resource"] == AUDIENCE
    assert document["authorization_servers"] == [issuer]


def test_the_keys_are_fetched_once_even_for_tokens_of_unknown_keys(upstream: str) -> None:
    provider = Provider()
    with served(provider.app) as issuer, served(make_http_app(trusting_settings(upstream, issuer))) as url:
        for _ in range(5):
            assert post(f"{url}/mcp", bearing(token(issuer))).status_code == 200
            assert post(f"{url}/mcp", bearing(token(issuer, ANOTHER_KEY, "unknown"))).status_code == 401
    assert provider.fetched == 1


def test_without_the_providers_keys_nobody_is_let_in(upstream: str) -> None:
    unreachable = "http://127.0.0.1:9"
    with served(make_http_app(trusting_settings(upstream, unreachable))) as url:
        assert post(f"{url}/mcp", bearing(token(unreachable))).status_code == 401


def test_malformed_provider_keys_admit_nobody(upstream: str) -> None:
    provider = Provider()
    provider.keys = [{"kty": "oct", "kid": "rsa", "k": "c2VjcmV0"}]
    with served(provider.app) as issuer, served(make_http_app(trusting_settings(upstream, issuer))) as url:
        assert post(f"{url}/mcp", bearing(token(issuer))).status_code == 401


def test_part_of_the_settings_for_jwts_is_refused_with_what_lacks() -> None:
    with pytest.raises(SettingsError, match="not set: BYTENITE_MCP_JWT_AUDIENCE, BYTENITE_MCP_JWKS_URL"):
        Settings.from_environment({"BYTENITE_MCP_JWT_ISSUER": "https://login.example.com"})


def test_tokens_and_jwts_exclude_each_other() -> None:
    names = ("JWT_ISSUER", "JWT_AUDIENCE", "JWKS_URL")
    jwts = {f"BYTENITE_MCP_{name}": "https://login.example.com" for name in names}
    with pytest.raises(SettingsError, match="not both"):
        Settings.from_environment({**jwts, "BYTENITE_MCP_TOKENS": TOKEN})


@pytest.mark.parametrize(
    "url",
    ["http://login.example.com", "login.example.com", "https://u:p@login.example.com", "file:///etc/keys"],
)
def test_keys_come_from_a_safe_address(url: str) -> None:
    with pytest.raises(SettingsError, match="BYTENITE_MCP_JWKS_URL: "):
        Settings.from_environment({"BYTENITE_MCP_JWKS_URL": url})
