"""Waiting for a job, in virtual time."""

from collections.abc import Callable
from contextlib import aclosing
from itertools import pairwise

import anyio
import httpx
import pytest

from bytenite_mcp.api.errors import NotFound, ServerFailure, TimedOut, Unauthenticated
from bytenite_mcp.api.models import Job
from bytenite_mcp.jobs.watch import ANSWER_TIME, LAST_POLL, LONGEST_PAUSE, Until, Watch, Watched
from bytenite_mcp.privacy.door import CleanClient
from tests.conftest import Backend, answering, client_to

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend(hurried: Backend) -> Backend:
    return hurried


class Waiting:
    """A job whose state depends on the time, and the reports about each look at it.

    Args:
        state_at: Gives its state, or the status of a failure, so many seconds after the start.
    """

    def __init__(self, state_at: Callable[[float], str]) -> None:
        self.began = anyio.current_time()
        self.state_at = state_at
        self.told: list[tuple[float, str]] = []
        self.client = CleanClient(client_to(answering(self._answer), max_retries=0))

    @property
    def passed(self) -> float:
        return round(anyio.current_time() - self.began, 1)

    def _answer(self, _: httpx.Request) -> httpx.Response:
        state = self.state_at(self.passed)
        if state.isdecimal():
            return httpx.Response(int(state))
        return httpx.Response(200, json={"job": {"id": "x", "state": f"JOB_STATE_{state}"}})

    async def note(self, job: Job) -> None:
        self.told.append((self.passed, job.state.removeprefix("JOB_STATE_")))

    async def watch(self, seconds: float = 45, until: Until = Until.FINISHED) -> Watched:
        async with aclosing(self.client):
            return await Watch(self.client, ["x"], until, self.note).wait(seconds)

    async def wait(self, seconds: float = 45, until: Until = Until.FINISHED) -> tuple[str, bool]:
        watched = await self.watch(seconds, until)
        return watched.sightings["x"].job.state.removeprefix("JOB_STATE_"), watched.reached

    @property
    def pauses(self) -> list[float]:
        """The seconds between looks."""
        return [round(later - earlier, 1) for (earlier, _), (later, _) in pairwise(self.told)]


def age(watched: Watched) -> float:
    return watched.now - watched.sightings["x"].at


def then(first: str, after: float, last: str) -> Callable[[float], str]:
    return lambda passed: last if passed >= after else first


@pytest.mark.parametrize("state", ["COMPLETE", "FAILED"])
@pytest.mark.parametrize("until", Until)
async def test_a_finished_job_is_not_waited_for(state: str, until: Until) -> None:
    job = Waiting(lambda _: state)
    assert await job.wait(until=until) == (state, until is Until.FINISHED)
    assert job.pauses == []


@pytest.mark.parametrize("last", ["COMPLETE", "FAILED"])
async def test_waiting_ends_when_the_job_does(last: str) -> None:
    job = Waiting(then("PARTITIONED", 20, last))
    assert await job.wait() == (last, True)
    assert 20 <= job.passed < 20 + LONGEST_PAUSE


async def test_waiting_for_the_end_goes_on_through_other_changes() -> None:
    job = Waiting(then("STARTED", 5, "PARTITIONED"))
    assert await job.wait(30) == ("PARTITIONED", False)
    assert job.passed == pytest.approx(30)


async def test_waiting_for_a_change_ends_with_the_first() -> None:
    job = Waiting(then("STARTED", 5, "UPLOADING"))
    assert await job.wait(until=Until.CHANGED) == ("UPLOADING", True)
    assert 5 <= job.passed < 5 + LONGEST_PAUSE


async def test_when_time_runs_out_the_last_look_is_at_the_end() -> None:
    job = Waiting(then("PARTITIONED", 44.9, "COMPLETE"))
    assert await job.wait(45) == ("COMPLETE", True)
    assert job.passed == pytest.approx(45)


