"""Generated jobs: each agrees with itself, and together they are like a real account's."""

from collections import Counter

from bytenite_mcp.simulator import World
from bytenite_mcp.simulator.times import format_time, to_nanoseconds, to_sort_key
from tests.simulator.conftest import Clock
from tests.simulator.worlds import STATES, in_flight, records


def test_a_job_passes_the_states_in_their_order(world: World, clock: Clock) -> None:
    order = {f"JOB_STATE_{name}": n for n, name in enumerate(STATES)}
    seen: dict[str, list[int]] = {job_id: [] for job_id, _ in in_flight(world)}
    for _ in range(70):
        for job_id, state in world.rows("SELECT id, state FROM jobs"):
            seen.get(job_id, []).append(order[state])
        clock.move(10)
    assert all(passed == sorted(passed) for passed in seen.values())


def test_a_record_agrees_with_itself(world: World, clock: Clock) -> None:
    clock.move(90)
    for job in records(world)[5:]:
        times = job["stateTimestamps"]
        assert list(times.values()) == sorted(times.values(), key=lambda text: to_sort_key(text) or "")
        assert times == {} or (job["state"] in times and times["JOB_STATE_NEW"] == job["createdAt"])
        ended = job["state"] in ("JOB_STATE_COMPLETE", "JOB_STATE_FAILED")
        assert (job["endedAt"] is not None) == (job["duration"] is not None) == ended
        assert bool(job["errorMessage"]) == (job["state"] == "JOB_STATE_FAILED")
        assert (job["paymentAmount"] > 0) == (job["state"] == "JOB_STATE_COMPLETE")
        assert job["submittedAt"] is None


def test_nothing_happened_in_the_future(world: World, clock: Clock) -> None:
    now = to_sort_key(format_time(to_nanoseconds(clock()), 9)) or ""
    for job in records(world)[5:]:
        written = [job["createdAt"], *job["stateTimestamps"].values()]
        assert all((to_sort_key(text) or "~") <= now for text in written)


def test_more_jobs_are_of_the_last_week_than_an_even_spread_would_have(world: World, clock: Clock) -> None:
    week_ago = to_sort_key(format_time(to_nanoseconds(clock()) - 7 * 86_400 * 10**9, 0))
    assert world.rows("SELECT count(*) FROM jobs WHERE created > ?", [week_ago])[0][0] > 2 * 200 * 7 / 120


def test_one_template_fails_often_and_mostly_for_one_reason(clock: Clock) -> None:
    world = World(2000, clock=clock)
    jobs = [job for job in records(world) if job["templateId"].startswith("img-gen-flux-gpu")]
    errors = Counter(job["errorMessage"].partition(" in ")[0] for job in jobs if job["errorMessage"])
    assert errors.total() > len(jobs) / 4
    assert errors["CUDA out of memory"] > errors.total() / 2


def test_one_template_grows_slow(clock: Clock) -> None:
    jobs = sorted(records(World(3000, clock=clock)), key=lambda job: job["createdAt"])
    runs = [job for job in jobs if job["templateId"] == "whisper-transcribe@v2.1"]
    spent = [job["duration"] for job in runs if job["duration"]]
    half = len(spent) // 2
    assert sum(spent[half:]) / (len(spent) - half) > 1.2 * sum(spent[:half]) / half


def test_times_have_from_none_to_nine_fractional_digits(clock: Clock) -> None:
    jobs = records(World(1000, clock=clock))[5:]
    assert {len(job["createdAt"][20:].rstrip("Z")) for job in jobs} == set(range(10))
