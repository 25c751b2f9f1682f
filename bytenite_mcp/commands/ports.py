"""Listening sockets."""

import socket

from bytenite_mcp.config import SettingsError


def listen(host: str, port: int) -> socket.socket:
    """Listen on an address; connections queue until a server accepts them.

    Raises:
        SettingsError: The address is not available.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        # The standard library appends the address to the system's message.
        why = str(error.strerror or error).partition(" (while")[0]
        raise SettingsError(
            f"Cannot listen on {host} port {port}: {why}. --port 0 takes a free one."
        ) from None
