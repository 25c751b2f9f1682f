"""The `install` command: adds an entry of this server to the files of MCP clients, or removes it."""

import difflib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import anyio
from pydantic import SecretStr

from bytenite_mcp.commands import own_command
from bytenite_mcp.commands.client import KEY, KEY_FILE, NAME, Client, Entry, Server, get_settings
from bytenite_mcp.commands.clients import CLIENTS
from bytenite_mcp.commands.config_file import ConfigFile, Foreign, LeftAlone, write_out
from bytenite_mcp.commands.entries import as_list, find_switch, is_elsewhere, is_ours, is_same, renew
from bytenite_mcp.commands.machine import Machine
from bytenite_mcp.commands.trial import CannotStart, Trial, try_entry
from bytenite_mcp.config import Settings, name_variable
from bytenite_mcp.privacy.sanitize import sanitize
from bytenite_mcp.privacy.spans import WITHHELD
from bytenite_mcp.privacy.texts import scrub

QUESTION = "What did I run most recently?"

_TYPED_KEY = re.compile(rf"""(\b{KEY}["']?\s*[:=]\s*)(["'])(?!\$)(?:\\.|(?!\2).)*\2""")
"""Our key as written in a file, except a variable that the client fills in; it is never shown."""

Ask = Callable[[str], str]


class Undone(Exception):
    """A client's own command ran, but did not do what it should have; the message says what."""


@dataclass(frozen=True)
class Request:
    """What the command line asks for; if it names no client, the person is asked."""

    clients: tuple[str, ...] = ()
    name: str = NAME
    project: bool = False
    demo: bool = False
    url: str = ""
    remove: bool = False
    dry_run: bool = False

    @property
    def scope(self) -> str:
        """The scope, by its name in the clients' own commands."""
        return "project" if self.project else "user"


def install(request: Request, machine: Machine, ask: Ask | None = None) -> int:
    """Add or remove entries; if no client is named, ask which. Return 1 if an entry was not written, or does not work.

    Raises:
        SettingsError: A setting in the environment, which goes into the entry, is invalid.
    """
    installation = Installation(request, machine, choose_settings(machine))
    clients = [CLIENTS[name] for name in request.clients] or choose_clients(request, machine, ask)
    if clients is None:
        return 2
    if machine.runs_from_cache and not request.url and not request.remove:
        print(
            f"This bytenite-mcp runs from a cache that may be cleared: {machine.python}.\n"
            "Install it first with `uv tool install` or `pipx install`, and run the installed one."
        )
        return 1
    unchanged = [client for client in clients if not installation.change(client)]
    failed = [client for client, entry in installation.written if not installation.start(client, entry)]
    return 1 if unchanged or failed else 0


def choose_settings(machine: Machine) -> dict[str, str]:
    """Return the settings to write into entries, without secrets; desktop programs have another environment.

    Raises:
        SettingsError: A setting is invalid.
    """
    settings = Settings.from_environment(machine.environ)
    names = [
        name_variable(name)
        for name in settings.environment_fields()
        if not isinstance(getattr(settings, name), SecretStr) and not name.startswith("mcp_")
    ]
    given = {name: value for name in names if (value := machine.environ.get(name, "").strip())}
    if KEY_FILE in given:
        given[KEY_FILE] = str(Path(given[KEY_FILE]).expanduser().absolute())
    return given


def choose_clients(request: Request, machine: Machine, ask: Ask | None) -> list[Client] | None:
    """Ask which of the clients on this machine to change; return None if nobody can be asked."""
    fitting = [
        client
        for client in CLIENTS.values()
        if client.is_edited and (client.project_file or not request.project)
    ]
    found = [client for client in fitting if client.is_installed(machine)]
    print("On this machine:" if found else "No known client seems to be on this machine.")
    for number, client in enumerate(found, 1):
        print(f"  {number}  {client.title:15} {client.name}")
    if not ask or not found:
        named = (found or fitting)[0].name
        print(f"Name one, for example: bytenite-mcp install {named}\nClients: {', '.join(CLIENTS)}.")
        return None
    by_word = {word: client for number, client in enumerate(found, 1) for word in (str(number), client.name)}
    while True:
        words = ask("Which? Numbers or names, or `all`; Enter for none: ").replace(",", " ").split()
        if words == ["all"]:
            return found
        if all(word in by_word for word in words):
            return list(dict.fromkeys(by_word[word] for word in words))


