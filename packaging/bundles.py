"""Make the bundles that clients install, from pyproject.toml, the settings, the tools and the prompts.

.venv/bin/python packaging/bundles.py makes dist/bytenite-mcp-VERSION.mcpb for Claude Desktop, dist/claude-plugin for
Claude Code, and gemini-extension.json in the project's root, where Gemini CLI looks for it; it prints the links for
Cursor and VS Code. With --name and --url it makes dist/server.json for a registry, too.
"""

import argparse
import base64
import hashlib
import json
import shutil
import tomllib
import zipfile
from collections.abc import Callable
from inspect import getdoc, signature
from pathlib import Path
from typing import Any, Literal, get_args, get_origin
from urllib.parse import quote, urlencode

from pydantic import SecretStr

from bytenite_mcp import __version__
from bytenite_mcp.config import Settings, name_variable
from bytenite_mcp.server.prompts import PROMPTS, cost_report, triage_failures, what_is_stuck
from bytenite_mcp.server.tools import make_tools

ROOT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]
PATTERNS = PYPROJECT["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]
SOURCES = ["pyproject.toml", *(pattern.removeprefix("/") for pattern in PATTERNS)]
AUTHOR = {"name": "The bytenite-mcp authors"}
OFFERED = {"api_key": "ByteNite API key", "base_url": "API address", "jobs_prefix": "Path of the job routes"}
"""The settings that a client asks for, and their titles; the others keep their defaults."""

SKILLS: tuple[Callable[..., str], ...] = (triage_failures, what_is_stuck, cost_report)
SCHEMA = "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json"

Json = dict[str, Any]


def main() -> None:
    """Read the command line, and make all bundles."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=ROOT / "dist", help="default dist")
    parser.add_argument("--name", help="this server's name in the registry: io.github.OWNER/bytenite-mcp")
    parser.add_argument("--url", help="where the .mcpb will be downloaded from")
    options = parser.parse_args()
    if bool(options.name) != bool(options.url):
        parser.error("--name and --url belong together")
    bundle = pack_bundle(options.out)
    write_plugin(options.out / "claude-plugin")
    write_json(ROOT / "gemini-extension.json", make_gemini_extension())
    if options.name:
        write_json(options.out / "server.json", make_server_json(bundle, options.name, options.url))
    print(make_cursor_link(), make_vscode_link(), sep="\n")


def start_in(folder: str, form: str) -> Json:
    """Return the entry that starts the server from its sources.

    Args:
        folder: Where the sources lie, in the client's form.
        form: What a client replaces by a setting: `{name}` and `{variable}` are filled in here.
    """
    arguments = ["run", "--directory", folder, "--no-dev", "python", "-m", "bytenite_mcp", "serve"]
    environment = {
        name_variable(name): form.format(name=name, variable=name_variable(name)) for name in OFFERED
    }
    return {"command": "uv", "args": arguments, "env": environment}


def is_secret(name: str) -> bool:
    """Return whether a setting is secret."""
    return isinstance(Settings.model_fields[name].default, SecretStr)


def default_of(name: str) -> Json:
    """Return a setting's default, if it has one."""
    return {} if is_secret(name) else {"default": Settings.model_fields[name].default}


def describe(name: str) -> str:
    """Return the description of a setting."""
    return str(Settings.model_fields[name].description)


def make_user_config() -> Json:
    """Describe the settings in the form of Claude Desktop and Claude Code."""
    return {
        name: {
            "type": "string",
            "title": title,
            "description": describe(name),
            "required": is_secret(name),
            "sensitive": is_secret(name),
            **default_of(name),
        }
        for name, title in OFFERED.items()
    }


def make_manifest() -> Json:
    """Describe the bundle for Claude Desktop: MCPB manifest 0.4, with which uv installs the dependencies."""
    return {
        "manifest_version": "0.4",
        "name": PROJECT["name"],
        "display_name": "ByteNite jobs",
        "version": __version__,
        "description": PROJECT["description"],
        "author": AUTHOR,
        "license": PROJECT["license"],
        "keywords": PROJECT["keywords"],
        "server": {
            "type": "uv",
            "entry_point": "bytenite_mcp/__main__.py",
            "mcp_config": start_in("${__dirname}", "${{user_config.{name}}}"),
        },
        "tools": [{"name": tool.name, "description": tool.description} for tool in make_tools()],
        # A manifest's prompts would be fixed texts; the client gets ours over MCP.
        "prompts_generated": True,
        "user_config": make_user_config(),
        "compatibility": {"runtimes": {"python": PROJECT["requires-python"]}},
    }


def list_sources() -> list[Path]:
    """List the files that the server is built from, as in a source distribution."""
    places = [ROOT / name for name in SOURCES]
    files = [file for place in places for file in ([place] if place.is_file() else place.rglob("*"))]
    return sorted(file for file in files if file.is_file() and "__pycache__" not in file.parts)


def pack_bundle(folder: Path) -> Path:
    """Pack the bundle for Claude Desktop; the same sources make the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    bundle = folder / f"{PROJECT['name']}-{__version__}.mcpb"
    files = {file.relative_to(ROOT).as_posix(): file.read_bytes() for file in list_sources()}
    with zipfile.ZipFile(bundle, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {"manifest.json": as_json(make_manifest()).encode(), **files}.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return bundle


def write_plugin(folder: Path) -> None:
    """Write the plugin for Claude Code: the sources, how they start, and the skills."""
    shutil.rmtree(folder, ignore_errors=True)
    for file in list_sources():
        copy = folder / file.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)
    manifest = {
        "name": "bytenite",
        "version": __version__,
        "description": PROJECT["description"],
        "author": AUTHOR,
        "license": PROJECT["license"],
        "keywords": PROJECT["keywords"],
        "userConfig": make_user_config(),
    }
    write_json(folder / ".claude-plugin" / "plugin.json", manifest)
    # `claude plugin install` only installs from marketplaces, so the folder is a marketplace of itself.
    offer = {"name": PROJECT["name"], "owner": AUTHOR, "description": PROJECT["description"]}
    plugins = [{"name": manifest["name"], "source": "./"}]
    write_json(folder / ".claude-plugin" / "marketplace.json", {**offer, "plugins": plugins})
    server = start_in("${CLAUDE_PLUGIN_ROOT}", "${{user_config.{name}}}")
    write_json(folder / ".mcp.json", {"mcpServers": {"bytenite": server}})
    for prompt in SKILLS:
        place = folder / "skills" / name_skill(prompt)
        place.mkdir(parents=True)
        (place / "SKILL.md").write_text(make_skill(prompt), encoding="utf-8", newline="\n")


def name_skill(prompt: Callable[..., str]) -> str:
    """Name the skill of a prompt."""
    return prompt.__name__.replace("_", "-")


def make_skill(prompt: Callable[..., str]) -> str:
    """Write a skill with the text of a prompt, and say which words depend on the prompt's arguments."""
    text = prompt()
    question = text.splitlines()[0]
    arguments = [
        f"- {name}: {parameter.annotation.__metadata__[-1].description}"
        for name, parameter in signature(prompt).parameters.items()
    ]
    changed = "\n\nIf the person names another, take that:\n" + "\n".join(arguments) if arguments else ""
    description = f"{getdoc(prompt)} Use when asked, for example: {question}"
    return (
        f"---\nname: {name_skill(prompt)}\ndescription: {json.dumps(description)}\n---\n\n"
        f"# {PROMPTS[prompt]}\n\n{text}{changed}\n"
    )


def make_gemini_extension() -> Json:
    """Describe the project's root as an extension of Gemini CLI."""
    settings = [
        {
            "name": title,
            "description": describe(name),
            "envVar": name_variable(name),
            "sensitive": is_secret(name),
        }
        for name, title in OFFERED.items()
    ]
    return {
        "name": PROJECT["name"],
        "version": __version__,
        "description": PROJECT["description"],
        # Without a default, an unset variable would stay as written.
        "mcpServers": {"bytenite": start_in("${extensionPath}", "${{{variable}:-}}")},
        "settings": settings,
    }


def make_server_json(bundle: Path, name: str, url: str) -> Json:
    """Describe the bundle for an MCP registry.

    Args:
        bundle: The bundle as it will be downloaded.
        name: The server's name, in a namespace that its publisher owns.
        url: Where the bundle will be downloaded from.
    """
    variables = [
        {
            "name": name_variable(setting),
            "description": describe(setting),
            "isRequired": is_secret(setting),
            "isSecret": is_secret(setting),
            **default_of(setting),
            **choices_of(setting),
        }
        for setting in OFFERED
    ]
    package = {
        "registryType": "mcpb",
        "identifier": url,
        "fileSha256": hashlib.sha256(bundle.read_bytes()).hexdigest(),
        "transport": {"type": "stdio"},
        "environmentVariables": variables,
    }
    return {
        "$schema": SCHEMA,
        "name": name,
        "title": "ByteNite jobs",
        "description": PROJECT["description"],
        "version": __version__,
        "packages": [package],
    }


def choices_of(name: str) -> Json:
    """Return the valid values of a setting, if they are a fixed list."""
    annotation = Settings.model_fields[name].annotation
    return {"choices": list(get_args(annotation))} if get_origin(annotation) is Literal else {}


def make_cursor_link() -> str:
    """Make the link that adds the server to Cursor as examples/clients has it."""
    server = read_example("cursor.mcp.json")["mcpServers"]["bytenite"]
    given = {"name": "bytenite", "config": base64.b64encode(json.dumps(server).encode()).decode()}
    return f"cursor://anysphere.cursor-deeplink/mcp/install?{urlencode(given)}"


def make_vscode_link() -> str:
    """Make the link that adds the server to VS Code as examples/clients has it."""
    example = read_example("vscode.mcp.json")
    given = {"name": "bytenite", **example["servers"]["bytenite"], "inputs": example["inputs"]}
    return f"vscode:mcp/install?{quote(json.dumps(given, separators=(',', ':')))}"


def read_example(name: str) -> Json:
    """Read a client's configuration."""
    return dict(json.loads((ROOT / "examples" / "clients" / name).read_text(encoding="utf-8")))


def as_json(value: Json) -> str:
    """Write JSON with indentation."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def write_json(file: Path, value: Json) -> None:
    """Write JSON to a file, and make its folder."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(as_json(value), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
