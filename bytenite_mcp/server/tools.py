"""The tools. Their docstrings are prompts, written for models that have never seen ByteNite."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, tzinfo
from functools import partial

import anyio
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.tools import Tool
from mcp.types import CallToolResult, ToolAnnotations

from bytenite_mcp.api.filters import Filter
from bytenite_mcp.api.threads import run_in_thread, run_on
from bytenite_mcp.jobs.ask import Question
from bytenite_mcp.jobs.diagnosis import diagnose
from bytenite_mcp.jobs.logs import cut_excerpt, merge
from bytenite_mcp.jobs.stuck import survey_unfinished
from bytenite_mcp.jobs.watch import Until, Watch
from bytenite_mcp.privacy.redact import Job
from bytenite_mcp.server import arguments as args
from bytenite_mcp.server.answers.diagnosis import answer_diagnosis
from bytenite_mcp.server.answers.jobs import answer_job, answer_page
from bytenite_mcp.server.answers.logs import answer_logs
from bytenite_mcp.server.answers.query import answer_query
from bytenite_mcp.server.answers.results import answer_results
from bytenite_mcp.server.answers.stuck import answer_survey
from bytenite_mcp.server.answers.summary import answer_summary, count_groups
from bytenite_mcp.server.answers.wait import answer_wait
from bytenite_mcp.server.current_client import current_finder
from bytenite_mcp.server.deadline import CALL_LIMIT
from bytenite_mcp.server.errors import EXPECTED
from bytenite_mcp.server.mcp_server import ByteNiteTool
from bytenite_mcp.server.schema import OUTPUT, make_portable
from bytenite_mcp.table.dates import is_relative, parse, utc_now
from bytenite_mcp.table.errors import BadQuery
from bytenite_mcp.table.fields import describe_columns
from bytenite_mcp.table.filter_hints import find_hints
from bytenite_mcp.table.filters import understand
from bytenite_mcp.table.groups import Grouping, read_groups, read_ranking
from bytenite_mcp.table.order import Order
from bytenite_mcp.table.reader import Progress
from bytenite_mcp.table.sql.run import run_select
from bytenite_mcp.table.usual import read_template
from bytenite_mcp.table.zones import find_zone
from bytenite_mcp.view.offer import SHOWN_WITH


async def get_job(job_id: args.JobId, detail: args.Detail = "full") -> CallToolResult:
    """Get one job's record: state, template, times, price, error, parameters, data source."""
    client = current_finder().client
    record = await client.job(job_id)
    return await run_on(record, answer_job, detail, client.simulated)


async def list_jobs(
    ctx: Context,
    limit: args.Limit = 20,
    offset: args.Offset = 0,
    order_by: args.OrderBy = "",
    detail: args.Detail = "concise",
) -> CallToolResult:
    """List jobs, newest first, a page at a time. To count or compare, use summarize_jobs instead of paging."""
    return await _answer_question(Question((), Order.parse(order_by), limit, offset), detail, ctx)


async def filter_jobs(
    filters: args.SomeFilters,
    ctx: Context,
    limit: args.Limit = 20,
    offset: args.Offset = 0,
    order_by: args.OrderBy = "",
    detail: args.Detail = "concise",
    timezone: args.TimeZone = "",
) -> CallToolResult:
    """Find the jobs that match all filters; `total` counts all matches."""
    zone = find_zone(timezone or current_finder().timezone)
    question = Question(await _understand(filters, zone), Order.parse(order_by), limit, offset)
    return await _answer_question(question, detail, ctx, str(zone))


async def _understand(filters: Sequence[args.FilterArgument], zone: tzinfo) -> list[Filter]:
    """Interpret filters; `now` in them is ByteNite's, because its clock is not compared with ours."""
    given = [argument.to_filter() for argument in filters]
    understood = understand(given, utc_now().astimezone(zone))
    values = (value for one in given for value in (one.value if isinstance(one.value, list) else [one.value]))
    if any(is_relative(str(value)) for value in values):
        understood = understand(given, (await current_finder().client.now()).astimezone(zone))
    return understood


def _make_reporter(ctx: Context) -> Progress:
    """Make a function that reports to the client how many jobs have been read, if more than before."""
    reported = 0

    async def report(read: int, total: int | None) -> None:
        nonlocal reported
        if read > reported:
            reported = read
            await ctx.report_progress(read, total, f"{read} jobs read")

    return report


