"""The log of a job, and the names of its outputs."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bytenite_mcp.privacy.outputs import clean_log, clean_results, name_unreadable

SECRET = "xK9-ab7Q2wZt5Lm"


def lines(*texts: str) -> list[dict[str, Any]]:
    return [{"log": text, "timestamp": None, "level": None} for text in texts]


def shown(rows: Any) -> list[str]:
    """Return the lines of an assembler's log, redacted."""
    cleaned = clean_log({"assembler": rows}, set())
    assert {(row.service, row.task) for row in cleaned} <= {("ASSEMBLER", "")}
    return [row.text for row in cleaned]


def test_what_one_line_names_is_cut_out_of_all_others() -> None:
    answer: Any = {
        "partitioner": lines(f"password={SECRET}"),
        "assembler": lines(f"ends with {SECRET}"),
        "taskrunner": {"a-task": {"logs": lines(f"{SECRET} again")}},
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
        ({"partitioner": "text", "assembler": [5]}, ["PARTITIONER", "ASSEMBLER"]),
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
    link = f"https://h.example/a?sig={SECRET}"
    rows: Any = [{"name": f"{SECRET}.mp4", "link": link}, {"name": "password=hunter2-7"}, {}]
    assert clean_results(rows, {SECRET}) == [
        {"name": "[withheld].mp4", "link": link},
        {"name": "password=[withheld]", "link": ""},
        {"name": "", "link": ""},
    ]
