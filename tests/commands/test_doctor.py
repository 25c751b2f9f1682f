"""The doctor: what it says of the settings, of ByteNite, and what to do."""

import re
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr
from starlette.responses import JSONResponse

from bytenite_mcp.api.filters import Condition
from bytenite_mcp.commands.doctor import ASKED, compare_filters
from bytenite_mcp.config import Settings, name_variable
from bytenite_mcp.privacy.door import CleanClient
from bytenite_mcp.server.current_client import open_client
from bytenite_mcp.simulator import World, create_app
from bytenite_mcp.table.errors import TableFull
from tests.commands.running import Command, free_ports, run
from tests.server.serving import served


@pytest.fixture(scope="module")
def simulator() -> Iterator[str]:
    with served(create_app(World(30, seed=3))) as url:
        yield f"{url}/v1"


def test_what_the_doctor_cannot_print_is_shown_escaped() -> None:
    with served(JSONResponse({"message": "\U0001f680"}, 400)) as url:
        done = run("doctor", PYTHONIOENCODING="cp1252", BYTENITE_API_KEY="x", BYTENITE_BASE_URL=f"{url}/v1")
    assert (done.returncode, done.stderr) == (1, "")
    assert r"\U0001f680" in done.stdout


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
        "  ok      list one job: answered; it counts 30 jobs",
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
    (port,) = free_ports(1)
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


def test_where_jobs_cannot_be_listed_the_doctor_fails_and_compares_no_filters(command: Command) -> None:
    with served(JSONResponse({"token": "t", "expiresIn": "3600"})) as url:
        code, said, error = command("doctor", BYTENITE_API_KEY="x", BYTENITE_BASE_URL=f"{url}/v1")
    assert (code, error) == (1, "")
    assert "  ok      ask for the API's version: ?.?" in said
    assert "  failed  list one job: " in said
    assert "ByteNite's filters" not in said


def test_where_not_all_jobs_are_compared_the_doctor_does_not_say_that_all_is_well(command: Command) -> None:
    with served(create_app(World(1500, seed=3))) as url:
        code, said, _ = command(
            "doctor", BYTENITE_API_KEY="demo-key", BYTENITE_BASE_URL=f"{url}/v1", BYTENITE_MAX_JOBS="10"
        )
    assert (code, said.rpartition("\n\n")[2]) == (0, "Nothing failed.\n")


def test_every_setting_is_shown_by_the_doctor_and_no_secret(command: Command) -> None:
    _, said, _ = command("doctor", BYTENITE_API_KEY="SECRET", BYTENITE_BASE_URL="http://127.0.0.1:1/v1")
    shown = re.findall(r"^  (BYTENITE_\w+)", said, re.MULTILINE)
    assert shown == [name_variable(name) for name in Settings.environment_fields()]
    assert "SECRET" not in said


Compare = Callable[..., Awaitable[dict[str, str]]]


@pytest.fixture
def compare(capsys: pytest.CaptureFixture[str]) -> Compare:
    """Compares the filters over a transport; gives the outcome and its reason by filter."""
    settings = Settings(api_key=SecretStr("demo-key"), base_url="https://bytenite.test/v1")

    async def compare(transport: httpx.AsyncBaseTransport, max_jobs: int = 1000) -> dict[str, str]:
        async with open_client(settings, transport) as client:
            await compare_filters(CleanClient(client), max_jobs)
        lines = re.findall(r"^  (\w+) +([^:\n]+)(.*)", capsys.readouterr().out, re.MULTILINE)
        return {asked: f"{outcome}{why}" for outcome, asked, why in lines}

    return compare


def simulated(*meanings: str, jobs: int = 200) -> httpx.ASGITransport:
    return httpx.ASGITransport(create_app(World(jobs, seed=3), meanings=meanings))


@pytest.mark.anyio
async def test_each_condition_is_asked_and_is_the_same_where_it_means_what_is_documented(
    compare: Compare,
) -> None:
    transport = simulated()
    outcomes = await compare(transport)
    assert ASKED.keys() == set(Condition)
    assert list(outcomes.values()) == ["same"] * len(ASKED)
    assert len(transport.app.state.requests) <= 5 * len(ASKED)  # type: ignore[attr-defined]


@pytest.mark.anyio
async def test_conditions_that_mean_something_else_are_named_with_how_they_differ(compare: Compare) -> None:
    outcomes = await compare(simulated("eq-only"))
    differing = {asked: said for asked, said in outcomes.items() if said.startswith("differs")}
    assert "state EQ COMPLETE" not in differing
    assert {"state NEQ COMPLETE", "createdAt GTE now-30d", "templateId LIKE %A%"} <= differing.keys()
    assert all(said.startswith("differs: ByteNite's API") for said in differing.values())


@pytest.mark.anyio
async def test_filters_that_are_ignored_are_found_out(compare: Compare) -> None:
    outcomes = await compare(simulated("filters-ignored"))
    assert {said.partition(":")[0] for said in outcomes.values()} == {"differs"}


@pytest.mark.anyio
async def test_an_account_of_which_not_all_can_be_read_is_not_compared(compare: Compare) -> None:
    outcomes = await compare(simulated(jobs=1500), max_jobs=10)
    assert list(outcomes) == ["state EQ COMPLETE"]
    assert re.fullmatch(r"partial: not all jobs .* comparison ends here\. .+", outcomes["state EQ COMPLETE"])


@pytest.mark.anyio
async def test_a_comparison_without_a_match_is_said_to_show_little(compare: Compare) -> None:
    outcomes = await compare(simulated(jobs=0))
    assert set(outcomes.values()) == {"same: no job matches, so this shows little"}


@pytest.mark.anyio
async def test_a_comparison_for_which_memory_is_lacking_has_failed(compare: Compare) -> None:
    def fail(_: httpx.Request) -> httpx.Response:
        raise TableFull

    outcomes = await compare(httpx.MockTransport(fail))
    assert {said.partition(":")[0] for said in [*outcomes.values()][:-1]} == {"failed"}
    # About a text, ByteNite is only asked once all jobs are read.
    assert [*outcomes.values()][-1].startswith("partial: not all jobs could be read")
