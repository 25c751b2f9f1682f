"""The size of a row is bounded before a query runs, however its values are multiplied."""

import pytest

from bytenite_mcp.table.errors import BadQuery
from bytenite_mcp.table.sql.size import check_sizes
from tests.table.sql.test_tree import parse
from tests.table.tables import empty

PASSES = [
    "SELECT * FROM jobs",
    "SELECT state, count(*), median(duration) FROM jobs GROUP BY state",
    "WITH a AS (SELECT * FROM jobs) SELECT * FROM a JOIN stages ON id = jobId",
    "SELECT upper(name) || '-' || id FROM jobs ORDER BY length(errorMessage)",
    "SELECT list(id) FROM jobs",
]


@pytest.mark.parametrize("sql", PASSES)
def test_a_query_of_ordinary_size_passes_and_runs(sql: str) -> None:
    check_sizes(parse(sql))
    assert empty().execute(sql).fetchall() is not None


def refusal(sql: str) -> str:
    with pytest.raises(BadQuery) as refused:
        check_sizes(parse(sql))
    return str(refused.value)


@pytest.mark.parametrize(
    "sql",
    [
        f"SELECT {' || '.join(['errorMessage'] * 60)} FROM jobs",
        "SELECT replace(errorMessage, 'a', errorMessage) FROM jobs",
        "WITH a AS (SELECT errorMessage || errorMessage AS x FROM jobs), b AS (SELECT x || x AS x FROM a), "
        "c AS (SELECT x || x AS x FROM b), d AS (SELECT x || x AS x FROM c) SELECT x || x FROM d",
        f"SELECT 1 FROM {', '.join(f'jobs j{n}' for n in range(60))}",
    ],
)
def test_values_made_of_values_are_too_large_wherever_they_are_made(sql: str) -> None:
    assert refusal(sql).startswith("sql: it is too large to run safely; use fewer")


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        (
            "SELECT max(duration, 999999) FROM jobs GROUP BY id",
            "the last argument of max, the number of values, is at most 1,000;",
        ),
        (
            "SELECT arg_min(id, duration, numChunks) FROM jobs",
            "the last argument of arg_min, the number of values, is at most 1,000;",
        ),
        ("SELECT * FROM job", "there is no table 'job'; there are jobs, stages, unfinished."),
        ("WITH a AS (SELECT 1) SELECT * FROM b", "there are jobs, stages, unfinished, a."),
        ("SELECT * FROM glob('*')", "there is no function glob in FROM; there are range"),
        ("SELECT id::BLOB FROM jobs", "the type blob is not allowed; there are VARCHAR"),
        ("SELECT mode(id) OVER () FROM jobs", "mode is not allowed as a window function; use GROUP BY"),
        ("SELECT count(COLUMNS(*)) FROM jobs", "is not allowed"),
        ("SELECT unnest(x) FROM (SELECT list(id) AS x FROM jobs)", "collect in the outermost SELECT"),
    ],
)
def test_unbounded_or_unknown_sql_is_refused_with_advice(sql: str, said: str) -> None:
    assert said in refusal(sql)
