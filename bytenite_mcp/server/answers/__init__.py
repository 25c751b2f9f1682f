"""The answers of tools. Their texts may name tools, which no room below `server` knows."""
