"""Names that show that their value is a secret."""

import pytest

from bytenite_mcp.privacy.names import Strength, strength_of


@pytest.mark.parametrize(
    "name",
    [
        "accessKey", "secretKey", "ACCESS_KEY", "access-key", "secret_key", "apiKey", "APIKEY", "x-api-key",
        "hf_token", "HF_TOKEN", "token", "refreshToken", "password", "passwd", "db_passwd", "PassPhrase",
        "passWord", "pwd", "userPwd", "user_pwd", "DB_PASS", "dbPass", "smtpPass", "oauth", "credentials",
        "X-Amz-Credential", "X-Amz-Signature", "sig", "X-Sig", "auth", "Authorization", "proxy_auth",
        "bearer", "Cookie", "Set-Cookie", "sas", "privateKey", "ssh_key", "SSHKey", "keys", "key",
        "encryptionKeyBase64", "tempUrl", "temp_url", "signedURL", "openaikey", "pg_pass", "creds", "pw",
        "x-functions-key", "encryption_key", "client-key-data", "password_file_b64", "secretValue",
        "tokenString",
    ],
)  # fmt: skip
def test_names_of_secrets_are_known_in_any_spelling(name: str) -> None:
    assert strength_of(name)


@pytest.mark.parametrize(
    "name", ["password", "db_pass", "passphrase", "clientSecret", "creds", "encryption_key"]
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
