"""The meaning of filters and orders in the table agrees with plain Python and with the simulator's SQL."""

import json
import sqlite3
import time
from contextlib import closing
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bytenite_mcp.api.filters import Condition, Filter
from bytenite_mcp.api.models import JobState, Priority
from bytenite_mcp.simulator import search, search_sql
from bytenite_mcp.simulator.times import to_sort_key
from bytenite_mcp.table.conditions import write_order, write_where
from bytenite_mcp.table.fields import FIELDS, Kind
from bytenite_mcp.table.filters import understand
from bytenite_mcp.table.order import Order
from tests.conftest import NOW
from tests.table import evaluate
from tests.table.tables import holding

C = Condition
Records = list[dict[str, Any]]

LETTERS = st.text("abAB_%ßẞÉéσς .-{}[]\\\"'\n*", max_size=6)
WHOLE = st.integers(-(2**53) + 1, 2**53 - 1) | st.integers(-3, 3)
# Short binary fractions: every reader of JSON reads them exactly.
NUMBERS = WHOLE | st.integers(-(10**6), 10**6).map(lambda n: n / 64) | st.sampled_from([0.0, -0.0, 5.0])
POSITIVE = NUMBERS.map(abs).filter(bool)
SPELT = NUMBERS.map(str).filter(lambda text: "e" not in text) | st.sampled_from(
    ["5", "5.0", " 5", "1e2", "+5", "٣", "0", "0x10", "nan", "Infinity", "1_000"]
)
WORDS = LETTERS | SPELT | st.sampled_from(["true", "False", "TRUE", "null", "[]", "{}", "infinity", "epoch"])
UNSET: st.SearchStrategy[Any] = st.sampled_from([None, "", {}, []])
SCALARS = WORDS | NUMBERS | st.booleans()
FRACTIONS = ["", ".1", ".100000", ".000001", ".999999"]
FINER = [*FRACTIONS, ".100000001", ".999999999", ".000000001"]
OFFSETS = ["Z", "z", "+00:00", "+01:00", "-01:00"]


def times(fractions: list[str], offsets: list[str]) -> st.SearchStrategy[str]:
    return st.builds(
        "2026-03-0{}T0{}:00:00{}{}".format,
        st.integers(1, 2),
        st.integers(0, 2),
        st.sampled_from(fractions),
        st.sampled_from(offsets),
    )


TIMES = times(FINER, [*OFFSETS, ""])
ODD_TIMES = st.sampled_from(
    [
        "2026-02-30T00:00:00Z",
        "2026-03-01T24:00:00Z",
        "2026-03-01",
        "infinity",
        "epoch",
        "0001-01-01T00:00:00+01:00",
    ]
)
LISTS = st.lists(SCALARS | UNSET, max_size=3)
TEXTS_IN_LIST = st.lists(WORDS, max_size=3)
FINITE = SCALARS | UNSET | LISTS | st.just({"a": 1})
ANYTHING = FINITE | st.sampled_from([float("inf"), float("nan"), 10**400, 2**63])
STATES = st.sampled_from([*JobState, "JOB_STATE_PAUSED", "ODD", "complete?"])

TEXTS = ("name", "templateInfo.app", "errorMessage")
COUNTS = ("numChunks", "numUnitsEstimation")
AMOUNTS = ("duration", "config.taskTimeout", "paymentAmount")
MOMENTS = ("createdAt", "endedAt", "completedAt", "stateTimestamps.JOB_STATE_MERGING")
NOT_OLD = tuple(name for name in MOMENTS if name != "completedAt")
ARRAYS = ("regions.whitelist", "regions.blacklist")
OPEN = ("params.app.it", "params.app.tags")
QUOTED = "params.a\"b'c\\d"
ODD: dict[str, st.SearchStrategy[Any]] = (
    dict.fromkeys((*TEXTS, *OPEN, QUOTED), ANYTHING)
    | dict.fromkeys((*COUNTS, *AMOUNTS), NUMBERS | SPELT | ANYTHING)
    | dict.fromkeys(MOMENTS, TIMES | ODD_TIMES | ANYTHING)
    | dict.fromkeys(ARRAYS, TEXTS_IN_LIST | ANYTHING)
    | {
        "state": STATES | ANYTHING,
        "priority": st.sampled_from(Priority) | ANYTHING,
        "config.isTestJob": st.booleans() | ANYTHING,
        "id": st.sampled_from(["a", "b", "c", "", None]) | ANYTHING,
    }
)
"""Values that fields could have in a record: valid, unset, or of any type."""

