"""The parse tree of a model's SELECT: only known nodes pass, and no depth breaks the check."""

import json
from typing import Any

import pytest

from bytenite_mcp.table.errors import BadQuery
from bytenite_mcp.table.sql.tree import DEEPEST, MOST_NODES, check_nodes, walk
from tests.table.tables import empty


def parse(sql: str) -> dict[str, Any]:
    (written,) = empty().execute("SELECT json_serialize_sql(?)", [sql]).fetchone() or ("",)
    statement: dict[str, Any] = json.loads(written)["statements"][0]
    return statement


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1",
        "SELECT * EXCLUDE (id) FROM jobs j LEFT JOIN stages s ON s.jobId = j.id WHERE name LIKE '%a%' LIMIT 5",
        "WITH a AS (SELECT count(*) AS n FROM jobs GROUP BY ALL) SELECT max(n) OVER () FROM a ORDER BY 1 DESC",
        "SELECT CASE WHEN id IN ('a') THEN 1 END::VARCHAR FROM jobs UNION ALL SELECT 'b'",
    ],
)
def test_an_ordinary_select_passes(sql: str) -> None:
    check_nodes(parse(sql))
    assert sum(1 for _ in walk(parse(sql))) > 3


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT * FROM other.jobs", "a schema is not allowed"),
        ("SELECT ?", "a parameter is not allowed"),
        ("SELECT #1 FROM jobs", "a column by its number is not allowed"),
        ("FROM jobs a POSITIONAL JOIN jobs b", "positional join is not allowed"),
    ],
)
def test_an_unknown_node_is_refused_by_name_with_advice(sql: str, said: str) -> None:
    with pytest.raises(BadQuery) as refused:
        check_nodes(parse(sql))
    assert str(refused.value) == f"sql: {said}; write one SELECT over jobs, stages and unfinished."


@pytest.mark.parametrize("field", ["novelty", "at_clause"])
def test_a_field_that_a_later_database_may_add_is_refused(field: str) -> None:
    statement = parse("SELECT id FROM jobs")
    statement["node"]["from_table"][field] = "anything"
    with pytest.raises(BadQuery, match="is not allowed"):
        check_nodes(statement)


def test_a_tree_too_deep_or_too_large_is_refused() -> None:
    deep: Any = {}
    wide: Any = [{}] * MOST_NODES
    for _ in range(DEEPEST + 1):
        deep = [deep]
    for tree in (deep, wide):
        with pytest.raises(BadQuery, match="nested too deeply, or too long"):
            list(walk(tree))


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("WITH RECURSIVE a AS (SELECT 1 UNION ALL SELECT 1 FROM a) SELECT * FROM a", "WITH RECURSIVE"),
        ("SHOW TABLES", "DESCRIBE, SHOW or SUMMARIZE"),
        ("SELECT * FROM jobs TABLESAMPLE 10%", "a sample"),
        ("SELECT * FROM jobs LIMIT 10%", "LIMIT in percent"),
        ("SELECT a.id FROM jobs a FULL JOIN jobs b USING (id)", "full join"),
        ("SELECT name.upper() FROM jobs", "a method"),
        ("SELECT ARRAY['a']", "ARRAY CONSTRUCTOR"),
        ("SELECT name COLLATE NOCASE FROM jobs", "COLLATE"),
        ("FROM (FROM jobs) PIVOT (count(*) FOR state IN ('NEW'))", "PIVOT or UNPIVOT"),
    ],
)
def test_what_has_another_form_is_refused_with_that_form(sql: str, said: str) -> None:
    with pytest.raises(BadQuery, match=f"^sql: {said} is not allowed; (?!write one SELECT)"):
        check_nodes(parse(sql))