class Several:
    """Jobs by id, each with its state so many seconds after the start, or the status of a failure."""

    def __init__(self, **states: Callable[[float], str]) -> None:
        self.began = anyio.current_time()
        self.states = states
        self.looks: list[str] = []

    def _answer(self, request: httpx.Request) -> httpx.Response:
        job_id = request.url.path.rpartition("/")[2]
        self.looks.append(job_id)
        state = self.states[job_id](self.passed)
        if state.isdecimal():
            return httpx.Response(int(state))
        return httpx.Response(200, json={"job": {"id": job_id, "state": f"JOB_STATE_{state}"}})

    @property
    def passed(self) -> float:
        return round(anyio.current_time() - self.began, 1)

    async def wait(self, until: Until = Until.FINISHED) -> Watched:
        async with aclosing(CleanClient(client_to(answering(self._answer), max_retries=0))) as client:
            return await Watch(client, list(self.states), until).wait(45)


def states(watched: Watched) -> dict[str, str]:
    return {job_id: seen.job.state.removeprefix("JOB_STATE_") for job_id, seen in watched.sightings.items()}


async def test_several_are_waited_for_until_all_are_finished_and_those_that_are_not_asked_for_again() -> None:
    jobs = Several(a=lambda _: "FAILED", b=then("MERGING", 10, "COMPLETE"), c=then("STARTED", 20, "COMPLETE"))
    watched = await jobs.wait()
    assert (states(watched), watched.reached) == ({"a": "FAILED", "b": "COMPLETE", "c": "COMPLETE"}, True)
    assert jobs.looks.count("a") == 1
    assert jobs.looks.count("b") < jobs.looks.count("c")


class Overtaking(httpx.AsyncBaseTransport):
    """Answers about `a` only after it has answered about `b`."""

    def __init__(self) -> None:
        self.answered = anyio.Event()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        job_id = request.url.path.rpartition("/")[2]
        if job_id == "a":
            await self.answered.wait()
            # The client of `b` reads its answer in the meantime.
            await anyio.wait_all_tasks_blocked()
        if job_id == "b":
            self.answered.set()
        return httpx.Response(200, json={"token": "t", "job": {"id": job_id, "state": "JOB_STATE_FAILED"}})


async def test_several_come_in_the_order_in_which_they_were_asked_for() -> None:
    async with aclosing(CleanClient(client_to(Overtaking()))) as client:
        watched = await Watch(client, ["a", "b"], Until.FINISHED).wait(45)
    assert list(watched.sightings) == ["a", "b"]


async def test_of_several_the_first_change_ends_the_wait() -> None:
    jobs = Several(a=lambda _: "COMPLETE", b=then("MERGING", 10, "MERGED"), c=lambda _: "STARTED")
    watched = await jobs.wait(Until.CHANGED)
    assert watched.reached
    assert [job_id for job_id, seen in watched.sightings.items() if seen.changed] == ["b"]
    assert jobs.passed < 10 + LONGEST_PAUSE


async def test_one_of_several_that_is_not_there_costs_the_others_nothing() -> None:
    watched = await Several(a=lambda _: "404", b=then("MERGING", 10, "COMPLETE")).wait()
    assert states(watched) == {"b": "COMPLETE"}
    assert not watched.reached
    assert isinstance(watched.failures["a"], NotFound)


async def test_one_of_several_that_fails_for_a_while_at_first_is_waited_for_too() -> None:
    watched = await Several(
        a=lambda passed: "COMPLETE" if passed else "503", b=then("MERGING", 10, "COMPLETE")
    ).wait()
    assert (states(watched), watched.reached) == ({"a": "COMPLETE", "b": "COMPLETE"}, True)
    assert not watched.failures


async def test_one_of_several_that_fails_until_the_end_is_a_failure() -> None:
    jobs = Several(a=lambda _: "503", b=lambda _: "COMPLETE")
    watched = await jobs.wait()
    assert (states(watched), watched.reached, watched.settled) == ({"b": "COMPLETE"}, False, False)
    assert isinstance(watched.failures["a"], ServerFailure)
    assert jobs.looks.count("a") > 5


async def test_several_of_which_none_is_there_are_an_error() -> None:
    with pytest.raises(NotFound):
        await Several(a=lambda _: "404", b=lambda _: "404").wait()


async def test_it_looks_less_often_as_time_goes() -> None:
    job = Waiting(lambda _: "PARTITIONED")
    await job.wait(45)
    *pauses, last = job.pauses
    assert pauses == sorted(pauses)
    assert pauses[0] == 1
    assert pauses[-1] == LONGEST_PAUSE
    assert last <= LONGEST_PAUSE
    assert sum(job.pauses) == pytest.approx(45)
    assert len(job.pauses) <= 12


