"""The reference for models: fields, states, conditions and units, generated from the code that uses them."""

from bytenite_mcp.api.models import STATE_MEANING
from bytenite_mcp.table.fields import EVERY_FIELD, FIELDS, SHORTHANDS

_CONDITIONS = """\
An unset field (missing, null, "", {} or []) equals "", 0 and false (a text only ""), is neither greater nor less \
than anything, and matches no LIKE. A value that is not of its field's type equals nothing. Time fields \
compare as instants to the microsecond, number fields as numbers, other text exactly and by case. Values of \
different types are unequal and unordered.

- EQ, NEQ: equal or not. NEQ is the opposite of EQ, so it matches unset fields too.
- GT, GTE, LT, LTE: greater, less; numbers, times and text; not for state, priority or booleans.
- IN, NOT_IN: equal to any of a list, or to none.
- LIKE: the whole text; % is any run of characters, _ any one; upper and lower case alike.
- ARRAY_CONTAINS (one value), ARRAY_CONTAINS_ANY (a list): for regions.whitelist and regions.blacklist; EQ "" is for \
none.
- state takes FINISHED (COMPLETE, FAILED, or unknown with endedAt) and UNFINISHED (neither a draft nor finished) too.

Each may be written with or without FILTER_CONDITION_, in any case. All filters must hold. errorMessage EQ "" finds \
jobs without an error."""

_TIMES = """\
- 2026-11-02 is that whole day, 2026-11 the month: EQ finds all of it, GT what comes after it, LTE up to its end.
- 2026-11-02T15 is that whole hour, T15:00 the minute, T15:00:00+01:00 the second, with a fraction an instant.
- Without an offset it is UTC or, where BYTENITE_TIMEZONE is set, in that zone; `timezone` in the answer says so.
- now-7d, now+1h: s, m, h, d, w, M (month), y. now/d is all of today, now-1M/M all of last month, now/d-1d all of \
yesterday; weeks begin on Monday."""

_SUMMARIES = """\
- count: jobs, drafts and soft-deleted ones too, of which the note tells; complete, failed: those in that state; \
unfinished: those that are neither that nor drafts.
- failureRate: failed of complete and failed.
- byc: ByteChips charged, which completed jobs alone are; bycPending: what unfinished jobs would cost by now, where \
there is any.
- chunks: numChunks in all; p50, p95, max: duration in seconds of finished jobs.
- hour, day, week (by its Monday), month, hourOfDay and weekday are of `time`, in `timezone`; dates in filters are in \
it too.
- name: runs of digits as #; errorMessage: ids and varying numbers as #; cause: what the error most likely means; \
region: those a job must run in, together.
- Groups come by count, times in order. Beyond `limit`, or what there is room for, the smallest or oldest are one, \
(other). (none): not set; (unreadable): not of its type.
- asOf: when reading these jobs began. PARTIAL: not all are read yet, so counts are too low; ask again."""

_SQL = """\
- One SELECT in DuckDB's SQL; tables, functions and types that are not meant for it are refused, and so are lambdas, \
PIVOT and recursion. 5 s; 128 MB; 20,000 characters of rows.
- TIMESTAMPTZ is shown in UTC, TIMESTAMP without a zone, intervals as text; fractions to six digits; texts over 1,000 \
characters are cut.
- now() and current_date are this server's clock. now() - INTERVAL 7 DAY; createdAt AT TIME ZONE 'Europe/Berlin'; \
unnest(regions); params->>'$.name'; json_each(params) and generate_series in FROM.
- Unset is NULL, and so is what could not be read, which a note tells. byc, finished and waitSeconds are worked out."""

_LIMITS = """\
- What ByteNite's API does with filters and orderBy is mostly undocumented. So all jobs are read into a table, where \
filters and orders mean what is written above, and ByteNite is asked as well: `evaluated: api` says that both agree, \
`local` that the answer is the table's, and `why`. `asOf` is when reading the jobs began, `partial` says that not all \
are read yet.
- `total` of list_jobs without an order or offset is ByteNite's own count; summarize_jobs counts the jobs themselves.
- Withheld: credentials of data sources, secret-looking parameters, signed queries of URLs. They show as [withheld] \
and cannot be filtered or sorted by."""


_PACES = """\
- seconds: since `since`, which is the job's entry into its state or, where that is not recorded, its start or \
creation; usual: the median of the same over completed jobs of the template, if there are three; ratio: of both.
- pace: as usual; slow, beyond the usual; may be stuck, beyond twice that and a minute; most likely stuck, over a week \
without a usual; usual unknown. Soft-deleted jobs are left out."""

_TABLES = """\
- stages: one row for each state that a job entered: jobId, state, entered, seconds (until the next).
- unfinished: the columns of jobs, for jobs neither draft nor finished, and stageSeconds (in this state so far), \
usualSeconds (the median of that state over completed jobs of the template, if there are three), ratio."""


def _write_columns() -> str:
    columns = [field for field in EVERY_FIELD if field.shown]
    rest = ", ".join(field.in_sql for field in columns if not field.only_in_sql)
    ours = "; ".join(f"{field.in_sql}: {field.meaning}" for field in columns if field.only_in_sql)
    return f"- jobs: {rest}. Worked out: {ours}.\n{_TABLES}"


def write_reference() -> str:
    """Write the reference as Markdown."""
    states = "\n".join(f"- {state.value}: {meaning}" for state, meaning in STATE_MEANING.items())
    fields = "\n".join(f"- {field.name} ({field.kind.value}): {field.meaning}" for field in FIELDS.values())
    shorthands = ", ".join(f"{short} = {full}" for short, full in SHORTHANDS.items())
    return (
        f"# ByteNite jobs\n\n## States, in order\n{states}\n\n"
        f"## Fields\n{fields}\n- params.NAME (anything): the user's own parameters, dotted\n"
        f"- stateTimestamps.STATE (time): when that state was reached\n\nShorthands: {shorthands}.\n\n"
        f"## Conditions\n{_CONDITIONS}\n\n## Times\n{_TIMES}\n\n"
        f"## Columns of summarize_jobs\n{_SUMMARIES}\n\n"
        f"## SQL of query_jobs\n{_write_columns()}\n{_SQL}\n\n"
        f"## What is stuck or slow, by diagnose_job without job_id\n{_PACES}\n\n"
        f"## What is not known, and what is withheld\n{_LIMITS}\n"
    )
