"""Secrets in long texts, which are searched in parts, and in encoded ones."""

import base64
import re
from collections.abc import Iterable
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bytenite_mcp.privacy.spans import Span
from bytenite_mcp.privacy.texts import CODE_HINT, WORD_HINT, find_in_encodings, find_secrets, scrub

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


@pytest.mark.parametrize(
    "text",
    [
        "user,password\n" + "".join(f"user{n},{n}-{SECRET[:12]}\n" for n in range(600)),
        f'{{\n  "value": "{SECRET[:12]}",\n  "name": "password"\n}}\n',
    ],
)
def test_what_a_name_reveals_far_below_it_or_in_the_line_before_is_found_in_a_long_text(text: str) -> None:
    assert SECRET[:12] not in scrub(LINES * 100 + text + LINES * 100)


def test_the_last_line_of_a_long_text_is_searched_too() -> None:
    text = LINES * 100 + NAME
    assert find_secrets(text + SECRET[:12]) == [(len(text), len(text) + 12)]


def test_a_password_in_a_sentence_without_spaces_is_cut_out() -> None:
    assert scrub("初期パスワードは「xK9-ab7Q2w」です") == "初期パスワードは「[withheld]」です"


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


@pytest.mark.parametrize(
    "encoded",
    [
        "пароль=\\nx",
        quote("пароль=", safe="=") + "\\n%78",
        "".join(f"\\u{ord(letter):04x}" for letter in "пароль") + "=\\nx",
    ],
)
def test_line_breaks_in_codes_and_letters_of_several_bytes_are_decoded(encoded: str) -> None:
    spans = find_in_encodings(encoded, lambda text: [(0, len(text))] if text == "пароль=\nx" else [])
    assert [encoded[slice(*span)] for span in spans] == [encoded]


def test_a_table_with_tabs_in_codes_is_read_as_one() -> None:
    shown = scrub("user\\tpassword\\nana\\ttulip\\nben\\trose\\n")
    assert shown == "user\\tpassword\\nana\\t[withheld]\\nben\\t[withheld]\\n"


def test_text_that_is_encoded_again_and_again_is_decoded_a_few_times() -> None:
    nested = "%" + 2000 * "25" + "41"
    assert scrub(nested) == nested
