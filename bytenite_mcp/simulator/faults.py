"""The faults that an API can have: they replace or alter the answer to a request.

A fault is written ``kind:parameter=value,…``, for example ``429:retry_after=2,times=3,on=jobs/filter``.
"""

import json
import math
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from functools import partial
from typing import Any

from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bytenite_mcp.simulator.errors import INTERNAL, UNAUTHENTICATED, UNAVAILABLE, answer_error
from bytenite_mcp.simulator.search import Record

_EXCHANGE = "/auth/access_token"
_LARGEST = 1e9

OWN_PARAMETERS: dict[str, tuple[str, ...]] = {
    "slow": ("seconds",), "429": ("retry_after", "as_date"), "500": (), "502": (),
    "503": ("retry_after", "as_date"), "504": (), "refused": ("seconds",), "reset": (), "cut": (),
    "html": ("status",), "ok_false": ("code",), "not_a_page": (), "wrong_types": (), "unknown_state": (),
    "token_dies": ("uses",), "key_refused": (), "redirect": (), "endless": ("bytes",),
}  # fmt: skip
"""The parameters of each kind of fault, beside ``on``, ``times`` and ``after``, which every kind has."""


@dataclass(frozen=True)
class Fault:
    """One fault; docs/simulator.md explains the kinds and their parameters."""

    kind: str
    on: str = ""
    times: int | None = None
    after: int = 0
    seconds: float = 1.0
    retry_after: float | None = None
    as_date: bool = False
    status: int = 502
    code: int = 500
    uses: int = 3
    bytes: int = 64 * 2**20

    def __post_init__(self) -> None:
        if self.kind not in OWN_PARAMETERS:
            raise ValueError(f"unknown kind of fault {self.kind!r}; known: {', '.join(OWN_PARAMETERS)}")

    @classmethod
    def parse(cls, spec: str) -> "Fault":
        """Parse a fault.

        Raises:
            ValueError: The kind or a parameter is unknown, or a value is invalid.
        """
        kind, _, rest = spec.strip().partition(":")
        cls(kind)
        parameters = dict(_read_parameter(kind, part) for part in rest.split(",") if part)
        return cls(kind, **parameters)

    def concerns(self, path: str) -> bool:
        """Whether the fault affects requests for this path."""
        if self.on:
            return self.on in path
        return path.endswith(_EXCHANGE) == (self.kind == "key_refused")


def _read_parameter(kind: str, part: str) -> tuple[str, Any]:
    name, _, text = part.partition("=")
    known = ("on", "times", "after", *OWN_PARAMETERS[kind])
    if name not in known:
        raise ValueError(f"fault {kind!r} has no parameter {name!r}; it takes {', '.join(known)}")
    try:
        return name, _READ[name](text)
    except (ValueError, KeyError) as error:
        raise ValueError(f"fault {kind!r}: {text!r} is no value for {name}") from error


def _read_within(least: float, most: float, text: str) -> int:
    return int(_read_decimal(least, most, str(int(text))))


def _read_decimal(least: float, most: float, text: str) -> float:
    if not least <= (number := float(text)) <= most:
        raise ValueError(text)
    return number


_READ: dict[str, Callable[[str], Any]] = {
    "on": str,
    **dict.fromkeys(("times", "after", "code", "uses", "bytes"), partial(_read_within, 0, _LARGEST)),
    **dict.fromkeys(("seconds", "retry_after"), partial(_read_decimal, 0, _LARGEST)),
    "status": partial(_read_within, 200, 599),
    "as_date": {"true": True, "yes": True, "false": False, "no": False}.__getitem__,
}


class Faults:
    """The current faults of a server, which may change while it runs."""

    def __init__(self) -> None:
        self.set()

    def set(self, *faults: Fault) -> None:
        """Replace all faults, and reset their counters."""
        self._faults = faults
        self._seen: Counter[int] = Counter()
        self._uses: Counter[tuple[int, str]] = Counter()

    def find_due(self, path: str, token: str) -> list[Fault]:
        """Return the faults that affect a request, and count the request."""
        return [fault for n, fault in enumerate(self._faults) if self._hits(n, fault, path, token)]

    def _hits(self, number: int, fault: Fault, path: str, token: str) -> bool:
        if not fault.concerns(path):
            return False
        if fault.kind == "token_dies":
            self._uses[number, token] += 1
            if self._uses[number, token] <= fault.uses:
                return False
        self._seen[number] += 1
        hits = self._seen[number] - fault.after
        return hits > 0 and (fault.times is None or hits <= fault.times)


# What each kind makes of an answer

