"""Many jobs, made now and standing still, and whoever is asked about them."""

import pytest

from bytenite_mcp.server.mcp_server import ByteNiteServer
from bytenite_mcp.simulator import World, create_app

from .asking import MODES, serve, standing_still


@pytest.fixture(scope="session")
def world() -> World:
    return standing_still(500)


@pytest.fixture(scope="session")
def large_world() -> World:
    return standing_still(10_000)


@pytest.fixture(scope="session")
def servers(world: World) -> dict[str, ByteNiteServer]:
    """Made once, as that takes longer than a question."""
    return {mode: serve(create_app(world, meanings=mode.split())) for mode in MODES}
