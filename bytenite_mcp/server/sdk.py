"""The private names of the MCP SDK that this server uses; no other module uses one.

tests/server/test_sdk.py fails if another minor version is installed than the one that was checked.
"""

from typing import Any

from mcp.server import MCPServer

CHECKED_WITH = "2.3"
"""The minor version of `mcp` in which the private names were checked."""


async def serve_session(server: MCPServer[Any], read: Any, write: Any) -> None:
    """Serve one session over streams until the input ends.

    `MCPServer` itself serves only one session, over the process's standard input and output. Its low-level server, in
    `_lowlevel_server`, has public methods that serve any streams.
    """
    low_level = server._lowlevel_server
    await low_level.run(read, write, low_level.create_initialization_options())
