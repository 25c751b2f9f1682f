"""The lines of a log: merged in the order of time, selected, and shown with their context."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bytenite_mcp.api.models import LogService
from bytenite_mcp.jobs.logs import LONGEST_LINE, Line, add_context, merge, select
from bytenite_mcp.privacy.redact import LogRow
from bytenite_mcp.table.errors import BadQuery

FIRST, TASKS, LAST = LogService.PARTITIONER, LogService.TASKRUNNER, LogService.ASSEMBLER


def row(service: LogService, second: int | None, text: str, level: Any = "", task: str = "") -> LogRow:
    stamp = None if second is None else f"2026-03-04T15:00:{second:02}.5Z"
    return LogRow(service, task, text, stamp, level)


def texts(*rows: LogRow) -> list[str]:
    return [line.text for line in merge(rows)]


def line(text: str, level: str = "UNKNOWN", task: str = "", service: str = "TASKRUNNER") -> Line:
    return Line(0, "", service, task, level, text)


def test_lines_of_all_services_and_tasks_come_in_the_order_of_time() -> None:
    one, two = (
        [row(TASKS, 3, "b", task="one"), row(TASKS, 5, "d", task="one")],
        row(TASKS, 4, "c", task="two"),
    )
    rows = [row(LAST, 9, "last"), *one, two, row(FIRST, 1, "a")]
    assert texts(*rows) == ["a", "b", "c", "d", "last"]
    assert [(line.service, line.task) for line in merge(rows)][1:3] == [(TASKS, "one"), (TASKS, "two")]


def test_a_line_without_a_time_stays_behind_the_one_before() -> None:
    assert texts(row(FIRST, 5, "a"), row(LAST, 6, "c"), row(FIRST, None, "b")) == ["a", "b", "c"]


@given(st.lists(st.none() | st.integers(0, 59), max_size=8), st.lists(st.integers(0, 59), max_size=8))
def test_no_line_is_lost(one: list[int | None], other: list[int]) -> None:
    lines = merge([*(row(FIRST, at, "x") for at in one), *(row(LAST, at, "y") for at in sorted(other))])
    assert len(lines) == len(one) + len(other)
    assert [line.at for line in lines] == sorted(line.at for line in lines)


def test_an_unknown_level_is_that_of_the_jobs_own_output() -> None:
    lines = merge(row(FIRST, 1, "x", level) for level in (None, 5, "loud", "error"))
    assert [line.level for line in lines] == ["UNKNOWN", "UNKNOWN", "UNKNOWN", "ERROR"]


LINES = [
    line("Straße blocked", "INFO"),
    line("exit 137", "ERROR"),
    line("own output"),
    line("exit 0", "INFO", service="ASSEMBLER"),
]


@pytest.mark.parametrize(
    ("chosen", "places"),
    [
        ({}, [0, 1, 2, 3]),
        ({"service": "ASSEMBLER"}, [3]),
        ({"minimum_level": "WARN"}, [1, 2]),
        ({"contains": "STRASSE"}, [0]),
        ({"contains": r"/exit \d{3}/"}, [1]),
        ({"contains": "/"}, []),
        ({"contains": "exit", "service": "ASSEMBLER"}, [3]),
    ],
)
def test_lines_are_selected_by_service_level_and_text(chosen: dict[str, Any], places: list[int]) -> None:
    assert sorted(select(LINES, **chosen)) == places


def test_an_invalid_expression_is_refused_by_the_arguments_name() -> None:
    with pytest.raises(BadQuery, match=r"^contains: "):
        select(LINES, contains="/(/")


def test_context_is_of_the_same_service_and_task() -> None:
    lines = [line(f"{number}", task="ab"[number % 2]) for number in range(8)]
    assert add_context(lines, {4}, 1) == [2, 4, 6]
    assert add_context(lines, {0, 7}, 1) == [0, 2, 5, 7]
    assert add_context(lines, [], 3) == []


def test_a_long_line_is_shown_from_its_match_on() -> None:
    long = line("x" * 1000 + "needle" + "x" * 1000)
    (start,) = select([long], contains="needle").values()
    assert "needle" in long.around(start).render()
    assert "needle" not in long.render()
    assert len(long.around(start).render()) < LONGEST_LINE + 100
    short = line("x" * 400 + "needle")
    assert short.around(400) == short


def test_a_line_is_written_with_its_time_service_task_and_level() -> None:
    (one,) = merge([row(TASKS, 5, "a\nb  ", "warn", "0123456789")])
    assert one.render() == "2026-03-04T15:00:05Z TASKRUNNER 01234567 WARN a\n    b"
    assert one.moment.microsecond == 500_000
