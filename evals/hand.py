"""Give a model's client the server and the questions: `python -m evals.hand FOLDER [-- CLIENT ARGUMENTS…]`.

It writes into FOLDER: `mcp.json` (the server, in the format of most clients), `questions.md` (the prompt) and
`right.json` (the right answers, which the model must not see). It then runs the client's command, if there is one, with
{config} and {questions} filled in, and writes its output to `answers.txt`.
"""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from evals.server import JOBS
from tests.questions.asking import ASKED, rightly, standing_still
from tests.questions.catalogue import QUESTIONS

TASK = """\
Answer these questions about jobs on ByteNite with the tools of the MCP server `bytenite`, and with nothing else. It is
{moment:%A, %d %B %Y, %H:%M} UTC. End with one JSON object that has the number of each question as its name, and as its
value the bare answer: a number, a text, an id, a list, or an object of name to value; null where the tools cannot tell.
Rates are from 0 to 1, durations in seconds, prices in BYC, dates as 2026-11-29.

"""


def hand_over(folder: Path, client: list[str]) -> None:
    """Write the files, and run the client if there is one."""
    moment = datetime.now(UTC).replace(microsecond=0)
    world, texts, right = standing_still(JOBS, moment), [], {}
    for number, question in enumerate(QUESTIONS, 1):
        job_id = str(world.rows(ASKED + question.about, [""])[0][0]) if question.about else ""
        texts.append(f"{number}. {question.text.format(id=job_id)}")
        answer = rightly(question, world, job_id)
        right[number] = {"answer": answer, "any": question.shape == "any"}
    server = ["-m", "evals.server", "--moment", moment.isoformat(), "--calls", str(folder / "calls.jsonl")]
    entry = {"command": sys.executable, "args": server, "cwd": str(Path(__file__).parents[1])}
    config, prompt = folder / "mcp.json", TASK.format(moment=moment) + "\n".join(texts)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "calls.jsonl").unlink(missing_ok=True)
    config.write_text(json.dumps({"mcpServers": {"bytenite": entry}}, indent=2), encoding="utf-8")
    (folder / "questions.md").write_text(prompt, encoding="utf-8")
    (folder / "right.json").write_text(json.dumps(right, ensure_ascii=False, indent=1), encoding="utf-8")
    if client:
        command = [part.replace("{config}", str(config)).replace("{questions}", prompt) for part in client]
        output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        (folder / "answers.txt").write_text(output, encoding="utf-8")


if __name__ == "__main__":
    arguments = sys.argv[1:]
    client = arguments[arguments.index("--") + 1 :] if "--" in arguments else []
    hand_over(Path(arguments[0]).resolve(), client)
