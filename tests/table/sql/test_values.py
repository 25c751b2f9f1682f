"""Values are cut in the database, and come out as JSON."""

import pytest

from bytenite_mcp.table.sql.run import run_select
from bytenite_mcp.table.store import Store
from tests.conftest import as_clean

pytestmark = pytest.mark.anyio


async def test_fractions_in_lists_and_objects_are_rounded_and_those_of_params_are_not(store: Store) -> None:
    await store.put(as_clean({"id": "a", "params": {"seed": 0.123456789}}), 0)
    sql = "SELECT [1 / 3.0] AS list, {'a': 2 / 3.0} AS object, params FROM jobs WHERE id = 'a'"
    assert (await run_select(store, sql, 1)).rows == [[[0.333333], {"a": 0.666667}, {"seed": 0.123456789}]]


async def test_numbers_of_params_in_a_list_are_not_rounded_and_infinity_stays_as_written(
    store: Store,
) -> None:
    await store.put(as_clean({"id": "a", "params": {"seed": 0.123456789}}), 0)
    sql = "SELECT list(params) AS list, ['1e999'::JSON] AS infinite FROM jobs WHERE id = 'a'"
    ((found, infinite),) = (await run_select(store, sql, 1)).rows
    assert found == [{"seed": 0.123456789}]
    assert "inf" in str(infinite) or "1e999" in str(infinite)


async def test_a_list_of_all_jobs_is_cut_before_it_leaves_the_database(held: Store) -> None:
    answer = await run_select(held, "SELECT list(range) FROM range(100000)", 5)
    assert isinstance(answer.rows[0][0], str)
    assert answer.rows[0][0].endswith("…")
