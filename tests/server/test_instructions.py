"""The instructions, which a model reads before its first call."""

import pytest
from syrupy.assertion import SnapshotAssertion

from bytenite_mcp import __version__
from bytenite_mcp.config import Settings
from bytenite_mcp.server.instructions import write_instructions
from tests.server.conftest import SETTINGS, Asker, both_eras
from tests.server.test_definitions import TOOLS

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("settings", [SETTINGS, Settings(), Settings(demo=True)], ids=["key", "none", "demo"])
def test_instructions_are_at_most_2000_characters(settings: Settings) -> None:
    assert len(write_instructions(settings)) <= 2000


def test_the_instructions_are_as_reviewed_and_name_each_tool(snapshot: SnapshotAssertion) -> None:
    instructions = write_instructions(SETTINGS)
    assert instructions == snapshot
    assert [name for name in TOOLS if name not in instructions] == []


@both_eras
async def test_a_client_gets_the_instructions_and_who_answers(asker: Asker) -> None:
    assert asker.client.instructions == write_instructions(SETTINGS)
    assert asker.client.server_info is not None
    assert (asker.client.server_info.name, asker.client.server_info.version) == ("bytenite-mcp", __version__)
