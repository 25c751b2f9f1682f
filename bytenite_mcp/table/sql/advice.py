"""Says what is right in DuckDB's SQL and in our tables, where a model wrote what is right elsewhere."""

import difflib
import re

from bytenite_mcp.table.fields import EVERY_FIELD, OTHER_WORDS
from bytenite_mcp.table.states import likely_states
from bytenite_mcp.table.zones import suggest_zone

_NAME = re.compile(
    r'column "(?P<column>\w+)" not found|column named "(?P<member>\w+)"|table "(?P<table>\w+)" not found'
)
_ZONE = re.compile(r"Unknown TimeZone '(?P<zone>.*)'")
_UNITS = ("year", "quarter", "month", "week", "day", "hour", "minute", "second")
_DAYS_AGO = "for the last week write createdAt > now() - INTERVAL 7 DAY"
_OF_VIEWS = ("jobId", "entered", "seconds", "stageSeconds", "usualSeconds", "ratio")
_ADVICE = {
    re.compile(pattern): advice
    for pattern, advice in {
        r"'(left|right|substr|substring)\(TIMESTAMP": "write strftime(createdAt, '%Y-%m-%d') or createdAt::DATE",
        r"'trunc\(TIMESTAMP": "write date_trunc('day', createdAt)",
        r"type VARCHAR and type (INTEGER|DECIMAL|BIGINT|DOUBLE)": "write (params->>'$.app.steps')::DOUBLE > 50",
        r'field format: ""': "what is unset is NULL",
        r'field format: "\d{4}-\d\d"': "write a whole date, such as '2026-11-01'",
        r"\(TIMESTAMP WITH TIME ZONE, IN|invalid (timestamp|date) field|INTERVAL -\d": _DAYS_AGO,
        r"TIMESTAMP WITH TIME ZONE and type": "write a time as '2026-11-20' or to_timestamp(seconds)",
        r"~~\*?\(TIMESTAMP": "for a day write createdAt::DATE = '2026-11-20'",
        r"(type |\()VARCHAR\[\]": "of a list write list_contains(regions, 'eu')",
        r"INTERVAL and type": "epoch(endedAt - startedAt) gives seconds",
        r"SELECT (DISTINCT )?TOP'": "write LIMIT 10 at the end",
        r'near ",", after .*LIMIT \d+\'': "write LIMIT 10 OFFSET 5",
        rf"near \"({'|'.join(_UNITS)})s?\", after .*[-+] ?\d+'": "write INTERVAL 7 DAY",
        rf"near \"({'|'.join(_UNITS)})s?\", after ": "write AS before an alias that is a unit",
        r"near \"WHERE\", after .*LIMIT": "WHERE is written before GROUP BY, ORDER BY and LIMIT",
        r'near "WITH", after .*GROUP BY': "write GROUP BY ROLLUP (state)",
        "WHERE clause cannot contain aggregates": "write HAVING after GROUP BY",
        "WHERE clause cannot contain window": "write QUALIFY after WHERE and GROUP BY",
        r"'count\(\w+, ": "write count(DISTINCT (a, b))",
        "Malformed JSON": "to compare a text write params->>'$.app.preset' = 'hq'",
        r"string '\d+ [a-z]+' to DOUBLE": "numbers such as duration are in seconds: duration > 3600",
        "Could not convert string": "write try_cast(x AS BIGINT), which is NULL where that fails",
        "SAFE_CAST": "write try_cast(x AS BIGINT)",
        r'near "ANY", after .*LIKE': "write name LIKE 'a%' OR name LIKE 'b%'",
        r"\(INTERVAL\)": "write epoch(endedAt - startedAt), which is in seconds",
        "DOUBLE and type INTERVAL": "numbers such as duration are in seconds: duration > 3600",
        r"TIME ZONE -> TIME\)": "write strftime(createdAt, '%H:%M')",
        r"'\+\(VARCHAR, (VARCHAR|STRING)": "write || to join texts",
        r"'[-+*/]\(VARCHAR, ": "cast the text: (params->>'$.app.steps')::DOUBLE + 1",
        r"does not exist on (left|right) side of join": "for stages write ON stages.jobId = jobs.id",
        r"\bMINUS'": "write EXCEPT",
        "SEPARATOR": "write string_agg(id, ', ')",
        r"\b(REGEXP|RLIKE)\b": "write regexp_matches(name, '^a')",
        r"#\", after .*params'": "write params->>'$.app.steps'",
        r"#": "a comment begins with --",
    }.items()
}
_INSTEAD = {
    name: advice
    for advice, names in {
        "strftime(createdAt, '%Y-%m')": "to_char date_format format_datetime format_timestamp format_date",
        "now() - INTERVAL 7 DAY": "datetime getdate sysdate dateadd adddate subdate timestamp_sub timestamp_add",
        "current_date": "curdate",
        "LIMIT 10": "rownum",
        "createdAt AT TIME ZONE 'Europe/Berlin'": "convert_tz convert_timezone from_utc_timestamp to_local_time",
        "list_has_all(regions, ['eu'])": "@>",
        "now()": "current_timestamp",
        "date_trunc('day', createdAt)": "timestamp_trunc",
        "'2026-11-20' or strptime": "to_date str_to_date parse_date parse_timestamp",
        "date_diff('second', startedAt, endedAt)": "timestampdiff timestamp_diff timediff",
        "epoch(createdAt)": "unix_timestamp unixepoch julianday to_unixtime",
        "coalesce": "nvl",
        "x IS NULL, or coalesce": "isnull",
        "it with OVER, such as lag(id) OVER (ORDER BY createdAt)": (
            "lag lead rank row_number dense_rank percent_rank cume_dist ntile first_value last_value nth_value"
        ),
        "sum(a * b) / sum(b) FILTER (WHERE a IS NOT NULL)": "weighted_avg wavg",
        "GROUP BY": "histogram",
        "right('0' || x, 2)": "lpad",
        "floor(duration / 60)": "width_bucket",
        "FROM jobs, json_each(params, '$.app.sizes') AS item": "json_array_elements jsonb_array_elements",
        "NOT": "!",
        "a / nullif(b, 0)": "safe_divide",
        "split_part(templateId, '@', 1)": "substring_index",
        "regexp_extract": "regexp_substr",
        "if or CASE": "iif decode",
        "round and ||": "format printf",
        "quantile_cont(duration, 0.95)": (
            "percentile_cont percentile approx_percentile percentile_approx approx_quantiles"
        ),
        "regexp_matches": "regexp rlike regexp_like regexp_contains",
        "position or contains": "charindex locate",
        "AND, or list_has_any(regions, ['eu'])": "&&",
        "unnest": "explode list_transform list_filter apply",
        "params->>'$.app.steps'": "jsonb_extract_path_text get_json_object json_unquote",
        "FROM generate_series(current_date - INTERVAL 6 DAY, current_date, INTERVAL 1 DAY) AS t(day)": (
            "generate_series range"
        ),
    }.items()
    for name in names.split()
}


