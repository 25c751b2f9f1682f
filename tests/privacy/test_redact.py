"""Redacted records: no secret is shown, whatever the record looks like, and every gap is marked."""

import json
import re
from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bytenite_mcp.privacy.redact import Shared, clean_log, clean_record, clean_results, name_unreadable
from bytenite_mcp.privacy.spans import WITHHELD
from bytenite_mcp.privacy.texts import scrub
from bytenite_mcp.simulator import World
from bytenite_mcp.simulator.data_sources import PLANTED
from tests.conftest import NOW, wire

SECRET = "hunter2-Hunter2"


def clean(record: Mapping[str, Any]) -> dict[str, Any]:
    return dict(clean_record(record)[0])


def write(record: Mapping[str, Any]) -> str:
    return json.dumps(clean(record), ensure_ascii=False)


def read_worlds_records() -> list[dict[str, Any]]:
    world = World(1000, seed=1, clock=lambda: NOW)
    assert len(world.secrets) > 100
    return [json.loads(text) for (text,) in world.rows("SELECT record FROM jobs")]


def test_planted_secrets_in_a_thousand_records_never_appear() -> None:
    for record in read_worlds_records():
        text = write(record)
        assert PLANTED not in text, text
        assert (PLANTED in json.dumps(record)) <= (WITHHELD in text)


@pytest.mark.parametrize(
    "where", ["accessKey", "secretKey", "tempUrl", "password", "hf_token", "HF_TOKEN", "apiKey"]
)
def test_a_secret_repeated_elsewhere_in_its_record_is_cut_out_there(where: str) -> None:
    holding = re.compile(rf'"{where}": "([^"]*{PLANTED}[^"]*)"')
    record, secret = next(
        (record, found[1])
        for record in read_worlds_records()
        if (found := holding.search(json.dumps(record)))
    )
    after = clean(
        record | {"name": f"run {secret}", "errorMessage": f"<{secret}> denied", "novelty": {"z": [secret]}}
    )
    assert after["name"] == f"run {WITHHELD}"
    assert after["errorMessage"] == f"<{WITHHELD}> denied"
    assert after["novelty"] == {"z": [WITHHELD]}


def test_a_secret_repeated_in_what_its_own_data_source_shows_is_cut_out_there() -> None:
    params = {
        "secretKey": SECRET,
        "name": f"in/{SECRET}.mp4",
        "bucketName": SECRET,
        "url": f"s3://h/{SECRET}/",
    }
    """All but the descriptor, which says what kind of source it is."""
    shown = clean({"dataSource": {"dataSourceDescriptor": SECRET, "params": params}})
    assert shown["dataSource"] == {
        "dataSourceDescriptor": SECRET,
        "params": {
            "secretKey": WITHHELD,
            "name": f"in/{WITHHELD}.mp4",
            "bucketName": WITHHELD,
            "url": f"s3://h/{WITHHELD}/",
        },
    }


def test_the_captured_record_with_echoed_secrets_shows_all_but_them() -> None:
    record = wire("09")["job"]
    for side in ("dataSource", "dataDestination"):
        params, after = record[side]["params"], clean(record)[side]["params"]
        assert params["accessKey"]
        assert {name: after[name] for name in ("accessKey", "secretKey")} == dict.fromkeys(
            ("accessKey", "secretKey"), WITHHELD
        )
        shown = {"@type", "name", "bucketName", "cloudRegion"} & params.keys()
        assert {name: after[name] for name in shown} == {name: params[name] for name in shown}


@pytest.mark.parametrize("number", ["02", "03", "06", "07", "08", "18"])
def test_a_captured_record_comes_out_whole_but_for_its_data_sources(number: str) -> None:
    record = wire(number)["job"]
    sources = {"dataSource", "dataDestination"}
    after = clean(record)
    assert after.keys() == record.keys()
    assert {n: after[n] for n in after.keys() - sources} == {n: record[n] for n in record.keys() - sources}


def test_the_record_itself_stays_as_it_was() -> None:
    record = wire("09")["job"]
    before = json.dumps(record)
    clean(record)
    assert json.dumps(record) == before


def test_a_job_keeps_the_ids_and_times_it_is_found_by_whatever_else_they_are() -> None:
    record = {
        "id": SECRET,
        "templateId": SECRET,
        "state": SECRET,
        "createdAt": SECRET,
        "name": f"is {SECRET}",
        "params": {"password": SECRET},
    }
    assert clean(record) == record | {"name": f"is {WITHHELD}", "params": {"password": WITHHELD}}


