"""Questions about jobs, as people ask them."""

import json
from collections.abc import Callable
from typing import Any

from mcp.types import CallToolResult, TextContent

from tests.questions.asking import ID, Call, Day, From, Question, Since

Content = dict[str, Any]
Read = Callable[[Content], Any]


def where(field: str, condition: str, value: Any) -> dict[str, Any]:
    return {"field": field, "condition": f"FILTER_CONDITION_{condition}", "value": value}


def find(*given: Any, limit: int = 20, **more: Any) -> Call:
    return Call("filter_jobs", {"filters": list(given), "limit": limit, **more})


def count(*filters: Any) -> Call:
    return find(*filters, limit=1)


def newest(limit: int = 1, **more: Any) -> Call:
    return Call("list_jobs", {"limit": limit, **more})


def summary(*filters: Any, by: tuple[str, ...] = (), **more: Any) -> Call:
    return Call("summarize_jobs", {"filters": list(filters), "group_by": list(by), **more})


def sql(text: str, **more: Any) -> Call:
    return Call("query_jobs", {"sql": text, **more})


def about_it(tool: str, **more: Any) -> Call:
    return Call(tool, {"job_id": ID, **more})


def member(*path: str | int) -> Read:
    def read(content: Any) -> Any:
        for step in path:
            content = content[step]
        return content

    return read


def every(name: str, table: str = "jobs") -> Read:
    return lambda content: [row.get(name) for row in content[table]]


def overall(*columns: str) -> Read:
    """Return values of the first row, which is all jobs together."""

    def read(content: Content) -> Any:
        row = dict(zip(content["columns"], content["rows"][0], strict=True))
        return row[columns[0]] if len(columns) == 1 else [row[column] for column in columns]

    return read


def by_group(column: str) -> Read:
    """The groups' values of a column, by the first group's name."""

    def read(content: Content) -> Any:
        place = content["columns"].index(column)
        return {row[0]: row[place] for row in content["rows"][1:]}

    return read


def leading(column: str, best: Callable[..., Any] = max) -> Read:
    """The group that has the most of a column."""

    def read(content: Content) -> Any:
        groups = {name: value for name, value in by_group(column)(content).items() if value not in (None, "")}
        return best(groups, key=lambda name: groups[name]) if groups else None

    return read


def quotient(over: str, under: str, of: Read = lambda content: content["rows"][1:]) -> Read:
    """One column by another, by the first group's name."""

    def read(content: Content) -> Any:
        top, bottom = content["columns"].index(over), content["columns"].index(under)
        return {row[0]: row[top] / row[bottom] for row in of(content) if row[bottom]}

    return read


def most(values: Read) -> Read:
    """The name that has the largest value."""

    def read(content: Content) -> Any:
        found = values(content)
        return max(found, key=lambda name: found[name])

    return read


def cell(content: Content) -> Any:
    """The first value of the first row."""
    return content["rows"][0][0]


def pairs(content: Content) -> Any:
    """The second values of all rows, by the first."""
    return {row[0]: row[1] for row in content["rows"]}


def says(*words: str) -> Read:
    """Which of the words a finding or a note holds."""
    return lambda content: next(
        (word for word in words if word in content.get("finding", "") + content.get("note", "")), None
    )


def suggested(result: CallToolResult) -> Any:
    """The filter that an error proposes, ready to send."""
    text = "".join(block.text for block in result.content if isinstance(block, TextContent))
    return [json.JSONDecoder().raw_decode(text[text.index("{") :])[0]]


def first_id(result: CallToolResult) -> Any:
    return (result.structured_content or {})["jobs"][0]["id"]


def longest_stage(content: Content) -> Any:
    return max(content["stages"], key=lambda stage: stage.get("seconds", 0))["state"]


def stuck_hours(content: Content) -> Any:
    hours = round(content["stages"][-1]["seconds"] / 3600)
    return [content["stages"][-1]["state"], hours, "may be stuck" in content["finding"]]


def openings(content: Content) -> Any:
    """Return how often each kind of error occurred, by its first words."""
    return {name[:12]: value for name, value in by_group("count")(content).items()}


FAILED = where("state", "EQ", "FAILED")
COMPLETE = where("state", "EQ", "COMPLETE")
MONTH = where("createdAt", "GTE", "now-30d")
WEEK = where("createdAt", "GTE", "now-7d")
LAST_WEEK = where("createdAt", "EQ", "now-1w/w")

THIS_MONDAY = ("start of day", "-6 days", "weekday 1")
LAST_MONDAY = (*THIS_MONDAY, "-7 days")
IN_LAST_WEEK = """created >= julianday((SELECT now FROM clock), 'start of day', '-6 days', 'weekday 1', '-7 days')
    AND created < julianday((SELECT now FROM clock), 'start of day', '-6 days', 'weekday 1')"""
IN_WEEK = "created >= julianday((SELECT now FROM clock), '-7 days')"
IN_MONTH = "created >= julianday((SELECT now FROM clock), '-30 days')"
TODAY = "created >= julianday((SELECT now FROM clock), 'start of day')"
RUNNING = "state NOT IN ('NEW', 'COMPLETE', 'FAILED')"
RAN = "seconds > 0"
NEWEST_FIRST = "ORDER BY created DESC, id"


CHARGED = "round(coalesce(sum(byc) FILTER (WHERE state = 'COMPLETE'), 0), 2)"
FINISHED = "state IN ('COMPLETE', 'FAILED')"
FAILURE_RATE = "sum(state = 'FAILED') * 1.0 / sum(state IN ('COMPLETE', 'FAILED'))"


def percentile_by(key: str, share: float, condition: str) -> str:
    """As `percentile`, for each group."""
    return f"""
        , ranked AS (
            SELECT {key} AS key, seconds, row_number() OVER (PARTITION BY {key} ORDER BY seconds) - 1 AS place,
                (count(*) OVER (PARTITION BY {key}) - 1) * {share} AS wanted
            FROM job WHERE {RAN} AND {condition}),
        middle AS (SELECT key, sum(seconds * max(0, 1 - abs(place - wanted))) AS took FROM ranked GROUP BY key)
        """


def percentile(share: float, condition: str) -> str:
    """The linearly interpolated percentile: the weight of a value depends on how near its rank is to the wanted one."""
    return f"""
        , ranked AS (
            SELECT seconds, row_number() OVER (ORDER BY seconds) - 1 AS place,
                (count(*) OVER () - 1) * {share} AS wanted
            FROM job WHERE {RAN} AND {condition})
        SELECT sum(seconds * max(0, 1 - abs(place - wanted))) FROM ranked"""