SIMPLE = (
    ODD
    | dict.fromkeys(TEXTS, LETTERS | WORDS | UNSET | LISTS)
    | dict.fromkeys(OPEN, FINITE)
    | dict.fromkeys(COUNTS, WHOLE | WHOLE.map(str) | UNSET | LETTERS | st.booleans())
    | dict.fromkeys(AMOUNTS, POSITIVE | UNSET | LETTERS | st.booleans())
    | dict.fromkeys(MOMENTS, times(FRACTIONS, OFFSETS) | UNSET | LETTERS | st.integers(0, 9))
    | dict.fromkeys(ARRAYS, st.lists(WORDS, max_size=3) | UNSET | LETTERS)
    | {
        "state": st.sampled_from([*JobState, "JOB_STATE_PAUSED"]) | UNSET,
        "config.isTestJob": st.booleans() | UNSET,
        "priority": st.sampled_from(Priority) | UNSET,
    }
)
"""Values that the simulator interprets in the same way."""


def record_of(members: dict[str, Any]) -> dict[str, Any]:
    """Put values at their dotted names."""
    record: dict[str, Any] = {}
    for path, value in members.items():
        *parents, last = path.split(".")
        inside = record
        for parent in parents:
            inside = inside.setdefault(parent, {})
        inside[last] = value
    return record


def some_filters(fields: tuple[str, ...], conditions: str, operands: st.SearchStrategy[Any]) -> Any:
    """Make filters on some fields; each condition gets one operand, or a list if it takes one."""

    def with_operand(condition: Condition) -> Any:
        value = st.lists(operands, min_size=1, max_size=3) if condition.takes_list else operands
        return st.builds(Filter, field=st.sampled_from(fields), condition=st.just(condition), value=value)

    return st.sampled_from([Condition[word] for word in conditions.split()]).flatmap(with_operand)


BLANK = st.just("")
EQUALITIES = "EQ NEQ IN NOT_IN"
ORDERINGS = "GT GTE LT LTE"


def filters_on(moments: Any, states: Any, *others: Any) -> Any:
    return st.one_of(
        *others,
        some_filters(TEXTS, f"{EQUALITIES} {ORDERINGS}", SCALARS | BLANK),
        some_filters(OPEN, f"{EQUALITIES} {ORDERINGS}", SCALARS | BLANK),
        some_filters((*COUNTS, *AMOUNTS), f"{EQUALITIES} {ORDERINGS}", NUMBERS | NUMBERS.map(str)),
        some_filters((*COUNTS, *AMOUNTS), EQUALITIES, NUMBERS | BLANK),
        moments,
        some_filters(("config.isTestJob",), EQUALITIES, st.booleans() | BLANK),
        some_filters(("state",), EQUALITIES, states),
        some_filters(("priority",), EQUALITIES, st.sampled_from(Priority) | BLANK),
        some_filters((*TEXTS, "params.app.it"), "LIKE", LETTERS),
        some_filters(("state",), "LIKE", LETTERS.map("%{}".format) | LETTERS.map("job_state_{}".format)),
        some_filters((*ARRAYS, "params.app.tags"), "ARRAY_CONTAINS ARRAY_CONTAINS_ANY", SCALARS),
        some_filters(ARRAYS, "EQ NEQ", BLANK),
    )


