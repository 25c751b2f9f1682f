"""Secrets in long texts, which are searched in parts, and in encoded ones."""

import base64
import re
from collections.abc import Iterable
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bytenite_mcp.privacy.spans import Span
from bytenite_mcp.privacy.texts import CODE_HINT, WORD_HINT, find_in_encodings, find_secrets

LINES = "the token is fine\n" + 40 * "this line says nothing of interest\n"
ONE_LINE = LINES.replace("\n", ", ")
NAME = "password="
SECRET = "xK9-" + "q7Zr" * 4000


@pytest.mark.parametrize("filler", [LINES, ONE_LINE])
@pytest.mark.parametrize("length", [12, len(SECRET)])
@pytest.mark.parametrize("before", [0, 179_990, 190_000, 199_995, 359_990])
def test_a_secret_is_found_whole_wherever_it_stands(before: int, length: int, filler: str) -> None:
    start = (filler * (before // len(filler))) + NAME
    text = f"{start}{SECRET[:length]}\n{filler * 100}"
    assert find_secrets(text) == [(len(start), len(start) + length)]


# Secrets in encoded text are found where they stand in the text itself

PLAIN = 'the password="xK9-ab7Q2w";'
IN_BASE64 = base64.b64encode(PLAIN.encode()).decode()


def find_plain(text: str) -> Iterable[Span]:
    """Find the one secret there is."""
    return (found.span() for found in re.finditer(re.escape(PLAIN), text))


def found(text: str) -> list[str]:
    return [text[slice(*span)] for span in find_in_encodings(text, find_plain)]


@pytest.mark.parametrize(
    "encoded",
    [
        quote(PLAIN, safe=""),
        PLAIN.replace('"', "\\u0022"),
        PLAIN.replace('"', "\\x22"),
        PLAIN.replace('"', "&quot;"),
        PLAIN.replace('"', "&#34;"),
        quote(quote(PLAIN, safe=""), safe=""),
        PLAIN.replace("s", "s\u0332"),
    ],
)
def test_a_secret_in_escapes_is_found_from_its_first_character_to_its_last(encoded: str) -> None:
    assert re.search(CODE_HINT, encoded)
    assert found(f"a %20 {encoded} b") == [encoded]


@pytest.mark.parametrize(
    "word", [IN_BASE64, PLAIN.encode().hex(), base64.b64encode(IN_BASE64.encode()).decode()]
)
def test_a_word_that_hides_a_secret_is_found_whole(word: str) -> None:
    assert re.search(WORD_HINT, word)
    assert found(f"config {word} end") == [word]


@pytest.mark.parametrize(
    "text", ["", PLAIN, "A" * 40, "%zz \\u00 &nbsp;", base64.b64encode(bytes(range(60))).decode()]
)
def test_text_that_is_not_encoded_hides_nothing(text: str) -> None:
    assert not found(text)


@given(st.text(), st.text())
def test_every_span_lies_in_the_text(before: str, after: str) -> None:
    text = f"{before} {quote(PLAIN)} {after}"
    for start, end in find_in_encodings(text, find_plain):
        assert 0 <= start < end <= len(text)


@pytest.mark.parametrize("encoded", ["пароль=\\nx", quote("пароль=", safe="=") + "\\n%78"])
def test_line_breaks_in_codes_and_letters_of_several_bytes_are_decoded(encoded: str) -> None:
    spans = find_in_encodings(encoded, lambda text: [(0, len(text))] if text == "пароль=\nx" else [])
    assert [encoded[slice(*span)] for span in spans] == [encoded]
