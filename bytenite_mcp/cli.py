"""The command line; each command imports what it needs only when it runs."""

import argparse
import io
import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from bytenite_mcp import __version__
from bytenite_mcp.commands.options import (
    add_demo_options,
    add_install_options,
    add_serve_options,
    add_simulate_options,
)
from bytenite_mcp.commands.serve import serve_over_http, serve_over_stdio, starting

if TYPE_CHECKING:
    from bytenite_mcp.config import Settings

OUTPUT_CLOSED = 141
"""The exit code for a closed standard output, as shells report it (128 + SIGPIPE)."""

DEMO_KEY = "demo-key"
"""The API key of the embedded simulator; it is valid nowhere else."""

_TALKATIVE = ("httpx", "httpcore", "httpx2", "httpcore2", "mcp", "sse_starlette")
"""Libraries that log whole URLs, headers, ids or answers below WARNING."""


class _Command(NamedTuple):
    """A command: what it runs, what the help says about it, and what adds its options."""

    run: Callable[[argparse.Namespace], int]
    help: str
    add_options: Callable[[argparse.ArgumentParser], None] | None = None


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command, and return its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    return run_printing(lambda: _run(words))


def run_printing(command: Callable[[], int]) -> int:
    """Run a command; escape characters that the console cannot encode, and end quietly if the output is closed."""
    if not isinstance(sys.stdout, io.TextIOWrapper):
        return command()
    sys.stdout.reconfigure(errors="backslashreplace")
    try:
        try:
            code = command()
        finally:
            sys.stdout.flush()
    except* BrokenPipeError:
        code = OUTPUT_CLOSED
        # At exit Python flushes standard output again, which would print an error.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return code


def _run(words: list[str]) -> int:
    # `serve` is the default: its options may come first.
    named = words and (not words[0].startswith("-") or words[0] in ("-h", "--help", "--version"))
    options = _parser().parse_args(words if named else ["serve", *words])
    with starting():
        from bytenite_mcp.config import SettingsError

    try:
        return _COMMANDS[options.command].run(options)
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
    for name, command in _COMMANDS.items():
        description = f"{command.help[0].upper()}{command.help[1:]}."
        subparser = commands.add_parser(name, help=command.help, description=description)
        if command.add_options:
            command.add_options(subparser)
    return parser


def _serve(options: argparse.Namespace) -> int:
    settings = _configure(demo=options.demo)
    if options.http:
        return _serve_http(settings, options)
    given = [
        f"--{name.replace('_', '-')}"
        for name in ("host", "port", "allowed_host", "key_from_header")
        if getattr(options, name) is not None
    ]
    if given:
        from bytenite_mcp.config import SettingsError

        raise SettingsError(f"{', '.join(given)}: only with --http, and this serves over stdio.")
    return serve_over_stdio(settings)


def _serve_http(settings: "Settings", options: argparse.Namespace) -> int:
    settings = settings.model_copy(update={"key_from_header": bool(options.key_from_header)})
    host = "127.0.0.1" if options.host is None else options.host
    port = 8000 if options.port is None else options.port
    return serve_over_http(settings, host, port, options.allowed_host or ())


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

        return anyio.run(show_demo, _configure(demo=True))

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

    return anyio.run(examine, _configure(), Machine(os.environ))


def _configure(*, demo: bool = False) -> "Settings":
    """Read the settings, and begin to log."""
    from pydantic import SecretStr

    from bytenite_mcp.config import Settings

    settings = Settings.from_environment(os.environ)
    _configure_logging(settings.log_level)
    # A real key must never reach the simulator.
    return settings.model_copy(update={"demo": True, "api_key": SecretStr(DEMO_KEY)}) if demo else settings


def _configure_logging(level: str) -> None:
    """Log to standard error, because standard output carries the protocol."""
    import logging

    logging.basicConfig(
        level=level, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    for library in _TALKATIVE:
        logging.getLogger(library).setLevel(max(logging.WARNING, logging.getLevelNamesMapping()[level]))


_COMMANDS = {
    "serve": _Command(_serve, "serve MCP over stdio (the default) or streamable HTTP", add_serve_options),
    "install": _Command(
        _install, "add this server to MCP clients, and check that it starts", add_install_options
    ),
    "demo": _Command(_demo, "ask this server five questions about simulated jobs", add_demo_options),
    "simulate": _Command(_simulate, "serve a simulated ByteNite API on this machine", add_simulate_options),
    "doctor": _Command(_doctor, "check the settings, the key, the API and the entries in MCP clients"),
}
