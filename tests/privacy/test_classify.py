"""Values by their form: which are placeholders, harmless, generated, or worth searching for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bytenite_mcp.privacy.classify import is_harmless, is_placeholder, is_random, is_secret, is_worth_cutting
from bytenite_mcp.privacy.names import Strength

PLACEHOLDERS = [
    "", "  ", "None", "true", "***", "xxxx", "<password>", "[REDACTED]", "{{ secret }}", "${DB_PASSWORD}", "$TOKEN",
    "%(password)s", "your-api-key", "os.environ['TOKEN']", "vault:secret/db#password", "/run/secrets/password",
    "settings.DATABASES['default']['PASSWORD']", "getpass.getpass()", "[withheld]", "'null'",
    "/home/jkx42zq/.config/key", r"C:\Users\ANNA~1\AppData\key", r"C:\\Users\\x4q\\key",
    "/etc/krb5.keytab",
]  # fmt: skip
LIKE_PLACEHOLDERS = [
    "config.Xy7z-q",
    "secret.42",
    "env:Tr0ub4dor",
    "getX9k(2w)",
    "environ2024x",
    "e",
    "/attic/chest",
    "/etc/key.pemQ7x",
    "%tulips",
]
FREED = [
    "512",
    "1,000",
    "0.5",
    "#ff8800",
    "2026-03-01T10:00:00Z",
    "video-encode",
    "weights/best.safetensors",
    "certs/key.pem",
    "load({",
    "Mozilla/5.0",
]
RANDOM = ["xK9-ab7Q2w", "ghijKLMN", "a1b2c3d4e5f6", "Tr0ub4dor", "/9sK3/xQ+aLm2PqZ7vBn", "/home/jkx42zq8"]


@pytest.mark.parametrize("value", PLACEHOLDERS)
def test_a_placeholder_is_no_secret_under_any_name(value: str) -> None:
    assert is_placeholder(value)
    assert not any(is_secret(value, strength) for strength in Strength)


@pytest.mark.parametrize("value", LIKE_PLACEHOLDERS)
def test_what_only_begins_like_a_placeholder_is_a_secret_under_a_sure_name(value: str) -> None:
    assert is_secret(value, Strength.STRONG)


@pytest.mark.parametrize("value", FREED)
def test_a_harmless_value_is_a_secret_only_under_a_sure_name(value: str) -> None:
    assert is_harmless(value)
    assert not is_secret(value, Strength.WEAK)
    assert is_secret(value, Strength.STRONG)


@pytest.mark.parametrize("value", RANDOM)
def test_a_generated_value_is_a_secret_under_any_name_that_may_be_a_secrets(value: str) -> None:
    assert is_random(value)
    assert [is_secret(value, strength) for strength in Strength] == [False, True, True, True]


def test_a_number_or_letter_under_a_name_that_may_count_is_none() -> None:
    assert not is_secret("12", Strength.COUNTED)
    assert not is_secret("E", Strength.COUNTED)
    assert not is_secret("fail", Strength.COUNTED)
    assert is_secret("12 or so", Strength.COUNTED)


def test_a_value_too_short_for_a_key_is_a_secret_only_under_a_sure_name() -> None:
    assert not is_secret("Na2Cl", Strength.WEAK)
    assert is_secret("Na2Cl", Strength.STRONG)


BARE = st.text(st.characters(exclude_characters="\"'`", exclude_categories=["Z", "C"]), max_size=40)


@given(
    BARE | st.sampled_from([*PLACEHOLDERS, *FREED, *RANDOM]),
    st.sampled_from(["'{}'", '"{}"', " `{}` ", "{}\n"]),
)
def test_quotes_and_spaces_around_a_value_change_nothing(value: str, around: str) -> None:
    for judge in (is_placeholder, is_harmless):
        assert judge(around.format(value)) is judge(value)


@pytest.mark.parametrize(
    ("value", "worth"),
    [
        ("xK9-ab7Q2w", True),
        ("8431907256", True),
        ("ab1", False),
        ("sunflower", False),
        ("video-encode-7", False),
    ],
)
def test_only_what_can_be_nothing_but_a_secret_is_cut_out_elsewhere(value: str, worth: bool) -> None:
    assert is_worth_cutting(value) is worth
