"""Reads JSON-RPC 2.0 messages, one a line; a line that cannot be served becomes an error."""

import re
from typing import BinaryIO

from mcp.shared.dispatcher import as_request_id
from mcp.types import INVALID_REQUEST, PARSE_ERROR, JSONRPCMessage, RequestId
from pydantic_core import from_json

from bytenite_mcp.server.messages import Refused, validate

LONGEST_LINE = 4 * 1024 * 1024
"""The most bytes of a line, including its end."""

LONGEST_KEPT = 16 * 1024 * 1024
"""The most bytes of a line that are searched for its id; clients with the TypeScript SDK write the id last."""

# An unterminated string extends to the end of the line, so that nothing inside it counts as structure.
_TEXT = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+'
_MARK = re.compile(_TEXT + rb'"?|[][{}]', re.DOTALL)
_SCALAR = re.compile(rb"\s*+:\s*+(" + _TEXT + rb'"|-?\d++)\s*+[,}]', re.DOTALL)


def read_message(lines: BinaryIO) -> JSONRPCMessage | None:
    """Read the next message; return None at the end of the input.

    Malformed responses are skipped, because a response is never answered.

    Raises:
        Refused: A line is too long, not JSON, or not one message.
    """
    while line := _read_line(lines):
        if not line.isspace() and (message := _parse(line)):
            return message
    return None


def _read_line(lines: BinaryIO) -> bytes:
    """Read a line; if it is far too long, skip its end."""
    line = rest = lines.readline(LONGEST_KEPT)
    while len(rest) == LONGEST_KEPT and not rest.endswith(b"\n"):
        rest = lines.readline(LONGEST_KEPT)
    return line


def _parse(line: bytes) -> JSONRPCMessage | None:
    if len(line) > LONGEST_LINE:
        raise Refused(INVALID_REQUEST, f"A line has at most {LONGEST_LINE:,} bytes.", _find_id(line))
    try:
        body = from_json(line, allow_inf_nan=False)
    except ValueError as error:
        message = f"Not valid JSON: {error}. A message is one JSON object on one line, in UTF-8."
        raise Refused(PARSE_ERROR, message, _find_id(line)) from None
    return validate(body)


def _find_id(line: bytes) -> RequestId | None:
    """Find the id of a request in a line that is not valid JSON; None unless it certainly is a request."""
    members: dict[RequestId | None, bytes] = {}
    depth = 0
    for mark in _MARK.finditer(line):
        if mark[0] in (b"{", b"["):
            depth += 1
        elif mark[0] in (b"}", b"]"):
            depth -= 1
            if depth == 0 and line[mark.end() :].strip():
                return None
        elif depth == 1 and (value := _SCALAR.match(line, mark.end())):
            members[_read_scalar(mark[0])] = value[1]
    return _read_scalar(members["id"]) if {"id", "method"} <= members.keys() else None


def _read_scalar(token: bytes) -> RequestId | None:
    try:
        return as_request_id(from_json(token))
    except ValueError:
        return None
