"""Many jobs, made now and standing still, and whoever is asked about them."""

import pytest

from bytenite_mcp.server.mcp_server import ByteNiteServer
from bytenite_mcp.simulator import World, create_app
from bytenite_mcp.simulator.meanings import MEANINGS

from .asking import MODES, serve, standing_still


@pytest.fixture(scope="session")
def world() -> World:
    return standing_still(500)


@pytest.fixture(scope="session")
def large_world() -> World:
    return standing_still(10_000)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "mode" in metafunc.fixturenames:
        every = ("", *MEANINGS) if metafunc.config.getoption("--many") else MODES
        metafunc.parametrize("mode", every)


@pytest.fixture(scope="session")
def server(world: World) -> ByteNiteServer:
    """Made once, as that takes longer than a question."""
    return serve(create_app(world))
