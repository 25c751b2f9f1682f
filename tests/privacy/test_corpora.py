"""What must not come out, what must not change, and tokens of many providers: written without knowing the rules."""

from collections.abc import Mapping
from random import Random
from string import ascii_letters, digits
from typing import Any

import pytest

from bytenite_mcp.privacy.redact import clean_log, clean_record
from tests.privacy.corpora import FILES, INNOCENTS, JOB, PROVIDERS, SECRETS, carry, make_token, texts


def clean(case: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return a case's record and the lines of its log, redacted."""
    record, withheld = clean_record(JOB | case.get("record", {}))
    stamped = {"timestamp": "2026-03-01T10:00:00Z", "level": "UNKNOWN", "container": "main"}
    lines = [{"log": line, **stamped} for line in case.get("log", [])]
    log = clean_log({"partitioner": lines}, withheld)
    return dict(record), [row.text for row in log]


def test_there_are_enough_cases() -> None:
    assert len(SECRETS) >= 200
    assert len(INNOCENTS) >= 200
    assert len({case["provider"] for case in PROVIDERS.values()}) >= 40


@pytest.mark.parametrize("cases", [SECRETS, INNOCENTS])
def test_no_more_than_two_in_a_hundred_are_left(cases: Mapping[str, Mapping[str, Any]]) -> None:
    assert sum("left" in case for case in cases.values()) <= 0.02 * len(cases)


def find_in_secret(case: Mapping[str, Any]) -> list[str]:
    """Return the secrets that came out, and the texts beside them that are gone."""
    shown = "\n".join(texts(clean(case)))
    came_out = [f"{secret!r} came out: {shown}" for secret in case["secret"] if secret in shown]
    return came_out + [f"{text!r} is gone: {shown}" for text in case.get("stays", []) if text not in shown]


def find_in_innocent(case: Mapping[str, Any]) -> list[str]:
    """Return what changed in a case."""
    shown, expected = clean(case), (JOB | case.get("record", {}), case.get("log", []))
    return [] if shown == expected else [f"{expected} became {shown}"]


FINDING = {"secrets": find_in_secret, "innocents": find_in_innocent}


@pytest.mark.parametrize(("kind", "file"), [(kind, file) for kind in FINDING for file in FILES[kind]])
def test_no_secret_comes_out_and_what_is_innocent_comes_out_unchanged(kind: str, file: str) -> None:
    """Except for cases with a reason in `left`, which must be removed once they pass."""
    wrong: list[str] = []
    for name, case in FILES[kind][file].items():
        found = FINDING[kind](case)
        if "left" not in case:
            wrong += [f"{name}: {each}" for each in found]
        elif not found:
            wrong.append(f"{name}: no longer left")
    assert not wrong, "\n".join(wrong)


def test_what_was_redacted_is_shown_the_same_when_it_is_redacted_again() -> None:
    for name, case in (SECRETS | INNOCENTS).items():
        record, log = clean(case)
        assert clean({"record": record, "log": log}) == (record, log), name


@pytest.mark.parametrize("seed", range(3))
def test_the_token_of_a_provider_is_known_by_its_look_wherever_it_stands(seed: int) -> None:
    wrong: list[str] = []
    for name, case in PROVIDERS.items():
        token = make_token(case, Random(f"{name} {seed}"))
        assert set(token) & set(ascii_letters + digits), name
        wrong += [f"{name}: {token} in {text}" for text in texts(clean(carry(token))) if token in text]
    assert not wrong, "\n".join(wrong)
