"""Connections: the system's proxy is used, and passed by where the system says so."""

from collections.abc import AsyncIterator

import anyio
import pytest
from anyio.abc import SocketAttribute, SocketStream

from bytenite_mcp.api import errors
from bytenite_mcp.api.errors import ByteNiteError
from tests.conftest import make_client

pytestmark = pytest.mark.anyio


@pytest.fixture
async def proxy(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[list[bytes]]:
    """Name a proxy in the environment, which hangs up; gives the first line of each request it got."""
    asked: list[bytes] = []

    async def hang_up(stream: SocketStream) -> None:
        async with stream:
            asked.append((await stream.receive()).split(b"\r\n")[0])

    for name in ("NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    port = listener.extra(SocketAttribute.local_port)
    monkeypatch.setenv("HTTPS_PROXY", f"127.0.0.1:{port}")
    async with listener, anyio.create_task_group() as group:
        group.start_soon(listener.serve, hang_up)
        yield asked
        group.cancel_scope.cancel()


async def test_the_proxy_of_the_environment_is_used(proxy: list[bytes]) -> None:
    async with make_client(max_retries=0) as client:
        with pytest.raises(ByteNiteError):
            await client.jobs(limit=1)
    assert proxy == [b"CONNECT bytenite.test:443 HTTP/1.1"]


async def test_a_host_that_is_to_be_reached_directly_is(
    proxy: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    async with make_client(base_url="https://127.0.0.1:1/v1", max_retries=0) as client:
        with pytest.raises(errors.Unreachable):
            await client.jobs(limit=1)
    assert proxy == []
