"""The table in DuckDB's SQL: one row for each job, and the three views that a model's SQL may use."""

from collections.abc import Iterable, Set
from datetime import datetime
from typing import TYPE_CHECKING

from bytenite_mcp.api.models import BEGUN, STATE_PREFIX, TERMINAL, JobState
from bytenite_mcp.table.fields import EVERY_FIELD
from bytenite_mcp.table.rows import ENTERED, FROM_ERROR, STORED, UNREADABLE

RECORDS, FILLING, STAGED = "records", "filling", "staged"
"""The current table, the one that is being filled to replace it, and the one of staged rows."""

if TYPE_CHECKING:
    from bytenite_mcp.table.database import Cursor

_FROM_RECORDS = {name: field.stored_as.replace("JSON", "VARCHAR") for name, field in STORED.items()} | {
    ENTERED: "VARCHAR",
    UNREADABLE: "VARCHAR[]",
}
_NUMBER = {"number": "BIGINT"}
_DIGEST = {"digest": "UBIGINT"}
_SEEN = {"seen": "DOUBLE"}
"""Columns beside those of a record: the row's number, its digest, and when it was last seen."""

FEWEST = 3
"""The fewest completed jobs of a template for which there is a usual time."""


def _list_states(states: Iterable[JobState]) -> str:
    return ", ".join(f"'{state.short}'" for state in states)


HAS_ENDED = f"coalesce(state, '') NOT IN ({_list_states(JobState)}) AND endedAt IS NOT NULL"
"""Whether a job in an unknown state has an end time."""

IS_FINISHED = f"(coalesce(state, '') IN ({_list_states(sorted(TERMINAL))}) OR ({HAS_ENDED}))"
IS_UNFINISHED = f"(state <> 'NEW' AND NOT {IS_FINISHED})"
"""Whether a job is finished, by the rule of `Job.finished`, and whether it is neither that nor a draft."""


def to_second(time: str) -> str:
    """Write a time to the second: routes of the API may cut its fraction differently, as a search index does."""
    return f"epoch_us({time}) // 1000000"


def _created(table: str) -> str:
    return to_second(f"{table}.createdAt")


def write_same_job(one: str, other: str) -> str:
    """Write whether two rows are of the same job; a reused id has another creation time, if both are readable."""
    times = f"{_created(one)} = {_created(other)} OR {one}.createdAt IS NULL OR {other}.createdAt IS NULL"
    return f"{one}.id = {other}.id AND ({times})"


def create_table(name: str) -> str:
    """Write the statement that creates an empty table."""
    columns = ", ".join(
        f"{column} {kind}" for column, kind in (_NUMBER | _FROM_RECORDS | _DIGEST | _SEEN).items()
    )
    return f"CREATE OR REPLACE TABLE {name} ({columns})"


def insert_page(table: str) -> str:
    """Write the statement that inserts a page; its parameters are the time of reading, and the columns as JSON."""
    kinds = _NUMBER | _FROM_RECORDS | {ENTERED: "JSON"} | _DIGEST
    lists = ", ".join(f'"{column}": {_list_of(kind)}' for column, kind in kinds.items())
    columns = ", ".join(f"unnest(page.{column}) AS {column}" for column in kinds)
    # From a row instead of the parameter, because DuckDB would parse a constant again for each column.
    page = f"SELECT from_json(text, '{{{lists}}}') AS page FROM (VALUES (?)) AS written(text)"
    return f"INSERT INTO {table} SELECT *, ? FROM (SELECT {columns} FROM ({page}))"


def complete_staged(lacking: Set[str]) -> str:
    """Write the statement that fills members that staged rows lack with the table's values of the same jobs."""
    taken = [
        name
        for name, field in STORED.items()
        if not lacking.isdisjoint(path.partition(".")[0] for path in field.found_at)
    ]
    taken += [ENTERED] if "stateTimestamps" in lacking else []
    taken += FROM_ERROR if "errorMessage" in lacking else []
    values = ", ".join(f"{column} = {RECORDS}.{column}" for column in [*taken, UNREADABLE])
    return f"""UPDATE {STAGED} SET {values} FROM {RECORDS} WHERE {RECORDS}.id = {STAGED}.id
        AND ({_created(RECORDS)} = {_created(STAGED)} OR {STAGED}.createdAt IS NULL)"""


def _keep_set() -> str:
    kept = [
        f"{column} = coalesce({_zero_as_null(column, kind)}, {RECORDS}.{column}, {STAGED}.{column})"
        for column, kind in _FROM_RECORDS.items()
        if column != UNREADABLE
    ]
    flags = f"{UNREADABLE} = nullif(list_intersect({STAGED}.{UNREADABLE}, {RECORDS}.{UNREADABLE}), [])"
    return f"""UPDATE {STAGED} SET {", ".join([*kept, flags])} FROM {RECORDS} WHERE {RECORDS}.id = {STAGED}.id
        AND {_created(RECORDS)} = {_created(STAGED)} AND {RECORDS}.state = {STAGED}.state AND {STAGED}.state <> 'NEW'
        AND {_is_same_or_unset("startedAt")} AND {_is_same_or_unset("endedAt")}"""


