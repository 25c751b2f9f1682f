"""The clients' own tools find nothing wrong with the bundles, install them, and reach the server."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from mcp import Client, StdioServerParameters

from bytenite_mcp import __version__
from bytenite_mcp.server.tools import make_tools
from tests.packaging.making import ROOT, bundles

NODE = ROOT / "packaging" / "node_modules"
PYTHON = ROOT / ".venv-bundles" / "bin"
INSTALLED = all(
    tool.exists() for tool in (NODE / ".bin/claude", NODE / ".bin/gemini", NODE / ".bin/mcpb", PYTHON / "uv")
)

# In CI missing tools fail the tests, because nobody reads there what was skipped.
pytestmark = [
    pytest.mark.bundles,
    pytest.mark.skipif(not INSTALLED and not os.environ.get("CI"), reason="run packaging/tools first"),
]

CONFIGURE = """
import { getMcpConfigForManifest } from "@anthropic-ai/mcpb";
import { readFileSync } from "node:fs";
const [extensionPath, config] = process.argv.slice(1);
const manifest = JSON.parse(readFileSync(`${extensionPath}/manifest.json`));
const userConfig = JSON.parse(config);
const made = await getMcpConfigForManifest({ manifest, extensionPath, systemDirs: {}, userConfig, pathSeparator: "/" });
console.log(JSON.stringify(made ?? null));
"""
"""What Claude Desktop does with a manifest before it starts a server, with the same library."""


def run(tool: str | Path, *words: str | Path, home: Path, typed: str = "") -> str:
    environment = {**os.environ, "HOME": str(home), "PATH": f"{PYTHON}:{os.environ['PATH']}", "NO_COLOR": "1"}
    # uv installs the dependencies within it.
    environment["MCP_TIMEOUT"] = "120000"
    # Otherwise Gemini CLI starts itself a second time, with more memory.
    environment["GEMINI_CLI_NO_RELAUNCH"] = "true"
    done = subprocess.run(
        [tool, *words],
        env=environment,
        cwd=ROOT / "packaging",
        input=typed,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture
def unpacked(tmp_path: Path) -> Path:
    bundle = bundles.pack_bundle(tmp_path)
    run(NODE / ".bin/mcpb", "unpack", bundle, tmp_path / "unpacked", home=tmp_path)
    return tmp_path / "unpacked"


def configure(unpacked: Path, **given: str) -> dict[str, object] | None:
    made = run("node", "--input-type=module", "-e", CONFIGURE, unpacked, json.dumps(given), home=unpacked)
    configuration: dict[str, object] | None = json.loads(made)
    return configuration


def test_claude_desktop_finds_the_manifest_valid(unpacked: Path) -> None:
    assert "passes" in run(NODE / ".bin/mcpb", "validate", unpacked / "manifest.json", home=unpacked)


@pytest.mark.anyio
async def test_claude_desktop_starts_the_bundle_once_it_has_a_key(unpacked: Path) -> None:
    assert configure(unpacked) is None
    made = configure(unpacked, api_key="a-key")
    assert made
    assert made["command"] == "uv"

    words = [str(word) for word in made["args"]]  # type: ignore[attr-defined]
    given = {name: str(value) for name, value in made["env"].items()}  # type: ignore[attr-defined]
    assert given["BYTENITE_API_KEY"] == "a-key"
    # The index and its certificates depend on this machine.
    starting = StdioServerParameters(command=str(PYTHON / "uv"), args=words, env={**os.environ, **given})
    async with Client(starting) as client:
        assert client.server_info
        assert client.server_info.version == __version__
        assert "No API key" not in (client.instructions or "")
        assert len((await client.list_tools()).tools) == len(make_tools())


def test_claude_code_finds_the_plugin_valid_installs_it_and_connects(tmp_path: Path) -> None:
    claude, plugin = NODE / ".bin/claude", tmp_path / "plugin"
    bundles.write_plugin(plugin)
    for manifest in plugin.glob(".claude-plugin/*.json"):
        assert "passed" in run(claude, "plugin", "validate", "--strict", manifest, home=tmp_path)

    run(claude, "plugin", "marketplace", "add", plugin, home=tmp_path)
    words = ["plugin", "install", "bytenite@bytenite-mcp", "--config", "api_key=a-key"]
    run(claude, *words, home=tmp_path)
    assert "Connected" in run(claude, "mcp", "list", home=tmp_path)


def test_gemini_cli_finds_the_extension_valid_and_installs_it(tmp_path: Path) -> None:
    gemini, folder = NODE / ".bin/gemini", tmp_path / "bytenite-mcp"
    folder.mkdir()
    shutil.copy(ROOT / "gemini-extension.json", folder)
    assert "success" in run(gemini, "extensions", "validate", folder, home=tmp_path)

    # It first asks whether to trust the folder.
    words: list[str | Path] = ["extensions", "install", folder, "--consent", "--skip-settings"]
    assert "installed successfully" in run(gemini, *words, home=tmp_path, typed="y\n")


def test_the_registry_would_take_the_description_and_not_a_wrong_one(tmp_path: Path) -> None:
    bundle = bundles.pack_bundle(tmp_path)
    made = bundles.make_server_json(
        bundle, "com.example/bytenite-mcp", "https://example.com/bytenite-mcp.mcpb"
    )
    folder = tmp_path / "linted"
    bundles.write_json(folder / "server.json", made)
    assert "All checks passed" in run(PYTHON / "skillsaw", "lint", folder, home=tmp_path)

    bundles.write_json(folder / "server.json", {**made, "description": "x" * 101})
    with pytest.raises(AssertionError, match="mcp-registry"):
        run(PYTHON / "skillsaw", "lint", folder, home=tmp_path)


def test_a_linter_of_skills_finds_nothing_to_say(tmp_path: Path) -> None:
    bundles.write_plugin(tmp_path / "plugin")
    said = run(PYTHON / "skillsaw", "lint", tmp_path / "plugin", home=tmp_path)
    assert "All checks passed" in said
