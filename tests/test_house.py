"""Each room imports only the rooms below it."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from mcp.server.streamable_http import MCP_SESSION_ID_HEADER

from bytenite_mcp.server.http.caller import KEY_HEADER
from tests.test_docs import TOOLS, options

PACKAGE = Path(__file__).parents[1] / "bytenite_mcp"
BELOW = {
    "api": {"api"},
    "privacy": {"api", "privacy"},
    "table": {"api", "privacy", "table"},
    "jobs": {"api", "privacy", "table", "jobs"},
    "server": {"config", "api", "privacy", "table", "jobs", "server", "view", "simulator"},
    "view": {"view"},
    "commands": {"config", "api", "privacy", "table", "jobs", "server", "view", "simulator", "commands"},
    "simulator": {"simulator"},
}
"""Which of our modules a room may import."""

MUST_NOT = {
    "api": {"mcp", "starlette", "duckdb"},
    "privacy": {"mcp", "httpx", "starlette", "duckdb"},
    "table": {"mcp", "httpx", "starlette"},
    "jobs": {"mcp", "httpx", "starlette", "duckdb"},
    "server": {"duckdb"},
    "view": {"httpx", "starlette", "duckdb"},
    "commands": {"duckdb"},
    "simulator": {"mcp", "httpx", "duckdb"},
}
"""Which third-party packages it may not import."""


@cache
def parse(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def imports(file: Path) -> Iterator[str]:
    """Return the full names of all that a file imports, inside functions too."""
    package = ["bytenite_mcp", *file.relative_to(PACKAGE).parts[:-1]]
    for node in ast.walk(parse(file)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            yield ".".join([*above, *([node.module] if node.module else [])])


def files(room: str) -> list[Path]:
    return sorted((PACKAGE / room).rglob("*.py"))


@pytest.mark.parametrize("room", BELOW)
def test_a_room_imports_only_what_is_below_it(room: str) -> None:
    ours = {name for file in files(room) for name in imports(file) if name.startswith("bytenite_mcp.")}
    assert {name.split(".")[1] for name in ours} <= BELOW[room]


@pytest.mark.parametrize("room", MUST_NOT)
def test_a_room_leaves_alone_what_is_not_its_own(room: str) -> None:
    packages = {name.split(".")[0] for file in files(room) for name in imports(file)}
    assert not packages & MUST_NOT[room]


def test_the_picture_of_the_rooms_shows_the_imports_there_are() -> None:
    """`python docs/pictures/rooms.py` draws it anew."""
    arrows = {
        (file.relative_to(PACKAGE).parts[0].removesuffix(".py"), name.split(".")[1])
        for file in files("")
        for name in imports(file)
        if name.startswith("bytenite_mcp.") and file.name != "__main__.py"
    }
    design = (PACKAGE.parent / "docs" / "design.md").read_text(encoding="utf-8")
    drawn = set(re.findall(r"^ +(\w+) --> (\w+)$", design, re.MULTILINE))
    assert drawn == {(room, below) for room, below in arrows if room != below}


def test_every_module_is_in_a_room_or_at_the_door() -> None:
    assert {path.stem for path in PACKAGE.glob("*.py")} == {"__init__", "__main__", "cli", "config"}
    assert {path.parent.name for path in PACKAGE.glob("*/__init__.py")} == BELOW.keys()


def test_only_the_composition_root_and_the_commands_know_the_simulator() -> None:
    knowing = {
        file.relative_to(PACKAGE).as_posix()
        for file in files("")
        if "bytenite_mcp.simulator" in imports(file)
    }
    assert {name for name in knowing if name.split("/")[0] not in ("commands", "simulator")} == {
        "cli.py",
        "server/app.py",
    }


def test_only_the_client_its_network_and_the_composition_root_import_httpx() -> None:
    speakers = {file.relative_to(PACKAGE).as_posix() for file in files("") if "httpx" in imports(file)}
    assert speakers <= {
        "api/client.py",
        "api/network.py",
        "api/transport_errors.py",
        "server/app.py",
        "server/current_client.py",
    }


def test_what_is_imported_is_a_dependency_we_name() -> None:
    project = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = {
        re.split(r"[^\w-]", dependency)[0].lower()
        for dependency in [*project["dependencies"], "bytenite-mcp"]
    }
    packages = {name.split(".")[0] for file in files("") for name in imports(file) if name}
    sources = {**packages_distributions(), "bytenite_mcp": ["bytenite-mcp"]}
    for package in packages - sys.stdlib_module_names:
        assert named & {source.lower().replace("_", "-") for source in sources[package]}, package


TESTS = PACKAGE.parent / "tests"
Function = ast.FunctionDef | ast.AsyncFunctionDef


def test_what_the_tests_import_is_a_dependency_of_development() -> None:
    project = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text(encoding="utf-8"))
    listed = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    named = {re.split(r"[^\w-]", dependency)[0].lower() for dependency in listed}
    ours = {path.stem for path in PACKAGE.parent.iterdir()} | {"bundles"}
    sources = packages_distributions()
    for file in sorted(TESTS.rglob("*.py")):
        for node in ast.walk(parse(file)):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
            for name in {name.split(".")[0] for name in names} - sys.stdlib_module_names - ours:
                found = {source.lower().replace("_", "-") for source in sources[name]}
                assert named & found, f"{file.name} imports {name}, of {found}"


def test_each_module_is_tested_in_a_file_of_its_name() -> None:
    modules = {file.relative_to(PACKAGE) for file in files("") if not file.name.startswith("__")}
    without = {
        module.as_posix()
        for module in modules
        if not (TESTS / module.parent / f"test_{module.name}").exists()
    }
    assert without == set()


def functions(file: Path) -> list[Function]:
    tree = parse(file)
    return [node for node in ast.walk(tree) if isinstance(node, Function)]


def can_fail(function: Function) -> bool:
    """Whether it asserts something, or calls a function that does by its name."""
    for node in ast.walk(function):
        if isinstance(node, ast.Assert):
            return True
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in ("raises", "fail", "expect") or called.startswith(("assert_", "check")):
                return True
    return False


def test_every_test_and_every_helper_that_checks_can_fail() -> None:
    cannot = [
        f"{file.relative_to(TESTS)}: {function.name}"
        for file in sorted(TESTS.rglob("*.py"))
        for function in functions(file)
        if function.name.startswith(("test_", "assert_", "check")) and not can_fail(function)
    ]
    assert cannot == []


def test_what_renders_answers_is_handed_all_it_says() -> None:
    rendering = [PACKAGE / "server" / "render.py", *files("server/answers")]
    assert len(rendering) > 5
    knowing = [file.name for file in rendering if "bytenite_mcp.server.current_client" in imports(file)]
    assert not knowing


def literals(file: Path) -> Iterator[str]:
    """Yield the texts in a file, except docstrings."""
    tree = parse(file)
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            yield node.value


@pytest.mark.parametrize("room", ["api", "privacy", "jobs"])
def test_what_is_said_below_the_server_names_no_tool_option_header_or_setting(room: str) -> None:
    """Errors must be right for anyone who shows them; only the table's, about a tool's arguments, name tools."""
    words = "|".join([*TOOLS, KEY_HEADER, MCP_SESSION_ID_HEADER])
    named = re.compile(rf"\b({words})\b|(?<![\w-])({'|'.join(options())})\b|BYTENITE_")
    assert named.search("ask get_job for it, or start with --demo")
    assert [text for file in files(room) for text in literals(file) if named.search(text)] == []


@pytest.mark.parametrize("room", ["table", "jobs", "server"])
def test_what_is_above_the_door_holds_no_raw_record(room: str) -> None:
    raw = {"Record", "Job", "JobPage"}
    for file in files(room):
        for node in ast.walk(parse(file)):
            if isinstance(node, ast.ImportFrom) and node.module == "bytenite_mcp.api.models":
                assert not raw & {alias.name for alias in node.names}, file.name


def test_only_the_current_client_and_the_commands_open_a_client_that_answers_with_raw_records() -> None:
    opening = {
        file.relative_to(PACKAGE).as_posix()
        for file in files("")
        if "bytenite_mcp.api.client" in imports(file)
    }
    assert opening == {"privacy/door.py", "server/current_client.py", "commands/doctor.py"}


def test_only_tasks_in_the_background_catch_every_exception() -> None:
    handlers = [
        file.relative_to(PACKAGE).as_posix()
        for file in files("")
        for node in ast.walk(parse(file))
        if isinstance(node, ast.ExceptHandler)
        and (
            node.type is None
            or (isinstance(node.type, ast.Name) and node.type.id in ("Exception", "BaseException"))
        )
    ]
    assert handlers == ["table/background.py"]
