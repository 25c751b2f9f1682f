"""The views of the table: which jobs are finished, by one rule however it is asked, and how long stages take."""

from typing import Any

import duckdb
from hypothesis import given
from hypothesis import strategies as st

from bytenite_mcp.api.filters import Condition, Filter
from bytenite_mcp.api.models import Job, JobState
from bytenite_mcp.table.conditions import write_where
from bytenite_mcp.table.filters import understand
from bytenite_mcp.table.groups import STATISTICS
from bytenite_mcp.table.schema import set_clock
from tests.conftest import NOW
from tests.table.tables import holding
from tests.table.test_conditions import ODD, STATES, UNSET, record_of

RECORDS = st.fixed_dictionaries(
    {"state": STATES | UNSET | st.sampled_from(["complete", "job-state-failed", "Merging"])},
    optional={"endedAt": ODD["endedAt"]},
).map(record_of)


def is_found(table: duckdb.DuckDBPyConnection, word: str) -> bool:
    """Whether a filter on the state finds the only row of a table."""
    asked = Filter(field="state", condition=Condition.EQ, value=word)
    where, values = write_where(understand([asked], NOW))
    return bool(table.execute(f"SELECT number FROM records WHERE {where}", values).fetchall())


@given(RECORDS)
def test_a_row_is_finished_where_the_record_is_and_unfinished_where_it_is_neither_that_nor_a_draft(
    record: dict[str, Any],
) -> None:
    with holding([record]) as table:
        finished, state = table.execute("SELECT finished, state FROM jobs").fetchone() or ()
        assert bool(finished) == Job(record).finished == is_found(table, "FINISHED")
        unfinished = not finished and state not in (None, JobState.NEW.short)
        assert unfinished == (finished is False) == is_found(table, "UNFINISHED")
        for count in ("SELECT count(*) FROM unfinished", f"SELECT {STATISTICS['unfinished']} FROM records"):
            assert table.execute(count).fetchone() == (unfinished,)


def test_an_unfinished_job_is_held_against_what_its_stage_usually_takes() -> None:
    def complete(name: str, seconds: int) -> dict[str, Any]:
        stamps = {"STARTED": "2026-03-01T00:00:00Z", "MERGING": f"2026-03-01T00:00:{seconds}Z"}
        return {"id": name, "templateId": "t", "state": "JOB_STATE_COMPLETE", "stateTimestamps": stamps}

    started = {"templateId": "t", "state": "JOB_STATE_STARTED"}
    records = [
        *[complete(name, seconds) for name, seconds in (("a", 10), ("b", 20), ("c", 50))],
        {"id": "d", "stateTimestamps": {"STARTED": "2026-03-04T15:29:00Z"}, **started},
        {"id": "e", "startedAt": "2026-03-04T15:28:00Z", **started},
        {"id": "f", **started, "templateId": "unheard of"},
        {"id": "g", "templateId": "t", "state": "JOB_STATE_NEW"},
        {"id": "h", "templateId": "t", "state": "JOB_STATE_PAUSED"},
        {"id": "i", "templateId": "t"},
    ]
    with holding(records) as connection:
        connection.execute("UPDATE clock SET now = '2026-03-04T15:30:00Z'")
        rows = connection.execute(
            "SELECT id, stageSeconds, usualSeconds, ratio FROM unfinished ORDER BY id"
        ).fetchall()
    assert rows == [("d", 60, 20, 3), ("e", 120, 20, 6), ("f", None, None, None), ("h", None, None, None)]


def test_the_current_time_in_sql_is_bytenites_if_it_is_known() -> None:
    times = "SELECT now(), current_timestamp, transaction_timestamp(), localtimestamp, current_date, today()"
    with holding([]) as table:
        ours = table.execute(times).fetchone() or ()
        set_clock(table, NOW)
        theirs = table.execute(times).fetchone()
    assert theirs == (NOW, NOW, NOW, NOW.replace(tzinfo=None), NOW.date(), NOW.date())
    assert {str(time)[:10] for time in ours} == {str(ours[0])[:10]} > set()