HOW_MANY = (
    Question(
        "How many jobs do I have?",
        (summary(),),
        overall("count"),
        "SELECT count(*) FROM job",
    ),
    Question(
        "How many jobs failed, ever?",
        (count(FAILED),),
        member("total"),
        "SELECT count(*) FROM job WHERE state = 'FAILED'",
        sent=(("state", "EQ", "JOB_STATE_FAILED"),),
    ),
    Question(
        "How many failed last week?",
        (count(FAILED, LAST_WEEK),),
        member("total"),
        f"SELECT count(*) FROM job WHERE state = 'FAILED' AND {IN_LAST_WEEK}",
        sent=(
            ("state", "EQ", "JOB_STATE_FAILED"),
            ("createdAt", "GTE", Since(LAST_MONDAY)),
            ("createdAt", "LT", Since(THIS_MONDAY)),
        ),
    ),
    Question(
        "How many jobs did we create today?",
        (count(where("createdAt", "GTE", "now/d")),),
        member("total"),
        f"SELECT count(*) FROM job WHERE {TODAY}",
        sent=(("createdAt", "GTE", Since(("start of day",))),),
    ),
    Question(
        "How many were created last Friday?",
        (count(where("createdAt", "EQ", Day(("-7 days", "weekday 5")))),),
        member("total"),
        "SELECT count(*) FROM job WHERE date(created) = date((SELECT now FROM clock), '-7 days', 'weekday 5')",
        sent=(
            ("createdAt", "GTE", Since(("-7 days", "weekday 5", "start of day"))),
            ("createdAt", "LT", Since(("-7 days", "weekday 5", "start of day", "+1 day"))),
        ),
    ),
    Question(
        "How many jobs did we run last month?",
        (count(where("createdAt", "EQ", "now-1M/M"), where("startedAt", "NEQ", "")),),
        member("total"),
        """SELECT count(*) FROM job WHERE started IS NOT NULL
            AND strftime('%Y-%m', created)
                = strftime('%Y-%m', (SELECT now FROM clock), 'start of month', '-1 month')""",
    ),
    Question(
        "How many jobs were made between the 3rd and the 12th of last month, both included?",
        (
            count(
                where("createdAt", "GTE", Day(("start of month", "-1 month", "+2 days"))),
                where("createdAt", "LTE", Day(("start of month", "-1 month", "+11 days"))),
            ),
        ),
        member("total"),
        """SELECT count(*) FROM job WHERE date(created) BETWEEN
            date((SELECT now FROM clock), 'start of month', '-1 month', '+2 days')
            AND date((SELECT now FROM clock), 'start of month', '-1 month', '+11 days')""",
        sent=(
            ("createdAt", "GTE", Since(("start of month", "-1 month", "+2 days"))),
            ("createdAt", "LT", Since(("start of month", "-1 month", "+12 days"))),
        ),
    ),
    Question(
        "How many test jobs were there in the last 30 days?",
        (count(where("isTestJob", "EQ", "true"), MONTH),),
        member("total"),
        f"SELECT count(*) FROM job WHERE test AND {IN_MONTH}",
        sent=(("config.isTestJob", "EQ", True), ("createdAt", "GTE", Since(("-30 days",)))),
    ),
    Question(
        "How many real jobs failed, leaving test jobs out?",
        (count(FAILED, where("config.isTestJob", "NEQ", True)),),
        member("total"),
        "SELECT count(*) FROM job WHERE state = 'FAILED' AND NOT test",
        sent=(("state", "EQ", "JOB_STATE_FAILED"), ("config.isTestJob", "NEQ", True)),
    ),
    Question(
        "How many jobs used the FLUX image template, whatever its version?",
        (count(where("templateId", "LIKE", "img-gen-flux%")),),
        member("total"),
        "SELECT count(*) FROM job WHERE template LIKE 'img-gen-flux%'",
        sent=(("templateId", "LIKE", "img-gen-flux%"),),
    ),
    Question(
        "How many jobs of the app whisper-large are complete?",
        (count(where("app", "EQ", "whisper-large"), COMPLETE),),
        member("total"),
        "SELECT count(*) FROM job WHERE app = 'whisper-large' AND state = 'COMPLETE'",
        sent=(("templateInfo.app", "EQ", "whisper-large"), ("state", "EQ", "JOB_STATE_COMPLETE")),
    ),
    Question(
        "How many jobs have 'catalogue' somewhere in their name?",
        (count(where("name", "LIKE", "%Catalogue%")),),
        member("total"),
        "SELECT count(*) FROM job WHERE lower(name) LIKE '%catalogue%'",
        sent=(("name", "LIKE", "%Catalogue%"),),
    ),
    Question(
        "How many jobs are called exactly '100% sample'?",
        (count(where("name", "EQ", "100% sample")),),
        member("total"),
        "SELECT count(*) FROM job WHERE name = '100% sample'",
        sent=(("name", "EQ", "100% sample"),),
    ),
    Question(
        "Wie viele Jobs haben 'straße' im Namen?",
        (count(where("name", "LIKE", "%STRASSE%")),),
        member("total"),
        "SELECT count(*) FROM job WHERE instr(name, 'Straße')",
    ),
    Question(
        "How many jobs have no name at all?",
        (count(where("name", "EQ", "")),),
        member("total"),
        "SELECT count(*) FROM job WHERE name = ''",
        sent=(("name", "EQ", ""),),
    ),
    Question(
        "How many jobs read their data from S3, whichever way they say it?",
        (count(where("dataSource", "IN", ["s3", "aws"])),),
        member("total"),
        "SELECT count(*) FROM job WHERE source IN ('s3', 'aws')",
        sent=(("dataSource.dataSourceDescriptor", "IN", ["s3", "aws"]),),
    ),
    Question(
        "How many jobs were cut into more than 100 chunks?",
        (count(where("numChunks", "GT", "100")),),
        member("total"),
        "SELECT count(*) FROM job WHERE chunks > 100",
        sent=(("numChunks", "GT", 100),),
    ),
    Question(
        "How many failed only after more than an hour?",
        (count(FAILED, where("duration", "GT", 3600)),),
        member("total"),
        "SELECT count(*) FROM job WHERE state = 'FAILED' AND seconds > 3600",
        sent=(("state", "EQ", "JOB_STATE_FAILED"), ("duration", "GT", 3600)),
    ),
    Question(
        "How many jobs ran into a timeout in the last 30 days?",
        (count(where("errorMessage", "LIKE", "timeout%"), MONTH),),
        member("total"),
        f"SELECT count(*) FROM job WHERE error LIKE 'Timeout%' AND {IN_MONTH}",
    ),
    Question(
        "How many drafts lie around that are older than 30 days?",
        (count(where("state", "EQ", "new"), where("createdAt", "LT", "now-30d")),),
        member("total"),
        "SELECT count(*) FROM job WHERE state = 'NEW' AND created < julianday((SELECT now FROM clock), '-30 days')",
        sent=(("state", "EQ", "JOB_STATE_NEW"), ("createdAt", "LT", Since(("-30 days",)))),
    ),
    Question(
        "How many jobs are planned to start some time from now?",
        (count(where("startAt", "GT", "now")),),
        member("total"),
        "SELECT count(*) FROM job WHERE planned > julianday((SELECT now FROM clock))",
        sent=(("startAt", "GT", Since(())),),
    ),
    Question(
        "How many jobs may run in Europe, by their list of regions?",
        (count(where("regions.whitelist", "ARRAY_CONTAINS", "eu")),),
        member("total"),
        """SELECT count(*) FROM job WHERE EXISTS (
            SELECT 1 FROM json_each(record, '$.regions.whitelist') WHERE value = 'eu')""",
        sent=(("regions.whitelist", "ARRAY_CONTAINS", "eu"),),
    ),
    Question(
        "How many finished jobs have no error message?",
        (count(where("state", "IN", ["COMPLETE", "FAILED"]), where("errorMessage", "EQ", "")),),
        member("total"),
        "SELECT count(*) FROM job WHERE state IN ('COMPLETE', 'FAILED') AND error = ''",
        sent=(("state", "IN", ["JOB_STATE_COMPLETE", "JOB_STATE_FAILED"]), ("errorMessage", "EQ", "")),
    ),
)