@pytest.mark.parametrize("short", ["ab1", "abc", "monday", "production"])
def test_a_value_that_could_be_a_word_is_withheld_where_it_stands_and_not_elsewhere(short: str) -> None:
    record = {"name": f"run {short}", "params": {"app": {"db": {"password": short}}}}
    after = clean(record)
    assert after["name"] == f"run {short}"
    assert after["params"]["app"]["db"]["password"] == WITHHELD


# Laws

TEXTS = st.text(max_size=30) | st.sampled_from(
    [
        "password=x9K2-ab7Q",
        "https://u:Pw9-x7@h/p?sig=Ab3dEf9h",
        "Bearer abcdefgh12345678",
        "key: value",
        "{}",
        "-p",
        "=",
    ]
)
NAMES = st.text(max_size=8) | st.sampled_from(
    ["name", "value", "token", "key", "params", "@type", "url", "id"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=10,
)
RECORDS = st.dictionaries(NAMES, VALUES, max_size=5)


@given(RECORDS)
@settings(max_examples=300)
def test_anything_json_can_hold_comes_out_as_json_in_utf8(record: dict[str, Any]) -> None:
    assert isinstance(json.loads(write(record).encode()), dict)


@given(RECORDS)
@settings(max_examples=300)
@example({"odd": ["KeyValue", "0A\x1f", None]})
def test_what_has_been_cleaned_is_clean(record: dict[str, Any]) -> None:
    once = clean(record)
    assert json.dumps(clean(once)) == json.dumps(once)


@given(RECORDS, st.text(min_size=1, max_size=20))
@settings(max_examples=300)
def test_an_id_is_never_changed(record: dict[str, Any], job_id: str) -> None:
    shown = clean(record | {"id": job_id, "templateId": job_id})
    assert shown["id"] == clean({"id": job_id})["id"]
    assert shown["templateId"] == shown["id"]


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, member in inner:
        yield from paths(member, (*path, name))


@given(RECORDS, st.sampled_from(["password", "db_pass", "clientSecret", "passphrase"]), st.data())
@settings(max_examples=300)
def test_a_secret_under_a_sure_name_survives_nowhere(
    record: dict[str, Any], name: str, data: st.DataObject
) -> None:
    secret = "xK9-" + data.draw(st.text("abcdefgh0123456789", min_size=8, max_size=20)) + "-Q7z"
    objects = [path for path in paths(record) if isinstance(follow(record, path), dict)]
    follow(record, data.draw(st.sampled_from(objects)))[name] = secret
    record |= {"errorMessage": f"no entry with {secret} today", "description": secret}
    assert secret not in write(record)


def follow(value: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        value = value[step]
    return value


@given(st.text())
def test_a_text_that_was_scrubbed_needs_no_more_scrubbing(text: str) -> None:
    assert scrub(scrub(text)) == scrub(text)


TOKEN = "Zq8xw3Vb7k"
"""Shown under `key` if it is an identifier elsewhere in the record, and withheld otherwise."""

SHARED = st.sampled_from(
    [{"key": TOKEN}, {"key": TOKEN, "also": [TOKEN]}, {"password": SECRET}, {"key": "\ud83d"}]
)
APART = st.fixed_dictionaries(
    {},
    optional={
        "params": SHARED | VALUES,
        "dataSource": SHARED | st.fixed_dictionaries({"params": SHARED}),
        "dataDestination": st.just({"params": {"name": TOKEN, "accessKey": SECRET}}),
    },
)
REST = st.fixed_dictionaries(
    {}, optional={"name": st.sampled_from([TOKEN, f"run {SECRET}", "nightly"]) | TEXTS, "novelty": SHARED}
)


@given(st.lists(APART, min_size=1, max_size=2), st.lists(REST, min_size=2, max_size=5))
@settings(max_examples=300)
def test_records_that_share_sources_and_parameters_look_as_they_do_alone(
    aparts: list[dict[str, Any]], rests: list[dict[str, Any]]
) -> None:
    shared: Shared = {}
    for apart, rest in product(aparts, rests):
        together, alone = clean_record(apart | rest, shared), clean_record(apart | rest)
        assert json.dumps(together[0]) == json.dumps(alone[0])
        assert together[1] == alone[1]


def test_an_identifier_of_another_record_does_not_free_a_secret() -> None:
    shared: Shared = {}
    freed: dict[str, Any] = {"id": "a", "params": {"key": TOKEN}, "name": TOKEN}
    assert clean_record(freed, shared)[0] == freed
    assert clean_record({"id": "b", "params": {"key": TOKEN}}, shared)[0] == {
        "id": "b",
        "params": {"key": WITHHELD},
    }
    assert clean_record(freed, shared)[0] == freed


# The log of a job, and the names of its outputs

CREDENTIAL = "xK9-ab7Q2wZt5Lm"


def lines(*texts: str) -> list[dict[str, Any]]:
    return [{"log": text, "timestamp": None, "level": None} for text in texts]


def shown(rows: Any) -> list[str]:
    """Return the lines of an assembler's log, redacted."""
    cleaned = clean_log({"assembler": rows}, set())
    assert {(row.service, row.task) for row in cleaned} <= {("ASSEMBLER", "")}
    return [row.text for row in cleaned]


def test_what_one_line_names_is_cut_out_of_all_others() -> None:
    answer: Any = {
        "partitioner": lines(f"password={CREDENTIAL}"),
        "assembler": lines(f"ends with {CREDENTIAL}"),
        "taskrunner": {"a-task": {"logs": lines(f"{CREDENTIAL} again")}},
    }
    assert clean_log(answer, set()) == [
        ("PARTITIONER", "", "password=[withheld]", None, None),
        ("TASKRUNNER", "a-task", "[withheld] again", None, None),
        ("ASSEMBLER", "", "ends with [withheld]", None, None),
    ]


def test_a_key_that_extends_over_lines_is_cut_out_of_each_and_no_line_is_lost() -> None:
    key = ["-----BEGIN PRIVATE KEY-----", "MIIEvQIBADANBgkqhkiG9w0B", "-----END PRIVATE KEY-----"]
    assert shown(lines("before", *key, "after")) == ["before", *["[withheld]"] * 3, "after"]


def test_json_at_the_end_of_a_line_is_read_by_its_structure() -> None:
    log = shown(lines('INFO [1] sent {"argv": ["curl", "-u", "ana:tulip"], "fps": 24}'))
    assert log == ['INFO [1] sent {"argv": ["curl", "-u", "[withheld]"], "fps": 24}']


def test_what_the_structure_of_a_line_reveals_is_cut_out_of_the_others() -> None:
    log = shown(lines(f'sent {{"pairs": [["ana", 5], ["password", "{CREDENTIAL}"]]}}', f"using {CREDENTIAL}"))
    assert log == ['sent {"pairs": [["ana", 5], ["password", "[withheld]"]]}', "using [withheld]"]


@pytest.mark.parametrize("rows", [None, [], "text", 5, {"log": "x"}])
def test_lines_that_are_no_list_are_none(rows: Any) -> None:
    assert shown(rows) == []


def test_a_line_may_be_a_text_alone() -> None:
    assert shown(["one", *lines("two"), 3]) == ["one", "two"]


@pytest.mark.parametrize(
    ("answer", "unreadable"),
    [
        ({}, []),
        ({"partitioner": lines("a"), "assembler": ["b"], "taskrunner": {"t": {"logs": []}}}, []),
        ({"assembler": [{"log": None}, {}]}, []),
        ({"partitioner": "text", "assembler": [5]}, ["PARTITIONER", "ASSEMBLER"]),
        ({"assembler": [{"log": 5}]}, ["ASSEMBLER"]),
        ({"taskrunner": [lines("a")]}, ["TASKRUNNER"]),
        ({"taskrunner": {"t": {"logs": [5]}}}, ["TASKRUNNER"]),
    ],
)
def test_services_whose_lines_are_dropped_are_named(answer: Any, unreadable: list[str]) -> None:
    assert name_unreadable(answer) == unreadable


ROWS = st.lists(st.none() | st.text(max_size=5) | st.integers() | st.just({"log": "x"}), max_size=4)


@given(ROWS | st.integers() | st.text())
def test_a_line_is_shown_or_its_service_is_named(rows: Any) -> None:
    whole = not rows or (isinstance(rows, list) and len(shown(rows)) == len(rows))
    assert whole is not bool(name_unreadable({"assembler": rows}))


def test_the_name_of_an_output_is_redacted_and_its_link_is_not() -> None:
    link = f"https://h.example/a?sig={CREDENTIAL}"
    rows: Any = [{"name": f"{CREDENTIAL}.mp4", "link": link}, {"name": "password=hunter2-7"}, {}]
    assert clean_results(rows, {CREDENTIAL}) == [
        {"name": "[withheld].mp4", "link": link},
        {"name": "password=[withheld]", "link": ""},
        {"name": "", "link": ""},
    ]
