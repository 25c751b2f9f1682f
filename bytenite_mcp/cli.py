"""The command line; each command imports what it needs only when it runs."""

import argparse
import os
import re
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from bytenite_mcp import __version__
from bytenite_mcp.commands.output import run_printing
from bytenite_mcp.commands.serve import serve_over_http, serve_over_stdio, starting

if TYPE_CHECKING:
    from bytenite_mcp.config import Settings
    from bytenite_mcp.simulator import Fault

DEMO_KEY = "demo-key"
"""The key of the embedded simulator; it opens nothing else."""

MOST_SIMULATED = 1_000_000
"""Jobs of a simulated account; a million take two minutes and some gigabytes."""

_TALKATIVE = ("httpx", "httpcore", "httpx2", "httpcore2", "mcp", "sse_starlette")
"""Libraries that log whole URLs, headers, ids or answers below WARNING."""

_HTTP_DEFAULTS: dict[str, Any] = {
    "host": "127.0.0.1",
    "port": 8000,
    "allowed_host": [],
    "key_from_header": False,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; gives the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    return run_printing(lambda: _run(words))


def _run(words: list[str]) -> int:
    # What begins with an option is for `serve`; another word is taken for a command, known or not.
    named = words and (not words[0].startswith("-") or words[0] in ("-h", "--help", "--version"))
    options = _parser().parse_args(words if named else ["serve", *words])
    with starting():
        from bytenite_mcp.config import SettingsError

    try:
        return int(_COMMANDS[options.command](options))
    except SettingsError as error:
        print(f"bytenite-mcp: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bytenite-mcp",
        description="Ask about ByteNite jobs from any MCP client. Without a command: serve over stdio.",
        epilog="Settings come from BYTENITE_* environment variables; `bytenite-mcp doctor` shows them.",
    )
    parser.add_argument("--version", action="version", version=f"bytenite-mcp {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    serve = commands.add_parser(
        "serve",
        help="serve MCP over stdio (the default) or HTTP",
        description="Serve MCP over stdio, or over streamable HTTP.",
    )
    serve.add_argument(
        "--demo", action="store_true", help="use the embedded simulator: no key, no network, no real data"
    )
    _add_http_options(serve)
    _add_install(commands)
    demo = commands.add_parser(
        "demo",
        help="see it answer five questions on simulated jobs",
        description="Start `serve --demo`, connect a real MCP client to it and ask five questions.",
    )
    demo.add_argument(
        "--view",
        action="store_true",
        help="look at the answers in a browser instead, as chat clients show them",
    )
    simulate = commands.add_parser(
        "simulate",
        help="run the simulated ByteNite API on a port",
        description="Run the simulated ByteNite API on a port of this machine.",
    )
    simulate.add_argument("--port", type=_port, default=8787, help="default %(default)s; 0 takes a free one")
    simulate.add_argument("--jobs", type=_count, default=200, help="how many jobs, default %(default)s")
    simulate.add_argument(
        "--seed", type=int, default=0, help="the same seed makes the same jobs, default %(default)s"
    )
    simulate.add_argument(
        "--fault",
        action="append",
        default=[],
        type=_fault,
        metavar="KIND:NAME=VALUE,...",
        help="something that goes wrong, such as 429:retry_after=2,times=3; may be given again",
    )
    simulate.add_argument(
        "--meaning",
        action="append",
        default=[],
        type=_meaning,
        metavar="NAME",
        help="another way to read searches, such as gt-is-gte; may be given again",
    )
    commands.add_parser(
        "doctor",
        help="check the settings, the key, the API and the clients",
        description="Check the settings, the key, the API and what clients start, and say what to do about what fails.",
    )
    return parser


def _add_install(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    install = commands.add_parser(
        "install",
        help="write it into the settings of MCP clients",
        description="Write this server into the settings of MCP clients, and start it once to see that it works.",
    )
    install.add_argument(
        "clients",
        nargs="*",
        type=_client,
        metavar="CLIENT",
        help="claude-code, for example; without one it shows which are here, and asks",
    )
    install.add_argument("--project", action="store_true", help="for this folder alone, not for all you do")
    what = install.add_mutually_exclusive_group()
    what.add_argument("--demo", action="store_true", help="on simulated jobs, without a key")
    what.add_argument("--http", type=_url, metavar="URL", help="connect to a server that runs there")
    what.add_argument("--remove", action="store_true", help="take it out again")
    install.add_argument(
        "--name", type=_name, default="bytenite", help="what the client calls it, default %(default)s"
    )
    install.add_argument("--dry-run", action="store_true", help="show what would change, and change nothing")


def _add_http_options(serve: argparse.ArgumentParser) -> None:
    serve.add_argument("--http", action="store_true", help="serve over streamable HTTP, at /mcp")
    over_http = serve.add_argument_group("with --http")
    over_http.add_argument(
        "--host", default=argparse.SUPPRESS, help=f"address to listen on, default {_HTTP_DEFAULTS['host']}"
    )
    over_http.add_argument(
        "--port",
        type=_port,
        default=argparse.SUPPRESS,
        help=f"default {_HTTP_DEFAULTS['port']}; 0 takes a free one",
    )
    over_http.add_argument(
        "--allowed-host",
        action="append",
        default=argparse.SUPPRESS,
        metavar="NAME",
        help="a name it may be called by, besides those of this machine; may be given again",
    )
    over_http.add_argument(
        "--key-from-header",
        action="store_true",
        default=argparse.SUPPRESS,
        help="each caller sends its own ByteNite key, in the header X-ByteNite-API-Key",
    )


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return int(text)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text[:9]) > MOST_SIMULATED or len(text) > 9:
        raise argparse.ArgumentTypeError(f"a count is a whole number of at most {MOST_SIMULATED:,}")
    return int(text)


def _client(text: str) -> str:
    import difflib

    from bytenite_mcp.commands.clients import CLIENTS

    name = text.lower().replace(" ", "-").replace("_", "-")
    if name not in CLIENTS:
        near = difflib.get_close_matches(name, CLIENTS, n=1, cutoff=0.0)[0]
        raise argparse.ArgumentTypeError(f"did you mean {near}? There are: {', '.join(CLIENTS)}")
    return name


def _name(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]{0,31}", text):
        raise argparse.ArgumentTypeError("a name is a letter and at most 31 more letters, digits, '-' or '_'")
    return text


def _url(text: str) -> str:
    from bytenite_mcp.config import check_url

    try:
        return check_url(text, "https://bytenite.example.com/mcp")
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"it {error}") from None


