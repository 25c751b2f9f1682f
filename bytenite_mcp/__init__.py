"""A read-only Model Context Protocol server over ByteNite's jobs API."""

__version__ = "0.2.0"