NO_SUCH_STATE = (
    Question(
        "How many jobs are running right now?",
        (count(where("state", "EQ", "RUNNING")), find(limit=1, filters=From(suggested))),
        member("total"),
        f"SELECT count(*) FROM job WHERE {RUNNING}",
    ),
    Question(
        "Which jobs are queued?",
        (find(where("state", "EQ", "queued")), find(filters=From(suggested))),
        every("id"),
        f"SELECT id FROM job WHERE state IN ('STARTED', 'UPLOADING') {NEWEST_FIRST}",
        "list",
        sent=(("state", "IN", ["JOB_STATE_STARTED", "JOB_STATE_UPLOADING"]),),
    ),
    Question(
        "How many jobs were cancelled?",
        (count(where("state", "EQ", "CANCELLED")), find(limit=1, filters=From(suggested))),
        member("total"),
        "SELECT count(*) FROM job WHERE state = 'FAILED'",
    ),
    Question(
        "How many jobs succeeded this month?",
        (count(COMPLETE, where("createdAt", "EQ", "now/M")),),
        member("total"),
        """SELECT count(*) FROM job
            WHERE state = 'COMPLETE' AND created >= julianday((SELECT now FROM clock), 'start of month')""",
    ),
    Question(
        "Which jobs are being worked on by the workers at the moment?",
        (find(where("state", "EQ", "partitioned")),),
        every("id"),
        f"SELECT id FROM job WHERE state = 'PARTITIONED' {NEWEST_FIRST}",
        "list",
        sent=(("state", "EQ", "JOB_STATE_PARTITIONED"),),
    ),
)

WHICH = (
    Question(
        "Which jobs failed today?",
        (find(FAILED, where("endedAt", "GTE", "now/d"), limit=50),),
        lambda content: sorted(every("id")(content)),
        """SELECT id FROM job WHERE state = 'FAILED' AND ended >= julianday((SELECT now FROM clock), 'start of day')
            ORDER BY id LIMIT 50""",
        "list",
    ),
    Question(
        "What did I start most recently?",
        (newest(3),),
        every("id"),
        f"SELECT id FROM job {NEWEST_FIRST} LIMIT 3",
        "list",
    ),
    Question(
        "What is the oldest job of all?",
        (newest(order_by="createdAt asc"),),
        member("jobs", 0, "id"),
        "SELECT id FROM job ORDER BY created LIMIT 1",
    ),
    Question(
        "What was our most expensive job?",
        (newest(order_by="paymentAmount desc"),),
        member("jobs", 0, "id"),
        "SELECT id FROM job ORDER BY byc DESC LIMIT 1",
    ),
    Question(
        "Show the five most expensive jobs of the last 7 days.",
        (find(WEEK, limit=5, order_by="paymentAmount desc"),),
        every("id"),
        f"SELECT id FROM job WHERE {IN_WEEK} ORDER BY byc DESC LIMIT 5",
        "list",
        sent=(("createdAt", "GTE", Since(("-7 days",))),),
    ),
    Question(
        "Which job took longest, and how long?",
        (newest(order_by="duration desc"),),
        member("jobs", 0, "duration"),
        "SELECT max(seconds) FROM job",
        within=0,
    ),
    Question(
        "What is the largest number of chunks a job was ever cut into?",
        (newest(order_by="numChunks desc"),),
        member("jobs", 0, "numChunks"),
        "SELECT max(chunks) FROM job",
    ),
    Question(
        "Is there a job with an error message that did not fail?",
        (find(where("errorMessage", "NEQ", ""), where("state", "NEQ", "FAILED")),),
        every("id"),
        f"SELECT id FROM job WHERE error <> '' AND state <> 'FAILED' {NEWEST_FIRST}",
        "list",
        sent=(("errorMessage", "NEQ", ""), ("state", "NEQ", "JOB_STATE_FAILED")),
    ),
    Question(
        "When did the last Blender job that worked end?",
        (
            find(
                where("template", "LIKE", "blender%"),
                COMPLETE,
                limit=1,
                order_by="endedAt desc",
                detail="full",
            ),
        ),
        lambda content: content["jobs"][0]["endedAt"][:19],
        """SELECT substr(json_extract(record, '$.endedAt'), 1, 19) FROM job
            WHERE template LIKE 'blender%' AND state = 'COMPLETE' ORDER BY ended DESC LIMIT 1""",
    ),
    Question(
        "On which day in the last two weeks did most jobs fail?",
        (summary(FAILED, where("createdAt", "GTE", "now-14d"), by=("day",)),),
        leading("failed"),
        """, daily AS (
            SELECT date(created) AS day, count(*) AS failed FROM job
            WHERE state = 'FAILED' AND created >= julianday((SELECT now FROM clock), '-14 days') GROUP BY day)
        SELECT day FROM daily WHERE failed = (SELECT max(failed) FROM daily)""",
        "any",
    ),
)

MONEY = (
    Question(
        "What did last week cost?",
        (summary(LAST_WEEK),),
        overall("byc"),
        f"SELECT {CHARGED} FROM job WHERE {IN_LAST_WEEK}",
        within=1e-5,
    ),
    Question(
        "What have we spent in all?",
        (summary(),),
        overall("byc"),
        f"SELECT {CHARGED} FROM job",
        within=1e-5,
    ),
    Question(
        "What did each app cost in the last 30 days?",
        (summary(MONTH, by=("app",)),),
        by_group("byc"),
        f"SELECT app, {CHARGED} FROM job WHERE {IN_MONTH} GROUP BY app",
        "table",
        within=1e-5,
    ),
    Question(
        "Which template is the most expensive a job, on average?",
        (summary(by=("templateId",)),),
        most(quotient("byc", "complete")),
        """, mean AS (SELECT template, avg(byc) AS byc FROM job WHERE state = 'COMPLETE' GROUP BY template)
        SELECT template FROM mean WHERE byc > 0.99 * (SELECT max(byc) FROM mean)""",
        "any",
    ),
    Question(
        "What does a Blender job that completes cost, on average?",
        (summary(where("templateId", "LIKE", "blender-frames%"), COMPLETE),),
        lambda content: overall("byc")(content) / overall("complete")(content),
        "SELECT avg(byc) FROM job WHERE template LIKE 'blender-frames%' AND state = 'COMPLETE'",
    ),
    Question(
        "How does what we pay split by priority?",
        (summary(by=("priority",)),),
        by_group("byc"),
        f"SELECT priority, {CHARGED} FROM job GROUP BY priority",
        "table",
        within=1e-5,
    ),
    Question(
        "How much did test jobs cost us?",
        (summary(by=("isTestJob",)),),
        lambda content: by_group("byc")(content)["true"],
        f"SELECT {CHARGED} FROM job WHERE test",
        within=1e-5,
    ),
    Question(
        "How many chunks did we process in the last 7 days?",
        (summary(WEEK),),
        overall("chunks"),
        f"SELECT sum(chunks) FROM job WHERE {IN_WEEK}",
    ),
)