FILTERS = filters_on(
    some_filters(MOMENTS, f"{EQUALITIES} {ORDERINGS}", times(FINER, OFFSETS))
    | some_filters(MOMENTS, "EQ NEQ", BLANK),
    st.sampled_from([*JobState, "", "FINISHED", "UNFINISHED"]),
    some_filters((QUOTED,), f"{EQUALITIES} {ORDERINGS}", SCALARS | BLANK),
)
# In a list, a second means all of it here, and its first instant there.
PLAIN_FILTERS = filters_on(
    some_filters(NOT_OLD, f"EQ {ORDERINGS}", times(FRACTIONS, OFFSETS))
    | some_filters(NOT_OLD, EQUALITIES, times([".1", ".000001"], OFFSETS)),
    st.sampled_from([*JobState, ""]),
)


def questions(values: dict[str, st.SearchStrategy[Any]], filters: Any) -> Any:
    """Make records with the fields of the filters, and the interpreted filters."""

    def about(asked: list[Filter]) -> Any:
        names: list[str] = [given.field for given in asked]
        names += ["endedAt"] if "completedAt" in names else []
        members: dict[Any, Any] = {name: values[name] for name in names}
        records = st.lists(st.fixed_dictionaries({}, optional=members).map(record_of), min_size=1, max_size=5)
        return st.tuples(records, st.just(understand(asked, NOW)))

    return st.lists(filters, min_size=1, max_size=2).flatmap(about)


def find(table: duckdb.DuckDBPyConnection, filters: list[Filter]) -> list[int]:
    where, values = write_where(filters)
    rows = table.execute(f"SELECT number FROM records WHERE {where} ORDER BY number", values).fetchall()
    return [number for (number,) in rows]


def found_in_table(records: Records, filters: list[Filter]) -> list[int]:
    with holding(records) as table:
        return find(table, filters)


def found_by_evaluation(records: Records, filters: list[Filter]) -> list[int]:
    return [number for number, record in enumerate(records) if evaluate.matches(record, filters)]


def sqlite_of(records: Records) -> sqlite3.Connection:
    database = sqlite3.connect(":memory:")
    search_sql.add_functions(database)
    database.execute("CREATE TABLE jobs (number INTEGER, id TEXT, record TEXT, created TEXT)")
    text = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    rows = [(n, str(r.get("id")), text(r), to_sort_key(r.get("createdAt"))) for n, r in enumerate(records)]
    database.executemany("INSERT INTO jobs VALUES (?, ?, ?, ?)", rows)
    return database


def found_in_sqlite(records: Records, filters: list[Filter]) -> list[int]:
    asked = [search.Filter(given.field, given.condition.value, given.value) for given in filters]
    where, values = search_sql.build_where(search.AllOf(tuple(asked)))
    with closing(sqlite_of(records)) as database:
        rows = database.execute(f"SELECT number FROM jobs WHERE {where} ORDER BY number", values).fetchall()
    return [number for (number,) in rows]


@given(questions(ODD, FILTERS))
def test_the_table_finds_what_plain_python_finds(question: tuple[Records, list[Filter]]) -> None:
    assert found_in_table(*question) == found_by_evaluation(*question)


@given(questions(SIMPLE, PLAIN_FILTERS))
def test_the_table_finds_what_the_simulator_finds(question: tuple[Records, list[Filter]]) -> None:
    assert found_in_table(*question) == found_in_sqlite(*question)


def holds(value: Any, condition: Condition, operand: Any, path: str = "params.it") -> bool:
    return found_in_table(
        [record_of({path: value})], [Filter(field=path, condition=condition, value=operand)]
    ) == [0]