_GATEWAY = {"429": 8, "500": INTERNAL, "502": UNAVAILABLE, "503": UNAVAILABLE, "504": 4}
_PAGE = "<html><head><title>Proxy</title></head><body><h1>{0} from the proxy</h1></body></html>"
_NOT_A_PAGE = {"pagination": [], "data": "none", "job": [], "results": {}, "token": 7, "taskrunner": [1]}
_WRONG_TYPES = {
    "name": None, "createdAt": 1_700_000_000, "startedAt": {}, "config": "none", "numChunks": {"count": 3},
    "dataSource": ["s3"], "dataDestination": 4, "params": "none", "duration": "long", "paymentAmount": [],
    "stateTimestamps": "never", "templateInfo": 12, "errorMessage": False, "regions": "eu", "templateId": 5,
}  # fmt: skip
_TAPE = {"@type": "type.googleapis.com/bytenite.data_source.TapeDataSource", "reel": 7}
_UNKNOWN = {
    "state": "JOB_STATE_HIBERNATING",
    "dataSource": {"dataSourceDescriptor": "tape", "params": _TAPE},
}


async def inject(fault: Fault, app: ASGIApp, clock: Callable[[], datetime], scope: Scope, receive: Receive,
               send: Send) -> None:  # fmt: skip
    """Answer a request with a fault, of any kind but ``refused`` and ``reset``, which have no answer."""
    match fault.kind:
        case "cut":
            answer = await _capture(app, scope, receive)
            answer.body = answer.body[: len(answer.body) // 2]
        case "wrong_types":
            answer = await _alter(app, scope, receive, _WRONG_TYPES)
        case "unknown_state":
            answer = await _alter(app, scope, receive, _UNKNOWN)
        case _:
            answer = _answer_instead(fault, clock)
    await answer(scope, receive, send)


def _answer_instead(fault: Fault, clock: Callable[[], datetime]) -> Response:
    match fault.kind:
        case "html":
            return HTMLResponse(_PAGE.format(fault.status), fault.status)
        case "ok_false":
            error = {"code": fault.code, "message": "Internal", "description": "something went wrong"}
            body = {"ok": False, "requestId": "sim-1", "message": "Request failed", "error": error}
            return JSONResponse(body)
        case "not_a_page":
            return JSONResponse(_NOT_A_PAGE)
        case "token_dies":
            return answer_error(401, UNAUTHENTICATED, "the access token has expired")
        case "key_refused":
            return answer_error(401, UNAUTHENTICATED, "invalid API key")
        case "redirect":
            return RedirectResponse("https://elsewhere.example.invalid/v1/", 302)
        case "endless":
            return StreamingResponse(_write_endlessly(fault.bytes), media_type="application/json")
        case status:
            headers = _write_retry_after(fault, clock)
            return answer_error(int(status), _GATEWAY[status], "simulated fault", headers)


def _write_retry_after(fault: Fault, clock: Callable[[], datetime]) -> dict[str, str]:
    if fault.retry_after is None:
        return {}
    if not fault.as_date:
        return {"Retry-After": f"{fault.retry_after:g}"}
    # An HTTP date has whole seconds; rounding up avoids a time that is too early.
    until = clock() + timedelta(seconds=fault.retry_after)
    whole = until.replace(microsecond=0) + timedelta(seconds=math.ceil(until.microsecond / 1e6))
    return {"Retry-After": format_datetime(whole, usegmt=True)}


async def _write_endlessly(size: int) -> AsyncIterator[bytes]:
    yield b'{"pagination":{"total":1,"offset":0,"hasPrevious":false,"hasNext":false},"data":["'
    chunk = b"x" * 65_536
    for _ in range(0, size, len(chunk)):
        yield chunk


async def reset(receive: Receive, send: Send) -> None:
    """Close the connection without an answer.

    Raises:
        ConnectionResetError: The app was called without a server, so there is no connection.
    """
    # ASGI has no message for a reset, so this closes uvicorn's transport.
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is None:
        raise ConnectionResetError("simulated reset")
    transport.abort()
    while (await receive())["type"] != "http.disconnect":
        pass  # uvicorn would answer 500 if this returned before it has noticed the end


async def _capture(app: ASGIApp, scope: Scope, receive: Receive) -> Response:
    """Capture the answer of the app."""
    sent: list[Message] = []

    async def keep(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, keep)
    start, *parts = sent
    answer = Response(b"".join(part.get("body", b"") for part in parts), start["status"])
    answer.raw_headers = start["headers"]
    return answer


async def _alter(app: ASGIApp, scope: Scope, receive: Receive, changes: Record) -> Response:
    """Change the first record of the answer, if it has one."""
    answer = await _capture(app, scope, receive)
    body = json.loads(bytes(answer.body))
    records = body.get("data") or [body.get("job")]
    if not isinstance(records[0], dict):
        return answer
    records[0].update(changes)
    return JSONResponse(body, answer.status_code)
