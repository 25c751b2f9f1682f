"""What each condition means, held against the simulator's SQL, which is other people's code."""

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bytenite_mcp.api.filters import Condition, Filter
from bytenite_mcp.api.values import get_path
from bytenite_mcp.jobs.match import UNSORTABLE, compile_filters, compile_test, like, sort_key
from bytenite_mcp.jobs.window import Window
from bytenite_mcp.privacy.redact import CleanRecord
from bytenite_mcp.simulator import search, search_sql
from bytenite_mcp.simulator.times import to_sort_key
from bytenite_mcp.table.fields import find_field
from bytenite_mcp.table.order import Order

C = Condition
LETTERS = st.text("ab_%Aßé .-{}[]\n", max_size=6)
WHOLE = st.integers(-(2**53) + 1, 2**53 - 1) | st.integers(-3, 3)
# Short binary fractions: every reader of JSON reads them exactly.
NUMBERS = WHOLE | st.integers(-(10**6), 10**6).map(lambda n: n / 64) | st.sampled_from([0.0, -0.0, 5.0])
SPELT = NUMBERS.map(str).filter(lambda text: "e" not in text) | st.sampled_from(
    ["5", "5.0", " 5", "1e2", "+5", "٣", "0"]
)
WORDS = LETTERS | SPELT | st.sampled_from(["true", "False", "TRUE", "null", "[]", "{}"])
UNSET: st.SearchStrategy[Any] = st.sampled_from([None, "", {}, []])
SCALARS = WORDS | NUMBERS | st.booleans()
TIMES = st.builds(
    "2026-03-0{}T0{}:00:00{}{}".format,
    st.integers(1, 2),
    st.integers(0, 2),
    st.sampled_from(["", ".1", ".100000000", ".100000001", ".000001", ".999999999"]),
    st.sampled_from(["Z", "z", "+00:00", "+01:00", "-01:00"]),
)
LISTS = st.lists(SCALARS | UNSET, max_size=3)
ANYTHING = SCALARS | UNSET | LISTS | st.just({"a": 1})

TEXTS = ("name", "state", "templateInfo.app", "params.app.it")
COUNTS = ("numChunks", "duration", "config.taskTimeout")
MOMENTS = ("createdAt", "endedAt", "stateTimestamps.JOB_STATE_NEW")
ARRAYS = ("regions.whitelist", "params.app.tags")
VALUES: dict[str, st.SearchStrategy[Any]] = (
    dict.fromkeys(TEXTS, ANYTHING)
    | dict.fromkeys(COUNTS, NUMBERS | SPELT | ANYTHING)
    | dict.fromkeys(MOMENTS, TIMES | UNSET | WORDS)
    | dict.fromkeys(ARRAYS, LISTS | ANYTHING)
    | {"config.isTestJob": st.booleans() | ANYTHING}
)
ALONE = st.sampled_from([C.EQ, C.NEQ, C.GT, C.GTE, C.LT, C.LTE])
SEVERAL = st.sampled_from([C.IN, C.NOT_IN])


def record_of(members: dict[str, Any]) -> CleanRecord:
    """Put values where their dotted names lead."""
    record: dict[str, Any] = {}
    for path, value in members.items():
        *parents, last = path.split(".")
        inside = record
        for parent in parents:
            inside = inside.setdefault(parent, {})
        inside[last] = value
    return CleanRecord(record)


def filters_on(fields: tuple[str, ...], operands: st.SearchStrategy[Any]) -> st.SearchStrategy[Filter]:
    field = st.sampled_from(fields)
    return st.builds(Filter, field=field, condition=ALONE, value=operands) | st.builds(
        Filter, field=field, condition=SEVERAL, value=st.lists(operands, min_size=1, max_size=3)
    )