@pytest.mark.parametrize(
    ("path", "operand"),
    [
        ("name", "5"),
        ("state", "JOB_STATE_NEW"),
        ("params.it", 5),
        ("config.isTestJob", False),
        ("regions.whitelist", ""),
        ("numChunks", 0),
    ],
)
def test_a_condition_and_its_opposite_share_the_records_between_them(path: str, operand: Any) -> None:
    values = ["5", 5, None, "", [], {}, True, ["5"], {"a": 1}, "JOB_STATE_NEW", 2**70]
    records = [record_of({path: value}) for value in values]
    for condition, opposite, value in ((C.EQ, C.NEQ, operand), (C.IN, C.NOT_IN, [operand, ""])):
        matching = found_in_table(records, [Filter(field=path, condition=condition, value=value)])
        others = found_in_table(records, [Filter(field=path, condition=opposite, value=value)])
        assert sorted(matching + others) == list(range(len(records)))
        assert matching
        assert others


@pytest.mark.parametrize("odd", [5, True, ["a"], {"a": 1}])
def test_a_value_of_another_type_than_its_fields_is_neither_equal_to_any_value_nor_unset(odd: Any) -> None:
    for path, operand in (("name", "5"), ("state", "JOB_STATE_NEW"), ("createdAt", "2026-03-01T00:00:00Z")):
        assert not holds(odd, C.EQ, operand, path)
        assert not holds(odd, C.EQ, "", path)
        assert holds(odd, C.NEQ, "", path)


@pytest.mark.parametrize(
    ("value", "condition", "operand", "held"),
    [
        ("2026-03-04T15:00:00.123456789Z", C.IN, ["2026-03-04T15:00:00Z"], True),
        ("2026-03-04T15:00:01Z", C.IN, ["2026-03-04T15:00:00Z"], False),
        ("2026-03-04T15:00:00.999999999Z", C.NEQ, "2026-03-04T15:00:00Z", False),
        ("2026-03-04T15:00:00.999999999Z", C.GT, "2026-03-04T15:00:00Z", False),
        ("2026-03-04T15:00:00.999999999Z", C.LTE, "2026-03-04T15:00:00Z", True),
        ("2026-03-04T15:00:01Z", C.GT, "2026-03-04T15:00:00Z", True),
        ("2026-03-04T15:00:00.1234567Z", C.IN, ["2026-03-04T15:00:00.123456Z"], True),
        ("2026-03-04T15:00:00.1234567Z", C.GT, "2026-03-04T15:00:00.123456Z", False),
        ("2026-03-04T16:00:00.1+01:00", C.LT, "2026-03-04T15:00:00.12Z", True),
        ("not a time", C.NEQ, "2026-03-04T15:00:00Z", True),
    ],
)
def test_a_written_second_stands_for_all_of_it_and_a_fraction_for_its_microsecond(
    value: Any, condition: Condition, operand: Any, held: bool
) -> None:
    assert holds(value, condition, operand, "createdAt") is held
    assert holds(value, condition, operand, "stateTimestamps.JOB_STATE_NEW") is held


@pytest.mark.parametrize("spelt", ["JOB_STATE_COMPLETE", "COMPLETE", "complete", "jobStateComplete"])
def test_the_time_of_a_state_is_found_however_the_record_spells_it(spelt: str) -> None:
    record = {"stateTimestamps": {spelt: "2026-03-04T15:00:00Z", "JOB_STATE_NEW": "2026-03-01T00:00:00Z"}}
    asked = Filter(field="stateTimestamps.complete", condition=C.GTE, value="2026-03-04T00:00:00Z")
    assert found_in_table([record], understand([asked], NOW)) == [0]


@pytest.mark.parametrize("value", ["Große Straße", "GROSSE STRASSE", "große straße", "Große\nSTRAẞE"])
def test_like_takes_no_account_of_case_and_crosses_lines(value: str) -> None:
    assert holds(value, C.LIKE, "GRO%STRA%", "name")
    assert holds(value, C.LIKE, "%strasse", "name")
    assert holds(value, C.LIKE, "gro%ß%e", "name")
    assert not holds(value, C.LIKE, "strasse", "name")


