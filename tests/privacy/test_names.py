"""Names that show that their value is a secret."""

import pytest

from bytenite_mcp.privacy.names import HINT, Strength, strength_of
from bytenite_mcp.privacy.texts import search_for

NAMES = [
        "accessKey", "secretKey", "ACCESS_KEY", "access-key", "secret_key", "apiKey", "APIKEY", "x-api-key",
        "hf_token", "HF_TOKEN", "token", "refreshToken", "password", "passwd", "db_passwd", "PassPhrase",
        "passWord", "pwd", "userPwd", "user_pwd", "DB_PASS", "dbPass", "smtpPass", "oauth", "credentials",
        "X-Amz-Credential", "X-Amz-Signature", "sig", "X-Sig", "auth", "Authorization", "proxy_auth",
        "bearer", "Cookie", "Set-Cookie", "sas", "privateKey", "ssh_key", "SSHKey", "keys", "key",
        "encryptionKeyBase64", "tempUrl", "temp_url", "signedURL", "openaikey", "pg_pass", "creds", "pw",
        "x-functions-key", "encryption_key", "client-key-data", "password_file_b64", "secretValue",
        "tokenString", "SAS", "PAT", "userSalt", "Otp", "mot_de_passe_db", "seed_phrase", "PIN_CODE",
        "masterauth",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_names_of_secrets_are_known_in_any_spelling(name: str) -> None:
    assert strength_of(name)
    assert search_for(HINT)(f"{name}=")


def test_a_name_after_its_value_passes_the_fast_check_too() -> None:
    for text in ("use x as the token", "x is our DB password", "value: x\nname: API_TOKEN", "x = my token"):
        assert search_for(HINT)(text), text


@pytest.mark.parametrize(
    "name",
    ["password", "password_for_db", "db_pass", "passphrase", "clientSecret", "creds", "encryption_key"],
)
def test_some_names_leave_no_doubt(name: str) -> None:
    assert strength_of(name).is_sure


@pytest.mark.parametrize("name", ["key", "token", "auth", "signature", "apiKey"])
def test_after_others_the_look_of_the_value_decides(name: str) -> None:
    assert strength_of(name) is Strength.WEAK


@pytest.mark.parametrize(
    "name",
    [
        "name", "keyboard", "monkey", "keyframes", "author", "authority", "steps", "signal", "design",
        "region", "primaryColor", "passes", "url", "chunk_size", "sasquatch", "hockey", "turkey", "compass",
        "primary_key", "sort_key", "key_frames", "max_tokens", "eos_token", "tokenizer", "signature_version",
        "secretary", "bypass_window", "session_id", "api_key_required", "compass_width",
    ],
)  # fmt: skip
def test_other_names_are_left_alone(name: str) -> None:
    assert not strength_of(name)
