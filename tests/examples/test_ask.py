"""The example program answers its questions."""

import re
import subprocess
import sys
from pathlib import Path

ASK = Path(__file__).parents[2] / "examples" / "ask.py"


def test_the_program_answers_three_questions() -> None:
    run = subprocess.run([sys.executable, ASK], capture_output=True, text=True, timeout=60, check=False)

    assert run.returncode == 0, run.stderr
    failed, reason, longest = [line.split("? ", 1)[1] for line in run.stdout.splitlines()]
    assert int(failed) > 0
    assert reason
    assert re.fullmatch(r"[0-9a-f-]{36}, with \d+\.\d hours", longest)
