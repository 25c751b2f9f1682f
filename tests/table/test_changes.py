"""Records put into the table: which are known, new or changed."""

from typing import Any

import pytest

from bytenite_mcp.table.store import Store
from tests.table.stores import job, rows

pytestmark = pytest.mark.anyio


async def test_a_record_is_new_then_known_then_changed(store: Store) -> None:
    first = await store.put([job("a", name="old"), job("b")], 1)
    again = await store.put([job("a", name="old")], 2)
    changed = await store.put([job("b"), job("a", name="new")], 3)
    assert (first.added, first.replaced) == (2, 0)
    assert (again.added, again.replaced, again.numbers) == (0, 0, first.numbers[:1])
    assert (changed.added, changed.replaced) == (1, 1)
    assert changed.numbers[0] == first.numbers[1]
    assert changed.numbers[1] not in first.numbers
    assert await rows(store) == [("a", "new"), ("b", None)]


async def test_a_change_in_any_column_is_a_change(store: Store) -> None:
    await store.put([job()], 1)
    changes: list[dict[str, Any]] = [
        {"stateTimestamps": {"JOB_STATE_NEW": "2026-03-04T15:00:00Z"}},
        {"params": {"app": {"steps": 1}}},
        {"regions": {"whitelist": ["eu"]}},
        {"duration": "odd"},
    ]
    for change in changes:
        assert (await store.put([job(**change)], 1)).replaced == 1
    assert await store.count() == 1


async def test_an_equal_record_is_known_though_it_is_written_otherwise(store: Store) -> None:
    first = await store.put([job("a", duration="90", stateTimestamps={}), job("b")], 1)
    again = await store.put([job("b"), job("a", createdAt="2026-03-04T15:00:00.000000Z", duration=90)], 2)
    assert (again.added, again.replaced, again.fresh) == (0, 0, [])
    assert again.numbers == first.numbers[::-1]


async def test_an_id_that_is_used_again_is_another_job(store: Store) -> None:
    await store.put([job("a", name="first")], 1)
    changes = await store.put([job("a", name="second", createdAt="2026-03-05T15:00:00Z")], 2)
    assert (changes.added, changes.replaced) == (1, 0)
    assert await rows(store) == [("a", "first"), ("a", "second")]


async def test_jobs_that_share_an_id_stay_apart(store: Store) -> None:
    both = [job("a", name="first"), job("a", name="second")]
    changes = await store.put(both, 1)
    assert changes.added == 2
    assert len(set(changes.numbers)) == 2
    assert (await store.put(both, 2)).added == 0


async def test_a_finished_job_is_not_unfinished_again(store: Store) -> None:
    failed = job(state="JOB_STATE_FAILED", startedAt="2026-03-04T15:01:00Z", name="new")
    older = job(state="JOB_STATE_MERGED", startedAt="2026-03-04T15:01:00Z", name="old")
    await store.put([older], 1)
    changed = await store.put([failed], 2)
    kept = await store.put([older, job(name="a draft")], 3)
    assert (changed.replaced, kept.added, kept.replaced) == (1, 0, 0)
    assert kept.numbers == changed.numbers * 2
    assert await rows(store, "state, name") == [("FAILED", "new")]


@pytest.mark.parametrize(
    ("state", "started"), [("MERGED", "2026-03-04T16:00:00Z"), ("ARCHIVED", "2026-03-04T15:01:00Z")]
)
async def test_a_finished_job_may_run_again_or_get_a_state_that_is_unknown(
    state: str, started: str, store: Store
) -> None:
    await store.put([job(state="JOB_STATE_FAILED", startedAt="2026-03-04T15:01:00Z")], 1)
    await store.put([job(state=f"JOB_STATE_{state}", startedAt=started)], 2)
    assert await rows(store, "state") == [state]


PRICED: dict[str, Any] = {
    "state": "JOB_STATE_COMPLETE",
    "paymentAmount": 46.28,
    "name": "a name",
    "params": {"preset": "fast"},
    "numChunks": 7,
    "config": {"isTestJob": True},
}


@pytest.mark.parametrize(
    "lost",
    [
        {"paymentAmount": 0}, {"paymentAmount": None}, {"paymentAmount": "odd"}, {"name": ""}, {"params": {}},
        {"numChunks": 0}, {"config": {"isTestJob": False}},
    ],
)  # fmt: skip
@pytest.mark.parametrize("state", ["COMPLETE", "MERGING"])
async def test_a_job_in_the_same_state_does_not_lose_a_value_that_a_route_omits(
    state: str, lost: dict[str, Any], store: Store
) -> None:
    before = PRICED | {"state": f"JOB_STATE_{state}"}
    first = await store.put([job(**before)], 1)
    again = await store.put([job(**before | lost)], 2)
    assert (again.numbers, again.fresh) == (first.numbers, [])


async def test_a_draft_may_lose_values(store: Store) -> None:
    await store.put([job(name="a name")], 1)
    await store.put([job(name=None)], 2)
    assert await rows(store, "name") == [None]


async def test_a_finished_job_gets_other_values_than_those_that_are_omitted(store: Store) -> None:
    await store.put([job(**PRICED)], 1)
    await store.put([job(**PRICED | {"paymentAmount": 0, "name": "Another"})], 2)
    await store.put([job(**PRICED | {"paymentAmount": 40, "name": None})], 3)
    assert await rows(store, "name, byc, preset") == [("Another", 40, "fast")]


@pytest.mark.parametrize(
    ("change", "believe"),
    [
        ({"startedAt": "2026-03-04T14:30:00Z"}, False), ({"endedAt": "2026-03-04T16:00:00Z"}, False),
        ({"state": "JOB_STATE_FAILED"}, False), ({}, True),
    ],
)  # fmt: skip
async def test_values_are_lost_when_a_job_changes_its_state_or_times_and_when_its_own_route_says_so(
    change: dict[str, Any], believe: bool, store: Store
) -> None:
    before = PRICED | {"startedAt": "2026-03-04T14:00:00Z", "endedAt": "2026-03-04T15:00:00Z"}
    await store.put([job(**before)], 1)
    after = before | {"paymentAmount": 0} | change
    await store.put([job(**after)], 2, believe=believe)
    assert await rows(store, "paymentAmount") == [0]


async def test_records_without_an_id_are_known_by_all_they_hold(store: Store) -> None:
    await store.put([job(None, name="a"), job("", name="b")], 1)
    changes = await store.put([job(None, name="a"), job(None, name="c")], 2)
    assert (changes.added, changes.replaced) == (1, 0)
    assert await rows(store, "name") == ["a", "b", "c"]


async def test_a_record_that_comes_twice_in_a_page_is_one_job(store: Store) -> None:
    changes = await store.put([job(), job()], 1)
    assert (changes.added, len(changes.numbers), len(set(changes.numbers))) == (1, 2, 1)