FILTERS = st.one_of(
    filters_on((*TEXTS, *ARRAYS, "config.isTestJob"), SCALARS),
    filters_on(COUNTS, NUMBERS),
    filters_on(MOMENTS, TIMES),
    st.builds(Filter, field=st.sampled_from(TEXTS), condition=st.just(C.LIKE), value=LETTERS),
    st.builds(Filter, field=st.sampled_from(ARRAYS), condition=st.just(C.ARRAY_CONTAINS), value=SCALARS),
    st.builds(
        Filter,
        field=st.sampled_from(ARRAYS),
        condition=st.just(C.ARRAY_CONTAINS_ANY),
        value=st.lists(SCALARS, min_size=1, max_size=3),
    ),
)


def questions(filters: list[Filter]) -> st.SearchStrategy[tuple[list[CleanRecord], list[Filter]]]:
    """Records that have what the filters ask about, and the filters."""
    members: dict[Any, st.SearchStrategy[Any]] = {one.field: VALUES[one.field] for one in filters}
    records = st.lists(st.fixed_dictionaries({}, optional=members).map(record_of), min_size=1, max_size=5)
    return st.tuples(records, st.just(filters))


def database(records: list[CleanRecord]) -> sqlite3.Connection:
    one = sqlite3.connect(":memory:")
    search_sql.add_functions(one)
    one.execute("CREATE TABLE jobs (id INTEGER PRIMARY KEY, record TEXT, created TEXT)")
    text = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    rows = [(text(record), to_sort_key(record.get("createdAt"))) for record in records]
    one.executemany("INSERT INTO jobs (record, created) VALUES (?, ?)", rows)
    return one


def found_by_sql(records: list[CleanRecord], filters: list[Filter]) -> list[int]:
    asked = [search.Filter(one.field, one.condition.value, one.value) for one in filters]
    where, values = search_sql.build_where(search.AllOf(tuple(asked)))
    with closing(database(records)) as one:
        rows = one.execute(f"SELECT id FROM jobs WHERE {where} ORDER BY id", values)
        return [number - 1 for (number,) in rows]


def found_here(records: list[CleanRecord], filters: list[Filter]) -> list[int]:
    matches = compile_filters(filters)
    return [number for number, record in enumerate(records) if matches(record)]


@given(st.lists(FILTERS, min_size=1, max_size=2).flatmap(questions))
@settings(max_examples=300)
@example(([{"name": "0"}], [Filter(field="name", condition=C.EQ, value=0)]))
@example(
    (
        [{"params": {"app": {"tags": [{}]}}}],
        [Filter(field="params.app.tags", condition=C.ARRAY_CONTAINS, value="")],
    )
)
def test_the_same_records_match_here_and_in_sql(question: tuple[list[CleanRecord], list[Filter]]) -> None:
    records, filters = question
    assert found_here(records, filters) == found_by_sql(records, filters)


@given(st.lists(ANYTHING, max_size=4), st.sampled_from([*TEXTS, *ARRAYS]), SCALARS)
def test_a_condition_and_its_opposite_share_the_records_between_them(
    values: list[Any], path: str, operand: Any
) -> None:
    records = [record_of({path: value}) for value in values]
    for condition, opposite, value in ((C.EQ, C.NEQ, operand), (C.IN, C.NOT_IN, [operand, "other"])):
        matching = found_here(records, [Filter(field=path, condition=condition, value=value)])
        others = found_here(records, [Filter(field=path, condition=opposite, value=value)])
        assert sorted(matching + others) == list(range(len(records)))


def holds(value: Any, condition: Condition, operand: Any, path: str = "params.it") -> bool:
    return compile_test(Filter(field=path, condition=condition, value=operand))(value)


