"""Credentials by their format. The tokens of each provider are in the corpora."""

import re

import pytest

from bytenite_mcp.privacy.providers import (
    TOKENS,
    WEBHOOKS,
    Format,
    find_after_schemes,
    find_keys,
    find_tokens,
    find_webhooks,
)
from tests.privacy.spans import found

RANDOM = "Kq7xW2mP9vTz4LrB8nYs"


def test_no_format_is_listed_twice() -> None:
    formats = [(known.prefix, known.rest) for known in TOKENS + WEBHOOKS]
    assert len(set(formats)) == len(formats)


@pytest.mark.parametrize("known", TOKENS + WEBHOOKS, ids=lambda known: known.provider)
def test_no_format_takes_a_prefix_alone_for_a_credential(known: Format) -> None:
    assert not re.fullmatch(known.rest, "")


def test_a_credential_is_found_by_its_prefix_where_a_word_begins() -> None:
    token = "ghp_" + "aB3" * 10
    assert found(find_tokens, f"401 for {token}: denied") == [token]
    assert not found(find_tokens, f"x{token}")
    answer = "TlRMTVNTUAADAAAAGAAYAHIAAAAYABgAigAAABQAFABI"
    assert found(find_tokens, f"Proxy: NTLM {answer}") == [answer]


def test_ordinary_words_after_a_prefix_are_no_credential() -> None:
    assert not found(find_tokens, "pip install sk-learn-contrib-extra-things-and-more-of-them")


def test_a_short_prefix_before_random_letters_is_a_credential_of_a_provider_nobody_listed() -> None:
    token = "acme_live_" + "aB3" * 12
    assert found(find_tokens, f"using {token}.") == [token]
    assert not found(find_tokens, "the_name_of_a_function_that_is_only_long_and_has_no_digit_at_all")


def test_of_a_webhook_only_the_secret_part_is_found() -> None:
    text = f"see (https://hooks.slack.com/services/T0/B0/{RANDOM}), or https://h.example/docs/hooks"
    assert found(find_webhooks, text) == [f"T0/B0/{RANDOM}"]
    assert not found(find_webhooks, "see https://hooks.zapier.com/hooks/catch/account/hook")
    assert not found(find_webhooks, "see https://hooks.slack.com/services/${TEAM}/${HOOK_X1}")


def test_what_follows_a_scheme_of_authorization_is_found_unless_it_is_a_word() -> None:
    assert found(find_after_schemes, f"sent Bearer {RANDOM}, twice") == [RANDOM]
    assert found(find_after_schemes, f"set apikey {RANDOM}") == [RANDOM]
    assert found(find_after_schemes, "Basic YW5hOnNlc2FtZQ==") == ["YW5hOnNlc2FtZQ=="]
    assert not found(find_after_schemes, "a bearer authorization, as in basic instructions")


# Private keys of several lines are found whole, with or without their beginning and end

LINES = "MIIEvQIBADANBgkqhkiG9w0B\nAQEFAASCBKcwggSjAgEAAoIB\nQx7Kq2mWp9vTz4LrB8nY"
BEGIN, END = "-----BEGIN RSA PRIVATE KEY-----", "-----END RSA PRIVATE KEY-----"
WHOLE = f"{BEGIN}\n{LINES}\n{END}"


@pytest.mark.parametrize("key", [WHOLE, WHOLE.replace("\n", "\\n"), f"{BEGIN}\n{LINES}", f"{LINES}\n{END}"])
def test_a_key_is_found_whole_and_the_text_around_it_is_left(key: str) -> None:
    assert found(find_keys, f"key:\n{key}\nand then it ran\n") == [key]


def test_two_keys_are_found_each_for_itself() -> None:
    assert found(find_keys, f"{WHOLE}\nbetween\n{WHOLE}") == [WHOLE, WHOLE]


def test_a_message_of_pgp_and_a_key_of_putty_are_found() -> None:
    message = f"-----BEGIN PGP MESSAGE-----\n\n{LINES}\n-----END PGP MESSAGE-----"
    putty = f"Private-Lines: 3\n{LINES}\nPrivate-MAC: 0a1b2c"
    assert found(find_keys, f"{message}\nand\n{putty}\n") == [message, putty]


def test_what_everybody_may_see_is_left_alone() -> None:
    assert not found(find_keys, WHOLE.replace("RSA PRIVATE KEY", "CERTIFICATE"))
    assert not found(find_keys, WHOLE.replace("PRIVATE", "PUBLIC"))
