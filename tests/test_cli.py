"""The command line: what each command prints, how it ends, and that it starts quickly."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Literal

import httpx
import pytest
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.stdio import stdio_client
from starlette.responses import JSONResponse

from bytenite_mcp import __version__
from bytenite_mcp.cli import main
from bytenite_mcp.config import Settings, name_variable
from bytenite_mcp.simulator import Fault, World, create_app

from .server.serving import served

ROOT = Path(__file__).parents[1]
NO_CLIENTS = dict.fromkeys(("HOME", "XDG_CONFIG_HOME", "APPDATA"), str(ROOT / "tests" / "wire"))
"""A home folder without MCP clients, whose entries the doctor would start."""
HEAVY = ("mcp", "httpx", "pydantic", "starlette", "uvicorn", "anyio", "asyncio", "sqlite3")


def environment(**settings: str) -> dict[str, str]:
    """Return this process's environment with only these settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BYTENITE_")}
    return {**kept, **NO_CLIENTS, "PYTHONPATH": str(ROOT), **settings}


def run(*words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bytenite_mcp", *words],
        env=environment(**settings), stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", timeout=120,
        check=False,
    )  # fmt: skip


Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run a command in this process; return its code and what it wrote to both streams."""
    for name in [name for name in os.environ if name.startswith("BYTENITE_")]:
        monkeypatch.delenv(name)

    def run_here(*words: str, **settings: str) -> tuple[int, str, str]:
        for name, value in {**NO_CLIENTS, **settings}.items():
            monkeypatch.setenv(name, value)
        try:
            code = main(words)
        except SystemExit as end:
            code = int(str(end.code))
        return code, *capsys.readouterr()

    return run_here


@contextmanager
def simulating(*words: str) -> Iterator[tuple[str, str]]:
    """Run `simulate` on a free port; yields its address and its output."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "bytenite_mcp", "simulate", "--port", str(port), *words],
        env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    with process:
        timer = threading.Timer(120, process.kill)
        timer.start()
        try:
            assert process.stdout
            said = process.stdout.readline()
            wait_until_served(f"http://127.0.0.1:{port}/v1/customer/info")
            yield f"http://127.0.0.1:{port}/v1", said
        finally:
            timer.cancel()
            process.send_signal(signal.SIGTERM)


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def wait_until_served(url: str) -> None:
    with httpx.Client(transport=httpx.HTTPTransport(retries=8)) as client:
        client.get(url)


@pytest.fixture(scope="module")
def simulator() -> Iterator[str]:
    with served(create_app(World(30, seed=3))) as url:
        yield f"{url}/v1"


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


@pytest.mark.parametrize("other", [["--demo"], ["--http", "https://b.example/mcp"]])
def test_install_takes_no_option_that_removing_would_ignore(command: Command, other: list[str]) -> None:
    code, _, said = command("install", "cursor", "--remove", *other)
    assert code == 2
    assert f"argument {other[0]}: not allowed with argument --remove" in said


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


def test_what_the_doctor_cannot_print_is_shown_escaped() -> None:
    with served(JSONResponse({"message": "\U0001f680"}, 400)) as url:
        done = run("doctor", PYTHONIOENCODING="cp1252", BYTENITE_API_KEY="x", BYTENITE_BASE_URL=f"{url}/v1")
    assert (done.returncode, done.stderr) == (1, "")
    assert r"\U0001f680" in done.stdout


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
        ["simulate", "--port", "65536"],
        ["simulate", "--jobs", "-1"],
        ["simulate", "--jobs", "1000001"],
        ["simulate", "--jobs", "9" * 50],
        ["simulate", "--fault", "flood"],
        ["simulate", "--meaning", "flood"],
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


def test_a_port_that_is_taken_is_said_without_a_traceback(simulator: str) -> None:
    done = run("simulate", "--port", simulator.split(":")[-1].split("/")[0])
    assert done.returncode != 0
    assert "Cannot listen" in done.stderr
    assert "already in use" in done.stderr
    assert "Traceback" not in done.stderr


# doctor


def test_the_doctor_says_that_no_key_is_set_and_how_to_set_one(command: Command) -> None:
    code, said, error = command("doctor")
    assert (code, error) == (1, "")
    assert re.search(r"^  BYTENITE_API_KEY +not set +default$", said, re.MULTILINE)
    assert re.search(r"^  BYTENITE_TIMEOUT +10.0 +default$", said, re.MULTILINE)
    assert "ByteNite at api.bytenite.com" in said
    assert "  failed  exchange the key for a token: No ByteNite API key is set" in said
    assert "Set BYTENITE_API_KEY" in said