@pytest.mark.parametrize("unset", [None, "", {}, []])
def test_an_unset_field_equals_nothing_zero_and_false_and_has_no_place_in_an_order(unset: Any) -> None:
    for path in ("name", "state", "params.it", "config.isTestJob", "regions.whitelist", "numChunks"):
        assert all(holds(unset, C.EQ, operand, path) for operand in ("", 0, 0.0, False))
        assert not any(holds(unset, C.EQ, operand, path) for operand in ("x", 1, True, "false", -1.5))
        assert holds(unset, C.NEQ, "x", path)
        assert holds(unset, C.IN, ["x", 0], path)
        assert not holds(unset, C.NOT_IN, ["x", ""], path)
        assert not any(
            holds(unset, one, operand, path) for one in Condition if one.orders for operand in ("", 0, "a", 1)
        )
        assert not holds(unset, C.LIKE, "%", path)
        assert not holds(unset, C.ARRAY_CONTAINS, "", path)


@pytest.mark.parametrize("unset", [None, "", {}, []])
def test_an_unset_time_equals_only_what_is_unset(unset: Any) -> None:
    assert holds(unset, C.EQ, "", "createdAt")
    assert not holds(unset, C.EQ, "1970-01-01T00:00:00Z", "createdAt")
    assert not holds(unset, C.LT, "2026-03-04T15:00:00Z", "createdAt")


@pytest.mark.parametrize("unset", [None, "", {}, []])
def test_a_number_field_that_is_unset_equals_zero_however_that_is_written(unset: Any) -> None:
    assert holds(unset, C.EQ, "0", "numChunks")
    assert holds(unset, C.EQ, "0.0", "numChunks")
    assert not holds(unset, C.EQ, "0", "name")


@pytest.mark.parametrize(
    ("value", "condition", "operand", "held"),
    [
        ("2026-03-04T15:00:00.123456789Z", C.EQ, "2026-03-04T16:00:00.123456789+01:00", True),
        ("2026-03-04T15:00:00.123456789Z", C.EQ, "2026-03-04T15:00:00.123456788Z", False),
        ("2026-03-04T15:00:00.123456789Z", C.GT, "2026-03-04T15:00:00.123456788Z", True),
        ("2026-03-04T15:00:00.1Z", C.LT, "2026-03-04T15:00:00.12Z", True),
        ("2026-03-04T15:00:00.12Z", C.LTE, "2026-03-04T15:00:00.120Z", True),
        ("2026-03-04T15:00:00Z", C.NEQ, "2026-03-04T15:00:00.000Z", False),
        ("2026-03-04T15:00:00Z", C.IN, ["2026-03-04T15:00:00Z", "2027-01-01T00:00:00Z"], True),
        ("not a time", C.EQ, "2026-03-04T15:00:00Z", False),
        ("not a time", C.NEQ, "2026-03-04T15:00:00Z", True),
        (1_700_000_000, C.GT, "1970-01-01T00:00:00Z", False),
    ],
)
def test_times_are_instants_to_the_nanosecond(
    value: Any, condition: Condition, operand: Any, held: bool
) -> None:
    assert holds(value, condition, operand, "createdAt") is held
    assert holds(value, condition, operand, "stateTimestamps.JOB_STATE_NEW") is held


@pytest.mark.parametrize("value", ["Große Straße", "GROSSE STRASSE", "große\nstraße"])
def test_like_takes_no_account_of_case_and_crosses_lines(value: str) -> None:
    assert holds(value, C.LIKE, "GRO%STRA%", "name")
    assert holds(value, C.LIKE, "%strasse", "name")
    assert holds(value, C.LIKE, "gro___%", "name")
    assert not holds(value, C.LIKE, "strasse", "name")


