"""The files for containers start a server that exists, and name what it needs."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from bytenite_mcp import __version__
from bytenite_mcp.cli import _parser
from bytenite_mcp.config import Settings, name_variable
from bytenite_mcp.server.http.app import GRACE

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "examples" / "deploy"
KUBERNETES = FOLDER / "kubernetes"
CHECKERS = ROOT / ".venv-bundles" / "bin"
VARIABLES = {name_variable(name) for name in Settings.environment_fields()}


def read(file: Path) -> Any:
    return yaml.safe_load(file.read_text(encoding="utf-8"))


def pod() -> dict[str, Any]:
    return dict(read(KUBERNETES / "deployment.yaml")["spec"]["template"]["spec"])


def container() -> dict[str, Any]:
    (only,) = pod()["containers"]
    return dict(only)


def service() -> dict[str, Any]:
    return dict(read(FOLDER / "compose.yaml")["services"]["bytenite-mcp"])


def test_both_start_the_same_server_with_the_same_settings() -> None:
    _parser().parse_args(container()["args"])
    assert service()["command"] == container()["args"]
    assert set(service()["environment"]) == {each["name"] for each in container()["env"]} <= VARIABLES


def test_both_name_the_version_of_the_package() -> None:
    (image,) = read(KUBERNETES / "kustomization.yaml")["images"]
    assert (image["name"], image["newTag"]) == (container()["image"], __version__)
    assert service()["image"] == f"bytenite-mcp:{__version__}"


def test_both_wait_until_calls_under_way_are_answered() -> None:
    before = container()["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert pod()["terminationGracePeriodSeconds"] >= GRACE + before
    assert int(service()["stop_grace_period"].removesuffix("s")) >= GRACE


def test_both_run_with_a_root_that_is_read_only_and_no_right() -> None:
    security = container()["securityContext"]
    assert security == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert pod()["securityContext"]["runAsNonRoot"]
    assert pod()["securityContext"]["runAsUser"] == 65532
    assert "USER 65532:65532" in (ROOT / "Containerfile").read_text(encoding="utf-8")
    assert (service()["read_only"], service()["cap_drop"]) == (True, ["ALL"])


def test_the_secrets_are_where_the_settings_say() -> None:
    (mount,) = container()["volumeMounts"]
    for each in container()["env"]:
        assert Path(each["value"]).parent == Path(mount["mountPath"])
    named = {Path(path).name for path in service()["environment"].values()}
    assert named == set(service()["secrets"]) == {Path(each["value"]).name for each in container()["env"]}


def test_the_kustomization_lists_every_file() -> None:
    resources = set(read(KUBERNETES / "kustomization.yaml")["resources"])
    assert resources == {file.name for file in KUBERNETES.iterdir()} - {"kustomization.yaml"}


def check(tool: str, *words: str | Path) -> None:
    done = subprocess.run([CHECKERS / tool, *words], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


# In CI missing checkers fail the test, because nobody reads there what was skipped.
@pytest.mark.bundles
@pytest.mark.skipif(not CHECKERS.exists() and not os.environ.get("CI"), reason="run packaging/tools first")
def test_the_checkers_find_nothing_wrong(tmp_path: Path) -> None:
    check("check-jsonschema", "--builtin-schema", "vendor.compose-spec", FOLDER / "compose.yaml")
    check("kubernetes-validate", "--strict", *KUBERNETES.glob("[!k]*.yaml"))
    if kubectl := shutil.which("kubectl"):
        made = subprocess.run(
            [kubectl, "kustomize", KUBERNETES], capture_output=True, text=True, check=True, timeout=60
        )
        (tmp_path / "made.yaml").write_text(made.stdout, encoding="utf-8")
        check("kubernetes-validate", "--strict", tmp_path / "made.yaml")
        assert json.dumps(list(yaml.safe_load_all(made.stdout))).count(f"bytenite-mcp:{__version__}") == 1
