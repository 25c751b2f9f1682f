"""A client's configuration file: parsed strictly, changed in one place only, and written atomically."""

import json
import os
import secrets
import shutil
import stat
import sys
import textwrap
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain, count
from pathlib import Path

from bytenite_mcp.commands import json_text, toml_text
from bytenite_mcp.commands.client import Entry

BACKUP_SUFFIX = ".before-bytenite-mcp"
"""The suffix of the backup that is kept beside a changed file; further ones are numbered."""

_BLANK = " \t\r\n"
_BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"


class LeftAlone(Exception):
    """A file cannot be read, changed or written; the message says why, and the file is unchanged."""


class Foreign(LeftAlone):
    """A file has another server of the name."""


@dataclass(frozen=True)
class ConfigFile:
    """A file as it was read, and its servers; a missing file reads as an empty one."""

    path: Path
    key: str
    text: str = ""
    value: Mapping[str, object] = field(default_factory=dict)
    mark: str = ""
    """The byte order mark that some Windows editors write at the start of a file."""

    @classmethod
    def read(cls, path: Path, key: str, ignored: str = "") -> "ConfigFile":
        """Read a file that holds its servers under a key; `ignored` as in `json_text.parse`.

        Raises:
            LeftAlone: It cannot be read, or the servers are not an object.
        """
        read = _read_text(path)
        text = read.removeprefix(_BOM)
        value = _parse(path, text, ignored)
        if not isinstance(value, dict):
            raise LeftAlone("it is not an object")
        if not isinstance(value.get(key) or {}, dict) or value.get(key) == []:
            raise LeftAlone(f"its {key!r} is not an object")
        return cls(path, key, text, value, read[: len(read) - len(text)])

    @property
    def servers(self) -> Mapping[str, object]:
        """The entries by name."""
        servers = self.value.get(self.key)
        return servers if isinstance(servers, dict) else {}

    def entry(self, name: str) -> Entry:
        """Return an entry; {} if there is none, or it is not an object."""
        entry = self.servers.get(name)
        return entry if isinstance(entry, dict) else {}

    def with_server(self, name: str, entry: Mapping[str, object], key_input: Mapping[str, object]) -> str:
        """Return the text with an entry set and, unless it is {}, the input for the key.

        Raises:
            LeftAlone: The entry cannot be set without changing something else.
        """
        wanted = {**self.value, self.key: {**self.servers, name: entry}}
        if self.path.suffix == ".toml":
            return self._verify(toml_text.put(self.text, self.key, name, entry), wanted)
        text = json_text.put(self._document(), [self.key, name], entry)
        present = self._inputs()
        if key_input and key_input["id"] not in [item.get("id") for item in present]:
            text = json_text.append(text, "inputs", key_input)
            wanted["inputs"] = [*present, key_input]
        return self._verify(text, wanted)

    def without_server(self, name: str, key_input: Mapping[str, object]) -> str:
        """Return the text without an entry and the input for the key, and without objects that this leaves empty.

        Raises:
            LeftAlone: The entry cannot be removed without changing something else.
        """
        wanted = {**self.value, self.key: {key: value for key, value in self.servers.items() if key != name}}
        if self.path.suffix == ".toml":
            return self._verify(toml_text.remove(self.text, self.key, name), wanted)
        text = json_text.remove(self._document(), [self.key, name])
        present = self._inputs()
        if key_input and key_input in present:
            text = json_text.remove(text, ["inputs", present.index(key_input)])
            wanted["inputs"] = [item for item in present if item != key_input]
        return self._verify(text, wanted)

    def _inputs(self) -> list[Mapping[str, object]]:
        inputs = self.value.get("inputs") or []
        if not isinstance(inputs, list) or not all(isinstance(item, dict) for item in inputs):
            raise LeftAlone("its 'inputs' is not an array of objects")
        return inputs

    def _document(self) -> str:
        return self.text if self.text.strip(_BLANK) else "{}\n"

    def _verify(self, text: str, wanted: Mapping[str, object]) -> str:
        """Return the text if it parses to the wanted value, apart from empty servers and inputs."""

        def without_empty(value: Mapping[str, object]) -> dict[str, object]:
            return {name: held for name, held in value.items() if held or name not in (self.key, "inputs")}

        value = _parse(self.path, text)
        if not isinstance(value, dict) or without_empty(value) != without_empty(wanted):
            raise LeftAlone("it cannot be changed without touching something else")
        return text

    def check(self) -> None:
        """Check that the file may be changed.

        Raises:
            LeftAlone: It is read-only, or has several hard links.
        """
        with _explained():
            target = self.path.resolve()
            status = target.stat() if target.exists() else None
        if status and not status.st_mode & stat.S_IWUSR:
            raise LeftAlone("it cannot be written (it is read-only)")
        if status and status.st_nlink > 1:
            raise LeftAlone("it cannot be written (it is one of several hard links to a file)")

    def back_up(self) -> Path | None:
        """Keep a copy beside the file, if there is one, before another program changes it; return the copy.

        Raises:
            LeftAlone: The copy cannot be written.
        """
        with _explained():
            return _replace(self.path.resolve(), {})

    def write(self, text: str) -> Path | None:
        """Replace the file atomically, and return its backup.

        Symbolic links and permissions are kept.

        Raises:
            LeftAlone: It is read-only, cannot be written, or has changed since it was read.
        """
        self.check()
        if _read_text(self.path) != self.mark + self.text:
            raise LeftAlone("another program has changed it meanwhile; try again")
        target = self.path.resolve()
        with _explained():
            return _replace(target, {target: (self.mark + text).encode()})


