"""The command line: what each command prints, how it ends, and that it starts quickly."""

import io
import os
import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.stdio import stdio_client

from bytenite_mcp import __version__
from bytenite_mcp.cli import OUTPUT_CLOSED, run_printing
from bytenite_mcp.simulator import Fault, World, create_app
from tests.commands.running import Command, environment, run
from tests.server.serving import served

HEAVY = ("mcp", "httpx", "pydantic", "starlette", "uvicorn", "anyio", "asyncio", "sqlite3")


# Starting


@pytest.mark.parametrize("words", [["--version"], ["--help"], ["serve", "--help"], ["doctor", "--help"]])
def test_nothing_heavy_is_imported_to_say_little(words: list[str]) -> None:
    program = (
        "import sys\n"
        "from bytenite_mcp.cli import main\n"
        "try:\n    main(sys.argv[1:])\n"
        "except SystemExit as end:\n    print(end.code, *sys.modules, sep='\\n', file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *words],
        env=environment(), capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    code, *modules = done.stderr.splitlines()
    assert code == "0"
    assert not set(HEAVY) & {name.partition(".")[0] for name in modules}
    assert done.stdout


def test_importing_the_package_does_nothing() -> None:
    program = "import bytenite_mcp, bytenite_mcp.server.app, bytenite_mcp.simulator"
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment(BYTENITE_NONSENSE="1"), capture_output=True, text=True,
        timeout=60, check=True,
    )  # fmt: skip
    assert done.stdout == done.stderr == ""


def test_the_version_is_told(command: Command) -> None:
    assert command("--version") == (0, f"bytenite-mcp {__version__}\n", "")


def test_the_help_names_every_command(command: Command) -> None:
    code, said, _ = command("--help")
    assert code == 0
    for name in ("serve", "install", "demo", "simulate", "doctor"):
        assert re.search(rf"^    {name} ", said, re.MULTILINE)
    assert "BYTENITE_" in said


def test_without_a_command_it_serves_until_its_input_ends() -> None:
    done = run("--demo")
    assert (done.returncode, done.stdout) == (0, "")
    assert "Traceback" not in done.stderr


def test_it_serves_without_words_and_garbage_is_collected_but_for_what_the_start_made() -> None:
    program = (
        "import atexit, gc, sys\n"
        "atexit.register(lambda: print(gc.isenabled(), gc.get_freeze_count() > 10_000, file=sys.stderr))\n"
        "from bytenite_mcp.cli import main\n"
        "main([])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("", "True True\n")


# Consoles that do not know every character, and readers that leave


@pytest.mark.parametrize(
    ("encoding", "bullet"), [("cp1252", b"\x95"), ("ascii", b"\\u2022"), ("utf-8", b"\xe2\x80\xa2")]
)
def test_what_a_console_cannot_print_is_shown_escaped(
    monkeypatch: pytest.MonkeyPatch, encoding: str, bullet: bytes
) -> None:
    printed = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(printed, encoding))
    assert run_printing(lambda: sys.stdout.write("\N{BULLET}")) == 1
    assert printed.getvalue() == bullet


@pytest.mark.parametrize("buffered", [True, False])
@pytest.mark.parametrize("lines", [1, 100_000])
def test_a_command_that_nobody_reads_ends_quietly(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], buffered: bool, lines: int
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w", encoding="utf-8") as stream:
        stream.reconfigure(write_through=not buffered)
        monkeypatch.setattr(sys, "stdout", stream)
        assert run_printing(lambda: sys.stdout.write("a line\n" * lines)) == OUTPUT_CLOSED
    assert capfd.readouterr() == ("", "")


def test_the_end_of_a_command_that_fails_is_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO()))
    with pytest.raises(SystemExit, match="2"):
        run_printing(lambda: sys.exit(2))


@pytest.mark.parametrize("words", [["--help"], ["simulate", "--help"], ["--version"]], ids=" ".join)
def test_help_is_shown_on_any_console(words: list[str]) -> None:
    done = run(*words, PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout


@pytest.mark.parametrize(
    ("words", "unbuffered"),
    [
        ("demo", "1"),
        ("doctor", ""),
        ("simulate --port 0", ""),
        ("--help", ""),
        ("--version", ""),
    ],
)
def test_a_command_that_nobody_reads_ends_quietly_as_a_unix_tool_does(words: str, unbuffered: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "bytenite_mcp", *words.split()],
            env=environment(PYTHONUNBUFFERED=unbuffered), stdout=writer, stderr=subprocess.PIPE, timeout=120,
            check=False,
        )  # fmt: skip
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