def _fault(text: str) -> "Fault":
    from bytenite_mcp.simulator import Fault

    try:
        return Fault.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _meaning(text: str) -> str:
    from bytenite_mcp.simulator import check_meaning

    try:
        return check_meaning(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _serve(options: argparse.Namespace) -> int:
    settings = _settings(demo=options.demo)
    _configure_logging(settings.log_level)
    given = {name: value for name, value in vars(options).items() if name in _HTTP_DEFAULTS}
    if options.http:
        return _serve_http(settings, **{**_HTTP_DEFAULTS, **given})
    if given:
        from bytenite_mcp.config import SettingsError

        named = ", ".join(f"--{name.replace('_', '-')}" for name in given)
        raise SettingsError(f"Without --http this serves over stdio, where {named} means nothing.")
    return serve_over_stdio(settings)


def _serve_http(
    settings: "Settings", *, host: str, port: int, allowed_host: list[str], key_from_header: bool
) -> int:
    settings = settings.model_copy(update={"key_from_header": key_from_header})
    return serve_over_http(settings, host, port, allowed_host)


def _install(options: argparse.Namespace) -> int:
    from bytenite_mcp.commands.install import Request, install
    from bytenite_mcp.commands.machine import Machine

    request = Request(
        clients=tuple(dict.fromkeys(options.clients)),
        name=options.name,
        project=options.project,
        demo=options.demo,
        url=options.http or "",
        remove=options.remove,
        dry_run=options.dry_run,
    )
    asking = sys.stdin is not None and sys.stdin.isatty()
    try:
        return install(request, Machine(os.environ), input if asking else None)
    except EOFError:
        print("\nNothing was changed.")
        return 1


def _demo(options: argparse.Namespace) -> int:
    import anyio

    if options.view:
        from bytenite_mcp.commands.demo_view import show_demo

        settings = _settings(demo=True)
        _configure_logging(settings.log_level)
        return anyio.run(show_demo, settings)

    from bytenite_mcp.commands.demo import run_demo

    return anyio.run(run_demo)


def _simulate(options: argparse.Namespace) -> int:
    from bytenite_mcp.commands.ports import listen
    from bytenite_mcp.commands.simulate import serve
    from bytenite_mcp.simulator import World, create_app

    world = World(options.jobs, options.seed, api_key=DEMO_KEY)
    app = create_app(world, faults=options.fault, meanings=options.meaning)
    listening = listen("127.0.0.1", options.port)
    address = f"http://127.0.0.1:{listening.getsockname()[1]}/v1"
    print(f"Simulated ByteNite with {options.jobs} jobs on {address}; its API key is {DEMO_KEY}.", flush=True)
    serve(app, listening)
    return 0


def _doctor(_: argparse.Namespace) -> int:
    import anyio

    from bytenite_mcp.commands.doctor import examine
    from bytenite_mcp.commands.machine import Machine

    settings = _settings()
    _configure_logging(settings.log_level)
    return anyio.run(examine, settings, Machine(os.environ))


def _settings(*, demo: bool = False) -> "Settings":
    from pydantic import SecretStr

    from bytenite_mcp.config import Settings

    settings = Settings.from_environment(os.environ)
    # The simulator never sees a real key.
    return settings.model_copy(update={"demo": True, "api_key": SecretStr(DEMO_KEY)}) if demo else settings


def _configure_logging(level: str) -> None:
    """Log to standard error: standard output belongs to the protocol."""
    import logging

    logging.basicConfig(
        level=level, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    for library in _TALKATIVE:
        logging.getLogger(library).setLevel(max(logging.WARNING, logging.getLevelNamesMapping()[level]))


_COMMANDS = {"serve": _serve, "install": _install, "demo": _demo, "simulate": _simulate, "doctor": _doctor}
