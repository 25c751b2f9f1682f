"""Runs clients' own commands, which add and remove servers."""

import shlex
import subprocess
from collections.abc import Sequence

from bytenite_mcp.commands.client import Client
from bytenite_mcp.commands.config_file import LeftAlone
from bytenite_mcp.commands.machine import Machine
from bytenite_mcp.privacy.texts import scrub

_LONGEST_WAIT = 120.0
"""Seconds that a command may take."""


def spell(client: Client, words: Sequence[str]) -> str:
    """Return a command as a person would type it."""
    return shlex.join([client.program, *words])


def run(client: Client, words: Sequence[str], machine: Machine) -> None:
    """Run a client's own command.

    Raises:
        LeftAlone: It failed; the message quotes its output.
    """
    program = machine.find(client.program)
    assert program, "the caller has found it"
    try:
        done = subprocess.run(  # noqa: S603  # each word is an argument, and no shell reads it
            [program, *words], env=dict(machine.environ), cwd=machine.folder, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", errors="replace",
            timeout=_LONGEST_WAIT, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise LeftAlone(f"`{spell(client, words)}` failed: {error}") from None
    if done.returncode:
        raise LeftAlone(f"`{spell(client, words)}` failed: {' '.join(scrub(done.stdout).split())[-500:]}")
