"""The simulator shares nothing with the client it judges."""

import ast
import sys
from pathlib import Path

import bytenite_mcp.simulator as simulator

FILES = sorted(Path(simulator.__file__).parent.glob("*.py"))


def imported(file: Path) -> set[str]:
    """Return the top-level packages that a module imports, except those of its own folder."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return {name.partition(".")[0] for name in names if not f"{name}.".startswith(f"{simulator.__name__}.")}


def test_the_simulator_knows_starlette_and_the_standard_library_only() -> None:
    known = {"starlette"} | sys.stdlib_module_names
    assert {name for file in FILES for name in imported(file)} <= known
