"""Every error that a model can get: what is wrong, what is valid, and nothing secret."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from bytenite_mcp.api.errors import ByteNiteError, NoAnswer, Refusal
from bytenite_mcp.config import Settings
from bytenite_mcp.server.errors import HINTS
from bytenite_mcp.simulator import Fault
from tests.server.conftest import SETTINGS, Asker, both_eras, connected

pytestmark = pytest.mark.anyio

CONDITIONS = ", ".join(
    f"FILTER_CONDITION_{name}"
    for name in [
        "EQ",
        "NEQ",
        "GT",
        "GTE",
        "LT",
        "LTE",
        "ARRAY_CONTAINS",
        "ARRAY_CONTAINS_ANY",
        "IN",
        "NOT_IN",
        "LIKE",
    ]
)
FILTER = 'such as {"field": "state", "condition": "FILTER_CONDITION_EQ", "value": "FAILED"}'
UNUSABLE = (
    "This cannot be a job id: ids are 1 to 200 printable characters without '/', '\\', '?', '#' or '%', "
    "and not '.' or '..'.\n"
    "job_id is usually a UUID such as f4ce2ca0-bf49-4fb7-a32f-da899167678e; list_jobs shows ids."
)
IN_PROGRESS = (
    '"JOB_STATE_STARTED", "JOB_STATE_UPLOADING", "JOB_STATE_PARTITIONING", "JOB_STATE_PARTITIONED", '
    '"JOB_STATE_TASKS_COMPLETED", "JOB_STATE_MERGING", "JOB_STATE_MERGED", "JOB_STATE_DOWNLOADING"'
)


def where(field: Any, condition: Any, *value: Any, **more: Any) -> dict[str, Any]:
    return {
        "filters": [
            {"field": field, "condition": condition, **dict(zip(["value"], value, strict=False)), **more}
        ]
    }


ARGUMENTS: list[tuple[str, dict[str, Any], str]] = [
    # unknown arguments, at each level
    ("get_job", {"id": "x"}, "Unknown argument 'id'. Valid: job_id, detail."),
    ("list_jobs", {"state": "FAILED"},
     "Unknown argument 'state'. Valid: limit, offset, order_by, detail. filter_jobs takes filters."),
    ("list_jobs", {"colour": "red"}, "Unknown argument 'colour'. Valid: limit, offset, order_by, detail."),
    ("summarize_jobs", {"groupBy": [], "tz": ""},
     "Unknown argument 'groupBy', 'tz'. Valid: filters, group_by, time, timezone, order_by, limit."),
    ("filter_jobs", {**where("createdAt", "EQ", "2026-11-02"), "timezone": "CEST"},
     "timezone: there is no time zone 'CEST'; should be an IANA name such as 'Europe/Berlin' or 'UTC'."),
    ("filter_jobs", where("state", "EQ", "NEW", op="="), "filters[0].op: unknown. Valid: field, condition, value."),
    # missing
    ("get_job", {}, "job_id: this argument is required."),
    ("get_job", {"job_id": None}, "job_id: this argument is required."),
    ("get_job", {"job_id": ""}, "job_id: this argument is required."),
    ("filter_jobs", {}, "filters: this argument is required."),
    ("filter_jobs", {"filters": [{}]},
     "filters[0].field: this argument is required.\nfilters[0].condition: this argument is required.\n"
     "filters[0].value: this argument is required."),
    # of another type
    ("get_job", {"job_id": 5}, "job_id: should be a valid string."),
    ("list_jobs", {"limit": "many"},
     "limit: should be a valid integer, unable to parse string as an integer."),
    ("list_jobs", {"limit": 1.5}, "limit: should be a valid integer, got a number with a fractional part."),
    ("list_jobs", {"limit": True}, "limit: should be a whole number."),
    ("get_job_logs", {"job_id": "x", "tail": False}, "tail: should be a whole number."),
    ("filter_jobs", {"filters": "x"}, f"filters: should be a list of filters {FILTER}."),
    ("filter_jobs", {"filters": "state = 'FAILED'"}, f"filters: should be a list of filters {FILTER}."),
    ("filter_jobs", {"filters": {"state": "FAILED"}}, f"filters[0]: should be {FILTER}."),
    ("filter_jobs", {"filters": ["x"]}, "filters[0]: should be an object with field, condition and value."),
    ("filter_jobs", where("state", "EQ", {"a": 1}),
     'filters[0].value: should be a text, a number, true or false, or a list of these; "" means not set.'),
    ("filter_jobs", where("state", "EQ", None),
     'filters[0].value: should be a text, a number, true or false, or a list of these; "" means not set.'),
    ("filter_jobs", where("state", "IN", [{}]),
     'filters[0].value: should be a text, a number, true or false, or a list of these; "" means not set.'),
    ("filter_jobs", where(3, "EQ", "x"), "filters[0].field: should be a valid string."),
    ("summarize_jobs", {"group_by": {"state": 1}}, "group_by: should be a text or a list of texts."),
    # out of range
    ("list_jobs", {"limit": 0}, "limit: should be greater than or equal to 1."),
    ("list_jobs", {"limit": 101}, "limit: should be less than or equal to 100."),
    ("list_jobs", {"offset": -1}, "offset: should be greater than or equal to 0."),
    ("list_jobs", {"offset": 10**30}, "offset: should be less than or equal to 10000000."),
    ("list_jobs", {"limit": 0, "offset": -1},
     "limit: should be greater than or equal to 1.\noffset: should be greater than or equal to 0."),
    ("get_job", {"job_id": "x" * 201}, "job_id: string should have at most 200 characters."),
    ("filter_jobs", where("", "EQ", "x"), "filters[0].field: string should have at least 1 character."),
    ("filter_jobs", where("name", "EQ", "x" * 1001),
     "filters[0].value: at most 200 values of at most 1,000 characters."),
    ("filter_jobs", {"filters": where("name", "EQ", "x")["filters"] * 21},
     "filters: at most 20 items, not 21."),
    ("wait_for_job", {"job_id": []}, "job_id: at least 1 items, not 0."),
    ("summarize_jobs", {"group_by": ["state", "app", "owner", "day"]},
     "group_by: at most 3 items, not 4."),
    ("get_job_logs", {"job_id": "x", "tail": 0}, "tail: should be greater than or equal to 1."),
    ("get_job_logs", {"job_id": "x", "contains": "x" * 201},
     "contains: string should have at most 200 characters."),
    ("wait_for_job", {"job_id": "x", "timeout_seconds": 46},
     "timeout_seconds: should be less than or equal to 45."),
    # no such choice
    ("get_job", {"job_id": "x", "detail": "nice"}, "detail: should be 'concise' or 'full'."),
    ("filter_jobs", where("state", "MATCHES", "NEW"), f"filters[0].condition: should be one of {CONDITIONS}."),
    ("filter_jobs", where("state", "=", "NEW"), "filters[0].condition: instead of = use EQ."),
    ("filter_jobs", where("name", "not like", "a%"),
     "filters[0].condition: instead of NOT_LIKE use query_jobs: name NOT ILIKE '%a%'."),
    ("filter_jobs", where("name", "IS_NULL", ""), 'filters[0].condition: instead of IS_NULL use EQ with "".'),
    ("filter_jobs", where("name", "CONTAINS", "a"),
     "filters[0].condition: instead of CONTAINS use LIKE with % around the text, or ARRAY_CONTAINS for regions."),
    ("filter_jobs", where("state", 5, "NEW"), f"filters[0].condition: should be one of {CONDITIONS}."),
    ("summarize_jobs", {"group_by": ["colour"]},
     "group_by[0]: should be one of state, templateId, name, priority, appId, app, owner, region, dataSource, "
     "dataDestination, errorMessage, cause, isTestJob, hour, day, week, month, hourOfDay, weekday; query_jobs groups "
     "by anything else."),
    ("summarize_jobs", {"timezone": "Europe/Berlni"},
     "timezone: there is no time zone 'Europe/Berlni'; most likely meant: 'Europe/Berlin'."),
    ("get_job_logs", {"job_id": "x", "service": "X"},
     "service: should be 'PARTITIONER', 'ASSEMBLER' or 'TASKRUNNER'."),
    ("get_job_logs", {"job_id": "x", "minimum_level": "LOUD"},
     "minimum_level: should be 'TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL' or 'PANIC'."),
    ("wait_for_job", {"job_id": "x", "until": "forever"}, "until: should be 'finished' or 'changed'."),
    # a list where one value is wanted, and the other way round
    ("filter_jobs", where("state", "IN", "FAILED"),
     'filters[0].value: FILTER_CONDITION_IN wants a list of at least one value, such as ["FAILED", "COMPLETE"].'),
    ("filter_jobs", where("name", "NOT_IN", []),
     'filters[0].value: FILTER_CONDITION_NOT_IN wants a list of at least one value, such as ["a", "b"].'),
    ("filter_jobs", where("state", "EQ", ["FAILED"]),
     'filters[0].value: FILTER_CONDITION_EQ wants one value, such as "FAILED", not a list; '
     "for any of several use FILTER_CONDITION_IN."),
    # states that do not exist
    ("filter_jobs", where("state", "EQ", "RUNNING"),
     "filters[0].value: ByteNite has no state 'RUNNING'; most likely meant: "
     f'{{"field": "state", "condition": "FILTER_CONDITION_IN", "value": [{IN_PROGRESS}]}}.'),
    ("filter_jobs", where("state", "EQ", "succeeded"),
     "filters[0].value: ByteNite has no state 'succeeded'; most likely meant: "
     '{"field": "state", "condition": "FILTER_CONDITION_EQ", "value": "JOB_STATE_COMPLETE"}.'),
    ("summarize_jobs", where("state", "EQ", "Cancelled"),
     "filters[0].value: ByteNite has no state 'Cancelled' (an aborted run ends FAILED like any other; only "
     "errorMessage may tell); most likely meant: "
     '{"field": "state", "condition": "FILTER_CONDITION_EQ", "value": "JOB_STATE_FAILED"}.'),
    ("filter_jobs", where("state", "EQ", "blue"),
     "filters[0].value: there is no state 'blue'; states are NEW, STARTED, UPLOADING, PARTITIONING, PARTITIONED, "
     "TASKS_COMPLETED, MERGING, MERGED, DOWNLOADING, COMPLETE, FAILED; LIKE finds any other."),
    # values a field cannot have
    ("filter_jobs", where("state", "GT", "NEW"),
     "filters[0].condition: state has no order; use FILTER_CONDITION_IN with the values wanted."),
    ("filter_jobs", where("duration", "GTE", "long"),
     "filters[0].value: duration is a number (seconds since startedAt; 0 is unset), not 'long'."),
    ("filter_jobs", where("isTestJob", "EQ", "maybe"),
     "filters[0].value: config.isTestJob is true or false, not 'maybe'."),
    ("filter_jobs", where("createdAt", "GTE", "last week"),
     'filters[0].value: createdAt is a time, such as "2026-11-02", "2026-11-02T15:00:00+01:00", "now-7d" or "now-1w/w" '
     "(UTC unless it has an offset), not 'last week'."),
    ("filter_jobs", where("duration", "LIKE", "1%"),
     "filters[0].condition: LIKE is for text and duration is a number; use EQ, GT, GTE, LT or LTE."),
    ("filter_jobs", where("name", "ARRAY_CONTAINS", "a"),
     "filters[0].condition: name is no list; use FILTER_CONDITION_EQ, or _IN with a list of values."),
    # fields
    ("filter_jobs", where("crated_at", "EQ", "x"),
     "filters[0].field: there is no field 'crated_at'; similar: createdAt, startedAt, completedAt."),
    ("filter_jobs", where("config", "EQ", "x"),
     "filters[0].field: 'config' is an object; name a member such as config.isTestJob, config.jobTimeout, "
     "config.maxTaskRetries."),
    ("filter_jobs", where("dataSource.params.secretKey", "EQ", "x"),
     "filters[0].field: 'dataSource.params.secretKey' is withheld; of a data source only name, bucketName and "
     "cloudRegion can be asked about."),
    ("filter_jobs", where("params.app.hf_token", "LIKE", "a%"),
     "filters[0].field: 'params.app.hf_token' looks like a secret, which is withheld and cannot be asked about."),
    ("list_jobs", {"order_by": "bogus"}, "order_by: there is no field 'bogus'; similar: name, state, createdAt."),
    ("list_jobs", {"order_by": "createdAt sideways"},
     'order_by: wants a field, or a field and asc or desc, such as "createdAt desc".'),
    ("list_jobs", {"order_by": "params.api_key"},
     "order_by: 'params.api_key' looks like a secret, which is withheld and cannot be asked about."),
    # ids that could lead elsewhere
    ("get_job", {"job_id": "../admin"}, "job_id: must not contain '/', '\\', '?', '#' or '%'."),
    ("get_job", {"job_id": "x?y=1"}, "job_id: must not contain '/', '\\', '?', '#' or '%'."),
    ("get_job", {"job_id": "%2e%2e"}, "job_id: must not contain '/', '\\', '?', '#' or '%'."),
    ("get_job_results", {"job_id": ".."}, UNUSABLE),
    ("diagnose_job", {"job_id": "a\x00b"}, UNUSABLE),
    ("get_job_logs", {"job_id": "a\u202eb"}, UNUSABLE),
]  # fmt: skip


@pytest.mark.parametrize(
    ("tool", "arguments", "said"), ARGUMENTS, ids=[f"{tool} {said[:60]}" for tool, _, said in ARGUMENTS]
)
async def test_an_invalid_argument_is_explained_and_nothing_is_sent(
    asker: Asker, tool: str, arguments: dict[str, Any], said: str
) -> None:
    assert await asker.fail(tool, **arguments) == said
    assert asker.sent() == []


@both_eras
@pytest.mark.parametrize(
    "tool", ["get_job", "diagnose_job", "get_job_logs", "get_job_results", "wait_for_job"]
)
async def test_an_unknown_job_is_said_by_every_tool_that_takes_one(asker: Asker, tool: str) -> None:
    assert await asker.fail(tool, job_id="no-such-job") == (
        "ByteNite has no such record (404). It said: \"job 'no-such-job' not found\".\n"
        "Check the id, which must be whole; filter_jobs finds jobs by name, or by a part of the id."
    )


DOCUMENTED = (
    "which is not what ByteNite's API documents.\n"
    "Check that BYTENITE_BASE_URL is ByteNite's API and that no proxy answers in its place."
)
UNREADABLE = (
    "which is not what ByteNite's API documents.\n"
    "Try again in a moment; if it lasts, check that BYTENITE_BASE_URL is ByteNite's API and that no proxy answers "
    "in its place."
)
UNAUTHENTICATED = (
    "Check the API key (BYTENITE_API_KEY, or what your MCP client sends): it may be mistyped, expired or revoked. "
    "Trying again will not help."
)
DOWN = "Try again in a minute; if it lasts, ByteNite's service is down."
FAULTS = {
    "429": 'ByteNite is limiting requests (429). It said: "simulated fault".\nTry again in a minute.',
    "429:retry_after=30": 'ByteNite is limiting requests (429). It said: "simulated fault".\nTry again in 30 s.',
    "500": f'ByteNite had an internal failure (500). It said: "simulated fault".\n{DOWN}',
    "html:status=501": "This API does not implement that (501).\n"
    "Trying again will not help; other tools may answer without it.",
    "503": f'ByteNite had an internal failure (503). It said: "simulated fault".\n{DOWN}',
    "html": f"ByteNite had an internal failure (502).\n{DOWN}",
    "html:status=200": f"bytenite.test answered with an HTML page, {UNREADABLE}",
    "ok_false": f'ByteNite had an internal failure (500). It said: "something went wrong".\n{DOWN}',
    "not_a_page": f"bytenite.test answered with JSON that is not a page of jobs, {DOCUMENTED}",
    "cut": f"bytenite.test answered with JSON that is cut or malformed, {UNREADABLE}",
    "redirect": "bytenite.test answered with a redirect to 'elsewhere.example.invalid' "
    f"(not followed: a key goes to one host only), {DOCUMENTED}",
    "endless:bytes=40000000": f"bytenite.test answered with more than 32 MiB, {DOCUMENTED}",
    "token_dies:uses=0": "ByteNite accepted the API key, but not the access token that it issued for it (401). "
    'It said: "the access token has expired".\n'
    "The key is valid. Check that BYTENITE_BASE_URL and BYTENITE_JOBS_PREFIX belong together and that no proxy "
    "changes the header Authorization; if so, only ByteNite can fix it.",
    "key_refused": f'ByteNite did not accept the API key (401). It said: "invalid API key".\n{UNAUTHENTICATED}',
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_failure_of_the_api_is_said_with_what_to_do(asker: Asker, fault: str) -> None:
    asker.app.state.faults.set(Fault.parse(fault))
    assert await asker.fail("list_jobs") == FAULTS[fault]


async def test_an_unreachable_host_is_named_with_the_settings_that_help(free_tcp_port: int) -> None:
    nowhere = SETTINGS.model_copy(update={"base_url": f"http://127.0.0.1:{free_tcp_port}/v1"})
    async with connected(httpx.AsyncHTTPTransport(), settings=nowhere) as asker:
        assert await asker.fail("list_jobs") == (
            f"Cannot connect to 127.0.0.1:{free_tcp_port}: the connection was refused.\n"
            "ByteNite's hosted API may have been shut down. Check the network and BYTENITE_BASE_URL, "
            "or start the server with --demo for simulated jobs."
        )


def below(kind: type[ByteNiteError]) -> Iterator[type[ByteNiteError]]:
    for lower in kind.__subclasses__():
        yield lower
        yield from below(lower)


@pytest.mark.parametrize("kind", [kind for kind in below(ByteNiteError) if kind not in (NoAnswer, Refusal)])
def test_every_error_comes_with_what_to_do(kind: type[ByteNiteError]) -> None:
    assert any(above in HINTS for above in kind.__mro__)


async def test_without_a_key_an_error_says_how_to_set_one_and_that_there_is_a_demo(app: Starlette) -> None:
    async with connected(app, settings=Settings()) as asker:
        assert await asker.fail("list_jobs") == (
            "No ByteNite API key is set, so no job can be looked up.\n"
            "Set BYTENITE_API_KEY in this server's configuration, or start it with `serve --demo` to try it on "
            "simulated jobs."
        )


def refusing(message: str) -> httpx.MockTransport:
    def refuse(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("access_token"):
            return httpx.Response(200, json={"token": "the-token-itself"})
        return httpx.Response(400, content=json.dumps({"code": 3, "message": message, "details": []}))

    return httpx.MockTransport(refuse)


HOSTILE = {
    "a long one": "x" * 100_000,
    "many lines": "a\nb\n" * 500,
    "a traceback": 'Traceback (most recent call last):\n  File "/app/main.py", line 1',
    "text that hides and turns": "\u202egnp.exe\u202c \u200b\x1b[31m\x00",
    "half a character": "\udcff",
    "a signed link": "see https://u:pass123@h.example/x?X-Amz-Signature=abcdef123456",
    "a bearer token": "Authorization: Bearer abcdef123456789",
}


@pytest.mark.parametrize("message", HOSTILE.values(), ids=list(HOSTILE))
async def test_what_the_api_says_is_quoted_on_one_line_cut_and_made_safe(message: str) -> None:
    async with connected(refusing(message)) as asker:
        said = await asker.fail("list_jobs")
    assert len(said) <= 1000
    assert said.startswith("ByteNite did not accept the request (400). It said: ")
    assert len(said.splitlines()) == 2
    assert said.isprintable() or said.replace("\n", "").isprintable()
    for secret in ("pass123", "abcdef123456"):
        assert secret not in said


async def test_no_error_repeats_a_long_or_secret_argument(asker: Asker) -> None:
    secret = "SECRET-" + "z" * 5000
    calls: list[tuple[str, dict[str, Any]]] = [
        ("get_job", {"job_id": secret}),
        ("get_job", {secret: 1}),
        ("list_jobs", {"order_by": secret}),
        ("filter_jobs", where(secret, "EQ", "x")),
        ("filter_jobs", where("name", secret, "x")),
        ("filter_jobs", where("name", "EQ", "x", **{secret: 1})),
        ("filter_jobs", where("state", "EQ", secret)),
        ("get_job_logs", {"job_id": "x", "service": secret}),
        ("summarize_jobs", {"timezone": secret}),
        ("summarize_jobs", {"group_by": [secret]}),
    ]
    for tool, arguments in calls:
        said = await asker.fail(tool, **arguments)
        assert len(said) <= 1000
        assert "z" * 100 not in said
