"""Starts the server of an entry as the client would, and asks it for its tools."""

import logging
import re
import shutil
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO, cast
from urllib.parse import urlsplit

import anyio
import httpx2
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import TextContent

from bytenite_mcp.commands.client import get_settings
from bytenite_mcp.commands.entries import as_list, get_url
from bytenite_mcp.config import is_loopback
from bytenite_mcp.privacy.sanitize import sanitize

LIMIT = 30.0
"""Seconds for a server to start and answer."""

_ASKED_FOR = "${input:"
_HEADER = re.compile(r"[!#-'*+.0-9A-Z^-z|~-]+: [\t\x20-\x7e]*")


_MEANINGS = {
    "WRONG_VERSION_NUMBER": "it speaks plain HTTP, and the URL says https",
    "CERTIFICATE_VERIFY_FAILED": "its certificate is not trusted here",
    "All connection attempts failed": "nothing listens at its address",
    "Name or service not known": "its host is unknown",
    "nodename nor servname": "its host is unknown",
    "getaddrinfo failed": "its host is unknown",
}
"""What failures to connect mean, by a part of their messages."""


class CannotStart(Exception):
    """An entry does not start an MCP server; the message says why and what to do."""


class NotThere(CannotStart):
    """The command is missing, or no longer has this server; installing again helps."""


@dataclass(frozen=True)
class Trial:
    """A server that started: its version, its tools, and the error of a call, if one was made."""

    version: str
    tools: list[str]
    error: str


async def try_entry(
    entry: Mapping[str, object], environ: Mapping[str, str], variables: str, *, ask: bool = False
) -> Trial:
    """Start the server of an entry, list its tools and, with `ask`, ask for one job.

    `variables` is a regular expression of the variables that the client fills in from `environ`.

    Raises:
        CannotStart: The command is missing or ends, or no server answers in time.
    """
    logging.getLogger("mcp").setLevel(logging.CRITICAL)
    filled = {name: _fill_in(value, environ, variables) for name, value in entry.items()}
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as file:
        log = cast("TextIO", file)
        try:
            with anyio.fail_after(LIMIT):
                async with Client(_choose_transport(filled, environ, log)) as client:
                    return await _ask_server(client, ask=ask)
        except TimeoutError:
            why = f"It did not answer within {LIMIT:.0f} s. {_read_last_line(log)}".rstrip()
            raise CannotStart(why) from None
        except (OSError, ValueError) as error:
            why = f"It cannot be started ({getattr(error, 'strerror', None) or error})."
            raise CannotStart(why) from None
        except (MCPError, ExceptionGroup) as error:
            if last_line := _read_last_line(log):
                kind = NotThere if "No module named" in last_line else CannotStart
                raise kind(f"It ended: {last_line}") from None
            raise CannotStart(
                f"It does not answer: {_describe(error)}.{_advise_on_url(get_url(filled))}"
            ) from None


def find_inputs(entry: Mapping[str, object]) -> list[str]:
    """Return the names of what the client asks a person for, to fill it into the entry."""
    return re.findall(rf"{re.escape(_ASKED_FOR)}([^}}]*)\}}", str(entry))


def _fill_in(value: object, environ: Mapping[str, str], variables: str) -> object:
    """Fill in variables. Unset ones without a default stay as written; what a client asks a person for becomes ""."""

    def look_up(found: re.Match[str]) -> str:
        names = found.groupdict()
        if found[0].startswith(_ASKED_FOR):
            return ""
        default = names.get("default")
        name = names.get("name") or names.get("bare") or names.get("place") or ""
        return environ.get(name, found[0] if default is None else default)

    if isinstance(value, dict):
        return {name: _fill_in(held, environ, variables) for name, held in value.items()}
    if isinstance(value, list):
        return [_fill_in(held, environ, variables) for held in value]
    return re.sub(variables, look_up, value) if isinstance(value, str) and variables else value