async def _answer_question(
    question: Question, detail: str, ctx: Context, timezone: str = "UTC"
) -> CallToolResult:
    finder, report = current_finder(), _make_reporter(ctx)
    page = await finder.page(question, report)
    simulated = finder.client.simulated
    if detail == "concise":
        return answer_page(page, question, simulated, timezone)
    records = await finder.fetch_records(page)
    return await run_in_thread(answer_page, page, question, simulated, timezone, records)


async def summarize_jobs(
    ctx: Context,
    filters: args.Filters = [],  # noqa: B006  # never changed; a default the schema can show
    group_by: args.GroupBy = [],  # noqa: B006
    time: args.Time = "createdAt",
    timezone: args.TimeZone = "",
    order_by: args.Ranking = "",
    limit: args.GroupLimit = 24,
) -> CallToolResult:
    """Count and compare all matching jobs, together and per group.

    Gives count, complete, failed, unfinished, failureRate (of finished), byc (charged; failed jobs cost
    nothing), bycPending (of unfinished jobs, not final), chunks; p50, p95, max seconds of finished jobs.
    """
    finder = current_finder()
    zone = find_zone(timezone or finder.timezone)
    understood = await _understand(filters, zone)
    grouping = Grouping(understood, group_by, time, zone, read_ranking(order_by, group_by), limit)
    status = await finder.reader.refresh(_make_reporter(ctx))
    count = partial(count_groups, limit=limit)
    store = finder.reader.store
    groups = await store.read(partial(read_groups, grouping=grouping, count_fitting=count))
    find = partial(find_hints, filters=understood, matches=groups.together[0])
    hints = [] if status.partial else await store.read(find)
    return answer_summary(groups, grouping, status, finder.client.simulated, str(zone), hints)


async def query_jobs(sql: args.Sql, ctx: Context, limit: args.RowLimit = 50) -> CallToolResult:
    """Run one SELECT in DuckDB's SQL over all jobs, for what summarize_jobs has no column.

    jobs: {columns}. unfinished: jobs neither draft nor final, with stageSeconds, usualSeconds, ratio.
    stages: jobId, state, entered, seconds. Unset is NULL, times UTC; states are short: FAILED; LIKE is
    case-sensitive. byc: paymentAmount if COMPLETE, else NULL; waitSeconds: createdAt to startedAt; finished:
    NULL for drafts; errorKind: errorMessage, numbers as #; cause: its likely meaning.

    Examples: SELECT templateId, sum(byc) / sum(numChunks) FROM jobs WHERE state = 'COMPLETE' GROUP BY ALL;
    SELECT state, median(seconds) FROM stages GROUP BY state
    """
    finder = current_finder()
    status = await finder.reader.refresh(_make_reporter(ctx))
    answer = await run_select(finder.reader.store, sql, limit, whole=not status.partial)
    return answer_query(answer, status, finder.client.simulated, finder.timezone)


async def diagnose_job(ctx: Context, job_id: args.SomeJobId = "") -> CallToolResult:
    """Find out what is going on with one job and why; without job_id, which unfinished jobs are stuck or slow.

    For one job: what its state means, time in each stage and the usual for its template, error, relevant
    log lines, whether other jobs of the template fail too, likely cause, next step.
    """
    if job_id:
        return await _diagnose_one(job_id, ctx)
    finder = current_finder()
    status = await finder.reader.refresh(_make_reporter(ctx))
    survey = await finder.reader.store.read(partial(survey_unfinished, now=await finder.client.now()))
    return answer_survey(survey, status, finder.client.simulated)


async def _diagnose_one(job_id: str, ctx: Context) -> CallToolResult:
    finder = current_finder()
    record, log, left_out, failure = await finder.client.job_and_log(job_id)
    missing = [f"left out of its log: {part}." for part in left_out]
    if failure:
        missing.append(f"its log could not be read. {failure}")
    job, status, template = Job(record), None, None
    try:
        if job.template_id:
            status = await finder.reader.refresh(_make_reporter(ctx))
            template = await finder.reader.store.read(partial(read_template, record=record))
    except EXPECTED as error:
        missing.append(f"other jobs of its template could not be read. {error}")
    now = await finder.client.now()
    diagnosis = await run_in_thread(lambda: diagnose(job, None if failure else merge(log), template, now))
    return answer_diagnosis(diagnosis, status, missing, finder.client.simulated)