COMPARED = (
    Question(
        "How many jobs are in each state?",
        (summary(by=("state",)),),
        by_group("count"),
        "SELECT state, count(*) FROM job GROUP BY state",
        "table",
    ),
    Question(
        "Which versions of the video transcoding template are in use, and how often?",
        (summary(where("templateId", "LIKE", "video-transcoding%"), by=("templateId",)),),
        by_group("count"),
        "SELECT template, count(*) FROM job WHERE template LIKE 'video-transcoding%' GROUP BY template",
        "table",
    ),
    Question(
        "Where does our data come from?",
        (summary(by=("dataSource",)),),
        by_group("count"),
        "SELECT source, count(*) FROM job GROUP BY source",
        "table",
    ),
    Question(
        "How many jobs a day were there in the last week, by Tokyo's calendar?",
        (summary(WEEK, by=("day",), timezone="Asia/Tokyo"),),
        by_group("count"),
        f"SELECT date(created, '+9 hours') AS day, count(*) FROM job WHERE {IN_WEEK} GROUP BY day",
        "table",
    ),
    Question(
        "How many jobs were created since midnight in India?",
        (count(where("createdAt", "GTE", Day(("+330 minutes",), "T00:00:00+05:30"))),),
        member("total"),
        """SELECT count(*) FROM job
            WHERE created >= julianday((SELECT now FROM clock), '+330 minutes', 'start of day', '-330 minutes')""",
        sent=(("createdAt", "GTE", Since(("+330 minutes", "start of day", "-330 minutes"))),),
    ),
    Question(
        "At what hours did jobs come in today?",
        (summary(where("createdAt", "EQ", "now/d"), by=("hour",)),),
        by_group("count"),
        f"SELECT strftime('%Y-%m-%dT%H', created) AS hour, count(*) FROM job WHERE {TODAY} GROUP BY hour",
        "table",
    ),
    Question(
        "Did we run more jobs this week than last?",
        (summary(where("createdAt", "GTE", "now-1w/w"), by=("week",)),),
        by_group("count"),
        """SELECT date(created, '-6 days', 'weekday 1') AS week, count(*) FROM job
            WHERE created >= julianday((SELECT now FROM clock), 'start of day', '-6 days', 'weekday 1', '-7 days')
            GROUP BY week""",
        "table",
    ),
    Question(
        "Is whisper-transcribe getting slower from month to month?",
        (summary(where("templateId", "LIKE", "whisper-transcribe%"), COMPLETE, by=("month",)),),
        by_group("p50"),
        percentile_by(
            "strftime('%Y-%m', created)", 0.5, "template LIKE 'whisper-transcribe%' AND state = 'COMPLETE'"
        )
        + "SELECT * FROM middle",
        "table",
    ),
    Question(
        "How long do 95 in 100 whisper jobs take at most?",
        (summary(where("templateId", "LIKE", "whisper%")),),
        overall("p95"),
        percentile(0.95, f"template LIKE 'whisper%' AND {FINISHED}"),
    ),
    Question(
        "What is the median run time of parquet-clean jobs that complete?",
        (summary(where("templateInfo.id", "EQ", "parquet-clean"), COMPLETE),),
        overall("p50"),
        percentile(0.5, "template LIKE 'parquet-clean%' AND state = 'COMPLETE'"),
    ),
    Question(
        "Jobs of which template that complete take longest, typically?",
        (summary(COMPLETE, by=("templateId",), order_by="p50", limit=1),),
        leading("p50"),
        percentile_by("template", 0.5, "state = 'COMPLETE'")
        + "SELECT key FROM middle WHERE took > 0.99 * (SELECT max(took) FROM middle)",
        "any",
    ),
)

FAILURES = (
    Question(
        "What is our success rate over the last 30 days?",
        (summary(MONTH),),
        lambda content: 1 - overall("failureRate")(content),
        f"SELECT 1 - {FAILURE_RATE} FROM job WHERE {IN_MONTH}",
    ),
    Question(
        "Which template has the worst success rate?",
        (summary(by=("templateId",)),),
        leading("failureRate"),
        f""", rate AS (SELECT template, {FAILURE_RATE} AS bad FROM job WHERE {FINISHED} GROUP BY template)
        SELECT template FROM rate WHERE bad > 0.99 * (SELECT max(bad) FROM rate)""",
        "any",
    ),
    Question(
        "What did the failures of the last 30 days have in common?",
        (summary(FAILED, MONTH, by=("errorMessage",)),),
        openings,
        f"""SELECT substr(error, 1, 12) AS opening, count(*) FROM job
            WHERE state = 'FAILED' AND {IN_MONTH} GROUP BY opening""",
        "table",
    ),
    Question(
        "Which template runs out of GPU memory most often?",
        (summary(where("errorMessage", "LIKE", "CUDA out of memory%"), by=("templateId",)),),
        leading("count"),
        """, met AS (
            SELECT template, count(*) AS times FROM job WHERE error LIKE 'CUDA%' GROUP BY template)
        SELECT template FROM met WHERE times = (SELECT max(times) FROM met)""",
        "any",
    ),
    Question(
        "Do FAST jobs fail more often than CHEAP ones?",
        (summary(where("priority", "IN", ["FAST", "CHEAP"]), by=("priority",)),),
        by_group("failureRate"),
        f"SELECT priority, {FAILURE_RATE} FROM job WHERE priority IN ('FAST', 'CHEAP') GROUP BY priority",
        "table",
        within=0.02,
    ),
    Question(
        "Which templates had failures in the last 7 days, and how many?",
        (summary(FAILED, WEEK, by=("templateId",)),),
        by_group("failed"),
        f"SELECT template, count(*) FROM job WHERE state = 'FAILED' AND {IN_WEEK} GROUP BY template",
        "table",
    ),
    Question(
        "What went wrong with the job that failed last?",
        (find(FAILED, limit=1, order_by="endedAt desc"), Call("diagnose_job", {"job_id": From(first_id)})),
        member("job", "errorMessage"),
        "SELECT error FROM job WHERE state = 'FAILED' ORDER BY ended DESC LIMIT 1",
    ),
)

NEWEST_OF = "SELECT id FROM job WHERE {} ORDER BY created DESC, id LIMIT 1"

