"""Values are cut in the database, and come out as JSON."""

import pytest

from bytenite_mcp.table.sql.run import run_select
from bytenite_mcp.table.store import Store
from tests.conftest import as_clean

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("9007199254740992", 9007199254740992),
        ("-9007199254740993", "-9007199254740993"),
        ("18446744073709551615::UBIGINT", "18446744073709551615"),
        ("[9007199254740993, 7]", ["9007199254740993", 7]),
        ("true", True),
        ("[true]", [True]),
        ("NULL", None),
        ("5::TINYINT", 5),
        ("0.1::FLOAT", 0.1),
        ("1.10::DECIMAL(10, 2)", 1.1),
        ("123456.789::DOUBLE", 123456.79),
        ("999999.9999::DOUBLE", 1000000),
        ("1::DOUBLE + 1 / 3", 1.33333),
        ("0.00012345678::DOUBLE", 0.000123457),
        ("'inf'::DOUBLE", "inf"),
        ("DATE '2026-03-01'", "2026-03-01"),
        ("TIMESTAMP '2026-03-01 10:00:00.9'", "2026-03-01T10:00:00"),
        ("TIMESTAMPTZ '2026-03-01 10:00:00.9+00'", "2026-03-01T10:00:00Z"),
        ("[TIMESTAMP '2026-03-01 10:00:00.9']", ["2026-03-01T10:00:00"]),
        ("{'a': TIMESTAMPTZ '2026-03-01 10:00:00.9+00'}", {"a": "2026-03-01T10:00:00Z"}),
        ("['2026-03-01 10:00:00+00']", ["2026-03-01 10:00:00+00"]),
        ("map(['a'], [1])", {"a": 1}),
        ("INTERVAL 26 HOUR", "26:00:00"),
        ("'[1]'", "[1]"),
        ("['inf'::DOUBLE]", "[Infinity]"),
        ("chr(8203)", "<U+200B>"),
        ("{'a': chr(8203)}", {"a": "<U+200B>"}),
    ],
)
async def test_a_value_of_each_type_is_written_in_json(held: Store, expression: str, value: object) -> None:
    assert (await run_select(held, f"SELECT {expression} AS value", 1)).rows == [[value]]


async def test_a_text_is_cut_only_if_it_is_too_long(store: Store) -> None:
    await store.put(
        as_clean({"id": "a", "errorMessage": "e" * 1000}, {"id": "b", "errorMessage": "e" * 1001}), 0
    )
    sql = "SELECT errorMessage FROM jobs ORDER BY id"
    assert (await run_select(store, sql, 2)).rows == [["e" * 1000], ["e" * 999 + "…"]]


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
