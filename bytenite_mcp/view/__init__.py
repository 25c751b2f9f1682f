"""What a person sees beside the answers, in hosts that show MCP Apps."""
