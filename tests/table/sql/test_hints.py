"""Mistakes in a query that are not errors are told beside its answer."""

import pytest

from bytenite_mcp.table.errors import BadQuery
from bytenite_mcp.table.sql.run import run_select
from bytenite_mcp.table.store import Store
from tests.conftest import as_clean
from tests.table.sql.ordinary_sql import hold_jobs

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
        ("priority = 'HIGH'", "priority is never 'HIGH'; documented are UNDEFINED; CHEAP; BALANCED; FAST."),
        ("id IN (SELECT jobId FROM stages WHERE state = 'QUEUED')", "state is never 'QUEUED'"),
        ("lower(state) = 'completed'", "lower(state) is never 'completed'; most likely meant: complete."),
        ("LOWER(state) = 'COMPLETE'", "lower(state) is never 'COMPLETE'; most likely meant: complete."),
        ("state = ANY(['COMPLETED', 'FAILED'])", "state is never 'COMPLETED'; most likely meant: COMPLETE."),
        ("list_contains(['DONE'], state)", "state is never 'DONE'; most likely meant: COMPLETE."),
        ("id IN (SELECT s FROM (SELECT state AS s FROM jobs) WHERE s = 'ERROR')", "state is never 'ERROR'"),
        ("cause = 'OOM'", "cause is never 'OOM'; documented are a task"),
        ("templateId = 'Video'", "No row has the templateId 'Video'; there is 'video'."),
        ("templateId = 'nothing'", "No row has the templateId 'nothing'."),
        ("id = 'J'", "No row has the id 'J'; there is 'j1', 'j2', 'j3'."),
        (
            "name LIKE 'nightly%'",
            "No row has the name 'nightly%'; there is 'Nightly 2026-03-03', 'Nightly 2026-03-04' "
            "(LIKE is case-sensitive, ILIKE is not).",
        ),
        ("starts_with(name, 'Job')", "No row has the name 'Job'; there is 'job 1', 'job 2', 'job 5'."),
        (
            "contains(errorMessage, 'FROM BUCKET')",
            "No row has the errorMessage 'FROM BUCKET'; there is 'HTTP 403",
        ),
        (
            "regexp_matches(errorMessage, 'TASK')",
            "No row has the errorMessage 'TASK'; there is 'task 17 failed",
        ),
        ("dayname(createdAt) = 'sunday'", "dayname is never 'sunday'; most likely meant: Sunday."),
        (
            "cause = 'out of memory'",
            "cause is never 'out of memory'; most likely meant: a task needed more memory than its worker",
        ),
        ("name LIKE 'a\\_b'", "name is never 'a\\\\_b'; a backslash escapes only with ESCAPE '\\'."),
        ("list_contains(regions, 'EU')", "No row has the regions 'EU'; there is 'eu'."),
        ("'EU' = ANY(regions)", "No row has the regions 'EU'; there is 'eu'."),
        ("errorMessage = ''", "errorMessage is never ''; what is unset is NULL."),
        ("state = 'finished'", "state is never 'finished'; write WHERE finished."),
        ("state IS NOT DISTINCT FROM 'complete'", "state is never 'complete'; most likely meant: COMPLETE."),
    ],
)
async def test_a_condition_that_no_job_can_meet_is_noted_with_the_right_one(
    held: Store, condition: str, said: str
) -> None:
    (note,) = (await run_select(held, f"SELECT id FROM jobs j WHERE {condition}", 5)).notes
    assert note.startswith(said)


