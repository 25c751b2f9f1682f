"""Parts of many answers: the state of the table, the filters as understood, and the label of simulated data."""

from datetime import datetime
from typing import Any

import pytest

from bytenite_mcp.api.filters import Condition, Filter
from bytenite_mcp.api.models import JobState
from bytenite_mcp.server.answers.common import (
    LONGEST_FILTER,
    describe_filters,
    describe_status,
    describe_zone,
    explain_state,
)
from bytenite_mcp.server.render import label
from bytenite_mcp.table.filters import understand
from bytenite_mcp.table.status import TableStatus
from tests.conftest import NOW
from tests.server.conftest import Asker

pytestmark = pytest.mark.anyio

BEGAN = datetime.fromisoformat("2026-11-29T02:02:03.75+01:00")


def told(status: TableStatus, *notes: str) -> dict[str, Any]:
    return label(describe_status(status, *notes), simulated=False)


def test_a_complete_table_only_says_as_of_when_it_is_true() -> None:
    assert told(TableStatus(BEGAN, partial=False, read=500, total=500)) == {"asOf": "2026-11-29T01:02:03Z"}


def test_without_a_date_from_bytenite_there_is_none() -> None:
    assert told(TableStatus(None, partial=False, read=500)) == {}


@pytest.mark.parametrize(
    ("total", "again_in", "note"),
    [
        (40_000, 14.2, "PARTIAL: 12,000 of 40,000 jobs have been read so far; ask again in 15 s."),
        (11_000, 14.2, "PARTIAL: 12,000 jobs have been read so far; ask again in 15 s."),
        (None, 15, "PARTIAL: 12,000 jobs have been read so far; ask again in 15 s."),
        (40_000, None, "PARTIAL: 12,000 of 40,000 jobs have been read so far."),
    ],
)
def test_a_partial_table_says_how_much_is_read_and_when_to_ask_again(
    total: int | None, again_in: float | None, note: str
) -> None:
    status = TableStatus(BEGAN, partial=True, read=12_000, total=total, again_in=again_in)
    assert told(status) == {"asOf": "2026-11-29T01:02:03Z", "partial": True, "note": note}


def test_further_notes_follow_in_the_same_text() -> None:
    status = TableStatus(BEGAN, partial=True, read=1, notes=("New jobs come late",))
    assert told(status, "", "Money in BYC.")["note"] == (
        "PARTIAL: 1 jobs have been read so far. New jobs come late. Money in BYC."
    )


def test_what_is_not_set_is_left_out_and_simulated_data_is_labelled_first() -> None:
    content: dict[str, Any] = {"count": 0, "note": "", "asOf": None}
    assert label(content, simulated=False) == {"count": 0}
    assert list(label(content, simulated=True)) == ["simulated", "count"]


def test_filters_are_told_as_they_were_understood_in_bounded_length_and_without_secrets() -> None:
    many = Filter(field="id", condition=Condition.IN, value=[str(number) for number in range(9999)])
    secret = Filter(field="name", condition=Condition.EQ, value="password=xK9-ab7Q2w")
    told = describe_filters([many, secret])["filters"]
    assert isinstance(told, list)
    assert len(str(told[0])) <= LONGEST_FILTER
    assert told[1] == "name EQ password=[withheld]"
    assert describe_filters([]) == {}


def test_finished_and_unfinished_are_told_by_name() -> None:
    for written in ("EQ FINISHED", "NEQ FINISHED", "EQ UNFINISHED", "NEQ UNFINISHED"):
        name, _, value = written.partition(" ")
        understood = understand([Filter(field="state", condition=Condition[name], value=value)], NOW)
        assert describe_filters(understood) == {"filters": [f"state {written}"]}
    others = Filter(field="state", condition=Condition.IN, value=["FINISHED", "NEW"])
    assert "JOB_STATE_NEW" in str(describe_filters(understand([others], NOW)))


def test_a_value_with_a_semicolon_which_joins_filters_in_a_text_is_quoted() -> None:
    given = Filter(field="name", condition=Condition.EQ, value="a;b")
    assert describe_filters([given]) == {"filters": ['name EQ "a;b"']}


async def test_both_tools_with_filters_explain_a_groups_text(asker: Asker) -> None:
    filters = [{"field": "name", "condition": "EQ", "value": "nothing like #"}]
    for tool in ("filter_jobs", "summarize_jobs"):
        answer = await asker.ask(tool, filters=filters)
        assert "use LIKE with % in their place" in answer.content["note"]


def test_a_time_zone_is_named_unless_it_is_utc() -> None:
    assert describe_zone("UTC") == {}
    assert describe_zone("Europe/Berlin") == {"timezone": "Europe/Berlin"}


@pytest.mark.parametrize("state", JobState)
def test_every_state_is_explained_and_an_unknown_one_is_not(state: JobState) -> None:
    assert explain_state(state.value)
    assert explain_state(f"{state.value}_2") == ""
