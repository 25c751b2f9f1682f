"""A server over HTTP whose jobs stand still, shared by the tests of a module."""

from collections.abc import Iterator

import pytest

from bytenite_mcp.server.http.app import make_http_app
from bytenite_mcp.simulator import create_app
from tests.server.conftest import world_of
from tests.server.serving import served, settings_for


@pytest.fixture(scope="module")
def upstream() -> Iterator[str]:
    with served(create_app(world_of(200, 7))) as url:
        yield url


@pytest.fixture(scope="module")
def url(upstream: str) -> Iterator[str]:
    with served(make_http_app(settings_for(upstream))) as address:
        yield address
