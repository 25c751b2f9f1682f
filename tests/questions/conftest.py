"""Many jobs, made now in a world whose clock stands still, and the servers that are asked about them."""

from collections.abc import AsyncIterator

import pytest
from mcp import Client
from starlette.applications import Starlette

from bytenite_mcp.simulator import World, create_app
from bytenite_mcp.simulator.meanings import MEANINGS
from tests.questions.asking import APART, APART_IF_MANY, MODES, serve, standing_still


@pytest.fixture(scope="session")
def world() -> World:
    return standing_still(500)


@pytest.fixture(scope="session")
def large_world() -> World:
    return standing_still(10_000)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    many = metafunc.config.getoption("--many")
    every = ["", *(meaning for meaning in MEANINGS if meaning not in APART)]
    if "mode" in metafunc.fixturenames:
        # The first is what is documented, in which each question has a test of its own.
        metafunc.parametrize("mode", every if many else MODES[1:])
    elif "large_mode" in metafunc.fixturenames:
        large = [meaning for meaning in every if meaning not in APART_IF_MANY]
        metafunc.parametrize("large_mode", large if many else ("",))


@pytest.fixture(scope="session")
def app(world: World) -> Starlette:
    return create_app(world)


@pytest.fixture(scope="package")
async def client(app: Starlette) -> AsyncIterator[Client]:
    """Connect once, because reading all jobs takes longer than any question."""
    async with Client(serve(app)) as client:
        yield client
