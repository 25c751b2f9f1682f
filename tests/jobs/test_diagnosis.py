"""The diagnosis of a job: its stages, its pace, and the likely cause of its failure."""

from datetime import UTC, datetime
from typing import Any

import pytest

from bytenite_mcp.jobs.diagnosis import Diagnosis, diagnose, find_telling_lines
from bytenite_mcp.jobs.logs import Line
from bytenite_mcp.jobs.stuck import Pace, Since
from bytenite_mcp.privacy.redact import Job
from bytenite_mcp.table.causes import Cause
from bytenite_mcp.table.usual import Siblings, Template, Usual
from tests.conftest import NOW, as_clean

BEGAN = "2026-03-04T15:00:00Z"


def line(text: str, level: str = "UNKNOWN", task: str = "") -> Line:
    return Line(0, "", "TASKRUNNER", task, level, text)


def diagnosed(*lines: Line, template: Template | None = None, **members: Any) -> Diagnosis:
    (record,) = as_clean({"id": "a", "createdAt": BEGAN, **members})
    return diagnose(Job(record), lines, template, NOW)


def test_the_last_lines_that_tell_of_a_failure_are_chosen_with_their_tracebacks() -> None:
    lines = [
        line("Traceback (most recent call last):", task="one"),
        line("starting", task="two"),
        line("  File main.py, line 5", task="one"),
        line("all is well", task="one"),
        line("  but indented", task="one"),
        line("disk full", level="ERROR"),
        line("giving up", level="FATAL"),
        line("index 7", level="PANIC"),
    ]
    assert find_telling_lines(lines) == [lines[0], lines[2], *lines[5:]]
    assert find_telling_lines(lines, most=1) == [lines[7]]


def test_without_such_lines_the_last_are_chosen() -> None:
    lines = [line(f"step {number}") for number in range(9)]
    assert find_telling_lines(lines) == lines[-3:]
    assert find_telling_lines([]) == []


def test_the_cause_is_the_one_of_the_error_message_and_then_that_of_the_log() -> None:
    log = line("Timeout: the task ran longer than 3600 s")
    by_error = diagnosed(log, state="JOB_STATE_FAILED", errorMessage="CUDA out of memory")
    by_log = diagnosed(log, state="JOB_STATE_FAILED", errorMessage="it ended")
    assert by_error.named_by_error
    assert not by_log.named_by_error
    assert None is not by_log.cause != by_error.cause
    assert by_error.other_cause is by_log.cause
    assert by_log.other_cause is None
    assert diagnosed(log, state="JOB_STATE_FAILED", errorMessage=log.text).other_cause is None


def test_the_last_lines_of_a_log_name_the_cause_or_else_any_of_its_lines() -> None:
    causes = [line("CUDA out of memory"), line("Timeout: the task ran longer than 3600 s")]
    others = [line(f"error {number}") for number in range(12)]
    for first, last in (causes, causes[::-1]):
        by_last = diagnosed(last, state="JOB_STATE_FAILED").cause
        assert diagnosed(first, *others, last, state="JOB_STATE_FAILED").cause is by_last
        assert diagnosed(last, *others, state="JOB_STATE_FAILED").cause is by_last


@pytest.mark.parametrize("state", ["FAILED", "MERGING"])
def test_a_log_that_could_not_be_read_is_told_from_an_empty_one(state: str) -> None:
    (record,) = as_clean({"id": "a", "createdAt": BEGAN, "state": f"JOB_STATE_{state}"})
    unread = diagnose(Job(record), None, None, NOW)
    empty = diagnose(Job(record), [], None, NOW)
    assert (unread.has_log, unread.lines, empty.has_log) == (False, [], True)


def test_an_exception_in_the_log_is_no_other_cause() -> None:
    raised = line("Traceback (most recent call last):\nValueError: chunk_size exceeds input")
    assert diagnosed(raised, state="JOB_STATE_FAILED", errorMessage="CUDA out of memory").other_cause is None
    assert diagnosed(raised, state="JOB_STATE_FAILED", errorMessage="it ended").cause is Cause.EXCEPTION


def test_a_job_that_did_not_fail_has_no_cause() -> None:
    assert diagnosed(line("CUDA out of memory"), state="JOB_STATE_COMPLETE").cause is None


