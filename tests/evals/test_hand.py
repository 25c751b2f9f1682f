"""What a model's client gets: the server and the questions; and what it does not get: the answers."""

import json
from pathlib import Path

import pytest
from mcp import Client, StdioServerParameters

from evals.hand import hand_over
from tests.questions.catalogue import QUESTIONS

pytestmark = pytest.mark.anyio


async def test_each_question_has_an_answer_and_the_server_records_what_a_model_calls(tmp_path: Path) -> None:
    hand_over(tmp_path, [])
    right = json.loads((tmp_path / "right.json").read_text(encoding="utf-8"))
    asked = (tmp_path / "questions.md").read_text(encoding="utf-8").splitlines()
    assert list(right) == [str(number) for number in range(1, len(QUESTIONS) + 1)]
    assert [line.partition(".")[0] for line in asked[-len(QUESTIONS) :]] == list(right)
    entry = json.loads((tmp_path / "mcp.json").read_text(encoding="utf-8"))["mcpServers"]["bytenite"]
    async with Client(StdioServerParameters(**entry)) as client:
        await client.call_tool("list_jobs", {"limit": 1})
    (call,) = (tmp_path / "calls.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(call)["tool"] == "list_jobs"
