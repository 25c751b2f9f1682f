"""Makes printing robust against consoles that lack characters, and readers that close the output."""

import io
import os
import sys
from collections.abc import Callable

OUTPUT_CLOSED = 141
"""The exit code for a closed standard output, as shells report it (128 + SIGPIPE)."""


def run_printing(command: Callable[[], int]) -> int:
    """Run a command; escape characters that the console cannot encode, and end quietly if the output is closed."""
    if not isinstance(sys.stdout, io.TextIOWrapper):
        return command()
    sys.stdout.reconfigure(errors="backslashreplace")
    code = OUTPUT_CLOSED
    try:
        try:
            code = command()
        finally:
            sys.stdout.flush()
    except* BrokenPipeError:
        code = OUTPUT_CLOSED
        # At exit Python flushes standard output again, which would print an error.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return code
