"""The wheel and the source distribution hold what they should, and an index would take them."""

import os
import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest

from bytenite_mcp import __version__
from tests.packaging.making import ROOT, bundles

TOOLS = ROOT / ".venv-bundles" / "bin"
NAME = f"bytenite_mcp-{__version__}"

# In CI missing tools fail the tests, because nobody reads there what was skipped.
pytestmark = [
    pytest.mark.bundles,
    pytest.mark.skipif(
        not (TOOLS / "twine").exists() and not os.environ.get("CI"), reason="run packaging/tools first"
    ),
]


def check(tool: str, *words: str | Path) -> None:
    done = subprocess.run([TOOLS / tool, *words], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    check("hatchling", "build", "--directory", folder)
    return folder


@pytest.fixture(scope="module")
def wheel(made: Path) -> Path:
    return made / f"{NAME}-py3-none-any.whl"


@pytest.fixture(scope="module")
def source(made: Path) -> Path:
    return made / f"{NAME}.tar.gz"


def sources() -> set[str]:
    return {file.relative_to(ROOT).as_posix() for file in bundles.list_sources()}


def test_the_source_distribution_holds_the_sources_and_no_stray(source: Path) -> None:
    with tarfile.open(source) as archive:
        names = {name.removeprefix(f"{NAME}/") for name in archive.getnames()}
    # Hatchling adds these to every distribution.
    assert names == sources() | {"PKG-INFO", ".gitignore"}


def test_the_wheel_holds_the_package_and_no_stray(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    package = {name for name in names if not name.startswith(f"{NAME}.dist-info/")}
    assert package == {name for name in sources() if name.startswith("bytenite_mcp/")}


def test_an_index_would_take_both(wheel: Path, source: Path) -> None:
    check("twine", "check", "--strict", wheel, source)


def test_the_wheel_has_no_contents_that_wheels_should_not_have(wheel: Path) -> None:
    check("check-wheel-contents", wheel)
