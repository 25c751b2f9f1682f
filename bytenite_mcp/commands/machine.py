"""The machine: where clients keep their files, and the command that starts this server."""

import platform
import re
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bytenite_mcp.config import SettingsError

_CACHED = re.compile(r"[\\/](archive|environments|builds)-v\d+[\\/]|[\\/]pipx[\\/]\.cache[\\/]")


def _find_home() -> Path:
    try:
        return Path.home()
    except RuntimeError:
        raise SettingsError(
            "This user has no home folder, where clients keep their files; set HOME."
        ) from None


def _find_current_folder() -> Path:
    try:
        return Path.cwd()
    except OSError:
        raise SettingsError("The current folder cannot be read; change to another.") from None


@dataclass(frozen=True)
class Machine:
    """The facts about a machine that locate clients' files; `system` is a value of `platform.system()`."""

    environ: Mapping[str, str]
    system: str = field(default_factory=platform.system)
    home: Path = field(default_factory=_find_home)
    folder: Path = field(default_factory=_find_current_folder)
    python: str = sys.executable

    @property
    def app_data(self) -> Path:
        """The folder where programs keep their settings on this system."""
        if self.system == "Windows":
            return self.find_folder("APPDATA", "AppData/Roaming")
        if self.system == "Darwin":
            return self.home / "Library" / "Application Support"
        return self.find_folder("XDG_CONFIG_HOME", ".config")

    @property
    def key_file(self) -> Path:
        """The file for the key, for clients that pass on none of their environment."""
        return self.app_data / "bytenite-mcp" / "api-key"

    @property
    def command(self) -> list[str]:
        """The command that starts this server; `-P` keeps modules in the current folder from shadowing ours."""
        return [self.python, "-P", "-m", "bytenite_mcp", "serve"]

    @property
    def runs_from_cache(self) -> bool:
        """Whether this runs from a cache that uv or pipx may clear, which would break an entry."""
        return bool(_CACHED.search(self.python))

    @property
    def variables(self) -> dict[str, str]:
        """The variables that clients fill in: those of the environment, and two that VS Code and Cursor know."""
        return {**self.environ, "workspaceFolder": str(self.folder), "userHome": str(self.home)}

    def find(self, program: str) -> str | None:
        """Find a program on the path, except batch files of Windows, which change quoted arguments."""
        found = shutil.which(program, path=self.environ.get("PATH", ""))
        return found if found and Path(found).suffix.lower() not in (".cmd", ".bat") else None

    def find_config_folder(self, on_windows: str, elsewhere: str) -> Path:
        """Return the folder of a program that uses ~/.config on macOS too."""
        return self.app_data / on_windows if self.system == "Windows" else self.home / ".config" / elsewhere

    def find_folder(self, variable: str, otherwise: str) -> Path:
        """Return the folder that a variable names, or one in the home folder."""
        named = self.environ.get(variable, "").strip()
        return Path(named) if named else self.home / otherwise
