"""The MCP server: its tools, resources and prompts, and the texts of its answers."""