def test_stages_come_in_order_with_the_seconds_in_each_and_the_usual_ones() -> None:
    stamps = {"JOB_STATE_MERGING": "2026-03-04T15:30:00Z", "JOB_STATE_STARTED": BEGAN}
    usual = {"STARTED": Usual(60, 5)}
    template = Template(Siblings(9, 5, 1, None, None), usual)
    found = diagnosed(template=template, state="JOB_STATE_MERGING", stateTimestamps=stamps)
    assert [(stage.state, stage.seconds, stage.usual) for stage in found.stages] == [
        ("STARTED", 1800, Usual(60, 5)),
        ("MERGING", pytest.approx(12.345678), None),
    ]
    assert found.progress
    assert (found.progress.since, found.progress.pace) == (Since.STAGE, Pace.UNKNOWN)


def test_stages_of_one_moment_come_in_the_order_of_states_and_unknown_ones_last() -> None:
    stamps = {f"JOB_STATE_{state}": BEGAN for state in ("QUEUED", "MERGING", "STARTED")}
    stamps["JOB_STATE_DOWNLOADING"] = "2026-03-04T14:00:00Z"
    found = diagnosed(state="JOB_STATE_FAILED", stateTimestamps=stamps)
    assert [(stage.state, stage.seconds) for stage in found.stages] == [
        ("DOWNLOADING", 3600), ("STARTED", 0), ("MERGING", 0), ("QUEUED", None),
    ]  # fmt: skip


def test_the_start_of_a_started_job_is_when_it_entered_that_state() -> None:
    (stage,) = diagnosed(state="JOB_STATE_STARTED", startedAt=BEGAN).stages
    assert (stage.state, stage.entered) == ("STARTED", datetime(2026, 3, 4, 15, tzinfo=UTC))
    assert diagnosed(state="JOB_STATE_STARTED").stages == []


@pytest.mark.parametrize(("members", "since"), [({"startedAt": BEGAN}, Since.STARTED), ({}, Since.CREATED)])
def test_without_the_time_of_its_state_a_jobs_time_counts_from_its_start_or_creation(
    members: dict[str, Any], since: Since
) -> None:
    template = Template(Siblings(9, 5, 1, None, Usual(100, 5)), {})
    progress = diagnosed(state="JOB_STATE_MERGING", template=template, **members).progress
    assert progress
    assert (progress.since, progress.usual) == (since, Usual(100, 5))
    assert progress.seconds == (NOW - datetime(2026, 3, 4, 15, tzinfo=UTC)).total_seconds()


@pytest.mark.parametrize("state", ["NEW", "COMPLETE", "FAILED"])
def test_a_draft_and_a_finished_job_make_no_progress(state: str) -> None:
    assert diagnosed(state=f"JOB_STATE_{state}").progress is None


def test_of_a_job_without_times_no_progress_is_told() -> None:
    assert diagnosed(state="JOB_STATE_MERGING", createdAt=None).progress is None


@pytest.mark.parametrize(
    ("start_at", "seconds", "pace"),
    [
        ("2026-03-04T16:30:12.345678Z", -3600, Pace.SCHEDULED),
        ("2026-03-04T15:29:12.345678Z", 60, Pace.UNKNOWN),
        ("2026-03-04T14:00:00Z", 1812.345678, Pace.UNKNOWN),
    ],
)
def test_a_scheduled_jobs_time_counts_from_its_scheduled_start(
    start_at: str, seconds: float, pace: Pace
) -> None:
    progress = diagnosed(
        state="JOB_STATE_STARTED", stateTimestamps={"JOB_STATE_STARTED": BEGAN}, startAt=start_at
    ).progress
    assert progress
    assert progress.seconds == pytest.approx(seconds)
    assert progress.pace is pace


@pytest.mark.parametrize(("state", "waits"), [("PARTITIONED", False), ("QUEUED", True)])
def test_only_a_job_that_may_not_have_begun_waits_for_its_scheduled_start(state: str, waits: bool) -> None:
    progress = diagnosed(state=f"JOB_STATE_{state}", startAt="2026-03-05T00:00:00Z").progress
    assert progress
    assert (progress.pace is Pace.SCHEDULED) is waits


def test_a_clock_that_is_ahead_makes_no_negative_time() -> None:
    found = diagnosed(
        state="JOB_STATE_MERGING", stateTimestamps={"JOB_STATE_MERGING": "2026-03-04T16:00:00Z"}
    )
    assert found.progress
    assert found.progress.seconds == found.stages[0].seconds == 0
