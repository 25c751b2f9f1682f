"""Three replicas behind nginx, with the files of examples/deploy: one is stopped and one killed under load."""

import datetime
import os
import re
import shlex
import shutil
import signal
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import anyio
import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from mcp import Client, MCPError

from bytenite_mcp.simulator import Fault, create_app
from tests.commands.running import free_ports
from tests.server.conftest import Era, world_of
from tests.server.serving import KEY, Replica, bearing, calling, replica, served

# In CI a missing nginx fails the tests, because nobody reads there what was skipped.
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
pytestmark = [
    pytest.mark.anyio,
    pytest.mark.deploy,
    pytest.mark.skipif(not NGINX and not os.environ.get("CI"), reason="nginx is not installed"),
]

FOLDER = Path(__file__).parents[3] / "examples" / "deploy"
UNIT = (FOLDER / "bytenite-mcp@.service").read_text(encoding="utf-8")
SITE = (FOLDER / "nginx.conf").read_text(encoding="utf-8")
NAME = "mcp.example.com"
FEW, MANY = 8, 20
"""Clients by default, and with --many."""
ROUND = 3
"""Calls of each client between one event and the next."""


def of_unit(setting: str) -> str:
    (value,) = re.findall(rf"^{setting}=(.+)$", UNIT, re.MULTILINE)
    return str(value)


@contextmanager
def started(port: int, upstream: str, credentials: Path) -> Iterator[Replica]:
    """Start a replica as systemd would."""
    _, serve, http, *options = shlex.split(of_unit("ExecStart").replace("%i", str(port)))
    assert (serve, http) == ("serve", "--http")
    name, _, value = of_unit("Environment").replace("%d", str(credentials)).partition("=")
    given = {name.removeprefix("BYTENITE_"): value, "API_KEY": KEY, "BASE_URL": f"{upstream}/v1"}
    with replica(*options, **given) as started_replica:
        yield started_replica


def certify(folder: Path) -> ssl.SSLContext:
    """Make a key and a certificate of this machine, and a context that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(Encoding.PEM)
    (folder / f"{NAME}.pem").write_bytes(pem)
    (folder / f"{NAME}.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return ssl.create_default_context(cadata=pem.decode())


@contextmanager
def nginx(folder: Path, port: int, replicas: list[int]) -> Iterator[None]:
    """Run nginx with the site's file, with ports and paths of the test."""
    site = SITE.replace("listen 443", f"listen 127.0.0.1:{port}").replace("/etc/ssl/certs", str(folder))
    site = site.replace("/etc/ssl/private", str(folder))
    for number, port_of_replica in enumerate(replicas, start=8001):
        site = site.replace(f"127.0.0.1:{number}", f"127.0.0.1:{port_of_replica}")
    (folder / "site.conf").write_text(site)
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"pid {folder}/pid; error_log {folder}/errors; events {{}}"
        f"http {{ access_log off; {temporary} include {folder}/site.conf; }}"
    )
    assert NGINX, "nginx is not installed"
    words = [NGINX, "-p", str(folder), "-e", f"{folder}/errors", "-c", f"{folder}/nginx.conf"]
    # It goes to the background once it listens.
    subprocess.run(words, check=True, timeout=20)
    try:
        yield
    finally:
        subprocess.run([*words, "-s", "stop"], check=True, timeout=20)


@dataclass
class Load:
    """Clients that call continuously, and the results of their calls.

    Attributes:
        answered: How many calls were answered at the first try.
        failed: Of each other call, whether it began after the kill, and whether it was answered when retried.
        killed: Whether a replica was killed, and is dead.
        stopped: Whether the clients are to end.
    """

    answered: int = 0
    failed: list[tuple[bool, bool]] = field(default_factory=list)
    killed: bool = False
    stopped: bool = False
    progress: anyio.Event = field(default_factory=anyio.Event)

    async def call(self, url: str, era: Era, tls: ssl.SSLContext, token: str) -> None:
        """Run one of the clients."""
        async with calling(url, era, {"Host": NAME, **bearing(token)}, tls) as client:
            await client.list_tools()
            while not self.stopped:
                late = self.killed
                if await self._answered(client):
                    self.answered += 1
                else:
                    self.failed.append((late, await self._answered(client)))
                self.progress.set()

    async def more(self, calls: int) -> None:
        """Return when this many further calls were answered."""
        until = self.answered + calls
        while self.answered < until:
            self.progress = anyio.Event()
            await self.progress.wait()

    async def _answered(self, client: Client) -> bool:
        try:
            return not (await client.call_tool("list_jobs", {"limit": 1})).is_error
        except (MCPError, httpx2.HTTPError):
            return False


