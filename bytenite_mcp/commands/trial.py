"""Starts what an entry in a client's file says, as the client would, and looks at what comes."""

import logging
import re
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO, cast

import anyio
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.types import TextContent

LIMIT = 30.0
"""Seconds that a server may take to start and to answer."""

_VARIABLE = re.compile(r"\$\{(?:env:)?(\w+)(?::-([^}]*))?\}|\{env:(\w+)\}|\$\{input:[^}]*\}|\$([A-Za-z_]\w*)")


class CannotStart(Exception):
    """An entry starts nothing that speaks MCP; the text says why, and what to do."""


@dataclass(frozen=True)
class Trial:
    """What a server that was started is, and what it said to a first question if it was asked one."""

    version: str
    tools: list[str]
    trouble: str = ""


async def try_entry(entry: Mapping[str, Any], environ: Mapping[str, str], *, ask: bool = False) -> Trial:
    """Start an entry, list its tools, and ask for one job if wanted.

    Raises:
        CannotStart: It is not there, ends, or does not answer in time.
    """
    logging.getLogger("mcp").setLevel(logging.CRITICAL)
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as file:
        log = cast("TextIO", file)
        try:
            with anyio.fail_after(LIMIT):
                async with Client(_reach(entry, environ, log)) as client:
                    return await _question(client, ask=ask)
        except TimeoutError:
            raise CannotStart(
                f"It did not answer within {LIMIT:.0f} s. {_last_words(log)}".rstrip()
            ) from None
        except OSError as error:
            raise CannotStart(f"It cannot be started ({error.strerror or error}).") from None
        except (MCPError, ExceptionGroup) as error:
            raise CannotStart(
                _last_words(log) or f"It ended without an answer: {_innermost(error)}."
            ) from None


def fill_in(text: str, environ: Mapping[str, str]) -> str:
    """Fill in variables in the ways of all clients; what is not set, or asked of a person, is empty."""

    def value(found: re.Match[str]) -> str:
        name = found[1] or found[3] or found[4] or ""
        return environ.get(name) or found[2] or ""

    return _VARIABLE.sub(value, text)


def environment_of(entry: Mapping[str, Any], environ: Mapping[str, str]) -> dict[str, str]:
    """Give the variables that a client sets for an entry."""
    env = entry.get("env")
    given = (
        {name: fill_in(str(value), environ) for name, value in env.items()} if isinstance(env, dict) else {}
    )
    names = entry.get("env_vars")
    handed_on = [name for name in names if name in environ] if isinstance(names, list) else []
    return {**{name: environ[name] for name in handed_on}, **given}


def _reach(
    entry: Mapping[str, Any], environ: Mapping[str, str], log: TextIO
) -> str | AbstractAsyncContextManager[Any]:
    url = entry.get("url") or entry.get("httpUrl") or entry.get("serverUrl")
    if url:
        return fill_in(str(url), environ)
    environment = environment_of(entry, environ)
    command = fill_in(str(entry.get("command") or ""), environ)
    found = shutil.which(command, path=environment.get("PATH") or environ.get("PATH"))
    if not found:
        raise CannotStart(f"Its command is not there: {command or 'none is named'}.")
    args = [fill_in(str(word), environ) for word in entry.get("args") or []]
    cwd = entry.get("cwd")
    if cwd and not Path(cwd).is_dir():
        raise CannotStart(f"Its folder is not there: {cwd}.")
    return stdio_client(StdioServerParameters(command=found, args=args, env=environment, cwd=cwd), errlog=log)


async def _question(client: Client, *, ask: bool) -> Trial:
    tools = [tool.name for tool in (await client.list_tools()).tools]
    trouble = ""
    if ask and "list_jobs" in tools:
        answer = await client.call_tool("list_jobs", {"limit": 1})
        texts = [block.text for block in answer.content if isinstance(block, TextContent)]
        trouble = " ".join(texts) if answer.is_error else ""
    return Trial(client.server_info.version if client.server_info else "", tools, trouble)


def _last_words(log: TextIO) -> str:
    """Give what a server said before it ended; the key is not in it."""
    log.seek(0)
    lines = [line.strip() for line in log.read()[-2000:].splitlines() if line.strip()]
    said = lines[-1].removeprefix("bytenite-mcp: ") if lines else ""
    return f"It ended: {said}" if said else ""


def _innermost(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return str(error) or type(error).__name__