def _is_same_or_unset(time: str) -> str:
    return f"coalesce({to_second(f'{RECORDS}.{time}')} = {to_second(f'{STAGED}.{time}')}, true)"


def _zero_as_null(column: str, kind: str) -> str:
    zeros = {"BOOLEAN": "false", "DOUBLE": "0", "BIGINT": "0"}
    return f"nullif({STAGED}.{column}, {zeros[kind]})" if kind in zeros else f"{STAGED}.{column}"


KEEP_SET = _keep_set()
"""The statement that fills unset values of staged rows with the table's, of jobs in the same state in both.

Unless it is a draft, such a job does not lose values: a route omits them, or writes zeros as protobuf JSON does.
"""

_FOLDED = "lower(regexp_replace({}.id, '[{{}}-]', '', 'g'))"
RESPELL_STAGED = f"""UPDATE {STAGED} SET id = {RECORDS}.id FROM {RECORDS}
    WHERE {STAGED}.id NOT IN (SELECT id FROM {RECORDS} WHERE id IS NOT NULL)
    AND {_created(RECORDS)} = {_created(STAGED)} AND {_FOLDED.format(RECORDS)} = {_FOLDED.format(STAGED)}
    AND (regexp_full_match({_FOLDED.format(STAGED)}, '[0-9a-f]{{32}}') OR {RECORDS}.name = {STAGED}.name)"""
"""The statement that changes staged ids to the table's spelling: routes of the API may spell ids differently.

Ids that are no UUIDs may differ in their hyphens alone, so that such jobs must also have the same name.
"""


def _row_of(table: str) -> str:
    columns = (
        to_second(f"{table}.{column}") if kind == "TIMESTAMPTZ" else f"{table}.{column}"
        for column, kind in _FROM_RECORDS.items()
    )
    return f"row({', '.join(columns)})"


ADOPT_DIGESTS = f"""UPDATE {STAGED} SET digest = {RECORDS}.digest FROM {RECORDS}
    WHERE {RECORDS}.id IS NOT DISTINCT FROM {STAGED}.id
    AND {_row_of(RECORDS)} IS NOT DISTINCT FROM {_row_of(STAGED)}"""
"""The statement that marks staged rows as known if they equal a row of the table in all columns, to the second."""


def write_behind(table: str) -> str:
    """Write whether a row of a table is older than the current table's row, which has the same run finished.

    An index or a replica may be behind, or the job may have been started again.
    """
    return f"""{RECORDS}.id = {table}.id AND {_created(RECORDS)} = {_created(table)}
    AND {RECORDS}.state IN ({_list_states(sorted(TERMINAL))})
    AND {table}.state IN ({_list_states(sorted({*JobState} - TERMINAL))})
    AND coalesce({table}.startedAt <= {RECORDS}.startedAt, true)"""


KEEP_SEEN = f"""UPDATE {STAGED} SET seen = {RECORDS}.seen FROM {RECORDS}
    WHERE {write_same_job(RECORDS, STAGED)} AND {RECORDS}.seen > {STAGED}.seen"""
"""The statement that keeps when jobs were seen, if that is after the staged rows were requested."""

KEEP_FINISHED = f"""UPDATE {STAGED} SET digest = {RECORDS}.digest FROM {RECORDS} WHERE {write_behind(STAGED)}
    RETURNING {STAGED}.number"""
"""The statement that marks staged rows as known if they are behind the table's; it returns their numbers."""


def _list_of(kind: str) -> str:
    return '[["VARCHAR"]]' if kind == "VARCHAR[]" else f'["{kind}"]'


def write_unreadable(column: str) -> str:
    """Write the condition that a row's value of a column could not be read."""
    return f"coalesce(list_contains({UNREADABLE}, '{column}'), false)"


def _seconds(start: str, end: str) -> str:
    """Write the seconds between two times; 0 if the end is first, because clocks differ."""
    seconds = f"(epoch_us({end}) - epoch_us({start})) / 1e6"
    return f"CASE WHEN {seconds} < 0 THEN 0 ELSE {seconds} END"


def zero_if_unset(column: str) -> str:
    """Write a number that records omit if it is 0; null only if it could not be read."""
    return f"CASE WHEN NOT {write_unreadable(column)} THEN coalesce({column}, 0) END"


_SHOWN_AS = {
    "byc": f"CASE state WHEN 'COMPLETE' THEN {zero_if_unset('paymentAmount')} END",
    "isTestJob": f"CASE WHEN NOT {write_unreadable('isTestJob')} THEN coalesce(isTestJob, false) END",
    "params": "params::JSON",
    "finished": f"CASE WHEN {IS_FINISHED} THEN true WHEN state <> 'NEW' THEN false END",
    "waitSeconds": _seconds("createdAt", "startedAt"),
}
"""Columns that are computed when they are queried; records may omit a price of 0 and false."""

