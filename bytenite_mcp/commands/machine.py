"""What of a machine says where clients keep their servers, and what starts this one."""

import platform
import re
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

_CACHED = re.compile(r"[\\/](archive|environments|builds)-v\d+[\\/]|[\\/]pipx[\\/]\.cache[\\/]")


@dataclass(frozen=True)
class Machine:
    """What of this machine says where clients keep things; `system` is as `platform.system()` has it."""

    environ: Mapping[str, str]
    system: str = field(default_factory=platform.system)
    home: Path = field(default_factory=Path.home)
    folder: Path = field(default_factory=Path.cwd)
    python: str = sys.executable

    @property
    def app_data(self) -> Path:
        """Where programs of this system keep their settings."""
        if self.system == "Windows":
            return self._named("APPDATA", self.home / "AppData" / "Roaming")
        if self.system == "Darwin":
            return self.home / "Library" / "Application Support"
        return self._named("XDG_CONFIG_HOME", self.home / ".config")

    @property
    def key_file(self) -> Path:
        """Where the key is to be, for clients that hand on none of their environment."""
        return self.app_data / "bytenite-mcp" / "api-key"

    @property
    def command(self) -> list[str]:
        """What starts this server from anywhere: `-P`, as a client's folder may hold a module of another's name."""
        return [self.python, "-P", "-m", "bytenite_mcp", "serve"]

    @property
    def is_passing(self) -> bool:
        """Whether this runs from a cache that uv or pipx may clear, and an entry would then start nothing."""
        return bool(_CACHED.search(self.python))

    def find(self, program: str) -> str | None:
        """Find a program on the path. What Windows starts through a batch file is left out, as that changes quotes."""
        found = shutil.which(program, path=self.environ.get("PATH", ""))
        return found if found and Path(found).suffix.lower() not in (".cmd", ".bat") else None

    def folder_of(self, variable: str, otherwise: str) -> Path:
        """Give the folder that a variable names, or one in the home folder."""
        return self._named(variable, self.home / otherwise)

    def _named(self, variable: str, otherwise: Path) -> Path:
        named = self.environ.get(variable, "").strip()
        return Path(named) if named else otherwise