def replace_function(name: str, functions: list[str]) -> str:
    """Suggest what to write instead of an unknown function; "" if nothing is similar."""
    if name in _INSTEAD:
        return f"write {_INSTEAD[name]}"
    near = difflib.get_close_matches(name, functions, n=3, cutoff=0.6)
    return f"similar: {', '.join(near)}" if near else ""


def advise(said: str) -> str:
    """Suggest a fix for an error of DuckDB; "" if its message is enough."""
    if zone := _ZONE.search(said):
        return suggest_zone(zone["zone"][:60]) or "write an IANA name such as 'Europe/Berlin' or 'UTC'"
    unknown = _NAME.search(said)
    if unknown:
        return _replace_name(unknown["column"] or unknown["member"] or unknown["table"], said)
    return next((advice for pattern, advice in _ADVICE.items() if pattern.search(said)), "")


def _replace_name(name: str, said: str) -> str:
    """Suggest the columns, the view, the function or the text that an unknown name means."""
    if name == "stateTimestamps" or (name == "id" and '"entered"' in said):
        return "stages has jobId, state, entered and seconds"
    if likely_states(name) and name.isupper():
        return f"a text is in single quotes: '{name}'"
    members = [field.in_sql for field in EVERY_FIELD if field.name.startswith(f"{name}.") and field.shown]
    columns = {column.lower(): column for column in (*(field.in_sql for field in EVERY_FIELD), *_OF_VIEWS)}
    folded = name.lower().replace("_", "")
    if folded in _UNITS:
        return f"write date_trunc('{folded}', createdAt) or date_diff('{folded}', startedAt, endedAt)"
    near = members or OTHER_WORDS.get(folded) or difflib.get_close_matches(folded, columns, n=1, cutoff=0.7)
    if not near and folded in _INSTEAD:
        return f"write {_INSTEAD[folded]}"
    meant = [columns.get(column.lower(), column) for column in near]
    return (
        ""
        if meant in ([], [name]) or f'bindings: "{meant[0]}"' in said
        else f"most likely meant: {', '.join(meant)}"
    )
