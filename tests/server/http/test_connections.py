"""Connections without a complete request; these tests check the order of events."""

import socket
from collections.abc import Iterator

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bytenite_mcp.server.http import connections
from tests.server.serving import served

ASK = b"GET /{} HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, int]]:
    async def answer(request: Request) -> Response:
        return PlainTextResponse("answered")

    monkeypatch.setattr(connections, "HEAD_TIMEOUT", 0.2)
    app = Starlette(routes=[Route("/", answer)])
    with served(app, http=connections.HeadTimeoutProtocol) as url:
        yield "127.0.0.1", int(url.rpartition(":")[2])


def connect(address: tuple[str, int]) -> socket.socket:
    return socket.create_connection(address, timeout=20)


def was_closed(connection: socket.socket) -> bool:
    try:
        return connection.recv(1000) == b""
    except ConnectionResetError:
        return True


def is_answered(connection: socket.socket) -> bool:
    """Read until the answer is whole, because it may come in pieces."""
    received = b""
    while not received.endswith(b"answered") and (piece := connection.recv(1000)):
        received += piece
    return received.endswith(b"answered")


@pytest.mark.parametrize("sent", [b"", b"G", b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nX-Slow: "])
def test_a_connection_whose_head_does_not_come_is_closed(address: tuple[str, int], sent: bytes) -> None:
    with connect(address) as half_open:
        half_open.sendall(sent)
        assert was_closed(half_open)


def test_a_head_that_comes_byte_by_byte_gains_no_time(address: tuple[str, int]) -> None:
    with connect(address) as half_open:
        half_open.settimeout(0.02)
        for _ in range(1000):
            try:
                half_open.sendall(b"G")
                if half_open.recv(1000) == b"":
                    break
            except TimeoutError:
                continue
            except OSError:
                break
        else:
            pytest.fail("it was never closed")


def test_a_further_request_on_a_connection_has_to_come_in_time_too(address: tuple[str, int]) -> None:
    with connect(address) as connection:
        connection.sendall(ASK.replace(b"{}", b""))
        assert is_answered(connection)
        connection.sendall(b"GET / HT")
        assert was_closed(connection)


def test_requests_are_answered_while_idle_clients_hold_connections_open(address: tuple[str, int]) -> None:
    idle = [connect(address) for _ in range(100)]
    try:
        with connect(address) as connection:
            connection.sendall(ASK.replace(b"{}", b""))
            assert is_answered(connection)
        assert all(map(was_closed, idle))
    finally:
        for connection in idle:
            connection.close()


def test_serving_limits_the_time_of_a_head(monkeypatch: pytest.MonkeyPatch) -> None:
    from bytenite_mcp.server.http import app

    configured: list[uvicorn.Config] = []
    monkeypatch.setattr(uvicorn.Server, "run", lambda server, sockets: configured.append(server.config))
    with socket.socket() as listening:
        app.serve(Starlette(), listening)
    assert configured[0].http is connections.HeadTimeoutProtocol