def test_the_doctor_finds_a_simulator_well_and_says_that_it_is_one(command: Command, simulator: str) -> None:
    code, said, error = command("doctor", BYTENITE_API_KEY=" demo-key \n", BYTENITE_BASE_URL=simulator)
    assert (code, error) == (0, "")
    settings, _, checks = said.partition("\n\n")
    assert re.search(r"^  BYTENITE_API_KEY +set +from the environment$", settings, re.MULTILINE)
    assert re.search(rf"^  BYTENITE_BASE_URL +{simulator} +from the environment$", settings, re.MULTILINE)
    assert checks.splitlines() == [
        f"ByteNite at {simulator.removeprefix('http://').removesuffix('/v1')}",
        "  ok      exchange the key for a token: accepted",
        "  ok      ask for the API's version: 1.0",
        "  ok      list one job: 30 jobs in this account",
        "  This is a simulator: its jobs are not real.",
        "",
        "ByteNite's filters, compared with all jobs (where they differ, this server filters)",
        "  same    state EQ COMPLETE",
        "  same    state NEQ COMPLETE",
        "  same    numChunks GT 1",
        "  same    createdAt GTE now-30d",
        "  same    createdAt LT now-30d",
        "  same    numChunks LTE 1",
        "  same    state IN ['COMPLETE', 'FAILED']",
        "  same    state NOT_IN ['COMPLETE', 'FAILED']",
        "  same    templateId LIKE %A%",
        "  same    regions.whitelist ARRAY_CONTAINS eu",
        "  same    regions.whitelist ARRAY_CONTAINS_ANY ['eu', 'us']",
        "",
        "Clients",
        "  no client has an entry; `bytenite-mcp install` adds one",
        "",
        "All is well.",
    ]
    assert "demo-key" not in said


def test_the_doctor_says_where_the_key_comes_from(command: Command, simulator: str, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("demo-key\n")
    code, said, error = command(
        "doctor", BYTENITE_API_KEY_FILE=str(tmp_path / "key"), BYTENITE_BASE_URL=simulator
    )
    assert (code, error) == (0, "")
    assert re.search(r"^  BYTENITE_API_KEY +set +from BYTENITE_API_KEY_FILE$", said, re.MULTILINE)
    assert re.search(r"^  BYTENITE_API_KEY_FILE +/.*/key +from the environment$", said, re.MULTILINE)
    assert "demo-key" not in said


def test_the_doctor_says_what_to_do_about_a_key_that_is_refused(command: Command, simulator: str) -> None:
    code, said, error = command("doctor", BYTENITE_API_KEY="a-wrong-SECRET", BYTENITE_BASE_URL=simulator)
    assert (code, error) == (1, "")
    assert "  failed  exchange the key for a token: ByteNite did not accept the API key (401)." in said
    assert re.search(r"^          Check .*BYTENITE_API_KEY", said, re.MULTILINE)
    assert "SECRET" not in said


def test_the_doctor_says_what_to_do_about_a_host_that_cannot_be_reached(command: Command) -> None:
    port = free_port()
    code, said, error = command(
        "doctor",
        BYTENITE_API_KEY="x",
        BYTENITE_MAX_RETRIES="0",
        BYTENITE_BASE_URL=f"http://127.0.0.1:{port}/v1",
    )
    assert (code, error) == (1, "")
    assert f"  failed  exchange the key for a token: Cannot connect to 127.0.0.1:{port}: the" in said
    assert "BYTENITE_BASE_URL" in said.split("failed")[1]
    assert "--demo" in said


def test_every_setting_is_shown_by_the_doctor_and_no_secret(command: Command) -> None:
    _, said, _ = command("doctor", BYTENITE_API_KEY="SECRET", BYTENITE_BASE_URL="http://127.0.0.1:1/v1")
    shown = re.findall(r"^  (BYTENITE_\w+)", said, re.MULTILINE)
    assert shown == [name_variable(name) for name in Settings.environment_fields()]
    assert "SECRET" not in said


# The log


@pytest.mark.parametrize("era", ["auto", "legacy"])
@pytest.mark.anyio
async def test_at_debug_the_log_tells_of_each_request_and_holds_no_key_no_token_and_no_id(
    era: Literal["auto", "legacy"], tmp_path: Path
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
        async with Client(stdio_client(serve, errlog=log), mode=era) as client:
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


# simulate and demo


def test_the_simulator_answers_on_a_port_and_says_how_to_reach_it() -> None:
    with simulating("--jobs", "12", "--seed", "9") as (url, said):
        assert said == f"Simulated ByteNite with 12 jobs on {url}; its API key is demo-key.\n"
        token = httpx.post(f"{url}/auth/access_token", json={"apiKey": "demo-key"}).json()["token"]
        answer: Any = httpx.get(f"{url}/customer/jobs", headers={"Authorization": token}).json()
        assert answer["pagination"]["total"] == 12


def test_the_simulator_reads_searches_in_the_ways_it_is_told() -> None:
    meanings = ("--meaning", "limit-cap-7", "--meaning", "total-minus-one")
    with simulating("--jobs", "30", *meanings) as (url, _):
        token = httpx.post(f"{url}/auth/access_token", json={"apiKey": "demo-key"}).json()["token"]
        answer: Any = httpx.get(f"{url}/customer/jobs", headers={"Authorization": token}).json()
        assert (len(answer["data"]), answer["pagination"]["total"]) == (7, -1)


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