@pytest.fixture
def tokens(pytestconfig: pytest.Config) -> list[str]:
    """Return each client's token."""
    clients = MANY if pytestconfig.getoption("--many") else FEW
    return [f"the-token-of-client-{number}" for number in range(clients)]


@pytest.fixture
def folder(tmp_path: Path, tokens: list[str]) -> Path:
    # nginx drops its privileges, and must then be able to read its files.
    tmp_path.chmod(0o755)
    (tmp_path / "tokens.txt").write_text("\n".join(tokens))
    return tmp_path


async def test_stopping_a_replica_loses_no_call_and_killing_one_only_those_it_was_answering(
    folder: Path, tokens: list[str]
) -> None:
    tls = certify(folder)
    front, *ports = free_ports(4)
    # Slow enough that calls are under way at any time, and for longer than it takes to notice a signal.
    app = create_app(world_of(20, 1), faults=[Fault("slow", on="jobs", seconds=0.25)])
    with (
        served(app) as upstream,
        started(ports[0], upstream, folder) as stopped,
        started(ports[1], upstream, folder) as killed,
        started(ports[2], upstream, folder),
        nginx(folder, front, ports),
    ):
        load = Load()
        async with anyio.create_task_group() as group:
            for number, token in enumerate(tokens):
                era: Era = "legacy" if number % 2 else "auto"
                group.start_soon(load.call, f"https://localhost:{front}/mcp", era, tls, token)

            await load.more(ROUND * len(tokens))
            stopped.process.send_signal(signal.SIGTERM)
            ended = await anyio.to_thread.run_sync(stopped.process.wait, 20)
            await load.more(ROUND * len(tokens))
            lost_by_stopping = list(load.failed)

            killed.process.kill()
            await anyio.to_thread.run_sync(killed.process.wait, 20)
            load.killed = True
            await load.more(ROUND * len(tokens))
            load.stopped = True

    assert (ended, lost_by_stopping) == (0, [])
    assert len(load.failed) <= len(tokens)
    assert set(load.failed) <= {(False, True)}, "only what was under way may fail, and a retry is answered"


async def test_other_paths_are_not_found(folder: Path) -> None:
    tls = certify(folder)
    front, *ports = free_ports(4)
    with (
        served(create_app(world_of(20, 1))) as upstream,
        started(ports[0], upstream, folder),
        nginx(folder, front, ports),
        httpx2.Client(base_url=f"https://localhost:{front}", verify=tls, headers={"Host": NAME}) as http,
    ):
        assert [http.get(path).status_code for path in ("/health", "/ready", "/")] == [404] * 3
        refused = http.post("/mcp", json={})
        assert refused.status_code == 401
        assert "www-authenticate" in refused.headers
        assert http.post("/mcp", content=b" " * (1024 * 1024 + 1)).status_code == 413


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_systemd_understands_the_unit_and_finds_it_hardened(tmp_path: Path) -> None:
    file = tmp_path / "bytenite-mcp@.service"
    file.write_text(UNIT.replace(shlex.split(of_unit("ExecStart"))[0], "/bin/true"))

    verified = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", file],
        capture_output=True,
        text=True,
        check=True,
        timeout=20,
    )
    assert verified.stderr == ""
    secure = ["systemd-analyze", "security", "--offline=true", "--threshold=15", "--no-pager", str(file)]
    subprocess.run(secure, capture_output=True, check=True, timeout=20)