@given(st.text("ab%_\n.*\\", max_size=12), st.text("ab%_\n.*\\", max_size=12))
@settings(max_examples=300)
@example("aab", "%ab")
@example("abab", "a%b")
@example("a", "a%a")
@example("aXbaYb", "%a_b")
def test_like_is_sqls(text: str, pattern: str) -> None:
    with closing(sqlite3.connect(":memory:")) as one:
        (expected,) = one.execute("SELECT ? LIKE ?", [text, pattern]).fetchone()
    assert like(pattern)(text) is bool(expected)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("%a" * 1000, "a" * 10_000 + "b"),
        ("%a" * 1000 + "%c", "a" * 10_000),
        ("%a_" * 333 + "%c", "ab" * 5000),
        ("%" * 1000 + "b", "a" * 10_000),
        ("%" + "a" * 998 + "b", "a" * 10_000),
        ("%" + "_" * 998 + "b", "a" * 10_000),
        ("%" + "a" * 998 + "b%", "a" * 10_000_000),
        ("%" + "a" * 498 + "b%" + "a" * 498 + "b", "a" * 10_000),
        ("%_a%_a%_b" * 100, "a" * 10_000),
    ],
)
def test_no_pattern_blows_up(pattern: str, text: str) -> None:
    """Backtracking would take longer than the age of the universe; five seconds of work is far above what is needed."""
    began = time.process_time()
    like(pattern)(text)
    assert time.process_time() - began < 5


def test_a_pattern_is_not_a_regular_expression() -> None:
    assert holds("a.c", C.LIKE, "a.c", "name")
    assert not holds("abc", C.LIKE, "a.c", "name")
    assert holds("(?>[x])*+\\", C.LIKE, "(?>[x])*+\\", "name")
    assert holds("100%", C.LIKE, "100%", "name")


# Orders


def sortable(path: str) -> st.SearchStrategy[Any]:
    kinds = {"createdAt": TIMES, "duration": NUMBERS, "name": LETTERS}
    return kinds[path] | st.none()


@pytest.mark.parametrize("path", ["createdAt", "duration", "name"])
@pytest.mark.parametrize("direction", ["asc", "desc"])
@given(data=st.data())
def test_rows_are_sorted_here_as_sql_sorts_them(path: str, direction: str, data: st.DataObject) -> None:
    records = [record_of({path: value}) for value in data.draw(st.lists(sortable(path), max_size=8))]
    clause, values = search_sql.build_order(f"{path} {direction}")
    with closing(database(records)) as one:
        sql = [
            get_path(json.loads(text), path)
            for (text,) in one.execute(f"SELECT record FROM jobs ORDER BY {clause}", values)
        ]
    window = Window(0, len(records), Order(path, direction))
    window.take(0, records)
    key = sort_key(path)
    assert [key(record) for record in window.rows()] == [key(record_of({path: value})) for value in sql]


@given(st.lists(ANYTHING, max_size=6), st.sampled_from(list(VALUES)))
def test_any_records_can_be_sorted(values: list[Any], path: str) -> None:
    keys = sorted(map(sort_key(path), [record_of({path: value}) for value in values]))
    assert keys == sorted(keys)


def keys_of(path: str, *values: Any) -> Iterator[tuple[int, Any]]:
    return map(sort_key(path), [record_of({path: value}) for value in values])


def test_numbers_sort_as_numbers_booleans_as_no_and_yes_and_texts_after_them() -> None:
    low, high = keys_of("numChunks", "9", 10)
    assert low < high
    unset, no, yes = keys_of("config.isTestJob", None, False, True)
    assert unset == UNSORTABLE
    assert no < yes
    number, text = keys_of("params.it", 5, "a")
    assert number < text


@pytest.mark.parametrize("spelt", ["JOB_STATE_COMPLETE", "COMPLETE", "complete", "jobStateComplete"])
def test_the_time_of_a_state_is_found_however_the_record_spells_it(spelt: str) -> None:
    path = find_field("stateTimestamps.complete", "x").name
    times = {spelt: "2026-03-04T15:00:00Z", "JOB_STATE_NEW": "2026-03-01T00:00:00Z"}
    record = CleanRecord({"stateTimestamps": times})
    one = Filter(field=path, condition=C.GTE, value="2026-03-04T00:00:00Z")
    assert compile_filters([one])(record)
    assert sort_key(path)(record) != UNSORTABLE