ONE_JOB = (
    Question(
        "What is going on with job {id}?",
        (about_it("diagnose_job"),),
        member("job", "state"),
        "SELECT 'JOB_STATE_' || state FROM job JOIN asked USING (id)",
        about=NEWEST_OF.format("state = 'PARTITIONED'"),
    ),
    Question(
        "Why did job {id} fail?",
        (about_it("diagnose_job"),),
        lambda content: [content["job"]["errorMessage"], "memory" in content["finding"]],
        "SELECT error FROM job JOIN asked USING (id) UNION ALL SELECT 1",
        "list",
        about=NEWEST_OF.format("error LIKE 'CUDA%'"),
    ),
    Question(
        "Are others of its template failing as job {id} did?",
        (about_it("diagnose_job"),),
        member("sameTemplate", "failedTheSameWay"),
        """, kin AS (
            SELECT other.id, other.error FROM job AS other, job AS this JOIN asked ON this.id = asked.id
            WHERE other.template = this.template)
        SELECT count(*) FROM kin WHERE error LIKE 'CUDA%' AND id NOT IN (SELECT id FROM asked)""",
        about=NEWEST_OF.format("error LIKE 'CUDA%'"),
    ),
    Question(
        "Why is {id} still NEW?",
        (about_it("diagnose_job"),),
        says("never run", "stuck"),
        "SELECT 'never run'",
        about=NEWEST_OF.format("state = 'NEW'"),
    ),
    Question(
        "Is {id} stuck? Since how many hours?",
        (about_it("diagnose_job"),),
        stuck_hours,
        """SELECT state FROM job JOIN asked USING (id)
            UNION ALL SELECT CAST(round(24 * (now - started)) AS INTEGER) FROM job, clock JOIN asked USING (id)
            UNION ALL SELECT 1""",
        "list",
        about="SELECT id FROM job WHERE state = 'STARTED' ORDER BY created LIMIT 1",
    ),
    Question(
        "In which stage did job {id} spend most of its time?",
        (about_it("diagnose_job"),),
        longest_stage,
        """, entered AS (
            SELECT substr(each.key, 11) AS state, julianday(each.value) AS moment
            FROM job JOIN asked USING (id), json_each(record, '$.stateTimestamps') AS each)
        SELECT state FROM (
            SELECT state, lead(moment) OVER (ORDER BY moment) - moment AS stay FROM entered)
        ORDER BY stay DESC LIMIT 1""",
        about=NEWEST_OF.format("state = 'COMPLETE' AND seconds > 600"),
    ),
    Question(
        "Show me the traceback of job {id}.",
        (about_it("get_job_logs", tail=20),),
        lambda content: [
            any(word in line for line in content["lines"]) for word in ("Traceback", "No module named")
        ],
        "SELECT 1 UNION ALL SELECT 1",
        "list",
        about=NEWEST_OF.format("error LIKE 'ModuleNotFound%'"),
    ),
    Question(
        "What errors are in the log of {id}?",
        (about_it("get_job_logs", minimum_level="ERROR", contains="error"),),
        lambda content: content["lines"][-1].split(" UNKNOWN ")[-1],
        "SELECT error FROM job JOIN asked USING (id)",
        about=NEWEST_OF.format("error LIKE 'Assembler%'"),
    ),
    Question(
        "Where is the output of job {id}?",
        (about_it("get_job_results"),),
        says("never produced", "gone", "not ready", "Links end"),
        "SELECT 'gone'",
        about=NEWEST_OF.format(
            "state = 'COMPLETE' AND destination = 'bucket' AND ended < julianday((SELECT now FROM clock), '-3 days')"
        ),
    ),
    Question(
        "{id} shows no output. Why?",
        (about_it("get_job_results"),),
        says("never produced", "gone", "not ready", "Links end"),
        "SELECT 'never produced'",
        about=NEWEST_OF.format("state = 'FAILED'"),
    ),
    Question(
        "Give me the files of the newest job that is complete.",
        (find(COMPLETE, limit=1), Call("get_job_results", {"job_id": From(first_id)})),
        lambda content: [content["state"], content["results"][0]["name"].split(".")[0]],
        f"""SELECT 'JOB_STATE_COMPLETE' UNION ALL
            SELECT * FROM (
                SELECT 'out_0/' || app || '_000' FROM job WHERE state = 'COMPLETE' {NEWEST_FIRST} LIMIT 1)""",
        "list",
    ),
    Question(
        "Tell me when {id} is done.",
        (about_it("wait_for_job"),),
        lambda content: [content["reached"], content["job"]["state"]],
        "SELECT 1 UNION ALL SELECT 'JOB_STATE_' || state FROM job JOIN asked USING (id)",
        "list",
        about=NEWEST_OF.format("state IN ('COMPLETE', 'FAILED')"),
    ),
    Question(
        "Which chunk_size was {id} run with?",
        (about_it("get_job"),),
        member("job", "params", "partitioner", "chunk_size"),
        "SELECT json_extract(record, '$.params.partitioner.chunk_size') FROM job JOIN asked USING (id)",
        about=NEWEST_OF.format("state = 'COMPLETE'"),
    ),
    Question(
        "What did job {id} cost, and in how many chunks did it run?",
        (about_it("get_job", detail="concise"),),
        lambda content: [content["job"]["paymentAmount"], content["job"]["numChunks"]],
        """SELECT byc FROM job JOIN asked USING (id)
            UNION ALL SELECT chunks FROM job JOIN asked USING (id)""",
        "list",
        about=NEWEST_OF.format("state = 'COMPLETE' AND byc > 0"),
        within=1e-9,
    ),
)

REGION = """coalesce((SELECT nullif(group_concat(value, ', '), '') FROM (
    SELECT value FROM json_each(record, '$.regions.whitelist') ORDER BY value)), '(none)')"""
WEEKDAY = "substr('SunMonTueWedThuFriSat', 3 * strftime('%w', created) + 1, 3)"
UNFINISHED = where("state", "EQ", "UNFINISHED")
THIS_WEEK = where("createdAt", "GTE", "now/w")
IN_THIS_WEEK = "created >= julianday((SELECT now FROM clock), 'start of day', '-6 days', 'weekday 1')"
WAIT = "(julianday(json_extract(record, '$.startedAt')) - created) * 86400"


def largest(of: str, condition: str = "1") -> str:
    """SQL of the names that most rows have, any of which is right."""
    return f"""
        , met AS (SELECT {of} AS key, count(*) AS times FROM job WHERE {condition} GROUP BY key)
        SELECT key FROM met WHERE times = (SELECT max(times) FROM met)"""


