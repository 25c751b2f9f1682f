"""A model's answers are read and scored."""

import json
from pathlib import Path
from typing import Any

import pytest

from evals.score import is_right, read_answers, score

RECORDED = Path(__file__).parents[2] / "evals" / "transcripts"


def right(answer: Any, *, any_of: bool = False) -> dict[str, Any]:
    return {"answer": answer, "any": any_of, "within": 0.005}


@pytest.mark.parametrize("text", ['{"1": 2}', 'I think {"1": 3}, no:\n```json\n{"1": 2}\n```\n'])
def test_the_last_object_is_the_answers(text: str) -> None:
    assert read_answers(text) == {"1": 2}


def test_no_answers_are_an_error() -> None:
    with pytest.raises(ValueError, match="no JSON object"):
        read_answers("I cannot tell {")


@pytest.mark.parametrize(
    ("given", "expected", "is_it"),
    [
        (2, right(2), True),
        (2.001, right(2), True),
        (3, right(2), False),
        (None, right(0), False),
        ("b", right(["a", "b"], any_of=True), True),
        (["b", "a"], right(["a", "b"]), True),
        ("a", right(["a"]), True),
        ({"a": 1}, right({"a": 1.0}), True),
        ({"a": 1}, right({"b": 1}), False),
    ],
)
def test_an_answer_is_right_in_any_order_and_rounding(given: Any, expected: Any, is_it: bool) -> None:
    assert is_right(given, expected) == is_it


@pytest.mark.parametrize("folder", sorted(RECORDED.iterdir()), ids=lambda folder: folder.name)
def test_a_recorded_transcript_has_the_score_that_is_told(folder: Path) -> None:
    scored = score(folder)
    told = (RECORDED.parent / "README.md").read_text(encoding="utf-8")
    assert f"| {folder.name} |" in told
    assert f"| {scored['questions']} | {scored['right']} |" in told
    assert f"| {scored['calls']} | {scored['failed calls']} |" in told
    assert json.loads((folder / "right.json").read_text(encoding="utf-8"))
