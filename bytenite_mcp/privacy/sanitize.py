"""Sanitizes untrusted text: makes characters visible that hide or reorder text, and removes terminal sequences."""

import re

_HIDING = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202f"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
UNSAFE = f"[{_HIDING}]"
"""A pattern of characters that hide or reorder text, except lone surrogates, which UTF-8 cannot contain."""

_UNSAFE = re.compile(f"[{_HIDING}\ud800-\udfff]")
_MADE_VISIBLE = re.compile(r"<U\+[0-9A-F]{4,6}>|\ufffd")
_TERMINAL_SEQUENCE = re.compile(
    r"\x1b(?:\[[0-?]{0,50}[ -/]{0,5}[@-~]|\][^\x07\x1b]{0,500}(?:\x07|\x1b\\)?|[@-Z\\-_])"
    r"|\x9b[0-?]{0,50}[ -/]{0,5}[@-~]"
)


def sanitize(text: str) -> str:
    """Remove terminal sequences, and show characters that hide or reorder text as `<U+202E>`."""
    # Nearly all texts pass this check, which takes a tenth of the time of the substitutions.
    if (text.isascii() and text.isprintable()) or not _UNSAFE.search(text):
        return text
    return _UNSAFE.sub(_visible, _TERMINAL_SEQUENCE.sub("", text.replace("\r\n", "\n")))


def was_sanitized(text: str) -> bool:
    """Whether characters of a text were made visible, so that it differs from the original."""
    return bool(_MADE_VISIBLE.search(text))


def shorten(text: str, most: int) -> str:
    """Cut out the middle of a text that is too long, because the start and end of an error matter most."""
    if len(text) <= most:
        return text
    head = most * 2 // 3
    return f"{text[:head]}…{text[head + 1 - most :]}"


def _visible(found: re.Match[str]) -> str:
    character = found.group()
    if character in "\r\u2028\u2029":
        return "\n"
    # A lone surrogate cannot be encoded as UTF-8, so sending it would fail.
    return "\ufffd" if "\ud800" <= character <= "\udfff" else f"<U+{ord(character):04X}>"
