"""States and priorities as people write them, and what is said of those that do not exist."""

import json

import pytest

from bytenite_mcp.api.filters import ENDED, Condition, Value
from bytenite_mcp.api.models import JobState, Priority
from bytenite_mcp.table.errors import BadQuery
from bytenite_mcp.table.states import IN_PROGRESS, likely_states, read_priority, read_state
from tests.table.test_filters import C, asked, meant, problem

FINISHED = ["JOB_STATE_COMPLETE", "JOB_STATE_FAILED", ENDED]


@pytest.mark.parametrize("state", JobState)
def test_a_state_is_understood_in_any_spelling(state: JobState) -> None:
    words = state.short.replace("_", " ")
    for spelling in (
        state.value,
        state.value.lower(),
        state.short,
        state.short.title(),
        f" {words} ",
        words.replace(" ", "-"),
    ):
        assert meant("state", spelling) == state.value


def test_states_in_a_list_are_understood_one_by_one() -> None:
    assert meant("state", ["failed", "Complete"], C.IN) == ["JOB_STATE_FAILED", "JOB_STATE_COMPLETE"]


@pytest.mark.parametrize(
    "word", ["RUNNING", "running", "In progress", "JOB_STATE_RUNNING", "active", "processing"]
)
def test_running_is_answered_with_the_states_it_most_likely_means(word: str) -> None:
    said = problem("state", C.EQ, word)
    before, _, advice = said.removesuffix(".").partition("; most likely meant: ")
    assert before == f"filters[0].value: ByteNite has no state {word!r}"
    assert json.loads(advice) == {
        "field": "state",
        "condition": "FILTER_CONDITION_IN",
        "value": [
            "JOB_STATE_STARTED",
            "JOB_STATE_UPLOADING",
            "JOB_STATE_PARTITIONING",
            "JOB_STATE_PARTITIONED",
            "JOB_STATE_TASKS_COMPLETED",
            "JOB_STATE_MERGING",
            "JOB_STATE_MERGED",
            "JOB_STATE_DOWNLOADING",
        ],
    }
    assert [state.value for state in IN_PROGRESS] == json.loads(advice)["value"]


@pytest.mark.parametrize(
    ("word", "condition", "states"),
    [
        ("SUCCEEDED", "EQ", "JOB_STATE_COMPLETE"),
        ("completed", "EQ", "JOB_STATE_COMPLETE"),
        ("done", "EQ", "JOB_STATE_COMPLETE"),
        ("CANCELLED", "EQ", "JOB_STATE_FAILED"),
        ("aborted", "EQ", "JOB_STATE_FAILED"),
        ("Error", "EQ", "JOB_STATE_FAILED"),
        ("draft", "EQ", "JOB_STATE_NEW"),
        ("QUEUED", "IN", ["JOB_STATE_STARTED", "JOB_STATE_UPLOADING"]),
        ("pending", "IN", ["JOB_STATE_STARTED", "JOB_STATE_UPLOADING"]),
        ("FALIED", "EQ", "JOB_STATE_FAILED"),
        ("COMPLET", "EQ", "JOB_STATE_COMPLETE"),
    ],
)
def test_a_state_that_does_not_exist_is_answered_with_the_filter_to_send(
    word: str, condition: str, states: str | list[str]
) -> None:
    advice = problem("state", C.EQ, word).removesuffix(".").partition("most likely meant: ")[2]
    assert json.loads(advice) == {
        "field": "state",
        "condition": f"FILTER_CONDITION_{condition}",
        "value": states,
    }


@pytest.mark.parametrize(
    ("condition", "value", "advice"),
    [
        (C.NEQ, "done",
         '{"field": "state", "condition": "FILTER_CONDITION_NEQ", "value": "JOB_STATE_COMPLETE"}'),
        (C.NEQ, "queued",
         '{"field": "state", "condition": "FILTER_CONDITION_NOT_IN", '
         '"value": ["JOB_STATE_STARTED", "JOB_STATE_UPLOADING"]}'),
        (C.NOT_IN, ["FAILED", "done"], '"JOB_STATE_COMPLETE"'),
        (C.IN, ["FAILED", "queued"], '"JOB_STATE_STARTED", "JOB_STATE_UPLOADING"'),
    ],
)  # fmt: skip
def test_the_advice_means_what_was_asked_and_keeps_the_rest_of_a_list(
    condition: Condition, value: Value, advice: str
) -> None:
    assert problem("state", condition, value).endswith(f"; most likely meant: {advice}.")


@pytest.mark.parametrize(
    ("condition", "value", "meant_as"),
    [
        (C.EQ, "FINISHED", (C.IN, FINISHED)),
        (C.NEQ, "finished", (C.NOT_IN, FINISHED)),
        (C.IN, ["NEW", "finished"], (C.IN, ["JOB_STATE_NEW", *FINISHED])),
        (C.EQ, "Unfinished", (C.NOT_IN, ["JOB_STATE_NEW", *FINISHED, ""])),
        (C.NEQ, "UNFINISHED", (C.IN, ["JOB_STATE_NEW", *FINISHED, ""])),
        (C.IN, ["UNFINISHED", "NEW"], (C.NOT_IN, [*FINISHED, ""])),
        (C.NOT_IN, ["JOB_STATE_NEW", *FINISHED, ""], (C.NOT_IN, ["JOB_STATE_NEW", *FINISHED, ""])),
        (C.NOT_IN, ["UNFINISHED", "MERGING", "FINISHED"], (C.IN, ["JOB_STATE_NEW", ""])),
    ],
)
def test_finished_and_unfinished_stand_for_their_states_and_an_unknown_state_is_finished_if_the_job_has_ended(
    condition: Condition, value: Value, meant_as: tuple[Condition, list[str]]
) -> None:
    (resolved,) = asked("state", condition, value)
    assert (resolved.condition, resolved.value) == meant_as


@pytest.mark.parametrize("priority", Priority)
def test_a_priority_is_understood_with_its_prefix_or_without(priority: Priority) -> None:
    short = priority.removeprefix("EXECUTION_PRIORITY_")
    for spelling in (priority.value, priority.value.lower(), f" {short.title()} "):
        assert read_priority(spelling, "priority") == priority.value


def test_a_priority_that_does_not_exist_is_answered_with_those_that_do() -> None:
    with pytest.raises(BadQuery, match=r"^priority: there is no priority 'HIGH'; they are .*_FAST\.$"):
        read_priority("HIGH", "priority")


def test_what_is_not_set_stays_so() -> None:
    assert read_state("", "state", C.EQ) == read_priority("", "priority") == ""


def test_an_unknown_word_means_the_state_it_names_is_like_or_nothing() -> None:
    assert likely_states("merging") == (JobState.MERGING,)
    assert likely_states("MERGNIG") == (JobState.MERGING,)
    assert likely_states("xyzzy") == ()
