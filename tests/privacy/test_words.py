"""Words: names are split into them, and values made of them are told from generated ones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bytenite_mcp.privacy.words import (
    WORDS,
    in_dictionary,
    is_word,
    is_wordy,
    spell_plainly,
    split_name,
    without_words,
)


@pytest.mark.parametrize("name", ["dbUserPass", "DB_USER_PASS", "db-user-pass", "Db.User.Pass", "DBUserPass"])
def test_a_name_has_the_same_words_in_any_spelling(name: str) -> None:
    assert split_name(name) == ["db", "user", "pass"]


def test_a_name_keeps_base64_together_and_numbers_apart() -> None:
    assert split_name("keyBase64v2") == ["key", "base64", "v", "2"]


def test_hidden_characters_and_letters_that_imitate_others_do_not_disguise_a_name() -> None:
    assert (
        split_name("pass<U+200B>word")
        == split_name("p\u0430ssword")
        == split_name("p\u0301assword")
        == ["password"]
    )
    assert spell_plainly("\uff50\uff41\uff53\uff53") == "pass"


def test_quotes_arrows_and_quoted_lines_are_spelt_plainly() -> None:
    assert spell_plainly("“a” → b\n> c \\\n> d") == '"a" = b\n  c     d'


@given(st.text())
def test_spelling_plainly_keeps_the_length_and_is_done_at_once(text: str) -> None:
    plain = spell_plainly(text)
    assert len(plain) == len(text)
    assert spell_plainly(plain) == plain


@pytest.mark.parametrize("word", ["frames", "encoder", "the", "日本語", "rendering"])
def test_a_word_is_one_though_it_may_not_be_listed(word: str) -> None:
    assert is_word(word)


@pytest.mark.parametrize("letters", ["xkqzvw", "hjklbvcx", "q" * 21])
def test_letters_that_nobody_could_say_are_no_word(letters: str) -> None:
    assert not is_word(letters)


@pytest.mark.parametrize(
    "text", ["video-encode", "nightly run of 12 frames", "sha256", "weights/best_model.pt", ""]
)
def test_names_paths_and_sentences_are_made_of_words(text: str) -> None:
    assert is_wordy(text)


@pytest.mark.parametrize("text", ["xK9ab7Q2w", "Tr0ub4dor", "aBcDeFgHiJkL", "f4ce2ca0bf494fb7", "1234567890"])
def test_generated_text_is_not_made_of_words(text: str) -> None:
    assert not is_wordy(text)


def test_a_plural_is_in_the_dictionary_with_its_singular() -> None:
    assert in_dictionary("account")
    assert in_dictionary("accounts")
    assert not in_dictionary("xkqzvw")


def test_words_are_taken_out_of_a_text_and_the_rest_stays() -> None:
    assert without_words("account-xK9ab7Q2w") == "-xK9ab7Q2w"


def test_a_list_has_the_words_of_all_its_rows() -> None:
    assert {"password", "passphrase", "kennwort", "пароль"} <= WORDS["strong"]
    assert not any(" " in word or word == "" for words in WORDS.values() for word in words)