_SHOWN = ", ".join(
    f"{_SHOWN_AS.get(field.in_sql, field.in_sql)} AS {field.in_sql}" for field in EVERY_FIELD if field.shown
)


def _stages(more: str, where: str) -> str:
    """Write the states of jobs in the order of time, and at equal times in the order of states."""
    states = ", ".join(f"'{state.value}'" for state in JobState)
    return f"""
        SELECT {more}, key[{len(STATE_PREFIX) + 1}:] AS state, entered,
            {_seconds("entered", "lead(entered) OVER in_time")} AS seconds
        FROM (SELECT number, {more}, unnest(json_keys({ENTERED})) AS key,
            unnest({ENTERED} ->> '$.*')::TIMESTAMPTZ AS entered FROM {RECORDS} WHERE {where})
        WINDOW in_time AS (PARTITION BY number ORDER BY entered, list_position([{states}], key))"""


def entered_at(state: str) -> str:
    """Write when a row's job entered a state, which is SQL of the state's name in the API."""
    return f"""json_extract_string({ENTERED}, '$."' || {state} || '"')::TIMESTAMPTZ"""


_VIEWS = f"""
CREATE TABLE clock (now TIMESTAMPTZ);
INSERT INTO clock VALUES (NULL);
CREATE VIEW jobs AS SELECT {_SHOWN} FROM {RECORDS};
CREATE VIEW stages AS SELECT id AS jobId, * EXCLUDE (id) FROM ({_stages("id", f"{ENTERED} IS NOT NULL")});
CREATE VIEW unfinished AS
    WITH begun AS (
        SELECT {_SHOWN}, coalesce({entered_at(f"'{STATE_PREFIX}' || state")},
            CASE state WHEN 'STARTED' THEN startedAt END) AS since
        FROM {RECORDS} WHERE {IS_UNFINISHED}),
    usual AS (
        SELECT templateId, state, median(seconds) AS usualSeconds
        FROM ({_stages("templateId", "state = 'COMPLETE' AND templateId IN (SELECT templateId FROM begun)")})
        GROUP BY ALL HAVING count(seconds) >= {FEWEST})
    SELECT begun.* EXCLUDE (since), {_seconds("since", "coalesce(clock.now, now())")} AS stageSeconds, usualSeconds,
        stageSeconds / nullif(usualSeconds, 0) AS ratio
    FROM begun CROSS JOIN clock LEFT JOIN usual USING (templateId, state)"""

USUAL_STAGES = f"""
SELECT state, median(seconds), count(seconds)
FROM ({_stages("id", "state = 'COMPLETE' AND templateId = $template AND id IS DISTINCT FROM $id")})
GROUP BY state HAVING count(seconds) >= {FEWEST}"""
"""The query of how long completed jobs of a template stay in each state, except one job."""

COMPARED_WITH_USUAL = f"""
SELECT id, name, state, templateId, stageSeconds, usualSeconds, startedAt IS NOT NULL,
    epoch($now::TIMESTAMPTZ) - epoch(coalesce(startedAt, createdAt)),
    CASE WHEN coalesce(state, '') NOT IN ({_list_states(sorted(BEGUN))})
        THEN epoch($now::TIMESTAMPTZ) - epoch(startAt) END, usualDuration
FROM unfinished LEFT JOIN (
    SELECT templateId, median(duration) AS usualDuration FROM jobs
    WHERE state = 'COMPLETE' GROUP BY ALL HAVING count(duration) >= {FEWEST}
) USING (templateId) WHERE deletedAt IS NULL"""
"""The query of jobs unfinished and not deleted, their times and the usual ones; its parameter is the current time."""

_FROM_NOW = """
CREATE MACRO get_current_timestamp() AS now();
CREATE MACRO transaction_timestamp() AS now();
CREATE MACRO current_localtimestamp() AS now()::TIMESTAMP;
CREATE MACRO current_date() AS now()::DATE;
CREATE MACRO today() AS now()::DATE"""
"""The functions of the current time, so that all follow `now`, which `set_clock` replaces."""

SCHEMA = "; ".join([create_table(RECORDS), create_table(STAGED), _VIEWS, _FROM_NOW])
"""The statements that create an empty table, its views and its macros."""


def set_clock(cursor: "Cursor", now: datetime) -> None:
    """Set the current time in SQL to ByteNite's, because jobs have times by its clock and not by ours."""
    cursor.execute("UPDATE clock SET now = ?", [now])
    # Not a subquery, which DuckDB does not allow everywhere that a function is.
    cursor.execute(f"CREATE OR REPLACE MACRO now() AS TIMESTAMPTZ '{now.isoformat()}'")
