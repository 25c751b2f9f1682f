"""The faults that an API can have.

A fault is written ``kind:parameter=value,…``, for example ``429:retry_after=2,times=3,on=jobs/filter``.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

_EXCHANGE = "/auth/access_token"

OWN_PARAMETERS: dict[str, tuple[str, ...]] = {
    "slow": ("seconds",),
    "429": ("retry_after", "as_date"),
    "500": (),
    "502": (),
    "503": ("retry_after", "as_date"),
    "504": (),
    "refused": ("seconds",),
    "reset": (),
    "cut": (),
    "html": ("status",),
    "ok_false": ("code",),
    "not_a_page": (),
    "wrong_types": (),
    "unknown_state": (),
    "token_dies": ("uses",),
    "key_refused": (),
    "redirect": (),
    "endless": ("bytes",),
}
"""The parameters of each kind of fault, beside ``on``, ``times`` and ``after``, which every kind has."""


@dataclass(frozen=True)
class Fault:
    """One fault.

    Args:
        kind: slow (a late answer), a status (a gateway's error), refused (the connection is closed, and
            new ones are refused for a while), reset (the connection closes without an answer), cut (half
            an answer), html (a proxy's page), ok_false (an error with HTTP 200), not_a_page (JSON of
            another shape), wrong_types (one record full of wrong types), unknown_state (one record with
            an unknown state and source), token_dies (a token is refused after some uses), key_refused,
            redirect (to another host), endless (a very long body).
        on: A part of the paths that are affected. By default, key_refused affects the token's route, and
            other faults affect every other route.
        times: How many requests fail; None for all.
        after: How many requests succeed first.
        seconds: slow: the delay; refused: how long connections are refused.
        retry_after: 429 and 503: seconds to wait; None omits the header.
        as_date: 429 and 503: write the Retry-After header as an HTTP date.
        status: html: the HTTP status.
        code: ok_false: the error's code in the body.
        uses: token_dies: how often each token works.
        bytes: endless: the length of the body.
    """

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


_READ: dict[str, Callable[[str], Any]] = {
    "on": str,
    **dict.fromkeys(("times", "after", "status", "code", "uses", "bytes"), int),
    **dict.fromkeys(("seconds", "retry_after"), float),
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
