"""Conversions of a stored value before it is compared."""

import json
from typing import Any

import pytest

from bytenite_mcp.simulator.stored_values import LIFE, READINGS, reread

TIME = "2026-03-04T15:30:12.3456789Z"


@pytest.mark.parametrize(
    ("name", "stored", "read"),
    [
        ("time-to-second", TIME, "2026-03-04T15:30:12.000000000Z"),
        ("time-to-millisecond", TIME, "2026-03-04T15:30:12.345000000Z"),
        ("time-rounded-up", TIME, "2026-03-04T15:30:12.346000000Z"),
        ("time-date-only", TIME, "2026-03-04T00:00:00.000000000Z"),
        ("time-null-is-zero", None, "1970-01-01T00:00:00Z"),
        ("number-as-text", 2.5, "2.5"),
        ("number-null-is-zero", None, 0),
        ("state-short-only", "JOB_STATE_FAILED", "FAILED"),
        ("state-gt-ordinal", "JOB_STATE_STARTED", 1),
        ("state-unknown-is-new", "JOB_STATE_PAUSED", "JOB_STATE_NEW"),
    ],
)
def test_a_reading_changes_what_it_is_named_after(name: str, stored: Any, read: Any) -> None:
    assert READINGS[name](stored) == read


@pytest.mark.parametrize("name", READINGS)
def test_a_reading_is_one_of_json_and_changes_its_own_result_no_more(name: str) -> None:
    values: dict[str, list[Any]] = {
        "time": ["", "text", TIME],
        "number": ["text", 5, 2.5],
        "state": ["", LIFE[3], "JOB_STATE_PAUSED"],
    }
    for value in [None, *values[name.partition("-")[0]]]:
        once = READINGS[name](value)
        assert json.loads(json.dumps(once)) == once
        assert READINGS[name](once) == once or name in ("time-rounded-up", "state-gt-ordinal")


def test_readings_are_applied_in_turn_to_the_first_of_the_values() -> None:
    assert json.loads(reread(json.dumps([None, "other"]), "number-null-is-zero number-as-text")) == "0"
    assert json.loads(reread('["as it was"]', "")) == "as it was"


def test_a_job_enters_each_state_once() -> None:
    assert len(LIFE) == len(set(LIFE)) == 11
