"""`python -m bytenite_mcp` is the `bytenite-mcp` command."""

from bytenite_mcp.cli import main

raise SystemExit(main())