@dataclass(frozen=True)
class Installation:
    """One run of the command.

    Attributes:
        settings: The settings to write into entries.
        written: The entries that are now in clients' files.
        trials: The results of starting entries, because equal entries are started once.
    """

    request: Request
    machine: Machine
    settings: Mapping[str, str]
    written: list[tuple[Client, Entry]] = field(default_factory=list)
    trials: dict[str, Trial | CannotStart] = field(default_factory=dict)

    def change(self, client: Client) -> bool:
        """Change a client's file, or say how to do it by hand; return whether nothing failed."""
        request, path = self.request, client.path(self.machine, project=self.request.project)
        if request.project and not client.project_file:
            print(f"{client.title} has no file for a project: omit --project.")
            return False
        if request.url and not client.url_member:
            print(
                f"{client.title} takes servers over HTTP only in its settings, under Connectors: add {request.url}"
            )
            return False
        if not client.is_edited:
            self._say_what_to_do(client, path)
            return True
        try:
            self._change_file(client, ConfigFile.read(path, client.key))
        except (LeftAlone, Undone) as why:
            left_alone = f"{path} was not changed: " if isinstance(why, LeftAlone) else ""
            print(f"{client.title}: {left_alone}{why}.")
            if not isinstance(why, Foreign):
                self._say_what_to_do(client, path)
            return False
        return True

    def describe(self, client: Client) -> Server:
        """Describe what the client's entry starts or connects to."""
        request, machine, settings = self.request, self.machine, self.settings
        if request.url:
            return Server(request.name, url=request.url)
        if request.demo:
            return Server(request.name, [*machine.command, "--demo"])
        if KEY_FILE not in settings and not client.placeholder:
            settings = {**settings, KEY_FILE: str(machine.key_file)}
        return Server(request.name, machine.command, settings, needs_key=KEY_FILE not in settings)

    def _change_file(self, client: Client, config: ConfigFile) -> None:
        name = self.request.name
        if config.servers.get(name) and not is_ours(name, config.servers[name]):
            raise Foreign(f"it has another server named {name!r}; choose another --name")
        if not self.request.remove:
            self._add(client, config)
        elif name in config.servers:
            self._remove(client, config)
        else:
            print(f"{client.title}: {config.path} has no {name!r}.")

    def _add(self, client: Client, config: ConfigFile) -> None:
        """Set the entry, unless the file has it already."""
        server = self.describe(client)
        entry, old = client.write(server), config.entry(server.name)
        if old:
            entry = renew(old, entry, keep_key=self.request.demo or KEY_FILE not in self.settings)
        if old and is_same(old, entry):
            print(f"{client.title}: {config.path} already has it.")
        else:
            self._set(client, config, server, entry)
        if not self.request.dry_run:
            self.written.append((client, entry))

    def _set(self, client: Client, config: ConfigFile, server: Server, entry: Entry) -> None:
        """Set the entry; use the client's own command for a new entry that it can express."""
        name, old = server.name, config.entry(server.name)
        words = client.add(server, entry, self.request.scope) if client.add else None
        if words and not old and self.machine.find(client.program):
            self._run(client, words, config, entry)
        else:
            key_input = client.key_input if client.placeholder in get_settings(entry).values() else {}
            self._write(client, config, config.with_server(name, entry, key_input), entry)
            dropped = ", ".join(member for member in old if member not in entry)
            if dropped and is_elsewhere(old, entry):
                print(f"  Not kept, because it was for another server: {sanitize(dropped)}.")

    def _remove(self, client: Client, config: ConfigFile) -> None:
        name = self.request.name
        words = client.remove(name, self.request.scope) if client.remove else None
        if words and self.machine.find(client.program):
            self._run(client, words, config, {})
        else:
            others = str([entry for other, entry in config.servers.items() if other != name])
            key_input = {} if client.placeholder in others else client.key_input
            self._write(client, config, config.without_server(name, key_input), {})

    def _run(self, client: Client, words: list[str], config: ConfigFile, wanted: Entry) -> None:
        """Run a client's own command, after which the file should have the wanted entry, or none if that is {}."""
        config.check()
        command = own_command.spell(client, words)
        if self.request.dry_run:
            print(f"{client.title}: would run `{command}`, which changes {config.path}.")
            return
        backup = config.back_up()
        try:
            own_command.run(client, words, self.machine)
            print(f"{client.title}: ran `{command}` for {config.path}{_mention(backup)}.")
            written = ConfigFile.read(config.path, client.key).entry(self.request.name)
        except LeftAlone as why:
            raise Undone(f"{why}{_mention(backup)}") from None
        if not is_same(written, wanted):
            raise Undone(f"the entry is {'not' if wanted else 'still'} in {config.path}")

    def _write(self, client: Client, config: ConfigFile, text: str, entry: Entry) -> None:
        if self.request.dry_run:
            config.check()
            name = self.request.name
            now, then = (_write_lines(client, config, name, one) for one in (config.entry(name), entry))
            changes = difflib.unified_diff(now, then, "now", "then", lineterm="", n=1)
            print("\n".join([f"{client.title}: would change {config.path}:", *changes]))
        else:
            print(f"{client.title}: changed {config.path}{_mention(config.write(text))}.")

    def _say_what_to_do(self, client: Client, path: Path) -> None:
        """Say what to change by hand."""
        if self.request.remove:
            print(f"If {path} has an entry {self.request.name!r}, remove it by hand.")
            return
        server = self.describe(client)
        inputs = [client.key_input] if client.key_input and server.needs_key else []
        print(f"Add this to {path}:")
        print(write_out(path, client.key, server.name, client.write(server), inputs))

    def start(self, client: Client, entry: Entry) -> bool:
        """Start the server of an entry, and say what to do next; return whether it works and has the key."""
        result = self._try(client, entry)
        tried = f"{client.title}: it was {'started' if 'command' in entry else 'asked'}, and"
        if isinstance(result, Trial):
            print(f"{tried} offers {len(result.tools)} tools: {', '.join(result.tools)}.")
            return self._say_what_is_missing(client, entry)
        file = str(get_settings(entry).get(KEY_FILE) or "")
        if file and not Path(file).exists():
            print(
                f"{client.title}: save your ByteNite API key in {file}, which only you should be able to read."
            )
            print(f"  {client.reload} `bytenite-mcp doctor` checks that it works.")
        else:
            print(f"{tried} fails. {scrub(str(result))}")
        return False

    def _say_what_is_missing(self, client: Client, entry: Entry) -> bool:
        """Say what a server that works lacks in the client, and what to do next; return whether it lacks nothing."""
        in_env = not client.key_input and client.placeholder in get_settings(entry).values()
        passed_on = KEY in as_list(entry.get("env_vars"))
        lacks_key = (in_env or passed_on) and not self.machine.environ.get(KEY)
        if lacks_key:
            print(f"  {KEY} is not set here: set it in the environment of {client.title}.")
        if switch := self._find_switch(client, entry):
            print(f"  It is turned off by `{switch}` in the file: turn it on there, or in {client.title}.")
        print(f"  Next: {client.reload} Then ask: {QUESTION}")
        return not (lacks_key or switch)

    def _find_switch(self, client: Client, entry: Entry) -> str:
        path = client.path(self.machine, project=self.request.project)
        try:
            return find_switch(ConfigFile.read(path, client.key).value, self.request.name, entry)
        except LeftAlone:  # another program has changed it meanwhile
            return ""

    def _try(self, client: Client, entry: Entry) -> Trial | CannotStart:
        started = {name: value for name, value in entry.items() if name != "type"}
        key = json.dumps([started, client.variables], default=str)
        environ = {KEY: "", **self.machine.variables}
        if key not in self.trials:
            try:
                self.trials[key] = anyio.run(try_entry, entry, environ, client.variables)
            except CannotStart as why:
                self.trials[key] = why
        return self.trials[key]


def _mention(backup: Path | None) -> str:
    return f"; its backup is {backup.name} beside it" if backup else ""


def _write_lines(client: Client, config: ConfigFile, name: str, entry: Entry) -> list[str]:
    """Write an entry as in its file, without secrets; other entries, which may hold secrets, are not shown."""
    asks = client.key_input and client.placeholder in get_settings(entry).values()
    inputs = [client.key_input] if asks else []
    text = write_out(config.path, config.key, name, entry, inputs) if entry else ""
    return scrub(_TYPED_KEY.sub(rf"\1\2{WITHHELD}\2", text)).splitlines()
