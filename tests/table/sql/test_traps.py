"""Expressions that hardly mean what they seem to are told beside the answer."""

import pytest

from bytenite_mcp.table.sql.run import run_select
from bytenite_mcp.table.store import Store

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        (
            "id NOT IN (SELECT errorMessage FROM jobs)",
            "NOT IN is never true if any errorMessage of its SELECT",
        ),
        ("weekday(createdAt) IN (5, 6)", "weekday is 0 on Sunday and 6 on Saturday; isodow is 1 on Monday"),
        ("errorMessage = NULL", "A comparison with NULL is never true; write IS NULL"),
        ("createdAt = '2026-03-02'", "A date compared with createdAt means 00:00 UTC of that day;"),
        ("createdAt BETWEEN '2026-03-01' AND '2026-03-02'", "A date compared with createdAt means 00:00"),
        ("endedAt <= DATE '2026-03-02'", "A date compared with endedAt means 00:00 UTC of that day;"),
        ("createdAt <= current_date", "A date compared with createdAt means 00:00 UTC of that day;"),
        (
            "createdAt > TIMESTAMP '2026-03-02 07:00:00+02:00'",
            "TIMESTAMP drops the offset of '2026-03-02 07:00:00+02:00'; write TIMESTAMPTZ.",
        ),
        ("createdAt > '2026-03-02 07:00 -0530'::datetime", "DATETIME drops the offset of"),
        ("params->>'app.model' = 'xl'", "'app.model' is the name of one member; the path to a nested one"),
        ("state >= 'PARTITIONED'", "state is a text, which is ordered by the alphabet;"),
        ("duration = 0", "duration is never 0; what is unset is NULL."),
        ("id IN (SELECT max(state) FROM stages)", "state is a text, which is ordered by the alphabet;"),
        ("(params->'app.model') IS NULL", "'app.model' is the name of one member; the path to a nested one"),
    ],
)
async def test_a_condition_that_means_something_else_is_noted(held: Store, condition: str, said: str) -> None:
    (note,) = (await run_select(held, f"SELECT id FROM jobs j WHERE {condition}", 5)).notes
    assert note.startswith(said)


@pytest.mark.parametrize(
    "condition",
    [
        "id NOT IN (SELECT jobId FROM stages)",
        "id NOT IN (SELECT errorMessage FROM jobs WHERE errorMessage IS NOT NULL)",
        "createdAt >= '2026-03-02' AND createdAt::DATE <= '2026-03-03'",
        "createdAt <= '2026-03-02T12:00:00Z'",
        "createdAt <= TIMESTAMP '2026-03-02 12:00:00+00:00'",
        "createdAt <= TIMESTAMPTZ '2026-03-02 12:00:00+02:00'",
        "createdAt <= TIMESTAMP '2026-03-02'",
        "params->>'$.app.model' = 'xl'",
        "errorMessage IS NULL",
    ],
)
async def test_a_condition_that_can_be_meant_is_not_remarked_on(held: Store, condition: str) -> None:
    assert (await run_select(held, f"SELECT id FROM jobs WHERE {condition}", 5)).notes == []


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("count(state = 'FAILED')", "count(condition) counts where it is not NULL"),
        ("count(state = 'FAILED' AND numChunks > 1)", "count(condition) counts where it is not NULL"),
        ("regions[0]", "Lists begin at 1"),
        ("split(templateId, '@')[0]", "Lists begin at 1"),
        ("max(params->>'$.app.steps')", "max of a text compares its letters"),
        ("min(json_extract_string(params, '$.a'))", "min of a text compares its letters"),
        ("extract(dow FROM createdAt)", "dow is 0 on Sunday"),
        ("date_part('weekday', createdAt)", "weekday is 0 on Sunday"),
        ("count(*) FILTER (WHERE state = 'FAILED')", ""),
        ("count(name)", ""),
        ("regions[1]", ""),
        ("max((params->>'$.app.steps')::DOUBLE)", ""),
        ("extract(isodow FROM createdAt)", ""),
    ],
)
async def test_an_expression_that_means_something_else_is_noted(
    held: Store, expression: str, said: str
) -> None:
    notes = (await run_select(held, f"SELECT {expression} FROM jobs", 5)).notes
    assert [note[: len(said)] for note in notes] == ([said] if said else [])


@pytest.mark.parametrize(
    ("sql", "column"),
    [
        ("SELECT sum(byc) FROM jobs JOIN stages ON id = jobId", "byc"),
        ("SELECT j.name, avg(j.duration) FROM stages s JOIN jobs j ON j.id = s.jobId GROUP BY 1", "duration"),
        ("SELECT sum(j.byc) FROM jobs j, stages s WHERE j.id = s.jobId AND j.state = 'COMPLETE'", "byc"),
        ("SELECT avg(seconds) FROM jobs JOIN stages ON id = jobId", ""),
        ("SELECT sum(byc) FROM jobs JOIN stages s ON id = jobId AND s.state = 'STARTED'", ""),
        ("SELECT round(sum(byc), 2) FROM jobs JOIN stages ON id = jobId", "byc"),
        ("SELECT s.state, avg(duration) FROM jobs JOIN stages s ON id = jobId GROUP BY s.state", ""),
        ("SELECT s.state, avg(duration) FROM jobs JOIN stages s ON id = jobId GROUP BY ALL", ""),
        ("SELECT s.jobId, avg(duration) FROM jobs JOIN stages s ON id = jobId GROUP BY s.jobId", ""),
        ("SELECT sum(byc) FROM jobs SEMI JOIN stages ON id = jobId", ""),
        ("SELECT sum(DISTINCT byc) FROM jobs JOIN stages ON id = jobId", ""),
        ("SELECT sum(byc) FILTER (WHERE s.state = 'STARTED') FROM jobs JOIN stages s ON id = jobId", ""),
        ("SELECT sum(seconds) FILTER (WHERE templateId = 'video') FROM jobs JOIN stages ON id = jobId", ""),
        ("SELECT count(*), (SELECT avg(duration) FROM jobs) FROM jobs JOIN stages ON id = jobId", ""),
        ("SELECT sum(byc) FROM jobs JOIN (SELECT jobId FROM stages GROUP BY 1) ON id = jobId", ""),
        ("SELECT count(DISTINCT id) FROM jobs JOIN stages ON id = jobId", ""),
        ("SELECT sum(byc) FROM jobs", ""),
    ],
)
async def test_a_total_over_jobs_that_a_join_with_stages_repeats_is_noted(
    held: Store, sql: str, column: str
) -> None:
    notes = (await run_select(held, sql, 5)).notes
    assert notes == (
        [
            f"The join repeats each job for each of its stages, and so does its {column} in the aggregate; "
            "aggregate stages by jobId first, or choose one state."
        ]
        if column
        else []
    )
