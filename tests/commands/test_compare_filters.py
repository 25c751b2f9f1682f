"""The doctor's comparison of ByteNite's filters, with a simulator that interprets them in other ways."""

import httpx
import pytest
from pydantic import SecretStr

from bytenite_mcp.api.filters import Condition
from bytenite_mcp.commands.compare_filters import ASKED, Compared, compare_filters
from bytenite_mcp.config import Settings
from bytenite_mcp.privacy.door import CleanClient
from bytenite_mcp.server.current_client import open_client
from bytenite_mcp.simulator import World, create_app

SETTINGS = Settings(api_key=SecretStr("demo-key"), base_url="https://bytenite.test/v1")

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def world() -> World:
    return World(200, seed=3)


async def compare(world: World, *meanings: str) -> tuple[dict[str, Compared], int]:
    """Compare the filters; return the outcomes by filter, and the number of requests."""
    app = create_app(world, meanings=meanings)
    async with open_client(SETTINGS, httpx.ASGITransport(app)) as client:
        outcomes = [compared async for compared in compare_filters(CleanClient(client), 1000)]
    return {compared.asked: compared for compared in outcomes}, len(app.state.requests)


async def test_each_condition_is_asked_and_is_the_same_where_it_means_what_is_documented(
    world: World,
) -> None:
    outcomes, requests = await compare(world)
    assert ASKED.keys() == set(Condition)
    assert {asked: compared.why for asked, compared in outcomes.items() if compared.outcome != "same"} == {}
    assert len(outcomes) == len(ASKED)
    assert requests <= 5 * len(ASKED)


async def test_conditions_that_mean_something_else_are_named_with_how_they_differ(world: World) -> None:
    outcomes, _ = await compare(world, "eq-only")
    differing = {asked for asked, compared in outcomes.items() if compared.outcome == "differs"}
    assert "state EQ COMPLETE" not in differing
    assert {"state NEQ COMPLETE", "createdAt GTE now-30d", "templateId LIKE %A%"} <= differing
    assert all(outcomes[asked].why.startswith("ByteNite's API") for asked in differing)


async def test_filters_that_are_ignored_are_found_out(world: World) -> None:
    outcomes, _ = await compare(world, "filters-ignored")
    assert {compared.outcome for compared in outcomes.values()} == {"differs"}


async def test_an_account_of_which_not_all_can_be_read_is_not_compared() -> None:
    app = create_app(World(1500, seed=3))
    async with open_client(SETTINGS, httpx.ASGITransport(app)) as client:
        (only,) = [compared async for compared in compare_filters(CleanClient(client), 10)]
    assert (only.outcome, only.asked) == ("partial", "state EQ COMPLETE")