SUMMED_UP = (
    Question(
        "At which hour of the day do we create most jobs?",
        (summary(by=("hourOfDay",)),),
        leading("count"),
        largest("strftime('%H', created)"),
        "any",
    ),
    Question(
        "And in India, at which hour?",
        (summary(by=("hourOfDay",), timezone="Asia/Kolkata", order_by="count", limit=1),),
        lambda content: content["rows"][1][0],
        largest("strftime('%H', created, '+330 minutes')"),
        "any",
    ),
    Question(
        "How do failures spread over the days of the week, by when they failed?",
        (summary(FAILED, by=("weekday",), time="endedAt"),),
        by_group("failed"),
        f"""SELECT {WEEKDAY.replace("created", "ended")} AS day, count(*) FROM job
            WHERE state = 'FAILED' GROUP BY day""",
        "table",
    ),
    Question(
        "How many jobs failed on each of the last seven days, by when they failed?",
        (summary(FAILED, where("endedAt", "GTE", "now-7d"), by=("day",), time="endedAt"),),
        by_group("failed"),
        """SELECT date(ended) AS day, count(*) FROM job
            WHERE state = 'FAILED' AND ended >= julianday((SELECT now FROM clock), '-7 days') GROUP BY day""",
        "table",
    ),
    Question(
        "How many runs started on each day of the last week?",
        (summary(where("startedAt", "GTE", "now-7d"), by=("day",), time="startedAt"),),
        by_group("count"),
        """SELECT date(started) AS day, count(*) FROM job
            WHERE started >= julianday((SELECT now FROM clock), '-7 days') GROUP BY day""",
        "table",
    ),
    Question(
        "What were we charged for this week's jobs, without prices that may still change?",
        (summary(THIS_WEEK),),
        overall("byc"),
        f"SELECT {CHARGED} FROM job WHERE {IN_THIS_WEEK}",
        within=1e-5,
    ),
    Question(
        "What will the jobs that are still running cost, by their prices so far?",
        (summary(UNFINISHED),),
        lambda content: dict(zip(content["columns"], content["rows"][0], strict=True)).get("bycPending", 0),
        f"SELECT round(coalesce(sum(byc), 0), 2) FROM job WHERE {RUNNING}",
        within=1e-5,
    ),
    Question(
        "Did last week or this one cost more?",
        (summary(where("createdAt", "GTE", "now-1w/w"), by=("week",)),),
        by_group("byc"),
        f"""SELECT date(created, '-6 days', 'weekday 1') AS week, {CHARGED} FROM job
            WHERE created >= julianday((SELECT now FROM clock), 'start of day', '-6 days', 'weekday 1', '-7 days')
            GROUP BY week""",
        "table",
        within=1e-5,
    ),
    Question(
        "What did we spend yesterday, by Tokyo's calendar?",
        (summary(where("createdAt", "EQ", "now-1d/d"), timezone="Asia/Tokyo"),),
        overall("byc"),
        f"""SELECT {CHARGED} FROM job
            WHERE date(created, '+9 hours') = date((SELECT now FROM clock), '+9 hours', '-1 day')""",
        within=1e-5,
    ),
    Question(
        "In which regions must our jobs run?",
        (summary(by=("region",), limit=100),),
        by_group("count"),
        f"SELECT {REGION} AS region, count(*) FROM job GROUP BY region",
        "table",
    ),
    Question(
        "Where do results go, and how many jobs send them there?",
        (summary(by=("dataDestination",)),),
        by_group("count"),
        "SELECT coalesce(destination, '(none)'), count(*) FROM job GROUP BY 1",
        "table",
    ),
    Question(
        "How many failures come from too little memory?",
        (summary(FAILED, by=("cause",)),),
        lambda content: sum(n for name, n in by_group("failed")(content).items() if "memory" in name),
        """SELECT count(*) FROM job WHERE state = 'FAILED'
            AND (error LIKE '%out of memory%' OR error LIKE '%exit code 137%' OR error LIKE '%MemoryError%')""",
    ),
    Question(
        "What share of our jobs are test jobs?",
        (summary(by=("isTestJob",)),),
        lambda content: by_group("count")(content)["true"] / overall("count")(content),
        "SELECT avg(test) FROM job",
        within=1e-9,
    ),
    Question(
        "Which template fails most often, of what it finishes?",
        (summary(by=("templateId",), order_by="failureRate desc", limit=1),),
        lambda content: content["rows"][1][0],
        f""", rate AS (SELECT template, {FAILURE_RATE} AS bad FROM job WHERE {FINISHED} GROUP BY template)
        SELECT template FROM rate WHERE bad = (SELECT max(bad) FROM rate)""",
        "any",
    ),
    Question(
        "How long did the longest run of each app take?",
        (summary(where("state", "EQ", "FINISHED"), by=("app",)),),
        by_group("max"),
        f"SELECT app, max(seconds) FROM job WHERE {FINISHED} GROUP BY app",
        "table",
    ),
    Question(
        "Which templates have jobs under way, and how many?",
        (summary(UNFINISHED, by=("templateId",)),),
        by_group("unfinished"),
        f"SELECT coalesce(template, '(none)'), count(*) FROM job WHERE {RUNNING} GROUP BY 1",
        "table",
    ),
)

FOUND = (
    Question(
        "How many jobs are over, one way or the other?",
        (count(where("state", "EQ", "FINISHED")),),
        member("total"),
        f"SELECT count(*) FROM job WHERE {FINISHED}",
    ),
    Question(
        "Which of today's jobs are not done yet?",
        (find(UNFINISHED, where("createdAt", "EQ", "now/d")),),
        every("id"),
        f"SELECT id FROM job WHERE {RUNNING} AND {TODAY} {NEWEST_FIRST}",
        "list",
    ),
    Question(
        "How many jobs cost more than 100 BYC?",
        (count(COMPLETE, where("paymentAmount", "GT", 100)),),
        member("total"),
        "SELECT count(*) FROM job WHERE state = 'COMPLETE' AND byc > 100",
    ),
    Question(
        "How many jobs may run anywhere?",
        (count(where("regions", "EQ", "")),),
        member("total"),
        f"SELECT count(*) FROM job WHERE {REGION} = '(none)'",
    ),
    Question(
        "Which jobs failed in the last day, the latest first?",
        (find(FAILED, where("endedAt", "GTE", "now-24h"), order_by="endedAt desc", limit=100),),
        every("id"),
        """SELECT id FROM job WHERE state = 'FAILED' AND ended >= julianday((SELECT now FROM clock), '-1 day')
            ORDER BY ended DESC""",
        "list",
    ),
)

