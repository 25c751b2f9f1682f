"""The options of each command; modules that a value's type needs are imported when it is read."""

import argparse
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from bytenite_mcp.simulator import Fault

T = TypeVar("T")

MOST_SIMULATED = 1_000_000
"""The most jobs of a simulated account; a million take two minutes and some gigabytes."""


def add_serve_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `serve`; those for HTTP are None unless given, because stdio refuses them."""
    parser.add_argument(
        "--demo", action="store_true", help="use the embedded simulator: no key, no network, no real data"
    )
    parser.add_argument("--http", action="store_true", help="serve over streamable HTTP, at /mcp")
    http = parser.add_argument_group("with --http")
    http.add_argument("--host", help="address to listen on, default 127.0.0.1")
    http.add_argument("--port", type=_port, help="default 8000; 0 takes a free one")
    http.add_argument(
        "--allowed-host",
        action="append",
        metavar="NAME",
        help="another host name of this server, besides those of this machine; may be repeated",
    )
    http.add_argument(
        "--key-from-header",
        action="store_true",
        default=None,
        help="each caller sends its own ByteNite key, in the header X-ByteNite-API-Key",
    )


def add_install_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `install`."""
    parser.add_argument(
        "clients",
        nargs="*",
        type=_client,
        metavar="CLIENT",
        help="for example claude-code; by default, lists the clients on this machine and asks",
    )
    parser.add_argument("--project", action="store_true", help="for this folder only, not for all projects")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--demo", action="store_true", help="on simulated jobs, without a key")
    what.add_argument("--http", type=_url, metavar="URL", help="connect to a server that runs at this URL")
    what.add_argument("--remove", action="store_true", help="remove the entry")
    parser.add_argument(
        "--name", type=_name, default="bytenite", help="the entry's name in the client, default %(default)s"
    )
    parser.add_argument("--dry-run", action="store_true", help="show what would change, and change nothing")


def add_demo_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `demo`."""
    parser.add_argument(
        "--view",
        action="store_true",
        help="show the answers in a browser instead, as chat clients show them",
    )


def add_simulate_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `simulate`."""
    parser.add_argument("--port", type=_port, default=8787, help="default %(default)s; 0 takes a free one")
    parser.add_argument("--jobs", type=_count, default=200, help="number of jobs, default %(default)s")
    parser.add_argument(
        "--seed", type=int, default=0, help="the same seed makes the same jobs, default %(default)s"
    )
    parser.add_argument(
        "--fault",
        action="append",
        default=[],
        type=_fault,
        metavar="KIND:NAME=VALUE,...",
        help="a failure to inject, such as 429:retry_after=2,times=3; may be repeated",
    )
    parser.add_argument(
        "--meaning",
        action="append",
        default=[],
        type=_meaning,
        metavar="NAME",
        help="another way to interpret searches, such as gt-is-gte; may be repeated",
    )


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return int(text)


def _count(text: str) -> int:
    if not text.isdecimal() or len(text) > 9 or int(text) > MOST_SIMULATED:
        raise argparse.ArgumentTypeError(f"a count is a whole number of at most {MOST_SIMULATED:,}")
    return int(text)


def _client(text: str) -> str:
    import difflib

    from bytenite_mcp.commands.clients import CLIENTS

    name = text.lower().replace(" ", "-").replace("_", "-")
    if name not in CLIENTS:
        near = difflib.get_close_matches(name, CLIENTS, n=1, cutoff=0.0)[0]
        raise argparse.ArgumentTypeError(f"did you mean {near}? Clients: {', '.join(CLIENTS)}")
    return name


def _name(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]{0,31}", text):
        raise argparse.ArgumentTypeError("a name is a letter and at most 31 more letters, digits, '-' or '_'")
    return text


def _url(text: str) -> str:
    from bytenite_mcp.config import check_url

    return _read(lambda url: check_url(url, "https://bytenite.example.com/mcp"), text)


def _fault(text: str) -> "Fault":
    from bytenite_mcp.simulator import Fault

    return _read(Fault.parse, text)


def _meaning(text: str) -> str:
    from bytenite_mcp.simulator import check_meaning

    return _read(check_meaning, text)


def _read(parse: Callable[[str], T], text: str) -> T:
    """Parse a value; argparse would replace the message of a ValueError."""
    try:
        return parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