@pytest.mark.parametrize("pattern", ["complete", "JOB_STATE_COMPLETE", "%_state_c%", "COMP%"])
def test_a_state_is_like_itself_with_its_prefix_or_without(pattern: str) -> None:
    assert holds("JOB_STATE_COMPLETE", C.LIKE, pattern, "state")


def test_the_prefix_of_states_is_that_of_no_other_text() -> None:
    assert holds("EXECUTION_PRIORITY_FAST", C.LIKE, "execution_priority_%", "priority")
    assert not holds("EXECUTION_PRIORITY_FAST", C.LIKE, "JOB_STATE_%", "priority")
    assert not holds("JOB_STATE_COMPLETE", C.LIKE, "EXECUTION_PRIORITY_%", "state")
    assert not holds("COMPLETE", C.LIKE, "JOB_STATE_%", "name")
    assert not holds("COMPLETE", C.LIKE, "JOB_STATE_%", "params.it")


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("%a" * 500, "a" * 3999 + "b"),
        ("%a_" * 333 + "%c", "ab" * 1999),
        ("%" + "_" * 998 + "b", "a" * 4000),
        ("%_a%_a%_b" * 100, "a" * 4000),
        ("_" * 1000, "é" * 1000),
    ],
)
def test_no_pattern_blows_up(pattern: str, text: str) -> None:
    began = time.process_time()
    holds(text, C.LIKE, pattern, "name")
    assert time.process_time() - began < 5


@pytest.mark.parametrize("name", ["a.c", "(?>[x])*+\\", "100%", "it's", "a\\b", "$", "é^"])
def test_a_pattern_is_not_a_regular_expression(name: str) -> None:
    assert holds(name, C.LIKE, name, "name")
    assert not holds("abc", C.LIKE, name, "name")


@given(st.text(), st.text())
def test_a_pattern_of_any_text_is_taken(text: str, pattern: str) -> None:
    text, pattern = text.replace("\0", ""), pattern.replace("\0", "")
    with holding([record_of({"name": text})]) as table:
        anything, _ = (
            find(table, [Filter(field="name", condition=C.LIKE, value=one)]) for one in ("%", pattern)
        )
    assert anything == ([0] if text else [])


# Orders


def sorted_by_table(records: Records, order: Order) -> Records:
    with holding(records) as table:
        rows = table.execute(f"SELECT number FROM records ORDER BY {write_order(order)}").fetchall()
    return [records[number] for (number,) in rows]


SORTABLE = [name for name in ODD if name not in FIELDS or FIELDS[name].kind is not Kind.LIST]


@given(st.data(), st.sampled_from([*SORTABLE, ""]), st.sampled_from(["asc", "desc"]))
def test_the_table_sorts_as_plain_python_sorts(data: st.DataObject, name: str, direction: str) -> None:
    order = Order(name, direction) if name else Order()
    members: dict[Any, Any] = {each: ODD[each] for each in ("id", "createdAt", *([name] if name else []))}
    records = data.draw(st.lists(st.fixed_dictionaries({}, optional=members).map(record_of), max_size=6))
    assert sorted_by_table(records, order) == evaluate.in_order(records, order)


@given(st.sampled_from(["createdAt", "duration", "name"]), st.sampled_from(["asc", "desc"]), st.data())
def test_the_table_sorts_as_the_simulator_sorts(path: str, direction: str, data: st.DataObject) -> None:
    values = {"createdAt": times(FRACTIONS, OFFSETS), "duration": POSITIVE, "name": LETTERS}[path]
    records = [record_of({path: value}) for value in data.draw(st.lists(values | st.none(), max_size=8))]
    clause, parameters = search_sql.build_order(f"{path} {direction}")
    with closing(sqlite_of(records)) as database:
        rows = database.execute(f"SELECT record FROM jobs ORDER BY {clause}", parameters).fetchall()
    keys = [evaluate.value_of(json.loads(text), path) for (text,) in rows]
    assert [
        evaluate.value_of(record, path) for record in sorted_by_table(records, Order(path, direction))
    ] == keys