async def get_job_logs(
    job_id: args.JobId,
    service: args.Service = None,
    contains: args.Contains = "",
    minimum_level: args.Level = None,
    context: args.ContextLines = 0,
    before: args.Before = "",
    tail: args.Tail = 100,
) -> CallToolResult:
    """Read the last lines of a job's log, oldest first: time, service, task, level, text.

    The job's own output has level UNKNOWN, which minimum_level never drops.
    """
    finder = current_finder()
    until = _read_before(before, utc_now()) if before.strip() else None
    record, log, left_out, failure = await finder.client.job_and_log(job_id)
    if failure:
        raise failure
    if is_relative(before):
        until = _read_before(before, await finder.client.now())
    excerpt = await run_in_thread(
        cut_excerpt,
        log,
        before=until,
        service=service,
        contains=contains,
        minimum_level=minimum_level,
        context=context,
    )
    timezone = finder.timezone if until else "UTC"
    return answer_logs(Job(record), excerpt, left_out, tail, finder.client.simulated, timezone)


def _read_before(text: str, now: datetime) -> datetime:
    try:
        return parse(text, now.astimezone(find_zone(current_finder().timezone))).start
    except ValueError:
        raise BadQuery("before", "should be a time, such as 2026-11-02T15:00:00Z or now-1h") from None


async def get_job_results(
    job_id: args.JobId, limit: args.OutputLimit = 20, offset: args.Offset = 0
) -> CallToolResult:
    """Get the names and download links of a job's outputs, a page at a time, or why there are none."""
    client = current_finder().client
    record, rows, unreadable = await client.job_and_results(job_id)
    return answer_results(Job(record), rows, unreadable, limit, offset, await client.now(), client.simulated)


async def wait_for_job(
    job_id: args.JobIds,
    ctx: Context,
    timeout_seconds: args.TimeoutSeconds = int(CALL_LIMIT),
    until: Until = Until.FINISHED,
) -> CallToolResult:
    """Wait until all jobs are finished, or one changes state, and say which are done.

    To cancel a job, use ByteNite's console or API.
    """
    client, began = current_finder().client, anyio.current_time()

    async def report(job: Job) -> None:
        await ctx.report_progress(anyio.current_time() - began, timeout_seconds, job.state)

    watched = await Watch(client, job_id, until, report).wait(timeout_seconds)
    return answer_wait(watched, anyio.current_time() - began, client.simulated)


TOOLS: dict[Callable[..., Awaitable[CallToolResult]], tuple[str, str]] = {
    get_job: ("Get a job", "one ByteNite job's record, state, price, error"),
    list_jobs: ("List jobs", "newest ByteNite batch jobs"),
    filter_jobs: ("Filter jobs", "find ByteNite jobs by state, name, template, date, price"),
    summarize_jobs: ("Summarize jobs", "count ByteNite jobs, cost, success rate, durations"),
    query_jobs: ("Query jobs in SQL", "SQL over all ByteNite jobs"),
    diagnose_job: ("Diagnose jobs", "why a ByteNite job failed; which jobs are stuck"),
    get_job_logs: ("Read a job's log", "a ByteNite job's log, traceback, errors"),
    get_job_results: ("Get a job's outputs", "download a ByteNite job's outputs"),
    wait_for_job: ("Wait for a job", "wait until ByteNite jobs finish"),
}
"""Each tool, in the order a model sees them, with its title and the text by which hosts with tool search find it."""

WITHOUT_VIEW = (get_job_logs, get_job_results)
"""The tools without a view: a chat shows their text and links just as well."""


def make_tools() -> list[Tool]:
    """Make all tools, in the order of `TOOLS`."""
    return [_make_tool(function, title, hint) for function, (title, hint) in TOOLS.items()]


def _make_tool(function: Callable[..., Awaitable[CallToolResult]], title: str, search_hint: str) -> Tool:
    hints = ToolAnnotations(
        read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=True
    )
    prompt = " ".join((function.__doc__ or "").split()).replace("{columns}", describe_columns())
    meta = {"anthropic/searchHint": search_hint, **({} if function in WITHOUT_VIEW else SHOWN_WITH)}
    tool = ByteNiteTool.from_function(function, title=title, description=prompt, annotations=hints, meta=meta)
    tool.parameters = make_portable(tool.parameters)
    # Set afterwards, so that the SDK only advertises it: validating each answer against it would take time.
    tool.fn_metadata.output_schema = OUTPUT[tool.name]
    return tool