IN_SQL = (
    Question(
        "How long do jobs wait on average before they start, in seconds?",
        (sql("SELECT avg(waitSeconds) FROM jobs"),),
        cell,
        f"SELECT avg({WAIT}) FROM job WHERE started IS NOT NULL",
    ),
    Question(
        "Which job waited longest before it started?",
        (sql("SELECT id FROM jobs WHERE waitSeconds IS NOT NULL ORDER BY waitSeconds DESC LIMIT 1"),),
        cell,
        f"SELECT id FROM job WHERE started IS NOT NULL AND {WAIT} > (SELECT max({WAIT}) FROM job) - 0.001",
        "any",
    ),
    Question(
        "Which names were run more than once, and how often?",
        (
            sql(
                "SELECT name, count(*) FROM jobs WHERE name <> '' GROUP BY name HAVING count(*) > 1",
                limit=200,
            ),
        ),
        pairs,
        "SELECT name, count(*) FROM job WHERE name <> '' GROUP BY name HAVING count(*) > 1",
        "table",
    ),
    Question(
        "What does a chunk cost, by template?",
        (
            sql(
                "SELECT templateId, sum(byc) / sum(numChunks) FROM jobs WHERE state = 'COMPLETE' GROUP BY ALL"
            ),
        ),
        pairs,
        "SELECT template, sum(byc) / sum(chunks) FROM job WHERE state = 'COMPLETE' GROUP BY template",
        "table",
    ),
    Question(
        "How much compute time did we use this month, in hours?",
        (
            sql(
                "SELECT coalesce(sum(duration), 0) / 3600 FROM jobs WHERE createdAt >= date_trunc('month', now())"
            ),
        ),
        cell,
        """SELECT coalesce(sum(seconds), 0) / 3600.0 FROM job
            WHERE created >= julianday((SELECT now FROM clock), 'start of month')""",
    ),
    Question(
        "Which template's slow runs (p95) got slower by most in the last 30 days?",
        (
            sql(
                "SELECT templateId FROM jobs WHERE finished GROUP BY templateId "
                "ORDER BY quantile_cont(duration, 0.95) FILTER (createdAt >= now() - INTERVAL 30 DAY) "
                "- quantile_cont(duration, 0.95) FILTER (createdAt < now() - INTERVAL 30 DAY) DESC NULLS LAST LIMIT 1"
            ),
        ),
        cell,
        f"""
        , ranked AS (
            SELECT template, {IN_MONTH} AS late, seconds,
                row_number() OVER (PARTITION BY template, {IN_MONTH} ORDER BY seconds) - 1 AS place,
                (count(*) OVER (PARTITION BY template, {IN_MONTH}) - 1) * 0.95 AS wanted
            FROM job WHERE {RAN} AND {FINISHED}),
        slow AS (
            SELECT template, late, sum(seconds * max(0, 1 - abs(place - wanted))) AS p95
            FROM ranked GROUP BY template, late),
        grown AS (
            SELECT slow.template, slow.p95 - before.p95 AS more FROM slow
            JOIN slow AS before ON slow.template = before.template AND slow.late AND NOT before.late)
        SELECT template FROM grown WHERE more > (SELECT max(more) FROM grown) - 0.001""",
        "any",
    ),
    Question(
        "In which state do jobs that complete spend most time?",
        (
            sql(
                "SELECT stages.state FROM stages JOIN jobs ON id = jobId WHERE jobs.state = 'COMPLETE' "
                "GROUP BY stages.state ORDER BY sum(seconds) DESC NULLS LAST LIMIT 1"
            ),
        ),
        cell,
        """
        , entered AS (
            SELECT job.id, substr(key, 11) AS state, julianday(value) AS moment
            FROM job, json_each(record, '$.stateTimestamps') WHERE job.state = 'COMPLETE'),
        stays AS (SELECT state, lead(moment) OVER (PARTITION BY id ORDER BY moment) - moment AS stay FROM entered)
        SELECT state FROM stays GROUP BY state ORDER BY sum(stay) DESC LIMIT 1""",
    ),
    Question(
        "At which hour of the day do most jobs fail?",
        (
            sql(
                "SELECT hour(endedAt) FROM jobs WHERE state = 'FAILED' GROUP BY ALL ORDER BY count(*) DESC LIMIT 1"
            ),
        ),
        cell,
        largest("CAST(strftime('%H', ended) AS INTEGER)", "state = 'FAILED'"),
        "any",
    ),
    Question(
        "How many templates were used only once?",
        (sql("SELECT count(*) FROM (SELECT templateId FROM jobs GROUP BY templateId HAVING count(*) = 1)"),),
        cell,
        "SELECT count(*) FROM (SELECT template FROM job GROUP BY template HAVING count(*) = 1)",
    ),
    Question(
        "What is the median price of a job that completes?",
        (sql("SELECT median(byc) FROM jobs"),),
        cell,
        """
        , ranked AS (
            SELECT coalesce(byc, 0) AS byc, row_number() OVER (ORDER BY coalesce(byc, 0)) - 1 AS place,
                (count(*) OVER () - 1) * 0.5 AS wanted
            FROM job WHERE state = 'COMPLETE')
        SELECT sum(byc * max(0, 1 - abs(place - wanted))) FROM ranked""",
    ),
    Question(
        "What share of all we paid went to the dearest template?",
        (sql("SELECT max(paid) / sum(paid) FROM (SELECT sum(byc) AS paid FROM jobs GROUP BY templateId)"),),
        cell,
        """
        , paid AS (SELECT sum(byc) AS byc FROM job WHERE state = 'COMPLETE' GROUP BY template)
        SELECT max(byc) / sum(byc) FROM paid""",
    ),
    Question(
        "How many jobs failed within their first minute, by app?",
        (sql("SELECT app, count(*) FROM jobs WHERE state = 'FAILED' AND duration < 60 GROUP BY app"),),
        pairs,
        "SELECT app, count(*) FROM job WHERE state = 'FAILED' AND seconds > 0 AND seconds < 60 GROUP BY app",
        "table",
    ),
)

MEMORY = "a task needed more memory than its worker or its GPU has"
TIMEOUT = "a task or the job ran longer than its timeout"


def of_cause(cause: str) -> Read:
    return lambda content: by_group("count")(content).get(cause, 0)


def shown_ids(result: CallToolResult) -> list[str]:
    return [job["id"] for job in (result.structured_content or {})["jobs"]]