def _choose_transport(
    entry: Mapping[str, object], environ: Mapping[str, str], log: TextIO
) -> AbstractAsyncContextManager[Any]:
    if url := get_url(entry):
        return _connect(url, _make_headers(entry, environ))
    environment = _make_environment(entry, environ)
    command, cwd = str(entry.get("command") or ""), str(entry.get("cwd") or "") or None
    found = shutil.which(command, path=environment.get("PATH") or environ.get("PATH"))
    if not found and Path(command).is_absolute() and Path(command).exists():
        raise NotThere(f"Its command is no program that may be run: {command}.")
    if not found:
        raise NotThere(f"Its command does not exist: {command}." if command else "It names no command.")
    if cwd and not Path(cwd).is_dir():
        raise CannotStart(f"Its folder does not exist: {cwd}.")
    args = [str(word) for word in as_list(entry.get("args") or [])]
    return stdio_client(StdioServerParameters(command=found, args=args, env=environment, cwd=cwd), errlog=log)


@asynccontextmanager
async def _connect(url: str, headers: Mapping[str, str]) -> AsyncIterator[Any]:
    # As the API's client: what is on this machine is not behind a proxy.
    on_network = not is_loopback(urlsplit(url).hostname or "")
    async with (
        httpx2.AsyncClient(headers=headers, timeout=LIMIT, trust_env=on_network) as client,
        streamable_http_client(url, http_client=client) as streams,
    ):
        yield streams


def _make_headers(entry: Mapping[str, object], environ: Mapping[str, str]) -> dict[str, str]:
    """Return the headers that a client sends; Codex has its own names for them.

    Raises:
        CannotStart: One cannot be sent; its value may be a secret, and is not quoted.
    """
    given, named = entry.get("headers") or entry.get("http_headers"), entry.get("env_http_headers")
    headers = (
        {name: str(value).strip() for name, value in given.items()} if isinstance(given, Mapping) else {}
    )
    if isinstance(named, Mapping):
        headers |= {
            name: environ[str(variable)] for name, variable in named.items() if str(variable) in environ
        }
    if token := environ.get(str(entry.get("bearer_token_env_var") or "")):
        headers["Authorization"] = f"Bearer {token}"
    for name, value in headers.items():
        if not _HEADER.fullmatch(f"{name}: {value}"):
            raise CannotStart(f"Its header {name[:60]!r} has characters that HTTP does not allow.")
    return headers


def _make_environment(entry: Mapping[str, object], environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that a client sets or reads from a file, and those that `env_vars` has it pass on."""
    given = {name: str(value) for name, value in get_settings(entry).items()}
    names = entry.get("env_vars")
    passed_on = names if isinstance(names, list) else []
    in_file = _read_variables(entry.get("envFile"))
    return {**{name: environ[name] for name in passed_on if name in environ}, **in_file, **given}


def _read_variables(file: object) -> dict[str, str]:
    """Read the file of variables that VS Code and Cursor know, one `NAME=value` a line."""
    lines = Path(file).read_text(encoding="utf-8-sig").splitlines() if file and isinstance(file, str) else []
    pairs = [line.strip().removeprefix("export ").partition("=") for line in lines]
    return {
        name.strip(): value.strip().strip("\"'")
        for name, equals, value in pairs
        if equals and not name.startswith("#")
    }


async def _ask_server(client: Client, *, ask: bool) -> Trial:
    tools = [sanitize(tool.name) for tool in (await client.list_tools()).tools]
    error = ""
    if ask and "list_jobs" in tools:
        answer = await client.call_tool("list_jobs", {"limit": 1})
        texts = [block.text for block in answer.content if isinstance(block, TextContent)]
        error = sanitize(" ".join(texts)) if answer.is_error else ""
    version = client.server_info.version if client.server_info else ""
    return Trial(sanitize(version), tools, error)


def _read_last_line(log: TextIO) -> str:
    """Return the last line that a server printed; servers never print the key."""
    log.seek(0)
    lines = [line.strip() for line in log.read()[-2000:].splitlines() if line.strip()]
    return sanitize(lines[-1]).removeprefix("bytenite-mcp: ") if lines else ""


def _describe(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    said = sanitize(str(error)) or type(error).__name__
    if isinstance(error, httpx2.ConnectError | httpx2.ReadError | httpx2.RemoteProtocolError):
        return next((meaning for sign, meaning in _MEANINGS.items() if sign in said), said)
    return said


def _advise_on_url(url: str) -> str:
    if not url:
        return ""
    is_usual = urlsplit(url).path.rstrip("/").endswith("/mcp")
    return (
        " If the server wants a token, add it in the client." if is_usual else " Its URL should end in /mcp."
    )
