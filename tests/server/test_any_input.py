"""Any input gives a result, or a short error that names what is wrong."""

import json
from typing import Any

import anyio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mcp import MCPError
from mcp.types import PromptReference, ResourceTemplateReference

from bytenite_mcp.api.filters import Condition
from bytenite_mcp.server.tools import make_tools
from bytenite_mcp.table.fields import FIELDS, SHORTHANDS
from bytenite_mcp.table.groups import STATISTICS, Group
from tests.server.conftest import Asker, Era, ids, world_of

pytestmark = pytest.mark.anyio

SECONDS = 10
"""The seconds that one call may take on a busy machine."""

driven = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])

FINISHED = ids(world_of(200, 7), "state IN ('JOB_STATE_COMPLETE', 'JOB_STATE_FAILED')")[:20]
TRICKS = [
    "..", ".", "../admin", "..%2fadmin", "%2e%2e", "/etc/passwd", "\\\\host\\share", "a/../../b", "a?b=c", "a#b",
    "\x00", "a\x00b", "\u202e", "\ud800", "a\udfff", "\r\nHost: x", "{job_id}", "${x}", "' OR 1=1 --", "-1",
    "99999999999999999999", "1e400", "NaN", "[]", "{}", "null", "[[[[", '{"a":', "%" * 500, "%_" * 400, "a" * 1000,
    "x" * 100_000, "now-999999y", "now/d/d/d", "0001-01-01", "9999-12-31", "2026-02-30", "++now", "\U0001f600",
]  # fmt: skip

texts = st.sampled_from(TRICKS) | st.text(st.characters(exclude_categories=[]), max_size=30)
names = texts.map(lambda text: text.encode(errors="replace").decode())
"""No client can send a lone surrogate in the name of a member."""

scalars = st.none() | st.booleans() | st.integers() | st.integers(-(10**40), 10**40) | st.floats() | texts
junk = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)


@pytest.fixture
def era() -> Era:
    """The newer client puts names into headers, and so cannot send lone surrogates."""
    return "legacy"


def nested(depth: int) -> Any:
    value: Any = "deep"
    for _ in range(depth):
        value = [value]
    return value


anything = junk | st.integers(1, 100).map(nested)
fields = st.sampled_from([*FIELDS, *SHORTHANDS, "params.app.steps", "stateTimestamps.X", "params"]) | texts
operands = (
    scalars
    | st.lists(scalars, max_size=4)
    | st.sampled_from(
        [
            "FAILED",
            "running",
            "now-7d",
            "2026-02",
            "2026-02-24T00:00:00+01:00",
            "true",
            "5",
            "%a%a%a%a%b",
            ["FAILED"],
            [1, "2"],
        ]
    )
)
conditions = st.sampled_from(
    [*(condition.value for condition in Condition), *(condition.short.lower() for condition in Condition)]
)
filters = st.lists(
    st.fixed_dictionaries({"field": fields, "condition": conditions, "value": operands}), max_size=4
)

LIKELY: dict[str, st.SearchStrategy[Any]] = {
    "job_id": st.sampled_from(FINISHED) | texts,
    "filters": filters | filters.map(lambda value: json.dumps(value)),
    "limit": st.integers(-2, 102),
    "offset": st.integers(-2, 300),
    "order_by": st.builds(
        "{} {}".format, fields | st.sampled_from(list(STATISTICS)), st.sampled_from(["asc", "desc", "", "up"])
    )
    | texts,
    "detail": st.sampled_from(["full", "concise", "none"]),
    "group_by": st.lists(st.sampled_from([*(group.value for group in Group), "colour"]), max_size=4),
    "timezone": st.sampled_from(["UTC", "Asia/Kolkata", "Etc/GMT+12", "utc", "/UTC", "../UTC"]) | texts,
    "service": st.sampled_from(["TASKRUNNER", "assembler", "x"]),
    "contains": texts
    | texts.map("/{}/".format)
    | st.sampled_from(["/a|b/", "/(/", "/[[:alpha:]]+/", "/a{1000}{1000}/"]),
    "context": st.integers(-1, 21),
    "before": st.sampled_from(["now", "now-1h", "2026-03-04T15:00:00.000001Z", "0001-01-01", "9999-12-31"])
    | texts,
    "minimum_level": st.sampled_from(["error", "WARN", "x"]),
    "tail": st.integers(-1, 501),
    "timeout_seconds": st.integers(-1, 51),
    "until": st.sampled_from(["finished", "changed", "x"]),
    "time": st.sampled_from(["createdAt", "startedAt", "endedAt", "deletedAt"]),
    "sql": st.sampled_from(["SELECT count(*) FROM jobs", "SELECT * FROM stages", "DROP TABLE jobs", "SELECT"])
    | texts,
}
ARGUMENTS = {tool.name: list(tool.parameters["properties"]) for tool in make_tools()}


