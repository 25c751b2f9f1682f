"""Mistakes in a query that are not errors are told beside its answer."""

import pytest

from bytenite_mcp.table.sql import ask
from bytenite_mcp.table.store import Store
from tests.table.ordinary_sql import hold_jobs

pytestmark = pytest.mark.anyio


@pytest.fixture
async def store(store: Store) -> Store:
    return await hold_jobs(store)


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("state = 'JOB_STATE_COMPLETE'", "state is never 'JOB_STATE_COMPLETE'; most likely meant: COMPLETE."),
        ("'complete' = state", "state is never 'complete'; most likely meant: COMPLETE."),
        ("j.state <> 'SUCCEEDED'", "state is never 'SUCCEEDED'; most likely meant: COMPLETE."),
        ("state IN ('NEW', 'CANCELLED')", "state is never 'CANCELLED'; most likely meant: FAILED."),
        ("state LIKE 'JOB_STATE%'", "state is never 'JOB_STATE%'"),
        ("CASE state WHEN 'ERROR' THEN true END", "state is never 'ERROR'; most likely meant: FAILED."),
        ("priority = 'HIGH'", "priority is never 'HIGH'; it is one of UNDEFINED; CHEAP; BALANCED; FAST."),
        ("id IN (SELECT jobId FROM stages WHERE state = 'QUEUED')", "state is never 'QUEUED'"),
    ],
)
async def test_a_text_that_can_never_match_is_told_with_what_is_right(
    store: Store, condition: str, said: str
) -> None:
    (note,) = (await ask(store, f"SELECT id FROM jobs j WHERE {condition}", 5)).notes
    assert note.startswith(said)


@pytest.mark.parametrize(
    "condition",
    [
        "state LIKE 'COMPL%'",
        "state ILIKE 'complete'",
        "state = name",
        "priority = 'FAST'",
        "name = 'RUNNING'",
    ],
)
async def test_a_text_that_may_match_is_not_remarked_on(store: Store, condition: str) -> None:
    assert (await ask(store, f"SELECT id FROM jobs WHERE {condition}", 5)).notes == []


async def test_columns_that_hold_what_could_not_be_read_are_told_where_they_are_named(store: Store) -> None:
    await store.put([{"id": "odd", "duration": "long", "numChunks": 2.5}], 0)
    told = ["duration could not be read, or not whole, in 1 job."]
    assert (await ask(store, "SELECT avg(DURATION) FROM jobs", 5)).notes == told
    assert (await ask(store, "SELECT id FROM jobs", 5)).notes == []
    assert len((await ask(store, "SELECT * FROM jobs JOIN stages ON id = jobId", 5)).notes) == 2
    assert (await ask(store, "SELECT * FROM (SELECT id FROM jobs)", 5)).notes == []


async def test_columns_are_told_that_are_made_of_what_could_not_be_read(store: Store) -> None:
    await store.put([{"id": "odd", "paymentAmount": "much", "stateTimestamps": {"NEW": "soon"}}], 0)
    (told,) = (await ask(store, "SELECT sum(byc) FROM jobs", 5)).notes
    assert told.startswith("paymentAmount could not be read")
    (told,) = (await ask(store, "SELECT count(*) FROM stages", 5)).notes
    assert told.startswith("stages could not be read")
    assert (await ask(store, "SELECT count(*) FROM jobs", 5)).notes == []
