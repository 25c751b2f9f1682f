"""The view of answers, for hosts that show MCP Apps."""
