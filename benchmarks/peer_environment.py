"""The environments of peers written in Python, separate from ours."""

import subprocess
import sys
from pathlib import Path

FASTMCP = "fastmcp==4.0.0"
VENV = Path(__file__).parents[1] / ".venv-fastmcp"


def peer_python() -> str:
    """Return the Python of fastmcp's environment, which is made if it does not exist.

    Raises:
        subprocess.CalledProcessError: It could not be made.
    """
    return install_python(FASTMCP, VENV)


def install_python(package: str, venv: Path) -> str:
    """Return the Python of an environment with a pinned package, which is made if it does not exist.

    Raises:
        subprocess.CalledProcessError: It could not be made.
    """
    python, stamp = venv / "bin/python", venv / "installed"
    if not stamp.exists() or stamp.read_text(encoding="ascii") != package:
        print(f"Setting up {venv.name} with {package}…", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(venv)], check=True, timeout=120)  # noqa: S603
        install = ["-m", "pip", "install", "-qq", "--disable-pip-version-check", package]
        subprocess.run([str(python), *install], check=True, timeout=300)  # noqa: S603
        stamp.write_text(package, encoding="ascii")
    return str(python)
