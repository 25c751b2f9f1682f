"""The reference for models: fields, states, conditions and units; lists and limits are those of the code."""

from bytenite_mcp.api.models import STATE_MEANING
from bytenite_mcp.table.fields import EVERY_FIELD, FIELDS, SHORTHANDS
from bytenite_mcp.table.sql.run import MEMORY, MOST_CHARACTERS, SECONDS

_CONDITIONS = """\
An unset field (missing, null, "", {} or []) equals "", 0 and false (a text field only ""), is neither greater nor \
less than anything, and matches no LIKE. A value of another type than its field's equals nothing. Times compare as \
instants, to the microsecond; numbers as numbers; other text exactly, case included. Values of different types are \
neither equal nor ordered.

- EQ, NEQ: equal or not. NEQ is the opposite of EQ, so it matches unset fields too.
- GT, GTE, LT, LTE: greater or less; for numbers, times and text, not for state, priority or booleans.
- IN, NOT_IN: equal to any of a list, or to none.
- LIKE: matches the whole text, in any case; % is any run of characters, _ any one character.
- ARRAY_CONTAINS (one value), ARRAY_CONTAINS_ANY (a list): for regions.whitelist and regions.blacklist; EQ "" finds \
jobs without any.
- state also takes FINISHED (COMPLETE, FAILED, or unknown with endedAt) and UNFINISHED (neither finished nor a draft).

Conditions may be written with or without FILTER_CONDITION_, in any case. All filters must hold. errorMessage EQ "" \
finds jobs without an error."""

_TIMES = """\
- 2026-11-02 is the whole day, 2026-11 the whole month: EQ finds times within it, GT times after it, LTE times until \
its end.
- 2026-11-02T15 is the whole hour, T15:00 the minute, T15:00:00+01:00 the second; with a fraction it is an instant.
- A time without an offset is in `timezone` or, if that is not given, in the zone of BYTENITE_TIMEZONE, or UTC.
- now-7d, now+1h: s, m, h, d, w, M (month), y. now/d is all of today, now-1M/M all of last month, now/d-1d all of \
yesterday; today and yesterday are these days, and weeks begin on Monday. now-7d is an instant, so EQ refuses it."""

_SUMMARIES = """\
- count: all jobs, including drafts and soft-deleted ones, which the note counts; complete, failed: jobs in that \
state; unfinished: jobs that are neither finished nor drafts.
- failureRate: failed divided by complete and failed together.
- byc: ByteChips charged, for completed jobs only; bycPending: the provisional prices of unfinished jobs, if any.
- chunks: the sum of numChunks; p50, p95, max: duration in seconds of finished jobs.
- hour, day, week (named by its Monday), month, hourOfDay and weekday are taken from `time`, in `timezone`, which \
applies to dates in filters too.
- Groups by name have # for runs of digits, those by errorMessage # for ids and varying numbers. cause: what the error \
most likely means; region: all regions that a job must run in.
- Groups are sorted by count, groups of times by time. If there are more than `limit`, or than fit, the smallest or \
oldest are combined as (other). (none): not set; (unreadable): of the wrong type.
- asOf: when reading these jobs began. PARTIAL: not all are read yet, so counts are too low; ask again."""

_SQL = f"""\
- One SELECT in DuckDB's SQL, over these tables. Functions and types that this server does not allow are refused, and \
so are lambdas, PIVOT and recursion. Limits: {SECONDS:.0f} s, {MEMORY >> 20} MB, {MOST_CHARACTERS:,} characters of rows.
- TIMESTAMPTZ is shown in UTC, TIMESTAMP without a zone, intervals as text; fractions have six digits in all, and at \
least two decimals; texts are cut at 1,000 characters.
- now() and current_date, as now in filters, are by ByteNite's clock. For example: now() - INTERVAL 7 DAY; \
createdAt AT TIME ZONE 'Europe/Berlin'; unnest(regions); params->>'$.name'; json_each(params) and generate_series in \
FROM.
- Unset values are NULL. Unreadable values are NULL, too; a note counts them."""

_LIMITS = """\
- What ByteNite's API does with filters and orderBy is mostly undocumented. So all jobs are read into a table, where \
filters and orders mean what is written above, and ByteNite is asked as well: `evaluated: api` means that both agree, \
`local` that the answer is the table's, and `why` says how they differ. `asOf` says when reading the jobs began, \
`partial` that not all are read yet.
- `total` of list_jobs without an order or offset is ByteNite's own count, unless all jobs have been read and are not \
as many; summarize_jobs counts the jobs themselves.
- Withheld: credentials of data sources, secret-looking parameters, signed queries of URLs. They show as [withheld], \
and no filter or order sees them."""


_PACES = """\
- seconds: the time since the event that `since` names: the job's entry into its state, a later scheduled start or, if \
that is not recorded, its start or creation; usual: the median of that time over completed jobs of the template, if \
there are at least three; ratio: seconds divided by usual.
- pace: as usual; slow (longer than usual); may be stuck (more than twice the usual, and than a minute); most likely \
stuck (as before, and more than a week; or more than a week, if the usual is unknown); usual unknown; scheduled \
(startAt is later, and it has not begun). Soft-deleted jobs are left out."""

_TABLES = """\
- stages: one row for each state that a job entered: jobId, state, entered, seconds (until the next).
- unfinished: the columns of jobs, for jobs that are neither drafts nor finished, and stageSeconds (in this state so \
far), usualSeconds (the median of that over completed jobs of the template, if there are at least three), ratio; \
a scheduled start does not count."""


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
