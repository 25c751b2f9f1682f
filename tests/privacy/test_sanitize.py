"""Untrusted text cannot hide, reorder or overwrite anything."""

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bytenite_mcp.privacy.sanitize import sanitize, shorten, was_sanitized


@pytest.mark.parametrize(
    ("dirty", "shown"),
    [
        ("plain, ünïcode 日本語 🙂 e\u0301", "plain, ünïcode 日本語 🙂 e\u0301"),
        ("a\tb\nc", "a\tb\nc"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("a\u2028b\u2029c", "a\nb\nc"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x9b31mred", "red"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;http://a\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b[2Jcleared\x1bc", "cleared<U+001B>c"),
        ("\x1b", "<U+001B>"),
        ("safe\u202etxt.exe", "safe<U+202E>txt.exe"),
        ("in\u200bvisible\ufeff", "in<U+200B>visible<U+FEFF>"),
        ("tag\U000e0041", "tag<U+E0041>"),
        ("nul\x00bell\x07", "nul<U+0000>bell<U+0007>"),
        ("half \ud83d here", "half \ufffd here"),
        ("soft\u00adhyphen", "soft<U+00AD>hyphen"),
    ],
)
def test_what_would_play_tricks_is_removed_or_shown(dirty: str, shown: str) -> None:
    assert sanitize(dirty) == shown


@given(st.text(st.characters()))
def test_whatever_comes_can_be_written_and_read(text: str) -> None:
    shown = sanitize(text)
    shown.encode()
    assert not {c for c in shown if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp")} - {"\n", "\t"}
    assert not {
        c for c in shown if unicodedata.bidirectional(c) in ("RLO", "LRO", "RLE", "LRE", "RLI", "LRI", "FSI")
    }
    assert sanitize(shown) == shown


@pytest.mark.parametrize(
    "piece", ["\x1b[", "\x1b]", "\x1b[0;", "\x9b", "\x1b]\x1b", "\u202e", "\r\n", "\x1b[" + "0" * 49]
)
def test_cleaning_takes_time_in_proportion_to_the_text(piece: str) -> None:
    began = time.process_time()
    sanitize(piece * (200_000 // len(piece)))
    assert time.process_time() - began < 5


@pytest.mark.parametrize(("text", "seen"), [("a\u202eb", True), ("a\ud800", True), ("a\tb", False)])
def test_whether_characters_were_made_visible_shows(text: str, seen: bool) -> None:
    assert was_sanitized(sanitize(text)) is seen


@pytest.mark.parametrize(
    ("text", "shown"), [("abcdefghi", "abcdefghi"), ("abcdefghij", "abcdef…ij"), ("ab" * 50, "ababab…ab")]
)
def test_a_text_that_is_too_long_keeps_more_of_its_start_than_of_its_end(text: str, shown: str) -> None:
    assert shorten(text, 9) == shown
