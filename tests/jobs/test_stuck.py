"""Unfinished jobs: the worst first, each held against what is usual for its template."""

from typing import Any

import pytest

from bytenite_mcp.jobs.stuck import (
    ABANDONED_AFTER,
    SHORTEST_USUAL,
    Pace,
    Since,
    Survey,
    compare_with_usual,
    survey_unfinished,
)
from tests.conftest import NOW
from tests.table.tables import holding


def complete(name: str, seconds: int) -> dict[str, Any]:
    stamps = {"STARTED": "2026-03-01T00:00:00Z", "MERGING": f"2026-03-01T00:01:{seconds}Z"}
    return {
        "id": name,
        "templateId": "t",
        "state": "JOB_STATE_COMPLETE",
        "duration": 100,
        "stateTimestamps": stamps,
    }


COMPLETE = [complete("a", 30), complete("b", 40), complete("c", 50)]


def started(name: str, at: str, **members: Any) -> dict[str, Any]:
    return {
        "id": name,
        "templateId": "t",
        "state": "JOB_STATE_STARTED",
        "stateTimestamps": {"STARTED": at},
    } | members


def surveyed(*records: dict[str, Any], most: int = 20) -> Survey:
    with holding([*COMPLETE, *records]) as table:
        table.execute("UPDATE clock SET now = '2026-03-04T15:30:00Z'")
        return survey_unfinished(table, NOW, most)


@pytest.mark.parametrize(
    ("seconds", "usual", "pace"),
    [
        (-1, 100, Pace.SCHEDULED),
        (100, 100, Pace.USUAL),
        (150, 100, Pace.LATE),
        (201, 100, Pace.STUCK),
        (2 * SHORTEST_USUAL, 1, Pace.LATE),
        (2 * SHORTEST_USUAL + 1, 1, Pace.STUCK),
        (ABANDONED_AFTER + 1, 1, Pace.ABANDONED),
        (ABANDONED_AFTER + 1, ABANDONED_AFTER, Pace.LATE),
        (ABANDONED_AFTER, None, Pace.UNKNOWN),
        (ABANDONED_AFTER + 1, None, Pace.ABANDONED),
    ],
)
def test_a_time_is_compared_with_the_usual_one(seconds: float, usual: float | None, pace: Pace) -> None:
    assert compare_with_usual(seconds, usual) is pace


def test_the_worst_come_first_and_all_are_counted() -> None:
    survey = surveyed(
        started("usual", "2026-03-04T15:29:00Z"),
        started("late", "2026-03-04T15:27:30Z"),
        started("stuck", "2026-03-04T14:00:00Z"),
        started("worse", "2026-03-04T13:00:00Z"),
        started("unknown", "2026-03-04T14:00:00Z", templateId="another"),
        started("longer unknown", "2026-03-04T13:00:00Z", templateId="another"),
        {
            "id": "longer",
            "templateId": "long",
            "state": "JOB_STATE_MERGING",
            "startedAt": "2026-03-04T13:30:00Z",
        },
        *(
            {"id": f"{n}", "templateId": "long", "state": "JOB_STATE_COMPLETE", "duration": 1000}
            for n in range(3)
        ),
        started("abandoned", "2026-02-01T00:00:00Z", templateId="another"),
    )
    assert [job.fields["id"] for job in survey.worst] == [
        "abandoned", "worse", "stuck", "longer", "late", "longer unknown", "unknown", "usual",
    ]  # fmt: skip
    assert survey.paces == {
        Pace.STUCK: 3, Pace.ABANDONED: 1, Pace.LATE: 1, Pace.UNKNOWN: 2, Pace.USUAL: 1,
    }  # fmt: skip
    assert survey.worst[4].ratio == 150 / 100


def test_a_job_that_is_scheduled_for_later_is_not_slow() -> None:
    survey = surveyed(
        started("later", "2026-03-01T00:00:00Z", startAt="2026-03-05T00:00:00Z"),
        started("since then", "2026-03-01T00:00:00Z", startAt="2026-03-04T15:29:00Z"),
        started("entered since", "2026-03-04T15:29:30Z", startAt="2026-03-04T14:00:00Z"),
        {"id": "only scheduled", "state": "JOB_STATE_STARTED", "startAt": "2026-03-05T01:00:00Z"},
    )
    assert [(job.fields["id"], job.seconds, job.pace) for job in survey.worst] == [
        ("since then", 60, Pace.USUAL),
        ("entered since", 30, Pace.USUAL),
        ("only scheduled", -34_200, Pace.SCHEDULED),
        ("later", -30_600, Pace.SCHEDULED),
    ]


def test_no_more_are_returned_than_asked_for_and_the_others_are_counted() -> None:
    survey = surveyed(*(started(str(n), "2026-03-04T14:00:00Z") for n in range(5)), most=2)
    assert len(survey.worst) == 2
    assert survey.paces.total() == 5


def test_drafts_finished_and_deleted_jobs_are_not_unfinished() -> None:
    assert not surveyed(
        {"id": "draft", "state": "JOB_STATE_NEW"},
        started("deleted", "2026-03-04T14:00:00Z", deletedAt="2026-03-04T15:00:00Z"),
    ).worst


def test_without_the_time_of_its_state_a_jobs_time_counts_from_its_start_or_creation() -> None:
    def merging(name: str, **members: Any) -> dict[str, Any]:
        return {"id": name, "templateId": "t", "state": "JOB_STATE_MERGING"} | members

    survey = surveyed(
        merging("one", startedAt="2026-03-04T15:20:00Z"),
        merging("two", createdAt="2026-03-04T15:00:00Z"),
        merging("three"),
        started("four", "2026-03-04T15:28:20Z", startedAt="2026-03-04T15:00:00Z"),
    )
    told = {job.fields["id"]: (job.since, job.seconds, job.usual) for job in survey.worst}
    assert told == {
        "one": (Since.STARTED, 600, 100),
        "two": (Since.CREATED, 1800, 100),
        "three": (Since.CREATED, None, 100),
        "four": (Since.STAGE, 100, 100),
    }


def test_jobs_that_may_be_unfinished_or_deleted_are_counted_by_what_could_not_be_read() -> None:
    odd = {"name": "not read"}
    assert surveyed({"id": "a", "state": odd, "deletedAt": odd}).unreadable == {"state": 1, "deletedAt": 1}


def test_without_bytenites_time_ours_is_taken() -> None:
    with holding(COMPLETE) as table:
        assert survey_unfinished(table, NOW).now == NOW
