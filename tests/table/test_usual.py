"""What a template's jobs usually take, and how many fail."""

from datetime import UTC, datetime
from typing import Any

from bytenite_mcp.table.usual import Usual, read_clock, read_siblings, read_template
from tests.conftest import as_clean
from tests.table.tables import holding


def complete(name: str, seconds: float | None, **members: Any) -> dict[str, Any]:
    return {"id": name, "templateId": "t", "state": "JOB_STATE_COMPLETE", "duration": seconds} | members


def failed(name: str, message: str, template: str = "t") -> dict[str, Any]:
    job = {"id": name, "templateId": template, "state": "JOB_STATE_FAILED", "duration": 5}
    return job | {"errorMessage": message}


COMPLETE = [
    complete("a", 0.5), complete("b", 20), complete("c", 60), complete("d", 40), complete("zero", 0),
]  # fmt: skip
FAILED = [*(failed(name, "exit code 137") for name in "efj"), failed("g", "disk full")]
OTHERS = [failed("h", "exit code 137", "another"), {"templateId": "t", "state": "JOB_STATE_NEW"}]


def test_the_other_jobs_of_a_template_are_counted_and_the_job_itself_is_not() -> None:
    (job,) = as_clean(FAILED[0])
    with holding(COMPLETE + FAILED + OTHERS) as table:
        siblings = read_siblings(table, job)
    assert (siblings.jobs, siblings.complete, siblings.failed, siblings.failed_alike) == (9, 5, 3, 2)
    assert siblings.usual == Usual(30, 4)


def test_a_job_that_did_not_fail_failed_like_none() -> None:
    (job,) = as_clean(COMPLETE[0])
    with holding(COMPLETE + FAILED) as table:
        assert read_siblings(table, job).failed_alike is None


def test_two_jobs_make_no_usual_time() -> None:
    (job,) = as_clean(COMPLETE[0])
    with holding(COMPLETE[:3]) as table:
        assert read_siblings(table, job).usual is None
        assert read_template(table, job).usual_stages == {}


def test_a_job_of_a_template_of_its_own_has_no_siblings() -> None:
    (job,) = as_clean({"id": "z", "templateId": "unheard of"})
    with holding(COMPLETE) as table:
        siblings = read_siblings(table, job)
    assert (siblings.jobs, siblings.complete, siblings.failed, siblings.usual) == (0, 0, 0, None)


def test_the_usual_time_in_a_state_is_the_median_of_completed_jobs() -> None:
    stamps = [
        {"JOB_STATE_STARTED": "2026-03-01T00:00:00Z", "JOB_STATE_MERGING": f"2026-03-01T00:00:{seconds}Z"}
        for seconds in (10, 20, 50)
    ]
    records = [complete(str(n), 1, stateTimestamps=stamp) for n, stamp in enumerate(stamps)]
    (job,) = as_clean({"id": "z", "templateId": "t", "state": "JOB_STATE_STARTED"})
    with holding(records) as table:
        assert read_template(table, job).usual_stages == {"STARTED": Usual(20, 3)}


def test_bytenites_time_is_that_of_its_last_answer_or_unknown() -> None:
    with holding([]) as table:
        assert read_clock(table) is None
        table.execute("UPDATE clock SET now = '2026-03-04T15:30:00.25Z'")
        assert read_clock(table) == datetime(2026, 3, 4, 15, 30, 0, 250000, tzinfo=UTC)
