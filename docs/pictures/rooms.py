"""Draws which room imports which, from the imports, as Mermaid in docs/design.md: `python docs/pictures/rooms.py`."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "bytenite_mcp"
DESIGN = ROOT / "docs" / "design.md"
DRAWING = re.compile(r"```mermaid\n.*?```", re.DOTALL)


def room_of(module: str) -> str:
    """Return the room of one of our modules: `bytenite_mcp.table.store` is in `table`, `bytenite_mcp.cli` in `cli`."""
    return module.split(".")[1]


def find_imports() -> set[tuple[str, str]]:
    """Return the pairs of a room and one that it imports; `__main__` only starts `cli`."""
    found = set()
    for file in PACKAGE.rglob("*.py"):
        room = file.relative_to(PACKAGE).parts[0].removesuffix(".py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            name = node.module if isinstance(node, ast.ImportFrom) and not node.level else ""
            if name and name.startswith("bytenite_mcp."):
                found.add((room, room_of(name)))
    return {(room, below) for room, below in found if room != below and room != "__main__"}


def draw() -> str:
    """Draw the rooms as Mermaid; an arrow points to what is imported."""
    arrows = "\n".join(f"    {room} --> {below}" for room, below in sorted(find_imports()))
    return f"```mermaid\nflowchart TD\n{arrows}\n```"


if __name__ == "__main__":
    design = DESIGN.read_text(encoding="utf-8")
    DESIGN.write_text(DRAWING.sub(draw(), design), encoding="utf-8")