@st.composite
def calls(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """Draw a call that is mostly valid, or mostly invalid."""
    tool = draw(st.sampled_from(list(ARGUMENTS)))
    arguments = {name: draw(LIKELY[name]) for name in ARGUMENTS[tool] if draw(st.integers(0, 3))}
    if ARGUMENTS[tool] and not draw(st.integers(0, 2)):
        arguments[draw(st.sampled_from(ARGUMENTS[tool]))] = draw(anything)
    if not draw(st.integers(0, 9)):
        arguments[draw(names)] = draw(junk)
    return tool, arguments


def test_every_argument_is_driven() -> None:
    assert {name for names in ARGUMENTS.values() for name in names} == set(LIKELY)


@settings(driven, max_examples=max(300, driven.max_examples))
@given(call=calls())
async def test_a_call_is_answered_or_refused_in_a_few_words(
    asker: Asker, call: tuple[str, dict[str, Any]]
) -> None:
    tool, arguments = call
    with anyio.fail_after(SECONDS):
        answer = await asker.tell(tool, **arguments)
    answer.text.encode()
    json.dumps(answer.content, allow_nan=False, ensure_ascii=False).encode()
    if answer.failed:
        assert_clean(answer.text)
        missing = "no such record (404)" in answer.text
        assert missing or any(name in answer.text for name in ARGUMENTS[tool]), answer.text


@driven
@given(uri=st.builds("bytenite://jobs/{}".format, texts) | texts)
async def test_a_resource_is_read_or_refused_in_a_few_words(asker: Asker, uri: str) -> None:
    with anyio.fail_after(SECONDS):
        try:
            await asker.client.read_resource(uri)
        except MCPError as error:
            check_refusal(error, -32602, -32603, echo=uri)
    for _, path, _ in asker.sent():
        assert path.count("/") <= 1, path
        assert path.rpartition("/")[2] not in ("", ".", ".."), path


@driven
@given(cursor=texts)
async def test_a_list_is_given_or_refused_in_a_few_words(asker: Asker, cursor: str) -> None:
    with anyio.fail_after(SECONDS):
        try:
            await asker.client.list_resources(cursor=cursor)
        except MCPError as error:
            check_refusal(error, -32602)


REFERENCES = st.builds(ResourceTemplateReference, type=st.just("ref/resource"), uri=texts) | st.builds(
    PromptReference, type=st.just("ref/prompt"), name=texts
)


@driven
@given(ref=REFERENCES, name=st.sampled_from(["job_id", "since", "period"]) | texts, value=texts)
async def test_a_completion_is_given_whatever_is_typed(asker: Asker, ref: Any, name: str, value: str) -> None:
    with anyio.fail_after(SECONDS):
        found = (await asker.client.complete(ref, {"name": name, "value": value})).completion
    assert len(found.values) <= 100


@driven
@given(
    name=st.sampled_from(["triage_failures", "what_is_stuck", "explain_job", "cost_report"]) | texts,
    arguments=st.dictionaries(st.sampled_from(["since", "job_id", "period"]) | names, texts, max_size=3),
)
async def test_a_prompt_is_given_or_refused_in_a_few_words(
    asker: Asker, name: str, arguments: dict[str, str]
) -> None:
    with anyio.fail_after(SECONDS):
        try:
            result = await asker.client.get_prompt(name, arguments)
        except MCPError as error:
            check_refusal(error, -32602)
        else:
            result.model_dump_json().encode()


def check_refusal(error: MCPError, *codes: int, echo: str = "") -> None:
    assert error.error.code in codes
    assert_clean(error.error.message.replace(echo, ""))


def assert_clean(said: str) -> None:
    said.encode()
    assert 0 < len(said) <= 1000
    assert "Traceback" not in said
    assert "pydantic" not in said
    assert "failed unexpectedly" not in said
