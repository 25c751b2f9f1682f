"""The answers of tools. Their texts may name tools, unlike those of the rooms below `server`."""
