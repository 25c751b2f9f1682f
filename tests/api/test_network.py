"""Connections: the system's proxy is used, except where the system says otherwise; which certificates are trusted."""

from collections.abc import AsyncIterator
from pathlib import Path
from traceback import format_exception

import anyio
import certifi
import pytest
from anyio.abc import SocketAttribute, SocketStream

from bytenite_mcp.api import errors
from bytenite_mcp.api.errors import ByteNiteError
from bytenite_mcp.server.errors import explain
from tests.api.certificates import make_certificate
from tests.api.conftest import Trust
from tests.api.scripted import JOB_ID, scripted
from tests.conftest import make_client

pytestmark = pytest.mark.anyio


@pytest.fixture
async def proxy(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[list[bytes]]:
    """Set a proxy that refuses everyone in the environment; yields the first line of each request it received."""
    asked: list[bytes] = []

    async def refuse(stream: SocketStream) -> None:
        async with stream:
            asked.append((await stream.receive()).split(b"\r\n")[0])
            await stream.send(b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n")

    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    port = listener.extra(SocketAttribute.local_port)
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:hunter2@127.0.0.1:{port}")
    monkeypatch.setenv("HTTP_PROXY", f"127.0.0.1:{port}")
    async with listener, anyio.create_task_group() as group:
        group.start_soon(listener.serve, refuse)
        yield asked
        group.cancel_scope.cancel()


async def failure(base_url: str = "https://bytenite.test/v1") -> ByteNiteError:
    async with make_client(base_url=base_url, max_retries=0) as client:
        with pytest.raises(ByteNiteError) as failed:
            await client.jobs(limit=1)
    return failed.value


async def test_the_proxy_of_the_environment_is_used_and_named_where_it_fails(proxy: list[bytes]) -> None:
    failed = await failure()
    assert proxy == [b"CONNECT bytenite.test:443 HTTP/1.1"]
    assert type(failed) is errors.ProxyFailed
    assert str(failed).startswith("Cannot connect to bytenite.test through the proxy 127.0.0.1:")
    assert "hunter2" not in "".join(format_exception(failed))


async def test_a_proxy_that_is_not_there_is_not_taken_for_bytenite(
    monkeypatch: pytest.MonkeyPatch, free_tcp_port: int
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"127.0.0.1:{free_tcp_port}")
    assert str(await failure()) == (
        f"Cannot connect to bytenite.test through the proxy 127.0.0.1:{free_tcp_port}."
    )


@pytest.mark.parametrize("scheme", ["socks5", "socks5h", "socks4", "ftp"])
async def test_a_proxy_that_is_no_http_proxy_is_refused_by_name(
    scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", f"{scheme}://user:hunter2@127.0.0.1:1080")
    failed = await failure()
    assert str(failed) == (
        f"Cannot connect to bytenite.test through the proxy {scheme}://127.0.0.1:1080, which is no HTTP proxy."
    )
    assert explain(failed).splitlines()[1].startswith("ALL_PROXY or HTTPS_PROXY names it. Set HTTPS_PROXY")


async def test_a_host_that_is_to_be_reached_directly_is(
    proxy: list[bytes], monkeypatch: pytest.MonkeyPatch, free_tcp_port: int
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    assert type(await failure(f"https://127.0.0.1:{free_tcp_port}/v1")) is errors.ClosedPort
    assert proxy == []


async def test_a_key_does_not_go_to_a_proxy_in_the_clear(proxy: list[bytes]) -> None:
    async with scripted() as api, make_client(base_url=api.url) as client:
        await client.job(JOB_ID)
    assert proxy == []


async def test_the_certificates_of_the_system_are_trusted(tmp_path: Path, trust: Trust) -> None:
    certificate = make_certificate(tmp_path)
    trust(certificate)
    async with scripted(certificate=certificate) as api, make_client(base_url=api.url) as client:
        assert (await client.job(JOB_ID))["id"] == JOB_ID


async def test_where_the_system_has_no_certificates_those_of_certifi_are_trusted(
    tmp_path: Path, trust: Trust, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = make_certificate(tmp_path)
    monkeypatch.setattr(certifi, "where", lambda: str(certificate))
    trust(tmp_path / "missing.pem")
    async with scripted(certificate=certificate) as api, make_client(base_url=api.url) as client:
        assert (await client.job(JOB_ID))["id"] == JOB_ID
