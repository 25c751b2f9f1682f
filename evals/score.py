"""Score a model's answers: `python -m evals.score FOLDER`.

`evals.hand` wrote the folder; its `answers.txt` must end with the model's JSON object.
"""

import json
import sys
from pathlib import Path
from typing import Any

from tests.questions.asking import is_same


def read_answers(text: str) -> dict[str, Any]:
    """Extract the last JSON object from a model's answer.

    Raises:
        ValueError: There is none.
    """
    decoder = json.JSONDecoder()
    for start in (place for place in range(len(text)) if text[place] == "{"):
        try:
            value, end = decoder.raw_decode(text, start)
        except ValueError:
            continue
        if not text[end:].strip(" \n`"):
            return dict(value)
    raise ValueError("no JSON object ends the answers")


def is_right(given: Any, expected: dict[str, Any]) -> bool:
    """Compare an answer with the right one; the order of a list does not matter."""
    right = expected["answer"]
    if expected["any"]:
        return given in right
    if isinstance(right, list) and isinstance(given, list) and len(right) == len(given):
        return is_same(given, right, 0.01) or sorted(map(str, given)) == sorted(map(str, right))
    if isinstance(right, list) and len(right) == 1:
        right = right[0]
    return is_same(given, right, 0.01)


def score(folder: Path) -> dict[str, Any]:
    """Score the answers of a folder."""
    right = json.loads((folder / "right.json").read_text(encoding="utf-8"))
    answers = read_answers((folder / "answers.txt").read_text(encoding="utf-8"))
    calls = [json.loads(line) for line in (folder / "calls.jsonl").read_text(encoding="utf-8").splitlines()]
    wrong = [number for number, expected in right.items() if not is_right(answers.get(number), expected)]
    return {
        "questions": len(right),
        "right": len(right) - len(wrong),
        "wrong": wrong,
        "calls": len(calls),
        "failed calls": sum(call["failed"] for call in calls),
        "tokens of answers": sum(call["tokens"] for call in calls),
    }


if __name__ == "__main__":
    print(json.dumps(score(Path(sys.argv[1])), indent=2))
