"""Private keys of several lines are found whole, with or without their beginning and end."""

import pytest

from bytenite_mcp.privacy.keys import find_keys

from .spans import found

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
