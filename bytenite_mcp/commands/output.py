"""What commands print."""

import io
import os
import sys
from collections.abc import Callable

NOBODY_READS = 141
"""The exit code that a shell gives a tool whose reader has gone (128 + SIGPIPE)."""


def run_printing(command: Callable[[], int]) -> int:
    """Run a command; what its console does not know is shown escaped, and it ends quietly if nobody reads on."""
    if not isinstance(sys.stdout, io.TextIOWrapper):
        return command()
    sys.stdout.reconfigure(errors="backslashreplace")
    code = NOBODY_READS
    try:
        try:
            code = command()
        finally:
            sys.stdout.flush()
    except* BrokenPipeError:
        code = NOBODY_READS
        # Python writes what is left once more at its end, and would complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return code