@pytest.mark.parametrize(
    "condition",
    [
        "state LIKE 'COMPL%'",
        "state ILIKE 'complete'",
        "state = name",
        "priority = 'FAST'",
        "name = 'job 1'",
        "name > 'RUNNING'",
        "id IN (SELECT state FROM (SELECT upper(id) AS state FROM jobs) WHERE state = 'RUNNING')",
        "list_contains(regions, 'eu')",
        "contains(name, 'ightly')",
        "monthname(createdAt) = 'March'",
        "replace(name, 'a', 'b') = 'c'",
        "regexp_matches(errorMessage, 'task [0-9]+')",
        "upper(templateId) = 'VIDEO'",
        "1 = (WITH s(state) AS (SELECT 'complete') SELECT count(*) FROM s WHERE state = 'complete')",
        "1 = (SELECT count(*) FROM (SELECT 'good') t(state) WHERE state = 'good')",
        "3 = (SELECT count(*) FROM (SELECT * REPLACE ('x' AS state) FROM jobs) WHERE state = 'x')",
    ],
)
async def test_a_text_that_may_match_is_not_remarked_on(held: Store, condition: str) -> None:
    assert (await run_select(held, f"SELECT id FROM jobs WHERE {condition}", 5)).notes == []


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT id FROM jobs WHERE name LIKE '%a%' OR name LIKE 'N%'", ""),
        ("SELECT id FROM jobs WHERE name LIKE '%n%'", "LIKE is case-sensitive: ILIKE would match 1 more job."),
        ("SELECT id FROM jobs WHERE name NOT LIKE '%n%'", "LIKE is case-sensitive: ILIKE would match 1 more job."),
        ("SELECT id FROM jobs WHERE lower(name) LIKE '%n%'", ""),
        (
            "SELECT id FROM jobs WHERE NOT list_contains(regions, 'eu')",
            "regions is NULL in 1 job, which <> and NOT leave out; add OR regions IS NULL to have them.",
        ),
        ("SELECT id FROM jobs WHERE regions IS NULL OR NOT list_contains(regions, 'eu')", ""),
        ("SELECT id FROM jobs WHERE description <> 'a'", "description is NULL in 1 job, which <> and NOT leave out"),
        ("SELECT id FROM jobs WHERE description NOT IN ('a')", "description is NULL in 1 job, which"),
        ("SELECT id FROM jobs WHERE NOT (description ILIKE 'a')", "description is NULL in 1 job, which"),
        ("SELECT id FROM jobs WHERE coalesce(description, '') <> 'a'", ""),
        ("SELECT id FROM jobs WHERE description IS DISTINCT FROM 'a'", ""),
        ("SELECT id FROM jobs WHERE state <> 'FAILED'", ""),
        ("SELECT owner, count(*) FROM jobs GROUP BY 1", "owner is the template's; who ran a job is not recorded."),
        ("SELECT id FROM jobs WHERE templateId = 'a'", "Other than this templateId are those with a version: 'a@v1' ("),
        ("SELECT numChunks / duration FROM jobs", ""),
        ("SELECT (numChunks - 1) / (numChunks - 1.0) FROM jobs", "nan is not a number, such as 0 / 0: write"),
        ("SELECT state AS owner FROM jobs", ""),
        ("SELECT id FROM jobs WHERE templateId = 'a' OR templateId LIKE 'a@%'", ""),
        ("SELECT id FROM jobs WHERE name LIKE '%n%' OR name LIKE '%N%'", ""),
        ("SELECT id FROM jobs WHERE name LIKE 'a%' AND description LIKE 'a%' AND description <> 'a'", ""),
        ("SELECT id FROM jobs WHERE NOT (description IS NOT DISTINCT FROM 'a')", ""),
        ("SELECT state FROM jobs LIMIT 100", ""),
        ("SELECT count(*) FILTER (WHERE description <> 'a') FROM jobs", ""),
        ("SELECT jobId FROM stages WHERE state <> 'FAILED'", ""),
        ("SELECT * FROM (SELECT max(numChunks) AS duration FROM jobs) WHERE duration = 0", ""),
        ("SELECT max(state) AS state FROM jobs", "state is a text, which is ordered by the alphabet;"),
        ("SELECT owner AS owner FROM jobs", "owner is the template's; who ran a job is not recorded."),
    ],
)  # fmt: skip
async def test_what_sql_leaves_out_and_names_do_not_mean_is_told(store: Store, sql: str, said: str) -> None:
    state = {"state": "JOB_STATE_FAILED", "numChunks": 1}
    named = {"id": "x", "name": "an", "templateId": "a", "regions": {"whitelist": ["eu"]}, "description": "a"}
    other = {"id": "y", "name": "N", "templateId": "a@v1"}
    store.close()
    await store.put(as_clean({**state, **named}, {**state, **other}), 0)
    notes = (await run_select(store, sql, 5)).notes
    assert [note[: len(said)] for note in notes] == ([said] if said else [])


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("SELECT SUM(paymentAmount) FROM jobs", True),
        ("SELECT templateId, avg(PaymentAmount) + 1 FROM jobs GROUP BY 1", True),
        ("SELECT sum(paymentAmount) FILTER (WHERE state = 'COMPLETE') FROM jobs", False),
        ("SELECT sum(byc), max(paymentAmount) FROM jobs", False),
    ],
)
async def test_a_total_of_prices_tells_what_was_not_charged(held: Store, sql: str, told: bool) -> None:
    said = (
        "Among all jobs, not charged: 1 job not COMPLETE, with a paymentAmount of 9.00 BYC; byc is what was."
    )
    assert (await run_select(held, sql, 5)).notes == ([said] if told else [])


