"""What tests of connections share: no proxy unless one is named, and the trusted certificates."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bytenite_mcp.api import network

Trust = Callable[[Path], None]


@pytest.fixture(autouse=True)
def direct(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove proxies from the environment."""
    for name in ("NO_PROXY", "ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY"):
        for spelling in (name, name.lower()):
            monkeypatch.delenv(spelling, raising=False)


@pytest.fixture
def trust(monkeypatch: pytest.MonkeyPatch) -> Iterator[Trust]:
    """Let the system trust one certificate and no other."""

    def add(certificate: Path) -> None:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        monkeypatch.setenv("SSL_CERT_DIR", str(certificate.parent / "none"))
        network._make_tls_context.cache_clear()

    yield add
    network._make_tls_context.cache_clear()