CAREFUL = (
    Question(
        "How many jobs failed for want of memory?",
        (summary(FAILED, by=("cause",)),),
        of_cause(MEMORY),
        "SELECT count(*) FROM job WHERE error LIKE 'CUDA out of memory%' OR error LIKE '%(exit code 137)%'",
    ),
    Question(
        "How many ran longer than they may?",
        (summary(FAILED, by=("cause",)),),
        of_cause(TIMEOUT),
        "SELECT count(*) FROM job WHERE error LIKE 'Timeout:%'",
    ),
    Question(
        "Which template runs out of memory most?",
        (
            sql(
                f"SELECT templateId FROM jobs WHERE cause = '{MEMORY}' GROUP BY 1 ORDER BY count(*) DESC LIMIT 1"
            ),
        ),
        cell,
        largest("template", "error LIKE 'CUDA out of memory%' OR error LIKE '%(exit code 137)%'"),
        "any",
    ),
    Question(
        "How many containers were killed with exit code 137?",
        (count(where("errorMessage", "LIKE", "%exit code 137%")),),
        member("total"),
        "SELECT count(*) FROM job WHERE error LIKE '%exit code 137%'",
    ),
    Question(
        "How many jobs are under way or stuck?",
        (Call("diagnose_job", {}),),
        member("total"),
        "SELECT count(*) FROM job WHERE state NOT IN ('NEW', 'COMPLETE', 'FAILED')",
    ),
    Question(
        "In which states are the jobs that are not finished?",
        (sql("SELECT state, count(*) FROM unfinished GROUP BY state"),),
        pairs,
        "SELECT state, count(*) FROM job WHERE state NOT IN ('NEW', 'COMPLETE', 'FAILED') GROUP BY state",
        "table",
    ),
    Question(
        "How many jobs are finished, well or badly?",
        (count(where("state", "EQ", "FINISHED")),),
        member("total"),
        "SELECT count(*) FROM job WHERE state IN ('COMPLETE', 'FAILED')",
    ),
    Question(
        "How many are neither finished nor drafts?",
        (count(UNFINISHED),),
        member("total"),
        "SELECT count(*) FROM job WHERE state NOT IN ('NEW', 'COMPLETE', 'FAILED')",
    ),
    Question(
        "How many jobs that were not finished had been started?",
        (sql("SELECT count(*) FROM jobs WHERE NOT finished AND startedAt IS NOT NULL"),),
        cell,
        "SELECT count(*) FROM job WHERE state NOT IN ('NEW', 'COMPLETE', 'FAILED') AND started IS NOT NULL",
    ),
    Question(
        "Are the two newest complete jobs done?",
        (find(COMPLETE, limit=2), Call("wait_for_job", {"job_id": From(shown_ids)})),
        lambda content: [content["reached"], len(content["done"])],
        "SELECT 1 UNION ALL SELECT count(*) FROM (SELECT 1 FROM job WHERE state = 'COMPLETE' LIMIT 2)",
        "list",
    ),
    Question(
        "Tell me when {id} changes.",
        (about_it("wait_for_job", until="changed"),),
        member("note"),
        "SELECT 'It had finished already: nothing will change.'",
        about=NEWEST_OF.format("state = 'FAILED'"),
    ),
    Question(
        "What stands around the error in the log of {id}?",
        (about_it("get_job_logs", contains="/Traceback|No module/", context=1),),
        lambda content: any("No module named" in line for line in content["lines"]),
        "SELECT 1",
        about=NEWEST_OF.format("error LIKE 'ModuleNotFound%'"),
    ),
    Question(
        "Give me one file of {id} alone.",
        (about_it("get_job_results", limit=1),),
        lambda content: [content["state"], len(content["results"])],
        "SELECT 'JOB_STATE_COMPLETE' UNION ALL SELECT 1",
        "list",
        about=NEWEST_OF.format(
            "state = 'COMPLETE' AND ended > julianday((SELECT now FROM clock), '-1 days')"
        ),
    ),
    Question(
        "What did we pay for jobs that failed?",
        (sql("SELECT coalesce(sum(byc), 0) FROM jobs WHERE state = 'FAILED'"),),
        cell,
        "SELECT 0",
    ),
    Question(
        "What may still be charged for jobs that run?",
        (sql("SELECT sum(paymentAmount) FROM jobs WHERE NOT finished"),),
        cell,
        "SELECT sum(byc) FROM job WHERE state NOT IN ('NEW', 'COMPLETE', 'FAILED')",
    ),
    Question(
        "How many jobs were deleted?",
        (sql("SELECT count(deletedAt) FROM jobs"),),
        cell,
        "SELECT count(nullif(json_extract(record, '$.deletedAt'), '')) FROM job",
    ),
    Question(
        "On which day did most jobs fail?",
        (summary(FAILED, by=("day",), time="endedAt", order_by="count", limit=1),),
        lambda content: content["rows"][1][0],
        largest("date(ended)", "state = 'FAILED'"),
        "any",
    ),
    Question(
        "How many templates have a job under way?",
        (sql("SELECT count(DISTINCT templateId) FROM jobs WHERE NOT finished"),),
        cell,
        "SELECT count(DISTINCT template) FROM job WHERE state NOT IN ('NEW', 'COMPLETE', 'FAILED')",
    ),
    Question(
        "How many seconds did a job wait for its start at most?",
        (sql("SELECT max(waitSeconds) FROM jobs"),),
        cell,
        "SELECT max(started - created) * 86400 FROM job",
    ),
    Question(
        "How many jobs waited over a minute for their start?",
        (sql("SELECT count(*) FROM jobs WHERE waitSeconds > 60.5"),),
        cell,
        "SELECT count(*) FROM job WHERE (started - created) * 86400 > 60.5",
    ),
    Question(
        "How many failures name HTTP 403 or 404?",
        (sql("SELECT count(*) FROM jobs WHERE regexp_matches(errorKind, '(HTTP|answered) 40[34]')"),),
        cell,
        "SELECT count(*) FROM job WHERE error LIKE '%HTTP 40_%' OR error LIKE '%answered 40_%'",
    ),
    Question(
        "How many test jobs failed?",
        (count(FAILED, where("config.isTestJob", "EQ", True)),),
        member("total"),
        "SELECT count(*) FROM job WHERE state = 'FAILED' AND test",
    ),
    Question(
        "How many jobs ended since Monday?",
        (count(where("endedAt", "GTE", "now/w")),),
        member("total"),
        """SELECT count(*) FROM job
            WHERE ended >= julianday((SELECT now FROM clock), 'start of day', '-6 days', 'weekday 1')""",
    ),
    Question(
        "How many chunks were lost with jobs that failed?",
        (summary(FAILED),),
        overall("chunks"),
        "SELECT sum(chunks) FROM job WHERE state = 'FAILED'",
    ),
    Question(
        "How many complete jobs took over an hour?",
        (count(COMPLETE, where("duration", "GT", 3600)),),
        member("total"),
        "SELECT count(*) FROM job WHERE state = 'COMPLETE' AND seconds > 3600",
    ),
    Question(
        "How many jobs have no name?",
        (count(where("name", "EQ", "")),),
        member("total"),
        "SELECT count(*) FROM job WHERE coalesce(name, '') = ''",
    ),
    Question(
        "How many jobs of last calendar month failed?",
        (count(FAILED, where("createdAt", "EQ", "now-1M/M")),),
        member("total"),
        """SELECT count(*) FROM job WHERE state = 'FAILED'
            AND created < julianday((SELECT now FROM clock), 'start of month')
            AND created >= julianday((SELECT now FROM clock), 'start of month', '-1 month')""",
    ),
    Question(
        "How many failures were there of each priority?",
        (sql("SELECT priority, count(*) FROM jobs WHERE state = 'FAILED' GROUP BY ALL"),),
        pairs,
        "SELECT priority, count(*) FROM job WHERE state = 'FAILED' GROUP BY priority",
        "table",
    ),
    Question(
        "How many jobs went from start to end in under ten seconds?",
        (sql("SELECT count(*) FROM jobs WHERE finished AND duration < 10"),),
        cell,
        "SELECT count(*) FROM job WHERE state IN ('COMPLETE', 'FAILED') AND seconds > 0 AND seconds < 10",
    ),
    Question(
        "Which templates never had a failure among at least five finished jobs?",
        (
            sql(
                "SELECT templateId, count(*) FROM jobs WHERE finished GROUP BY 1 "
                "HAVING count(*) >= 5 AND count(*) FILTER (state = 'FAILED') = 0"
            ),
        ),
        pairs,
        """SELECT template, count(*) FROM job WHERE state IN ('COMPLETE', 'FAILED') GROUP BY template
            HAVING count(*) >= 5 AND sum(state = 'FAILED') = 0""",
        "table",
    ),
)

QUESTIONS = (
    *HOW_MANY,
    *NO_SUCH_STATE,
    *WHICH,
    *MONEY,
    *COMPARED,
    *FAILURES,
    *ONE_JOB,
    *SUMMED_UP,
    *FOUND,
    *IN_SQL,
    *CAREFUL,
)
