"""The bundles that clients install describe the code correctly, and start."""

import base64
import json
import re
import sys
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from mcp import Client, StdioServerParameters
from pydantic import SecretStr

from bytenite_mcp import __version__
from bytenite_mcp.config import Settings, name_variable
from bytenite_mcp.server.prompts import PROMPTS
from bytenite_mcp.server.tools import make_tools
from tests.packaging.making import ROOT, bundles

NAME, URL = "com.example/bytenite-mcp", "https://downloads.example.com/bytenite-mcp.mcpb"
VARIABLES = {name_variable(name) for name in Settings.environment_fields()}


def read(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(bundles.pack_bundle(tmp_path_factory.mktemp("dist")))


@pytest.fixture(scope="module")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist") / "claude-plugin"
    bundles.write_plugin(folder)
    return folder


def described(bundle: Path, plugin: Path) -> dict[str, Any]:
    """Return each client's description of the server."""
    return {
        "mcpb": json.loads(zipfile.ZipFile(bundle).read("manifest.json")),
        "plugin": read(plugin / ".claude-plugin" / "plugin.json"),
        "gemini": read(ROOT / "gemini-extension.json"),
        "registry": bundles.make_server_json(bundle, NAME, URL),
    }


def started(bundle: Path, plugin: Path) -> dict[str, Any]:
    """Return each client's entry that starts the server."""
    all_of_them = described(bundle, plugin)
    return {
        "mcpb": all_of_them["mcpb"]["server"]["mcp_config"],
        "plugin": read(plugin / ".mcp.json")["mcpServers"]["bytenite"],
        "gemini": all_of_them["gemini"]["mcpServers"]["bytenite"],
    }


def test_every_description_has_the_version_and_the_words_of_the_package(bundle: Path, plugin: Path) -> None:
    for client, description in described(bundle, plugin).items():
        assert description["version"] == __version__, client
        assert description["description"] == bundles.PROJECT["description"], client


def test_no_description_names_an_index_or_a_repository(bundle: Path, plugin: Path) -> None:
    for client, description in described(bundle, plugin).items():
        text = json.dumps(description).replace(URL, "").replace(bundles.SCHEMA, "")
        assert set(re.findall(r"https?://[^\s\"/]+", text)) <= {"https://api.bytenite.com"}, client
        assert not {"repository", "homepage"} & description.keys(), client


def test_the_bundle_lists_the_tools_as_the_server_does(bundle: Path, plugin: Path) -> None:
    listed = {tool["name"]: tool["description"] for tool in described(bundle, plugin)["mcpb"]["tools"]}
    assert listed == {tool.name: tool.description for tool in make_tools()}


def test_every_setting_that_is_handed_on_exists_and_the_key_is_no_text(bundle: Path, plugin: Path) -> None:
    for client, server in started(bundle, plugin).items():
        assert set(server["env"]) <= VARIABLES, client
        assert server["env"]["BYTENITE_API_KEY"].startswith("${"), client


def test_the_secrets_and_nothing_else_are_asked_for_as_secrets(bundle: Path, plugin: Path) -> None:
    all_of_them = described(bundle, plugin)
    asked = [
        {name_variable(name): each["sensitive"] for name, each in all_of_them["mcpb"]["user_config"].items()},
        {
            name_variable(name): each["sensitive"]
            for name, each in all_of_them["plugin"]["userConfig"].items()
        },
        {each["envVar"]: each["sensitive"] for each in all_of_them["gemini"]["settings"]},
        {
            each["name"]: each["isSecret"]
            for each in all_of_them["registry"]["packages"][0]["environmentVariables"]
        },
    ]
    secret = {
        name_variable(name): isinstance(getattr(Settings(), name), SecretStr)
        for name in ("api_key", "base_url", "jobs_prefix")
    }
    assert secret["BYTENITE_API_KEY"]
    assert asked == [secret] * 4


def test_the_extension_of_gemini_in_the_tree_is_the_one_that_is_made() -> None:
    assert read(ROOT / "gemini-extension.json") == bundles.make_gemini_extension()


def test_the_bundle_holds_the_sources_and_nothing_else(bundle: Path) -> None:
    names = set(zipfile.ZipFile(bundle).namelist())
    modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "bytenite_mcp").rglob("*.py")}
    assert modules < names
    assert {name.split("/")[0] for name in names} == {
        *("manifest.json", "pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE", "bytenite_mcp")
    }
    assert not [name for name in names if "__pycache__" in name]


def test_the_same_sources_make_the_same_bundle(bundle: Path, tmp_path: Path) -> None:
    assert bundles.pack_bundle(tmp_path).read_bytes() == bundle.read_bytes()


@pytest.mark.anyio
@pytest.mark.parametrize("key", ["", "a-key"])
async def test_the_server_starts_from_an_unpacked_bundle(bundle: Path, tmp_path: Path, key: str) -> None:
    zipfile.ZipFile(bundle).extractall(tmp_path)
    version = tmp_path / "bytenite_mcp" / "__init__.py"
    version.write_text(version.read_text().replace(__version__, "9.9.9"))
    words = read(tmp_path / "manifest.json")["server"]["mcp_config"]["args"]
    module = words[words.index("-m") :]

    # uv would install the dependencies first; here they are installed already.
    starting = StdioServerParameters(
        command=sys.executable, args=module, cwd=tmp_path, env={"BYTENITE_API_KEY": key}
    )
    async with Client(starting) as client:
        assert client.server_info
        assert client.server_info.version == "9.9.9"
        assert [tool.name for tool in (await client.list_tools()).tools] == [
            tool.name for tool in make_tools()
        ]


def test_each_skill_says_what_its_prompt_says(plugin: Path) -> None:
    for prompt in bundles.SKILLS:
        skill = (plugin / "skills" / prompt.__name__.replace("_", "-") / "SKILL.md").read_text(
            encoding="utf-8"
        )
        head, body = re.fullmatch(r"---\n(.*?)\n---\n\n(.*)", skill, re.DOTALL).groups()  # type: ignore[union-attr]
        assert f"name: {prompt.__name__.replace('_', '-')}\n" in head
        assert body.startswith(f"# {PROMPTS[prompt]}\n\n{prompt()}")
    assert len(list(plugin.glob("skills/*/SKILL.md"))) == len(bundles.SKILLS) == 3


def test_the_registry_is_told_where_the_bundle_is_and_what_its_bytes_are(bundle: Path) -> None:
    (package,) = bundles.make_server_json(bundle, NAME, URL)["packages"]
    assert (package["registryType"], package["identifier"]) == ("mcpb", URL)
    assert re.fullmatch(r"[0-9a-f]{64}", package["fileSha256"])


def test_the_links_hold_the_configurations_of_the_examples() -> None:
    examples = ROOT / "examples" / "clients"
    cursor = parse_qs(urlsplit(bundles.make_cursor_link()).query)
    assert cursor["name"] == ["bytenite"]
    assert (
        json.loads(base64.b64decode(cursor["config"][0]))
        == read(examples / "cursor.mcp.json")["mcpServers"]["bytenite"]
    )

    vscode = read(examples / "vscode.mcp.json")
    assert json.loads(unquote(urlsplit(bundles.make_vscode_link()).query)) == {
        "name": "bytenite",
        "inputs": vscode["inputs"],
        **vscode["servers"]["bytenite"],
    }


def test_the_links_in_the_documents_are_the_ones_that_are_made() -> None:
    told = (ROOT / "docs" / "bundles.md").read_text(encoding="utf-8").splitlines()
    assert {bundles.make_cursor_link(), bundles.make_vscode_link()} <= set(told)
