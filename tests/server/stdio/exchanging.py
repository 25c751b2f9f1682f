"""Bytes in, answers out: a server over stdio in this process."""

import io
import json
from functools import cache
from typing import Any

import httpx
import pytest

from bytenite_mcp.server.app import build_server
from bytenite_mcp.server.mcp_server import ByteNiteServer
from bytenite_mcp.server.stdio.serving import serve_lines
from bytenite_mcp.simulator import create_app
from tests.server.conftest import SETTINGS, world_of

Id = tuple[str, Any]
META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
}
CLIENT: dict[str, Any] = {
    "protocolVersion": "2025-11-25",
    "capabilities": {},
    "clientInfo": {"name": "test", "version": "1"},
}
JOB = "ccf06fbe-428b-41c9-a4c1-c5e21cb571b0"


def request(request_id: Any, method: str, **params: Any) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": request_id, "method": method, "params": params}).encode()


def get_job(request_id: Any) -> bytes:
    return request(request_id, "tools/call", name="get_job", arguments={"job_id": JOB})


def cancelled(request_id: Any) -> bytes:
    params = {"requestId": request_id}
    return json.dumps({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": params}).encode()


INITIALIZE = request("handshake", "initialize", **CLIENT)
OPENING = {
    "legacy": [INITIALIZE, b'{"jsonrpc":"2.0","method":"notifications/initialized"}'],
    "auto": [request("handshake", "server/discover", _meta=META)],
}
AFTER = request("after", "ping")


def identity(request_id: Any) -> Id:
    """Distinguish ids as JSON does: 1, true and "1" differ, 1 and 1.0 are equal."""
    if isinstance(request_id, int | float) and not isinstance(request_id, bool):
        return "number", request_id
    return type(request_id).__name__, request_id


@cache
def usual_server() -> ByteNiteServer:
    app = create_app(world_of(200, 7))
    return build_server(SETTINGS, httpx.ASGITransport(app, raise_app_exceptions=False))


async def exchange(sent: bytes, server: ByteNiteServer | None = None) -> list[dict[str, Any]]:
    """Serve all that is sent; return the answers."""
    wire = io.BytesIO()
    await serve_lines(server or usual_server(), io.BytesIO(sent), wire)
    return answers(wire.getvalue())


def answers(wire: bytes) -> list[dict[str, Any]]:
    """Parse the answers strictly."""
    *lines, rest = wire.split(b"\n")
    assert rest == b""
    messages = [json.loads(line.decode(), parse_constant=pytest.fail) for line in lines]
    for message in messages:
        assert message["jsonrpc"] == "2.0"
        assert ("result" in message) + ("error" in message) + ("method" in message) == 1
        assert len(json.dumps(message.get("error"))) < 2000
    return [message for message in messages if "method" not in message]
