"""The demo's own host: it serves the view as a sandboxed frame, calls tools, and only serves this machine."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator

import httpx
import pytest

from bytenite_mcp.commands.demo_view import make_app
from bytenite_mcp.config import Settings
from bytenite_mcp.server.app import build_server
from bytenite_mcp.view.offer import FILE, HOST_FILE

pytestmark = pytest.mark.anyio


@pytest.fixture
async def host() -> AsyncIterator[httpx.AsyncClient]:
    app = make_app(build_server(Settings.model_validate({"demo": True, "api_key": "demo-key"})))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client,
    ):
        yield client


async def test_its_page_and_the_view_are_served_as_they_are(host: httpx.AsyncClient) -> None:
    assert (await host.get("/")).text == HOST_FILE.read_text(encoding="utf-8")
    view = await host.get("/view")
    assert view.text == FILE.read_text(encoding="utf-8")
    assert view.headers["content-security-policy"].startswith("sandbox allow-scripts; default-src 'none'")


async def test_it_calls_the_demos_tools(host: httpx.AsyncClient) -> None:
    answer = (await host.post("/call", json={"name": "list_jobs", "arguments": {"limit": 2}})).json()
    assert answer["structuredContent"]["simulated"] is True
    assert answer["structuredContent"]["count"] == 2


async def test_another_site_cannot_ask_it_under_a_name_of_its_own(host: httpx.AsyncClient) -> None:
    assert (await host.get("/", headers={"Host": "evil.example"})).status_code == 400


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent otherwise there")
def test_it_says_where_it_is_opens_a_browser_and_ends_with_ctrl_c() -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BYTENITE_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "bytenite_mcp", "demo", "--view"],
        env={**environment, "BROWSER": "echo opened %s"}, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with process:
        assert process.stdout
        address = re.search(r"http://127\.0\.0\.1:\d+/", process.stdout.readline())
        assert address
        assert process.stdout.readline() == f"opened {address[0]}\n"
        assert httpx.get(address[0]).text == HOST_FILE.read_text(encoding="utf-8")
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) in (0, 130)