async def test_columns_that_hold_what_could_not_be_read_are_told_where_they_are_named(store: Store) -> None:
    await store.put(as_clean({"id": "odd", "duration": "long", "numChunks": 2.5}), 0)
    told = ["duration could not be read, or not whole, in 1 job."]
    assert (await run_select(store, "SELECT avg(DURATION) FROM jobs", 5)).notes == told
    assert (await run_select(store, "SELECT id FROM jobs", 5)).notes == []
    assert len((await run_select(store, "SELECT * FROM jobs JOIN stages ON id = jobId", 5)).notes) == 2
    for sql in (
        "SELECT * FROM (SELECT id FROM jobs)",
        "SELECT * EXCLUDE (duration, NUMCHUNKS) FROM jobs LIMIT 5",
        "SELECT * EXCLUDE (jobs.duration, jobs.numChunks) FROM jobs LIMIT 5",
        "WITH j AS (SELECT * FROM jobs) SELECT id FROM j",
    ):
        assert (await run_select(store, sql, 5)).notes == []
    assert len((await run_select(store, "WITH j AS (SELECT * FROM jobs) SELECT * FROM j", 9)).notes) == 2
    assert (await run_select(store, "SELECT * EXCLUDE (numChunks) FROM jobs", 9)).notes == told


async def test_of_a_part_of_the_jobs_only_the_query_itself_is_remarked_on(held: Store) -> None:
    sql = "SELECT sum(paymentAmount) FROM jobs WHERE name LIKE 'NIGHT%' AND templateId = 'x' AND description <> 'y'"
    assert (await run_select(held, sql, 5, whole=False)).notes == []
    (note,) = (await run_select(held, "SELECT id FROM jobs WHERE state > 'A'", 9, whole=False)).notes
    assert note.startswith("state is a text")


async def test_unreadable_columns_beyond_the_first_few_are_counted(store: Store) -> None:
    odd = dict.fromkeys(["duration", "numChunks", "startedAt", "endedAt", "submittedAt"], "long")
    await store.put(as_clean({"id": "odd", "paymentAmount": "much", "createdAt": "soon", **odd}), 0)
    notes = (await run_select(store, "SELECT * FROM jobs", 5)).notes
    assert len(notes) == 6
    assert notes[-1] == "2 other columns also had unreadable values."


async def test_columns_are_told_that_are_made_of_what_could_not_be_read(store: Store) -> None:
    await store.put(as_clean({"id": "odd", "paymentAmount": "much", "stateTimestamps": {"NEW": "soon"}}), 0)
    (told,) = (await run_select(store, "SELECT sum(byc) FROM jobs", 5)).notes
    assert told.startswith("paymentAmount could not be read")
    (told,) = (await run_select(store, "SELECT count(*) FROM stages", 5)).notes
    assert told.startswith("stages could not be read")
    assert (await run_select(store, "SELECT count(*) FROM jobs", 5)).notes == []


async def test_an_unreadable_state_is_told_where_rows_or_values_depend_on_it(store: Store) -> None:
    await store.put(as_clean({"id": "odd", "state": 4}), 0)
    for sql in (
        "SELECT count(*) FROM unfinished",
        "SELECT sum(byc) FROM jobs",
        "SELECT any_value(finished) FROM jobs",
    ):
        assert (await run_select(store, sql, 5)).notes == ["state could not be read, or not whole, in 1 job."]


@pytest.mark.parametrize("where", ["1 = 0 AND regexp_matches(name, '[')", "try(regexp_matches(name, '['))"])
async def test_a_pattern_that_is_invalid_is_refused_though_the_query_does_not_use_it(
    held: Store, where: str
) -> None:
    with pytest.raises(BadQuery, match="missing ]"):
        await run_select(held, f"SELECT count(*) FROM jobs WHERE {where}", 5)