def write_out(path: Path, key: str, name: str, entry: Entry, inputs: Sequence[object]) -> str:
    """Write an entry and the inputs that it needs in the format of a file, for a person to paste."""
    if path.suffix == ".toml":
        import tomlkit

        return tomlkit.dumps({key: {name: entry}})
    if path.suffix == ".yaml":
        # Indented JSON is YAML too.
        written = json.dumps(entry, indent=2, ensure_ascii=False)
        return f"{key}:\n  {name}:\n{textwrap.indent(written, '    ')}"
    value = {**({"inputs": inputs} if inputs else {}), key: {name: entry}}
    return json.dumps(value, indent=2, ensure_ascii=False)


def _read_text(path: Path) -> str:
    try:
        if path.exists() and not path.is_file():
            raise LeftAlone("it is not a regular file")
        return path.read_bytes().decode()
    except FileNotFoundError:
        return ""
    except UnicodeError:
        raise LeftAlone("it is not in UTF-8") from None
    except OSError as error:
        raise LeftAlone(f"it cannot be read ({error.strerror or error})") from None


def _parse(path: Path, text: str, ignored: str = "") -> object:
    try:
        if path.suffix == ".toml":
            return tomllib.loads(text)
        return json_text.parse(text, ignored) if text.strip(_BLANK) else {}
    except RecursionError:
        raise LeftAlone("it is nested too deeply") from None
    except ValueError as error:
        if path.suffix != ".toml" and not ignored and _is_commented(text):
            raise LeftAlone("it has comments or trailing commas, which plain JSON does not allow") from None
        raise LeftAlone(f"it is not plain {path.suffix[1:].upper()} ({error})") from None


def _is_commented(text: str) -> bool:
    """Whether a text is JSON with comments or trailing commas."""
    try:
        json_text.parse(text, json_text.COMMENTS_AND_COMMAS)
    except ValueError:
        return False
    return True


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise LeftAlone(f"it cannot be written ({error.strerror or error})") from None


def _replace(target: Path, places: dict[Path, bytes]) -> Path | None:
    """Write new files and the backup of a target under other names, and only then move all to their places."""
    target.parent.mkdir(parents=True, exist_ok=True)
    backup = _choose_backup(target) if target.exists() else None
    if backup:
        places = {backup: target.read_bytes(), **places}
    written: list[Path] = []
    try:
        for data in places.values():
            written.append(target.with_name(f".{target.name}.{secrets.token_hex(4)}"))
            _write(written[-1], data, like=target if backup else None)
        for new, place in zip(written, places, strict=True):
            new.replace(place)
    finally:
        for new in written:
            new.unlink(missing_ok=True)
    return backup


def _choose_backup(target: Path) -> Path:
    """Choose a name for the backup of a file: the one of an equal backup, or else one that is not taken."""
    names = chain([BACKUP_SUFFIX], (f"{BACKUP_SUFFIX}-{number}" for number in count(2)))
    places = (target.with_name(target.name + name) for name in names)
    content = target.read_bytes()
    return next(place for place in places if not os.path.lexists(place) or _holds(place, content))


def _holds(place: Path, content: bytes) -> bool:
    return place.is_file() and not place.is_symlink() and place.read_bytes() == content


def _write(new: Path, content: bytes, like: Path | None) -> None:
    with new.open("xb") as file:
        if like:
            # Before the content, because it may hold keys of other servers.
            shutil.copymode(like, new)
            if sys.platform != "win32":
                owner = like.stat()
                os.chown(new, owner.st_uid, owner.st_gid)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
