"""Any SQL of a grammar with allowed and forbidden constructs is answered or refused, within bounds."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bytenite_mcp.table.errors import BadQuery
from bytenite_mcp.table.sql.functions import AGGREGATES, COLLECTING, FUNCTIONS, TYPES, WINDOW_FUNCTIONS
from bytenite_mcp.table.sql.run import MOST_CHARACTERS, Answer, run_select
from bytenite_mcp.table.store import Store
from tests.conftest import as_clean
from tests.table.sql.hostile_sql import HOSTILE
from tests.table.sql.ordinary_sql import JOBS, ORDINARY

_NAMES = sorted(filter(str.isidentifier, {*FUNCTIONS, *AGGREGATES, *COLLECTING}))
_USUAL = [
    "lower",
    "count",
    "max",
    "typeof",
    "list",
    "concat",
    "coalesce",
    "to_json",
    "min",
    "any_value",
    "md5",
    "hash",
]
CALLED = [*_NAMES, *_USUAL * 10, "unnest", "getenv", "repeat", "range", "query"]
_PLAIN = ["id", "name", "state", "duration", "createdAt", "params", "regions", "byc", "finished"]
COLUMNS = [*_PLAIN * 3, "j", "records"]
TABLES = [*["jobs j", "unfinished j"] * 9, "records", "jobs j, range(9)", "jobs j, json_each(params)"]

constants = st.one_of(
    st.integers(-(2**70), 2**70).map(str),
    st.floats().map(lambda value: f"'{value}'::DOUBLE"),
    st.text(max_size=12).map(lambda text: "'" + text.replace("'", "''").replace("\0", "") + "'"),
    st.sampled_from(
        ["NULL", "true", "'$.preset'", "'2026-03-02'::TIMESTAMPTZ", "INTERVAL 3 DAY", "'%e%'", "[1, 2]"]
    ),
)


def _wider(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    listed = st.lists(inner, min_size=1, max_size=2).map(", ".join)
    return st.one_of(
        st.builds("{}({})".format, st.sampled_from(CALLED), listed),
        st.builds(
            "{} OVER (PARTITION BY {} ORDER BY {} ROWS 2 PRECEDING)".format,
            st.builds("{}({})".format, st.sampled_from(sorted(WINDOW_FUNCTIONS | COLLECTING)), listed),
            inner,
            inner,
        ),
        st.builds(
            "({} {} {})".format,
            inner,
            st.sampled_from(
                ["+", "-", "||", "=", "<", "AND", "OR", "LIKE", "IN", "->", "->>", "IS DISTINCT FROM"]
            ),
            inner,
        ),
        st.builds(
            "TRY_CAST({} AS {})".format,
            inner,
            st.sampled_from([*sorted(TYPES - {"list"}), *["VARCHAR", "JSON"] * 5, "BLOB", "VARCHAR[]"]),
        ),
        st.builds("CASE WHEN {} THEN {} ELSE {} END".format, inner, inner, inner),
        st.builds("(SELECT {} FROM {} LIMIT 1)".format, inner, st.sampled_from(TABLES)),
        st.builds("{{'x': {}, 'y': {}}}".format, inner, inner),
        st.builds("{}[{}]".format, inner, inner),
    )


expressions = st.recursive(st.sampled_from(COLUMNS) | constants.map("({})".format), _wider, max_leaves=4)


@st.composite
def queries(draw: st.DrawFn, depth: int = 2) -> str:
    """Draw a SELECT, perhaps with others inside it."""
    chosen = draw(st.lists(expressions | st.just("*"), min_size=1, max_size=2))
    named = [f"{one} AS {name}" if one != "*" else one for one, name in zip(chosen, "abxy", strict=False)]
    sql = f"SELECT {', '.join(named)} FROM {draw(st.sampled_from(TABLES))}"
    for clause in ("WHERE {}", "GROUP BY ALL", "HAVING {}", "QUALIFY {}", "ORDER BY {} DESC", "LIMIT {}"):
        if not draw(st.integers(0, 7)):
            sql += " " + clause.format(draw(expressions))
    if depth and not draw(st.integers(0, 2)):
        return f"WITH a AS ({draw(queries(depth=depth - 1))}) {sql}"
    if depth and not draw(st.integers(0, 3)):
        return f"{sql} UNION ALL {draw(queries(depth=depth - 1))}"
    return sql


@pytest.fixture(scope="module")
def portal() -> Iterator[tuple[BlockingPortal, Store]]:
    with start_blocking_portal() as portal:
        store = Store()
        portal.call(store.put, as_clean(*JOBS), 0.0)
        yield portal, store
        store.close()


def run(portal: tuple[BlockingPortal, Store], sql: str) -> Answer | str:
    try:
        return portal[0].call(run_select, portal[1], sql, 5)
    except BadQuery as refused:
        return str(refused)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sql=queries() | st.text(max_size=40))
@example(sql="SELECT chr(0), '\u202e', 'NaN'::DOUBLE, [now()], 1e308 * 10, params FROM jobs")
def test_it_is_answered_in_json_and_in_bounds_or_refused_in_a_line(portal: Any, sql: str) -> None:
    outcome = run(portal, sql)
    if isinstance(outcome, str):
        assert outcome.startswith("sql: ")
        assert len(outcome) <= 330
        assert "\n" not in outcome
    else:
        assert len(outcome.rows) <= 5
        assert len(json.dumps([outcome.columns, outcome.rows], allow_nan=False)) < 3 * MOST_CHARACTERS
        assert all(len(row) == len(outcome.columns) for row in outcome.rows)


@given(data=st.data())
def test_a_piece_of_another_query_makes_no_hole(portal: Any, data: st.DataObject) -> None:
    # A lone surrogate, and more columns than an answer has, are refused in an answer, and harmless in EXISTS.
    harmless = ("chr(55296)", ", 198, 199")
    readings = [
        sql
        for sql in HOSTILE
        if sql.startswith(("SELECT", "FROM", "WITH")) and not any(part in sql for part in harmless)
    ]
    hostile = data.draw(st.sampled_from(readings))
    ordinary = data.draw(st.sampled_from([sql.rstrip(" ;") for sql, _ in ORDINARY if "--" not in sql]))
    around = data.draw(
        st.sampled_from(
            ["{1} UNION ALL ({0})", "SELECT ({0})", "SELECT * FROM ({0}), ({1})", "WITH z AS ({0}) SELECT * FROM z",
             "SELECT 1 WHERE EXISTS ({0})", "SELECT id IN ({0}) FROM jobs", "{1} -- \n UNION ({0})",
             "FROM ({1}), LATERAL ({0})"]
        )
    )  # fmt: skip
    assert isinstance(run(portal, around.format(hostile, ordinary)), str)
