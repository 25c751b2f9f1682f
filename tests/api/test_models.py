"""Records read through typed properties, whatever they contain."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bytenite_mcp.api.models import (
    STATE_MEANING,
    TERMINAL,
    Job,
    JobPage,
    JobState,
    LogLevel,
    LogService,
    Priority,
    normalize_state,
)
from bytenite_mcp.api.values import JsonObject
from tests.api.test_values import ANYTHING
from tests.conftest import wire

PROPERTIES = [name for name, kind in vars(Job).items() if isinstance(kind, property)]


def test_a_record_of_2023_is_read() -> None:
    job = Job(wire("08")["job"])
    assert job.id == "f4ce2ca0-bf49-4fb7-a32f-da899167678e"
    assert job.name == "Test_BBB_to_H264_SD"
    assert job.state == JobState.PARTITIONING
    assert not job.finished
    assert job.template_id == "video-transcoding@v0.2"
    assert job.started_at == datetime(2023, 6, 22, 8, 0, 8, 563491, tzinfo=UTC)
    assert job.ended_at is None


def test_the_documented_record_of_2025_is_read() -> None:
    record = wire("18")["job"]
    job = Job(record)
    assert job.record is record
    assert job.id == record["id"]
    assert job.duration == record["duration"]


def test_the_end_of_an_old_record_is_found_under_its_old_name() -> None:
    job = Job({"completedAt": "2023-06-22T08:00:09Z", "endedAt": None})
    assert job.ended_at == datetime(2023, 6, 22, 8, 0, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    "key",
    [
        "JOB_STATE_FAILED",
        "failed",
        "Failed",
        " FAILED ",
        "job_state_failed",
        "jobStateFailed",
        "JOB STATE-FAILED",
    ],
)
def test_a_state_is_known_however_it_is_spelt(key: str) -> None:
    assert normalize_state(key) == JobState.FAILED


def test_a_state_of_two_words_is_known_in_every_spelling() -> None:
    assert {
        normalize_state(key)
        for key in ("tasks completed", "tasksCompleted", "TASKS_COMPLETED", "tasks-completed")
    } == {JobState.TASKS_COMPLETED}


def test_state_times_are_keyed_by_state_and_hold_only_times() -> None:
    stamps = {
        "JOB_STATE_NEW": "2026-03-04T15:00:00Z",
        "started": "2026-03-04T15:00:01Z",
        "merged": None,
        "x": 5,
    }
    assert Job({"stateTimestamps": stamps}).state_times == {
        "JOB_STATE_NEW": datetime(2026, 3, 4, 15, 0, 0, tzinfo=UTC),
        "JOB_STATE_STARTED": datetime(2026, 3, 4, 15, 0, 1, tzinfo=UTC),
    }


def test_an_unknown_state_is_kept_and_is_not_finished() -> None:
    job = Job({"state": "JOB_STATE_HIBERNATING"})
    assert job.state == "JOB_STATE_HIBERNATING"
    assert not job.finished


def test_the_enums_are_those_of_june_2025() -> None:
    assert " ".join(state.short for state in JobState) == (
        "NEW STARTED UPLOADING PARTITIONING PARTITIONED TASKS_COMPLETED MERGING MERGED DOWNLOADING COMPLETE FAILED"
    )
    assert sorted(TERMINAL) == ["JOB_STATE_COMPLETE", "JOB_STATE_FAILED"]
    assert STATE_MEANING.keys() == set(JobState)
    assert " ".join(LogLevel) == "UNKNOWN TRACE DEBUG INFO WARN ERROR FATAL PANIC"
    assert " ".join(LogService) == "PARTITIONER ASSEMBLER TASKRUNNER"
    assert all(priority.value.startswith("EXECUTION_PRIORITY_") for priority in Priority)


@given(st.dictionaries(st.sampled_from([*wire("18")["job"], "completedAt"]), ANYTHING))
def test_no_record_makes_reading_it_fail(record: dict[str, Any]) -> None:
    job = Job(record)
    assert all(getattr(job, name) is not NotImplemented for name in PROPERTIES)


def test_no_repr_shows_a_record() -> None:
    record: JsonObject = {"id": "a", "state": "s", "params": {"secretKey": "hunter2"}, "owner": "hunter2"}
    shown = [Job(record), JobPage(jobs=[record], total=1, has_next=False)]
    assert "hunter2" not in f"{shown!r} {shown[0]} {shown[1]}"
    assert repr(shown[0]) == "<Job 'a' s>"


@pytest.mark.parametrize(
    ("rows", "total", "has_next", "more"),
    [
        (5, 9, False, True),
        (5, 5, False, False),
        (5, None, False, True),
        (0, None, True, False),
        (5, 5, True, True),
    ],
)
def test_a_page_tells_whether_there_may_be_more(
    rows: int, total: int | None, has_next: bool, more: bool
) -> None:
    page = JobPage(
        jobs=[{}] * (rows - 1 if rows else 0), total=total, has_next=has_next, unreadable=1 if rows else 0
    )
    assert page.received == rows
    assert page.more_after(rows) is more
