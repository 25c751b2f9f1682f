"""The fast check: what it lets pass has nothing to withhold, and what it cannot judge it does not let pass."""

import json
from typing import Any

import pytest

from bytenite_mcp.privacy.quick_check import may_hold_anything, write_json
from tests.privacy.corpora import SECRETS


@pytest.mark.parametrize(
    "value",
    [
        {"name": "nightly encode", "state": "JOB_STATE_FAILED", "duration": "12s", "numChunks": 4},
        {"errorMessage": "the encoder ended with 137 at frame 12"},
        {},
        None,
    ],
)
def test_an_ordinary_record_needs_no_full_reading(value: Any) -> None:
    assert not may_hold_anything(write_json(value))


@pytest.mark.parametrize(
    "value",
    [
        {"params": {"app": {"password": "tulip"}}},
        {"name": "a\u202eb"},
        {"name": "a\nb"},
        {"params": {"dataSource": {"params": {}}}},
        {"params": {"data_destination": {}}},
        {"params": {"kty": "RSA"}},
        {"params": {"value": "x", "sensitive": True}},
        {"name": "half \ud83d"},
    ],
)
def test_what_may_hide_something_is_read_in_full(value: Any) -> None:
    assert may_hold_anything(write_json(value))


def test_every_record_of_the_corpora_with_a_secret_outside_its_sources_is_read_in_full() -> None:
    checked = 0
    for name, case in SECRETS.items():
        whole = write_json(case.get("record", {}))
        written = write_json(case.get("record", {}), {"dataSource", "dataDestination"})
        secrets = [json.dumps(secret)[1:-1].encode() for secret in case["secret"]]
        if "left" not in case and any(0 < written.count(each) == whole.count(each) for each in secrets):
            checked += 1
            assert may_hold_anything(written), name
    assert checked > 100


def test_members_that_are_checked_apart_are_left_out() -> None:
    assert write_json({"a": 1, "params": {"b": 2}}, {"params"}) == b'{"a":1}'
