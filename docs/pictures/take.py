"""Takes the pictures of README.md: the failed jobs of the demo, the first opened, in light and dark."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, sync_playwright

FOLDER = Path(__file__).parent
LARGEST = 150_000
"""The most bytes of a picture, because a README should open at once."""

SHOWN = {"x": 0, "y": 0, "width": 900, "height": 860}
FAILED = 1
"""Which of the host's questions is asked."""


@contextmanager
def demo() -> Iterator[str]:
    """Serve the demo's view; gives its address."""
    command = [sys.executable, "-m", "bytenite_mcp", "demo", "--view"]
    environment = {**os.environ, "BROWSER": "true"}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield re.findall(r"http:\S+/", process.stdout.readline())[0]
        finally:
            process.terminate()


def take(browser: Browser, address: str, theme: Literal["light", "dark"]) -> None:
    """Take one picture."""
    viewport = {"width": SHOWN["width"], "height": 2000}
    page = browser.new_page(viewport=viewport, color_scheme=theme, device_scale_factor=1.5)
    page.goto(f"{address}#{FAILED}")
    view = page.frame_locator("#view")
    view.locator(".tick").first.wait_for()
    view.locator(".name").first.click()
    view.locator(".detail .stages").wait_for()
    page.add_style_tag(content="nav, header { display: none !important }")
    page.mouse.move(0, 0)
    view.locator("body").evaluate("() => document.activeElement.blur()")
    path = FOLDER / f"failed-{theme}.png"
    page.screenshot(path=path, clip=SHOWN, animations="disabled")
    subprocess.run(["pngquant", "--force", "--ext", ".png", "64", path], check=True)
    size = path.stat().st_size
    print(f"{path.name}: {size:,} bytes")
    if size > LARGEST:
        sys.exit(f"{path.name} is larger than {LARGEST:,} bytes.")


if __name__ == "__main__":
    with demo() as address, sync_playwright() as playwright:
        # Root may not use Chromium's own sandbox.
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        take(browser, address, "light")
        take(browser, address, "dark")
