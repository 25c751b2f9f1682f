"""The demo: a real client asks a real server five questions."""

import re

from tests.commands.running import run


def test_the_demo_asks_five_questions_and_answers_them_on_any_console() -> None:
    done = run("demo", BYTENITE_API_KEY="a-key-that-is-not-used", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert "serve --demo, over stdio, offers" in done.stdout
    for tool in ("get_job", "list_jobs", "filter_jobs", "summarize_jobs", "diagnose_job"):
        assert re.search(rf"^  {tool} ", done.stdout, re.MULTILINE)
    questions = re.findall(r"^\\u2022 .*\?\n  [a-z_]+\(\{.*\}\)\n\n    \S", done.stdout, re.MULTILINE)
    assert len(questions) == 5
    assert "simulated" in done.stdout
    assert "Traceback" not in done.stderr
