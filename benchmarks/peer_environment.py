"""The environment of the peer, fastmcp, which does not share ours."""

import subprocess
import sys
from pathlib import Path

FASTMCP = "fastmcp==4.0.0"
VENV = Path(__file__).parents[1] / ".venv-fastmcp"


def peer_python() -> str:
    """Give the Python of the peer's environment, made if it is not there.

    Raises:
        subprocess.CalledProcessError: It could not be made.
    """
    python, stamp = VENV / "bin/python", VENV / "installed"
    if not stamp.exists() or stamp.read_text(encoding="ascii") != FASTMCP:
        print(f"Setting up {VENV.name} with {FASTMCP}…", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], check=True, timeout=120)  # noqa: S603
        install = ["-m", "pip", "install", "-qq", "--disable-pip-version-check", FASTMCP]
        subprocess.run([str(python), *install], check=True, timeout=300)  # noqa: S603
        stamp.write_text(FASTMCP, encoding="ascii")
    return str(python)
