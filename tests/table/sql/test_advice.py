"""What a model writes by habit is refused with what is right in DuckDB's SQL and in our tables."""

import pytest

from bytenite_mcp.table.errors import BadQuery
from bytenite_mcp.table.sql.run import run_select
from bytenite_mcp.table.store import Store

pytestmark = pytest.mark.anyio

WRITTEN = {
    "sum(cost)": 'most likely meant: byc, paymentAmount.',
    "max(completedAt)": 'most likely meant: endedAt.',
    "j.error_message": 'most likely meant: errorMessage.',
    "config.isTestJob": "most likely meant: isTestJob, taskTimeout, jobTimeout, maxTaskRetries.",
    "stateTimestamps": "stages has jobId, state, entered and seconds.",
    "user": "there is no column user; owner is who owns the job's template.",
    'state = "FAILED"': "a text is in single quotes: 'FAILED'.",
    "createdAt > now() - 7": "write createdAt > now() - INTERVAL 7 DAY.",
    "createdAt > date_sub(now(), INTERVAL 7 DAY)": "write createdAt > now() - INTERVAL 7 DAY.",
    "createdAt > 'yesterday'": "write createdAt > now() - INTERVAL 7 DAY.",
    "createdAt > 1767225600": "write a time as '2026-11-20' or to_timestamp(seconds).",
    "createdAt LIKE '2026-11-20%'": "for a day write createdAt::DATE = '2026-11-20'.",
    "endedAt - startedAt > 60": "epoch(endedAt - startedAt) gives seconds.",
    "regions = 'eu'": "of a list write list_contains(regions, 'eu').",
    "regions LIKE '%eu%'": "of a list write list_contains(regions, 'eu').",
    "params #>> '{app,steps}'": "write params->>'$.app.steps'.",
    "to_char(createdAt, 'YYYY-MM')": "there is no function to_char here; write strftime(createdAt, '%Y-%m').",
    "datetime('now', '-7 days')": "there is no function datetime here; write now() - INTERVAL 7 DAY.",
    "nvl(name, '')": "there is no function nvl here; write coalesce.",
    "percentile_cont(duration, 0.9)": "there is no function percentile_cont here; write quantile_cont(duration, 0.95).",
    "unnest(generate_series(1, 3))": "INTERVAL 1 DAY) AS t(day).",
    "group_concat(id SEPARATOR ', ')": "write string_agg(id, ', ').",
    "name REGEXP 'a'": "write regexp_matches(name, '^a').",
    "TOP 5 id": "write LIMIT 10 at the end.",
    "id FROM jobs LIMIT 5, 10 --": "write LIMIT 10 OFFSET 5.",
    "id FROM jobs # all": "after 'SELECT id FROM jobs'; a comment begins with --.",
    "id FROM unfinished MINUS SELECT id": "write EXCEPT.",
    "date_diff(SECOND, startedAt, endedAt)": "or date_diff('second', startedAt, endedAt).",
    "date_trunc(createdAt, MONTH)": (
        "write date_trunc('month', createdAt) or date_diff('month', startedAt, endedAt)."
    ),
    "left(createdAt, 10)": "write strftime(createdAt, '%Y-%m-%d') or createdAt::DATE.",
    "TRUNC(createdAt)": "write date_trunc('day', createdAt).",
    "SYSDATE": "write now() - INTERVAL 7 DAY.",
    "ROWNUM": "write LIMIT 10.",
    "regions @> ['eu']": "there is no function @> here; write list_has_all(regions, ['eu']).",
    "params->>'$.app.steps' > 50": "write (params->>'$.app.steps')::DOUBLE > 50.",
    "convert_tz(createdAt, 'UTC', 'CET')": "write createdAt AT TIME ZONE 'Europe/Berlin'.",
    "createdAt AT TIME ZONE 'Berlin'": "Unknown TimeZone 'Berlin'; most likely meant: 'Europe/Berlin'.",
    "createdAt AT TIME ZONE 'CEST'": (
        "Unknown TimeZone 'CEST'; write an IANA name such as 'Europe/Berlin' or 'UTC'."
    ),
    "createdAt > now() - 7 days": "write INTERVAL 7 DAY.",
    "state FROM jobs GROUP BY count(*) --": "GROUP BY clause cannot contain aggregates.",
    "(params->>'$.steps') + 1": "cast the text: (params->>'$.app.steps')::DOUBLE + 1.",
    "createdAt::DATE day": "write AS before an alias that is a unit.",
    "epoch(createdAt) / 60 minute": "write AS before an alias that is a unit.",
    "hour(createdAt) hour": "write AS before an alias that is a unit.",
    "id FROM jobs LIMIT 5 WHERE true --": "WHERE is written before GROUP BY, ORDER BY and LIMIT.",
    "createdAt > '2026-11'": "write a whole date, such as '2026-11-01'.",
    "startedAt <> ''": "what is unset is NULL.",
    "duration > INTERVAL 1 HOUR": "numbers such as duration are in seconds: duration > 3600.",
    "isnull(endedAt)": "there is no function isnull here; write x IS NULL, or coalesce.",
    "row_number()": "write it with OVER, such as lag(id) OVER (ORDER BY createdAt).",
    "id FROM jobs WHERE count(*) > 1 --": "write HAVING after GROUP BY.",
    "id FROM jobs WHERE rank() OVER () = 1 --": "write QUALIFY after WHERE and GROUP BY.",
    "count(DISTINCT id, state)": "write count(DISTINCT (a, b)).",
    "SAFE_CAST(name AS BIGINT)": "write try_cast(x AS BIGINT).",
    "state FROM jobs GROUP BY state WITH ROLLUP --": "write GROUP BY ROLLUP (state).",
    "name LIKE ANY ('a', 'b')": "write name LIKE 'a%' OR name LIKE 'b%'.",
    "sum(endedAt - startedAt)": "write epoch(endedAt - startedAt), which is in seconds.",
    "createdAt::TIME": "write strftime(createdAt, '%H:%M').",
    "name + 'x'": "write || to join texts.",
    "1 FROM stages JOIN jobs USING (id) --": "for stages write ON stages.jobId = jobs.id.",
    "id FROM stages --": "stages has jobId, state, entered and seconds.",
    "params->'$.steps' = 25": "write params->>'$.app.steps', in a list '$.app.sizes[0]'.",
    "params->'app'->'sizes'->0->>'w'": "write params->>'$.app.steps', in a list '$.app.sizes[0]'.",
    "json_extract(params, '$.app') = 'hq'": "to compare a text write params->>'$.app.preset' = 'hq'.",
    "duration > '1 hour'": "numbers such as duration are in seconds: duration > 3600.",
    "CAST(name AS INTEGER)": "write try_cast(x AS BIGINT), which is NULL where that fails.",
    "jsonb_array_elements(params)": "write FROM jobs, json_each(params, '$.app.sizes') AS item.",
    "regions && ['eu']": "write AND, or list_has_any(regions, ['eu']).",
    "1 // 0": "Division by zero in expression (1 // 0).",
    "(SELECT id FROM jobs)": "scalar subqueries can only return a single row.",
    "lambda_(x)": "there is no function lambda_ here.",
}  # fmt: skip


@pytest.mark.parametrize(("written", "said"), WRITTEN.items())
async def test_other_dialects_are_refused_in_one_line_that_says_how_to_write_it_here(
    held: Store, written: str, said: str
) -> None:
    with pytest.raises(BadQuery) as refused:
        await run_select(held, f"SELECT {written} FROM jobs j", 5)
    assert str(refused.value).endswith(said)
    assert "\n" not in str(refused.value)


async def test_an_alias_may_be_what_is_otherwise_a_value_of_the_session(held: Store) -> None:
    sql = "SELECT templateId AS user FROM jobs ORDER BY user"
    assert (await run_select(held, sql, 1)).rows == [["audio"]]
