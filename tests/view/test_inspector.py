"""The web client of the MCP Inspector, a real host, opens the view and does what it asks for."""

import base64
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.async_api import Browser, expect

from tests.commands.running import free_ports
from tests.server.serving import replica
from tests.view.conftest import PACKAGES, in_a_browser

NODE = PACKAGES / ".bin" / "node"
LAUNCHER = PACKAGES / "@modelcontextprotocol/inspector/clients/launcher/build/index.js"

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.inspector,
    in_a_browser,
    pytest.mark.skipif(
        not (NODE.exists() and LAUNCHER.exists()) and not os.environ.get("CI"),
        reason="the MCP Inspector is not installed; .ci/run says how",
    ),
]

TOKEN = "a-token-of-this-test"


@contextmanager
def web_client(folder: Path) -> Iterator[str]:
    """Serve the Inspector's web client, which writes only into the folder; yield its address."""
    ports = ("CLIENT_PORT", "MCP_SANDBOX_PORT", "MCP_APP_ORIGIN_PORT")
    settings = {
        **{name: str(port) for name, port in zip(ports, free_ports(3), strict=True)},
        "HOME": str(folder),
        "MCP_AUTO_OPEN_ENABLED": "false",
        "MCP_INSPECTOR_API_TOKEN": TOKEN,
        "MCP_INSPECTOR_SECRET_STORE": "memory",
        "MCP_STORAGE_DIR": str(folder),
    }
    with subprocess.Popen(
        [NODE, LAUNCHER, "--web"],
        env={**os.environ, **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            assert process.stdout
            # It prints its address once it listens.
            assert any(settings["CLIENT_PORT"] in line for line in process.stdout)
            yield f"http://localhost:{settings['CLIENT_PORT']}"
        finally:
            process.kill()


async def test_its_web_client_shows_jobs_and_a_diagnosis_in_the_view(
    browser: Browser, tmp_path: Path
) -> None:
    with replica("--demo") as server, web_client(tmp_path) as inspector:
        wanted = {
            "MCP_INSPECTOR_API_TOKEN": TOKEN,
            "serverUrl": server.url,
            "autoConnect": TOKEN,
            "openApp": "list_jobs",
            "appArgs": base64.urlsafe_b64encode(b'{"limit": 5}').decode(),
            "autoOpen": TOKEN,
        }
        page = await browser.new_page()
        await page.goto(f"{inspector}/?{urlencode(wanted)}")
        view = page.frame_locator("iframe").frame_locator("iframe")
        newest = view.locator("main tbody .name").first
        await newest.click(timeout=30_000)
        await expect(newest).to_have_attribute("aria-expanded", "true")
        await expect(view.locator("main .detail .panel")).to_be_visible(timeout=10_000)
        await page.close()