# Errors are one line


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"BYTENITE_APIKEY": "x"}, "BYTENITE_APIKEY is not a setting. Did you mean BYTENITE_API_KEY?"),
        ({"BYTENITE_TIMEOUT": "soon"}, "BYTENITE_TIMEOUT"),
        ({"BYTENITE_TIMEOUT": "0"}, "BYTENITE_TIMEOUT"),
        ({"BYTENITE_MAX_RETRIES": "-1"}, "BYTENITE_MAX_RETRIES"),
        ({"BYTENITE_BASE_URL": "http://api.example.com"}, "BYTENITE_BASE_URL"),
        ({"BYTENITE_JOBS_PREFIX": "client"}, "BYTENITE_JOBS_PREFIX"),
        ({"BYTENITE_LOG_LEVEL": "LOUD"}, "BYTENITE_LOG_LEVEL"),
        ({"BYTENITE_API_KEY": "two words-SECRET"}, "BYTENITE_API_KEY"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, dict) else "",
)
@pytest.mark.parametrize("word", ["serve", "doctor"])
def test_a_setting_that_cannot_work_stops_the_start_with_one_line(
    command: Command, word: str, settings: dict[str, str], said: str
) -> None:
    code, out, error = command(word, **settings)
    assert (code, out) == (2, "")
    (line,) = error.splitlines()
    assert line.startswith("bytenite-mcp: ")
    assert said in line
    assert "SECRET" not in line


@pytest.mark.parametrize(
    "words",
    [
        ["no-such-command"],
        ["serve", "--no-such-option"],
        ["simulate", "--port", "x"],
    ],
    ids=" ".join,
)
def test_a_mistaken_command_line_is_refused_with_its_usage(command: Command, words: list[str]) -> None:
    code, out, error = command(*words)
    assert (code, out) == (2, "")
    assert error.startswith("usage: bytenite-mcp")


def test_an_unknown_command_is_answered_with_those_there_are(command: Command) -> None:
    _, _, error = command("frob")
    assert re.search(r"invalid choice: 'frob' \(choose from '?serve'?, ", error)


# The log


@pytest.mark.anyio
async def test_at_debug_the_log_tells_of_each_request_and_holds_no_key_no_token_and_no_id(
    tmp_path: Path,
) -> None:
    key, unknown = "demo-key", "an-id-of-nobody"
    faults = ("503:on=jobs,times=2", "cut:on=logs,times=1", "token_dies:uses=3,times=2")
    with (
        served(create_app(World(12), faults=map(Fault.parse, faults))) as url,
        (tmp_path / "log").open("w+") as log,
    ):
        settings = {"BYTENITE_API_KEY": key, "BYTENITE_BASE_URL": f"{url}/v1", "BYTENITE_LOG_LEVEL": "DEBUG"}
        serve = StdioServerParameters(
            command=sys.executable, args=["-m", "bytenite_mcp", "serve"], env=environment(**settings)
        )
        async with Client(stdio_client(serve, errlog=log)) as client:
            answer = await client.call_tool("list_jobs", {})
            ids = [job["id"] for job in (answer.structured_content or {})["jobs"]]
            for job_id in (*ids[:2], unknown):
                for tool in ("get_job", "diagnose_job", "get_job_logs", "get_job_results"):
                    await client.call_tool(tool, {"job_id": job_id})
                with suppress(MCPError):
                    await client.read_resource(f"bytenite://jobs/{job_id}")
            await client.list_resources()
        log.seek(0)
        told = log.read()
    assert len(ids) == 12
    for line in ("GET /customer/jobs: 503, ServerFailure in", "retrying in", "POST /auth/access_token: 200 in",
                 "GET /customer/jobs/{jobId}: 401, Unauthenticated in", "GET /customer/jobs/{jobId}: 404, NotFound in",
                 "POST /customer/logs: ConnectionLost, RemoteProtocolError in"):  # fmt: skip
        assert line in told
    assert [secret for secret in (key, unknown, *ids) if secret in told] == []
    assert not re.search(r"[0-9a-f]{64}", told)  # as the simulator's tokens are
