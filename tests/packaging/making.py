"""The script that makes the bundles, as a module."""

import importlib.util
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def load() -> Any:
    """Load packaging/bundles.py, which is in no package because an installed one has that name."""
    spec = importlib.util.spec_from_file_location("bundles", ROOT / "packaging" / "bundles.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


bundles = load()
