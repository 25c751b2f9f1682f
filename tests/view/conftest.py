"""The view in a real Chromium, inside a host of the real AppBridge, over a server on the simulator."""

import os
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client
from playwright.async_api import Browser, Frame, Page, Route, async_playwright, expect

from bytenite_mcp.simulator import create_app
from bytenite_mcp.view.offer import FILE
from tests.conftest import NOW
from tests.server.conftest import Asker, Era, connected, world_of

PACKAGES = Path(__file__).parents[2] / "node_modules"
CHROMIUM = shutil.which("chromium-headless-shell") or shutil.which("chromium") or ""
"""The headless shell takes half of the CPU time of the whole browser."""

HOST_PAGE = "http://host.test/"
SANDBOX = "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'"
"""What the specification allows a view that asks for nothing."""

EVERYTHING: dict[str, Any] = {"serverTools": {}, "message": {"text": {}}, "updateModelContext": {"text": {}}}
"""All that a host may be able to do for the view."""


def missing() -> str:
    needed = {
        "Debian's chromium-headless-shell": bool(CHROMIUM),
        "esbuild": (PACKAGES / ".bin" / "esbuild").exists(),
        "@modelcontextprotocol/ext-apps": (PACKAGES / "@modelcontextprotocol" / "ext-apps").exists(),
        "axe-core": (PACKAGES / "axe-core").exists(),
    }
    lacking = [name for name, there in needed.items() if not there]
    return f"not installed: {', '.join(lacking)}; .ci/run says how" if lacking else ""


# In CI a missing program fails the tests, because nobody reads there what was skipped.
in_a_browser = pytest.mark.skipif(bool(missing()) and not os.environ.get("CI"), reason=missing() or "there")


@dataclass
class Viewing:
    """A host with the view in it, and the client whose server the host asks."""

    page: Page
    client: Client | None = None
    answers: dict[str, Any] = field(default_factory=dict)
    """The host's own answers to calls of a tool, instead of the server's."""
    called: list[tuple[str, Any]] = field(default_factory=list)
    requested: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    asking: anyio.Lock = field(default_factory=anyio.Lock)
    """Held while the server is asked."""

    @property
    def frame(self) -> Frame:
        (_, frame) = self.page.frames
        return frame

    async def open(self, capabilities: dict[str, Any] = EVERYTHING, **context: Any) -> None:
        """Load the host and the view, and complete the handshake."""
        await self.page.goto(HOST_PAGE)
        await self.page.evaluate("([able, context]) => openView(able, context)", [capabilities, context])

    async def call(self, tool: str, arguments: Any) -> Any:
        """Answer a call of the view or of the model."""
        self.called.append((tool, arguments))
        if tool in self.answers:
            return self.answers[tool]
        assert self.client
        async with self.asking:
            answer = await self.client.call_tool(tool, arguments)
        return answer.model_dump(mode="json", by_alias=True, exclude_none=True)

    async def show(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """Let the model call a tool, and the view show the answer."""
        answer: dict[str, Any] = await self.call(tool, arguments)
        await self.show_answer(answer, arguments)
        return answer

    async def show_answer(self, answer: Any, arguments: Any = None) -> None:
        """Let the view show any answer."""
        await self.page.evaluate(
            "([input, answer]) => bridge.sendToolInput({arguments: input}).then(() => bridge.sendToolResult(answer))",
            [arguments or {}, answer],
        )
        await expect(self.frame.locator("main")).to_have_attribute("aria-busy", "false")

    async def show_content(self, content: Any) -> None:
        """Let the view show structured content."""
        await self.show_answer(
            {"content": [{"type": "text", "text": "as text"}], "structuredContent": content}
        )

    async def heard(self, kind: str) -> list[Any]:
        """Return what the host received from the view, once there is something."""
        await self.page.wait_for_function("kind => heard[kind].length", arg=kind)
        return list(await self.page.evaluate("kind => heard[kind]", kind))

    async def pass_time(self, seconds: float) -> None:
        """Advance the time in the view, and let its requests reach the host."""
        await self.page.clock.run_for(round(seconds * 1000))
        await self.frame.evaluate("request('ui/message', {role: 'user', content: []})")

    async def find_barriers(self) -> list[str]:
        """Let axe look for accessibility problems."""
        await self.frame.evaluate((PACKAGES / "axe-core" / "axe.min.js").read_text(encoding="utf-8"))
        found = await self.frame.evaluate("axe.run(document)")
        return [f"{rule['id']}: {node['html']}" for rule in found["violations"] for node in rule["nodes"]]


@pytest.fixture(scope="session")
def host_page() -> str:
    command: list[str | Path] = [
        PACKAGES / ".bin" / "esbuild",
        Path(__file__).with_name("host.js"),
        "--bundle",
        "--charset=utf8",
    ]
    bundle = subprocess.run(command, capture_output=True, encoding="utf-8", check=True, timeout=60).stdout
    script = bundle.replace("</script", "<\\/script")
    style = "width:100%;border:0;display:block"
    return f'<!doctype html><title>Host</title><iframe title="view" style="{style}"></iframe><script>{script}</script>'


@pytest.fixture(scope="package")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        # Root may not use Chromium's own sandbox.
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        await browser.close()


@pytest.fixture
def era() -> Era:
    return "auto"


@pytest.fixture
async def asker(era: Era) -> AsyncIterator[Asker]:
    async with connected(create_app(world_of(200, 7)), era) as asking:
        yield asking


@asynccontextmanager
async def viewing_with(browser: Browser, host_page: str, **options: Any) -> AsyncIterator[Viewing]:
    """Open a page whose requests are all answered or refused here."""
    context = await browser.new_context(**options)
    viewing = Viewing(await context.new_page())

    async def serve(route: Route) -> None:
        viewing.requested.append(route.request.url)
        if route.request.url == HOST_PAGE:
            await route.fulfill(body=host_page, content_type="text/html")
        elif route.request.url == f"{HOST_PAGE}view":
            headers = {"Content-Type": "text/html", "Content-Security-Policy": SANDBOX}
            await route.fulfill(body=FILE.read_text(encoding="utf-8"), headers=headers)
        else:
            await route.abort()

    await viewing.page.route("**/*", serve)
    await viewing.page.expose_function("callTool", viewing.call)
    viewing.page.on("pageerror", lambda error: viewing.errors.append(str(error)))
    yield viewing
    await context.close()
    async with viewing.asking:  # the view's last request is answered before the server ends
        pass


@pytest.fixture
async def viewing(browser: Browser, host_page: str, asker: Asker) -> AsyncIterator[Viewing]:
    async with viewing_with(browser, host_page, viewport={"width": 1000, "height": 900}) as viewing:
        viewing.client = asker.client
        await viewing.page.clock.set_fixed_time(NOW)
        yield viewing
        assert viewing.errors == []
        assert set(viewing.requested) <= {HOST_PAGE, f"{HOST_PAGE}view"}
