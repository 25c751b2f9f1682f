"""Secrets in long texts, which are searched in parts."""

import pytest

from bytenite_mcp.privacy.texts import find_secrets

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
