"""diagnose_job without an id: all unfinished jobs compared with the usual of their template."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from bytenite_mcp.api.models import JobState
from bytenite_mcp.simulator import create_app
from tests.conftest import NOW, answering
from tests.server.conftest import Answer, Era, both_eras, connected, ids, page_of, present_world, tokens

pytestmark = pytest.mark.anyio


def ago(seconds: float) -> str:
    return f"{NOW - timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%SZ}"


def complete(name: str, seconds: int, stamps: bool = True) -> dict[str, Any]:
    """Make a completed job that was STARTED for some seconds, and took three times as long in all."""
    times = {"STARTED": ago(9000), "MERGING": ago(9000 - seconds)} if stamps else {}
    return job(name, "COMPLETE", ago(9000), stateTimestamps=times, duration=f"{3 * seconds}s")


def job(name: str, state: str, created: str, template: str = "t", **members: Any) -> dict[str, Any]:
    record = {"id": name, "templateId": template, "state": f"JOB_STATE_{state}", "createdAt": created}
    return {**record, **members}


def started(name: str, seconds: int, template: str = "t") -> dict[str, Any]:
    times = {"stateTimestamps": {"STARTED": ago(seconds)}, "startedAt": ago(seconds)}
    return job(name, "STARTED", ago(seconds), template, **times)


USUAL = [complete(str(seconds), seconds) for seconds in (90, 100, 110)]


async def survey(*records: dict[str, Any], era: Era = "auto") -> Answer:
    clock = {"Date": f"{NOW:%a, %d %b %Y %H:%M:%S} GMT"}
    page = httpx.Response(200, json=page_of(*records), headers=clock)
    async with connected(answering(lambda _: page), era) as asker:
        return await asker.ask("diagnose_job")


@both_eras
async def test_the_worst_come_first_each_with_how_many_times_the_usual_it_has_taken(era: Era) -> None:
    slow, bad, fine, worse = (
        started("slow", 150),
        started("bad", 300),
        started("fine", 50),
        started("worse", 1000),
    )
    content = (await survey(*USUAL, slow, bad, fine, worse, era=era)).content
    assert [
        (row["id"], row["seconds"], row["usual"], row["ratio"], row["pace"]) for row in content["jobs"]
    ] == [
        ("worse", 1000, 100, 10, "may be stuck"),
        ("bad", 300, 100, 3, "may be stuck"),
        ("slow", 150, 100, 1.5, "slow"),
        ("fine", 50, 100, 0.5, "as usual"),
    ]
    assert content["finding"] == "Of 4 unfinished: 2 may be stuck, 1 slow."
    assert content["asOf"]
    assert content["now"] == f"{NOW:%Y-%m-%dT%H:%M:%SZ}"


async def test_where_a_stage_is_not_recorded_the_whole_time_is_held_against_the_usual_duration() -> None:
    records = [complete(str(seconds), seconds, stamps=False) for seconds in (90, 100, 110)]
    content = (await survey(*records, job("a", "MERGING", ago(950), startedAt=ago(900)))).content
    (row,) = content["jobs"]
    assert (row["since"], row["seconds"], row["usual"], row["ratio"]) == ("start", 900, 300, 3)


async def test_without_a_usual_only_a_week_counts_as_stuck() -> None:
    content = (await survey(*USUAL[:2], started("new", 6000), started("old", 8 * 86_400))).content
    assert [(row["id"], row["pace"]) for row in content["jobs"]] == [
        ("old", "most likely stuck"),
        ("new", "usual unknown"),
    ]
    assert "The pace of 1 is unknown" in content["finding"]


async def test_a_job_of_which_no_time_is_recorded_is_not_held_against_the_usual() -> None:
    content = (await survey(*USUAL, job("a", "STARTED", "0001-01-01T00:00:00Z"))).content
    assert content["jobs"] == [
        {"id": "a", "state": "STARTED", "templateId": "t", "pace": "since when is unknown"}
    ]
    assert content["finding"].endswith(
        "The pace of 1 is unknown: too few completed jobs of their template, or no recorded start."
    )


async def test_a_started_job_is_held_against_the_same_usual_in_the_survey_and_alone() -> None:
    record = job("a", "STARTED", ago(900), startedAt=ago(150))
    clock = {"Date": f"{NOW:%a, %d %b %Y %H:%M:%S} GMT"}

    def give(request: httpx.Request) -> httpx.Response:
        body = {"job": record} if request.url.path.endswith("/a") else page_of(*USUAL, record)
        return httpx.Response(200, json=body, headers=clock)

    async with connected(answering(give)) as asker:
        (row,) = (await asker.ask("diagnose_job")).content["jobs"]
        finding = (await asker.ask("diagnose_job", job_id="a")).content["finding"]
    assert (row["since"], row["seconds"], row["usual"], row["pace"]) == ("this state", 150, 100, "slow")
    assert finding.startswith("It has been STARTED for 150 s; usual is 100 s, ")


async def test_it_is_said_when_none_is_stuck_and_when_none_is_unfinished() -> None:
    some = (await survey(*USUAL, started("a", 50))).content
    assert some["finding"] == "Of 1 unfinished: none is known to be stuck or slow."
    ended = job("b", "PAUSED", ago(9000), endedAt=ago(10))
    none = await survey(*USUAL, job("a", "NEW", ago(9000)), ended)
    assert none.content["finding"] == "No job is unfinished, except drafts and deleted ones."
    assert none.content["nextStep"] == "Nothing to do."
    assert none.content["jobs"] == []
    odd = await survey({**job("c", "NEW", ago(9000)), "state": 4, "deletedAt": "soon"})
    assert odd.content["finding"].endswith(
        " Could not be read, or not whole: deletedAt of 1 job, state of 1 job."
    )


async def test_a_deleted_job_is_not_stuck() -> None:
    deleted = started("deleted", 9000) | {"deletedAt": ago(10)}
    content = (await survey(*USUAL, deleted, started("a", 50))).content
    assert [row["id"] for row in content["jobs"]] == ["a"]


async def test_the_time_in_a_state_is_told_even_if_bytenite_does_not_say_what_time_it_is() -> None:
    async with connected(answering(jobs=page_of(*USUAL, started("a", 10)))) as asker:
        (row,) = (await asker.ask("diagnose_job")).content["jobs"]
        told = await asker.ask("query_jobs", sql="SELECT stageSeconds >= 10 FROM unfinished")
    assert (row["since"], row["usual"]) == ("this state", 100)
    assert told.content["rows"] == [[True]]


async def test_at_most_twenty_are_shown_and_all_are_counted() -> None:
    answer = await survey(*USUAL, *(started(f"a{number}", 200 + number) for number in range(30)))
    assert (answer.content["total"], answer.content["count"]) == (30, 20)
    assert [row["id"] for row in answer.content["jobs"]] == [
        f"a{number}" for number in reversed(range(10, 30))
    ]
    assert "The 20 worst are shown." in answer.content["finding"]
    assert tokens(answer.text) <= 1200


async def test_all_unfinished_jobs_of_an_account_are_counted() -> None:
    world = present_world(400)
    final = ", ".join(f"'{state.value}'" for state in (JobState.NEW, JobState.COMPLETE, JobState.FAILED))
    async with connected(create_app(world)) as asker:
        content = (await asker.ask("diagnose_job", job_id="")).content
    assert content["total"] == len(ids(world, f"state NOT IN ({final})"))
