"""What must not come out, what must not change, and tokens of many providers: written without knowing the rules."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random
from string import ascii_letters, ascii_lowercase, ascii_uppercase, digits
from typing import Any

import pytest

from bytenite_mcp.privacy.outputs import clean_log
from bytenite_mcp.privacy.redact import clean_record

DATA = Path(__file__).parent / "data"
JOB = {
    "id": "f4ce2ca0-bf49-4fb7-a32f-da899167678e",
    "name": "nightly encode",
    "state": "JOB_STATE_FAILED",
    "templateId": "video-encode@3",
    "createdAt": "2026-03-01T10:00:00Z",
}


def read(name: str) -> dict[str, dict[str, Any]]:
    cases = json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))
    return {case["id"]: case for case in cases}


SECRETS, INNOCENTS, PROVIDERS = read("secrets"), read("innocents"), read("providers")


def clean(case: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Give a case's record and the lines of its log as they may be shown."""
    record, withheld = clean_record(JOB | case.get("record", {}))
    stamped = {"timestamp": "2026-03-01T10:00:00Z", "level": "UNKNOWN", "container": "main"}
    lines = [{"log": line, **stamped} for line in case.get("log", [])]
    log = clean_log({"partitioner": lines}, withheld)
    return dict(record), [line["log"] for line in log["partitioner"]]


def texts(value: Any) -> Iterator[str]:
    """Give every text and name in a value, and numbers as texts."""
    if isinstance(value, Mapping):
        for name, member in value.items():
            yield name
            yield from texts(member)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from texts(item)
    elif value is not None:
        yield str(value)


def test_there_are_enough_cases() -> None:
    assert len(SECRETS) >= 200
    assert len(INNOCENTS) >= 200
    assert len({case["provider"] for case in PROVIDERS.values()}) >= 40


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_does_not_come_out_and_what_stands_beside_it_stays(name: str) -> None:
    case = SECRETS[name]
    shown = "\n".join(texts(clean(case)))
    came_out = [secret for secret in case["secret"] if secret in shown]
    gone = [text for text in case.get("stays", []) if text not in shown]
    assert not came_out, shown
    assert not gone, shown


@pytest.mark.parametrize("name", INNOCENTS)
def test_what_is_innocent_comes_out_unchanged(name: str) -> None:
    case = INNOCENTS[name]
    assert clean(case) == (JOB | case.get("record", {}), case.get("log", []))


def make_token(case: Mapping[str, Any], random: Random) -> str:
    """Make a token of a provider's form."""
    return "".join(make_part(part, random) for part in case["parts"])


def make_part(part: Mapping[str, Any], random: Random) -> str:
    if "text" in part:
        return str(part["text"])
    length = part["length"]
    count = random.randint(*length) if isinstance(length, list) else length
    return "".join(random.choices(expand(part["alphabet"]), k=count))


def expand(alphabet: str) -> str:
    """Write out an alphabet such as A-Za-z0-9_-."""
    for spelt, letters in {"A-Z": ascii_uppercase, "a-z": ascii_lowercase, "0-9": digits}.items():
        alphabet = alphabet.replace(spelt, letters)
    for spelt in ("A-F", "a-f", "2-7"):
        first, last = spelt.split("-")
        alphabet = alphabet.replace(spelt, "".join(map(chr, range(ord(first), ord(last) + 1))))
    return alphabet


@pytest.mark.parametrize("name", PROVIDERS)
@pytest.mark.parametrize("seed", range(3))
def test_the_token_of_a_provider_is_known_by_its_look_wherever_it_stands(name: str, seed: int) -> None:
    token = make_token(PROVIDERS[name], Random(f"{name} {seed}"))
    assert set(token) & set(ascii_letters + digits)
    case = {
        "record": {
            "name": f"run with {token}",
            "errorMessage": f"401 for {token}: denied",
            "params": {"app": {"note": token, "list": ["x", token]}},
        },
        "log": [f"using {token} now"],
    }
    for text in texts(clean(case)):
        assert token not in text
