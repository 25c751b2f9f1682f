"""The server as it is built from its settings."""

import pytest

from bytenite_mcp.config import Settings
from bytenite_mcp.simulator import World, create_app
from tests.server.conftest import SETTINGS, Asker, connected
from tests.server.test_definitions import TOOLS, tools_of

pytestmark = pytest.mark.anyio


async def test_a_demo_says_that_its_data_is_simulated_in_words_and_in_each_result() -> None:
    demo = SETTINGS.model_copy(update={"demo": True})
    async with connected(create_app(World(20)), settings=demo) as asker:
        assert "SIMULATED" in (asker.client.instructions or "")
        answer = await asker.ask("list_jobs", limit=1)
        assert answer.content["simulated"] is True
        assert answer.text.startswith("simulated: true\n")


async def test_without_a_key_the_server_lists_its_tools_and_each_call_says_how_to_set_one() -> None:
    async with connected(create_app(World(20)), settings=Settings()) as asker:
        assert "No API key" in (asker.client.instructions or "")
        assert [tool.name for tool in await tools_of(asker)] == TOOLS
        for name in TOOLS:
            arguments = {"job_id": "x"} if "job" in name.split("_") else {}
            if name == "filter_jobs":
                arguments = {"filters": [{"field": "state", "condition": "EQ", "value": "NEW"}]}  # type: ignore[dict-item]
            if name == "query_jobs":
                arguments = {"sql": "SELECT 1"}
            told = await asker.fail(name, **arguments)
            assert "BYTENITE_API_KEY" in told
            assert "--demo" in told
        assert asker.sent() == []


async def test_lists_that_never_change_may_be_kept(asker: Asker) -> None:
    for listed in (await asker.client.list_tools(), await asker.client.list_prompts()):
        assert listed.ttl_ms
        assert listed.cache_scope == "public"
