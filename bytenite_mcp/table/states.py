"""Reads states and priorities as people write them, and guesses the meaning of those that do not exist."""

import difflib
import json
from collections.abc import Sequence

from bytenite_mcp.api.filters import ENDED, Condition, Filter, Scalar
from bytenite_mcp.api.models import STATE_PREFIX, TERMINAL, JobState, Priority, normalize_state
from bytenite_mcp.table.errors import BadQuery

IN_PROGRESS = tuple(state for state in JobState if state not in TERMINAL and state is not JobState.NEW)
FINISHED, UNFINISHED = "FINISHED", "UNFINISHED"
"""Names for several states. An unknown state is finished if the job has an end time, and otherwise unfinished."""

_FINISHED_STATES: list[Scalar] = [JobState.COMPLETE.value, JobState.FAILED.value, ENDED]
_NOT_UNFINISHED: list[Scalar] = [JobState.NEW.value, *_FINISHED_STATES, ""]
_ABORTED = ("CANCELLED", "CANCELED", "ABORTED", "KILLED", "STOPPED")
_LIKELY_STATES: dict[str, tuple[JobState, ...]] = {
    **dict.fromkeys(("RUNNING", "PROCESSING", "ACTIVE", "EXECUTING", "IN_PROGRESS", "WORKING"), IN_PROGRESS),
    **dict.fromkeys(
        ("QUEUED", "PENDING", "WAITING", "SCHEDULED", "SUBMITTED"), (JobState.STARTED, JobState.UPLOADING)
    ),
    **dict.fromkeys(("SUCCEEDED", "SUCCESS", "SUCCESSFUL", "DONE", "COMPLETED", "OK"), (JobState.COMPLETE,)),
    **dict.fromkeys((*_ABORTED, "ERROR", "ERRORED", "FAILURE", "TIMEOUT", "CRASHED"), (JobState.FAILED,)),
    **dict.fromkeys(("DRAFT", "CREATED"), (JobState.NEW,)),
}


def resolve_states(condition: Condition, values: Sequence[Scalar], where: str) -> Filter:
    """Make the filter for states, which may include FINISHED and UNFINISHED.

    Raises:
        BadQuery: There is no such state; the message suggests the likely one.
    """
    words = [_word(value) for value in values]
    states: list[Scalar] = [
        read_state(value, where, condition)
        for value, word in zip(values, words, strict=True)
        if not _is_set(word)
    ]
    wanted = condition in (Condition.EQ, Condition.IN)
    if FINISHED in words:
        states += _FINISHED_STATES
    if UNFINISHED in words:
        wanted, states = not wanted, [state for state in _NOT_UNFINISHED if state not in states]
    elif not any(map(_is_set, words)):
        return Filter(field="state", condition=condition, value=states if condition.takes_list else states[0])
    return Filter(field="state", condition=Condition.IN if wanted else Condition.NOT_IN, value=states)


def restate(asked: Filter) -> Filter:
    """Return the filter for FINISHED or UNFINISHED as it is written, and any other as it is."""
    if asked.field == "state" and asked.value in (_FINISHED_STATES, _NOT_UNFINISHED):
        name = FINISHED if asked.value == _FINISHED_STATES else UNFINISHED
        equal = (asked.condition is Condition.IN) == (name == FINISHED)
        return Filter(field="state", condition=Condition.EQ if equal else Condition.NEQ, value=name)
    return asked


def read_state(value: Scalar, where: str, condition: Condition) -> str:
    """Convert a state, which is a value of a condition, to the API's spelling; "" stays "".

    Raises:
        BadQuery: There is no such state.
    """
    word = _word(value)
    if value == ENDED and condition.takes_list:
        return ENDED  # as answers repeat FINISHED and UNFINISHED
    if value == "" or word in JobState.__members__:
        return word and f"JOB_STATE_{word}"
    likely = likely_states(word)
    if not likely:
        known = ", ".join(state.short for state in JobState)
        raise BadQuery(
            where, f"there is no state {str(value)[:40]!r}; states are {known}; LIKE finds any other"
        )
    aside = (
        " (an aborted run ends FAILED like any other; only errorMessage may tell)" if word in _ABORTED else ""
    )
    said = (
        f"ByteNite has no state {str(value)[:40]!r}{aside}; most likely meant: {_advise(likely, condition)}"
    )
    raise BadQuery(where, said)


def likely_states(text: str) -> tuple[JobState, ...]:
    """Guess which states an unknown word means; () if none is similar."""
    word = _word(text)
    if word in JobState.__members__:
        return (JobState[word],)
    near = difflib.get_close_matches(word, [state.short for state in JobState], n=1, cutoff=0.6)
    return _LIKELY_STATES.get(word) or tuple(JobState[state] for state in near)


def read_priority(value: Scalar, where: str) -> str:
    """Convert a priority to the API's spelling; "" stays "".

    Raises:
        BadQuery: There is no such priority.
    """
    word = str(value).strip().upper().removeprefix("EXECUTION_PRIORITY_")
    if value != "" and word not in Priority.__members__:
        known = ", ".join(priority.value for priority in Priority)
        raise BadQuery(where, f"there is no priority {str(value)[:40]!r}; they are {known}")
    return Priority[word].value if word else ""


def _word(value: Scalar) -> str:
    return normalize_state(str(value)).removeprefix(STATE_PREFIX)


def _is_set(word: str) -> bool:
    return word in (FINISHED, UNFINISHED)


def _advise(states: Sequence[JobState], condition: Condition) -> str:
    """Write the filter that is most likely meant, or for a list the values, as its others may be right."""
    values = [state.value for state in states]
    if condition.takes_list:
        return json.dumps(values)[1:-1]
    names = ("EQ", "IN") if condition is Condition.EQ else ("NEQ", "NOT_IN")
    meant = f"FILTER_CONDITION_{names[len(values) > 1]}"
    return json.dumps(
        {"field": "state", "condition": meant, "value": values if len(values) > 1 else values[0]}
    )
