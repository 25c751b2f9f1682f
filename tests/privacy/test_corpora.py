"""What must not come out, what must not change, and tokens of many providers: written without knowing the rules."""

from collections.abc import Mapping
from random import Random
from string import ascii_letters, digits
from typing import Any

import pytest

from bytenite_mcp.privacy.outputs import clean_log
from bytenite_mcp.privacy.redact import clean_record
from tests.privacy.corpora import INNOCENTS, JOB, PROVIDERS, SECRETS, carry, make_token, parameters, texts


def clean(case: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Give a case's record and the lines of its log as they may be shown."""
    record, withheld = clean_record(JOB | case.get("record", {}))
    stamped = {"timestamp": "2026-03-01T10:00:00Z", "level": "UNKNOWN", "container": "main"}
    lines = [{"log": line, **stamped} for line in case.get("log", [])]
    log = clean_log({"partitioner": lines}, withheld)
    shown: Any = log["partitioner"]
    return dict(record), [line["log"] for line in shown]


def test_there_are_enough_cases() -> None:
    assert len(SECRETS) >= 200
    assert len(INNOCENTS) >= 200
    assert len({case["provider"] for case in PROVIDERS.values()}) >= 40


@pytest.mark.parametrize("cases", [SECRETS, INNOCENTS])
def test_no_more_than_two_in_a_hundred_are_left(cases: Mapping[str, Mapping[str, Any]]) -> None:
    assert sum("left" in case for case in cases.values()) <= 0.02 * len(cases)


@pytest.mark.parametrize("name", parameters(SECRETS))
def test_a_secret_does_not_come_out_and_what_stands_beside_it_stays(name: str) -> None:
    case = SECRETS[name]
    shown = "\n".join(texts(clean(case)))
    came_out = [secret for secret in case["secret"] if secret in shown]
    gone = [text for text in case.get("stays", []) if text not in shown]
    assert not came_out, shown
    assert not gone, shown


@pytest.mark.parametrize("name", parameters(INNOCENTS))
def test_what_is_innocent_comes_out_unchanged(name: str) -> None:
    case = INNOCENTS[name]
    assert clean(case) == (JOB | case.get("record", {}), case.get("log", []))


@pytest.mark.parametrize("name", PROVIDERS)
@pytest.mark.parametrize("seed", range(3))
def test_the_token_of_a_provider_is_known_by_its_look_wherever_it_stands(name: str, seed: int) -> None:
    token = make_token(PROVIDERS[name], Random(f"{name} {seed}"))
    assert set(token) & set(ascii_letters + digits)
    for text in texts(clean(carry(token))):
        assert token not in text
