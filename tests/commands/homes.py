"""Home folders of the three systems, for tests."""

import os
from collections.abc import Iterator
from pathlib import Path

from bytenite_mcp.commands.clients import CLIENTS
from bytenite_mcp.commands.machine import Machine
from bytenite_mcp.server.tools import TOOLS

OFFER = f"{len(TOOLS)} tools"
SYSTEMS = ("Linux", "Darwin", "Windows")
EDITED = tuple(name for name, client in CLIENTS.items() if client.is_edited)


def make_machine(folder: Path, system: str = "Linux", **environ: str) -> Machine:
    """Make a home and a project folder, with an empty path unless `environ` sets one."""
    home, project = folder / "Zoë's home", folder / "a project"
    home.mkdir()
    project.mkdir()
    places = {
        "Linux": {"XDG_CONFIG_HOME": str(home / "xdg")},
        "Darwin": {},
        "Windows": {"APPDATA": str(home / "Roaming"), "LOCALAPPDATA": str(home / "Local")},
    }
    return Machine({"PATH": "", **places[system], **environ}, system, home, project)


def files(folder: Path) -> Iterator[Path]:
    """Return all files below a folder, including links."""
    for parent, _, names in os.walk(folder):
        yield from (Path(parent, name) for name in names)


def own(folder: Path, program: str, script: str) -> dict[str, str]:
    """Put a fake of a client's program on the path."""
    path = folder / "bin" / program
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return {"PATH": f"{path.parent}:/usr/bin:/bin"}
