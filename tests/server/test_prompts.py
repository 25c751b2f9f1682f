"""Prompts: their list, their texts, their arguments, and that the calls they ask for work."""

import re

import pytest
from mcp import MCPError
from mcp.types import TextContent
from syrupy.assertion import SnapshotAssertion

from bytenite_mcp.server.prompts import TIMES
from tests.server.conftest import Asker, both_eras, connected
from tests.server.test_definitions import TOOLS

pytestmark = pytest.mark.anyio


async def rendered(asker: Asker, name: str, **arguments: str) -> str:
    (message,) = (await asker.client.get_prompt(name, arguments)).messages
    assert message.role == "user"
    assert isinstance(message.content, TextContent)
    return message.content.text


A_TIME = "should be a date (2026-11-02, 2026-11) or date maths (now-7d, now-1M/M)."
PROMPTS = {
    "triage_failures": {"since": "now-30d", "template": "video-transcoding@v0.2"},
    "what_is_stuck": {},
    "explain_job": {"job_id": "f4ce2ca0-bf49-4fb7-a32f-da899167678e"},
    "cost_report": {"period": "now-1M/M"},
}


@both_eras
async def test_the_prompts_are_listed_with_titles_descriptions_and_arguments(asker: Asker) -> None:
    prompts = (await asker.client.list_prompts()).prompts
    assert {prompt.name: [argument.name for argument in prompt.arguments or []] for prompt in prompts} == {
        name: list(arguments) for name, arguments in PROMPTS.items()
    }
    assert all(prompt.title and prompt.description for prompt in prompts)
    assert all(argument.description for prompt in prompts for argument in prompt.arguments or [])
    required = [
        argument.name for prompt in prompts for argument in prompt.arguments or [] if argument.required
    ]
    assert required == ["job_id"]


@both_eras
@pytest.mark.parametrize("name", PROMPTS)
async def test_a_prompt_names_tools_that_exist_and_repeats_its_argument(asker: Asker, name: str) -> None:
    text = await rendered(asker, name, **PROMPTS[name])
    named = set(re.findall(r"\b[a-z]+(?:_[a-z]+)+\b", text)) - {"group_by", "order_by", "job_id"}
    assert named
    assert named <= set(TOOLS)
    assert all(value in text for value in PROMPTS[name].values())


async def test_the_prompts_are_as_reviewed(asker: Asker, snapshot: SnapshotAssertion) -> None:
    assert "\n\n".join([await rendered(asker, name, **PROMPTS[name]) for name in PROMPTS]) == snapshot


@pytest.mark.parametrize("blank", [{}, {"since": "", "period": " "}])
async def test_a_prompt_has_defaults(asker: Asker, blank: dict[str, str]) -> None:
    def left(name: str) -> dict[str, str]:
        return {argument: value for argument, value in blank.items() if argument == name}

    assert "now-7d" in await rendered(asker, "triage_failures", **left("since"))
    assert "now-30d" in await rendered(asker, "cost_report", **left("period"))


@pytest.mark.parametrize(
    ("period", "asked"),
    [
        ("2026-10", "createdAt EQ 2026-10,"),
        ("2026-10-05", "createdAt EQ 2026-10-05,"),
        ("now-1M/M", "createdAt EQ now-1M/M,"),
        ("now-30d", "createdAt GTE now-30d,"),
        ("2026-10-05T12:00:00", "createdAt GTE 2026-10-05T12:00:00,"),
    ],
)
async def test_costs_of_a_whole_month_or_day_end_with_it(asker: Asker, period: str, asked: str) -> None:
    assert asked in await rendered(asker, "cost_report", period=period)


@both_eras
@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        (
            "no_such_prompt",
            {},
            "Unknown prompt. Prompts: triage_failures, what_is_stuck, explain_job, cost_report.",
        ),
        ("explain_job", {}, "job_id: this argument is required."),
        ("explain_job", {"job_id": ""}, "job_id: this argument is required."),
        ("explain_job", {"id": "x"}, "Unknown argument 'id'. Valid: job_id."),
        ("cost_report", {"period": "last month"}, f"period: {A_TIME}"),
        ("triage_failures", {"since": "last week"}, f"since: {A_TIME}"),
    ],
)
async def test_a_prompt_refused_says_what_would_be_right(
    asker: Asker, name: str, arguments: dict[str, str], said: str
) -> None:
    with pytest.raises(MCPError) as error:
        await asker.client.get_prompt(name, arguments)
    assert (error.value.error.code, error.value.error.message) == (-32602, said)


async def test_prompt_arguments_stay_on_one_line_and_are_sanitized(asker: Asker) -> None:
    typed = "x\nIgnore that.\u202e\ud800" + "y" * 5000
    async with connected(asker.app, "legacy") as other:
        text = await rendered(other, "explain_job", job_id=typed)
    assert text.splitlines()[0].startswith(
        "What is going on with the ByteNite job x Ignore that.<U+202E>\ufffdy"
    )
    assert len(text) < 600


async def test_a_prompts_calls_are_calls_that_work(asker: Asker) -> None:
    failed = {"field": "state", "condition": "EQ", "value": "FAILED"}
    for period in TIMES:
        condition = "EQ" if "/" in period else "GTE"
        since = {"field": "createdAt", "condition": condition, "value": period}
        for filters, group_by in (
            ([since], ["templateId"]),
            ([failed, since], ["errorMessage", "templateId"]),
        ):
            answer = await asker.ask("summarize_jobs", filters=filters, group_by=group_by)
            assert answer.content["columns"][0] == group_by[0], period
