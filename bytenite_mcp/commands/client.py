"""What `install` and `doctor` know about an MCP client: its files, and the form of its entries."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bytenite_mcp.commands.machine import Machine

NAME = "bytenite"
"""The default name of an entry."""

KEY = "BYTENITE_API_KEY"
KEY_FILE = "BYTENITE_API_KEY_FILE"

Entry = dict[str, object]
"""One server in a client's file."""


def get_settings(entry: Mapping[str, object]) -> dict[str, object]:
    """Return the environment variables of an entry; {} if its `env` is not an object."""
    env = entry.get("env")
    return dict(env) if isinstance(env, Mapping) else {}


@dataclass(frozen=True)
class Server:
    """The server that an entry starts or, if it has a URL, connects to.

    Attributes:
        settings: The environment variables of its settings.
        needs_key: Whether the client must pass the key on, because `settings` name no file that holds it.
    """

    name: str
    command: Sequence[str] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    url: str = ""
    needs_key: bool = False


Shape = Callable[["Client", Server], Entry]
AddCommand = Callable[[Server, Entry, str], list[str] | None]


@dataclass(frozen=True, eq=False)
class Client:
    """One MCP client, and what it expects.

    Attributes:
        name: Its name on our command line.
        title: Its name for people.
        file: Finds its file on a machine.
        reload: What a person does to make it load the entry.
        project_file: Its file in a project's folder; "" if it has none.
        key: The member of its file that holds the servers.
        placeholder: Text that it replaces with the key, or the variable that it passes on; "" if it does neither.
        variables: A regular expression of the variables that it fills in anywhere in an entry.
        ignored: A regular expression of text in its file that it ignores and JSON does not allow.
        types: The `type` that its entries have for each transport; empty if they have none.
        url_member: The member of an entry that holds the URL; "" if it has none.
        shape: Writes an entry in another form than that of most clients.
        key_input: The definition, in its file, by which it asks a person for the key; {} if it never asks.
        program: Its own command-line program.
        add: Makes the arguments of `program` that add an entry at a scope; None if they cannot express it.
        remove: Makes the arguments of `program` that remove an entry by name at a scope.
        is_edited: Whether we change its file; for others, `install` prints what to write.
        needs_type: Whether it takes an entry with a URL and no `type` for a command.
    """

    name: str
    title: str
    file: Callable[[Machine], Path]
    reload: str = "Start a new session."
    project_file: str = ""
    key: str = "mcpServers"
    placeholder: str = ""
    variables: str = ""
    ignored: str = ""
    types: Mapping[str, str] = field(default_factory=dict)
    url_member: str = "url"
    shape: Shape | None = None
    key_input: Mapping[str, object] = field(default_factory=dict)
    program: str = ""
    add: AddCommand | None = None
    remove: Callable[[str, str], list[str]] | None = None
    is_edited: bool = True
    needs_type: bool = False

    def path(self, machine: Machine, *, project: bool = False) -> Path:
        """Return the file that holds its servers."""
        return machine.folder / self.project_file if project else self.file(machine)

    def write(self, server: Server) -> Entry:
        """Write the entry of a server as this client wants it."""
        return self.shape(self, server) if self.shape else self.write_default(server)

    def write_default(self, server: Server) -> Entry:
        """Write the entry of a server in the form of most clients."""
        if server.url:
            return {**self._name_type("http"), self.url_member: server.url}
        command, *args = server.command
        environment = self.make_environment(server)
        return {
            **self._name_type("stdio"),
            "command": command,
            "args": args,
            **({"env": environment} if environment else {}),
        }

    def make_environment(self, server: Server) -> dict[str, str]:
        """Make the environment variables of an entry: the settings, and the placeholder of the key."""
        needs_key = server.needs_key and self.placeholder
        return {**server.settings, **({KEY: self.placeholder} if needs_key else {})}

    def is_installed(self, machine: Machine) -> bool:
        """Whether the client seems to be installed on a machine."""
        file = self.file(machine)
        has_folder = file.parent != machine.home and file.parent.is_dir()
        return has_folder or file.exists() or bool(self.program and machine.find(self.program))

    def _name_type(self, transport: str) -> Entry:
        return {"type": self.types[transport]} if transport in self.types else {}
