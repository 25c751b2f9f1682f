"""Private names of the SDK are used in one module only, and were checked in the installed version."""

import ast
from importlib.metadata import version
from pathlib import Path

import pytest
from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.prompts import Prompt
from mcp.server.mcpserver.tools import Tool

from bytenite_mcp.server import sdk

SERVER = Path(sdk.__file__).parent


def private(names: object) -> set[str]:
    """Return the private names of an object, without those of Python and pydantic."""
    return {name for name in dir(names) if name.startswith("_") and not name.startswith("__")}


def test_private_names_were_checked_in_the_installed_version() -> None:
    installed = version("mcp")
    assert installed.startswith(f"{sdk.CHECKED_WITH}."), (
        f"mcp {installed} is installed. Look in server/sdk.py at each private name, and in the SDK whether what is "
        "said of it still holds; then set CHECKED_WITH."
    )


@pytest.mark.parametrize("file", sorted(SERVER.rglob("*.py")), ids=lambda file: file.stem)
def test_no_other_module_uses_a_private_name_of_the_sdk(file: Path) -> None:
    server = MCPServer[None]("any")
    names = (
        private(server)
        | private(server._lowlevel_server)
        | private(Context)
        | private(Tool)
        | private(Prompt)
    )
    assert "_tool_manager" in names
    tree = ast.parse(file.read_text(encoding="utf-8"))
    used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)} & names
    modules = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    used |= {name for name in modules if name.startswith("mcp.") and "._" in name}
    assert used == ({"_lowlevel_server"} if file.stem == "sdk" else set())
