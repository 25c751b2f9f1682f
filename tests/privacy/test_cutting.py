"""Values withheld in one place are cut out of the others, as they are and as they are encoded."""

import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bytenite_mcp.api.values import Json
from bytenite_mcp.privacy.cutting import choose_secrets, cut_everywhere, find_repeated

SECRET = "xK9/ab7Q+2wZt5"
CHOSEN = frozenset([SECRET])


@pytest.mark.parametrize("value", ["monday", "ab1", "video-encode", "nightly run of frames", ""])
def test_a_value_that_others_may_have_too_is_not_searched_for(value: str) -> None:
    assert not choose_secrets([value])


def test_each_credential_of_a_longer_value_is_searched_for() -> None:
    chosen = choose_secrets(
        [
            f"ana:{SECRET}@db, second=Lm4Xw8Rt2Kp",
            f"ben:{quote('Gh7/' + SECRET, safe='')}@db",
            "/s/Wd5Ny8Bq2Vc6Hj9Ks/up",
        ]
    )
    assert {SECRET, "Lm4Xw8Rt2Kp", f"Gh7/{SECRET}", "Wd5Ny8Bq2Vc6Hj9Ks"} <= chosen


def test_a_secret_of_several_short_words_or_lines_is_searched_for_as_a_whole_and_by_lines() -> None:
    assert choose_secrets([" xK9a b7Q2 wZt5\nLm4X w8Rt "]) == {
        "xK9a b7Q2 wZt5\nLm4X w8Rt",
        "xK9a b7Q2 wZt5",
        "Lm4X w8Rt",
    }


def test_no_more_than_two_hundred_are_searched_for_and_the_longest_first() -> None:
    many = [f"{'a1' * n}xK9ab7Q2w" for n in range(300)]
    assert choose_secrets(many) == frozenset(many[100:])


@pytest.mark.parametrize(
    "encoded", [SECRET, quote(SECRET, safe=""), SECRET.replace("/", "\\/"), json.dumps(SECRET)[1:-1]]
)
def test_a_secret_is_cut_out_however_it_is_encoded(encoded: str) -> None:
    value: Json = {"a": [f"<{encoded}>", {f"run {encoded}": 1}], "b": None, "c": 2.5}
    assert cut_everywhere(value, CHOSEN) == {
        "a": ["<[withheld]>", {"run [withheld]": 1}],
        "b": None,
        "c": 2.5,
    }


@pytest.mark.parametrize("secret", ['xK9"ab7Q2wZt5', "xK9öab7Q2wZt5"])
def test_a_secret_is_cut_out_of_json_in_a_text(secret: str) -> None:
    assert cut_everywhere(json.dumps({"p": secret}), frozenset([secret])) == '{"p": "[withheld]"}'


def test_members_that_are_kept_keep_their_values_and_only_at_the_top() -> None:
    value: Json = {"id": SECRET, "params": {"id": SECRET}}
    assert cut_everywhere(value, CHOSEN, frozenset(["id"])) == {
        "id": SECRET,
        "params": {"id": "[withheld]"},
    }


def test_a_number_that_is_a_secret_is_cut_out() -> None:
    assert cut_everywhere({"seed": 8374650192834, "n": 8}, frozenset(["8374650192834"])) == {
        "seed": "[withheld]",
        "n": 8,
    }


@pytest.mark.parametrize("longer", [f"{SECRET}Zz9", f"Aa1{SECRET}"])
def test_of_two_secrets_the_longer_is_cut_out_whole(longer: str) -> None:
    assert cut_everywhere(f"a {longer} b", frozenset([SECRET, longer])) == "a [withheld] b"


@given(st.text(max_size=40).map(lambda text: {"errorMessage": text}), st.booleans())
def test_a_search_finds_exactly_the_secrets_that_would_be_cut(record: dict[str, str], repeated: bool) -> None:
    record |= {"name": f"run {SECRET}"} if repeated else {}
    chosen = find_repeated([SECRET], json.dumps(record, ensure_ascii=False).encode(errors="replace"))
    assert cut_everywhere(record, chosen) == cut_everywhere(record, choose_secrets([SECRET]))


@pytest.mark.parametrize("encoded", [quote(SECRET, safe=""), SECRET.replace("/", "\\/")])
def test_a_search_finds_a_secret_that_is_only_there_encoded(encoded: str) -> None:
    assert cut_everywhere(encoded, find_repeated([SECRET], encoded.encode())) == "[withheld]"
