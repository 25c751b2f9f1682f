"""The view is offered to hosts that support views; other hosts, and models, see no difference."""

import re
import subprocess
import sys
from typing import Any

import pytest

from bytenite_mcp.server.tools import TOOLS, WITHOUT_VIEW
from bytenite_mcp.simulator import World, create_app
from bytenite_mcp.view.offer import FILE, URI
from tests.server.conftest import both_eras, connected

pytestmark = pytest.mark.anyio

SOURCE = FILE.read_text(encoding="utf-8")
MIME = "text/html;profile=mcp-app"


@both_eras
async def test_both_eras_announce_the_extension(era: Any) -> None:
    async with connected(create_app(World(20)), era) as asker:
        announced = asker.client.server_capabilities.extensions or {}
        assert announced["io.modelcontextprotocol/ui"] == {"mimeTypes": [MIME]}


@both_eras
async def test_the_view_is_served_to_hosts_as_it_stands_in_its_file(era: Any) -> None:
    async with connected(create_app(World(20)), era) as asker:
        (content,) = (await asker.client.read_resource(URI)).contents
        assert content.mime_type == MIME
        assert content.model_dump()["text"] == SOURCE


async def test_tools_name_the_view_in_both_forms_unless_their_answers_are_text() -> None:
    async with connected(create_app(World(20))) as asker:
        named = {tool.name: tool.meta or {} for tool in (await asker.client.list_tools()).tools}
    for function in TOOLS:
        meta = named[function.__name__]
        forms = (meta.get("ui"), meta.get("ui/resourceUri"))
        assert forms == ((None, None) if function in WITHOUT_VIEW else ({"resourceUri": URI}, URI))


async def test_a_model_that_lists_resources_does_not_see_the_view() -> None:
    async with connected(create_app(World(20))) as asker:
        assert URI not in {resource.uri for resource in (await asker.client.list_resources()).resources}


OPENS_AND_ASKS = """
import sys
opened = []
sys.addaudithook(lambda event, given: opened.append(str(given[0])) if event == "open" else None)

import anyio
from mcp import Client
from bytenite_mcp.config import Settings
from bytenite_mcp.server.app import build_server
from bytenite_mcp.simulator import World, create_app
import httpx

async def main():
    transport = httpx.ASGITransport(create_app(World(5)))
    settings = Settings.model_validate({"api_key": "demo-key", "base_url": "https://bytenite.test/v1"})
    async with Client(build_server(settings, transport)) as client:
        await client.list_tools()
        await client.call_tool("list_jobs", {})
        print(sum(name.endswith("jobs.html") for name in opened))
        await client.read_resource("ui://bytenite/jobs")
        print(sum(name.endswith("jobs.html") for name in opened))

anyio.run(main)
"""


def test_the_file_is_read_only_when_a_host_asks_for_it() -> None:
    ran = subprocess.run([sys.executable, "-c", OPENS_AND_ASKS], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["0", "1"]


def test_the_view_is_one_small_file_that_loads_nothing_and_writes_no_markup() -> None:
    assert len(SOURCE.encode()) <= 30_000
    assert not re.findall(r"\bsrc=|\bhref=|url\(|@import|\bfetch\(|XMLHttpRequest|import\(", SOURCE)
    assert not re.findall(r"innerHTML|outerHTML|insertAdjacent|document\.write|\beval\(", SOURCE)
