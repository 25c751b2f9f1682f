"""Which jobs are finished: one rule, however it is asked."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bytenite_mcp.api.filters import Condition, Filter
from bytenite_mcp.api.models import Job, JobState
from bytenite_mcp.table.conditions import write_where
from bytenite_mcp.table.filters import understand
from bytenite_mcp.table.groups import STATISTICS
from tests.conftest import NOW
from tests.table.tables import holding
from tests.table.test_conditions import ODD, STATES, UNSET, record_of

RECORDS = st.fixed_dictionaries(
    {"state": STATES | UNSET | st.sampled_from(["complete", "job-state-failed", "Merging"])},
    optional={"endedAt": ODD["endedAt"]},
).map(record_of)


def is_found(record: dict[str, Any], word: str) -> bool:
    """Whether a filter on the state finds the record's row."""
    asked = Filter(field="state", condition=Condition.EQ, value=word)
    where, values = write_where(understand([asked], NOW))
    with holding([record]) as table:
        return bool(table.execute(f"SELECT number FROM records WHERE {where}", values).fetchall())


def look(record: dict[str, Any], sql: str) -> Any:
    with holding([record]) as table:
        return table.execute(sql).fetchone()


@given(RECORDS)
def test_a_row_is_finished_where_the_record_is(record: dict[str, Any]) -> None:
    (finished,) = look(record, "SELECT finished FROM jobs")
    assert bool(finished) == Job(record).finished == is_found(record, "FINISHED")


@given(RECORDS)
def test_a_row_is_unfinished_where_it_is_neither_finished_nor_a_draft_nor_without_a_state(
    record: dict[str, Any],
) -> None:
    (finished, state) = look(record, "SELECT finished, state FROM jobs")
    unfinished = not finished and state not in (None, JobState.NEW.short)
    assert unfinished == (finished is False) == is_found(record, "UNFINISHED")
    assert look(record, "SELECT count(*) FROM unfinished") == (unfinished,)
    assert look(record, f"SELECT {STATISTICS['unfinished']} FROM records") == (unfinished,)
