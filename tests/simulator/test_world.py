from typing import Any

import pytest

from bytenite_mcp.simulator import World
from tests.simulator.conftest import Clock
from tests.simulator.worlds import STATES, in_flight, records


def test_the_same_seed_and_epoch_make_the_same_bytes(world: World, clock: Clock) -> None:
    again = World(200, seed=7, clock=clock)
    ask = "SELECT record FROM jobs ORDER BY number"
    assert world.rows(ask) == again.rows(ask)
    assert world.epoch == again.epoch == clock()


def test_another_seed_makes_other_jobs(world: World, clock: Clock) -> None:
    other = {job["id"] for job in records(World(200, seed=8, clock=clock))}
    assert len(other & {job["id"] for job in records(world)}) == 5  # the captured ones


@pytest.mark.parametrize("count", [0, 1, 5, 6, 12, 200, 201])
def test_a_world_has_as_many_jobs_as_were_asked_for(count: Any, clock: Clock) -> None:
    assert len(records(World(count, clock=clock))) == count


def test_every_state_is_there_at_the_epoch(world: World) -> None:
    assert {job["state"] for job in records(world)} == {f"JOB_STATE_{name}" for name in STATES}


def test_jobs_move_with_the_clock_and_end_within_ten_minutes(world: World, clock: Clock) -> None:
    before = dict(in_flight(world))
    clock.move(60)
    later = dict(in_flight(world))
    assert later != before
    clock.move(600)
    stuck = dict(in_flight(world))
    assert len(before) - len(stuck) == 7
    states = dict(world.rows("SELECT id, state FROM jobs"))
    ends = {states[job_id] for job_id in before.keys() - stuck.keys()}
    assert ends == {"JOB_STATE_COMPLETE", "JOB_STATE_FAILED"}