async def test_each_look_is_told_of() -> None:
    job = Waiting(then("STARTED", 2, "COMPLETE"))
    await job.wait()
    assert job.told == [(0, "STARTED"), (1, "STARTED"), (2.5, "COMPLETE")]


async def test_a_job_seen_at_the_end_was_seen_just_now() -> None:
    watched = await Waiting(lambda _: "PARTITIONED").watch(10)
    assert (watched.reached, age(watched)) == (False, 0)


async def test_looks_that_fail_for_a_while_are_passed_over() -> None:
    job = Waiting(lambda passed: "503" if 3 < passed < 20 else "STARTED" if passed < 20 else "COMPLETE")
    assert await job.wait() == ("COMPLETE", True)


async def test_when_looks_fail_until_the_end_the_job_is_given_as_it_was_seen_last() -> None:
    watched = await Waiting(lambda passed: "503" if passed > 3 else "STARTED").watch(30)
    assert (watched.sightings["x"].job.state, watched.reached) == ("JOB_STATE_STARTED", False)
    assert 27 <= age(watched) <= 30


@pytest.mark.parametrize(("status", "error"), [("404", NotFound), ("401", Unauthenticated)])
async def test_a_failure_that_will_not_pass_is_an_error_even_after_a_look(
    status: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        await Waiting(lambda passed: status if passed > 3 else "STARTED").wait()


async def test_a_first_look_that_fails_is_an_error() -> None:
    with pytest.raises(ServerFailure):
        await Waiting(lambda _: "503").wait()


async def test_waiting_ends_before_the_deadline_of_the_call() -> None:
    job = Waiting(lambda _: "PARTITIONED")
    with anyio.fail_after(20):
        assert await job.wait(45) == ("PARTITIONED", False)
    assert job.passed == pytest.approx(20 - LAST_POLL - ANSWER_TIME, abs=1)


async def test_a_look_that_hangs_is_given_up_before_the_deadline_of_the_call() -> None:
    looks = 0

    async def hang_at_the_second(request: httpx.Request) -> httpx.Response:
        nonlocal looks
        if request.url.path.endswith("access_token"):
            return httpx.Response(200, json={"token": "t"})
        looks += 1
        if looks > 1:
            await anyio.sleep_forever()
        return httpx.Response(200, json={"job": {"id": "x", "state": "JOB_STATE_STARTED"}})

    began = anyio.current_time()
    async with aclosing(CleanClient(client_to(httpx.MockTransport(hang_at_the_second)))) as client:
        with anyio.fail_after(20):
            watched = await Watch(client, ["x"], Until.FINISHED).wait(45)
    assert anyio.current_time() - began == pytest.approx(20 - ANSWER_TIME, abs=0.5)
    assert (watched.sightings["x"].job.state, watched.reached) == ("JOB_STATE_STARTED", False)


async def test_a_job_that_is_not_there_is_an_error() -> None:
    began = anyio.current_time()
    async with aclosing(CleanClient(client_to(answering(lambda _: httpx.Response(404))))) as client:
        with pytest.raises(NotFound):
            await Watch(client, ["x"], Until.FINISHED).wait(10)
    assert anyio.current_time() - began < 1


async def test_an_api_that_never_answers_does_not_hold_it_longer_than_asked() -> None:
    with anyio.fail_after(5):
        async with aclosing(CleanClient(client_to(_Silent()))) as client:
            with pytest.raises(TimedOut):
                await Watch(client, ["x"], Until.FINISHED).wait(-LAST_POLL)


async def test_cancelling_stops_it_at_once() -> None:
    job = Waiting(lambda _: "PARTITIONED")
    with anyio.fail_after(5):
        async with anyio.create_task_group() as group:
            group.start_soon(job.watch)
            await anyio.wait_all_tasks_blocked()
            group.cancel_scope.cancel()
    assert job.told == [(0, "PARTITIONED")]


class _Silent(httpx.AsyncBaseTransport):
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await anyio.sleep_forever()
        raise AssertionError
