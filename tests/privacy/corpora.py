"""The cases in data/: what must not come out, what must not change, and tokens of many providers."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random
from string import ascii_lowercase, ascii_uppercase, digits
from typing import Any

DATA = Path(__file__).parent / "data"
JOB = {
    "id": "f4ce2ca0-bf49-4fb7-a32f-da899167678e",
    "name": "nightly encode",
    "state": "JOB_STATE_FAILED",
    "templateId": "video-encode@3",
    "createdAt": "2026-03-01T10:00:00Z",
}


def read(name: str) -> dict[str, dict[str, dict[str, Any]]]:
    """Read the cases of each file of a kind, by their ids."""
    files = sorted(DATA.glob(f"{name}*.json"))
    read = {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in files}
    return {stem: {case["id"]: case for case in cases} for stem, cases in read.items()}


def together(files: Mapping[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {name: case for cases in files.values() for name, case in cases.items()}


FILES = {kind: read(kind) for kind in ("secrets", "innocents", "providers")}
SECRETS, INNOCENTS, PROVIDERS = (together(files) for files in FILES.values())


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


def carry(token: str) -> dict[str, Any]:
    """Make a case that has a token in a name, an error, parameters and a line of the log."""
    return {
        "record": {
            "name": f"run with {token}",
            "errorMessage": f"401 for {token}: denied",
            "params": {"app": {"note": token, "list": ["x", token]}},
        },
        "log": [f"using {token} now"],
    }


def texts(value: Any) -> Iterator[str]:
    """Yield every text and name in a value, and numbers as texts."""
    if isinstance(value, Mapping):
        for name, member in value.items():
            yield name
            yield from texts(member)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from texts(item)
    elif value is not None:
        yield str(value)
