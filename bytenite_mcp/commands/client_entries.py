"""Finds the entries of this server in clients' files, and starts each to see whether it works."""

import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from bytenite_mcp import __version__
from bytenite_mcp.commands.client import KEY_FILE, NAME, Client, get_settings
from bytenite_mcp.commands.clients import CLIENTS
from bytenite_mcp.commands.config_file import ConfigFile, LeftAlone
from bytenite_mcp.commands.entries import as_list, find_switch, get_url, is_ours
from bytenite_mcp.commands.machine import Machine
from bytenite_mcp.commands.trial import CannotStart, NotThere, find_inputs, try_entry
from bytenite_mcp.privacy.sanitize import sanitize
from bytenite_mcp.privacy.texts import scrub

_READABLE = (".json", ".toml")


class Found(NamedTuple):
    """An entry, or an unreadable file that may hold one.

    Attributes:
        flaw: What is known to be wrong with it.
        switch: The member of the file that turns it off.
        here: Whether it is for the current folder only, in a file for all folders.
    """

    client: Client
    path: Path
    name: str = ""
    entry: Mapping[str, object] = {}
    flaw: str = ""
    switch: str = ""
    here: bool = False


def find_entries(machine: Machine) -> Iterator[Found]:
    """Search the files of each client: the user's, and the current folder's."""
    seen = set()
    for client in CLIENTS.values():
        for project in (False, True):
            path = client.path(machine, project=project)
            if (project and not client.project_file) or path in seen or path.suffix not in _READABLE:
                continue
            seen.add(path)
            yield from _look_into(client, path, machine)


async def check_clients(machine: Machine) -> bool:
    """Start each entry and print the result; return whether all passed."""
    print("\nClients")
    found = list(find_entries(machine))
    if not found:
        print("  no client has an entry; `bytenite-mcp install` adds one")
    return all([await _check(one, machine) for one in found])


def _look_into(client: Client, path: Path, machine: Machine) -> Iterator[Found]:
    try:
        config = ConfigFile.read(path, client.key, client.ignored)
    except LeftAlone as why:
        if _may_hold_one(path):
            yield Found(client, path, flaw=f"{str(why)[0].upper()}{str(why)[1:]}.")
        return
    for key in dict.fromkeys([client.key, *(other.key for other in CLIENTS.values())]):
        flaw = "" if key == client.key else f"It is under {key!r}; {client.title} reads {client.key!r}."
        for name, entry in _entries_below(config.value, key):
            known = flaw or _find_flaw(client, name, entry, config.value)
            yield Found(client, path, name, entry, known, find_switch(config.value, name, entry))
    # By default, `claude mcp add` adds an entry for the current folder only.
    folders = config.value.get("projects") if client.name == "claude-code" else None
    of_folder = folders.get(str(machine.folder)) if isinstance(folders, dict) else None
    for name, entry in _entries_below(of_folder, client.key):
        yield Found(client, path, name, entry, _find_flaw(client, name, entry, {}), here=True)


def _find_flaw(client: Client, name: str, entry: Mapping[str, object], file: Mapping[str, object]) -> str:
    """Say why a client does not read an entry, whatever it starts; "" if it may."""
    if not is_ours(name, entry):
        return "It does not start bytenite-mcp; `install` leaves it alone."
    if get_url(entry) and not client.url_member:
        return f"{client.title} reads no URL from this file; add it in its settings, under Connectors."
    if get_url(entry) and client.needs_type and not entry.get("type"):
        return f'{client.title} takes an entry without a type for a command; add "type": "http".'
    inputs = file.get("inputs")
    defined = (
        [item.get("id") for item in inputs if isinstance(item, dict)] if isinstance(inputs, list) else []
    )
    missing = [found for found in find_inputs(entry) if found not in defined]
    return f"It refers to the input {missing[0]!r}, which is not among the file's inputs." if missing else ""


def _entries_below(value: object, key: str) -> Iterator[tuple[str, Mapping[str, object]]]:
    servers = value.get(key) if isinstance(value, dict) else None
    if isinstance(servers, dict):
        for name, entry in servers.items():
            # One that is misspelt is told, and not started.
            is_misspelt = isinstance(entry, dict) and name == entry.get("command") == NAME
            if is_misspelt or is_ours(name, entry):
                yield name, entry


def _may_hold_one(path: Path) -> bool:
    try:
        return b"bytenite" in path.read_bytes().replace(b"\0", b"").lower()
    except OSError:
        return True


async def _check(found: Found, machine: Machine) -> bool:
    title = f"{found.client.title} {found.name}".rstrip() + (" (this folder only)" if found.here else "")
    try:
        result, passed = await _examine(found, machine), True
    except CannotStart as why:
        result, passed = str(why), False
    outcome = ("off" if found.switch else "ok") if passed else "failed"
    lines = [f"  {outcome:6}  {scrub(title)}: {scrub(result)}", sanitize(str(found.path))]
    print("\n".join(lines).replace("\n", "\n          "))
    return passed


async def _examine(found: Found, machine: Machine) -> str:
    """Start an entry and describe what answers.

    Raises:
        CannotStart: The entry does not work.
    """
    client, entry = found.client, found.entry
    if found.flaw:
        raise CannotStart(found.flaw)
    asked_for = bool(find_inputs(entry))
    if asked_for and get_url(entry):
        return f"not requested, because {client.title} asks you for a part of it"
    try:
        trial = await try_entry(entry, machine.variables, client.variables, ask=not asked_for)
    except NotThere as why:
        raise CannotStart(f"{why} {_advise(found, machine)}") from None
    if trial.error:
        raise CannotStart(trial.error)
    listing = f"no job requested, because {client.title} asks you for the key"
    tools = f"{len(trial.tools)} tools, {listing if asked_for else 'and it lists jobs'}"
    off = [f"{client.title} does not start it, because of `{found.switch}`"] if found.switch else []
    return "; ".join([tools, *off, *_remark(entry, trial.version)])


def _remark(entry: Mapping[str, object], version: str) -> Iterator[str]:
    """Say what may be wrong with an entry that works."""
    if version != __version__:
        yield f"it is version {version}, this is {__version__}"
    if entry.get("command") and not Path(str(entry["command"])).is_absolute():
        yield "its command has no path, so a program started from the desktop may not find it"
    file = str(get_settings(entry).get(KEY_FILE) or "")
    if file and not Path(file).expanduser().is_absolute():
        yield f"{KEY_FILE} is a relative path, which depends on the folder that it is started in"


def _advise(found: Found, machine: Machine) -> str:
    """Name the command that writes the entry again."""
    client, entry = found.client, found.entry
    if found.here:
        return f"`{shlex.join(['claude', 'mcp', 'remove', '-s', 'local', found.name])}` removes it."
    in_project = client.project_file and found.path == client.path(machine, project=True)
    options = [
        *(["--project"] if in_project else []),
        *(["--demo"] if "--demo" in as_list(entry.get("args")) else []),
        *(["--name", found.name] if found.name != NAME else []),
    ]
    does = "writes it again" if client.is_edited else "prints what to write instead"
    return f"`{shlex.join(['bytenite-mcp', 'install', client.name, *options])}` {does}."
