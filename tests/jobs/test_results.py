"""The outputs of a job: their links, how long they last, and why there are none."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bytenite_mcp.jobs.results import (
    BUCKET_RETENTION,
    LONGEST_NAME,
    NoOutputs,
    find_expiry,
    find_reason_for_none,
    find_retention_end,
    list_outputs,
)
from bytenite_mcp.privacy.redact import Job
from tests.conftest import NOW, as_clean

BUCKET = {"dataSourceDescriptor": "bucket"}
ENDED = "2026-03-04T15:00:00Z"


def job(state: str, **members: Any) -> Job:
    (record,) = as_clean({"id": "a", "state": f"JOB_STATE_{state}", **members})
    return Job(record)


def test_a_link_is_given_and_what_is_no_link_is_withheld() -> None:
    rows = [
        {"name": "a.mp4", "link": "https://h.example/a?sig=1"},
        {"name": "b", "link": "javascript:alert(1)"},
        {"name": "c", "link": ""},
        {"name": "d", "link": "https://h.example/Größe 1.png?sig=a%2Fb "},
        {"name": "e", "link": "https://bücher.example/x"},
        {"name": "f", "link": "https://h ex.example/a"},
        {"name": "g", "link": "https://h.example/a\nb"},
        {"name": "h", "link": "https://h.example/\ud800"},
    ]
    assert [row["link"] for row in list_outputs(rows)] == [
        "https://h.example/a?sig=1",
        "[withheld]",
        "",
        "https://h.example/Gr%C3%B6%C3%9Fe%201.png?sig=a%2Fb",
        "[withheld]",
        "[withheld]",
        "[withheld]",
        "[withheld]",
    ]
    (long,) = list_outputs([{"name": "n" * 9999, "link": ""}])
    assert len(long["name"]) <= LONGEST_NAME


@pytest.mark.parametrize("vendor", ["X-Amz", "X-Goog", "x-amz"])
def test_links_expire_when_the_first_of_them_does(vendor: str) -> None:
    links = [f"https://h.example/a?{vendor}-Date=20260304T150000Z&{vendor}-Expires={s}" for s in (3600, 60)]
    assert find_expiry([{"link": link} for link in links]) == datetime(2026, 3, 4, 15, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "query",
    [
        "",
        "X-Amz-Expires=60",
        "X-Amz-Date=20261399T150000Z&X-Amz-Expires=60",
        "X-Amz-Date=now&X-Amz-Expires=60",
        "&".join(["a=1"] * 60),
    ],
)
def test_a_link_that_does_not_say_when_it_expires_has_no_end(query: str) -> None:
    assert find_expiry([{"link": f"https://h.example/?{query}"}, {"link": ""}]) is None


@pytest.mark.parametrize(
    ("state", "members", "reason"),
    [
        ("NEW", {}, NoOutputs.NEVER_RUN),
        ("FAILED", {}, NoOutputs.FAILED),
        ("MERGING", {}, NoOutputs.UNFINISHED),
        ("ABORTED", {"endedAt": ENDED}, NoOutputs.ENDED_OTHERWISE),
        ("COMPLETE", {"dataDestination": {"dataSourceDescriptor": "s3"}}, NoOutputs.WENT_ELSEWHERE),
        ("COMPLETE", {"dataDestination": BUCKET, "endedAt": ENDED}, NoOutputs.NOT_LISTED_YET),
        ("COMPLETE", {"dataDestination": BUCKET}, NoOutputs.NOT_LISTED_YET),
        (
            "COMPLETE",
            {"dataDestination": BUCKET, "endedAt": "2026-03-01T00:00:00Z"},
            NoOutputs.NO_LONGER_KEPT,
        ),
    ],
)
def test_there_is_a_reason_for_having_no_outputs(
    state: str, members: dict[str, Any], reason: NoOutputs
) -> None:
    assert find_reason_for_none(job(state, **members), NOW) is reason


def test_a_temporary_bucket_is_kept_for_two_days_after_the_end() -> None:
    complete = job("COMPLETE", dataDestination=BUCKET, endedAt=ENDED)
    end = find_retention_end(complete)
    assert end == datetime(2026, 3, 6, 15, tzinfo=UTC) == datetime.fromisoformat(ENDED) + BUCKET_RETENTION
    assert find_reason_for_none(complete, end) is NoOutputs.NOT_LISTED_YET
    assert find_reason_for_none(complete, end + timedelta(seconds=1)) is NoOutputs.NO_LONGER_KEPT
